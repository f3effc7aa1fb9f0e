//! `/v1/invoices`, and their lines.

use serde_json::json;

use crate::stripe::api::customers::live;
use crate::stripe::billing::Draft;
use crate::stripe::book::Book;
use crate::stripe::dispatch::{Ask, Endpoint, delete, get, post};
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::list::{Range, page};
use crate::stripe::records::{Invoice, InvoiceStatus, Line};

/// The calls.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get(
        "/v1/invoices",
        &["customer", "subscription", "status", "collection_method", "created", "created[*]", "due_date[*]"],
        list,
    ),
    post("/v1/invoices", &["customer", "subscription", "auto_advance", "description", "metadata[*]"], create),
    get("/v1/invoices/{id}", &[], show),
    post(
        "/v1/invoices/{id}",
        &["auto_advance", "description", "footer", "days_until_due", "default_payment_method", "metadata[*]"],
        change,
    ),
    delete("/v1/invoices/{id}", &[], destroy),
    get("/v1/invoices/{id}/lines", &[], lines),
    post("/v1/invoices/{id}/finalize", &["auto_advance"], finalize),
    post("/v1/invoices/{id}/pay", &["payment_method", "off_session", "paid_out_of_band", "forgive"], pay),
    post("/v1/invoices/{id}/void", &[], void),
    post("/v1/invoices/{id}/mark_uncollectible", &[], mark_uncollectible),
    post("/v1/invoices/{id}/send", &[], send),
];

fn list(book: &Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let (customer, subscription) = (params.text("customer"), params.text("subscription"));
    let status = params.word("status", &["draft", "open", "paid", "uncollectible", "void"])?;
    let method = params.word("collection_method", &["charge_automatically", "send_invoice"])?;
    let created = Range::read(params, "created")?;
    let passes = |invoice: &&Invoice| {
        customer.as_ref().is_none_or(|customer| invoice.customer == *customer)
            && subscription.as_ref().is_none_or(|subscription| invoice.subscription.as_ref() == Some(subscription))
            && status.is_none_or(|status| invoice.status.as_str() == status)
            && method.is_none_or(|method| (method == "send_invoice") == invoice.sends_invoices)
            && created.has(invoice.created)
    };
    page(ask, book.invoices.iter().filter(passes), |invoice| book.invoice_json(invoice))
}

fn show(book: &Book, ask: &Ask) -> Answer {
    book.invoices.get(ask.id(), "id").map(|invoice| book.invoice_json(invoice))
}

fn create(book: &mut Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let customer = params.required("customer")?;
    live(book, &customer, "customer")?;
    let subscription = params.text("subscription");
    if let Some(subscription) = &subscription {
        book.subscriptions.get(subscription, "subscription")?;
    }
    if subscription.is_some() && !book.has_waiting(&customer, subscription.as_deref()) {
        return Err(StripeError::coded("invoice_no_subscription_line_items", "Nothing to invoice for subscription"));
    }
    let at = book.time_of(&customer);
    let auto_advance = params.flag("auto_advance")?.unwrap_or(false);
    let draft = Draft { customer, subscription, reason: "manual", lines: Vec::new(), period: (at, at), auto_advance };
    let id = book.draft(draft, at);
    let invoice = book.invoices.get_mut(&id, "id")?;
    invoice.description = params.text("description");
    invoice.metadata = params.metadata();
    book.invoices.get(&id, "id").map(|invoice| book.invoice_json(invoice))
}

fn change(book: &mut Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let invoice = book.invoices.get(ask.id(), "id")?.clone();
    let at = book.time_of(&invoice.customer);
    let auto_advance = params.flag("auto_advance")?;
    let days = params.integer("days_until_due")?;
    let method = match params.settable("default_payment_method") {
        Some(Some(method)) => {
            Some(Some(book.own_payment_method(&method, &invoice.customer, "default_payment_method", at)?))
        }
        other => other,
    };
    let is_draft = invoice.status == InvoiceStatus::Draft;
    if !is_draft && ["footer", "days_until_due", "description"].iter().any(|name| params.has(name)) {
        return Err(StripeError::coded("invoice_not_editable", "Finalized invoices can't be updated in this way"));
    }
    book.change_invoice(ask.id(), at, |invoice| {
        if let Some(auto_advance) = auto_advance {
            invoice.auto_advance = auto_advance;
            if is_draft {
                invoice.finalizes_at = auto_advance.then_some(invoice.created.max(at - 1) + 3_600);
            }
            if !auto_advance {
                invoice.next_payment_attempt = None;
            }
        }
        if let Some(description) = params.settable("description") {
            invoice.description = description;
        }
        if let Some(footer) = params.settable("footer") {
            invoice.footer = footer;
        }
        invoice.days_until_due = days.or(invoice.days_until_due);
        if let Some(method) = method {
            invoice.default_payment_method = method;
        }
        params.merge_metadata(&mut invoice.metadata);
    });
    show(book, ask)
}

