//! The published rate limits: how often what may be called, and by whom.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method};

use crate::app::Shared;
use crate::call::{Api, Call};
use crate::clock::{self, HOUR, Millis, SECOND};
use crate::errors::ApiError;

/// The usual span of a limit.
const SPAN: Millis = 10 * SECOND;

/// The limits, and what was spent of them.
pub(crate) struct Limits {
    on: AtomicBool,
    /// When the calls of a rule were, oldest first.
    spent: Mutex<HashMap<String, VecDeque<Millis>>>,
}

/// So many calls of one kind within a span of time.
#[derive(Debug, PartialEq, Eq)]
struct Rule {
    /// What is counted together.
    counted: String,
    most: usize,
    span: Millis,
}

impl Rule {
    fn new(counted: impl Into<String>, most: usize, span: Millis) -> Self {
        Self { counted: counted.into(), most, span }
    }
}

impl Limits {
    /// On or off.
    pub(crate) fn new(on: bool) -> Self {
        Self { on: AtomicBool::new(on), spent: Mutex::default() }
    }

    /// Whether they are on.
    pub(crate) fn are_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// Turns them on or off, with nothing spent.
    pub(crate) fn set(&self, on: bool) {
        self.on.store(on, Ordering::Relaxed);
        self.spent.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Counts a call when the limits are on, or says after how many seconds to try again.
    pub(crate) fn spend_call(&self, call: &Call, is_production: bool, address: &str) -> Result<(), u64> {
        if self.are_on() { self.spend(&rules(call, is_production, address), clock::now()) } else { Ok(()) }
    }

    /// Counts a call, or says after how many seconds to try again. What is refused does not count.
    fn spend(&self, rules: &[Rule], now: Millis) -> Result<(), u64> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        for rule in rules {
            let calls = spent.entry(rule.counted.clone()).or_default();
            while calls.front().is_some_and(|at| at + rule.span <= now) {
                calls.pop_front();
            }
            if calls.len() >= rule.most {
                let free = calls.front().map_or(now, |oldest| oldest + rule.span);
                return Err(u64::try_from((free - now + SECOND - 1) / SECOND).unwrap_or_default().max(1));
            }
        }
        for rule in rules {
            spent.entry(rule.counted.clone()).or_default().push_back(now);
        }
        Ok(())
    }
}

/// Refuses what is too much. Inside the guards: a wrong key spends nothing.
pub(crate) async fn enforce(State(app): State<Shared>, request: Request, next: Next) -> Response {
    if let Some(call) = request.extensions().get::<Call>() {
        let is_production = app.signer.instance.is_production;
        if let Err(seconds) = app.limits.spend_call(call, is_production, address(request.headers())) {
            return ApiError::too_many_requests(seconds).into_response();
        }
    }
    next.run(request).await
}

/// Who calls the Frontend API: everybody on this machine is one, unless a proxy tells them apart.
fn address(headers: &HeaderMap) -> &str {
    headers
        .get("x-forwarded-for")
        .and_then(|value| value.to_str().ok())
        .and_then(|line| line.split(',').next())
        .map_or("127.0.0.1", str::trim)
}

fn rules(call: &Call, is_production: bool, address: &str) -> Vec<Rule> {
    let path: Vec<_> = call.path.trim_start_matches("/v1/").split('/').collect();
    match call.api {
        Api::Backend => backend(&call.method, &path, is_production),
        Api::Frontend => frontend(&call.method, &path, address).into_iter().collect(),
        // Its published limit of test mode.
        Api::Stripe => vec![Rule::new("stripe", 25, SECOND)],
    }
}

fn backend(method: &Method, path: &[&str], is_production: bool) -> Vec<Rule> {
    if path == ["jwks"] {
        return Vec::new();
    }
    let change = [Method::PATCH, Method::PUT].contains(method);
    let own = match path {
        ["users" | "organizations", _] if *method == Method::PATCH => Some(Rule::new(path.join("/"), 10, SPAN)),
        ["users" | "organizations", _, "metadata"] if change => Some(Rule::new(path.join("/"), 10, SPAN)),
        ["organizations", _, "memberships", _] if *method == Method::PATCH => Some(Rule::new(path.join("/"), 10, SPAN)),
        ["organizations", _, "memberships", _, "metadata"] if change => Some(Rule::new(path.join("/"), 10, SPAN)),
        ["organizations", _, "invitations"] if *method == Method::POST => Some(Rule::new("invitations", 250, HOUR)),
        ["organizations", _, "invitations", "bulk"] if *method == Method::POST => {
            Some(Rule::new("invitations/bulk", 50, HOUR))
        }
        _ => None,
    };
    let instance = Rule::new("instance", if is_production { 1_000 } else { 100 }, SPAN);
    std::iter::once(instance).chain(own).collect()
}

