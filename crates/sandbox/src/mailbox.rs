//! The mailbox: mails the instance would have sent, and those the application did, as pages and as JSON.

use std::cmp::Reverse;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::app::Shared;
use crate::assets;
use crate::clock::Millis;
use crate::records::{Letter, Mail};
use crate::smtp::Read;
use crate::state;

/// A mail's own page loads nothing and does nothing; it may be as it likes itself.
const NOTHING_BUT_STYLE: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'";

/// `/` and `/mails.json`, each mail, and the files the pages are made with.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/", get(page))
        .route("/mails.json", get(list))
        .route("/mails/{id}", get(show))
        .route("/mails/{id}/html", get(own_page))
        .merge(assets::router())
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
    /// The page of a mail of the application's.
    page: Option<String>,
    at: String,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct LetterPage {
    id: String,
    subject: String,
    to: String,
    at: String,
    times: u32,
    headers: Vec<(String, String)>,
    text: String,
    has_html: bool,
}

async fn page(State(app): State<Shared>) -> Response {
    let mut mails: Vec<(Millis, Row)> = app.store.read(|state| {
        let ours = state.mails.iter().map(|mail| (mail.sent_at, row(mail)));
        ours.chain(state.letters.iter().map(|letter| (letter.received_at, letter_row(letter)))).collect()
    });
    // Each kind is oldest first: of one moment the later stays the later.
    mails.reverse();
    mails.sort_by_key(|(at, _)| Reverse(*at));
    html(&Page { mails: mails.into_iter().map(|(_, row)| row).collect() })
}

fn row(mail: &Mail) -> Row {
    Row {
        to: mail.to.clone(),
        subject: mail.subject.clone(),
        body: mail.body.clone(),
        code: mail.code.clone(),
        link: mail.link.clone(),
        page: None,
        at: moment(mail.sent_at),
    }
}

fn letter_row(letter: &Letter) -> Row {
    let read = Read::of(&letter.content);
    Row {
        to: letter.to.join(", "),
        subject: read.header("Subject").unwrap_or("No subject").to_owned(),
        body: read.text.chars().take(400).collect(),
        code: String::new(),
        link: None,
        page: Some(format!("/mails/{}", letter.id)),
        at: moment(letter.received_at),
    }
}

/// The mails, newest first.
async fn list(State(app): State<Shared>) -> Json<Value> {
    let mut mails: Vec<(Millis, Value)> = app.store.read(|state| {
        let ours = state.mails.iter().map(|mail| (mail.sent_at, mail.json()));
        ours.chain(state.letters.iter().map(|letter| (letter.received_at, letter.json()))).collect()
    });
    mails.reverse();
    mails.sort_by_key(|(at, _)| Reverse(*at));
    Json(json!({"mails": mails.into_iter().map(|(_, mail)| mail).collect::<Vec<_>>()}))
}

fn letter(state: &state::State, id: &str) -> Option<Letter> {
    state.letters.iter().find(|letter| letter.id == id).cloned()
}

async fn show(State(app): State<Shared>, Path(id): Path<String>) -> Response {
    let Some(letter) = app.store.read(|state| letter(state, &id)) else { return StatusCode::NOT_FOUND.into_response() };
    let read = Read::of(&letter.content);
    html(&LetterPage {
        subject: read.header("Subject").unwrap_or("No subject").to_owned(),
        to: letter.to.join(", "),
        at: moment(letter.received_at),
        times: letter.times,
        has_html: !read.html.is_empty(),
        headers: read.headers,
        text: read.text,
        id,
    })
}

/// What the mail looks like, for a frame in which it can do nothing.
async fn own_page(State(app): State<Shared>, Path(id): Path<String>) -> Response {
    let Some(letter) = app.store.read(|state| letter(state, &id)) else { return StatusCode::NOT_FOUND.into_response() };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(NOTHING_BUT_STYLE));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (headers, Html(Read::of(&letter.content).html)).into_response()
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
