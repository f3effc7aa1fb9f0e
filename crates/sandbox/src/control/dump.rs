//! What is in the instance, as JSON.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::Shared;
use crate::control::page::live_sessions;
use crate::records::Delivery;

/// What is in the instance, without anything one could sign in with.
pub(super) async fn show(State(app): State<Shared>) -> Json<Value> {
    app.store.read(|state| {
        Json(json!({
            "instance_id": state.instance_id,
            "webhook_mode": state.outbox.webhook_mode,
            "webhook_delay_ms": state.outbox.webhook_delay,
            "webhooks_to_hold": state.outbox.webhooks_to_hold,
            "webhooks_disabled_at": state.endpoint.disabled_at,
            "kids": app.signer.keys.kids(),
            "limits": app.limits.are_on(),
            "users": state.users.values().map(|user| json!({
                "id": user.id,
                "name": user.name(),
                "email_address": user.identifier(),
                "live_sessions": live_sessions(state, &user.id),
            })).collect::<Vec<_>>(),
            "organizations": state.organizations.values().map(|organization| json!({
                "id": organization.id,
                "name": organization.name,
                "slug": organization.slug,
                "members_count": state.memberships_in(&organization.id).count(),
            })).collect::<Vec<_>>(),
            "memberships": state.memberships.values().map(|membership| json!({
                "id": membership.id,
                "organization_id": membership.organization_id,
                "user_id": membership.user_id,
                "role": membership.role,
            })).collect::<Vec<_>>(),
            "sessions": state.sessions.values().map(|session| state.session_json(session)).collect::<Vec<_>>(),
            "deliveries": state.outbox.deliveries.iter().rev().map(Delivery::json).collect::<Vec<_>>(),
        }))
    })
}
