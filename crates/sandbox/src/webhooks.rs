//! Sends webhooks: several at a time and in no promised order, again until they are taken.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::redirect::Policy;
use tokio::sync::Notify;

use crate::app::Shared;
use crate::clock::{self, DAY, MINUTE, Millis, SECOND};
use crate::options::RetrySchedule;
use crate::records::{Delivery, DeliveryStatus, Outbox, WebhookMode};
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

/// Somebody whose messages are sent.
pub(crate) trait Sender: Send + Sync + 'static {
    /// Changes the messages.
    fn outbox<R>(&self, change: impl FnOnce(&mut Outbox) -> R) -> R;

    /// Looks at the messages; those for an address that takes nothing any more are hidden by `is_closed`.
    fn look<R>(&self, look: impl FnOnce(&Outbox, &dyn Fn(&Delivery) -> bool) -> R) -> R;

    /// The message, signed; `None` when there is nowhere to send it.
    fn request(&self, client: &reqwest::Client, delivery: &Delivery, now: Millis) -> Option<reqwest::RequestBuilder>;

    /// How the address answered. True when it is given up from now on.
    fn answered(&self, delivery: &Delivery, taken: bool, now: Millis) -> bool;

    /// Told when there is something new.
    fn news(&self) -> &Notify;

    /// How long to wait, and for how long to try.
    fn settings(&self) -> &Settings;
}

/// Sends what is due, for as long as it is polled.
pub(crate) async fn keep_sending<S: Sender>(sender: Arc<S>) {
    // The application may have been down when we last tried: begin anew rather than wait out an old delay.
    sender.outbox(|outbox| {
        for delivery in &mut outbox.deliveries {
            if delivery.status == DeliveryStatus::Pending {
                delivery.next_attempt_at = clock::now();
            }
        }
    });
    let client = reqwest::Client::builder()
        .timeout(sender.settings().webhook_timeout)
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .expect("a client without special wishes can be built");
    let under_way = Arc::new(Mutex::new(BTreeSet::new()));
    loop {
        let (due, wait) = next(&*sender, &under_way);
        for delivery in due {
            let (sender, client, under_way) = (sender.clone(), client.clone(), under_way.clone());
            tokio::spawn(async move {
                send(&*sender, &client, &delivery).await;
                lock(&under_way).remove(&delivery.id);
                sender.news().notify_one();
            });
        }
        tokio::select! {
            () = sender.news().notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

fn lock(under_way: &Mutex<BTreeSet<String>>) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes what is due, and says how long to sleep when nothing changes.
fn next<S: Sender>(sender: &S, under_way: &Mutex<BTreeSet<String>>) -> (Vec<Delivery>, Duration) {
    let now = clock::now();
    sender.look(|outbox, is_closed| {
        if outbox.webhook_mode == WebhookMode::Pause {
            return (Vec::new(), NAP);
        }
        let mut under_way = lock(under_way);
        let mut due = Vec::new();
        let mut wait = NAP;
        for delivery in &outbox.deliveries {
            let waits = delivery.status != DeliveryStatus::Pending || outbox.is_behind(delivery) || is_closed(delivery);
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

async fn send<S: Sender>(sender: &S, client: &reqwest::Client, delivery: &Delivery) {
    let Some(request) = sender.request(client, delivery, clock::now()) else {
        sender.outbox(|outbox| {
            if let Some(kept) = outbox.deliveries.iter_mut().find(|kept| kept.id == delivery.id) {
                kept.status = DeliveryStatus::Failed;
            }
        });
        return;
    };
    let (taken, aborted, text) = match request.body(delivery.body.clone()).send().await {
        Ok(answer) => (
            answer.status().is_success(),
            answer.headers().get(ABORT.0).is_some_and(|value| value == ABORT.1),
            answer.status().as_u16().to_string(),
        ),
        Err(error) => (false, false, error.without_url().to_string()),
    };
    let now = clock::now();
    let closed = sender.answered(delivery, taken, now);
    sender.outbox(|outbox| {
        let Some(kept) = outbox.deliveries.iter_mut().find(|kept| kept.id == delivery.id) else {
            return;
        };
        kept.attempts += 1;
        kept.last_answer = Some(text.clone());
        kept.answered_at = Some(now);
        let delay = delay(sender.settings(), kept.attempts);
        (kept.status, kept.next_attempt_at) = match (taken, aborted, delay) {
            (true, ..) => (DeliveryStatus::Delivered, now),
            (false, false, Some(delay)) if !closed => (DeliveryStatus::Pending, now + delay),
            (false, ..) => (DeliveryStatus::Failed, now),
        };
    });
    if taken {
        tracing::debug!(id = delivery.id, kind = delivery.kind, "delivered");
    } else {
        tracing::info!(id = delivery.id, kind = delivery.kind, answer = text, "not taken");
    }
}

/// Clerk's messages, signed the Svix way.
pub(crate) struct FromClerk(pub(crate) Shared);

impl Sender for FromClerk {
    fn outbox<R>(&self, change: impl FnOnce(&mut Outbox) -> R) -> R {
        self.0.store.write(|state| change(&mut state.outbox))
    }

    fn look<R>(&self, look: impl FnOnce(&Outbox, &dyn Fn(&Delivery) -> bool) -> R) -> R {
        self.0.store.read(|state| {
            let is_closed = state.endpoint.disabled_at.is_some();
            look(&state.outbox, &|_| is_closed)
        })
    }

    fn request(&self, client: &reqwest::Client, delivery: &Delivery, now: Millis) -> Option<reqwest::RequestBuilder> {
        let webhook = self.0.settings.webhook.as_ref()?;
        let timestamp = now / SECOND;
        let signature = self.0.secrets.sign(&delivery.id, timestamp, delivery.body.as_bytes(), now);
        let request = client
            .post(webhook.url.clone())
            .header("content-type", "application/json")
            .header("user-agent", "Svix-Webhooks/sandbox")
            .header("svix-id", &delivery.id)
            .header("svix-timestamp", timestamp.to_string())
            .header("svix-signature", signature);
        Some(request)
    }

    fn answered(&self, _: &Delivery, taken: bool, now: Millis) -> bool {
        let (was_disabled, is_disabled) = self.0.store.write(|state| {
            let was_disabled = state.endpoint.disabled_at.is_some();
            state.endpoint_answered(taken, endured(&self.0.settings), now);
            (was_disabled, state.endpoint.disabled_at.is_some())
        });
        if is_disabled && !was_disabled {
            tracing::warn!("nothing but failures for too long: no more webhooks until the control page enables them");
        }
        is_disabled
    }

    fn news(&self) -> &Notify {
        &self.0.store.deliveries
    }

    fn settings(&self) -> &Settings {
        &self.0.settings
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
