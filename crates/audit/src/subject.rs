//! What is audited: roles, key, schemas, and what a policy may say.

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::{Error, Result};

/// The tenant of a transaction, where nothing else is said.
const POLICY: &str = "({key} = current_setting('app.current_org_id'::text))";

/// Whose rights are looked at, and which tables are tenants'.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Roles of the application; empty: every role that may log in, is no superuser, and reaches a table.
    pub roles: Vec<String>,
    /// Names of the column that holds the tenant.
    pub keys: Vec<String>,
    /// Schemas; empty: all but the system's.
    pub schemas: Vec<String>,
    /// Expressions a tenant policy may have, as Postgres prints them, `{key}` standing for the column. The first one is used
    /// in what is proposed.
    pub policies: Vec<String>,
    /// Fingerprints that were reviewed; empty: none was.
    pub fingerprints: Vec<String>,
}

impl Default for Subject {
    fn default() -> Self {
        Self {
            roles: Vec::new(),
            keys: vec!["organisation_id".to_owned()],
            schemas: Vec::new(),
            policies: vec![POLICY.to_owned()],
            fingerprints: Vec::new(),
        }
    }
}

impl Subject {
    /// Settings that the policies read: `app.current_org_id`.
    pub(crate) fn settings(&self) -> Vec<String> {
        let names = self.policies.iter().flat_map(|policy| policy.split("current_setting('").skip(1));
        let mut names: Vec<String> = names.filter_map(|rest| Some(rest.split_once('\'')?.0.to_owned())).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Looks that there is something to audit, and finds the roles where none are named. How many tenant tables there are.
    pub(crate) async fn complete(&mut self, client: &Client) -> Result<usize> {
        let check = |source| Error::Check { lint: "what is there", source };
        let version = client
            .query_typed_one(
                "select current_setting('server_version_num')::int, current_setting('server_version')",
                &[],
            )
            .await
            .map_err(check)?;
        if version.get::<_, i32>(0) < 150_000 {
            return Err(Error::TooOld(version.get(1)));
        }
        let tables = client
            .query_typed_one(
                "select count(distinct class.oid),
                        count(distinct class.oid) filter (where exists (select from pg_attribute as key where key.attrelid = class.oid
                          and not key.attisdropped and key.attname = any ($1::text[])))
                   from pg_class as class join pg_namespace as schema on schema.oid = class.relnamespace
                  where class.relkind in ('r', 'p') and schema.nspname !~ '^pg_' and schema.nspname <> 'information_schema'
                    and ($2::text[] = '{}' or schema.nspname = any ($2::text[]))",
                &[(&self.keys, Type::TEXT_ARRAY), (&self.schemas, Type::TEXT_ARRAY)],
            )
            .await
            .map_err(check)?;
        let (all, tenants): (i64, i64) = (tables.get(0), tables.get(1));
        if all == 0 {
            return Err(Error::Empty);
        }
        if tenants == 0 {
            return Err(Error::NoKey(self.keys.join(" or ")));
        }
        self.find_roles(client).await?;
        Ok(usize::try_from(tenants).unwrap_or_default())
    }

    async fn find_roles(&mut self, client: &Client) -> Result<()> {
        let check = |source| Error::Check { lint: "who is there", source };
        if !self.roles.is_empty() {
            let known = client
                .query_typed(
                    "select rolname::text from pg_roles where rolname = any ($1::text[])",
                    &[(&self.roles, Type::TEXT_ARRAY)],
                )
                .await
                .map_err(check)?;
            let known: Vec<String> = known.iter().map(|row| row.get(0)).collect();
            return match self.roles.iter().find(|role| !known.contains(role)) {
                Some(missing) => Err(Error::NoRole(format!("there is no role {missing:?}"))),
                None => Ok(()),
            };
        }
        let found = client
            .query_typed(
                "select role.rolname::text from pg_roles as role
                  where role.rolcanlogin and not role.rolsuper and not role.rolbypassrls
                    and has_database_privilege(role.oid, current_database(), 'CONNECT')
                    and exists (select from pg_class as class join pg_namespace as schema on schema.oid = class.relnamespace
                                 where class.relkind in ('r', 'p') and schema.nspname !~ '^pg_' and class.relowner <> role.oid
                                   and schema.nspname <> 'information_schema'
                                   and has_schema_privilege(role.oid, schema.oid, 'USAGE')
                                   and (has_any_column_privilege(role.oid, class.oid, 'SELECT, INSERT, UPDATE')
                                        or has_table_privilege(role.oid, class.oid, 'DELETE')))
                  order by 1",
                &[],
            )
            .await
            .map_err(check)?;
        self.roles = found.iter().map(|row| row.get(0)).collect();
        if self.roles.is_empty() {
            return Err(Error::NoRole("no role that may log in, and is no superuser, reaches a table".to_owned()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_that_policies_read_are_known() {
        assert_eq!(Subject::default().settings(), ["app.current_org_id"]);
    }
}
