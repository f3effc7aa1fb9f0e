//! The audit log: who changed what in an organisation, or tried to, and what it was before. Written in the transaction
//! of the change; numbered and chained by Postgres; append-only for the server's role.

use std::borrow::Cow;
use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::{Value, json};
use tenancy::{Database, OrganisationId, Query, Row, Transaction, UserId, tenant_statements};
use uuid::Uuid;

use crate::plans::Feature;
use crate::{Access, BaseRole, FieldErrors, Org, Permission, Read, Result, jobs};

tenant_statements! {
    RECORD = "
        insert into audit_log (organisation_id, actor_kind, actor_id, actor_name, actor_role, action, outcome,
                               object_id, object_name, before, after, request_id, address, user_agent, impersonator)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    LIST = "
        select entry.sequence, entry.happened_at, entry.actor_kind, entry.actor_id, entry.actor_name, entry.actor_role,
               entry.action, entry.outcome, entry.object_id, entry.object_name, entry.before, entry.after,
               entry.request_id, entry.address, entry.user_agent, entry.impersonator
          from audit_log as entry
         where entry.organisation_id = $1 and entry.sequence < $2
           and ($3 = '' or entry.actor_id = $3)
           and ($4 = '' or entry.action = $4 or split_part(entry.action, '.', 1) = $4)
           and ($5 = '' or entry.outcome = $5)
           and entry.happened_at >= $6 and entry.happened_at < $7
         order by entry.sequence desc limit $8";
    ACTORS = "
        select distinct on (entry.actor_id) entry.actor_id, entry.actor_name
          from audit_log as entry where entry.organisation_id = $1
         order by entry.actor_id, entry.sequence desc limit 200";
    HEAD = "
        select head.sequence, head.verified_through, head.verified_at, head.broken_at
          from audit_heads as head where head.organisation_id = $1";
    /// Every entry against the one before it, the numbers without a gap, the last one against the head, and against
    /// what was there when the chain was last looked at. An entry in which somebody was forgotten is compared with what a
    /// later entry says is left of it.
    VERIFY = "
        with chained as (
               select entry.sequence, entry.hash, tenancy.audit_text(entry) as text, entry.forgotten_in,
                      lag(entry.hash, 1, ''::bytea) over (order by entry.sequence) as previous,
                      lag(entry.sequence, 1, 0::bigint) over (order by entry.sequence) as before
                 from audit_log as entry where entry.organisation_id = $1),
             judged as (
               select min(chained.sequence) filter (
                        where (chained.hash <> sha256(chained.previous || convert_to(chained.text, 'UTF8'))
                               and not exists (
                                   select from audit_log as voucher
                                    where voucher.organisation_id = $1 and voucher.sequence = chained.forgotten_in
                                      and voucher.sequence > chained.sequence and voucher.action = 'person.forgotten'
                                      and voucher.forgotten_in is null
                                      and voucher.after -> 'entries' ->> chained.sequence::text
                                          = encode(sha256(convert_to(chained.text, 'UTF8')), 'hex')))
                           or chained.sequence <> chained.before + 1) as broken_at,
                      coalesce(max(chained.sequence), 0) as last,
                      (array_agg(chained.hash order by chained.sequence desc))[1] as hash
                 from chained)
        select coalesce(judged.broken_at, case when head.sequence <> judged.last or head.hash <> coalesce(judged.hash, '')
                                               then least(head.sequence, judged.last) + 1
                                               when head.verified_through > judged.last then judged.last + 1 end),
               judged.last
          from judged, audit_heads as head where head.organisation_id = $1";
    /// What held once is not forgotten when it holds no longer: the next look finds the same.
    VERIFIED = "
        update audit_heads set verified_through = greatest(verified_through, $2), broken_at = $3, verified_at = now()
         where organisation_id = $1";
}

/// The job that writes an entry about what was done outside the organisation's door.
pub const RECORD_AUDIT_ENTRY: &str = "record_audit_entry";
/// The job that verifies an organisation's chain.
pub const VERIFY_AUDIT_LOG: &str = "verify_audit_log";
/// The job that has every chain verified.
pub const VERIFY_AUDIT_LOGS: &str = "verify_audit_logs";

/// What is recorded of somebody who was refused.
const REFUSED: &str = "access.refused";

/// Entries on one page.
pub const PAGE: i64 = 50;
/// Most entries of one export.
pub const MOST_EXPORTED: i64 = 100_000;

