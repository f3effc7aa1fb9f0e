//! Closing: the end is written down first, then the plan is ended by a job that tries until nothing that costs is left, and
//! only then the organisation is deleted. Until the plan begins to be ended it can be stopped.

use jiff::Timestamp;
use serde_json::json;
use tenancy::{Actor, Database, OrganisationId, Query, Row, Transaction, UserId, tenant_statements};

use super::FinalInvoice;
use crate::audit_log::{self, Author, Entry, Origin};
use crate::mails::{self, NewMail, Notice, To};
use crate::{BaseRole, Error, FieldErrors, OrgTx, Permission, Read, Result, jobs, organisations};

tenant_statements! {
    WHAT_GOES = "
        select (select count(*) from memberships as membership
                 where membership.organisation_id = $1 and membership.removed_at is null),
               (select count(*) from invitations as invitation
                 where invitation.organisation_id = $1 and invitation.state = 'pending' and invitation.expires_at > now()),
               (select count(*) from procedures as procedure where procedure.organisation_id = $1),
               (select count(*) from runs as run where run.organisation_id = $1),
               (select count(*) from runs as run where run.organisation_id = $1 and run.completed_at is null)";
    SHOW = "
        select closing.asked_by_name, closing.asked_at, closing.ending_since is not null, closing.trouble, closing.tried_at
          from closings as closing where closing.organisation_id = $1";
    BEGIN = "
        insert into closings (organisation_id, asked_by, asked_by_name) values ($1, $2, $3)
        on conflict (organisation_id) do nothing returning organisation_id";
    MARK = "
        update organisations set closing_since = coalesce(closing_since, now()) where id = $1 and deleted_at is null";
    STOP = "
        delete from closings where organisation_id = $1 and ending_since is null returning organisation_id";
    UNMARK = "update organisations set closing_since = null where id = $1 and deleted_at is null";
    /// Gone at Clerk: nobody asked here.
    GONE = "
        insert into closings (organisation_id, asked_by)
        select $1, '' from organisations as organisation
         where organisation.id = $1 and organisation.deleted_at is not null and organisation.erasing_since is null
        on conflict (organisation_id) do nothing returning organisation_id";
    ENDING = "
        update closings set ending_since = coalesce(ending_since, clock_timestamp()), tried_at = clock_timestamp()
         where organisation_id = $1
        returning ended_at is not null";
    TROUBLE = "
        update closings set trouble = $2, tried_at = clock_timestamp() where organisation_id = $1 and ended_at is null";
    ENDED = "
        update closings set ended_at = now(), final_invoice = $2, trouble = null
         where organisation_id = $1 and ended_at is null";
    READY = "
        select from closings as closing
          join organisations as organisation on organisation.id = closing.organisation_id
         where closing.organisation_id = $1 and closing.ended_at is not null and organisation.erase_at is null";
    /// Both instants are the database's.
    DELETE = "
        update organisations as organisation
           set deleted_at = coalesce(organisation.deleted_at, now()), closing_since = null,
               erase_at = coalesce(organisation.deleted_at, now()) + make_interval(hours => 24 * $2)
          from closings as closing
         where organisation.id = $1 and organisation.erase_at is null
           and closing.organisation_id = $1 and closing.ended_at is not null
        returning organisation.name, organisation.erase_at, closing.asked_by, closing.asked_by_name, organisation.deleted_at";
}

/// The job, and the actor, that ends an organisation's plan and deletes it.
pub const CLOSE_ORGANISATION: &str = "close_organisation";

/// What is lost with an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct WhatGoes {
    /// People who belong to it.
    pub members: i64,
    /// Invitations that nobody has answered.
    pub invitations: i64,
    /// Procedures, published or not.
    pub procedures: i64,
    /// Runs, completed or not.
    pub runs: i64,
    /// Runs that are not completed.
    pub open_runs: i64,
}

/// How far an organisation is on its way out.
#[derive(Debug, Clone)]
pub struct Closing {
    /// Who asked, as they were called then.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// The plan is being ended: too late to stop.
    pub ending: bool,
    /// Why the last try did not come to its end.
    pub trouble: Option<String>,
    /// When it was.
    pub tried_at: Option<Timestamp>,
}

/// What goes, and how far it is where it was asked for.
pub fn show() -> Read<(WhatGoes, Option<Closing>)> {
    let queries = [Query::new(WHAT_GOES), Query::new(SHOW)];
    Read::new(Permission::OrganisationDelete, queries, |[counts, closing]| {
        let row = counts.first().ok_or(Error::NotFound)?;
        let goes = WhatGoes {
            members: row.get(0),
            invitations: row.get(1),
            procedures: row.get(2),
            runs: row.get(3),
            open_runs: row.get(4),
        };
        Ok((goes, closing.first().map(closing_of)))
    })
}

fn closing_of(row: &Row) -> Closing {
    Closing {
        asked_by: row.get(0),
        asked_at: row.get(1),
        ending: row.get(2),
        trouble: row.get(3),
        tried_at: row.get(4),
    }
}

/// Asks for the end. Asked again it is the same end.
///
/// `Invalid` field `name` unless the organisation's name was typed.
pub async fn begin(tx: &mut OrgTx, typed: &str) -> Result<()> {
    tx.require(Permission::OrganisationDelete)?;
    tx.require_in_person()?;
    organisations::lock(tx).await?;
    let name = tx.access().organisation.name.clone();
    if typed.trim() != name.trim() {
        let message = format!("Type the name as it stands here: {name}");
        return Err(FieldErrors::one("name", message).into());
    }
    let person = &tx.access().person;
    let by = Query::new(BEGIN).bind(person.id.to_string()).bind(person.name.clone());
    if tx.rows(by).await?.is_empty() {
        return Ok(());
    }
    tx.rows(Query::new(MARK)).await?;
    let entry = Entry::new("organisation.closing").on_organisation(tx.access());
    tx.record(entry).await?;
    tx.enqueue(CLOSE_ORGANISATION, json!({})).await?;
    tx.wake().await
}

