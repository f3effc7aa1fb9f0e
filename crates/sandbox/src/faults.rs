//! Faults on demand: the next calls of a kind are answered late, wrongly or not at all.
//!
//! They are not kept: a sandbox that starts is well.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{App, Shared};
use crate::call::{Api, Call};
use crate::errors::ApiError;
use crate::ids;
use crate::refusals::Refusal;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Done and answered, but late.
    Wait(Duration),
    /// 429 with so many seconds to wait; not done.
    TooManyRequests(u64),
    /// Refused with one of Clerk's codes; not done.
    Refuse(&'static Refusal),
    /// 500; not done.
    Error,
    /// 200 with half a JSON document; not done.
    Garbage,
    /// Done, and never answered.
    Silence,
    /// Stripe only: 409, something else holds the object; not done.
    Locked,
    /// Stripe only: done, and answered with 500, also when it is asked again under the same idempotency key.
    Stored,
    /// Stripe only: answered with the object as it was before its last change.
    Stale,
    /// Stripe only: answered with the object of another customer.
    Foreign,
}

impl Trouble {
    /// The word of the control page and its JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Wait(_) => "wait",
            Self::TooManyRequests(_) => "too_many_requests",
            Self::Refuse(refusal) => refusal.code,
            Self::Error => "error",
            Self::Garbage => "garbage",
            Self::Silence => "silence",
            Self::Locked => "locked",
            Self::Stored => "stored_error",
            Self::Stale => "stale",
            Self::Foreign => "foreign",
        }
    }
}

/// Which calls go wrong, and how.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) id: String,
    /// Either API when there is none.
    pub(crate) api: Option<Api>,
    /// Any method when there is none.
    pub(crate) method: Option<Method>,
    /// `*` stands for anything within a segment of the path, `**` for anything at all.
    pub(crate) path: String,
    /// Calls it is still for; until it is cleared when there is no number.
    pub(crate) left: Option<u32>,
    pub(crate) trouble: Trouble,
}

impl Fault {
    fn is_for(&self, call: &Call) -> bool {
        self.api.is_none_or(|api| api == call.api)
            && self.method.as_ref().is_none_or(|method| *method == call.method)
            && matches(&self.path, &call.path)
    }

    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "api": self.api.map(Api::as_str),
            "method": self.method.as_ref().map(Method::as_str),
            "path": self.path,
            "left": self.left,
            "kind": self.trouble.as_str(),
        })
    }
}

/// The faults that are waiting for their calls, in the order they were asked for.
#[derive(Default)]
pub(crate) struct Faults {
    list: Mutex<Vec<Fault>>,
}

impl Faults {
    /// One more; answers with its id.
    pub(crate) fn add(&self, mut fault: Fault) -> String {
        fault.id = ids::fresh("fault_");
        let id = fault.id.clone();
        self.lock().push(fault);
        id
    }

    /// The faults, oldest first.
    pub(crate) fn all(&self) -> Vec<Fault> {
        self.lock().clone()
    }

    /// The same as JSON.
    pub(crate) fn json(&self) -> Value {
        self.lock().iter().map(Fault::json).collect()
    }

    /// Takes one back, or all of them; says how many there were.
    pub(crate) fn clear(&self, id: Option<&str>) -> usize {
        let mut list = self.lock();
        let before = list.len();
        list.retain(|fault| id.is_some_and(|id| fault.id != id));
        before - list.len()
    }

    /// What goes wrong with a call; that counts as one of its fault's calls.
    fn take(&self, call: &Call) -> Option<Trouble> {
        let mut list = self.lock();
        let index = list.iter().position(|fault| fault.is_for(call))?;
        let trouble = list[index].trouble;
        if let Some(left) = &mut list[index].left {
            *left -= 1;
            if *left == 0 {
                list.remove(index);
            }
        }
        Some(trouble)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets a call go wrong if that was asked for. Inside the guards: who may not call is told so, and pages can read the
/// answer.
pub(crate) async fn inject(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let Some(trouble) = request.extensions().get::<Call>().and_then(|call| trouble(&app, call)) else {
        return next.run(request).await;
    };
    match trouble {
        Trouble::Wait(time) => {
            tokio::time::sleep(time).await;
            next.run(request).await
        }
        Trouble::TooManyRequests(seconds) => ApiError::too_many_requests(seconds).into_response(),
        Trouble::Refuse(Refusal { status, code }) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST);
            ApiError::new(status, code, "Refused by a fault of the sandbox.").into_response()
        }
        Trouble::Error => ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_clerk_error",
            "There was an internal error on our servers. We've been notified and are working on fixing it.",
        )
        .into_response(),
        Trouble::Garbage => ([(CONTENT_TYPE, "application/json")], "{\"object\": \"user\", \"id\": ").into_response(),
        Trouble::Silence => {
            drop(next.run(request).await);
            std::future::pending().await
        }
        Trouble::Locked | Trouble::Stored | Trouble::Stale | Trouble::Foreign => next.run(request).await,
    }
}

/// What goes wrong with a call, noted on the list of calls.
pub(crate) fn trouble(app: &App, call: &Call) -> Option<Trouble> {
    let trouble = app.faults.take(call)?;
    app.received.mark(call, trouble.as_str());
    Some(trouble)
}

fn matches(pattern: &str, path: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == path;
    };
    let Some(tail) = path.strip_prefix(head) else {
        return false;
    };
    let (rest, far) = rest.strip_prefix('*').map_or((rest, false), |rest| (rest, true));
    (0..=tail.len())
        .filter(|&end| tail.is_char_boundary(end))
        .take_while(|&end| far || !tail[..end].contains('/'))
        .any(|end| matches(rest, &tail[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_star_stays_within_a_segment_and_two_do_not() {
        for (pattern, path, wanted) in [
            ("/v1/users", "/v1/users", true),
            ("/v1/users", "/v1/users/user_1", false),
            ("/v1/users/*", "/v1/users/user_1", true),
            ("/v1/users/*", "/v1/users/user_1/metadata", false),
            ("/v1/users/**", "/v1/users/user_1/metadata", true),
            ("/v1/*/*/metadata", "/v1/users/user_1/metadata", true),
            ("**/metadata", "/v1/users/user_1/metadata", true),
            ("**/metadata", "/v1/users/user_1", false),
            ("**", "/v1/users", true),
            ("", "/v1/users", false),
        ] {
            assert_eq!(matches(pattern, path), wanted, "{pattern} {path}");
        }
    }

    #[test]
    fn a_fault_is_over_after_its_calls() {
        let faults = Faults::default();
        let call = |api, method| Call { number: 1, api, method, path: "/v1/users".to_owned() };
        let fault = |left, trouble| Fault {
            id: String::new(),
            api: Some(Api::Backend),
            method: Some(Method::GET),
            path: "/v1/**".to_owned(),
            left,
            trouble,
        };
        faults.add(fault(Some(2), Trouble::Error));
        let endless = faults.add(fault(None, Trouble::Garbage));
        assert_eq!(faults.take(&call(Api::Frontend, Method::GET)), None);
        assert_eq!(faults.take(&call(Api::Backend, Method::POST)), None);
        let taken: Vec<_> = (0..4).filter_map(|_| faults.take(&call(Api::Backend, Method::GET))).collect();
        assert_eq!(taken, [Trouble::Error, Trouble::Error, Trouble::Garbage, Trouble::Garbage]);
        assert_eq!((faults.clear(Some(&endless)), faults.clear(None)), (1, 0));
        assert_eq!(faults.take(&call(Api::Backend, Method::GET)), None);
    }
}