fn destroy(book: &mut Book, ask: &Ask) -> Answer {
    let invoice = book.invoices.get(ask.id(), "id")?;
    if invoice.status != InvoiceStatus::Draft || invoice.subscription.is_some() {
        return Err(StripeError::invalid(
            "You can only delete draft invoices that are not part of a subscription. Void the invoice instead.",
        ));
    }
    let at = book.time_of(&invoice.customer);
    let shown = book.invoice_json(invoice);
    book.invoices.take(ask.id());
    for item in book.invoice_items.iter_mut().filter(|item| item.invoice.as_deref() == Some(ask.id())) {
        item.invoice = None;
    }
    book.emit("invoice.deleted", shown, at);
    Ok(json!({"id": ask.id(), "object": "invoice", "deleted": true}))
}

fn lines(book: &Book, ask: &Ask) -> Answer {
    let invoice = book.invoices.get(ask.id(), "id")?;
    // Lines are in the order of the invoice, not newest first.
    page(ask, invoice.lines.iter().rev(), |line: &Line| line.json(&invoice.id))
}

fn finalize(book: &mut Book, ask: &Ask) -> Answer {
    let invoice = book.invoices.get(ask.id(), "id")?;
    if invoice.status != InvoiceStatus::Draft {
        return Err(StripeError::coded(
            "invoice_not_editable",
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
        ));
    }
    let at = book.time_of(&invoice.customer);
    let auto_advance = ask.params.flag("auto_advance")?;
    if let Some(invoice) = book.invoices.find_mut(ask.id()) {
        invoice.auto_advance = auto_advance.unwrap_or(invoice.auto_advance);
    }
    book.finalize(ask.id(), at);
    if let Some(invoice) = book.invoices.find_mut(ask.id()).filter(|invoice| invoice.status == InvoiceStatus::Open) {
        // Whoever finalises by hand does not wait for the attempt: it comes an hour later.
        invoice.next_payment_attempt = (invoice.auto_advance && !invoice.sends_invoices).then_some(at + 3_600);
    }
    show(book, ask)
}

fn pay(book: &mut Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let invoice = book.invoices.get(ask.id(), "id")?.clone();
    let at = book.time_of(&invoice.customer);
    params.flag("off_session")?;
    params.flag("forgive")?;
    match invoice.status {
        InvoiceStatus::Paid => return Err(StripeError::coded("invoice_already_paid", "Invoice is already paid")),
        InvoiceStatus::Void => {
            return Err(StripeError::invalid("This invoice can no longer be paid, because its status is void."));
        }
        InvoiceStatus::Draft => book.finalize(ask.id(), at),
        InvoiceStatus::Open | InvoiceStatus::Uncollectible => {}
    }
    if params.flag("paid_out_of_band")?.unwrap_or(false) {
        book.cancel_payments(ask.id(), at);
        book.mark_paid(ask.id(), at);
        return show(book, ask);
    }
    let method = match params.text("payment_method") {
        Some(method) => Some(book.own_payment_method(&method, &invoice.customer, "payment_method", at)?),
        None => None,
    };
    match book.collect(ask.id(), method.as_deref(), at).refusal() {
        Some(refusal) => Err(refusal),
        None => show(book, ask),
    }
}

fn void(book: &mut Book, ask: &Ask) -> Answer {
    let at = book.time_of(&book.invoices.get(ask.id(), "id")?.customer);
    book.void(ask.id(), at)?;
    show(book, ask)
}

fn mark_uncollectible(book: &mut Book, ask: &Ask) -> Answer {
    let at = book.time_of(&book.invoices.get(ask.id(), "id")?.customer);
    book.mark_uncollectible(ask.id(), at)?;
    show(book, ask)
}

fn send(book: &mut Book, ask: &Ask) -> Answer {
    let invoice = book.invoices.get(ask.id(), "id")?;
    if !invoice.sends_invoices {
        return Err(StripeError::invalid(
            "You can only manually send an invoice if its collection method is 'send_invoice'.",
        ));
    }
    let at = book.time_of(&invoice.customer);
    book.finalize(ask.id(), at);
    book.tell_of_invoice("invoice.sent", ask.id(), at);
    show(book, ask)
}
