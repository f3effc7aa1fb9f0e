//! What happens to a customer's cards.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;

use crate::app::Shared;
use crate::control::answer::{done, unknown};
use crate::control::input::Input;

/// The next charge is declined, and the ones after it are not.
pub(super) async fn fail_next(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    match app.book.write(|book| book.fail_next_charge(&id)) {
        0 => unknown("customer with a card"),
        cards => done(&input, json!({"cards": cards})),
    }
}

/// The card expires.
pub(super) async fn expire(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    let cards = app.book.write(|book| {
        let at = book.time_of(&id);
        book.expire_cards(&id, at)
    });
    match cards {
        0 => unknown("customer with a card"),
        cards => done(&input, json!({"cards": cards})),
    }
}
