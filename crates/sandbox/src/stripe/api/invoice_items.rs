//! `/v1/invoiceitems`: what waits for an invoice.

use serde_json::json;

use crate::ids;
use crate::stripe::api::customers::{live, other_currency};
use crate::stripe::book::Book;
use crate::stripe::dispatch::{Ask, Endpoint, delete, get, post};
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::list::page;
use crate::stripe::records::{InvoiceItem, InvoiceStatus, Line};

/// The calls.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get("/v1/invoiceitems", &["customer", "invoice", "pending"], list),
    post(
        "/v1/invoiceitems",
        &["customer", "amount", "currency", "description", "subscription", "invoice", "metadata[*]"],
        create,
    ),
    delete("/v1/invoiceitems/{id}", &[], destroy),
];

fn list(book: &Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let (customer, invoice, pending) = (params.text("customer"), params.text("invoice"), params.flag("pending")?);
    let passes = |item: &&InvoiceItem| {
        customer.as_ref().is_none_or(|customer| item.customer == *customer)
            && invoice.as_ref().is_none_or(|invoice| item.invoice.as_ref() == Some(invoice))
            && pending.is_none_or(|pending| item.invoice.is_none() == pending)
    };
    page(ask, book.invoice_items.iter().filter(passes), InvoiceItem::json)
}

fn create(book: &mut Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let id = params.required("customer")?;
    let customer = live(book, &id, "customer")?;
    let currency = params.text("currency").or_else(|| customer.currency.clone());
    let currency = currency.ok_or_else(|| StripeError::missing("currency"))?;
    if customer.currency.as_ref().is_some_and(|own| *own != currency) {
        return Err(other_currency(customer.currency.as_deref().unwrap_or_default(), &currency));
    }
    let amount = params.integer("amount")?.ok_or_else(|| StripeError::missing("amount"))?;
    let at = book.time_of(&id);
    let (subscription, invoice) = (params.text("subscription"), params.text("invoice"));
    if let Some(subscription) = &subscription {
        book.subscriptions.get(subscription, "subscription")?;
    }
    if let Some(invoice) = &invoice
        && book.invoices.get(invoice, "invoice")?.status != InvoiceStatus::Draft
    {
        return Err(StripeError::coded("invoice_not_editable", "The invoice is not a draft any more.").about("invoice"));
    }
    let item_id = ids::fresh("ii_");
    let line = Line {
        id: ids::fresh("il_"),
        amount,
        currency,
        description: params.text("description"),
        start: at,
        end: at,
        price: None,
        unit_amount: amount,
        quantity: 1,
        subscription,
        subscription_item: None,
        proration: false,
        invoice_item: Some(item_id.clone()),
        credited: None,
        metadata: params.metadata(),
    };
    if let Some(invoice) = invoice.as_deref().and_then(|invoice| book.invoices.find_mut(invoice)) {
        invoice.lines.push(line.clone());
    }
    let item = InvoiceItem { id: item_id, customer: id, invoice, line, created: at };
    let shown = item.json();
    book.invoice_items.put(item);
    book.emit("invoiceitem.created", shown.clone(), at);
    Ok(shown)
}

fn destroy(book: &mut Book, ask: &Ask) -> Answer {
    let item = book.invoice_items.get(ask.id(), "id")?;
    if item.invoice.is_some() {
        return Err(StripeError::invalid("You can only delete invoice items that are not on an invoice."));
    }
    let at = book.time_of(&item.customer);
    let shown = item.json();
    book.invoice_items.take(ask.id());
    book.emit("invoiceitem.deleted", shown, at);
    Ok(json!({"id": ask.id(), "object": "invoiceitem", "deleted": true}))
}
