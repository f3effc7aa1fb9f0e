//! What is at Stripe, as JSON.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::Shared;
use crate::records::Delivery;
use crate::stripe::WebhookEndpoint;

/// What is there, without anything one could sign or pay with.
pub(super) async fn show(State(app): State<Shared>) -> Json<Value> {
    app.book.read(|book| {
        Json(json!({
            "dunning": book.dunning.json(),
            "webhook_mode": book.outbox.webhook_mode,
            "webhook_delay_ms": book.outbox.webhook_delay,
            "webhooks_to_hold": book.outbox.webhooks_to_hold,
            "webhook_endpoints": book.webhook_endpoints.iter().map(WebhookEndpoint::json).collect::<Vec<_>>(),
            "customers": book.customers.iter().map(|customer| json!({
                "id": customer.id,
                "name": customer.name,
                "balance": customer.balance,
                "now": book.time_of(&customer.id),
                "deleted": customer.deleted,
            })).collect::<Vec<_>>(),
            "subscriptions": book.subscriptions.iter().map(|subscription| json!({
                "id": subscription.id,
                "customer": subscription.customer,
                "status": subscription.status,
                "period_end": subscription.period_end(),
                "cancel_at": subscription.cancel_at,
                "trial_end": subscription.trial_end,
            })).collect::<Vec<_>>(),
            "invoices": book.invoices.iter().map(|invoice| json!({
                "id": invoice.id,
                "customer": invoice.customer,
                "status": invoice.status,
                "total": invoice.total(),
                "amount_remaining": invoice.amount_remaining(),
            })).collect::<Vec<_>>(),
            "checkout_sessions": book.checkout_sessions.iter().map(|session| json!({
                "customer": session.customer,
                "status": session.status,
                "created": session.created,
            })).collect::<Vec<_>>(),
            "deliveries": book.outbox.deliveries.iter().rev().map(Delivery::json).collect::<Vec<_>>(),
        }))
    })
}
