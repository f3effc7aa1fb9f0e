//! How Stripe's webhooks go: when, in which order, how often, and signed with what.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::app::Shared;
use crate::clock::{DAY, SECOND, now};
use crate::control::answer::{done, unknown, wrong};
use crate::control::input::Input;
use crate::ids;
use crate::records::WebhookMode;
use crate::stripe::Secret;

/// How long an old secret goes on signing, in seconds.
const OVERLAP: i64 = DAY / SECOND;

/// Changes what is mentioned: `mode`, `delay_ms`, how many new events to `hold` back and to send in reverse order, how
/// many to `double`, and whether to `shuffle`.
pub(super) async fn change(State(app): State<Shared>, input: Input) -> Response {
    let mode = match input.text("mode").map(|word| serde_json::from_value::<WebhookMode>(json!(word))) {
        None => None,
        Some(Ok(mode)) => Some(mode),
        Some(Err(_)) => return wrong("mode must be deliver, pause or drop"),
    };
    let (Ok(delay), Ok(hold), Ok(double)) = (input.number("delay_ms"), input.number("hold"), input.number("double"))
    else {
        return wrong("delay_ms, hold and double must be whole numbers");
    };
    let shuffle = input.flag("shuffle");
    if mode.is_none() && delay.is_none() && hold.is_none() && double.is_none() && shuffle.is_none() {
        return wrong("there must be a mode, delay_ms, hold, double or shuffle");
    }
    let answer = app.book.write(|book| {
        let outbox = &mut book.outbox;
        outbox.webhook_mode = mode.unwrap_or(outbox.webhook_mode);
        outbox.webhook_delay = delay.map_or(outbox.webhook_delay, i64::from);
        outbox.webhooks_to_double = double.unwrap_or(outbox.webhooks_to_double);
        outbox.webhooks_shuffled = shuffle.unwrap_or(outbox.webhooks_shuffled);
        match hold {
            Some(0) => outbox.release_held(now()),
            Some(hold) => outbox.webhooks_to_hold = hold,
            None => {}
        }
        json!({
            "mode": outbox.webhook_mode,
            "delay_ms": outbox.webhook_delay,
            "hold": outbox.webhooks_to_hold,
            "double": outbox.webhooks_to_double,
            "shuffle": outbox.webhooks_shuffled,
        })
    });
    done(&input, answer)
}

/// Lets go of what is held back.
pub(super) async fn release(State(app): State<Shared>, input: Input) -> Response {
    app.book.write(|book| book.outbox.release_held(now()));
    done(&input, json!({}))
}

/// Signs with a new secret, and for a day with the old one as well. The answer shows it, as Stripe's dashboard does.
pub(super) async fn rotate_secret(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    let text = input.text("secret").map_or_else(|| format!("whsec_{}", ids::letters(32)), str::to_owned);
    if signatures::stripe::Secret::parse(&text).is_err() {
        return wrong("secret must be whsec_ and visible characters");
    }
    let count = app.book.write(|book| {
        let endpoint = book.webhook_endpoints.find_mut(&id)?;
        let ends_at = now() / SECOND + OVERLAP;
        for secret in &mut endpoint.secrets {
            secret.ends_at.get_or_insert(ends_at);
        }
        endpoint.secrets.insert(0, Secret { text: text.clone(), ends_at: None });
        Some(endpoint.secrets.len())
    });
    match count {
        Some(count) => Json(json!({"secret": text, "signatures": count})).into_response(),
        None => unknown("endpoint"),
    }
}

/// Signs with the newest secret only.
pub(super) async fn end_overlap(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    let ended = app.book.write(|book| {
        let endpoint = book.webhook_endpoints.find_mut(&id)?;
        let before = endpoint.secrets.len();
        endpoint.secrets.truncate(1);
        Some(before - endpoint.secrets.len())
    });
    match ended {
        Some(ended) => done(&input, json!({"ended": ended})),
        None => unknown("endpoint"),
    }
}

/// The same event again.
pub(super) async fn resend(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    if app.book.write(|book| book.outbox.resend(&id, now())) {
        done(&input, json!({"id": id}))
    } else {
        unknown("delivery")
    }
}

/// The same event once more, beside the other delivery.
pub(super) async fn duplicate(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    match app.book.write(|book| book.outbox.duplicate(&id, now())) {
        Some(copy) => done(&input, json!({"id": copy})),
        None => unknown("delivery"),
    }
}
