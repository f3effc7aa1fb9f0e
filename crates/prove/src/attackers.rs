//! The connections that attack.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use crate::attempt::{self, Observed};
use crate::context::{Beginnings, Context, ROLES};
use crate::error::Result;
use crate::server::Server;

/// A connection per role and context: one that has never been told an organisation stays that way.
pub(crate) struct Attackers {
    clients: BTreeMap<(&'static str, Context), Client>,
    beginnings: Beginnings,
}

impl Attackers {
    pub(crate) async fn connect(server: &Server, database: &str, beginnings: &Beginnings) -> Result<Self> {
        let mut clients = BTreeMap::new();
        for role in ROLES {
            for context in Context::ALL {
                clients.insert((role, context), server.attacker(role, database).await?);
            }
        }
        Ok(Self { clients, beginnings: beginnings.clone() })
    }

    /// One statement in a transaction that is rolled back.
    pub(crate) async fn run(&self, role: &'static str, context: Context, sql: &str) -> Observed {
        attempt::run(self.of(role, context), &self.beginnings.of(context), sql).await
    }

    /// The same for `copy … to stdout`.
    pub(crate) async fn copy_out(&self, role: &'static str, context: Context, sql: &str) -> Observed {
        attempt::copy_out(self.of(role, context), &self.beginnings.of(context), sql).await
    }

    /// The connection of this role and context.
    pub(crate) fn of(&self, role: &'static str, context: Context) -> &Client {
        &self.clients[&(role, context)]
    }
}