/// Where a request came from, as far as it says.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Origin {
    /// The request's own id, as in its answer and in the server's log.
    pub request_id: Option<Uuid>,
    /// The caller's address.
    pub address: Option<IpAddr>,
    /// What the browser or program calls itself; cut at 256 characters.
    pub user_agent: String,
    /// Whoever acts in the person's name, by the id that Clerk gives them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impersonator: Option<String>,
}

/// Whoever a change is recorded under.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Author {
    pub(crate) kind: Cow<'static, str>,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) origin: Origin,
}

impl Author {
    /// A member, with the roles they have at that moment.
    pub(crate) fn member(access: &Access, origin: &Origin) -> Self {
        let mut roles = vec![access.role.as_str().to_owned()];
        roles.extend(access.custom_roles.iter().map(|held| held.name.clone()));
        Self {
            kind: "member".into(),
            id: access.person.id.to_string(),
            name: access.person.name.clone(),
            role: roles.join(", "),
            origin: origin.clone(),
        }
    }

    /// A member of whom no more is known than this: they stand outside of the organisation.
    pub(crate) fn outside(id: &UserId, name: &str, role: BaseRole, origin: &Origin) -> Self {
        let (id, name, role) = (id.to_string(), name.to_owned(), role.as_str().to_owned());
        Self { kind: "member".into(), id, name, role, origin: origin.clone() }
    }

    /// What happened at Clerk.
    pub(crate) fn clerk() -> Self {
        Self::machine("clerk", "clerk", "Clerk")
    }

    /// An operator at the command line, by the name they have on that machine.
    pub(crate) fn operator(name: &str) -> Self {
        Self::machine("operator", name, name)
    }

    /// Whoever is no person.
    pub(crate) fn machine(kind: &'static str, id: &str, name: &str) -> Self {
        let (id, name) = (id.to_owned(), name.to_owned());
        Self { kind: kind.into(), id, name, role: String::new(), origin: Origin::default() }
    }
}

/// What is recorded: `noun.verb`, on what, and the fields that changed.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Entry {
    action: String,
    #[serde(default)]
    object_id: String,
    #[serde(default)]
    object_name: String,
    before: Option<Value>,
    after: Option<Value>,
    /// Who did it, where that is not whoever writes it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    author: Option<Author>,
}

impl Entry {
    /// `member.removed`, `role.changed`, …
    pub(crate) fn new(action: &str) -> Self {
        let action = action.to_owned();
        Self { action, object_id: String::new(), object_name: String::new(), before: None, after: None, author: None }
    }

    /// The thing that was changed, by id and name.
    pub(crate) fn on(self, id: &impl ToString, name: &str) -> Self {
        Self { object_id: id.to_string(), object_name: name.to_owned(), ..self }
    }

    pub(crate) fn on_organisation(self, access: &Access) -> Self {
        self.on(&access.organisation.id, &access.organisation.name)
    }

    /// The fields as they were.
    pub(crate) fn before(self, before: Value) -> Self {
        Self { before: Some(before), ..self }
    }

    /// The fields as they are now.
    pub(crate) fn after(self, after: Value) -> Self {
        Self { after: Some(after), ..self }
    }

    /// One field more that was this and is that.
    pub(crate) fn field(mut self, name: &str, before: &str, after: &str) -> Self {
        self.before.get_or_insert_with(|| json!({}))[name] = before.into();
        self.after.get_or_insert_with(|| json!({}))[name] = after.into();
        self
    }

    /// Done by them, whoever writes it down.
    pub(crate) fn by(self, author: &Author) -> Self {
        Self { author: Some(author.clone()), ..self }
    }

    /// `noun.verb`
    pub(crate) fn action(&self) -> &str {
        &self.action
    }

    /// Who is said to have done it.
    pub(crate) fn author(&self) -> Option<&Author> {
        self.author.as_ref()
    }
}

/// Writes an entry into the transaction of the change.
pub(crate) async fn write(tx: &mut Transaction, author: &Author, outcome: &'static str, entry: Entry) -> Result<()> {
    let Author { kind, id, name, role, origin } = author.clone();
    let query =
        Query::new(RECORD).bind(kind.into_owned()).bind(id).bind(name).bind(role).bind(entry.action).bind(outcome);
    let query = query.bind(entry.object_id).bind(entry.object_name).bind(entry.before).bind(entry.after);
    let address = origin.address.map(|address| address.to_string()).unwrap_or_default();
    let agent: String = origin.user_agent.chars().filter(|c| !c.is_control()).take(256).collect();
    let query = query.bind(origin.request_id).bind(address).bind(agent);
    tx.query(query.bind(origin.impersonator.unwrap_or_default())).await?;
    Ok(())
}

