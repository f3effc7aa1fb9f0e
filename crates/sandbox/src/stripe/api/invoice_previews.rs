//! `/v1/invoices/create_preview`.

use crate::stripe::api::customers::live;
use crate::stripe::api::subscription_params::{read_change, read_new};
use crate::stripe::billing::{Ending, Preview};
use crate::stripe::book::Book;
use crate::stripe::dispatch::{Ask, Endpoint, post};
use crate::stripe::errors::{Answer, StripeError};

/// The call.
pub(super) const ENDPOINTS: &[Endpoint] = &[post(
    "/v1/invoices/create_preview",
    &[
        "customer",
        "subscription",
        "schedule",
        "preview_mode",
        "currency",
        "automatic_tax[enabled]",
        "subscription_details[items][*][id]",
        "subscription_details[items][*][price]",
        "subscription_details[items][*][quantity]",
        "subscription_details[items][*][deleted]",
        "subscription_details[proration_behavior]",
        "subscription_details[proration_date]",
        "subscription_details[cancel_now]",
        "subscription_details[cancel_at]",
        "subscription_details[cancel_at_period_end]",
        "subscription_details[trial_end]",
        "subscription_details[billing_cycle_anchor][type]",
        "subscription_details[billing_mode][type]",
    ],
    preview,
)];

fn preview(book: &mut Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let details = params.group("subscription_details");
    params.word("preview_mode", &["next", "recurring"])?;
    let schedule = params.text("schedule");
    let mut subscription = params.text("subscription");
    if let Some(schedule) = &schedule {
        subscription = book.schedules.get(schedule, "schedule")?.subscription.clone();
    }
    let customer = match (&subscription, params.text("customer")) {
        (Some(subscription), given) => {
            let of = book.subscriptions.get(subscription, "subscription")?;
            if given.is_some_and(|given| given != of.customer) {
                return Err(StripeError::invalid(format!(
                    "The subscription {subscription} does not belong to the customer."
                )));
            }
            of.customer.clone()
        }
        (None, Some(customer)) => live(book, &customer, "customer")?.id.clone(),
        (None, None) => return Err(StripeError::missing("customer")),
    };
    let at = book.time_of(&customer);
    let wanted = match &subscription {
        None if details.has("items") => Preview::New(Box::new(read_new(&details, &customer, at)?)),
        None => return Err(StripeError::nothing("invoice_upcoming_none", "No upcoming invoices for customer")),
        Some(_) if details.flag("cancel_now")?.unwrap_or(false) => Preview::End(Ending {
            invoice_now: true,
            prorate: details.raw("proration_behavior") != Some("none"),
            ..Ending::default()
        }),
        Some(_) => match (details.moment("cancel_at")?, details.flag("cancel_at_period_end")?) {
            (Some(end), _) => Preview::EndAt(Some(end)),
            (None, Some(true)) => {
                let id = subscription.as_deref().unwrap_or_default();
                Preview::EndAt(Some(book.subscriptions.get(id, "subscription")?.last_period_end()))
            }
            (None, Some(false)) => Preview::EndAt(None),
            (None, None) => Preview::Next(read_change(&details, at)?.map(Box::new)),
        },
    };
    book.preview(subscription.as_deref(), &wanted, at)
}
