//! PgBouncer in transaction mode before a test's database: the next transaction may get another connection.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::TestDatabase;
use crate::relay::{encode, socket_folder};

/// How many server connections all clients of a role share.
const SHARED: usize = 2;

/// A running pooler; ends when dropped.
pub struct PgBouncer {
    folder: PathBuf,
    child: Child,
}

impl PgBouncer {
    /// Starts one; connect through [`Self::url`].
    pub async fn before(database: &TestDatabase) -> Self {
        let folder = std::env::temp_dir().join(format!("tenantry-bouncer-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir(&folder).unwrap();
        // As root it becomes another user, who makes the socket here.
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
        let roles = ["tenantry_app", "tenantry_worker"].map(|role| format!("\"{role}\" \"\"\n")).concat();
        std::fs::write(folder.join("users"), roles).unwrap();
        let (here, server) = (folder.display(), socket_folder(&database.url("tenantry_app")));
        let user = if is_root() { "user = postgres\n" } else { "" };
        let settings = format!(
            "[databases]\n* = host={}\n[pgbouncer]\n{user}unix_socket_dir = {here}\nlisten_port = 6432\n\
             auth_type = trust\nauth_file = {here}/users\npool_mode = transaction\ndefault_pool_size = {SHARED}\n\
             pidfile =\nlogfile =\n",
            server.display()
        );
        std::fs::write(folder.join("settings"), settings).unwrap();
        let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"]
            .into_iter()
            .find(|path| std::path::Path::new(path).exists())
            .expect("the tests need PgBouncer: script/setup --browser installs it");
        let child = Command::new(program)
            .arg(folder.join("settings"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let bouncer = Self { folder, child };
        for _ in 0..200 {
            if bouncer.folder.join(".s.PGSQL.6432").exists() {
                return bouncer;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("PgBouncer did not start in five seconds");
    }

    /// The database of the test through the pooler.
    pub fn url(&self, database: &TestDatabase, role: &str) -> String {
        let direct = database.url(role);
        let (before, _) = direct.split_once('?').unwrap();
        format!("{before}?host={}&port=6432", encode(&self.folder))
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // Best effort: what is left lies in the temporary folder.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status")
        .is_ok_and(|status| status.lines().any(|line| line.starts_with("Uid:\t0\t")))
}
