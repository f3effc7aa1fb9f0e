//! The database of `tenantry dev`: a Postgres of our own, or the one that DATABASE_URL names.

use std::io::Write;
use std::process::Stdio;

use anyhow::{Context, bail};
use pg_local::Cluster;

use crate::config::BadConfiguration;

/// Name of the database.
pub(crate) const NAME: &str = "tenantry";
const ROLES: [&str; 4] = ["tenantry_app", "tenantry_worker", "tenantry_owner", "tenantry_backup"];

/// Where each role connects.
#[derive(Debug)]
pub(crate) struct RoleUrls {
    pub(crate) app: String,
    pub(crate) worker: String,
    pub(crate) owner: String,
    pub(crate) backup: String,
}

impl RoleUrls {
    fn with(url: impl Fn(&str) -> String) -> Self {
        let [app, worker, owner, backup] = ROLES.map(url);
        Self { app, worker, owner, backup }
    }
}

/// Creates database, roles and tables in a cluster of our own.
pub(crate) async fn prepare_own(cluster: &Cluster) -> anyhow::Result<RoleUrls> {
    tenancy::bootstrap(&cluster.admin_url(), NAME).await.context("creating the database and its roles")?;
    migrated(RoleUrls::with(|role| cluster.url(role, NAME))).await
}

/// The same on a server that runs already. Where it asks for passwords, our roles get one.
pub(crate) async fn prepare_given(admin_url: &str, roles_password: &str) -> anyhow::Result<RoleUrls> {
    let parts = UrlParts::of(admin_url).ok_or_else(|| {
        BadConfiguration::one(
            "DATABASE_URL is set, to something else than it should be. It should look like \
             postgresql://postgres:password@localhost/postgres (an administrator, for `tenantry dev`); unset it for a \
             Postgres of our own",
        )
    })?;
    tenancy::bootstrap(admin_url, NAME)
        .await
        .context("creating the database and its roles as the administrator that DATABASE_URL names")?;
    let password = parts.has_password.then_some(roles_password);
    if let Some(password) = password {
        set_passwords(admin_url, password)?;
    }
    migrated(RoleUrls::with(|role| parts.for_role(role, password))).await
}

async fn migrated(roles: RoleUrls) -> anyhow::Result<RoleUrls> {
    tenancy::migrate(&roles.owner).await.context("migrating the database")?;
    Ok(roles)
}

/// Only `tenancy` opens connections, and it has no business with passwords: psql sets them.
fn set_passwords(admin_url: &str, password: &str) -> anyhow::Result<()> {
    let statements = ROLES.map(|role| format!("alter role {role} password '{password}';\n")).concat();
    let psql = pg_local::Installation::newest().map_or_else(|_| "psql".into(), |found| found.bin.join("psql"));
    let mut process = std::process::Command::new(psql)
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", admin_url])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .context(
            "psql sets the passwords of our roles on the server of DATABASE_URL; it is part of postgresql-client",
        )?;
    if let Some(mut input) = process.stdin.take() {
        input.write_all(statements.as_bytes())?;
    }
    let status = process.wait()?;
    if !status.success() {
        bail!("psql could not set the passwords of our roles on the server of DATABASE_URL ({status})");
    }
    Ok(())
}

/// The parts of a Postgres URL that change from role to role, and the rest.
#[derive(Debug, PartialEq, Eq)]
struct UrlParts<'a> {
    scheme: &'a str,
    hosts: &'a str,
    options: Option<&'a str>,
    has_password: bool,
}

impl<'a> UrlParts<'a> {
    /// Not with the crate `url`: it wants a host where libpq does not.
    fn of(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        if !matches!(scheme, "postgresql" | "postgres") {
            return None;
        }
        let (rest, options) = rest.split_once('?').map_or((rest, None), |(before, options)| (before, Some(options)));
        let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
        let (person, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        // These would stand against what we write before the question mark.
        let clashes = |option: &str| ["user=", "password=", "dbname="].iter().any(|name| option.starts_with(name));
        if options.is_some_and(|options| options.split('&').any(clashes)) {
            return None;
        }
        Some(Self { scheme, hosts, options, has_password: person.contains(':') })
    }

    fn for_role(&self, role: &str, password: Option<&str>) -> String {
        let Self { scheme, hosts, .. } = self;
        let password = password.map(|password| format!(":{password}")).unwrap_or_default();
        let options = self.options.map(|options| format!("?{options}")).unwrap_or_default();
        format!("{scheme}://{role}{password}@{hosts}/{NAME}{options}")
    }
}

#[cfg(test)]
mod tests {
    use super::UrlParts;

    #[test]
    fn a_roles_url_keeps_hosts_and_options() {
        for (admin, role) in [
            (
                "postgresql://postgres:p%40ss@db.example:5433/postgres?connect_timeout=3",
                "postgresql://tenantry_app:pw@db.example:5433/tenantry?connect_timeout=3",
            ),
            (
                "postgres://postgres@/postgres?host=%2Fvar%2Frun%2Fpostgresql",
                "postgres://tenantry_app@/tenantry?host=%2Fvar%2Frun%2Fpostgresql",
            ),
            ("postgresql://localhost", "postgresql://tenantry_app@localhost/tenantry"),
        ] {
            let parts = UrlParts::of(admin).unwrap();
            let password = parts.has_password.then_some("pw");
            assert_eq!(parts.for_role("tenantry_app", password), role);
        }
        assert_eq!(UrlParts::of("mysql://a@b/c"), None);
        assert_eq!(UrlParts::of("postgresql:///tenantry?user=postgres"), None);
    }
}
