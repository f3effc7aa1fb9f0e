//! `/c/pay/…`: the page on which a session is completed.

use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;

use crate::app::{App, Shared};
use crate::portal::{Form, render};
use crate::stripe::book::Book;
use crate::stripe::checkout::Typed;
use crate::stripe::clock::{DAY, Seconds, day};
use crate::stripe::pages::answer::{Link, notice, see_other, unknown};
use crate::stripe::pages::card::{card_fields, is_typed, place, read_card};
use crate::stripe::pages::challenge::{self, Outcome};
use crate::stripe::pages::fields::{Field, Fields, TAX_IDS, address, address_fields, read_tax_id, status};
use crate::stripe::pages::guard::{leading_to, web_address};
use crate::stripe::pages::money::{every, money};
use crate::stripe::records::{CheckoutSession, SessionStatus};

/// How long a buyer waits for the application to hear of it.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Template)]
#[template(path = "stripe_checkout.html")]
struct Page {
    action: String,
    back: Option<String>,
    /// `Subscribe to Team`, `Try Team`, `Save your card`.
    heading: String,
    /// The large amount, and what stands beside it.
    headline: Option<(String, String)>,
    lines: Vec<Line>,
    /// What is paid after a trial, and from when on.
    after_trial: Option<String>,
    total: Option<String>,
    /// The customer's address of mail, when it is known.
    email: Option<String>,
    contact: Vec<Field>,
    card: Vec<Field>,
    card_optional: bool,
    card_open: bool,
    address: Vec<Field>,
    tax: Vec<Field>,
    custom: Vec<Field>,
    promotion: Vec<Field>,
    terms: bool,
    accepts: bool,
    terms_error: bool,
    terms_text: Option<String>,
    submit_text: Option<String>,
    after_text: Option<String>,
    submit: &'static str,
    alert: Option<String>,
}

struct Line {
    name: String,
    description: Option<String>,
    quantity: i64,
    amount: String,
    every: String,
}

/// What is known of a session when somebody looks at its page.
struct Seen {
    session: CheckoutSession,
    now: Seconds,
    asks_for_card: bool,
    asks_for_email: bool,
}

impl Seen {
    fn find(book: &Book, id: &str) -> Option<Self> {
        let session = book.checkout_sessions.find(id)?.clone();
        let customer = book.customers.find(&session.customer).filter(|customer| !customer.deleted)?;
        Some(Self {
            now: book.time_of(&session.customer),
            asks_for_card: book.checkout_asks_for_card(id),
            asks_for_email: customer.email.is_none(),
            session,
        })
    }

    /// Whether it can be completed. Its end may have come since the clocks were looked at.
    fn is_open(&self) -> bool {
        self.session.status == SessionStatus::Open && self.now < self.session.expires_at
    }

    fn needs_address(&self) -> bool {
        self.session.automatic_tax || self.session.billing_address_collection.as_deref() == Some("required")
    }

    fn path(&self) -> String {
        format!("/c/pay/{}", self.session.id)
    }

    /// The fields of each part of the page.
    fn fields(&self) -> Groups {
        let session = &self.session;
        let contact = if self.asks_for_email { vec![Field::email("email", "Email")] } else { Vec::new() };
        let mut card = card_fields(!self.asks_for_card);
        let mut address = Vec::new();
        if self.needs_address() {
            address = address_fields(None);
        } else {
            card.push(Field::country("country", "Country or region"));
        }
        let tax = if session.tax_id_collection {
            vec![
                Field::text("business_name", "Business name", "organization").optional(),
                Field::choice("tax_id_type", "Type of tax ID", "off", TAX_IDS).optional(),
                Field::text("tax_id", "Tax ID", "off").optional(),
            ]
        } else {
            Vec::new()
        };
        let custom = session.custom_fields.iter().map(|field| Field {
            optional: field.optional,
            ..Field::text(&format!("field_{}", field.key), &field.label, "off")
        });
        let promotion = if session.allow_promotion_codes {
            vec![Field::text("promotion_code", "Promotion code", "off").optional()]
        } else {
            Vec::new()
        };
        Groups { contact, card, address, tax, custom: custom.collect(), promotion }
    }
}

/// The fields of the page.
struct Groups {
    contact: Vec<Field>,
    card: Vec<Field>,
    address: Vec<Field>,
    tax: Vec<Field>,
    custom: Vec<Field>,
    promotion: Vec<Field>,
}

impl Groups {
    /// All of them in one, to be read.
    fn join(self) -> (Fields, [usize; 6]) {
        let groups = [self.contact, self.card, self.address, self.tax, self.custom, self.promotion];
        let lengths = groups.each_ref().map(Vec::len);
        (Fields(groups.into_iter().flatten().collect()), lengths)
    }

