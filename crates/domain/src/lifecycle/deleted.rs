//! A deleted organisation, while it can be restored: who belonged to it is told so, and its admins may bring it back.

use jiff::Timestamp;
use serde_json::json;
use tenancy::{Actor, Database, OrganisationId, Query, Row, Transaction, UserId, tenant_statements};

use super::FinalInvoice;
use crate::audit_log::{self, Author, Entry, Origin};
use crate::mails::{self, Link, NewMail, Notice, To};
use crate::{BaseRole, Error, Permission, Result, billing, organisations, schedules};

tenant_statements! {
    SHOW = "
        select organisation.name, organisation.slug, organisation.deleted_at, organisation.erase_at, organisation.gone_at_clerk,
               closing.asked_by_name, closing.final_invoice, mine.role, person.name, now(),
               organisation.time_zone, organisation.erasing_since is not null
          from organisations as organisation
          join memberships as mine on mine.organisation_id = organisation.id and mine.user_id = $2
          join users as person on person.id = mine.user_id
          left join closings as closing on closing.organisation_id = $1
         where organisation.id = $1 and mine.organisation_id = $1 and organisation.deleted_at is not null
           and mine.removed_at is null and mine.waiting_since is null and person.deleted_at is null";
    LIVES = "
        select organisation.slug
          from organisations as organisation
          join memberships as mine on mine.organisation_id = organisation.id and mine.user_id = $2
         where organisation.id = $1 and mine.organisation_id = $1 and organisation.deleted_at is null
           and mine.removed_at is null and mine.waiting_since is null";
    /// Nothing brings back what is being erased, or is due to be: the database's clock says.
    RESTORE = "
        update organisations set deleted_at = null, erase_at = null, closing_since = null
         where id = $1 and deleted_at is not null and not gone_at_clerk and erasing_since is null and erase_at > clock_timestamp()
        returning name";
    REOPEN = "delete from closings where organisation_id = $1";
}

/// What somebody who belonged to a deleted organisation sees of it.
#[derive(Debug, Clone)]
pub struct Deleted {
    /// Its id.
    pub id: OrganisationId,
    /// Its name.
    pub name: String,
    /// The address that it has again once it is restored.
    pub slug: String,
    /// Its time zone.
    pub time_zone: String,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// When it is erased; none while its plan is still being ended, as after an end at Clerk.
    pub erase_at: Option<Timestamp>,
    /// Nothing brings it back: it is due, or being erased.
    pub over: bool,
    /// Gone at Clerk: what is left can be taken along, and it cannot be restored under its id.
    pub gone_at_clerk: bool,
    /// Who asked for it, as they were called then; empty where it was Clerk.
    pub deleted_by: String,
    /// What was invoiced at the end.
    pub final_invoice: Option<FinalInvoice>,
    /// Whether the person is one of its admins.
    pub admin: bool,
    /// The database's clock.
    pub now: Timestamp,
    person: String,
}

impl Deleted {
    fn from_row(id: &OrganisationId, row: &Row) -> Self {
        let (erase_at, now): (Option<Timestamp>, Timestamp) = (row.get(3), row.get(9));
        Self {
            id: id.clone(),
            name: row.get(0),
            slug: row.get(1),
            time_zone: row.get(10),
            deleted_at: row.get(2),
            erase_at,
            over: row.get(11) || erase_at.is_some_and(|at| at <= now),
            gone_at_clerk: row.get(4),
            deleted_by: row.get::<_, Option<String>>(5).unwrap_or_default(),
            final_invoice: billing::stored(row, 6),
            admin: BaseRole::from_clerk(row.get(7)) == BaseRole::Admin,
            now,
            person: row.get(8),
        }
    }

    /// Days in which it can be restored, the one that has begun counted.
    pub fn days_left(&self) -> i64 {
        self.erase_at.map_or(0, |until| super::days_left(until, self.now))
    }

    /// Whether this person may bring it back now.
    pub fn may_restore(&self) -> bool {
        self.admin && !self.over && !self.gone_at_clerk && self.erase_at.is_some()
    }
}

