//! A58 to A60: PgBouncer in transaction mode, whose clients take turns on one connection.

use tenancy::{Actor, Database, PoolOptions, Query, Statement, Statements, Tables};
use testkit::PgBouncer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::session::Session;
use crate::shapes::{Tenantry, Undefended, statements_that_say};

const NAMES: Statement = Statement::new("NAMES", "select name from procedures order by name", Tables::Directory);

async fn bouncer(u: &Undefended) -> PgBouncer {
    PgBouncer::with_connections(&u.url("postgres"), 1).await
}

async fn client(bouncer: &PgBouncer, role: &str) -> Session {
    Session::open(&bouncer.url(role), "").await
}

/// Our server through PgBouncer.
async fn through(bouncer: &PgBouncer) -> Database {
    let options = PoolOptions { size: 1, statements: Statements::Unnamed, ..PoolOptions::default() };
    Database::connect(&bouncer.url("tenantry_app"), options).await.unwrap()
}

async fn names(database: &Database, organisation: &str) -> Vec<String> {
    let door = database.in_organisation(testkit::organisation(organisation).id, Actor::Job("test"));
    let rows = door.read(&[Query::new(NAMES)]).await.unwrap().remove(0);
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a58_a_setting_of_the_session_is_the_next_clients_too() {
    let u = Undefended::create().await;
    let bouncer = bouncer(&u).await;
    let app = u.role("app");
    let first = client(&bouncer, &app).await;
    first.run("set app.current_org_id = 'B'").await;
    drop(first);
    let second = client(&bouncer, &app).await;
    let read = "select secret from notes order by id";
    assert_eq!(second.run(read).await, ["secret-b3", "secret-b4"]);
    second.run("begin; select set_config('app.current_org_id', 'A', true); commit").await;
    assert_eq!(second.run(read).await, ["secret-b3", "secret-b4"], "falls back to B after the commit");

    let t = Tenantry::create().await;
    let bouncer = PgBouncer::before(&t.database).await;
    let (server, other) = (through(&bouncer).await, through(&bouncer).await);
    let next = client(&bouncer, "tenantry_app").await;
    for _ in 0..3 {
        assert_eq!(names(&server, "acme").await, ["secret-a1", "secret-a2"]);
        assert_eq!(next.one("select current_setting('app.current_org_id', true)").await, "");
        assert_eq!(next.one("select count(*) from procedures").await, "0");
        assert_eq!(names(&other, "bolt").await, ["secret-b1", "secret-b2"]);
    }
}

#[tokio::test]
async fn a59_prepared_sql_and_session_locks_stay_behind_for_the_next_client() {
    let u = Undefended::create().await;
    let pooler = bouncer(&u).await;
    let app = u.role("app");
    let first = client(&pooler, &app).await;
    first.run("prepare left_behind as select 'theirs'; select pg_advisory_lock(7)").await;
    drop(first);
    assert_eq!(client(&pooler, &app).await.one("execute left_behind").await, "theirs");
    assert_eq!(u.app.one("select pg_try_advisory_lock(7)").await, "f", "nobody is left who holds it");

    let t = Tenantry::create().await;
    let bouncer = PgBouncer::before(&t.database).await;
    let server = through(&bouncer).await;
    names(&server, "acme").await;
    let next = client(&bouncer, "tenantry_app").await;
    let left = "select count(*) from pg_prepared_statements; select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()";
    assert_eq!(next.run(left).await, ["0", "0"]);
    assert!(statements_that_say(&["prepare ", "advisory"]).is_empty());
}

#[tokio::test]
async fn a60_two_clients_that_prepare_under_one_name_collide() {
    let u = Undefended::create().await;
    let bouncer = bouncer(&u).await;
    let app = u.role("app");
    let mut driver = Wire::open(&bouncer, &app).await;
    assert_eq!(driver.prepare("P_0").await, "");
    let mut same_driver_elsewhere = Wire::open(&bouncer, &app).await;
    let refusal = same_driver_elsewhere.prepare("P_0").await;
    assert!(refusal.contains("42P05") && refusal.contains("prepared statement \"P_0\" already exists"), "{refusal}");

    // Statements without names cannot collide.
    let t = Tenantry::create().await;
    let bouncer = PgBouncer::before(&t.database).await;
    let (one, two) = (through(&bouncer).await, through(&bouncer).await);
    for _ in 0..3 {
        assert_eq!(names(&one, "acme").await, names(&two, "acme").await);
    }
}

/// Just enough of the protocol to choose a statement's name, which drivers number within one process.
struct Wire(UnixStream);

impl Wire {
    async fn open(bouncer: &PgBouncer, role: &str) -> Self {
        let url = bouncer.url(role);
        let (_, path) = url.split_once("@/").unwrap();
        let database = path.split('?').next().unwrap();
        let mut wire = Self(UnixStream::connect(bouncer.socket()).await.unwrap());
        let version = 196_608_u32.to_be_bytes();
        let parameters = format!("user\0{role}\0database\0{database}\0\0");
        wire.send(None, &[&version, parameters.as_bytes()].concat()).await;
        assert_eq!(wire.until_ready().await, "");
        wire
    }

    /// Parse and Sync; gives the text of the refusal, empty where there is none.
    async fn prepare(&mut self, name: &str) -> String {
        self.send(Some(b'P'), format!("{name}\0select 1\0\0\0").as_bytes()).await;
        self.send(Some(b'S'), &[]).await;
        self.until_ready().await
    }

    async fn send(&mut self, kind: Option<u8>, body: &[u8]) {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        let message: Vec<u8> = kind.into_iter().chain(length).chain(body.iter().copied()).collect();
        self.0.write_all(&message).await.unwrap();
    }

    async fn until_ready(&mut self) -> String {
        let mut refusal = String::new();
        loop {
            let kind = self.0.read_u8().await.unwrap();
            let mut body = vec![0; self.0.read_u32().await.unwrap() as usize - 4];
            self.0.read_exact(&mut body).await.unwrap();
            match kind {
                b'E' => refusal = String::from_utf8_lossy(&body).into_owned(),
                b'Z' => return refusal,
                _ => {}
            }
        }
    }
}
