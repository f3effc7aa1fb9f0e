//! The server that the proof runs on, and the scratch databases it makes there and takes away again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use crate::error::{Error, Result};

/// How often and how long the end of somebody's connections is waited for before a database is copied.
const PATIENCE: (u32, Duration) = (100, Duration::from_millis(50));

/// An administrator's way in, and what was made through it. Clones share the list of what to take away.
#[derive(Clone)]
pub(crate) struct Server {
    admin_url: String,
    admin: Config,
    /// Logins of the three roles where the server asks for passwords.
    logins: Arc<Vec<(String, String)>>,
    made: Arc<Mutex<Vec<String>>>,
    prefix: String,
}

impl Server {
    /// Reads the URLs and asks whether this is an administrator.
    pub(crate) async fn reach(admin_url: &str, role_urls: &[String], prefix: String) -> Result<Self> {
        let admin: Config = admin_url.parse().map_err(|e: tokio_postgres::Error| {
            Error::CannotRun(format!("not a Postgres URL (postgresql://postgres:password@host/postgres): {e}"))
        })?;
        let mut logins = Vec::new();
        for url in role_urls {
            let config: Config = url.parse().map_err(|e| Error::CannotRun(format!("not a Postgres URL: {e}")))?;
            if let (Some(user), Some(password)) = (config.get_user(), config.get_password()) {
                logins.push((user.to_owned(), String::from_utf8_lossy(password).into_owned()));
            }
        }
        let server =
            Self { admin_url: admin_url.to_owned(), admin, logins: Arc::new(logins), made: Arc::default(), prefix };
        let client = connect(&server.admin).await?;
        let look = "select rolsuper, rolname::text, current_setting('server_version_num')::int from pg_roles
                    where rolname = current_user";
        let row = client.query_one(look, &[]).await.map_err(Error::doing("looking at the administrator"))?;
        if !row.get::<_, bool>(0) {
            let role: String = row.get(1);
            return Err(Error::CannotRun(format!(
                "{role:?} is no administrator of this server: scratch databases are made and attacked, which takes a superuser"
            )));
        }
        if row.get::<_, i32>(2) < 150_000 {
            return Err(Error::CannotRun("the server is older than PostgreSQL 15, which Tenantry needs".to_owned()));
        }
        Ok(server)
    }

    /// A connection of the administrator's to one of the scratch databases.
    pub(crate) async fn admin(&self, database: &str) -> Result<Client> {
        connect(self.admin.clone().dbname(database)).await
    }

    /// A bare connection as a role, past the doors of `tenancy`: this is how an attacker would stand.
    pub(crate) async fn attacker(&self, role: &str, database: &str) -> Result<Client> {
        let url = self.url(role, database);
        let config: Config = url.parse().map_err(|e: tokio_postgres::Error| Error::CannotRun(e.to_string()))?;
        connect(&config).await
    }

