//! What comes round: admins are reminded, and what was left lying is taken up again.

use tenancy::{Database, OrganisationId, Query, SystemReason, directory_statements};

use super::closing::CLOSE_ORGANISATION;
use super::reminders;
use crate::Result;

directory_statements! {
    /// Asked for, or gone at Clerk, and no job is at it: the last one was given up.
    LEFT_LYING = "
        insert into jobs (kind, payload, organisation_id)
        select $1, '{}', organisation.id from organisations as organisation
         where (organisation.closing_since is not null or (organisation.deleted_at is not null and organisation.erase_at is null))
           and not exists (select from jobs as job
                            where job.organisation_id = organisation.id and job.kind = $1 and job.state = 'ready')
        returning organisation_id";
    NEARLY_OVER = "
        select organisation.id from organisations as organisation
         where organisation.erase_at > now() and organisation.erase_at <= now() + interval '168 hours'
           and organisation.erasing_since is null";
}

/// The job that comes round: reminds, erases what is due, and takes up again what was left lying.
pub const TEND_ORGANISATIONS: &str = "tend_organisations";

/// Admins of what is nearly over are reminded; says of how many organisations.
pub async fn remind(database: &Database) -> Result<usize> {
    let nearly_over = database.system(SystemReason::Lifecycle).run(Query::new(NEARLY_OVER)).await?;
    for organisation in nearly_over.iter().filter_map(|row| OrganisationId::parse(row.get(0)).ok()) {
        reminders::remind(database, &organisation).await?;
    }
    Ok(nearly_over.len())
}

/// Closings whose job was given up are taken up again; says how many.
pub async fn take_up_again(database: &Database) -> Result<usize> {
    let query = Query::new(LEFT_LYING).bind(CLOSE_ORGANISATION);
    Ok(database.system(SystemReason::Lifecycle).run(query).await?.len())
}
