//! `/api/v1/orgs/{slug}/billing`

use axum::Json;
use axum::extract::State;
use billing::Door;
use domain::Read;
use domain::billing::{self as rules, Billing};
use domain::plans::{Interval, Plan};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::access::InOrg;
use crate::body::Json as Body;
use crate::error::Result;
use crate::pages::buying::door;

/// Where to send the person; good for a few minutes, and for whoever has it.
#[derive(Serialize)]
pub(crate) struct Way {
    url: String,
}

/// A price, by its lookup key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    price: String,
}

/// What somebody wants at Stripe: `home`, `payment_method` or `cancel`; or to confirm a price.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Going {
    #[serde(default, rename = "for")]
    what: String,
    price: Option<String>,
}

/// What a change costs.
#[derive(Serialize)]
pub(crate) struct Costs {
    plan: Plan,
    interval: Interval,
    /// In the currency's smallest unit; null where it begins later.
    today: Option<i64>,
    then: i64,
    from: Timestamp,
    currency: String,
}

/// `GET …/billing`
pub(crate) async fn show(org: InOrg) -> Result<Json<Billing>> {
    let (access, billing) = org.read(rules::show).await?;
    Ok(Json(billing.seen_by(&access)))
}

/// `POST …/billing/preview`
pub(crate) async fn preview(org: InOrg, State(state): State<crate::State>, body: Body) -> Result<Json<Costs>> {
    let (_, billing) = org.read(rules::show).await?;
    let Chosen { price } = body.parse()?;
    let preview = state.billing.preview(&billing.account, &price).await?;
    let billing::Preview { plan, interval, today, then, from, currency } = preview;
    Ok(Json(Costs { plan, interval, today, then, from, currency }))
}

/// `POST …/billing/checkout`
pub(crate) async fn checkout(org: InOrg, State(state): State<crate::State>, body: Body) -> Result<Json<Way>> {
    org.read(Read::access_only).await?;
    let Chosen { price } = body.parse()?;
    Ok(Json(Way { url: state.billing.checkout(org.door(), &price).await? }))
}

/// `POST …/billing/portal`
pub(crate) async fn portal(org: InOrg, State(state): State<crate::State>, body: Body) -> Result<Json<Way>> {
    org.read(Read::access_only).await?;
    let Going { what, price } = body.parse()?;
    let door = match price {
        Some(price) => Door::Change { lookup_key: price },
        None => door(&what)?,
    };
    Ok(Json(Way { url: state.billing.portal(org.door(), &door).await? }))
}

/// `POST …/billing/keep`
pub(crate) async fn keep(org: InOrg, State(state): State<crate::State>) -> Result<Json<Billing>> {
    state.billing.keep(org.door()).await?;
    show(org).await
}
