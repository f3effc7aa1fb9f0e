//! What happens to subscriptions and their invoices, whoever asks for it.

mod canceling;
mod change;
mod changing;
mod collecting;
mod holder;
mod invoicing;
mod mishaps;
mod order;
mod pending;
mod portal;
mod previewing;
mod proration;
mod renewing;
mod scheduling;
mod subscribing;

pub(crate) use canceling::Ending;
pub(crate) use change::{Change, ItemChange, OnFailure, Prorating};
pub(crate) use collecting::Charged;
pub(crate) use invoicing::Draft;
pub(crate) use order::Untold;
pub(crate) use portal::PortalChange;
pub(crate) use previewing::Preview;
pub(crate) use subscribing::NewSubscription;
