//! What the APIs were asked lately, and how that was answered.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use serde_json::{Value, json};

use crate::app::Shared;
use crate::call::{Api, Call, target};
use crate::clock::{self, Millis};

/// Calls that are kept; the oldest goes first.
const KEPT: usize = 500;

/// The last calls.
#[derive(Default)]
pub(crate) struct Received {
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    begun: u64,
    entries: VecDeque<Entry>,
}

/// One call and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) call: Call,
    pub(crate) at: Millis,
    /// None while it waits for its answer, and for good when it never gets one.
    pub(crate) status: Option<u16>,
    /// What was made to go wrong with it.
    pub(crate) fault: Option<&'static str>,
}

impl Entry {
    /// For the control page's JSON.
    fn json(&self) -> Value {
        json!({
            "number": self.call.number,
            "at": self.at,
            "api": self.call.api.as_str(),
            "method": self.call.method.as_str(),
            "path": self.call.path,
            "status": self.status,
            "fault": self.fault,
        })
    }
}

impl Received {
    fn begin(&self, request: &Request, now: Millis) -> Option<Call> {
        let (api, path) = target(request.uri())?;
        Some(self.begin_call(api, request.method(), path, now))
    }

    /// Puts a call on the list.
    pub(crate) fn begin_call(&self, api: Api, method: &Method, path: &str, now: Millis) -> Call {
        let mut list = self.lock();
        list.begun += 1;
        let call = Call { number: list.begun, api, method: method.clone(), path: path.to_owned() };
        if list.entries.len() == KEPT {
            list.entries.pop_front();
        }
        list.entries.push_back(Entry { call: call.clone(), at: now, status: None, fault: None });
        call
    }

    /// Notes how a call was answered.
    pub(crate) fn finish(&self, call: &Call, status: u16) {
        self.change(call, |entry| entry.status = Some(status));
    }

    /// Notes what was made to go wrong with a call.
    pub(crate) fn mark(&self, call: &Call, fault: &'static str) {
        self.change(call, |entry| entry.fault = Some(fault));
    }

    fn change(&self, call: &Call, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.lock().entries.iter_mut().rev().find(|entry| entry.call.number == call.number) {
            change(entry);
        }
    }

    /// The calls, newest first.
    pub(crate) fn all(&self) -> Vec<Entry> {
        self.lock().entries.iter().rev().cloned().collect()
    }

    /// The same as JSON.
    pub(crate) fn json(&self) -> Value {
        self.all().iter().map(Entry::json).collect()
    }

    /// Begins an empty list; numbers go on counting.
    pub(crate) fn clear(&self) {
        self.lock().entries.clear();
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a call on the list, and hands it to whatever comes further in.
pub(crate) async fn record(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    let Some(call) = app.received.begin(&request, clock::now()) else {
        return next.run(request).await;
    };
    request.extensions_mut().insert(call.clone());
    let response = next.run(request).await;
    app.received.finish(&call, response.status().as_u16());
    response
}
