//! What the product means: rules and SQL, one file per noun. No network, no HTTP, no Clerk, no Stripe.
//!
//! A read is a value ([`Read`]) that one round trip carries; a write takes `&mut` [`OrgTx`], so it cannot happen
//! outside an organisation.

mod access;
pub mod audit_log;
pub mod billing;
pub mod directory;
pub mod drift;
pub mod email_address;
pub mod entitlements;
mod error;
pub mod exports;
pub mod forgetting;
mod grants;
mod id;
pub mod imports;
pub mod inbound_events;
pub mod inventory;
pub mod invitations;
pub mod jobs;
pub mod lifecycle;
pub mod logos;
pub mod mails;
pub mod memberships;
mod money;
pub mod operations;
mod org;
mod org_job;
pub mod organisations;
mod page;
mod permissions;
pub mod plans;
mod presence;
mod product;
pub mod roles;
pub mod seats;
pub mod sign_outs;
pub mod standing;
mod text;

pub use access::{Access, BaseRole, Held, MyOrganisation, OrganisationSummary, Person};
pub use error::{Error, FieldErrors};
pub use money::Money;
pub use org::{Org, OrgTx, Read};
pub use org_job::OrgJob;
pub use page::{Cursor, Listing, PAGE_SIZE, Page};
pub use permissions::{Permission, PermissionGroup, Rights};
pub use plans::Plan;
pub use presence::Presence;
pub use product::{
    Assignee, Health, Place, StepRules, activity, comments, due, duties, evidence, handover, my_work, procedures,
    ready_made, reports, run_name, runs, step_templates, steps, tracker, versions, viewers,
};
pub use product::{calendar, schedule_round, scheduled_runs, schedules, written_schedule};
pub use roles::CustomRole;
pub use text::Details;

/// The result of everything the product does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Every SQL statement of this crate, for the tests that read them all.
pub fn statements() -> impl Iterator<Item = &'static tenancy::Statement> {
    [
        access::STATEMENTS,
        directory::STATEMENTS,
        directory::record::STATEMENTS,
        drift::STATEMENTS,
        forgetting::STATEMENTS,
        forgetting::INSIDE,
        inbound_events::STATEMENTS,
        jobs::STATEMENTS,
        operations::STATEMENTS,
        org_job::STATEMENTS,
        roles::STATEMENTS,
        seats::STATEMENTS,
        plans::STATEMENTS,
        organisations::STATEMENTS,
        memberships::STATEMENTS,
        invitations::STATEMENTS,
        invitations::acceptance::STATEMENTS,
        invitations::delivery::STATEMENTS,
        audit_log::STATEMENTS,
        billing::STATEMENTS,
        billing::customers::STATEMENTS,
        billing::checkouts::STATEMENTS,
        billing::record::STATEMENTS,
        lifecycle::by_operator::STATEMENTS,
        lifecycle::closing::STATEMENTS,
        lifecycle::deleted::STATEMENTS,
        lifecycle::erasure::STATEMENTS,
        lifecycle::erasure::files::STATEMENTS,
        lifecycle::erasure::rows::STATEMENTS,
        lifecycle::reminders::STATEMENTS,
        lifecycle::rounds::STATEMENTS,
        logos::STATEMENTS,
        exports::STATEMENTS,
        exports::contents::STATEMENTS,
        exports::making::STATEMENTS,
        exports::sweeping::STATEMENTS,
        inventory::STATEMENTS,
        imports::STATEMENTS,
        mails::STATEMENTS,
        schedule_round::STATEMENTS,
        scheduled_runs::STATEMENTS,
        schedules::STATEMENTS,
        procedures::STATEMENTS,
        step_templates::STATEMENTS,
        versions::STATEMENTS,
        duties::STATEMENTS,
        handover::STATEMENTS,
        runs::STATEMENTS,
        steps::STATEMENTS,
        steps::changes::STATEMENTS,
        tracker::STATEMENTS,
        comments::STATEMENTS,
        activity::STATEMENTS,
        viewers::STATEMENTS,
        my_work::STATEMENTS,
        reports::STATEMENTS,
        reports::settled::STATEMENTS,
    ]
    .into_iter()
    .flatten()
}
