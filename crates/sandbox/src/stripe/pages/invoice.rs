//! `/i/…`: an invoice, where whoever has its address can see and pay it; and as a file.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

use crate::app::{App, Shared};
use crate::portal::{Form, render};
use crate::stripe::clock::{Seconds, day};
use crate::stripe::pages::answer::{see_other, unknown};
use crate::stripe::pages::card::{card_fields, place, read_card};
use crate::stripe::pages::challenge::{self, Outcome};
use crate::stripe::pages::fields::{Field, Fields, status};
use crate::stripe::pages::money::money;
use crate::stripe::pages::pdf;
use crate::stripe::pages::portal::{card_name, state_of};
use crate::stripe::records::{Invoice, InvoiceStatus};

/// Name and value.
type Pair = (String, String);

#[derive(Template)]
#[template(path = "stripe_invoice.html")]
struct Page {
    action: String,
    number: String,
    state: &'static str,
    amount: String,
    text: String,
    facts: Vec<Pair>,
    lines: Vec<Row>,
    totals: Vec<Pair>,
    footer: Option<String>,
    /// The card form; empty when there is nothing to pay.
    card: Vec<Field>,
    alert: Option<String>,
}

struct Row {
    text: String,
    period: String,
    quantity: i64,
    amount: String,
}

fn find(app: &App, secret: &str) -> Option<(Invoice, Seconds)> {
    app.book.read(|book| {
        let invoice =
            book.invoices.iter().find(|invoice| invoice.secret == secret && invoice.finalized_at.is_some())?;
        Some((invoice.clone(), book.time_of(&invoice.customer)))
    })
}

/// The invoice.
pub(super) async fn show(State(app): State<Shared>, Path((account, secret)): Path<(String, String)>) -> Response {
    match find(&app, &secret) {
        Some((invoice, _)) => page(&app, &path(&account, &secret), &invoice, Fields(card_fields(false)), None),
        None => unknown(),
    }
}

fn path(account: &str, secret: &str) -> String {
    format!("/i/{account}/{secret}")
}

/// Pays it with another card.
pub(super) async fn pay(
    State(app): State<Shared>,
    Path((account, secret)): Path<(String, String)>,
    form: Form,
) -> Response {
    let Some((invoice, at)) = find(&app, &secret) else {
        return unknown();
    };
    let path = path(&account, &secret);
    // Pressed twice, or paid in between: the page says so.
    if !invoice.is_payable() {
        return see_other(&path);
    }
    let mut fields = Fields(card_fields(false));
    fields.read(&form);
    let mut alert = (challenge::outcome(&form) == Outcome::Failed).then(|| challenge::FAILED.to_owned());
    if alert.is_none()
        && let Some(mut card) = read_card(&mut fields, at)
    {
        card.authenticated = challenge::outcome(&form) == Outcome::Confirmed;
        let last4 = card.last4().to_owned();
        let refusal = app.book.write(|book| {
            let confirmed = card.authenticated;
            // While the form was on its way somebody else may have paid.
            if book.invoices.find(&invoice.id).is_none_or(|invoice| !invoice.is_payable()) {
                return None;
            }
            match book.save_card(&invoice.customer, card, at) {
                Ok(method) => book.collect_with_holder(&invoice.id, &method, confirmed, at).refusal(),
                Err(refusal) => Some(refusal),
            }
        });
        match refusal {
            None => return see_other(&path),
            Some(refusal) if refusal.code == Some(challenge::ACTION) => {
                let amount = money(invoice.amount_remaining(), &invoice.currency);
                return challenge::ask(&path, &form, Some(amount), &last4);
            }
            Some(refusal) => alert = place(&mut fields, &refusal),
        }
    }
    fields.point();
    page(&app, &path, &invoice, fields, alert)
}

