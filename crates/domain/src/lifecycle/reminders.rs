//! Admins of a deleted organisation are reminded a week and a day before its end.

use jiff::{SignedDuration, Timestamp};
use tenancy::{Actor, Database, OrganisationId, Query, tenant_statements};

use crate::Result;
use crate::mails::{self, Days, NewMail, Notice, To};

tenant_statements! {
    /// Whether it is still deleted, and how long yet: by the database's clock.
    HOW_LONG = "
        select organisation.name, organisation.deleted_at, organisation.erase_at, now()
          from organisations as organisation
         where organisation.id = $1 and organisation.deleted_at is not null and organisation.erasing_since is null
           and organisation.erase_at > now()";
}

/// The actor that reminds.
const REMIND: &str = "remind_of_erasure";

/// Reminds where it is time; once each, however often it is asked.
pub(super) async fn remind(database: &Database, at: &OrganisationId) -> Result<()> {
    let door = database.in_organisation(at.clone(), Actor::Job(REMIND));
    let (mut tx, rows) = door.write(&[Query::new(HOW_LONG)]).await?;
    let Some(row) = rows[0].first() else { return Ok(()) };
    let (deleted_at, erase_at, now): (Timestamp, Timestamp, Timestamp) = (row.get(1), row.get(2), row.get(3));
    let within = |days: i64| erase_at.duration_since(now) <= SignedDuration::from_hours(24 * days);
    // Whoever is told that it is tomorrow need not hear that it is in a week.
    let days = match (within(1), within(7)) {
        (true, _) => Days::One,
        (_, true) => Days::Seven,
        _ => return Ok(()),
    };
    let key = format!("deletion_reminder:{deleted_at}:{}", days.number());
    let notice = Notice::deletion_reminder(row.get(0), days, erase_at, super::ways(at)?);
    mails::put(&mut tx, &NewMail { key, to: To::Admins, notice }).await?;
    Ok(tx.commit().await?)
}