/// Has an entry written about what the system door's transaction does to an organisation: by a job that is enqueued with
/// the change, as no tenant's row can be written from there.
pub(crate) async fn follow(tx: &mut Transaction, organisation: &OrganisationId, entry: &Entry) -> Result<()> {
    let payload = serde_json::to_value(entry).unwrap_or_default();
    jobs::enqueue_in(tx, organisation, RECORD_AUDIT_ENTRY, payload).await
}

/// Records that somebody was refused something, by the route they tried: the permission that they lack, or the rule's
/// code. In a transaction of its own, as theirs came to nothing.
pub async fn refused(org: &Org, route: &str, what: &str) -> Result<()> {
    let mut tx = org.write().await?;
    tx.record_refused(Entry::new(REFUSED).on(&route, what)).await?;
    tx.commit().await
}

/// An entry as it is read.
#[derive(Debug, Clone, serde::Serialize)]
pub struct AuditEntry {
    /// Its number in the organisation's log, from 1, without gaps.
    pub sequence: i64,
    /// When, by the database's clock.
    pub happened_at: Timestamp,
    /// `member`, `invited`, `job`, `clerk` or `operator`.
    pub actor_kind: String,
    /// Clerk's id of the person, or the job's kind.
    pub actor_id: String,
    /// As they were called then.
    pub actor_name: String,
    /// The roles they had then.
    pub actor_role: String,
    /// `noun.verb`.
    pub action: String,
    /// `done` or `refused`.
    pub outcome: String,
    /// The thing's id.
    pub object_id: String,
    /// The thing's name then.
    pub object_name: String,
    /// Its fields before.
    pub before: Option<Value>,
    /// Its fields after.
    pub after: Option<Value>,
    /// The request's id.
    pub request_id: Option<Uuid>,
    /// The caller's address.
    pub address: String,
    /// The browser or program.
    pub user_agent: String,
    /// Who acted in the person's name, if anybody.
    pub impersonator: String,
}

impl AuditEntry {
    fn from_row(row: &Row) -> Self {
        Self {
            sequence: row.get(0),
            happened_at: row.get(1),
            actor_kind: row.get(2),
            actor_id: row.get(3),
            actor_name: row.get(4),
            actor_role: row.get(5),
            action: row.get(6),
            outcome: row.get(7),
            object_id: row.get(8),
            object_name: row.get(9),
            before: row.get(10),
            after: row.get(11),
            request_id: row.get(12),
            address: row.get(13),
            user_agent: row.get(14),
            impersonator: row.get(15),
        }
    }
}

/// Which entries.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Older than this entry.
    pub before: Option<i64>,
    /// Of this person or machine; empty for all.
    pub actor: String,
    /// This action, or all of this noun; empty for all.
    pub action: String,
    /// `done`, `refused`, or empty for both.
    pub outcome: String,
    /// From this moment on.
    pub from: Timestamp,
    /// Before this one.
    pub until: Timestamp,
}

impl Default for Filter {
    fn default() -> Self {
        let (actor, action, outcome) = (String::new(), String::new(), String::new());
        // Postgres knows years that jiff does not: these are both's.
        let (from, until) = (Timestamp::UNIX_EPOCH, Timestamp::constant(253_370_764_800, 0));
        Self { before: None, actor, action, outcome, from, until }
    }
}

impl Filter {
    /// The words of an action: `member.removed` or `member`. Field `action`.
    pub fn action(text: &str) -> Result<String, FieldErrors> {
        let fits = text.len() <= 64 && text.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'.'));
        if fits { Ok(text.to_owned()) } else { Err(FieldErrors::one("action", "There is no such action.")) }
    }

    fn query(&self, most: i64) -> Query {
        let query = Query::new(LIST).bind(self.before.unwrap_or(i64::MAX)).bind(self.actor.clone());
        let query = query.bind(self.action.clone()).bind(self.outcome.clone());
        query.bind(self.from).bind(self.until).bind(most)
    }
}

