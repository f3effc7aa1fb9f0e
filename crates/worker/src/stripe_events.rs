//! Stripe's events are hints: whose they are is looked up here, and how things stand is asked of Stripe.

use domain::inbound_events;
use domain::lifecycle::erasure;
use serde_json::Value;
use stripe::Event;
use uuid::Uuid;

use crate::{Failure, State};

pub(crate) async fn apply(state: &State, payload: &Value) -> Result<(), Failure> {
    let id: Uuid = payload["event"].as_str().and_then(|id| id.parse().ok()).ok_or(Failure::Payload)?;
    let recorded = inbound_events::load(&state.database, id).await?;
    // Our own self-test says nothing about anybody.
    if recorded.kind != inbound_events::SELF_TEST {
        let event = Event::from_slice(recorded.body.as_bytes()).map_err(|_| Failure::Payload)?;
        if let Some(customer) = &event.customer
            && erasure::is_erased(&state.database, "", customer).await?
        {
            return Ok(inbound_events::emptied(&state.database, id).await?);
        }
        state.billing.apply(&event, recorded.received_at).await?;
    }
    Ok(inbound_events::processed(&state.database, id).await?)
}
