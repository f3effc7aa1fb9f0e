//! Faults of the control page, in Stripe's form; and answers that are not the ones they should be.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::app::Shared;
use crate::call::Call;
use crate::faults::{Trouble, trouble};
use crate::stripe::book::Book;
use crate::stripe::errors::StripeError;

/// How long a call takes once it has begun.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slow(pub(super) Duration);

/// What is answered instead of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Swap {
    /// 500, although it is done.
    Stored,
    /// The object as it was before.
    Stale,
    /// The object of another customer.
    Foreign,
}

/// Lets a call go wrong if that was asked for.
pub(super) async fn inject(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    let Some(trouble) = request.extensions().get::<Call>().and_then(|call| trouble(&app, call)) else {
        return next.run(request).await;
    };
    match trouble {
        Trouble::Wait(time) => {
            request.extensions_mut().insert(Slow(time));
            next.run(request).await
        }
        Trouble::TooManyRequests(seconds) => StripeError::rate_limit(seconds).into_response(),
        Trouble::Refuse(_) | Trouble::Locked => StripeError::lock_timeout().into_response(),
        Trouble::Error => StripeError::internal().into_response(),
        Trouble::Garbage => {
            ([(CONTENT_TYPE, "application/json")], "{\"object\": \"customer\", \"id\": ").into_response()
        }
        Trouble::Silence => {
            drop(next.run(request).await);
            std::future::pending().await
        }
        Trouble::Stored => swapped(request, next, Swap::Stored).await,
        Trouble::Stale => swapped(request, next, Swap::Stale).await,
        Trouble::Foreign => swapped(request, next, Swap::Foreign).await,
    }
}

async fn swapped(mut request: Request, next: Next, swap: Swap) -> Response {
    request.extensions_mut().insert(swap);
    next.run(request).await
}

/// What was shown lately, by address and parameters: the newest answer and the one it replaced.
#[derive(Default)]
pub(crate) struct Shown {
    answers: Mutex<HashMap<String, (Value, Option<Value>)>>,
}

impl Shown {
    /// Keeps an answer.
    pub(super) fn remember(&self, call: &str, answer: &Value) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        match answers.get_mut(call) {
            None => {
                answers.insert(call.to_owned(), (answer.clone(), None));
            }
            Some((newest, older)) if newest != answer => {
                *older = Some(std::mem::replace(newest, answer.clone()));
            }
            Some(_) => {}
        }
    }

    /// The answer before the last change; the one there is when nothing else was ever shown.
    pub(super) fn older(&self, call: &str, answer: Value) -> Value {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        match answers.get(call) {
            Some((newest, _)) if *newest != answer => newest.clone(),
            Some((_, Some(older))) => older.clone(),
            _ => answer,
        }
    }
}

/// The same kind of object, of another customer; the one there is when there is no other.
pub(super) fn foreign(book: &Book, mut answer: Value) -> Value {
    if let Some(data) = answer.get_mut("data").and_then(Value::as_array_mut) {
        for object in data {
            *object = foreign(book, object.take());
        }
        return answer;
    }
    answer.get("id").and_then(Value::as_str).and_then(|id| book.another(id)).unwrap_or(answer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_older_answer_is_the_one_before_the_change() {
        let shown = Shown::default();
        assert_eq!(shown.older("a", json!(1)), 1, "nothing else was shown");
        shown.remember("a", &json!(1));
        assert_eq!(shown.older("a", json!(2)), 1, "the change was not shown yet");
        shown.remember("a", &json!(2));
        assert_eq!(shown.older("a", json!(2)), 1);
        assert_eq!(shown.older("b", json!(2)), 2);
    }
}
