//! What comes round: organisations are found in which a schedule is due.

use tenancy::{Database, Query, SystemReason, directory_statements};

use super::scheduled_runs::START_SCHEDULED_RUNS;
use crate::Result;

directory_statements! {
    /// One job for an organisation, however many of its schedules are due.
    DUE = "
        insert into jobs (kind, payload, organisation_id)
        select $1, '{}', due.organisation_id
          from next_starts as due
          join organisations as organisation on organisation.id = due.organisation_id and organisation.deleted_at is null
         where due.due_at <= now()
           and not exists (select from jobs as job
                            where job.organisation_id = due.organisation_id and job.kind = $1 and job.state = 'ready')
        returning organisation_id";
}

/// Has a job done in each organisation in which a schedule is due, and in none that is deleted; says in how many. Two
/// workers that look in the same moment may have it done twice, which comes to the same.
pub async fn look(database: &Database) -> Result<usize> {
    let query = Query::new(DUE).bind(START_SCHEDULED_RUNS);
    Ok(database.system(SystemReason::Jobs).run(query).await?.len())
}