fn page(app: &App, action: &str, invoice: &Invoice, fields: Fields, alert: Option<String>) -> Response {
    let is_good = fields.are_good() && alert.is_none();
    let currency = &invoice.currency;
    let text = match invoice.status {
        InvoiceStatus::Paid => format!("Invoice paid on {}.", day(invoice.paid_at.unwrap_or_default())),
        InvoiceStatus::Void => "This invoice is void: nothing is to be paid.".to_owned(),
        InvoiceStatus::Uncollectible => "This invoice was given up. It can still be paid.".to_owned(),
        InvoiceStatus::Open | InvoiceStatus::Draft => match invoice.due_date {
            Some(due) => format!("Due on {}.", day(due)),
            None => "This invoice has not been paid.".to_owned(),
        },
    };
    let paid_with = (invoice.status == InvoiceStatus::Paid).then(|| card_of(app, invoice)).flatten();
    let mut facts = facts(invoice);
    facts.extend(paid_with.map(|card| ("Payment method".to_owned(), card)));
    let page = Page {
        action: action.to_owned(),
        number: invoice.number.clone().unwrap_or_default(),
        state: state_of(invoice.status),
        amount: money(if invoice.is_payable() { invoice.amount_remaining() } else { invoice.total() }, currency),
        text,
        facts,
        lines: invoice
            .lines
            .iter()
            .map(|line| Row {
                text: line.description.clone().unwrap_or_default(),
                period: format!("{} – {}", day(line.start), day(line.end)),
                quantity: line.quantity,
                amount: money(line.amount, currency),
            })
            .collect(),
        totals: totals(invoice),
        footer: invoice.footer.clone(),
        card: if invoice.is_payable() { fields.0 } else { Vec::new() },
        alert,
    };
    render(status(is_good), &page)
}

/// The card an invoice was paid with.
fn card_of(app: &App, invoice: &Invoice) -> Option<String> {
    app.book.read(|book| {
        let payment = book.invoice_payments.iter().rev().find(|payment| payment.invoice == invoice.id)?;
        let method = book.payment_intents.find(&payment.intent)?.payment_method.as_deref()?;
        book.payment_methods.find(method).map(card_name)
    })
}

/// What is known of an invoice.
fn facts(invoice: &Invoice) -> Vec<Pair> {
    let address = invoice.customer_address.as_ref().map(|address| {
        let parts = [&address.line1, &address.line2, &address.postal_code, &address.city, &address.country];
        parts.into_iter().flatten().cloned().collect::<Vec<_>>().join(", ")
    });
    let mut facts = vec![("Date of issue".to_owned(), Some(day(invoice.finalized_at.unwrap_or(invoice.created))))];
    facts.push(("Date due".to_owned(), invoice.due_date.map(day)));
    facts.push(("From".to_owned(), Some("Tenantry sandbox".to_owned())));
    facts.push(("To".to_owned(), invoice.customer_name.clone()));
    facts.push(("Email".to_owned(), invoice.customer_email.clone()));
    facts.push(("Address".to_owned(), address));
    facts.extend(invoice.customer_tax_ids.iter().map(|(_, value)| ("Tax ID".to_owned(), Some(value.clone()))));
    facts.extend(invoice.custom_fields.iter().map(|field| (field.name.clone(), Some(field.value.clone()))));
    facts.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?))).collect()
}

/// What it comes to.
fn totals(invoice: &Invoice) -> Vec<Pair> {
    let currency = &invoice.currency;
    let total = invoice.total();
    let applied = if total > 0 { invoice.amount_due() - total } else { 0 };
    let mut totals = vec![("Total".to_owned(), money(total, currency))];
    if applied != 0 {
        totals.push(("Applied balance".to_owned(), money(applied, currency)));
    }
    if total < 0 {
        totals.push(("Credited to the balance".to_owned(), money(-total, currency)));
    }
    totals.push(("Amount paid".to_owned(), money(invoice.amount_paid, currency)));
    totals.push(("Amount remaining".to_owned(), money(invoice.amount_remaining(), currency)));
    totals
}

/// The invoice as a file.
pub(super) async fn pdf(State(app): State<Shared>, Path((_, secret)): Path<(String, String)>) -> Response {
    let Some((invoice, _)) = find(&app, &secret) else {
        return unknown();
    };
    let number = invoice.number.clone().unwrap_or_default();
    let sheet = pdf::Sheet {
        title: format!("Invoice {number}"),
        state: state_of(invoice.status).to_owned(),
        facts: facts(&invoice),
        lines: invoice
            .lines
            .iter()
            .map(|line| {
                let text = line.description.clone().unwrap_or_default();
                let text = format!("{text} ({} to {})", day(line.start), day(line.end));
                (text, money(line.amount, &invoice.currency))
            })
            .collect(),
        totals: totals(&invoice),
        footer: invoice.footer.clone(),
    };
    let name = format!("attachment; filename=\"Invoice-{number}.pdf\"");
    ([(CONTENT_TYPE, "application/pdf".to_owned()), (CONTENT_DISPOSITION, name)], sheet.write()).into_response()
}
