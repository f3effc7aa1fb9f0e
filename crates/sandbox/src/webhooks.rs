//! Sends webhooks: signed the Svix way, several at a time and in no promised order, again until they are taken.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::redirect::Policy;

use crate::app::{App, Shared};
use crate::clock::{self, DAY, MINUTE, Millis, SECOND};
use crate::options::RetrySchedule;
use crate::records::{Delivery, DeliveryStatus, WebhookMode};
use crate::settings::Settings;

/// Messages on their way at once.
const AT_ONCE: usize = 8;
/// How long to sleep when nothing is due; a change wakes earlier.
const NAP: Duration = Duration::from_secs(30);
/// Answer header by which a receiver asks not to be tried again.
const ABORT: (&str, &str) = ("webhook-delivery", "abort-message");

const DEV: [Millis; 6] = [SECOND / 5, SECOND, 5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE];
const HOSTED: [Millis; 7] =
    [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 120 * MINUTE, 300 * MINUTE, 600 * MINUTE, 600 * MINUTE];
/// How long Clerk goes on sending to an address that takes nothing.
const ENDURED: Millis = 5 * DAY;

/// Sends what is due, for as long as it is polled. Without an address there is nothing to do.
pub(crate) async fn keep_sending(app: Shared) {
    if app.settings.webhook.is_none() {
        return;
    }
    // The application may have been down when we last tried: begin anew rather than wait out an old delay.
    app.store.write(|state| {
        for delivery in &mut state.deliveries {
            if delivery.status == DeliveryStatus::Pending {
                delivery.next_attempt_at = clock::now();
            }
        }
    });
    let client = reqwest::Client::builder()
        .timeout(app.settings.webhook_timeout)
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .expect("a client without special wishes can be built");
    let under_way = Arc::new(Mutex::new(BTreeSet::new()));
    loop {
        let (due, wait) = next(&app, &under_way);
        for delivery in due {
            let (app, client, under_way) = (app.clone(), client.clone(), under_way.clone());
            tokio::spawn(async move {
                send(&app, &client, &delivery).await;
                lock(&under_way).remove(&delivery.id);
                app.store.deliveries.notify_one();
            });
        }
        tokio::select! {
            () = app.store.deliveries.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

fn lock(under_way: &Mutex<BTreeSet<String>>) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes what is due, and says how long to sleep when nothing changes.
fn next(app: &App, under_way: &Mutex<BTreeSet<String>>) -> (Vec<Delivery>, Duration) {
    let now = clock::now();
    app.store.read(|state| {
        if state.webhook_mode == WebhookMode::Pause || state.endpoint.disabled_at.is_some() {
            return (Vec::new(), NAP);
        }
        let mut under_way = lock(under_way);
        let mut due = Vec::new();
        let mut wait = NAP;
        for delivery in &state.deliveries {
            let waits = delivery.status != DeliveryStatus::Pending || state.is_behind(delivery);
            if waits || under_way.contains(&delivery.id) {
                continue;
            }
            if delivery.next_attempt_at > now {
                let until = u64::try_from(delivery.next_attempt_at - now).unwrap_or_default();
                wait = wait.min(Duration::from_millis(until));
            } else if under_way.len() < AT_ONCE {
                under_way.insert(delivery.id.clone());
                due.push(delivery.clone());
            }
        }
        (due, wait)
    })
}

async fn send(app: &App, client: &reqwest::Client, delivery: &Delivery) {
    let Some(webhook) = &app.settings.webhook else {
        return;
    };
    let now = clock::now();
    let timestamp = now / SECOND;
    let signature = app.secrets.sign(&delivery.id, timestamp, delivery.body.as_bytes(), now);
    let answer = client
        .post(webhook.url.clone())
        .header("content-type", "application/json")
        .header("user-agent", "Svix-Webhooks/sandbox")
        .header("svix-id", &delivery.id)
        .header("svix-timestamp", timestamp.to_string())
        .header("svix-signature", signature)
        .body(delivery.body.clone())
        .send()
        .await;
    let (taken, aborted, text) = match answer {
        Ok(answer) => (
            answer.status().is_success(),
            answer.headers().get(ABORT.0).is_some_and(|value| value == ABORT.1),
            answer.status().as_u16().to_string(),
        ),
        Err(error) => (false, false, error.without_url().to_string()),
    };
    let now = clock::now();
    let disabled = app.store.write(|state| {
        let was_disabled = state.endpoint.disabled_at.is_some();
        state.endpoint_answered(taken, endured(&app.settings), now);
        let disabled = state.endpoint.disabled_at.is_some();
        let Some(kept) = state.deliveries.iter_mut().find(|kept| kept.id == delivery.id) else {
            return disabled && !was_disabled;
        };
        kept.attempts += 1;
        kept.last_answer = Some(text.clone());
        kept.answered_at = Some(now);
        let delay = delay(&app.settings, kept.attempts);
        (kept.status, kept.next_attempt_at) = match (taken, aborted, delay) {
            (true, ..) => (DeliveryStatus::Delivered, now),
            (false, false, Some(delay)) if !disabled => (DeliveryStatus::Pending, now + delay),
            (false, ..) => (DeliveryStatus::Failed, now),
        };
        disabled && !was_disabled
    });
    if disabled {
        tracing::warn!("nothing but failures for too long: no more webhooks until the control page enables them");
    }
    if taken {
        tracing::debug!(id = delivery.id, kind = delivery.kind, "delivered");
    } else {
        tracing::info!(id = delivery.id, kind = delivery.kind, answer = text, "not taken");
    }
}

/// How long to wait after so many failures; `None` gives up.
fn delay(settings: &Settings, attempts: u32) -> Option<Millis> {
    let index = (attempts as usize).saturating_sub(1);
    let plain = match settings.retry_schedule {
        RetrySchedule::Dev => *DEV.get(index).or(DEV.last())?,
        RetrySchedule::Hosted => *HOSTED.get(index)?,
    };
    Some(scaled(plain, settings))
}

/// How long an address may take nothing before it is disabled. While developing it may be down for as long as it likes.
fn endured(settings: &Settings) -> Option<Millis> {
    match settings.retry_schedule {
        RetrySchedule::Dev => None,
        RetrySchedule::Hosted => Some(scaled(ENDURED, settings)),
    }
}

fn scaled(plain: Millis, settings: &Settings) -> Millis {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "delays are small numbers, and a millisecond more or less does not matter"
    )]
    let scaled = (plain as f64 * settings.retry_scale) as Millis;
    scaled
}
