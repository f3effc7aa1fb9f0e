//! The reconciler: everything Clerk says beside everything we say. Webhooks may never arrive.

use std::collections::BTreeSet;

use clerk::Error as ClerkError;
use clerk::backend::{OrganizationFilter, UserFilter};
use clerk::types::{Organization, OrganizationMembership, User};
use domain::directory;
use domain::drift::{self, Difference, DriftReport, Snapshot, Subject};
use domain::inbound_events::Vendor;
use domain::{BaseRole, directory::PersonRecord};
use jiff::Timestamp;
use tenancy::{OrganisationId, UserId};

use crate::{Error, Mirror, PAGE, record};

impl Mirror {
    /// Compares, asks again about everybody who is not the same on both sides, compares their rows once more, and writes
    /// a report.
    ///
    /// What changes at Clerk meanwhile may be named as a difference; asking again settles it either way.
    pub async fn reconcile(&self) -> Result<DriftReport, Error> {
        // People who wait for a page come first.
        Self { backend: self.backend.in_background(), ..self.clone() }.compare().await
    }

    async fn compare(&self) -> Result<DriftReport, Error> {
        let started_at = directory::now(&self.database).await?;
        let ours = drift::ours(&self.database).await?;
        let clerks = self.everything().await?;
        let differences: BTreeSet<_> = ours.differences(&clerks).into_iter().collect();
        // Each subject is asked about once, however much of it differs.
        let subjects: BTreeSet<&Subject> = differences.iter().map(|(subject, _)| subject).collect();
        for subject in subjects {
            self.look_at(subject).await;
        }
        let left = self.left_of(&differences, &clerks).await?;
        let found = differences.into_iter().map(|difference| {
            let repaired = !left.contains(&difference);
            let (subject, what) = difference;
            if !repaired {
                tracing::warn!(subject = subject.id(), what, "drift that could not be repaired");
            }
            Difference { id: subject.id().to_owned(), what, repaired }
        });
        let found = found.collect();
        let compared = i32::try_from(clerks.len()).unwrap_or(i32::MAX);
        let report = DriftReport { started_at, finished_at: Timestamp::now(), compared, found };
        drift::record(&self.database, Vendor::Clerk, &report).await?;
        Ok(report)
    }

    /// Which of the differences are still there: written is what a row says, not what was tried.
    async fn left_of(
        &self,
        differences: &BTreeSet<(Subject, String)>,
        clerks: &Snapshot,
    ) -> Result<BTreeSet<(Subject, String)>, Error> {
        let mut left = BTreeSet::new();
        if differences.is_empty() {
            return Ok(left);
        }
        left.extend(drift::ours(&self.database).await?.differences(clerks));
        if left.is_disjoint(differences) {
            return Ok(left);
        }
        // The row resists, or Clerk has changed its mind since it was asked for everything: it says which.
        match self.everything().await {
            Ok(clerks) => left = drift::ours(&self.database).await?.differences(&clerks).into_iter().collect(),
            Err(error) => tracing::warn!(%error, "Clerk does not say whether drift is left"),
        }
        Ok(left)
    }

    async fn look_at(&self, subject: &Subject) {
        let looked = match subject {
            Subject::Person(user) => self.user(user).await,
            Subject::Organisation(organisation) => self.organisation(organisation).await,
        };
        if let Err(error) = &looked {
            tracing::warn!(%error, subject = subject.id(), "drift could not be repaired");
        }
    }

    /// Clerk's whole account in the form our tables would take.
    async fn everything(&self) -> Result<Snapshot, Error> {
        let mut all = Snapshot::default();
        // The oldest first, so that whoever joins meanwhile does not shift the pages.
        let order_by = Some("+created_at".to_owned());
        let people = pages(|offset| async move {
            let order_by = Some("+created_at".to_owned());
            let filter = UserFilter { order_by, limit: Some(PAGE), offset: Some(offset), ..UserFilter::default() };
            self.backend.list_users(&filter).await
        });
        for user in people.await? {
            add_person(&mut all, &user);
        }
        let organisations = pages(|offset| {
            let order_by = order_by.clone();
            async move {
                let limit = Some(PAGE);
                let filter =
                    OrganizationFilter { order_by, limit, offset: Some(offset), ..OrganizationFilter::default() };
                Ok(self.backend.list_organizations(&filter).await?.data)
            }
        });
        for organization in organisations.await? {
            add_organisation(&mut all, &organization);
        }
        for membership in self.backend.memberships().all().await? {
            add_membership(&mut all, &membership);
        }
        Ok(all)
    }
}

/// All pages, up to the first empty one: a short page need not be the last.
async fn pages<T, F>(page: impl Fn(u32) -> F) -> Result<Vec<T>, ClerkError>
where
    F: Future<Output = Result<Vec<T>, ClerkError>>,
{
    let mut all = Vec::new();
    loop {
        let got = page(u32::try_from(all.len()).unwrap_or(u32::MAX)).await?;
        if got.is_empty() {
            return Ok(all);
        }
        all.extend(got);
    }
}

fn add_person(all: &mut Snapshot, user: &User) {
    let Ok(id) = UserId::parse(&user.id) else { return };
    if !user.banned && !user.deprovisioned {
        let name = crate::name(user);
        all.add_person(&PersonRecord::new(id, user.email().unwrap_or_default(), &name, Vec::new()));
    }
}

fn add_organisation(all: &mut Snapshot, organization: &Organization) {
    if let Some(record) = record(organization) {
        all.add_organisation(&record);
    }
}

fn add_membership(all: &mut Snapshot, membership: &OrganizationMembership) {
    let user = membership.public_user_data.as_ref().and_then(|user| UserId::parse(&user.user_id).ok());
    let organisation = OrganisationId::parse(&membership.organization.id).ok();
    if let (Some(user), Some(organisation)) = (user, organisation) {
        all.add_membership(user, organisation, BaseRole::from_clerk(&membership.role));
    }
}