/// What the verifier last found.
#[derive(Debug, Clone, Copy, Default, serde::Serialize)]
pub struct Verification {
    /// The number of the newest entry.
    pub last: i64,
    /// Up to here the chain held.
    pub through: i64,
    /// When that was looked at.
    pub at: Option<Timestamp>,
    /// The first entry that does not fit.
    pub broken_at: Option<i64>,
}

/// A page of the log.
#[derive(Debug, Clone, serde::Serialize)]
pub struct AuditPage {
    /// Newest first.
    pub entries: Vec<AuditEntry>,
    /// `before` of the next page, where there is one.
    pub older: Option<i64>,
    /// Who stands in the log: id and name.
    pub actors: Vec<(String, String)>,
    /// What the verifier found.
    pub verification: Verification,
}

/// Entries of the log, newest first.
pub fn list(filter: &Filter) -> Read<AuditPage> {
    let queries = [filter.query(PAGE + 1), Query::new(ACTORS), Query::new(HEAD)];
    Read::new(Permission::AuditRead, queries, |[rows, actors, head]| {
        let mut entries: Vec<AuditEntry> = rows.iter().map(AuditEntry::from_row).collect();
        let more = entries.len() > PAGE as usize;
        entries.truncate(PAGE as usize);
        let older = entries.last().filter(|_| more).map(|entry| entry.sequence);
        let mut actors: Vec<(String, String)> = actors.iter().map(|row| (row.get(0), row.get(1))).collect();
        actors.sort_by_key(|(_, name)| name.to_lowercase());
        let verification = head.first().map_or_else(Verification::default, |row| Verification {
            last: row.get(0),
            through: row.get(1),
            at: row.get(2),
            broken_at: row.get(3),
        });
        Ok(AuditPage { entries, older, actors, verification })
    })
}

/// All entries a file is made of, newest first, [`MOST_EXPORTED`] at most.
pub fn export(filter: &Filter) -> Read<Vec<AuditEntry>> {
    Read::new(Permission::AuditRead, [filter.query(MOST_EXPORTED)], |[rows]| {
        Ok(rows.iter().map(AuditEntry::from_row).collect())
    })
}

/// `LimitReached` where the plan does not give the log as a file.
pub fn may_export(access: &Access) -> Result<()> {
    access.organisation.terms.needs(Feature::AuditExport)
}

/// Reads an organisation's chain from its first entry and writes down how far it holds; says where it broke.
pub async fn verify(database: &Database, organisation: &OrganisationId) -> Result<Option<i64>> {
    let door = database.in_organisation(organisation.clone(), tenancy::Actor::Job(VERIFY_AUDIT_LOG));
    let (mut tx, _) = door.write(&[]).await?;
    tx.query(crate::organisations::locking()).await?;
    let rows = tx.query(Query::new(VERIFY)).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (broken_at, last): (Option<i64>, i64) = (row.get(0), row.get(1));
    let through = broken_at.map_or(last, |first| first - 1);
    tx.query(Query::new(VERIFIED).bind(through).bind(broken_at)).await?;
    tx.commit().await?;
    Ok(broken_at)
}

/// The first entry of the chain that does not fit, where the organisation's head does not say so already.
pub(crate) async fn first_misfit(tx: &mut Transaction) -> Result<Option<i64>> {
    let found = tx.query_opt(Query::new(VERIFY)).await?.and_then(|row| row.get::<_, Option<i64>>(0));
    let known = tx.query_opt(Query::new(HEAD)).await?.and_then(|row| row.get::<_, Option<i64>>(3));
    Ok(found.filter(|found| Some(*found) != known))
}

/// Verifies every organisation's chain, one after the other: which ones were looked at, and where each broke.
pub async fn verify_now(database: &Database) -> Result<Vec<(OrganisationId, Option<i64>)>> {
    let mut found = Vec::new();
    for organisation in jobs::organisations(database).await? {
        let broken_at = verify(database, &organisation).await?;
        found.push((organisation, broken_at));
    }
    Ok(found)
}

/// Has every organisation's chain verified, one job each.
pub async fn verify_all(database: &Database) -> Result<()> {
    let mut tx = database.system(tenancy::SystemReason::Jobs).begin().await?;
    jobs::enqueue_for_all(&mut tx, VERIFY_AUDIT_LOG).await?;
    Ok(tx.commit().await?)
}
