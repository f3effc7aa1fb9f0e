//! What the account does when a renewal is not paid.

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use crate::app::Shared;
use crate::control::answer::{done, wrong};
use crate::control::input::Input;
use crate::stripe::AfterRetries;

/// Changes what is mentioned: `retry_days` after the first attempt (`3,5,7,14`), what comes `after_retries` (`cancel`,
/// `unpaid`, `past_due`), and whether that `marks_uncollectible`.
pub(super) async fn change(State(app): State<Shared>, input: Input) -> Response {
    let days = match input.text("retry_days") {
        None => None,
        Some(text) => {
            let days: Result<Vec<i64>, _> = text.split(',').map(|day| day.trim().parse()).collect();
            match days {
                Ok(days) if days.is_sorted_by(|day, next| day < next) && days.iter().all(|day| *day > 0) => Some(days),
                _ => return wrong("retry_days must be rising numbers of days with commas between"),
            }
        }
    };
    let after = match input.text("after_retries").map(|word| serde_json::from_value::<AfterRetries>(json!(word))) {
        None => None,
        Some(Ok(after)) => Some(after),
        Some(Err(_)) => return wrong("after_retries must be cancel, unpaid or past_due"),
    };
    let answer = app.book.write(|book| {
        let dunning = &mut book.dunning;
        dunning.days = days.unwrap_or_else(|| dunning.days.clone());
        dunning.after = after.unwrap_or(dunning.after);
        dunning.marks_uncollectible = input.flag("marks_uncollectible").unwrap_or(dunning.marks_uncollectible);
        dunning.json()
    });
    done(&input, answer)
}
