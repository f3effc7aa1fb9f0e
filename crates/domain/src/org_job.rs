//! A job inside its organisation: through the same door as a person's request.

use jiff::Timestamp;
use tenancy::{Actor, Database, OrganisationId, Query, Row, Transaction, tenant_statements};

use crate::audit_log::{self, Author, Entry};
use crate::entitlements::Terms;
use crate::jobs::Claimed;
use crate::mails::{self, NewMail};
use crate::standing::Standing;
use crate::{Error, OrganisationSummary, Plan, Result};

tenant_statements! {
    /// No row: deleted, or never heard of. Work for it is not done.
    ENTER = "select organisation.slug, organisation.name, organisation.plan, organisation.time_zone,
                    organisation.ownerless_since is not null,
                    organisation.billing_status, organisation.past_due_since, now(),
                    organisation.closing_since is not null
               from organisations as organisation
              where organisation.id = $1 and organisation.deleted_at is null";
    /// The one place that says of which organisations everything may be read now, to be taken out or looked at by who
    /// runs the installation: also of those that are closing or deleted, until their time is over. No row: not of this one.
    MAY_BE_READ = "select organisation.slug, organisation.name, now()
                     from organisations as organisation
                    where organisation.id = $1 and organisation.erasing_since is null
                      and coalesce(organisation.erase_at > clock_timestamp(), true)";
}

/// A job's open transaction inside the organisation that its row names. Rolled back unless committed.
#[derive(Debug)]
pub struct OrgJob {
    transaction: Transaction,
    organisation: OrganisationSummary,
}

impl OrgJob {
    /// Enters the organisation that the job's row names, as the job; what its payload says has no part in that.
    ///
    /// `NotFound` where the job names none, or one that is deleted: trying again will not help.
    pub async fn enter(database: &Database, job: &Claimed, kind: &'static str) -> Result<Self> {
        let id: OrganisationId = job.organisation.clone().ok_or(Error::NotFound)?;
        let door = database.in_organisation(id.clone(), Actor::Job(kind));
        let (transaction, rows) = door.write(&[Query::new(ENTER)]).await?;
        let row = rows[0].first().ok_or(Error::NotFound)?;
        let organisation = OrganisationSummary {
            id,
            slug: row.get(0),
            name: row.get(1),
            terms: Terms {
                plan: Plan::of(row.get(2)),
                standing: Standing::of_row(row.get(8), row.get(5), row.get(6), row.get(7)),
            },
            time_zone: row.get(3),
            ownerless: row.get(4),
            logo: None,
        };
        Ok(Self { transaction, organisation })
    }

    /// Enters to take out what there is: as [`Self::enter`], where everything may be read.
    pub(crate) async fn reading(database: &Database, at: &OrganisationId, kind: &'static str) -> Result<Reading> {
        let door = database.in_organisation(at.clone(), Actor::Job(kind));
        Reading::of(at, door.write(&[Query::new(MAY_BE_READ)]).await?)
    }

    /// The same with everything in the state of one moment.
    pub(crate) async fn snapshot(database: &Database, at: &OrganisationId, kind: &'static str) -> Result<Reading> {
        let door = database.in_organisation(at.clone(), Actor::Job(kind));
        Reading::of(at, door.whole_snapshot(&[Query::new(MAY_BE_READ)]).await?)
    }

    /// Where it works.
    pub fn organisation(&self) -> &OrganisationSummary {
        &self.organisation
    }

    /// Runs one statement of the organisation.
    pub async fn rows(&mut self, query: Query) -> Result<Vec<Row>> {
        Ok(self.transaction.query(query).await?)
    }

    /// What the product's own functions write with.
    pub(crate) fn transaction(&mut self) -> &mut Transaction {
        &mut self.transaction
    }

    /// Writes a mail down, to be sent after the commit; says to how many people who have not had it.
    pub async fn mail(&mut self, mail: &NewMail) -> Result<usize> {
        mails::put(&mut self.transaction, mail).await
    }

    /// Writes down what Clerk changed, in the words of the transaction that applied it: under Clerk's name, unless the
    /// entry says which of us had Clerk change it.
    pub async fn record_for_clerk(&mut self, entry: Entry) -> Result<()> {
        let author = entry.author().cloned().unwrap_or_else(Author::clerk);
        audit_log::write(&mut self.transaction, &author, "done", entry).await
    }

    /// Makes the changes last.
    pub async fn commit(self) -> Result<()> {
        Ok(self.transaction.commit().await?)
    }
}

/// A transaction in an organisation of which everything may be read.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) transaction: Transaction,
    pub(crate) id: OrganisationId,
    pub(crate) slug: String,
    pub(crate) name: String,
    /// By the database's clock.
    pub(crate) now: Timestamp,
}

impl Reading {
    fn of(id: &OrganisationId, (transaction, rows): (Transaction, Vec<Vec<Row>>)) -> Result<Self> {
        let row = rows[0].first().ok_or(Error::NotFound)?;
        Ok(Self { transaction, id: id.clone(), slug: row.get(0), name: row.get(1), now: row.get(2) })
    }
}