    fn split(fields: Fields, lengths: [usize; 6]) -> Self {
        let mut rest = fields.0.into_iter();
        let [contact, card, address, tax, custom, promotion] =
            lengths.map(|length| rest.by_ref().take(length).collect());
        Self { contact, card, address, tax, custom, promotion }
    }
}

/// The page of a session, whatever has become of it.
pub(super) async fn show(State(app): State<Shared>, Path(id): Path<String>) -> Response {
    match app.book.read(|book| Seen::find(book, &id)) {
        Some(seen) if seen.is_open() => page(&app, &seen, seen.fields(), &Faults::default()),
        Some(seen) => closed(&seen.session),
        None => unknown(),
    }
}

/// What is wrong beside the fields.
#[derive(Default)]
struct Faults {
    alert: Option<String>,
    terms: bool,
    accepts: bool,
}

fn closed(session: &CheckoutSession) -> Response {
    let link = |url: Option<&str>, text: &str| {
        web_address(url).map(|url| Link { href: url.to_string(), text: text.to_owned() })
    };
    if session.status == SessionStatus::Complete {
        let message = "This Checkout Session was completed before. Nothing was charged again.";
        let destination = session.destination();
        return notice(StatusCode::OK, "You're all done here", message, link(destination.as_deref(), "Continue"));
    }
    let message = "This Checkout Session has expired, and nothing was charged. Go back and begin again.";
    let back = link(session.cancel_url.as_deref(), "Go back");
    notice(StatusCode::OK, "This page has expired", message, back)
}

/// Takes the form: buys, asks for more, or says what is wrong.
pub(super) async fn submit(State(app): State<Shared>, Path(id): Path<String>, form: Form) -> Response {
    let Some(seen) = app.book.read(|book| Seen::find(book, &id)) else {
        return unknown();
    };
    if !seen.is_open() {
        // Whoever pressed twice is led on by the second answer: the first one is not looked at any more.
        return if seen.session.status == SessionStatus::Complete {
            onward(&app, &seen.session).await
        } else {
            closed(&seen.session)
        };
    }
    let (mut fields, lengths) = seen.fields().join();
    fields.read(&form);
    let mut faults = Faults { accepts: form.get("terms") == "accepted", ..Faults::default() };
    let typed = read(&seen, &mut fields, &mut faults, &form);
    if let Some(typed) = typed {
        let last4 = typed.card.as_ref().map_or_else(String::new, |card| card.last4().to_owned());
        let done = app.book.write(|book| {
            let at = book.time_of(&seen.session.customer);
            book.complete_checkout(&id, typed, at)
        });
        match done {
            Ok(()) => return onward(&app, &seen.session).await,
            Err(refusal) if refusal.code == Some(challenge::ACTION) => {
                let total = app.book.read(|book| book.checkout_total(&seen.session));
                let amount = (total > 0).then(|| money(total, &seen.session.currency));
                return addressed(challenge::ask(&seen.path(), &form, amount, &last4), &seen.session);
            }
            Err(refusal) => {
                // Another form of the same session may have been quicker.
                let again = app.book.read(|book| Seen::find(book, &id));
                if again.is_some_and(|again| again.session.status == SessionStatus::Complete) {
                    return onward(&app, &seen.session).await;
                }
                faults.alert = place(&mut fields, &refusal);
            }
        }
    }
    fields.point();
    page(&app, &seen, Groups::split(fields, lengths), &faults)
}

/// What was typed, if it is all there.
fn read(seen: &Seen, fields: &mut Fields, faults: &mut Faults, form: &Form) -> Option<Typed> {
    let session = &seen.session;
    let mut card = None;
    if seen.asks_for_card || is_typed(fields) {
        card = read_card(fields, seen.now);
        if let Some(card) = &mut card {
            card.authenticated = challenge::outcome(form) == Outcome::Confirmed;
        }
    }
    let address = address(fields);
    let tax_id = read_tax_id(fields);
    if fields.value("promotion_code").is_some() {
        fields.refuse("promotion_code", "This code is invalid.");
    }
    faults.terms = session.terms_of_service && !faults.accepts;
    if challenge::outcome(form) == Outcome::Failed {
        faults.alert = Some(challenge::FAILED.to_owned());
    }
    if !fields.are_good() || faults.terms || faults.alert.is_some() {
        return None;
    }
    let custom = session.custom_fields.iter().filter_map(|field| {
        let value = fields.value(&format!("field_{}", field.key))?;
        Some((field.key.clone(), value))
    });
    Some(Typed {
        name: fields.value("name"),
        email: fields.value("email"),
        business_name: fields.value("business_name"),
        address: (card.is_some() || seen.needs_address()).then_some(address),
        card,
        saved_method: None,
        tax_id,
        fields: custom.collect(),
        accepts_terms: faults.accepts,
    })
}

