//! Cards: another one, another default, one less.

use askama::Template;
use axum::response::{IntoResponse as _, Response};

use crate::portal::{Form, render};
use crate::stripe::pages::answer::{see_other, unknown};
use crate::stripe::pages::card::{card_fields, place, read_card};
use crate::stripe::pages::challenge::{self, Outcome};
use crate::stripe::pages::fields::{Field, Fields, status};
use crate::stripe::pages::portal::visit::{Frame, Part, Visit};

#[derive(Template)]
#[template(path = "stripe_portal_card.html")]
struct Page {
    frame: Frame,
    action: String,
    fields: Vec<Field>,
    alert: Option<String>,
}

/// Asks for a card.
pub(super) async fn show(visit: Visit) -> Response {
    match visit.may(Part::Card) {
        Ok(()) => page(&visit, Fields(fields()), None),
        Err(refusal) => refusal.into_response(),
    }
}

fn fields() -> Vec<Field> {
    let mut fields = card_fields(false);
    fields.push(Field::country("country", "Country or region"));
    fields
}

/// Saves the card and makes it the default.
pub(super) async fn save(visit: Visit, form: Form) -> Response {
    if let Err(refusal) = visit.may(Part::Card) {
        return refusal.into_response();
    }
    let mut fields = Fields(fields());
    fields.read(&form);
    let mut alert = (challenge::outcome(&form) == Outcome::Failed).then(|| challenge::FAILED.to_owned());
    if alert.is_none()
        && let Some(mut card) = read_card(&mut fields, visit.at)
    {
        card.authenticated = challenge::outcome(&form) == Outcome::Confirmed;
        let last4 = card.last4().to_owned();
        match visit.write(|book, at| book.portal_add_card(&visit.customer.id, card, at)) {
            Ok(_) => return visit.finish("card"),
            Err(refusal) if refusal.code == Some(challenge::ACTION) => {
                return visit.answer(challenge::ask(&visit.path("/card"), &form, None, &last4));
            }
            Err(refusal) => alert = place(&mut fields, &refusal),
        }
    }
    page(&visit, fields, alert)
}

fn page(visit: &Visit, mut fields: Fields, alert: Option<String>) -> Response {
    fields.point();
    let status = status(fields.are_good() && alert.is_none());
    let page = Page { frame: visit.frame(), action: visit.path("/card"), fields: fields.0, alert };
    visit.answer(render(status, &page))
}

/// Makes a card the default.
pub(super) async fn choose(visit: Visit) -> Response {
    if let Err(refusal) = visit.may(Part::Card) {
        return refusal.into_response();
    }
    let id = own(&visit);
    match visit.write(|book, at| book.portal_choose_card(&visit.customer.id, id, at)) {
        Ok(()) => visit.finish("default"),
        Err(_) => unknown(),
    }
}

/// Takes a card away that nothing is charged to.
pub(super) async fn remove(visit: Visit) -> Response {
    if let Err(refusal) = visit.may(Part::Card) {
        return refusal.into_response();
    }
    let id = own(&visit);
    let removed = visit.write(|book, at| {
        let is_free = book.customer_of_card(id) == Some(visit.customer.id.as_str()) && !book.is_charged(id);
        if is_free {
            book.detach(id, at);
        }
        is_free
    });
    if removed { see_other(&visit.path("?done=removed")) } else { unknown() }
}

/// The card in the address. A token of a test card is no card of the customer's.
fn own(visit: &Visit) -> &str {
    let id = visit.name(0);
    let is_own = visit.app.book.read(|book| book.customer_of_card(id) == Some(visit.customer.id.as_str()));
    if is_own { id } else { "" }
}
