//! Stripe's nouns: what is kept of each, and how the API shows it.

mod address;
mod balance_transaction;
mod checkout_session;
mod customer;
mod event;
mod invoice;
mod line;
mod payment_intent;
mod payment_method;
mod portal_configuration;
mod portal_session;
mod price;
mod product;
mod schedule;
pub(crate) mod subscription;
mod tax_id;
mod test_clock;
mod webhook_endpoint;

pub(crate) use address::Address;
pub(crate) use balance_transaction::BalanceTransaction;
pub(crate) use checkout_session::{CheckoutField, CheckoutSession, CustomerUpdate, SessionStatus};
pub(crate) use customer::{CustomField, Customer};
pub(crate) use event::Event;
pub(crate) use invoice::{Invoice, InvoiceStatus};
pub(crate) use line::{InvoiceItem, Line};
pub(crate) use payment_intent::{IntentStatus, InvoicePayment, PaymentIntent};
pub(crate) use payment_method::{Card, Mood, PaymentMethod};
pub(crate) use portal_configuration::{Features, PortalConfiguration, PortalProduct};
pub(crate) use portal_session::{Flow, PortalSession};
pub(crate) use price::{Price, Recurring};
pub(crate) use product::Product;
pub(crate) use schedule::{Phase, Schedule};
pub(crate) use subscription::{Debit, Item, PauseCollection, PendingUpdate, Status, Subscription, WithoutCard};
pub(crate) use tax_id::TaxId;
pub(crate) use test_clock::TestClock;
pub(crate) use webhook_endpoint::{Secret, WebhookEndpoint};
