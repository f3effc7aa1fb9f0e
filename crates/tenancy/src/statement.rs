//! SQL as named constants: written once beside the function that sends it, listed for the tests that read them all.

use tokio_postgres::types::{ToSql, Type};

use crate::Parameter;

/// Which tables a statement may name, and so which door it goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tables {
    /// Tenant tables. `$1` is the organisation; the door fills it in, the caller cannot.
    Tenant,
    /// Directory tables alone; parameters start at `$1`.
    Directory,
}

/// One SQL statement with the name it has in logs and errors.
#[derive(Debug, Clone, Copy)]
pub struct Statement {
    /// Module and constant, as `domain::procedures::LIST`.
    pub name: &'static str,
    /// The text sent to Postgres.
    pub sql: &'static str,
    /// Which door it goes through.
    pub tables: Tables,
}

impl Statement {
    /// Called by the two macros, which also list the statement.
    pub const fn new(name: &'static str, sql: &'static str, tables: Tables) -> Self {
        Self { name, sql, tables }
    }
}

/// Declares the statements of a file on tenant tables; `$1` is the organisation in each.
#[macro_export]
macro_rules! tenant_statements {
    ($($(#[$doc:meta])* $name:ident = $sql:literal;)+) => {
        $crate::__statements!(Tenant $($(#[$doc])* $name = $sql;)+);
    };
}

/// Declares the statements of a file on directory tables.
#[macro_export]
macro_rules! directory_statements {
    ($($(#[$doc:meta])* $name:ident = $sql:literal;)+) => {
        $crate::__statements!(Directory $($(#[$doc])* $name = $sql;)+);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __statements {
    ($tables:ident $($(#[$doc:meta])* $name:ident = $sql:literal;)+) => {
        $(
            $(#[$doc])*
            const $name: $crate::Statement =
                $crate::Statement::new(concat!(module_path!(), "::", stringify!($name)), $sql, $crate::Tables::$tables);
        )+
        /// Every statement of this file, for the tests that read them all.
        pub(crate) const STATEMENTS: &[$crate::Statement] = &[$($name),+];
    };
}

/// A statement with its parameters, ready to travel.
pub struct Query {
    pub(crate) statement: Statement,
    parameters: Vec<(Box<dyn ToSql + Sync + Send>, Type)>,
}

impl Query {
    /// A query of a tenant statement has its parameters from `$2` on: `$1` is the organisation.
    pub fn new(statement: Statement) -> Self {
        Self { statement, parameters: Vec::new() }
    }

    /// Adds the next parameter.
    #[must_use]
    pub fn bind<P: Parameter + 'static>(mut self, value: P) -> Self {
        self.parameters.push((Box::new(value), P::postgres_type()));
        self
    }

    /// Parameters as the driver wants them, led by the organisation where there is one.
    pub(crate) fn arguments<'a>(&'a self, organisation: Option<&'a &'a str>) -> Vec<&'a (dyn ToSql + Sync)> {
        self.typed_arguments(organisation).into_iter().map(|(value, _)| value).collect()
    }

    /// The same with their types, for a statement that is not prepared.
    pub(crate) fn typed_arguments<'a>(
        &'a self,
        organisation: Option<&'a &'a str>,
    ) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
        let leading = organisation
            .filter(|_| self.statement.tables == Tables::Tenant)
            .map(|id| (id as &(dyn ToSql + Sync), Type::TEXT));
        let bound = self.parameters.iter().map(|(value, kind)| (&**value as &(dyn ToSql + Sync), kind.clone()));
        leading.into_iter().chain(bound).collect()
    }
}

impl std::fmt::Debug for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.statement.name)
    }
}
