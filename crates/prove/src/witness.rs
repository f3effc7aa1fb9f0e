//! The witness: a function in the scratch database that sees the victim's rows inside an attacker's transaction and
//! tells only their digests. Whatever an attack changed shows before it is rolled back.

use std::collections::BTreeMap;

use tokio_postgres::{Client, SimpleQueryMessage};

use crate::catalogue::Table;
use crate::error::{Error, Result};
use crate::ownership::Ownership;
use crate::people::Party;

/// Asks the witness, as whoever the connection belongs to.
pub(crate) const ASK: &str = "select proof.victim()";

/// What it said: a digest of the victim's rows for each table, as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Witness(pub(crate) String);

impl Witness {
    /// Asks outside any attack.
    pub(crate) async fn ask(client: &Client) -> Result<Self> {
        let answer = client.simple_query(ASK).await.map_err(Error::doing("asking the witness"))?;
        Self::heard(&answer).ok_or_else(|| Error::CannotRun("the witness does not answer".to_owned()))
    }

    /// Its word in an answer.
    pub(crate) fn heard(answer: &[SimpleQueryMessage]) -> Option<Self> {
        answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(|text| Self(text.to_owned())),
            _ => None,
        })
    }

    /// Tables whose rows were something else before.
    pub(crate) fn changed_since(&self, before: &Self) -> Vec<String> {
        if self == before {
            return Vec::new();
        }
        let digests = |text: &str| serde_json::from_str::<BTreeMap<String, String>>(text).unwrap_or_default();
        let before = digests(&before.0);
        let now = digests(&self.0).into_iter().filter(|(table, digest)| before.get(table) != Some(digest));
        let changed: Vec<String> = now.map(|(table, _)| table).collect();
        // It said something else, so something is different, whether we can read it or not.
        if changed.is_empty() { vec!["some table".to_owned()] } else { changed }
    }
}

/// How a row is read, and which do not count: that one of the victim's own people was refused is written down by the
/// victim's own log, whoever asked for what.
fn of_its_own_accord(table: &str) -> (&'static str, &'static str) {
    match table {
        "tenantry.audit_log" => (
            "t::text",
            " and not (t.outcome = 'refused' and exists (select from tenantry.memberships as own
                where own.organisation_id = t.organisation_id and own.user_id = t.actor_id))",
        ),
        "tenantry.audit_heads" => ("(t.organisation_id, t.verified_through, t.broken_at)::text", ""),
        _ => ("t::text", ""),
    }
}

/// Makes it, as the administrator, for everyone to ask.
pub(crate) async fn install(admin: &Client, tables: &[Table], seed: u64) -> Result<()> {
    let known = tables.iter().filter(|table| Ownership::of(table) != Ownership::Unknown);
    let digests: Vec<String> = known
        .map(|table| {
            let (name, rows_of) = (&table.name, Ownership::rows_of(table, Party::Victim, seed));
            let (text, but) = of_its_own_accord(name);
            format!("('{name}', (select md5(coalesce(string_agg({text}, ',' order by {text}), '')) from {name} as t where {rows_of}{but}))")
        })
        .collect();
    // In plpgsql, which plans it once a connection and not once a call.
    let sql = format!(
        "create schema proof;
         create function proof.victim() returns text language plpgsql volatile security definer
           set search_path = pg_catalog set row_security = on
           as $proof$ begin
             return (select json_object_agg(name, digest)::text from (values {}) as digests (name, digest));
           end $proof$;
         grant usage on schema proof to tenantry_app, tenantry_worker;
         grant execute on function proof.victim() to tenantry_app, tenantry_worker",
        digests.join(", ")
    );
    admin.batch_execute(&sql).await.map_err(Error::doing("installing the witness"))
}
