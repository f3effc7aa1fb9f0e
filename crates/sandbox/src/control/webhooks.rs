//! How webhooks go: when, in which order, and again.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;

use crate::app::Shared;
use crate::clock;
use crate::control::answer::{done, unknown, wrong};
use crate::control::input::Input;
use crate::records::WebhookMode;

/// Changes what is mentioned: `mode`, `delay_ms` by which new events go later, and how many new events to `hold`
/// back before they go in reverse order.
pub(super) async fn change(State(app): State<Shared>, input: Input) -> Response {
    let mode = match input.text("mode").map(|word| serde_json::from_value::<WebhookMode>(json!(word))) {
        None => None,
        Some(Ok(mode)) => Some(mode),
        Some(Err(_)) => return wrong("mode must be deliver, pause or drop"),
    };
    let (Ok(delay), Ok(hold)) = (input.number("delay_ms"), input.number("hold")) else {
        return wrong("delay_ms and hold must be whole numbers");
    };
    if mode.is_none() && delay.is_none() && hold.is_none() {
        return wrong("there must be a mode, delay_ms or hold");
    }
    let answer = app.store.write(|state| {
        state.outbox.webhook_mode = mode.unwrap_or(state.outbox.webhook_mode);
        state.outbox.webhook_delay = delay.map_or(state.outbox.webhook_delay, i64::from);
        match hold {
            Some(0) => state.outbox.release_held(clock::now()),
            Some(hold) => state.outbox.webhooks_to_hold = hold,
            None => {}
        }
        json!({"mode": state.outbox.webhook_mode, "delay_ms": state.outbox.webhook_delay, "hold": state.outbox.webhooks_to_hold})
    });
    done(&input, answer)
}

/// Lets go of what is held back, however many there are.
pub(super) async fn release(State(app): State<Shared>, input: Input) -> Response {
    app.store.write(|state| state.outbox.release_held(clock::now()));
    done(&input, json!({}))
}

/// The same message again.
pub(super) async fn resend(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    if app.store.write(|state| state.outbox.resend(&id, clock::now())) {
        done(&input, json!({"id": id}))
    } else {
        unknown("delivery")
    }
}

/// The same content as another message.
pub(super) async fn duplicate(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    match app.store.write(|state| state.outbox.duplicate(&id, clock::now())) {
        Some(copy) => done(&input, json!({"id": copy})),
        None => unknown("delivery"),
    }
}
