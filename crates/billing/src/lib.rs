//! What an organisation pays: our rules beside Stripe's state. Used by pages, by the worker for every event, and by the
//! command line.
//!
//! Stripe is asked between transactions and never inside one: what is meant is written first, under a name that any number
//! of tries share; then Stripe is asked; then what came of it is written.

mod catalogue;
mod checkout;
mod customer;
mod ending;
mod error;
mod events;
mod portal;
mod preview;
mod reconcile;
pub mod setup;
mod sync;

use std::sync::Arc;

use domain::Org;
use stripe::Stripe;
use tenancy::Database;

pub use error::{Error, Quarantine};
pub use events::Applied;
pub use portal::Door;
pub use preview::Preview;
pub use sync::Synced;

use crate::catalogue::Catalogue;

/// The result of what needs Stripe.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that is done at Stripe for organisations. Cheap to clone.
#[derive(Clone)]
pub struct Billing {
    database: Database,
    stripe: Stripe,
    catalogue: Arc<Catalogue>,
    /// Where this installation is reached, without a slash at its end: Stripe's pages lead back there.
    links: Arc<str>,
}

impl Billing {
    /// For the organisations of this database, at this Stripe.
    pub fn new(database: Database, stripe: Stripe, public_base_url: &str) -> Self {
        let links = public_base_url.trim_end_matches('/').into();
        Self { database, stripe, catalogue: Arc::default(), links }
    }

    /// The same over other connections.
    #[must_use]
    pub fn over(&self, database: Database) -> Self {
        Self { database, ..self.clone() }
    }

    /// For work that nobody waits for: its calls come after those of people.
    #[must_use]
    pub fn in_background(&self) -> Self {
        Self { stripe: self.stripe.in_background(), ..self.clone() }
    }

    /// The organisation's billing page.
    fn page(&self, org: &Org) -> String {
        format!("{}/orgs/{}/settings/billing", self.links, org.slug())
    }

    /// The page that looks at Stripe before it shows the billing page.
    fn way_back(&self, org: &Org) -> String {
        format!("{}/return", self.page(org))
    }
}
