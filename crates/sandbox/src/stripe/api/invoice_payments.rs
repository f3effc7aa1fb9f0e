//! `/v1/invoice_payments`, and the payment intents behind them.

use crate::stripe::book::Book;
use crate::stripe::dispatch::{Ask, Endpoint, get};
use crate::stripe::errors::Answer;
use crate::stripe::list::{Range, page};
use crate::stripe::records::{InvoicePayment, PaymentIntent};

/// The calls.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get("/v1/invoice_payments", &["invoice", "status", "payment[type]", "payment[payment_intent]"], payments),
    get("/v1/invoice_payments/{id}", &[], payment),
    get("/v1/payment_intents", &["customer", "created", "created[*]"], intents),
    get("/v1/payment_intents/{id}", &[], intent),
];

fn payments(book: &Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let (invoice, status) = (params.text("invoice"), params.word("status", &["open", "paid", "canceled"])?);
    let intent = params.group("payment").text("payment_intent");
    let passes = |payment: &&InvoicePayment| {
        invoice.as_ref().is_none_or(|invoice| payment.invoice == *invoice)
            && status.is_none_or(|status| payment.status() == status)
            && intent.as_ref().is_none_or(|intent| payment.intent == *intent)
    };
    page(ask, book.invoice_payments.iter().filter(passes), InvoicePayment::json)
}

fn payment(book: &Book, ask: &Ask) -> Answer {
    book.invoice_payments.get(ask.id(), "id").map(InvoicePayment::json)
}

fn intents(book: &Book, ask: &Ask) -> Answer {
    let customer = ask.params.text("customer");
    let created = Range::read(&ask.params, "created")?;
    let passes = |intent: &&PaymentIntent| {
        customer.as_ref().is_none_or(|customer| intent.customer == *customer) && created.has(intent.created)
    };
    page(ask, book.payment_intents.iter().filter(passes), PaymentIntent::json)
}

fn intent(book: &Book, ask: &Ask) -> Answer {
    book.payment_intents.get(ask.id(), "id").map(PaymentIntent::json)
}
