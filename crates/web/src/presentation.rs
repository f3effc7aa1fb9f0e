//! How an error is told: as a page, as a fragment in the page that asked, or as problem+json.

use askama::Template;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse as _, Response};
use domain::{Access, Read, directory};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;

use crate::access::Browser;
use crate::envelope::RequestId;
use crate::error::{NOT_FRESH, Problem};
use crate::pages::errors::{ErrorInGate, ErrorInShell, ErrorToast, FormGivenBack, Telling, WayOut};
use crate::pages::gate::Gate;
use crate::pages::shell::{Section, Shell};
use crate::return_path::ReturnPath;
use crate::route::Surface;
use crate::session::{self, sign_in_path};
use crate::state::Chain;
use crate::trail::Trail;

const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");
const HX_RETARGET: HeaderName = HeaderName::from_static("hx-retarget");
const HX_RESWAP: HeaderName = HeaderName::from_static("hx-reswap");

/// Gives every error its body. Handlers answer with a status and a [`Problem`] in the extensions.
pub(crate) async fn present(State(state): State<crate::State>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let asked = Asked {
        surface: Surface::of(parts.uri.path()),
        browser: Browser::of(&state.config, &parts),
        page: ReturnPath::of_page(&state.config, &parts.headers),
        here: session::here(&state.config, &parts),
        id: parts.extensions.get::<RequestId>().copied(),
        trail: Trail::of(&parts.extensions),
    };
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let bare = !response.headers().contains_key(CONTENT_TYPE) || response.status() == StatusCode::PAYLOAD_TOO_LARGE;
    let problem = response.extensions_mut().remove::<Problem>();
    let problem = problem.or_else(|| Problem::of_status(response.status()).filter(|_| bare));
    match problem {
        Some(problem) if !response.headers().contains_key(HX_REDIRECT) => asked.tell(&state, problem, response).await,
        _ => response,
    }
}

/// Who is to be told, and where they stand.
struct Asked {
    surface: Surface,
    browser: Browser,
    /// The page the browser is on.
    page: Option<ReturnPath>,
    /// The page it is loading.
    here: Option<ReturnPath>,
    id: Option<RequestId>,
    trail: Trail,
}

impl Asked {
    /// The answer with a body; status and headers stay.
    async fn tell(mut self, state: &crate::State, problem: Problem, bare: Response) -> Response {
        if let Some(org) = self.trail.org().filter(|_| problem.is_attempt) {
            let what = problem.permission.map_or_else(|| problem.code.to_owned(), |permission| permission.to_string());
            state.refusals.record(org, self.trail.route(), what);
        }
        if problem.code == "session_ended" && self.surface == Surface::Page {
            // With the last token gone, the next page load asks Clerk.
            let cookies = state.clerk.sign_out_cookies(state.config.is_https());
            cookies.into_iter().for_each(|cookie| self.trail.add_cookie(cookie));
            self.tell_clerk(state).await;
            if let Some(here) = self.here {
                return (StatusCode::SEE_OTHER, session::location(&sign_in_path(Some(here)))).into_response();
            }
        }
        self.browser.impersonator = self.trail.impersonator();
        let mut told = match self.surface {
            Surface::Page if self.browser.htmx => self.fragment(&problem),
            Surface::Page => self.page(state, &problem).await,
            _ => self.json(&problem),
        };
        *told.status_mut() = bare.status();
        for (name, value) in crate::trail::flattened(bare.into_parts().0.headers) {
            if name != CONTENT_TYPE && name != http::header::CONTENT_LENGTH {
                told.headers_mut().append(name, value);
            }
        }
        told
    }

    /// A session that ended while Clerk was away goes on there, and signing in would only bring it back.
    async fn tell_clerk(&self, state: &crate::State) {
        let Some(session) = self.trail.session() else { return };
        if let Err(error) = state.end_at_clerk(&session).await {
            tracing::warn!(error = %Chain(&error), "Clerk was not told of a session’s end");
        }
    }

    /// Shown where the fault is ours, so that the log line can be found.
    fn number(&self, problem: &Problem) -> Option<String> {
        self.id.filter(|_| problem.status.is_server_error()).map(|id| id.0.to_string())
    }