    /// Where a role connects to a scratch database.
    pub(crate) fn url(&self, role: &str, database: &str) -> String {
        let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let password = self.logins.iter().find(|(user, _)| user == role).map(|(_, password)| password);
        let password = password.map(|password| format!(":{}", escaped(password))).unwrap_or_default();
        let hosts = self.admin.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => escaped(name),
            Host::Unix(folder) => escaped(&folder.to_string_lossy()),
        });
        let mut url = format!("postgresql://{}{password}@/{}?", escaped(role), escaped(database));
        url.push_str(&format!("host={}", hosts.collect::<Vec<_>>().join(",")));
        let ports: Vec<String> = self.admin.get_ports().iter().map(u16::to_string).collect();
        if !ports.is_empty() {
            url.push_str(&format!("&port={}", ports.join(",")));
        }
        url
    }

    /// A new migrated database.
    pub(crate) async fn create(&self, purpose: &str) -> Result<String> {
        let name = self.name(purpose);
        // Roles belong to the whole server: somebody else who prepares a database there at this moment is in the way.
        let (mut left, pause) = PATIENCE;
        while let Err(error) = tenancy::bootstrap(&self.admin_url, &name).await {
            if left == 0 || !matches!(error, tenancy::Error::Statement { .. } | tenancy::Error::Constraint { .. }) {
                return Err(error.into());
            }
            left = left.saturating_sub(20);
            tokio::time::sleep(pause).await;
        }
        if let Err(error) = self.attacker("tenantry_app", &name).await {
            return Err(Error::CannotRun(format!(
                "the server does not let tenantry_app in ({error}): give the roles' passwords with --app-url, --worker-url and --owner-url"
            )));
        }
        tenancy::migrate(&self.url("tenantry_owner", &name)).await?;
        Ok(name)
    }

    /// A copy of a scratch database that nobody is connected to, or soon will not be.
    pub(crate) async fn copy(&self, of: &str, purpose: &str) -> Result<String> {
        let name = self.name(purpose);
        let admin = connect(&self.admin).await?;
        let sql = format!("create database {name} template {of}");
        let (mut left, pause) = PATIENCE;
        loop {
            match admin.batch_execute(&sql).await {
                Ok(()) => break,
                Err(error) if error.code() == Some(&SqlState::OBJECT_IN_USE) && left > 0 => {
                    left -= 1;
                    tokio::time::sleep(pause).await;
                }
                Err(error) => return Err(Error::doing("copying the scratch database")(error)),
            }
        }
        // A copy does not inherit who may connect.
        admin
            .batch_execute(&format!(
                "alter database {name} owner to tenantry_owner; revoke all on database {name} from public;
                 grant connect on database {name} to tenantry_owner, tenantry_app, tenantry_worker, tenantry_backup"
            ))
            .await
            .map_err(Error::doing("opening the copy"))?;
        Ok(name)
    }

    /// Takes away every database made here, whoever is still connected.
    pub(crate) async fn clean_up(&self) -> Result<()> {
        let admin = connect(&self.admin).await?;
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        // Who was interrupted while making a database still makes it, and is waited for.
        let left_over = format!(
            "select exists (select from pg_database where starts_with(datname, '{0}'))
                 or exists (select from pg_stat_activity where state = 'active' and starts_with(query, 'create database {0}'))",
            self.prefix
        );
        let (mut left, pause) = PATIENCE;
        loop {
            for name in &made {
                let sql = format!("drop database if exists {name} with (force)");
                admin.batch_execute(&sql).await.map_err(Error::doing(format!("dropping {name}")))?;
            }
            let row = admin.query_one(&left_over, &[]).await.map_err(Error::doing("looking for what is left"))?;
            if !row.get::<_, bool>(0) || left == 0 {
                return Ok(());
            }
            left -= 1;
            tokio::time::sleep(pause).await;
        }
    }

    /// Remembered before it is made, so that an interrupted creation is taken away too.
    fn name(&self, purpose: &str) -> String {
        let name = format!("{}_{purpose}", self.prefix);
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(name.clone());
        name
    }
}

pub(crate) async fn connect(config: &Config) -> Result<Client> {
    let mut config = config.clone();
    config.connect_timeout(Duration::from_secs(5)).application_name("tenantry prove-isolation");
    let (client, connection) = config.connect(NoTls).await.map_err(|error| {
        let reason = crate::error::described(&error);
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        Error::CannotRun(format!("the database cannot be reached: {reason}{cause}"))
    })?;
    tokio::spawn(connection);
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(admin_url: &str, logins: &[(&str, &str)]) -> Server {
        Server {
            admin_url: admin_url.to_owned(),
            admin: admin_url.parse().unwrap(),
            logins: Arc::new(logins.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()),
            made: Arc::default(),
            prefix: "tenantry_proof_x".to_owned(),
        }
    }

    #[test]
    fn a_role_goes_where_the_administrator_goes_with_its_own_password() {
        for (admin, expected) in [
            (
                "postgresql://postgres@/postgres?host=%2Ftmp%2Fpg",
                "postgresql://tenantry%5Fapp:p%40ss@/one?host=%2Ftmp%2Fpg",
            ),
            (
                "postgres://root:secret@db.example:5433/postgres",
                "postgresql://tenantry%5Fapp:p%40ss@/one?host=db%2Eexample&port=5433",
            ),
        ] {
            let server = server(admin, &[("tenantry_app", "p@ss")]);
            let url = server.url("tenantry_app", "one");
            assert_eq!(url, expected);
            let config: Config = url.parse().unwrap();
            assert_eq!((config.get_user(), config.get_dbname()), (Some("tenantry_app"), Some("one")));
            assert_eq!(config.get_password(), Some(&b"p@ss"[..]));
            assert_eq!((config.get_hosts(), config.get_ports()), (server.admin.get_hosts(), server.admin.get_ports()));
            let worker: Config = server.url("tenantry_worker", "one").parse().unwrap();
            assert_eq!(worker.get_password(), None);
        }
    }
}
