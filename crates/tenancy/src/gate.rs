//! The refusal to start as anything that row-level security does not bind.

use tokio_postgres::Client;

use crate::{Error, Result};

const WHAT_THE_ROLE_MAY: &str = "
    select role.rolname::text,
           role.rolsuper,
           role.rolbypassrls,
           role.rolreplication or role.rolcreaterole or role.rolcreatedb,
           (select string_agg(table_.relname::text, ', ') from pg_class as table_
             where table_.relowner = role.oid and table_.relkind in ('r', 'p', 'v', 'm')
               and table_.relnamespace in (select oid from pg_namespace where nspname !~ '^pg_')),
           (select string_agg(other.rolname::text, ', ') from pg_roles as other
             where other.oid <> role.oid and pg_has_role(role.oid, other.oid, 'MEMBER')
               and (other.rolsuper or other.rolbypassrls or other.rolname in ('pg_read_all_data', 'pg_write_all_data')
                    or exists (select from pg_class where relowner = other.oid and relkind in ('r', 'p')
                               and relnamespace in (select oid from pg_namespace where nspname !~ '^pg_'))))
    from pg_roles as role
    where role.rolname = session_user";

/// Looks at the role of the connection in the catalogue.
pub(crate) async fn refuse_strong_roles(client: &Client) -> Result<()> {
    let row = client.query_typed_one(WHAT_THE_ROLE_MAY, &[]).await.map_err(|e| Error::of("role check", e))?;
    let defect = if row.get(1) {
        "is a superuser, so row-level security does not bind it".to_owned()
    } else if row.get(2) {
        "has BYPASSRLS, so row-level security does not bind it".to_owned()
    } else if row.get(3) {
        "may create roles or databases, or replicate".to_owned()
    } else if let Some(tables) = row.get::<_, Option<String>>(4) {
        format!("owns tables ({tables}) and could switch their policies off")
    } else if let Some(roles) = row.get::<_, Option<String>>(5) {
        format!("is a member of {roles}, which row-level security does not bind")
    } else {
        return Ok(());
    };
    Err(Error::RoleTooStrong {
        role: row.get(0),
        defect,
        remedy: "Use tenantry_app for the server (DATABASE_URL) and tenantry_worker for the worker \
                 (WORKER_DATABASE_URL); migrations/bootstrap.sql creates both.",
    })
}