    fn json(&self, problem: &Problem) -> Response {
        let mut body = json!({
            "type": "about:blank",
            "title": problem.title,
            "status": problem.status.as_u16(),
            "detail": problem.detail,
            "code": problem.code,
        });
        if !problem.fields.is_empty() {
            let fields = problem.fields.iter().map(|(field, message)| json!({ "field": field, "message": message }));
            body["fields"] = fields.collect();
        }
        if let Some(permission) = problem.permission {
            body["permission"] = json!(permission.as_str());
        }
        if let Some(number) = self.number(problem) {
            body["request_id"] = json!(number);
        }
        let mut response = body.to_string().into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }

    /// In the organisation's frame for its members, in the gate for everybody else: an organisation that is not
    /// theirs looks like one that is not.
    async fn page(self, state: &crate::State, problem: &Problem) -> Response {
        let telling =
            Telling { number: self.number(problem), problem: problem.clone(), way_out: self.way_out(problem) };
        let rendered = match (self.trail.kept(), self.access(problem).await) {
            (Some(form), _) => {
                let email = self.email(state, problem).await;
                let gate = Gate::new(&state.config, self.browser.clone(), email);
                let first = self.first_step(problem);
                FormGivenBack { gate, form, problem, first }.render()
            }
            (None, Some(access)) => {
                let shell = Shell::new(&state.config, &access, self.browser.clone(), Section::None);
                ErrorInShell { telling: telling.for_member(&access), shell }.render()
            }
            (None, None) => {
                let email = self.email(state, problem).await;
                let gate = Gate::new(&state.config, self.browser.clone(), email);
                ErrorInGate { telling: telling.for_person(&gate), gate }.render()
            }
        };
        match rendered {
            Ok(html) => Html(html).into_response(),
            Err(error) => {
                tracing::error!(%error, "an error page cannot be shown");
                problem.title.clone().into_response()
            }
        }
    }

    /// htmx puts it into the toasts and leaves the page as it was.
    fn fragment(&self, problem: &Problem) -> Response {
        let toast = ErrorToast { problem, number: self.number(problem), first: self.first_step(problem) };
        let mut response = Html(toast.render().unwrap_or_else(|_| problem.title.clone())).into_response();
        response.headers_mut().insert(HX_RETARGET, HeaderValue::from_static("#toasts"));
        response.headers_mut().insert(HX_RESWAP, HeaderValue::from_static("innerHTML"));
        response
    }

    /// What has to be done before the same can be sent again, in another tab.
    fn first_step(&self, problem: &Problem) -> Option<WayOut> {
        let first = problem.status == StatusCode::UNAUTHORIZED || problem.code == NOT_FRESH;
        first.then(|| self.way_out(problem))
    }

    fn way_out(&self, problem: &Problem) -> WayOut {
        let page = self.page.clone();
        match (problem.status, page) {
            _ if problem.code == "session_pending" => WayOut::to("Choose an organisation", "/organisations"),
            (_, page) if problem.code == NOT_FRESH => {
                WayOut::signing_in_again(sign_in_path(page.or_else(|| self.here.clone())))
            }
            (StatusCode::UNAUTHORIZED, page) => WayOut::to("Sign in", &sign_in_path(page)),
            (StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY, Some(page)) => {
                WayOut::to("Show the page as it is now", page.as_str())
            }
            (status, Some(page)) if status.is_server_error() => WayOut::to("Back to the page before", page.as_str()),
            _ => WayOut::to("Go to the start page", "/"),
        }
    }

    /// What the frame shows, where the caller turns out to be a member. Not asked when the database is the problem.
    async fn access(&self, problem: &Problem) -> Option<Access> {
        let org = self.trail.org().filter(|_| problem.status != StatusCode::SERVICE_UNAVAILABLE)?;
        org.read(Read::access_only()).await.ok().map(|(access, ())| access)
    }

    async fn email(&self, state: &crate::State, problem: &Problem) -> Option<String> {
        let user = self.trail.user().filter(|_| problem.status != StatusCode::SERVICE_UNAVAILABLE)?;
        let home = directory::person(&state.database, &user, None).await.ok()??;
        Some(home.person.email)
    }
}
