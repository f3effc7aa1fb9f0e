//! PgBouncer in transaction mode before a test's database: clients share its connections, one transaction at a time.

use std::fmt::Write as _;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::UnixStream;

use crate::TestDatabase;
use crate::relay::{encode, socket_folder};

/// A running PgBouncer; dropped, it ends.
pub struct PgBouncer {
    folder: PathBuf,
    database: String,
    child: Child,
}

impl PgBouncer {
    /// Before a test's database, with one connection to the server for each role: every transaction of a role runs
    /// where the one before it ran, whoever sent that.
    pub async fn before(database: &TestDatabase) -> Self {
        Self::with_connections(&database.url("postgres"), 1).await
    }

    /// The same with so many connections for each role. The URL is a superuser's, to the database behind.
    pub async fn with_connections(url: &str, connections: u16) -> Self {
        let folder = std::env::temp_dir().join(format!("tenantry-bouncer-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir(&folder).unwrap();
        let server = socket_folder(url);
        let database = database_name(url);
        let users = folder.join("users.txt");
        std::fs::write(&users, users_of(url).await).unwrap();
        let config = folder.join("pgbouncer.ini");
        std::fs::write(&config, configuration(&folder, &server, &users, connections)).unwrap();

        let mut command = Command::new(program());
        command.arg(&config).current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(std::fs::File::create(folder.join("pgbouncer.log")).unwrap());
        // It refuses to be root, and has to reach the socket of Postgres: it runs as whoever owns that.
        let owner = std::fs::metadata(&server).unwrap();
        if owner.uid() != std::fs::metadata(&folder).unwrap().uid() {
            for path in [&folder, &users, &config] {
                chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
            }
            command.uid(owner.uid()).gid(owner.gid());
        }
        let child = command.spawn().expect("PgBouncer is installed by script/setup --browser");
        let mut bouncer = Self { folder, database, child };
        bouncer.ready().await;
        bouncer
    }

    /// The database of the test through PgBouncer, as a role that existed when it was started.
    pub fn url(&self, role: &str) -> String {
        format!("postgresql://{role}@/{}?host={}", self.database, encode(&self.folder))
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    async fn ready(&mut self) {
        for _ in 0..500 {
            if UnixStream::connect(self.socket()).await.is_ok() {
                return;
            }
            if self.child.try_wait().unwrap().is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let log = std::fs::read_to_string(self.folder.join("pgbouncer.log")).unwrap_or_default();
        panic!("PgBouncer does not listen: {log}");
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // Best effort: the folder lies among temporary ones, the process is our child.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Debian keeps it where only root's PATH looks.
fn program() -> &'static Path {
    let debian = Path::new("/usr/sbin/pgbouncer");
    if debian.is_file() { debian } else { Path::new("pgbouncer") }
}

fn configuration(folder: &Path, server: &Path, users: &Path, connections: u16) -> String {
    let mut text = format!(
        "[databases]\n* = host={server} port=5432\n[pgbouncer]\npool_mode = transaction\nlisten_addr =\n\
         listen_port = 5432\nunix_socket_dir = {folder}\nauth_type = trust\nauth_file = {users}\n\
         default_pool_size = {connections}\nmax_client_conn = 500\nlogfile =\n",
        server = server.display(),
        folder = folder.display(),
        users = users.display(),
    );
    // From 1.21 on it can keep track of prepared statements; without, as the older ones everywhere.
    if tracks_statements() {
        text.push_str("max_prepared_statements = 0\n");
    }
    text
}

fn tracks_statements() -> bool {
    let told = Command::new(program()).arg("--version").output().expect("PgBouncer is installed");
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let version = told.lines().next().and_then(|line| line.strip_prefix("PgBouncer 1."));
    let minor = version.and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
    minor.expect("PgBouncer says its version") >= 21
}

/// It trusts, but only those it knows by name.
async fn users_of(url: &str) -> String {
    let client = crate::database::connect(url).await;
    let roles = client.query("select rolname::text from pg_roles where rolcanlogin", &[]).await.unwrap();
    roles.iter().fold(String::new(), |mut file, role| {
        let _ = writeln!(file, "\"{}\" \"\"", role.get::<_, &str>(0));
        file
    })
}

fn database_name(url: &str) -> String {
    let (_, rest) = url.split_once("://").expect("a Postgres URL has ://");
    let path = rest.split_once('/').expect("a Postgres URL names a database").1;
    path.split('?').next().unwrap_or(path).to_owned()
}
