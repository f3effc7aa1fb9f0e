//! The calls, one file per resource.

mod account;
mod customers;
mod events;
mod payment_methods;
mod prices;
mod products;
mod search;
mod tax_ids;
mod webhook_endpoints;

use crate::stripe::dispatch::Endpoint;

/// All of them.
pub(super) fn all() -> impl Iterator<Item = Endpoint> {
    [
        account::ENDPOINTS,
        products::ENDPOINTS,
        prices::ENDPOINTS,
        customers::ENDPOINTS,
        tax_ids::ENDPOINTS,
        payment_methods::ENDPOINTS,
        events::ENDPOINTS,
        webhook_endpoints::ENDPOINTS,
    ]
    .into_iter()
    .flatten()
    .copied()
}
