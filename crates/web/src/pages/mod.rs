//! Pages: HTML for people, one file per noun. A page works as forms and links first; htmx makes parts of it quicker.

pub(crate) mod account;
pub(crate) mod account_deletion;
pub(crate) mod account_sessions;
pub(crate) mod audit_log;
pub(crate) mod billing;
pub(crate) mod buying;
pub(crate) mod complaint;
pub(crate) mod deleted;
pub(crate) mod deleted_exports;
pub(crate) mod deletion;
pub(crate) mod duties;
pub(crate) mod errors;
pub(crate) mod exports;
pub(crate) mod gate;
pub(crate) mod given_roles;
pub(crate) mod health;
pub(crate) mod home;
pub(crate) mod invitation;
pub(crate) mod inviting;
pub(crate) mod leaving;
pub(crate) mod logo;
pub(crate) mod member;
pub(crate) mod members;
pub(crate) mod my_work;
pub(crate) mod new_procedure;
pub(crate) mod offer;
pub(crate) mod operators;
pub(crate) mod organisation;
pub(crate) mod organisations;
pub(crate) mod paging;
pub(crate) mod procedure;
pub(crate) mod procedures;
pub(crate) mod profile;
pub(crate) mod progress;
pub(crate) mod publication;
pub(crate) mod record;
pub(crate) mod reports;
pub(crate) mod role;
pub(crate) mod roles;
pub(crate) mod rules_words;
pub(crate) mod rules_writing;
pub(crate) mod run;
pub(crate) mod run_steps;
pub(crate) mod runs;
pub(crate) mod schedule;
pub(crate) mod schedule_words;
pub(crate) mod schedules;
pub(crate) mod settings;
pub(crate) mod shell;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod step_templates;
pub(crate) mod theme;
pub(crate) mod time_zones;
pub(crate) mod versions;
pub(crate) mod watched;

use askama::Template;
use axum::response::{Html, IntoResponse as _, Response};
use http::StatusCode;

use crate::error::Result;

/// A page with a status.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Result<Response> {
    Ok((status, Html(template.render()?)).into_response())
}

/// `1 step`, `2 steps`.
pub(crate) fn counted(number: impl TryInto<i64>, noun: &str) -> String {
    match number.try_into().unwrap_or(i64::MAX) {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}
