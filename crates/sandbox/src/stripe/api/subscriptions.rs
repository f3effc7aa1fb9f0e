//! `/v1/subscriptions`.

use crate::stripe::api::customers::{live, other_currency};
use crate::stripe::api::subscription_ends::end_of;
use crate::stripe::api::subscription_params::{prorating, read_change, read_new, without_card};
use crate::stripe::billing::Ending;
use crate::stripe::book::Book;
use crate::stripe::dispatch::{Ask, Endpoint, delete, get, post};
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::form::Params;
use crate::stripe::list::{Range, page};
use crate::stripe::records::{PauseCollection, Status, Subscription};

/// Reasons for leaving.
pub(super) const FEEDBACK: [&str; 8] = [
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
];

/// The calls.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get(
        "/v1/subscriptions",
        &["customer", "status", "price", "test_clock", "collection_method", "created", "created[*]"],
        list,
    ),
    post(
        "/v1/subscriptions",
        &[
            "customer",
            "currency",
            "items[*][price]",
            "items[*][quantity]",
            "items[*][metadata][*]",
            "trial_period_days",
            "trial_end",
            "trial_settings[end_behavior][missing_payment_method]",
            "payment_behavior",
            "off_session",
            "proration_behavior",
            "cancel_at",
            "cancel_at_period_end",
            "collection_method",
            "days_until_due",
            "billing_mode[type]",
            "automatic_tax[enabled]",
            "default_payment_method",
            "description",
            "metadata[*]",
        ],
        create,
    ),
    get("/v1/subscriptions/{id}", &[], show),
    post(
        "/v1/subscriptions/{id}",
        &[
            "items[*][id]",
            "items[*][price]",
            "items[*][quantity]",
            "items[*][deleted]",
            "items[*][metadata][*]",
            "proration_behavior",
            "proration_date",
            "payment_behavior",
            "off_session",
            "cancel_at",
            "cancel_at_period_end",
            "cancellation_details[comment]",
            "cancellation_details[feedback]",
            "trial_end",
            "trial_settings[end_behavior][missing_payment_method]",
            "pause_collection[behavior]",
            "pause_collection[resumes_at]",
            "billing_cycle_anchor[type]",
            "collection_method",
            "days_until_due",
            "automatic_tax[enabled]",
            "default_payment_method",
            "description",
            "metadata[*]",
        ],
        change,
    ),
    delete(
        "/v1/subscriptions/{id}",
        &["invoice_now", "prorate", "cancellation_details[comment]", "cancellation_details[feedback]"],
        cancel,
    ),
    post(
        "/v1/subscriptions/{id}/resume",
        &["billing_cycle_anchor[type]", "proration_behavior", "proration_date", "payment_behavior"],
        resume,
    ),
    post(
        "/v1/subscriptions/{id}/pause",
        &[
            "type",
            "bill_for[unused_time_from][type]",
            "bill_for[outstanding_usage_through][type]",
            "invoicing_behavior",
        ],
        pause,
    ),
    post("/v1/subscriptions/{id}/migrate", &["billing_mode[type]"], migrate),
];

fn list(book: &Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let (customer, price, clock) = (params.text("customer"), params.text("price"), params.text("test_clock"));
    let status = params.text("status");
    let is_known = |word: &str| {
        matches!(word, "all" | "ended")
            || [
                Status::Active,
                Status::PastDue,
                Status::Unpaid,
                Status::Canceled,
                Status::Incomplete,
                Status::IncompleteExpired,
                Status::Trialing,
                Status::Paused,
            ]
            .iter()
            .any(|status| status.as_str() == word)
    };
    if let Some(word) = status.as_deref().filter(|word| !is_known(word)) {
        return Err(StripeError::param("status", format!("Invalid status: {}", word.escape_default())));
    }
    let created = Range::read(params, "created")?;
    let method = params.word("collection_method", &["charge_automatically", "send_invoice"])?;
    let passes = |subscription: &&Subscription| {
        let of_clock = book.customers.find(&subscription.customer).and_then(|customer| customer.test_clock.as_ref());
        let by_status = match status.as_deref() {
            None => subscription.status != Status::Canceled,
            Some("all") => true,
            Some("ended") => subscription.status.is_over(),
            Some(word) => subscription.status.as_str() == word,
        };
        by_status
            && customer.as_ref().is_none_or(|customer| subscription.customer == *customer)
            && (customer.is_some() || of_clock == clock.as_ref())
            && clock.as_ref().is_none_or(|clock| of_clock == Some(clock))
            && price.as_ref().is_none_or(|price| subscription.items.iter().any(|item| item.price == *price))
            && method.is_none_or(|method| (method == "send_invoice") == subscription.sends_invoices)
            && created.has(subscription.created)
    };
    page(ask, book.subscriptions.iter().filter(passes), |subscription| book.subscription_json(subscription))
}

fn show(book: &Book, ask: &Ask) -> Answer {
    book.subscriptions.get(ask.id(), "id").map(|subscription| book.subscription_json(subscription))
}

fn create(book: &mut Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let id = params.required("customer")?;
    let customer = live(book, &id, "customer")?;
    if let (Some(own), Some(other)) = (&customer.currency, params.text("currency"))
        && *own != other
    {
        return Err(other_currency(own, &other));
    }
    let at = book.time_of(&id);
    let mut new = read_new(params, &id, at)?;
    new.metadata = params.metadata();
    new.description = params.text("description");
    if let Some(method) = params.text("default_payment_method") {
        let own = book.own_payment_method(&method, &id, "default_payment_method", at)?;
        new.default_payment_method = Some(own);
    }
    let id = book.subscribe(new, at)?;
    book.subscriptions.get(&id, "id").map(|subscription| book.subscription_json(subscription))
}

