//! The outbox: mails the instance would have sent, as a page and as JSON.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};

use crate::app::Shared;
use crate::assets;
use crate::clock::Millis;
use crate::records::Mail;

/// `/` and `/mails.json`, and the files the pages are made with.
pub(crate) fn router() -> Router<Shared> {
    Router::new().route("/", get(page)).route("/mails.json", get(list)).merge(assets::router())
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct Page {
    mails: Vec<Row>,
}

struct Row {
    to: String,
    subject: String,
    body: String,
    code: String,
    link: Option<String>,
    at: String,
}

async fn page(State(app): State<Shared>) -> Response {
    let mails = app.store.read(|state| {
        state
            .mails
            .iter()
            .rev()
            .map(|mail| Row {
                to: mail.to.clone(),
                subject: mail.subject.clone(),
                body: mail.body.clone(),
                code: mail.code.clone(),
                link: mail.link.clone(),
                at: moment(mail.sent_at),
            })
            .collect()
    });
    html(&Page { mails })
}

/// The mails, newest first.
async fn list(State(app): State<Shared>) -> Json<Value> {
    let mails: Vec<_> = app.store.read(|state| state.mails.iter().rev().map(Mail::json).collect());
    Json(json!({"mails": mails}))
}

/// A page of the mailbox's port.
pub(crate) fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!("a page could not be written: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A moment for people, in universal time.
pub(crate) fn moment(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at)
        .map_or_else(|_| String::new(), |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}