/// To the application, once it has heard of it or has had its time.
async fn onward(app: &App, session: &CheckoutSession) -> Response {
    let begun = tokio::time::Instant::now();
    let has_taken = || app.book.read(|book| book.has_taken("checkout.session.completed", &session.id));
    while !has_taken() && begun.elapsed() < PATIENCE {
        tokio::time::sleep(LOOK).await;
    }
    match session.destination().filter(|url| web_address(Some(url)).is_some()) {
        Some(url) => see_other(&url),
        None => closed(&CheckoutSession { status: SessionStatus::Complete, ..session.clone() }),
    }
}

fn addressed(response: Response, session: &CheckoutSession) -> Response {
    let destination = session.destination();
    leading_to(response, [destination.as_deref(), session.cancel_url.as_deref()])
}

fn page(app: &App, seen: &Seen, groups: Groups, faults: &Faults) -> Response {
    let session = &seen.session;
    let parts = [&groups.contact, &groups.card, &groups.address, &groups.tax, &groups.custom, &groups.promotion];
    let is_good =
        parts.into_iter().flatten().all(|field| field.error.is_none()) && faults.alert.is_none() && !faults.terms;
    let text = |name: &str| session.custom_text.get(name).cloned();
    let (lines, email, price, rhythm) = app.book.read(|book| {
        let rhythm = session.line_items.first().and_then(|(price, _)| book.prices.find(price)).map(|it| it.rhythm());
        let email = book.customers.find(&session.customer).and_then(|customer| customer.email.clone());
        (lines(book, session), email, book.checkout_price(session), rhythm.map_or_else(String::new, every))
    });
    let name = lines.first().map_or_else(String::new, |line| line.name.clone());
    let trial = session.trial_end_at(seen.now);
    let is_subscription = session.mode == "subscription";
    let price = money(price, &session.currency);
    let (heading, headline, submit) = match trial {
        _ if !is_subscription => ("Save your payment details".to_owned(), None, "Save card"),
        Some(end) => {
            let days = (end - seen.now + DAY - 1) / DAY;
            let unit = if days == 1 { "day" } else { "days" };
            let after = format!("Then {price} {rhythm}");
            (format!("Try {name}"), Some((format!("{days} {unit} free"), after)), "Start trial")
        }
        None => (format!("Subscribe to {name}"), Some((price.clone(), rhythm.clone())), "Subscribe"),
    };
    let submit = match session.submit_type.as_deref() {
        Some("pay") => "Pay",
        Some("book") => "Book",
        Some("donate") => "Donate",
        _ => submit,
    };
    let total = if trial.is_some() { money(0, &session.currency) } else { price.clone() };
    let page = Page {
        action: seen.path(),
        back: web_address(session.cancel_url.as_deref()).map(|url| url.to_string()),
        heading,
        headline,
        lines,
        after_trial: trial.map(|end| format!("{price} {rhythm} from {}", day(end))),
        total: is_subscription.then_some(total),
        email,
        card_optional: !seen.asks_for_card,
        card_open: groups
            .card
            .iter()
            .any(|field| field.error.is_some() || (field.name == "number" && !field.value.is_empty())),
        contact: groups.contact,
        card: groups.card,
        address: groups.address,
        tax: groups.tax,
        custom: groups.custom,
        promotion: groups.promotion,
        terms: session.terms_of_service,
        accepts: faults.accepts,
        terms_error: faults.terms,
        terms_text: text("terms_of_service_acceptance"),
        submit_text: text("submit"),
        after_text: text("after_submit"),
        submit,
        alert: faults.alert.clone(),
    };
    addressed(render(status(is_good), &page), session)
}

fn lines(book: &Book, session: &CheckoutSession) -> Vec<Line> {
    let line = |(id, quantity): &(String, i64)| {
        let price = book.prices.find(id)?;
        let product = book.products.find(&price.product)?;
        let amount = price.amount_in(&session.currency)? * quantity;
        Some(Line {
            name: product.name.clone(),
            description: product.description.clone(),
            quantity: *quantity,
            amount: money(amount, &session.currency),
            every: every(price.rhythm()),
        })
    };
    session.line_items.iter().filter_map(line).collect()
}