fn change(book: &mut Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let old = book.subscriptions.get(ask.id(), "id")?.clone();
    let at = book.time_of(&old.customer);
    let details = params.group("cancellation_details");
    let feedback = details.word("feedback", &FEEDBACK)?.map(str::to_owned);
    let is_plain =
        ["items", "trial_end", "billing_cycle_anchor", "cancel_at", "cancel_at_period_end", "pause_collection"]
            .iter()
            .all(|name| !params.has(name));
    if old.status.is_over() && !is_plain {
        return Err(StripeError::coded(
            "invalid_canceled_subscription_fields",
            "A canceled subscription can only update its cancellation_details and metadata.",
        ));
    }
    let mut changed = Subscription { metadata: old.metadata.clone(), ..old.clone() };
    params.merge_metadata(&mut changed.metadata);
    if feedback.is_some() {
        changed.feedback = feedback;
    }
    if let Some(comment) = details.settable("comment") {
        changed.comment = comment;
    }
    if let Some(description) = params.settable("description") {
        changed.description = description;
    }
    if let Some(without_card) = without_card(params)? {
        changed.without_card = without_card;
    }
    if let Some(word) = params.word("collection_method", &["charge_automatically", "send_invoice"])? {
        changed.sends_invoices = word == "send_invoice";
    }
    changed.days_until_due =
        params.integer("days_until_due")?.or(changed.days_until_due).filter(|_| changed.sends_invoices);
    changed.automatic_tax = params.group("automatic_tax").flag("enabled")?.unwrap_or(changed.automatic_tax);
    pause_collection(params, &mut changed)?;
    if let Some(method) = params.settable("default_payment_method") {
        changed.default_payment_method = match method {
            Some(method) => Some(book.own_payment_method(&method, &old.customer, "default_payment_method", at)?),
            None => None,
        };
    }
    let ends = end_of(params, &changed, at)?;
    if let Some(plan) = read_change(params, at)? {
        book.change_plan(&old.id, &plan, at)?;
    }
    book.change_subscription(&old.id, at, |subscription| {
        subscription.metadata = changed.metadata;
        subscription.feedback = changed.feedback;
        subscription.comment = changed.comment;
        subscription.description = changed.description;
        subscription.without_card = changed.without_card;
        subscription.sends_invoices = changed.sends_invoices;
        subscription.days_until_due = changed.days_until_due;
        subscription.automatic_tax = changed.automatic_tax;
        subscription.pause_collection = changed.pause_collection;
        subscription.default_payment_method = changed.default_payment_method;
        if let Some(ends) = ends {
            ends.apply(subscription, at);
        }
    });
    show(book, ask)
}

fn pause_collection(params: &Params, subscription: &mut Subscription) -> Result<(), StripeError> {
    if !params.has("pause_collection") {
        return Ok(());
    }
    let group = params.group("pause_collection");
    if group.is_empty() {
        subscription.pause_collection = None;
        return Ok(());
    }
    let behavior = group
        .word("behavior", &["keep_as_draft", "mark_uncollectible", "void"])?
        .ok_or_else(|| StripeError::missing("pause_collection[behavior]"))?;
    subscription.pause_collection =
        Some(PauseCollection { behavior: behavior.to_owned(), resumes_at: group.moment("resumes_at")? });
    Ok(())
}

fn cancel(book: &mut Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let old = book.subscriptions.get(ask.id(), "id")?;
    let at = book.time_of(&old.customer);
    let details = params.group("cancellation_details");
    let ending = Ending {
        invoice_now: params.flag("invoice_now")?.unwrap_or(false),
        prorate: params.flag("prorate")?.unwrap_or(false),
        feedback: details.word("feedback", &FEEDBACK)?.map(str::to_owned),
        comment: details.text("comment"),
    };
    book.end(ask.id(), &ending, "cancellation_requested", at)?;
    show(book, ask)
}

fn resume(book: &mut Book, ask: &Ask) -> Answer {
    let old = book.subscriptions.get(ask.id(), "id")?;
    let at = book.time_of(&old.customer);
    let anchor = ask.params.group("billing_cycle_anchor").word("type", &["now", "unchanged"])?;
    ask.params.word("payment_behavior", &["resume_on_payment_attempt", "resume_on_payment_success"])?;
    let prorating = prorating(&ask.params)?;
    book.resume(ask.id(), anchor != Some("unchanged"), prorating, at)?;
    show(book, ask)
}

fn pause(book: &mut Book, ask: &Ask) -> Answer {
    let old = book.subscriptions.get(ask.id(), "id")?.clone();
    let at = book.time_of(&old.customer);
    if ask.params.required("type")? != "subscription" {
        return Err(StripeError::param("type", "Invalid type: must be subscription"));
    }
    if old.schedule.is_some() {
        return Err(StripeError::invalid("A subscription with a schedule cannot be paused."));
    }
    if !matches!(old.status, Status::Active | Status::Trialing) {
        return Err(StripeError::invalid(format!(
            "You can only pause an active subscription. This subscription's status is {}.",
            old.status.as_str()
        )));
    }
    book.change_subscription(ask.id(), at, |subscription| {
        subscription.status = Status::Paused;
        subscription.paused = Some(("pause_requested".to_owned(), at));
    });
    book.tell_of_subscription("customer.subscription.paused", ask.id(), at);
    show(book, ask)
}

fn migrate(book: &mut Book, ask: &Ask) -> Answer {
    if ask.params.group("billing_mode").required("type")? != "flexible" {
        return Err(StripeError::param("billing_mode[type]", "Invalid billing_mode[type]: must be flexible"));
    }
    // Everything in the sandbox is flexible from the beginning.
    show(book, ask)
}
