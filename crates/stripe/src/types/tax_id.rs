//! A customer's number at a tax office.

use serde::Deserialize;

use super::or_default;
use crate::words::words;

words! {
    /// Whether the tax office knows the number.
    VerificationStatus {
        /// Being asked.
        Pending = "pending",
        /// It does not.
        Unverified = "unverified",
        /// It does.
        Verified = "verified",
        /// There is nobody to ask.
        Unavailable = "unavailable",
    }
}

/// A customer's number at a tax office.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TaxId {
    /// `txi_…`
    pub id: String,
    /// `eu_vat`, … (`type` on the wire).
    #[serde(default, rename = "type", deserialize_with = "or_default")]
    pub kind: String,
    /// The number.
    #[serde(default, deserialize_with = "or_default")]
    pub value: String,
    /// Two letters.
    #[serde(default)]
    pub country: Option<String>,
    /// Whether the tax office knows it.
    #[serde(default)]
    pub verification: Option<TaxIdVerification>,
}

/// Whether the tax office knows a number.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TaxIdVerification {
    /// Whether it does.
    #[serde(default, deserialize_with = "or_default")]
    pub status: VerificationStatus,
}
