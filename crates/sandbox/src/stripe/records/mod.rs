//! Stripe's nouns: what is kept of each, and how the API shows it.

mod address;
mod balance_transaction;
mod customer;
mod event;
mod payment_method;
mod price;
mod product;
mod tax_id;
mod test_clock;
mod webhook_endpoint;

pub(crate) use address::Address;
pub(crate) use balance_transaction::BalanceTransaction;
pub(crate) use customer::{CustomField, Customer};
pub(crate) use event::Event;
pub(crate) use payment_method::{Card, PaymentMethod};
pub(crate) use price::{Price, Recurring};
pub(crate) use product::Product;
pub(crate) use tax_id::TaxId;
pub(crate) use test_clock::TestClock;
pub(crate) use webhook_endpoint::{Secret, WebhookEndpoint};
