//! Choosing a plan, and the ways to Stripe's own pages and back.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use billing::{Door, Preview};
use domain::billing as rules;
use domain::{Access, FieldErrors, Read};
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};
use serde::Deserialize;

use super::page;
use super::settings::{Tab, TabLink};
use super::shell::{Section, Shell};
use crate::access::InOrg;
use crate::body::{Form, Query};
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::money::Money;

/// Whoever comes back from Stripe waits so long for what they did there.
const PATIENCE: Duration = Duration::from_secs(4);

/// A price, by its lookup key.
#[derive(Deserialize)]
pub(crate) struct Chosen {
    #[serde(default)]
    price: String,
}

/// What somebody wants at Stripe.
#[derive(Deserialize)]
pub(crate) struct Going {
    #[serde(default, rename = "for")]
    what: String,
}

/// Whence somebody comes back.
#[derive(Deserialize)]
pub(crate) struct Returning {
    /// From the till; which visit it was is not believed.
    #[serde(default)]
    checkout: String,
}

#[derive(Template)]
#[template(path = "settings/change_plan.html")]
struct ChangePage {
    shell: Shell,
    tabs: Vec<TabLink>,
    base: String,
    from: &'static str,
    price: String,
    preview: Preview,
}

/// `POST /orgs/{slug}/settings/billing/plan`: to Stripe's till, or to what a change costs where there is a subscription.
pub(crate) async fn choose(
    org: InOrg,
    State(state): State<crate::State>,
    Form(chosen): Form<Chosen>,
) -> Result<Response> {
    let (_, billing) = org.read(rules::show).await?;
    rules::sold(&chosen.price)?;
    if billing.account.live().is_some() {
        return Ok(org.see(&format!("settings/billing/change?price={}", chosen.price), None));
    }
    Ok(away(&state.billing.checkout(org.door(), &chosen.price).await?))
}

/// `GET /orgs/{slug}/settings/billing/change`: what comes of another price, before it is one's own.
pub(crate) async fn ask(
    org: InOrg,
    State(state): State<crate::State>,
    Query(chosen): Query<Chosen>,
) -> Result<Response> {
    let (access, billing) = org.read(rules::show).await?;
    let (plan, _) = rules::sold(&chosen.price)?;
    billing.usage.fits(plan)?;
    let preview = state.billing.preview(&billing.account, &chosen.price).await?;
    page(StatusCode::OK, &ChangePage::new(&org, &access, chosen.price, preview))
}

/// `POST /orgs/{slug}/settings/billing/change`: to Stripe, where it is confirmed.
pub(crate) async fn change(
    org: InOrg,
    State(state): State<crate::State>,
    Form(chosen): Form<Chosen>,
) -> Result<Response> {
    let door = Door::Change { lookup_key: chosen.price };
    Ok(away(&state.billing.portal(org.door(), &door).await?))
}

/// `POST /orgs/{slug}/settings/billing/portal`
pub(crate) async fn portal(
    org: InOrg,
    State(state): State<crate::State>,
    Form(going): Form<Going>,
) -> Result<Response> {
    // Whoever may not is told that, whatever they ask for.
    org.read(Read::access_only).await?;
    let door = door(&going.what)?;
    Ok(away(&state.billing.portal(org.door(), &door).await?))
}

/// `POST /orgs/{slug}/settings/billing/keep`: an end, or a change, that has not come is taken back.
pub(crate) async fn keep(org: InOrg, State(state): State<crate::State>) -> Result<Response> {
    state.billing.keep(org.door()).await?;
    Ok(org.see("settings/billing", Some(Flash::SubscriptionKept)))
}

/// `GET /orgs/{slug}/settings/billing/return`: back from Stripe. What was done there is asked for; what the address says is
/// not believed.
pub(crate) async fn come_back(
    org: InOrg,
    State(state): State<crate::State>,
    Query(returning): Query<Returning>,
) -> Result<Response> {
    let (_, before) = org.read(rules::show).await?;
    let asking = state.billing.sync_organisation(org.door().organisation());
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(%error, "what was done at Stripe shows later"),
        Err(_) => tracing::warn!("Stripe took too long; what was done there shows later"),
    }
    let (_, after) = org.read(rules::show).await?;
    let flash = match (before.account.live(), after.account.live()) {
        (None, Some(_)) => Some(Flash::SubscriptionStarted),
        // Stripe's event was quicker.
        (Some(_), Some(_)) if !returning.checkout.is_empty() => Some(Flash::SubscriptionStarted),
        (was, is) if was != is => Some(Flash::SubscriptionChanged),
        (None, None) => Some(Flash::PaymentOnItsWay),
        _ => None,
    };
    Ok(org.see("settings/billing", flash))
}

/// What a way to Stripe is for. Field `for`.
pub(crate) fn door(what: &str) -> Result<Door> {
    match what {
        "" | "home" => Ok(Door::Home),
        "payment_method" => Ok(Door::PaymentMethod),
        "cancel" => Ok(Door::Cancel),
        _ => Err(FieldErrors::one("for", "It is home, payment_method or cancel.").into()),
    }
}

/// To a page of Stripe's. The address is as good as a key: it is neither logged nor kept.
fn away(url: &str) -> Response {
    match HeaderValue::try_from(url) {
        Ok(url) => (StatusCode::SEE_OTHER, [(LOCATION, url)]).into_response(),
        Err(error) => Error::internal(&error).into_response(),
    }
}

impl ChangePage {
    fn new(org: &InOrg, access: &Access, price: String, preview: Preview) -> Self {
        Self {
            shell: org.shell(access, Section::Settings),
            tabs: Tab::links(access, Tab::Billing),
            base: org.url("settings/billing"),
            from: access.organisation.terms.plan.name(),
            price,
            preview,
        }
    }

    fn today(&self) -> Money {
        Money::new(self.preview.today.unwrap_or_default(), &self.preview.currency)
    }

    fn then(&self) -> Money {
        Money::new(self.preview.then, &self.preview.currency)
    }
}