fn frontend(method: &Method, path: &[&str], address: &str) -> Option<Rule> {
    let (kind, most) = match path {
        ["client", kind @ ("sign_ins" | "sign_ups")] if *method == Method::POST => (format!("{kind}/create"), 5),
        ["client", kind @ "sign_ins", _, "attempt_first_factor" | "attempt_second_factor"]
        | ["client", kind @ "sign_ups", _, "attempt_verification"] => (format!("{kind}/attempt"), 3),
        _ => return None,
    };
    Some(Rule::new(format!("{kind}/{address}"), most, SPAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_slides_and_says_when_it_is_free() {
        let limits = Limits::new(true);
        let rules = || [Rule::new("a", 2, SPAN)];
        assert_eq!(limits.spend(&rules(), 0), Ok(()));
        assert_eq!(limits.spend(&rules(), 4_000), Ok(()));
        assert_eq!(limits.spend(&rules(), 4_100), Err(6));
        assert_eq!(limits.spend(&rules(), 9_999), Err(1));
        assert_eq!(limits.spend(&rules(), 10_000), Ok(()));
        assert_eq!(limits.spend(&rules(), 10_001), Err(4));
        assert_eq!(limits.spend(&[Rule::new("b", 2, SPAN)], 10_001), Ok(()));
    }

    #[test]
    fn what_is_refused_spends_nothing_of_other_rules() {
        let limits = Limits::new(true);
        let both = [Rule::new("wide", 2, SPAN), Rule::new("narrow", 1, SPAN)];
        assert_eq!(limits.spend(&both, 0), Ok(()));
        assert!(limits.spend(&both, 1).is_err());
        assert_eq!(limits.spend(&both[..1], 2), Ok(()));
    }

    #[test]
    fn each_kind_of_call_has_its_published_limits() {
        let of = |api, method: Method, path: &str, is_production| {
            let call = Call { number: 1, api, method, path: format!("/v1/{path}") };
            rules(&call, is_production, "10.0.0.1")
                .into_iter()
                .map(|rule| (rule.counted, rule.most, rule.span / SECOND))
                .collect::<Vec<_>>()
        };
        let rule = |counted: &str, most, seconds| (counted.to_owned(), most, seconds);
        let backend = |method, path| of(Api::Backend, method, path, false);
        assert_eq!(backend(Method::GET, "users"), [rule("instance", 100, 10)]);
        assert_eq!(of(Api::Backend, Method::GET, "users", true), [rule("instance", 1_000, 10)]);
        assert_eq!(backend(Method::GET, "jwks"), []);
        for (method, path) in [
            (Method::PATCH, "users/user_1"),
            (Method::PUT, "users/user_1/metadata"),
            (Method::PATCH, "organizations/org_1"),
            (Method::PATCH, "organizations/org_1/metadata"),
            (Method::PATCH, "organizations/org_1/memberships/user_1"),
            (Method::PATCH, "organizations/org_1/memberships/user_1/metadata"),
        ] {
            assert_eq!(backend(method, path), [rule("instance", 100, 10), rule(path, 10, 10)]);
        }
        assert_eq!(backend(Method::GET, "users/user_1").len(), 1);
        let invitations = backend(Method::POST, "organizations/org_1/invitations");
        assert_eq!(invitations[1], rule("invitations", 250, 3_600));
        let bulk = backend(Method::POST, "organizations/org_1/invitations/bulk");
        assert_eq!(bulk[1], rule("invitations/bulk", 50, 3_600));
        let frontend = |path| of(Api::Frontend, Method::POST, path, false);
        assert_eq!(frontend("client/sign_ins"), [rule("sign_ins/create/10.0.0.1", 5, 10)]);
        assert_eq!(frontend("client/sign_ups"), [rule("sign_ups/create/10.0.0.1", 5, 10)]);
        let attempt = frontend("client/sign_ins/sia_1/attempt_first_factor");
        assert_eq!(attempt, [rule("sign_ins/attempt/10.0.0.1", 3, 10)]);
        let attempt = frontend("client/sign_ups/sua_1/attempt_verification");
        assert_eq!(attempt, [rule("sign_ups/attempt/10.0.0.1", 3, 10)]);
        assert_eq!(frontend("client/sign_ins/sia_1/prepare_first_factor"), []);
    }
}
