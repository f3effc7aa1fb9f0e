//! A filled scratch database: what is in it, and what must not get out.

use tokio_postgres::Client;

use crate::catalogue::{self, Table};
use crate::context::{Beginnings, Key};
use crate::error::{Error, Result};
use crate::filler;
use crate::people::{self, Party};
use crate::samples::Samples;
use crate::server::Server;
use crate::verdict::Secrets;
use crate::witness::{self, Witness};

/// Everything an attack is built from.
pub(crate) struct Scene {
    pub(crate) seed: u64,
    pub(crate) tables: Vec<Table>,
    pub(crate) samples: Samples,
    pub(crate) secrets: Secrets,
    /// Tables without a row of the victim's, with why.
    empty: Vec<(String, String)>,
    /// The server's clock when everything was in place: what is later was made by an attack.
    pub(crate) begun: String,
    /// How attacks begin their transactions.
    pub(crate) beginnings: Beginnings,
    /// What the server signs its own with.
    pub(crate) context_key: Option<tenancy::ContextKey>,
}

impl Scene {
    /// Fills a new database and looks at it. Nobody is connected afterwards. `signed` makes it believe signed contexts
    /// alone.
    pub(crate) async fn set(server: &Server, database: &str, seed: u64, signed: bool) -> Result<Self> {
        let key = signed.then(Key::random);
        let context_key = key.as_ref().and_then(|key| tenancy::ContextKey::parse(&key.text()).ok());
        if let Some(key) = &context_key {
            tenancy::sign_contexts(&server.url("tenantry_owner", database), key).await?;
        }
        let beginnings = Beginnings::new(key);
        let options =
            tenancy::PoolOptions { size: 2, context_key: context_key.clone(), ..tenancy::PoolOptions::default() };
        let app = tenancy::Database::connect(&server.url("tenantry_app", database), options).await?;
        people::settle(&app, seed).await?;
        drop(app);
        let admin = server.admin(database).await?;
        let tables = catalogue::tables(&admin).await?;
        let empty = filler::fill(&admin, &tables, seed).await?;
        let samples = Samples::read(&admin, &tables, seed).await?;
        witness::install(&admin, &tables, seed).await?;
        let mut ids = vec![Party::Victim.id().to_owned()];
        ids.extend(Party::Victim.people().iter().map(|name| people::user_id(name)));
        let untouched = Witness::ask(&admin).await?;
        let secrets = Secrets { canary: Party::Victim.canary(seed), ids, untouched };
        let begun = Self::clock(&admin).await?;
        Ok(Self { seed, tables, samples, secrets, empty, begun, beginnings, context_key })
    }

    /// Removes the victim, so that an answer which differs tells that it was there.
    pub(crate) async fn without_victim(&self, server: &Server, database: &str) -> Result<()> {
        let admin = server.admin(database).await?;
        let failed = || Error::doing("removing the victim");
        // Children and parents in any order.
        admin.batch_execute("set session_replication_role = replica").await.map_err(failed())?;
        for table in self.tables.iter().filter(|table| table.is_table) {
            use crate::ownership::Ownership;
            if Ownership::of(table) == Ownership::Organisations {
                let rows_of = Ownership::rows_of(table, Party::Victim, self.seed);
                let sql = format!("delete from {} where {rows_of}", table.name);
                admin.batch_execute(&sql).await.map_err(failed())?;
            }
        }
        Ok(())
    }

    /// Why there is nothing to steal in a table.
    pub(crate) fn why_empty(&self, table: &Table) -> String {
        match self.empty.iter().find(|(name, _)| *name == table.name) {
            Some((_, why)) => format!("nothing to steal: {why}; say in crates/prove/src/filler.rs how a row is made"),
            None => "nobody has said whose its rows are: crates/prove/src/ownership.rs".to_owned(),
        }
    }

    async fn clock(admin: &Client) -> Result<String> {
        let row = admin.query_one("select clock_timestamp()::text", &[]).await;
        Ok(row.map_err(Error::doing("reading the clock"))?.get(0))
    }
}
