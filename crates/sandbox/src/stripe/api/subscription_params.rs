//! What calls say of subscriptions: new ones, and changes of those that run. Previews say the same in a group of theirs.

use crate::stripe::billing::{Change, ItemChange, NewSubscription, OnFailure, Prorating};
use crate::stripe::clock::{DAY, Seconds};
use crate::stripe::errors::StripeError;
use crate::stripe::form::Params;
use crate::stripe::records::WithoutCard;

/// The longest trial, in days.
const LONGEST_TRIAL: i64 = 730;

/// What a new subscription is to be; previews read it from a group of their own.
pub(super) fn read_new(params: &Params, customer: &str, at: Seconds) -> Result<NewSubscription, StripeError> {
    let items = params
        .groups("items")
        .iter()
        .map(|item| Ok((item.required("price")?, quantity(item)?.unwrap_or(1), item.metadata())))
        .collect::<Result<Vec<_>, StripeError>>()?;
    if items.is_empty() {
        return Err(StripeError::missing(&params.name("items")));
    }
    let days = params.integer("trial_period_days")?;
    if days.is_some_and(|days| !(0..=LONGEST_TRIAL).contains(&days)) {
        return Err(StripeError::param(
            params.name("trial_period_days"),
            format!("Invalid trial_period_days: must be between 0 and {LONGEST_TRIAL}"),
        ));
    }
    let trial_end = match trial_end(params, at)? {
        Some(end) if days.is_some() => {
            return Err(StripeError::invalid(format!(
                "You may only specify one of these parameters: trial_end, trial_period_days. ({end})"
            )));
        }
        Some(end) => Some(end),
        None => days.filter(|days| *days > 0).map(|days| at + days * DAY),
    };
    let sends_invoices =
        params.word("collection_method", &["charge_automatically", "send_invoice"])? == Some("send_invoice");
    let days_until_due = params.integer("days_until_due")?;
    if sends_invoices && days_until_due.is_none() {
        return Err(StripeError::missing("days_until_due"));
    }
    let mode = params.group("billing_mode");
    if mode.word("type", &["classic", "flexible"])? == Some("classic") {
        return Err(StripeError::param("billing_mode[type]", "The sandbox has flexible billing only."));
    }
    Ok(NewSubscription {
        customer: customer.to_owned(),
        items,
        trial_end,
        without_card: without_card(params)?.unwrap_or_default(),
        cancel_at: params.moment("cancel_at")?,
        cancel_at_period_end: params.flag("cancel_at_period_end")?.unwrap_or(false),
        sends_invoices,
        days_until_due,
        automatic_tax: params.group("automatic_tax").flag("enabled")?.unwrap_or(false),
        on_failure: on_failure(params)?,
        ..NewSubscription::default()
    })
}

/// A change of prices, anchor or trial, if one is asked for.
pub(super) fn read_change(params: &Params, at: Seconds) -> Result<Option<Change>, StripeError> {
    let trial_end = trial_end(params, at)?;
    let anchor = params.group("billing_cycle_anchor").word("type", &["now", "unchanged"])?;
    if !params.has("items") && trial_end.is_none() && anchor != Some("now") {
        return Ok(None);
    }
    let items = params
        .groups("items")
        .iter()
        .map(|item| {
            Ok(ItemChange {
                id: item.text("id"),
                price: item.text("price"),
                quantity: quantity(item)?,
                deleted: item.flag("deleted")?.unwrap_or(false),
                metadata: item.has("metadata").then(|| item.metadata()),
                name: item.name("").trim_end_matches("[]").to_owned(),
            })
        })
        .collect::<Result<Vec<_>, StripeError>>()?;
    Ok(Some(Change {
        items,
        prorating: prorating(params)?,
        proration_date: params.moment("proration_date")?,
        on_failure: on_failure(params)?,
        anchor_now: anchor == Some("now"),
        trial_end,
    }))
}

fn quantity(item: &Params) -> Result<Option<i64>, StripeError> {
    let quantity = item.integer("quantity")?;
    match quantity {
        Some(quantity) if quantity < 0 => {
            Err(StripeError::param(item.name("quantity"), "Invalid quantity: must be greater than or equal to 0"))
        }
        quantity => Ok(quantity),
    }
}

fn trial_end(params: &Params, at: Seconds) -> Result<Option<Seconds>, StripeError> {
    match params.raw("trial_end") {
        Some("now") => Ok(Some(at)),
        _ => match params.moment("trial_end")? {
            Some(end) if end <= at => Err(StripeError::param(
                params.name("trial_end"),
                "Invalid timestamp: must be an integer Unix timestamp in the future.",
            )),
            end => Ok(end),
        },
    }
}

/// What becomes of prorations.
pub(super) fn prorating(params: &Params) -> Result<Prorating, StripeError> {
    Ok(params.word("proration_behavior", &Prorating::WORDS)?.map(Prorating::parse).unwrap_or_default())
}

/// What happens when the payment does not come.
pub(super) fn on_failure(params: &Params) -> Result<OnFailure, StripeError> {
    Ok(params.word("payment_behavior", &OnFailure::WORDS)?.map(OnFailure::parse).unwrap_or_default())
}

/// What happens when a trial ends without a card.
pub(super) fn without_card(params: &Params) -> Result<Option<WithoutCard>, StripeError> {
    let behaviour = params.group("trial_settings").group("end_behavior");
    Ok(behaviour.word("missing_payment_method", &WithoutCard::WORDS)?.map(WithoutCard::parse))
}
