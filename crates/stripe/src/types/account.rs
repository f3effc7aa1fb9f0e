//! The account that the key belongs to.

use serde::Deserialize;

use super::or_default;
use crate::money::Currency;

/// The account that the key belongs to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Account {
    /// `acct_…`
    pub id: String,
    /// Two letters.
    #[serde(default)]
    pub country: Option<String>,
    /// What it is paid out in.
    #[serde(default)]
    pub default_currency: Option<Currency>,
    /// Whether it may take money.
    #[serde(default, deserialize_with = "or_default")]
    pub charges_enabled: bool,
    /// Whether Stripe knows whose it is.
    #[serde(default, deserialize_with = "or_default")]
    pub details_submitted: bool,
    /// What customers see of it.
    #[serde(default)]
    pub business_profile: Option<BusinessProfile>,
}

/// What customers see of an account.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct BusinessProfile {
    /// The name they know.
    #[serde(default)]
    pub name: Option<String>,
}