/// What the person sees of it. `NotFound` for whoever did not belong to it, and where it is not deleted.
pub async fn show(database: &Database, id: &OrganisationId, user: &UserId) -> Result<Deleted> {
    let door = database.in_organisation(id.clone(), Actor::Member(user.clone()));
    let rows = door.read(&[Query::new(SHOW).bind(user.to_string())]).await?;
    Ok(Deleted::from_row(id, rows[0].first().ok_or(Error::NotFound)?))
}

/// Brings it back, with its data, members and roles, and without its plan; gives its address. Again it is the same.
///
/// `Forbidden` for whoever is no admin of it; `Conflict` `restore_too_late` once it is due, `deleted_at_clerk` where it is gone
/// at Clerk, `still_closing` while its plan is being ended.
pub async fn restore(database: &Database, id: &OrganisationId, user: &UserId, origin: &Origin) -> Result<String> {
    let door = database.in_organisation(id.clone(), Actor::Member(user.clone()));
    let asked = [Query::new(SHOW).bind(user.to_string()), Query::new(LIVES).bind(user.to_string())];
    let (mut tx, rows) = door.write(&asked).await?;
    let Some(row) = rows[0].first() else {
        return Ok(rows[1].first().ok_or(Error::NotFound)?.get(0));
    };
    let deleted = Deleted::from_row(id, row);
    if !deleted.admin {
        return Err(Error::Forbidden(Permission::OrganisationDelete));
    }
    if !deleted.may_restore() {
        return Err(deleted.gone().why_not());
    }
    tx.query(organisations::locking()).await?;
    let author = Author::outside(user, &deleted.person, BaseRole::Admin, origin);
    let gone = deleted.gone();
    if !bring_back(&mut tx, &gone, Some(user), &author).await? {
        // Another admin was quicker, which comes to the same.
        let lives = tx.query_opt(Query::new(LIVES).bind(user.to_string())).await?;
        return lives.map(|row| row.get(0)).ok_or_else(|| gone.why_not());
    }
    tx.commit().await?;
    Ok(deleted.slug)
}

/// A deleted organisation, as whoever brings it back has found it.
pub(super) struct Gone {
    pub(super) id: OrganisationId,
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) deleted_at: Timestamp,
    pub(super) erase_at: Option<Timestamp>,
    pub(super) gone_at_clerk: bool,
}

/// Makes it live again, under its lock, and tells everybody; false where it does already, or never will.
pub(super) async fn bring_back(
    tx: &mut Transaction,
    gone: &Gone,
    by: Option<&UserId>,
    author: &Author,
) -> Result<bool> {
    if tx.query_opt(Query::new(RESTORE)).await?.is_none() {
        return Ok(false);
    }
    tx.query(Query::new(REOPEN)).await?;
    schedules::restored(tx).await?;
    let entry = Entry::new("organisation.restored").on(&gone.id, &gone.name);
    let entry = entry.before(json!({ "erased_on": gone.erase_at }));
    audit_log::write(tx, author, "done", entry).await?;
    let home = Link::parse(&format!("/orgs/{}", gone.slug)).ok_or(Error::NotFound)?;
    let key = format!("organisation_restored:{}", gone.deleted_at);
    for to in [To::Admins, To::OtherMembers] {
        let notice = Notice::organisation_restored(&gone.name, by, home.clone());
        mails::put(tx, &NewMail { key: key.clone(), to, notice }).await?;
    }
    tx.wake().await?;
    Ok(true)
}

impl Deleted {
    fn gone(&self) -> Gone {
        Gone {
            id: self.id.clone(),
            name: self.name.clone(),
            slug: self.slug.clone(),
            deleted_at: self.deleted_at,
            erase_at: self.erase_at,
            gone_at_clerk: self.gone_at_clerk,
        }
    }
}

impl Gone {
    /// Why it is not brought back.
    pub(super) fn why_not(&self) -> Error {
        let (code, message) = if self.gone_at_clerk {
            (
                "deleted_at_clerk",
                "It was deleted at Clerk, which keeps organisations, and cannot come back. Its data can be exported.",
            )
        } else if self.erase_at.is_none() {
            ("still_closing", "Its plan is still being ended. Try again in a moment.")
        } else {
            ("restore_too_late", "The time in which it could be restored is over, and it is being erased.")
        };
        Error::Conflict { code, message: message.to_owned() }
    }
}
