//! Who pays.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Expandable, List, Metadata, PaymentMethod, TaxId, or_default};
use crate::money::Currency;
use crate::words::words;

words! {
    /// Whether tax is charged.
    TaxExempt {
        /// Yes.
        None = "none",
        /// No.
        Exempt = "exempt",
        /// The customer pays it to the tax office themselves.
        Reverse = "reverse",
    }
}

/// Who pays.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Customer {
    /// `cus_…`
    pub id: String,
    /// What is written on invoices.
    #[serde(default)]
    pub name: Option<String>,
    /// Where invoices go.
    #[serde(default)]
    pub email: Option<String>,
    /// What is written on invoices.
    #[serde(default)]
    pub address: Option<Address>,
    /// What the customer is billed in; none before the first bill.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// What the next invoice begins with, in the smallest unit; below zero the customer has credit.
    #[serde(default, deserialize_with = "or_default")]
    pub balance: i64,
    /// The same by currency, where there is more than one.
    #[serde(default, deserialize_with = "or_default")]
    pub invoice_credit_balance: BTreeMap<String, i64>,
    /// The last invoice was not paid when it should have been.
    #[serde(default, deserialize_with = "or_default")]
    pub delinquent: bool,
    /// What every invoice of theirs has.
    #[serde(default, deserialize_with = "or_default")]
    pub invoice_settings: InvoiceSettings,
    /// Whether tax is charged.
    #[serde(default, deserialize_with = "or_default")]
    pub tax_exempt: TaxExempt,
    /// Numbers at tax offices, where they were asked for.
    #[serde(default)]
    pub tax_ids: Option<List<TaxId>>,
    /// Languages, best first.
    #[serde(default, deserialize_with = "or_default")]
    pub preferred_locales: Vec<String>,
    /// `clock_…`, when they live in a time of their own.
    #[serde(default)]
    pub test_clock: Option<String>,
    /// Ours.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// Whether money is real.
    #[serde(default, deserialize_with = "or_default")]
    pub livemode: bool,
    /// Made at.
    #[serde(default, with = "second::optional")]
    pub created: Option<Timestamp>,
}

/// What every invoice of a customer's has.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct InvoiceSettings {
    /// What invoices are paid with, unless their subscription says otherwise.
    #[serde(default)]
    pub default_payment_method: Option<Expandable<PaymentMethod>>,
    /// Lines at the top of invoices, such as an order number.
    #[serde(default, deserialize_with = "or_default")]
    pub custom_fields: Vec<CustomerField>,
}

/// A line at the top of invoices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerField {
    /// At most 40 characters.
    pub name: String,
    /// At most 140 characters.
    pub value: String,
}

/// An address. What is not given is left as it is, or was not given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Street and number.
    #[serde(default)]
    pub line1: Option<String>,
    /// What else there is of that.
    #[serde(default)]
    pub line2: Option<String>,
    /// Town.
    #[serde(default)]
    pub city: Option<String>,
    /// State, county, province.
    #[serde(default)]
    pub state: Option<String>,
    /// Postcode.
    #[serde(default)]
    pub postal_code: Option<String>,
    /// Two letters.
    #[serde(default)]
    pub country: Option<String>,
}

/// What is found under a customer's id.
#[derive(Debug, Clone, PartialEq)]
pub enum CustomerLookup {
    /// The customer.
    Found(Box<Customer>),
    /// One who was deleted; only the id is left.
    Deleted(String),
}

impl CustomerLookup {
    /// The customer, unless deleted.
    #[must_use]
    pub fn found(self) -> Option<Customer> {
        match self {
            Self::Found(customer) => Some(*customer),
            Self::Deleted(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for CustomerLookup {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Either {
            #[serde(default, deserialize_with = "or_default")]
            deleted: bool,
            #[serde(flatten)]
            customer: Customer,
        }
        let Either { deleted, customer } = Either::deserialize(deserializer)?;
        Ok(if deleted { Self::Deleted(customer.id) } else { Self::Found(Box::new(customer)) })
    }
}
