//! Moving one customer through time.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;

use crate::app::Shared;
use crate::clock::{DAY, SECOND, now};
use crate::control::answer::{done, unknown, wrong};
use crate::control::input::Input;

/// Lets `days` and `seconds` pass for a customer that is on no test clock; what is due is done on the way.
pub(super) async fn advance(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    let (Ok(days), Ok(seconds)) = (input.number("days"), input.number("seconds")) else {
        return wrong("days and seconds must be whole numbers");
    };
    let by = i64::from(days.unwrap_or(0)) * (DAY / SECOND) + i64::from(seconds.unwrap_or(0));
    if by == 0 {
        return wrong("there must be days or seconds");
    }
    let time = app.book.write(|book| {
        let is_free = book.customers.find(&id).is_some_and(|customer| customer.test_clock.is_none());
        is_free.then(|| {
            book.move_ahead(&id, by, now() / SECOND);
            book.time_of(&id)
        })
    });
    match time {
        Some(time) => done(&input, json!({"now": time})),
        None => unknown("customer without a test clock"),
    }
}
