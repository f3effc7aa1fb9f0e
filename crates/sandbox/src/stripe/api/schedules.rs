//! `/v1/subscription_schedules`.

use crate::stripe::billing::Ending;
use crate::stripe::book::Book;
use crate::stripe::clock::Seconds;
use crate::stripe::dispatch::{Ask, Endpoint, get, post};
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::form::Params;
use crate::stripe::list::page;
use crate::stripe::records::{Phase, Schedule};

/// The calls.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get("/v1/subscription_schedules", &["customer", "scheduled"], list),
    post("/v1/subscription_schedules", &["from_subscription", "metadata[*]"], create),
    get("/v1/subscription_schedules/{id}", &[], show),
    post(
        "/v1/subscription_schedules/{id}",
        &[
            "end_behavior",
            "phases[*][items][*][price]",
            "phases[*][items][*][quantity]",
            "phases[*][start_date]",
            "phases[*][end_date]",
            "phases[*][duration][interval]",
            "phases[*][duration][interval_count]",
            "phases[*][proration_behavior]",
            "phases[*][metadata][*]",
            "proration_behavior",
            "metadata[*]",
        ],
        change,
    ),
    post("/v1/subscription_schedules/{id}/release", &["preserve_cancel_date"], release),
    post("/v1/subscription_schedules/{id}/cancel", &["invoice_now", "prorate"], cancel),
];

fn list(book: &Book, ask: &Ask) -> Answer {
    let customer = ask.params.text("customer");
    let passes = |schedule: &&Schedule| customer.as_ref().is_none_or(|customer| schedule.customer == *customer);
    page(ask, book.schedules.iter().filter(passes), |schedule| book.schedule_json(schedule))
}

fn show(book: &Book, ask: &Ask) -> Answer {
    book.schedules.get(ask.id(), "id").map(|schedule| book.schedule_json(schedule))
}

fn create(book: &mut Book, ask: &Ask) -> Answer {
    let subscription = ask.params.required("from_subscription")?;
    let at = time(book, &subscription, "from_subscription")?;
    let id = book.schedule_from(&subscription, at)?;
    let metadata = ask.params.metadata();
    book.schedules.get_mut(&id, "id")?.metadata = metadata;
    book.schedules.get(&id, "id").map(|schedule| book.schedule_json(schedule))
}

fn time(book: &Book, subscription: &str, param: &str) -> Result<Seconds, StripeError> {
    Ok(book.time_of(&book.subscriptions.get(subscription, param)?.customer))
}

fn change(book: &mut Book, ask: &Ask) -> Answer {
    let schedule = book.schedules.get(ask.id(), "id")?.clone();
    if schedule.status != "active" {
        return Err(StripeError::invalid(format!(
            "You cannot update a subscription schedule that is in the `{}` status.",
            schedule.status
        )));
    }
    let at = book.time_of(&schedule.customer);
    let params = &ask.params;
    let end_behavior = params.word("end_behavior", &["release", "cancel"])?;
    let phases = params.has("phases").then(|| phases(book, params, &schedule)).transpose()?;
    let kept = book.schedules.get_mut(ask.id(), "id")?;
    if let Some(end_behavior) = end_behavior {
        end_behavior.clone_into(&mut kept.end_behavior);
    }
    if let Some(phases) = phases {
        kept.phases = phases;
        kept.current = 0;
    }
    params.merge_metadata(&mut kept.metadata);
    book.tell_of_schedule("subscription_schedule.updated", ask.id(), at);
    show(book, ask)
}

fn phases(book: &Book, params: &Params, schedule: &Schedule) -> Result<Vec<Phase>, StripeError> {
    let current = schedule.phases.get(schedule.current);
    let mut start = current.map_or(schedule.created, |phase| phase.start);
    let mut phases = Vec::new();
    for group in params.groups("phases") {
        start = group.moment("start_date")?.unwrap_or(start);
        let items = group
            .groups("items")
            .iter()
            .map(|item| {
                let price = item.required("price")?;
                book.prices.get(&price, &item.name("price"))?;
                Ok((price, item.integer("quantity")?.unwrap_or(1)))
            })
            .collect::<Result<Vec<_>, StripeError>>()?;
        let Some((price, _)) = items.first() else {
            return Err(StripeError::missing(&group.name("items")));
        };
        let rhythm = book.prices.get(price, "price")?.rhythm();
        let duration = group.group("duration");
        let count = duration.integer("interval_count")?.unwrap_or(1);
        let length = match duration.text("interval").as_deref().map(crate::stripe::clock::Interval::parse) {
            Some(Some(interval)) => crate::stripe::clock::Rhythm { interval, count },
            _ => rhythm,
        };
        let end = group.moment("end_date")?.unwrap_or_else(|| length.boundary(start, 1));
        if end <= start {
            return Err(StripeError::param(group.name("end_date"), "The end of a phase must come after its start."));
        }
        let words = ["create_prorations", "always_invoice", "none"];
        phases.push(Phase {
            start,
            end,
            items,
            proration_behavior: group.word("proration_behavior", &words)?.unwrap_or(words[0]).to_owned(),
            metadata: group.metadata(),
        });
        start = end;
    }
    Ok(phases)
}

fn release(book: &mut Book, ask: &Ask) -> Answer {
    let at = book.time_of(&book.schedules.get(ask.id(), "id")?.customer);
    book.release_schedule(ask.id(), at)?;
    show(book, ask)
}

fn cancel(book: &mut Book, ask: &Ask) -> Answer {
    let schedule = book.schedules.get(ask.id(), "id")?.clone();
    let at = book.time_of(&schedule.customer);
    let subscription = schedule.subscription.ok_or_else(|| {
        StripeError::invalid(format!(
            "You cannot cancel a subscription schedule that is in the `{}` status.",
            schedule.status
        ))
    })?;
    let ending = Ending {
        invoice_now: ask.params.flag("invoice_now")?.unwrap_or(true),
        prorate: ask.params.flag("prorate")?.unwrap_or(true),
        ..Ending::default()
    };
    book.end(&subscription, &ending, "cancellation_requested", at)?;
    show(book, ask)
}