/// The same wish of an operator's, who is no user and stands there by name; false where it was asked for before.
pub(super) async fn begin_by(tx: &mut Transaction, operator: &str) -> Result<bool> {
    let by = Query::new(BEGIN).bind(String::new()).bind(operator.to_owned());
    if tx.query(by).await?.is_empty() {
        return Ok(false);
    }
    tx.query(Query::new(MARK)).await?;
    jobs::enqueue(tx, CLOSE_ORGANISATION, json!({})).await?;
    tx.wake().await?;
    Ok(true)
}

/// Takes the wish back.
///
/// `Conflict` `closing_too_late` once the plan is being ended; nothing to do where nobody asked.
pub async fn stop(tx: &mut OrgTx) -> Result<()> {
    tx.require(Permission::OrganisationDelete)?;
    organisations::lock(tx).await?;
    let there = tx.rows(Query::new(SHOW)).await?;
    if there.is_empty() {
        return Ok(());
    }
    if tx.rows(Query::new(STOP)).await?.is_empty() {
        let message =
            "The plan is being ended already. Let it come to its end, then restore the organisation.".to_owned();
        return Err(Error::Conflict { code: "closing_too_late", message });
    }
    tx.rows(Query::new(UNMARK)).await?;
    let entry = Entry::new("organisation.kept").on_organisation(tx.access());
    tx.record(entry).await?;
    tx.wake().await
}

/// Where the job stands when it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Stopped, or restored: there is nothing to do.
    Stopped,
    /// The plan is to be ended, and nobody can stop it any more.
    Ending,
    /// Nothing that costs is left.
    Ended,
}

/// The job begins, or goes on.
pub async fn ending(database: &Database, at: &OrganisationId) -> Result<Stage> {
    let (mut tx, rows) = door(database, at).write(&[Query::new(GONE), Query::new(ENDING)]).await?;
    if !rows[0].is_empty() {
        let entry = Entry::new("organisation.closing").on(at, "");
        audit_log::write(&mut tx, &Author::clerk(), "done", entry).await?;
    }
    tx.commit().await?;
    Ok(match rows[1].first().map(|row| row.get(0)) {
        None => Stage::Stopped,
        Some(false) => Stage::Ending,
        Some(true) => Stage::Ended,
    })
}

/// A try did not come to its end, for this reason in words for an admin.
pub async fn troubled(database: &Database, at: &OrganisationId, why: &str) -> Result<()> {
    let (mut tx, _) = door(database, at).write(&[Query::new(TROUBLE).bind(Some(why.to_owned()))]).await?;
    tx.wake().await?;
    Ok(tx.commit().await?)
}

/// Nothing that costs is left.
pub async fn ended(database: &Database, at: &OrganisationId, invoice: Option<&FinalInvoice>) -> Result<()> {
    let invoice = invoice.and_then(|invoice| serde_json::to_value(invoice).ok());
    let (tx, _) = door(database, at).write(&[Query::new(ENDED).bind(invoice)]).await?;
    Ok(tx.commit().await?)
}

/// Deletes it: from now on it can be restored for so many days. Only once nothing that costs is left; once.
pub async fn delete(database: &Database, at: &OrganisationId, recovery_days: u32) -> Result<()> {
    let days = i32::try_from(recovery_days).unwrap_or(i32::MAX / 24);
    let (mut tx, ready) = door(database, at).write(&[Query::new(READY)]).await?;
    if ready[0].is_empty() {
        return Ok(());
    }
    tx.query(organisations::locking()).await?;
    let Some(row) = tx.query_opt(Query::new(DELETE).bind(days)).await? else { return Ok(()) };
    let erase_at: Timestamp = row.get(1);
    let by = UserId::parse(row.get(2)).ok();
    let author = match (&by, row.get::<_, &str>(3)) {
        (Some(admin), name) => Author::outside(admin, name, BaseRole::Admin, &Origin::default()),
        (None, "") => Author::clerk(),
        (None, operator) => Author::operator(operator),
    };
    let entry = Entry::new("organisation.deleted").on(at, row.get(0));
    audit_log::write(&mut tx, &author, "done", entry.after(json!({ "erased_on": erase_at }))).await?;
    tell(&mut tx, at, &row, by.as_ref()).await?;
    tx.wake().await?;
    Ok(tx.commit().await?)
}

/// Its admins are told until when it can be restored and where, its other members that it is gone.
async fn tell(tx: &mut Transaction, at: &OrganisationId, row: &Row, by: Option<&UserId>) -> Result<()> {
    let (name, until, deleted_at): (&str, Timestamp, Timestamp) = (row.get(0), row.get(1), row.get(4));
    let key = format!("organisation_deleted:{deleted_at}");
    let admins = Notice::organisation_deleted(name, by, until, super::ways(at)?);
    let members = Notice::organisation_deleted_for_members(name, by);
    mails::put(tx, &NewMail { key: key.clone(), to: To::Admins, notice: admins }).await?;
    mails::put(tx, &NewMail { key, to: To::OtherMembers, notice: members }).await?;
    Ok(())
}

fn door(database: &Database, at: &OrganisationId) -> tenancy::OrgScope {
    database.in_organisation(at.clone(), Actor::Job(CLOSE_ORGANISATION))
}
