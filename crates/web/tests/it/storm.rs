//! Callers who hang up at any moment, over a slow way to the database: what was acknowledged is there.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tenancy::{Database, PoolOptions};
use testkit::{Relay, World};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::app::TestApp;
use crate::tokens;

const CALLERS: u64 = 24;
const CALLS: u64 = 60;

/// What a caller does with a request.
#[derive(Clone, Copy)]
enum Way {
    /// Waits for the answer, as most do.
    Patient,
    /// Hangs up after so many bytes of the request.
    HalfSaid(usize),
    /// Says everything and hangs up after so long.
    Gone(Duration),
}

/// Numbers that look random and are the same in every run.
fn scattered(seed: u64) -> u64 {
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) ^ (mixed >> 31)
}

fn way(caller: u64, call: u64) -> Way {
    let number = scattered(caller * 1_000 + call + 1);
    match number % 10 {
        0..=2 => Way::Patient,
        3 => Way::HalfSaid(usize::try_from(number / 10 % 900).unwrap()),
        _ => Way::Gone(Duration::from_micros(number / 10 % 40_000)),
    }
}

/// Sends one request in one of the ways. The status, where an answer arrived.
async fn call(server: SocketAddr, request: &str, way: Way) -> Option<u16> {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let said = match way {
        Way::HalfSaid(bytes) => &request[..bytes.min(request.len())],
        _ => request,
    };
    stream.write_all(said.as_bytes()).await.unwrap();
    let answer = async {
        let mut answer = [0; 16];
        stream.read_exact(&mut answer).await.ok()?;
        std::str::from_utf8(&answer[9..12]).ok()?.parse().ok()
    };
    match way {
        Way::Patient => tokio::time::timeout(Duration::from_secs(30), answer).await.unwrap(),
        Way::HalfSaid(_) => None,
        Way::Gone(after) => tokio::time::timeout(after, answer).await.ok().flatten(),
    }
}

fn creation(person: &str, slug: &str, name: &str) -> String {
    let body = format!("{{\"name\":\"{name}\"}}");
    format!(
        "POST /api/v1/orgs/{slug}/procedures HTTP/1.1\r\nhost: localhost:3000\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        tokens::token(person, Some(slug)),
        body.len()
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_write_is_there_and_no_transaction_is_left_open() {
    let world = World::create().await;
    let admin = world.database.client("postgres").await;
    let watcher = world.database.client("postgres").await;
    let relay = Relay::slow(&world.database, Duration::from_millis(1)).await;
    let options = PoolOptions { wait: Duration::from_secs(20), ..world.database.options() };
    let database = Database::connect(&relay.url(&world.database, "tenantry_app"), options).await.unwrap();
    let app = TestApp::over(world, database);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    let router = app.router();
    tokio::spawn(async move { axum::serve(listener, router).await });

    let storm_is_over = Arc::new(AtomicBool::new(false));
    let watching = {
        let storm_is_over = Arc::clone(&storm_is_over);
        tokio::spawn(async move {
            let mut looks = 0;
            while !storm_is_over.load(Ordering::SeqCst) {
                let idle = watcher
                    .query(
                        "select state || ' since ' || now() - state_change from pg_stat_activity
                         where datname = current_database() and state like 'idle in transaction%'
                           and now() - state_change > interval '1 second'",
                        &[],
                    )
                    .await
                    .unwrap();
                assert!(idle.is_empty(), "{}", idle[0].get::<_, String>(0));
                looks += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            looks
        })
    };

    let mut callers = Vec::new();
    for caller in 0..CALLERS {
        let (person, slug) = if caller % 2 == 0 { ("ada", "acme") } else { ("olga", "bolt") };
        callers.push(tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            for number in 0..CALLS {
                let (name, way) = (format!("{slug} {caller} {number}"), way(caller, number));
                match (call(server, &creation(person, slug, &name), way).await, way) {
                    (Some(201), _) => acknowledged.push(name),
                    (Some(status), _) => panic!("{name}: {status}"),
                    (None, Way::Patient) => panic!("{name}: no answer"),
                    (None, _) => {}
                }
            }
            acknowledged
        }));
    }
    let mut acknowledged = Vec::new();
    for caller in callers {
        acknowledged.extend(caller.await.unwrap());
    }
    // What was begun for callers who are gone comes to its end.
    tokio::time::sleep(Duration::from_millis(500)).await;
    storm_is_over.store(true, Ordering::SeqCst);
    assert!(watching.await.unwrap() > 20);

    let rows = admin.query("select organisation_id, name from tenantry.procedures", &[]).await.unwrap();
    let stored: Vec<(&str, &str)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    for name in &acknowledged {
        let times = stored.iter().filter(|(_, stored)| stored == name).count();
        assert_eq!(times, 1, "{name} was acknowledged");
    }
    for (organisation, name) in &stored {
        assert_eq!(*organisation, format!("org_{}", name.split(' ').next().unwrap()));
    }
    let calls = usize::try_from(CALLERS * CALLS).unwrap();
    assert!(acknowledged.len() > calls / 5 && acknowledged.len() < calls, "{} of {calls}", acknowledged.len());
    let open = "select count(*) from pg_stat_activity
                where datname = current_database() and usename = 'tenantry_app' and xact_start is not null";
    assert_eq!(admin.query_one(open, &[]).await.unwrap().get::<_, i64>(0), 0);
}
