//! The calls, one file per resource.

mod account;
mod checkout_sessions;
mod customers;
mod events;
mod invoice_items;
mod invoice_payments;
mod invoice_previews;
mod invoices;
mod payment_methods;
mod portal_configurations;
mod portal_sessions;
mod prices;
mod products;
mod schedules;
mod search;
mod subscription_ends;
mod subscription_items;
mod subscription_params;
mod subscriptions;
mod tax_ids;
mod test_clocks;
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
        checkout_sessions::ENDPOINTS,
        portal_configurations::ENDPOINTS,
        portal_sessions::ENDPOINTS,
        subscriptions::ENDPOINTS,
        subscription_items::ENDPOINTS,
        schedules::ENDPOINTS,
        invoices::ENDPOINTS,
        invoice_previews::ENDPOINTS,
        invoice_payments::ENDPOINTS,
        invoice_items::ENDPOINTS,
        test_clocks::ENDPOINTS,
        events::ENDPOINTS,
        webhook_endpoints::ENDPOINTS,
    ]
    .into_iter()
    .flatten()
    .copied()
}
