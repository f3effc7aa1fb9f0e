//! The portal's first page: plans, cards, data and invoices.

use askama::Template;
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;

use crate::portal::render;
use crate::stripe::billing::Preview;
use crate::stripe::book::Book;
use crate::stripe::clock::day;
use crate::stripe::pages::answer::see_other;
use crate::stripe::pages::money::{every, money};
use crate::stripe::pages::portal::plans::can_change;
use crate::stripe::pages::portal::visit::{Frame, Visit};
use crate::stripe::records::{Invoice, InvoiceStatus, PaymentMethod, Status, Subscription};

/// Invoices the page shows.
const SHOWN: usize = 24;

#[derive(Template)]
#[template(path = "stripe_portal.html")]
struct Page {
    frame: Frame,
    path: String,
    customer: String,
    news: Option<&'static str>,
    plans: Vec<Plan>,
    /// None when cards are not to be seen.
    cards: Option<Vec<Card>>,
    /// Names and values; none when the customer's data is not to be seen.
    data: Option<Vec<(&'static str, String)>>,
    credit: Option<String>,
    /// None when invoices are not to be seen.
    invoices: Option<Vec<Row>>,
    privacy: Option<String>,
    terms: Option<String>,
}

struct Plan {
    id: String,
    name: String,
    price: String,
    state: &'static str,
    text: String,
    next: Option<String>,
    /// What is open, and where it is paid.
    open: Option<(String, String)>,
    /// A change that waits for its day.
    change: Option<String>,
    card: Option<String>,
    can_change: bool,
    can_cancel: bool,
    can_renew: bool,
}

struct Card {
    id: String,
    name: String,
    expiry: String,
    is_default: bool,
    is_removable: bool,
}

struct Row {
    date: String,
    number: String,
    amount: String,
    status: &'static str,
    text: String,
    href: String,
}

/// Brand and last digits.
pub(in crate::stripe::pages) fn card_name(method: &PaymentMethod) -> String {
    let brand = match method.card.brand.as_str() {
        "visa" => "Visa",
        "mastercard" => "Mastercard",
        "amex" => "American Express",
        "discover" => "Discover",
        other => other,
    };
    format!("{brand} •••• {}", method.card.last4())
}

/// What a subscription is of.
pub(super) fn plan_name(book: &Book, subscription: &Subscription) -> String {
    let names = subscription.items.iter().filter_map(|item| {
        let product = book.products.find(&book.prices.find(&item.price)?.product)?;
        let times = if item.quantity == 1 { String::new() } else { format!(" × {}", item.quantity) };
        Some(format!("{}{times}", product.name))
    });
    names.collect::<Vec<_>>().join(", ")
}

/// The page, or where the session's one thing begins.
pub(super) async fn show(visit: Visit, RawQuery(query): RawQuery) -> Response {
    if let Some(flow) = visit.flow_left() {
        return see_other(&visit.flow_start(flow));
    }
    if !visit.is_at_home() {
        return see_other(&visit.after_flow());
    }
    let features = &visit.configuration.features;
    let customer = &visit.customer;
    let page = visit.app.book.read(|book| Page {
        frame: visit.front(),
        path: visit.path(""),
        customer: customer.name.clone().or_else(|| customer.email.clone()).unwrap_or_else(|| customer.id.clone()),
        news: query.as_deref().and_then(|query| query.strip_prefix("done=")).and_then(news),
        plans: plans(book, &visit),
        cards: features.payment_method_update.then(|| cards(book, &visit)),
        data: features.customer_update.as_ref().map(|_| data(book, &visit)),
        credit: customer
            .currency
            .as_deref()
            .filter(|_| customer.balance < 0)
            .map(|currency| money(-customer.balance, currency)),
        invoices: features.invoice_history.then(|| invoices(book, &customer.id)),
        privacy: visit.configuration.privacy_policy_url.clone(),
        terms: visit.configuration.terms_of_service_url.clone(),
    });
    visit.answer(render(StatusCode::OK, &page))
}

fn news(word: &str) -> Option<&'static str> {
    Some(match word {
        "card" => "Your card has been saved and is the default.",
        "default" => "The default card has been changed.",
        "removed" => "The card has been removed.",
        "cancelled" => "Your plan has been cancelled.",
        "renewed" => "Your plan goes on.",
        "changed" => "Your plan has been changed.",
        "scheduled" => "Your plan will be changed at the end of the period.",
        "kept" => "Your plan stays as it is.",
        "customer" => "Your billing information has been updated.",
        _ => return None,
    })
}

fn plans(book: &Book, visit: &Visit) -> Vec<Plan> {
    let mine = book.subscriptions.iter().rev();
    mine.filter(|subscription| subscription.customer == visit.customer.id && !subscription.status.is_over())
        .map(|subscription| plan(book, visit, subscription))
        .collect()
}

