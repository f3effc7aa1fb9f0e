//! What the product means: rules and SQL, one file per noun. No network, no HTTP, no Clerk, no Stripe.
//!
//! A read is a value ([`Read`]) that one round trip carries; a write takes `&mut` [`OrgTx`], so it cannot happen
//! outside an organisation.

mod access;
pub mod directory;
pub mod drift;
mod error;
pub mod inbound_events;
pub mod jobs;
pub mod operations;
mod org;
mod org_job;
mod page;
mod permissions;
mod product;
pub mod roles;
pub mod sign_outs;
mod text;

pub use access::{Access, BaseRole, MyOrganisation, OrganisationSummary, Person};
pub use error::{Error, FieldErrors};
pub use org::{Org, OrgTx, Read};
pub use org_job::OrgJob;
pub use page::{Cursor, Listing, PAGE_SIZE, Page};
pub use permissions::Permission;
pub use product::{procedures, runs, step_templates};
pub use roles::CustomRole;
pub use text::Details;

/// The result of everything the product does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Every SQL statement of this crate, for the tests that read them all.
pub fn statements() -> impl Iterator<Item = &'static tenancy::Statement> {
    [
        access::STATEMENTS,
        directory::STATEMENTS,
        drift::STATEMENTS,
        inbound_events::STATEMENTS,
        jobs::STATEMENTS,
        operations::STATEMENTS,
        org_job::STATEMENTS,
        roles::STATEMENTS,
        procedures::STATEMENTS,
        step_templates::STATEMENTS,
        runs::STATEMENTS,
    ]
    .into_iter()
    .flatten()
}
