//! Error pages: what happened, why, and the way out.

use askama::Template;
use domain::Access;
use http::StatusCode;

use super::gate::Gate;
use super::shell::Shell;
use crate::error::Problem;
use crate::kept::KeptForm;

/// What is told.
pub(crate) struct Telling {
    pub(crate) problem: Problem,
    /// The request's number, where the fault is ours.
    pub(crate) number: Option<String>,
    pub(crate) way_out: WayOut,
}

/// Where to go from here.
pub(crate) struct WayOut {
    pub(crate) label: &'static str,
    pub(crate) href: String,
    /// Whether this session ends first: the way is a form's.
    pub(crate) signs_out: bool,
}

/// In an organisation's frame.
#[derive(Template)]
#[template(path = "errors/in_shell.html")]
pub(crate) struct ErrorInShell {
    pub(crate) shell: Shell,
    pub(crate) telling: Telling,
}

/// Outside of one.
#[derive(Template)]
#[template(path = "errors/in_gate.html")]
pub(crate) struct ErrorInGate {
    pub(crate) gate: Gate,
    pub(crate) telling: Telling,
}

/// In the page that asked.
#[derive(Template)]
#[template(path = "errors/toast.html")]
pub(crate) struct ErrorToast<'a> {
    pub(crate) problem: &'a Problem,
    pub(crate) number: Option<String>,
    /// What has to be done first, such as to sign in.
    pub(crate) first: Option<WayOut>,
}

/// A form came that cannot be taken now: here it is, to be sent again.
#[derive(Template)]
#[template(path = "errors/form_given_back.html")]
pub(crate) struct FormGivenBack<'a> {
    pub(crate) gate: Gate,
    pub(crate) form: KeptForm,
    pub(crate) problem: &'a Problem,
    /// What has to be done first, such as to sign in.
    pub(crate) first: Option<WayOut>,
}

impl WayOut {
    pub(crate) fn to(label: &'static str, href: &str) -> Self {
        Self { label, href: href.to_owned(), signs_out: false }
    }

    /// To a sign-in of now, and on from there.
    pub(crate) fn signing_in_again(sign_in: String) -> Self {
        Self { label: "Sign in again", href: sign_in, signs_out: true }
    }
}

impl FormGivenBack<'_> {
    /// The one case in which a part of it may have been done: the database went away while it was asked.
    fn may_be_saved(&self) -> bool {
        self.problem.code == "unavailable"
    }

    /// The way out ends the session that this page was asked in.
    fn replaces_session(&self) -> bool {
        self.first.as_ref().is_some_and(|first| first.signs_out)
    }
}

impl Telling {
    /// A member's way out leads to their work, and a missing thing may lie in another of their organisations.
    pub(crate) fn for_member(mut self, access: &Access) -> Self {
        if self.way_out.href == "/" {
            self.way_out = WayOut::to("Go to Runs", &format!("/orgs/{}/runs", access.organisation.slug));
        }
        self.signed_in_as(&access.person.email);
        self
    }

    pub(crate) fn for_person(mut self, gate: &Gate) -> Self {
        if let Some(email) = &gate.email {
            self.signed_in_as(email);
        }
        self
    }

    fn signed_in_as(&mut self, email: &str) {
        if self.problem.status == StatusCode::NOT_FOUND {
            self.problem.detail = format!("{} You are signed in as {email}.", self.problem.detail);
        }
    }
}