fn plan(book: &Book, visit: &Visit, subscription: &Subscription) -> Plan {
    let currency = &subscription.currency;
    let priced = subscription.items.iter().filter_map(|item| {
        let price = book.prices.find(&item.price)?;
        Some((price.amount_in(currency)? * item.quantity, price.rhythm()))
    });
    let priced: Vec<_> = priced.collect();
    let whole: i64 = priced.iter().map(|(amount, _)| amount).sum();
    let rhythm = priced.first().map_or_else(String::new, |(_, rhythm)| every(*rhythm));
    let end = subscription.period_end();
    let ends = subscription.cancel_at.or(subscription.cancel_at_period_end.then_some(end));
    let (state, text) = match (subscription.status, ends) {
        (_, Some(end)) => ("Cancels", format!("Your plan will be cancelled on {}.", day(end))),
        (Status::Trialing, None) => ("Trial", format!("Your trial ends on {}.", day(end))),
        (Status::PastDue, None) => ("Past due", "Your last payment did not come through.".to_owned()),
        (Status::Unpaid, None) => ("Unpaid", "Your plan has not been paid.".to_owned()),
        (Status::Paused, None) => ("Paused", "Your plan is paused.".to_owned()),
        (Status::Incomplete, None) => ("Incomplete", "The first payment has not been made.".to_owned()),
        (_, None) => ("Active", format!("Your plan renews on {}.", day(end))),
    };
    let next = book.preview(Some(&subscription.id), &Preview::Next(None), visit.at).ok();
    let next = next.as_ref().and_then(|next| Some((next["amount_due"].as_i64()?, next["created"].as_i64()?)));
    let open = book.invoices.iter().rev().find(|invoice| {
        invoice.status == InvoiceStatus::Open && invoice.subscription.as_deref() == Some(subscription.id.as_str())
    });
    let schedule = subscription.schedule.as_deref().and_then(|id| book.schedules.find(id));
    let change = schedule.and_then(|schedule| {
        let phase = schedule.phases.get(schedule.current + 1)?;
        let price = book.prices.find(&phase.items.first()?.0)?;
        let product = book.products.find(&price.product)?;
        let amount = money(price.amount_in(currency)?, currency);
        Some(format!("Changes to {} ({amount} {}) on {}.", product.name, every(price.rhythm()), day(phase.start)))
    });
    let method = book.method_for(&visit.customer.id, Some(&subscription.id), None);
    let cancel = visit.configuration.features.subscription_cancel.enabled;
    Plan {
        id: subscription.id.clone(),
        name: plan_name(book, subscription),
        price: format!("{} {rhythm}", money(whole, currency)),
        state,
        text,
        next: next.map(|(amount, at)| format!("{} on {}", money(amount, currency), day(at))),
        open: open.map(|invoice| (money(invoice.amount_remaining(), &invoice.currency), page_of(book, invoice))),
        change,
        card: method.and_then(|id| book.payment_methods.find(&id).map(card_name)),
        can_change: can_change(&visit.configuration, subscription),
        can_cancel: cancel && ends.is_none(),
        can_renew: cancel && ends.is_some(),
    }
}

fn cards(book: &Book, visit: &Visit) -> Vec<Card> {
    let mine = book.payment_methods.iter().rev();
    mine.filter(|method| method.customer.as_deref() == Some(visit.customer.id.as_str()))
        .map(|method| Card {
            id: method.id.clone(),
            name: card_name(method),
            expiry: format!("{:02} / {}", method.card.exp_month, method.card.exp_year),
            is_default: visit.customer.default_payment_method.as_ref() == Some(&method.id),
            is_removable: !book.is_charged(&method.id),
        })
        .collect()
}

fn data(book: &Book, visit: &Visit) -> Vec<(&'static str, String)> {
    let customer = &visit.customer;
    let address = customer.address.as_ref().map(|address| {
        let parts =
            [&address.line1, &address.line2, &address.postal_code, &address.city, &address.state, &address.country];
        parts.into_iter().flatten().cloned().collect::<Vec<_>>().join(", ")
    });
    let tax_ids = book.tax_ids.iter().filter(|tax_id| tax_id.customer == customer.id);
    let tax_ids: Vec<_> = tax_ids.map(|tax_id| tax_id.value.clone()).collect();
    [
        ("Name", customer.name.clone()),
        ("Email", customer.email.clone()),
        ("Phone", customer.phone.clone()),
        ("Address", address),
        ("Tax ID", (!tax_ids.is_empty()).then(|| tax_ids.join(", "))),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)))
    .collect()
}

fn invoices(book: &Book, customer: &str) -> Vec<Row> {
    let mine = book.invoices.iter().rev();
    mine.filter(|invoice| invoice.customer == customer && invoice.finalized_at.is_some())
        .take(SHOWN)
        .map(|invoice| Row {
            date: day(invoice.created),
            number: invoice.number.clone().unwrap_or_default(),
            amount: money(invoice.total(), &invoice.currency),
            status: state_of(invoice.status),
            text: invoice.lines.last().and_then(|line| line.description.clone()).unwrap_or_default(),
            href: page_of(book, invoice),
        })
        .collect()
}

/// A word for people.
pub(in crate::stripe::pages) fn state_of(status: InvoiceStatus) -> &'static str {
    match status {
        InvoiceStatus::Draft => "Draft",
        InvoiceStatus::Open => "Open",
        InvoiceStatus::Paid => "Paid",
        InvoiceStatus::Uncollectible => "Uncollectible",
        InvoiceStatus::Void => "Void",
    }
}

/// The invoice's page: the address the API gives.
fn page_of(book: &Book, invoice: &Invoice) -> String {
    let shown = book.invoice_json(invoice);
    shown["hosted_invoice_url"].as_str().map_or_else(String::new, str::to_owned)
}
