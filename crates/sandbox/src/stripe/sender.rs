//! Sends Stripe's events to their endpoints.

use reqwest::{Client, RequestBuilder};
use signatures::stripe::{HEADER, Secret, sign};
use tokio::sync::Notify;

use crate::app::Shared;
use crate::clock::{Millis, SECOND};
use crate::records::{Delivery, Outbox};
use crate::settings::Settings;
use crate::webhooks::Sender;

/// Stripe's messages.
pub(crate) struct FromStripe(pub(crate) Shared);

impl Sender for FromStripe {
    fn outbox<R>(&self, change: impl FnOnce(&mut Outbox) -> R) -> R {
        self.0.book.write(|book| change(&mut book.outbox))
    }

    fn look<R>(&self, look: impl FnOnce(&Outbox, &dyn Fn(&Delivery) -> bool) -> R) -> R {
        self.0.book.read(|book| look(&book.outbox, &|_| false))
    }

    fn request(&self, client: &Client, delivery: &Delivery, now: Millis) -> Option<RequestBuilder> {
        let now = now / SECOND;
        self.0.book.read(|book| {
            let endpoint = book.webhook_endpoints.find(delivery.endpoint.as_deref()?).filter(|it| !it.disabled)?;
            let live = endpoint.secrets.iter().filter(|secret| secret.ends_at.is_none_or(|end| end > now));
            let live: Vec<Secret> = live.filter_map(|secret| Secret::parse(&secret.text).ok()).collect();
            let request = client
                .post(&endpoint.url)
                .header("content-type", "application/json; charset=utf-8")
                .header("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
                .header(HEADER, sign(&live, now, delivery.body.as_bytes()));
            Some(request)
        })
    }

    fn answered(&self, _: &Delivery, _: bool, _: Millis) -> bool {
        false
    }

    fn news(&self) -> &Notify {
        &self.0.book.deliveries
    }

    fn settings(&self) -> &Settings {
        &self.0.settings
    }
}
