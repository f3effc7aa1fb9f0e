//! Why something could not be done at Stripe.

use stripe::Error as StripeError;

/// Why something could not be done at Stripe.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Stripe did not answer, or refused.
    #[error("asking Stripe: {0}")]
    Stripe(#[from] StripeError),
    /// Our own rules, or our database.
    #[error(transparent)]
    Domain(#[from] domain::Error),
    /// What this needs was not made at Stripe yet.
    #[error("{0} is missing at Stripe: run `tenantry stripe setup`")]
    NotSetUp(String),
    /// It contradicts what we know, and nothing is done about it until somebody has looked.
    #[error("quarantined: {0}")]
    Quarantined(#[from] Quarantine),
    /// Something that costs is left although all was ended.
    #[error("the subscription {0} is still live after it was ended")]
    StillLive(String),
    /// The customer is being looked at this moment.
    #[error("the customer is being fetched by somebody else")]
    Busy,
}

impl Error {
    /// Nothing is wrong with what was asked: Stripe does not answer, or somebody else is at it.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Stripe(error) => error.is_transient(),
            Self::Busy | Self::StillLive(_) => true,
            Self::Domain(_) | Self::NotSetUp(_) | Self::Quarantined(_) => false,
        }
    }
}

/// What cannot be about us, or not as it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Quarantine {
    /// An event of another account.
    #[error("it is of the account {0}, which is not ours")]
    OtherAccount(String),
    /// Test mode here and live mode there, or the other way.
    #[error("it is of {}, and this deployment is not", if *live { "live mode" } else { "test mode" })]
    OtherMode {
        /// Whether it is of live mode.
        live: bool,
    },
    /// Nobody here has this customer.
    #[error("no organisation has the customer {0}")]
    UnknownCustomer(String),
    /// Stripe's metadata names another organisation than our row does.
    #[error("the customer {customer} is {ours}'s, and its metadata says {theirs}")]
    Contradiction {
        /// The customer.
        customer: String,
        /// Whose it is here.
        ours: String,
        /// What the metadata says.
        theirs: String,
    },
}

impl Quarantine {
    /// Whether a row of ours that is about to be written may clear it up.
    pub fn may_clear_up(&self) -> bool {
        matches!(self, Self::UnknownCustomer(_))
    }
}
