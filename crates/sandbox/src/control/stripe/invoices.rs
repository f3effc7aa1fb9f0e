//! Paying an invoice as its page does.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::app::Shared;
use crate::control::answer::wrong;
use crate::control::input::Input;
use crate::control::stripe::{card, done_or_refused};
use crate::stripe::StripeError;

/// Pays with `card`, which is saved with the customer.
pub(super) async fn pay(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    let card = match card(&input) {
        Ok(Some(card)) => card,
        Ok(None) => return wrong("there must be a card"),
        Err(complaint) => return wrong(complaint),
    };
    let outcome = app.book.write(|book| {
        let invoice = book.invoices.get(&id, "id")?;
        if !invoice.is_payable() {
            return Err(StripeError::invalid("This invoice can not be paid any more."));
        }
        let customer = invoice.customer.clone();
        let at = book.time_of(&customer);
        let confirmed = card.authenticated;
        let method = book.save_card(&customer, card, at)?;
        let outcome = book.collect_with_holder(&id, &method, confirmed, at);
        let failure = book.last_failure(&id);
        match outcome.refusal() {
            Some(refusal) => Err(refusal.with("last_failure", failure.into())),
            None => book.invoices.get(&id, "id").map(|invoice| book.invoice_json(invoice)),
        }
    });
    done_or_refused(&input, outcome)
}
