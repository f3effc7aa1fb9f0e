//! An organisation's own settings, and the lock under which its members, roles and settings change.

use serde_json::json;
use tenancy::{Query, tenant_statements};

use crate::audit_log::Entry;
use crate::{FieldErrors, OrgTx, Permission, Result, schedules};

tenant_statements! {
    /// Until the transaction ends nobody else changes who belongs here and what they may do.
    LOCK = "
        insert into audit_heads as head (organisation_id, sequence) values ($1, 0)
        on conflict (organisation_id) do update set sequence = head.sequence
        returning sequence";
    SET_TIME_ZONE = "update organisations set time_zone = $2 where id = $1";
}

/// Takes the organisation's lock: everything that changes members, roles, invitations or settings begins with it, so
/// that what is counted stays true until the commit, and what the person may do is what they may do now.
pub(crate) async fn lock(tx: &mut OrgTx) -> Result<()> {
    tx.lock(locking()).await
}

/// The statement of the lock.
pub(crate) fn locking() -> Query {
    Query::new(LOCK)
}

/// A time zone of the IANA database, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZone(String);

impl TimeZone {
    /// Field `time_zone`.
    pub fn parse(text: &str) -> Result<Self, FieldErrors> {
        match jiff::tz::TimeZone::get(text.trim()) {
            Ok(zone) => Ok(Self(zone.iana_name().unwrap_or(text.trim()).to_owned())),
            Err(_) => Err(FieldErrors::one("time_zone", "Choose a time zone from the list, as Europe/Berlin.")),
        }
    }

    /// As stored: `Europe/Berlin`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Sets the zone that dates are shown and schedules run in.
pub async fn set_time_zone(tx: &mut OrgTx, zone: &TimeZone) -> Result<()> {
    tx.require(Permission::OrganisationManage)?;
    lock(tx).await?;
    let before = tx.access().organisation.time_zone.clone();
    if before == zone.as_str() {
        return Ok(());
    }
    tx.rows(Query::new(SET_TIME_ZONE).bind(zone.as_str().to_owned())).await?;
    schedules::zone_changed(tx).await?;
    let entry = Entry::new("organisation.changed").on_organisation(tx.access());
    tx.record(entry.before(json!({ "time_zone": before })).after(json!({ "time_zone": zone.as_str() }))).await
}
