//! Completing a Checkout session as its page does.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::app::Shared;
use crate::control::answer::wrong;
use crate::control::input::Input;
use crate::control::stripe::{card, done_or_refused};
use crate::stripe::{Metadata, Typed};

/// Pays with `card`, or without one where none is asked for. `confirmed` is the step some cards ask of their holder.
pub(super) async fn complete(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    let card = match card(&input) {
        Ok(card) => card,
        Err(complaint) => return wrong(complaint),
    };
    let field = |name: &str| input.text(name).map(|text| (name.to_owned(), text.to_owned()));
    let outcome = app.book.write(|book| {
        let session = book.checkout_sessions.get(&id, "id")?;
        let at = book.time_of(&session.customer);
        let fields: Metadata = session.custom_fields.iter().filter_map(|known| field(&known.key)).collect();
        let typed = Typed {
            card,
            name: input.text("name").map(str::to_owned),
            tax_id: input.text("tax_id").map(|value| ("eu_vat".to_owned(), value.to_owned())),
            fields,
            accepts_terms: input.flag("accepts_terms").unwrap_or(false),
            ..Typed::default()
        };
        book.complete_checkout(&id, typed, at)?;
        let session = book.checkout_sessions.get(&id, "id")?;
        let mut shown = book.checkout_session_json(session);
        shown["destination"] = session.destination().into();
        Ok(shown)
    });
    done_or_refused(&input, outcome)
}
