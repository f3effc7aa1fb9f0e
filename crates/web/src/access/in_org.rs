//! A member at work in the organisation of the address.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::response::{IntoResponse as _, Response};
use domain::{Access, BaseRole, Org, OrgTx, Permission, Read};
use http::StatusCode;
use jiff::Timestamp;

use super::Browser;
use crate::State;
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::pages::shell::{Section, Shell};
use crate::route::Route;
use crate::session;
use crate::state::Looked;

/// What Clerk's token says of a person in the organisation of the address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    role: Option<BaseRole>,
    said_at: Timestamp,
}

impl Word {
    pub(super) fn of(session: &clerk::Session) -> Self {
        let role = session.organisation.as_ref().and_then(|active| active.role.as_deref());
        Self { role: role.map(BaseRole::from_clerk), said_at: session.issued_at }
    }

    fn age(self) -> Duration {
        Timestamp::now().duration_since(self.said_at).try_into().unwrap_or_default()
    }
}

/// The caller of every route in an organisation. Whether they are a member, and hold the route's permission, is asked
/// with each read and write.
#[derive(Clone)]
pub(crate) struct InOrg {
    state: State,
    org: Org,
    route: Arc<Route>,
    permission: Permission,
    word: Option<Word>,
    browser: Browser,
}

impl InOrg {
    /// At the door of a route, which takes this permission.
    pub(super) fn new(
        state: State,
        org: Org,
        (route, permission): (Arc<Route>, Permission),
        word: Option<Word>,
        browser: Browser,
    ) -> Self {
        Self { state, org, route, permission, word, browser }
    }

    /// Answers a read in one round trip, membership and rights included.
    ///
    /// Takes a recipe and not a read, so that it can be made twice: a session may arrive before Clerk's event about it.
    pub(crate) async fn read<T>(&self, read: impl Fn() -> Read<T> + Send) -> Result<(Access, T)> {
        let mut answer = self.org.read(read()).await;
        if matches!(answer, Err(domain::Error::NotFound)) && self.directory_was_behind().await? {
            answer = self.org.read(read()).await;
        }
        if let Ok((access, _)) = &answer
            && let Some(asked) = self.is_doubted(access)
            && self.state.look_for_a_moment(self.org.user(), asked).await
        {
            answer = self.org.read(read()).await;
        }
        let (access, value) = answer?;
        access.require(self.permission)?;
        self.in_person()?;
        self.state.seen(&self.org);
        Ok((access, value))
    }

    /// Opens a transaction; the caller is a member and holds the route's permission.
    pub(crate) async fn write(&self) -> Result<OrgTx> {
        let mut answer = self.org.write().await;
        if matches!(answer, Err(domain::Error::NotFound)) && self.directory_was_behind().await? {
            answer = self.org.write().await;
        }
        let mut tx = answer?;
        if let Some(asked) = self.is_doubted(tx.access()) {
            // No transaction is open while Clerk is asked.
            drop(tx);
            self.state.look_for_a_moment(self.org.user(), asked).await;
            tx = self.org.write().await?;
        }
        tx.require(self.permission)?;
        self.in_person()?;
        self.state.seen(&self.org);
        Ok(tx)
    }

    /// What the route table says of it.
    fn in_person(&self) -> domain::Result<()> {
        if self.route.in_person { self.org.presence().require() } else { Ok(()) }
    }

    /// Clerk's token says less of the person than the directory: they were demoted there and nobody told us, or promoted
    /// here a moment ago. Asked once a token, as Clerk's answer is newer than the token from then on.
    fn is_doubted(&self, access: &Access) -> Option<Instant> {
        let word = self.word.filter(|word| word.role == Some(BaseRole::Member) && access.role == BaseRole::Admin)?;
        self.state.doubt(self.org.user(), word.age())
    }

    /// Clerk's token says the person is here and the directory does not: ask Clerk, once in a while. Whom Clerk does not
    /// say it of any more was a member when the token was made, a minute ago, and is told; nobody else has such a token.
    async fn directory_was_behind(&self) -> Result<bool> {
        if self.word.is_none() {
            return Ok(false);
        }
        // In by now: Clerk's event may have come since the answer was made.
        if self.is_member().await {
            return Ok(true);
        }
        match self.state.look_again(self.org.user()).await {
            Looked::InVain => Ok(false),
            Looked::Now if self.is_member().await => Ok(true),
            Looked::Now | Looked::Lately => Err(Error::NoLongerAMember { slug: self.org.slug().to_owned() }),
        }
    }

    async fn is_member(&self) -> bool {
        !matches!(self.org.read(Read::access_only()).await, Err(domain::Error::NotFound))
    }

    /// The organisation's door, for what is no page of it.
    pub(crate) fn door(&self) -> &Org {
        &self.org
    }

    /// The same caller after the organisation's address changed.
    pub(crate) fn at(self, slug: &str) -> Self {
        Self { org: self.org.at(slug), ..self }
    }

    /// An address below this organisation's: `procedures/new`.
    pub(crate) fn url(&self, rest: &str) -> String {
        format!("/orgs/{}/{rest}", self.org.slug())
    }

    /// A rule forbids it to this person, which goes into the organisation's audit log.
    pub(crate) fn record_refusal(&self, code: &'static str) {
        self.state.refusals.record(self.org.clone(), self.route.name, code.to_owned());
    }

    /// Whether htmx asks, for a part of the page.
    pub(crate) fn htmx(&self) -> bool {
        self.browser.htmx
    }

    /// The frame of a page.
    pub(crate) fn shell(&self, access: &Access, section: Section) -> Shell {
        Shell::new(&self.state.config, access, self.browser.clone(), section)
    }

    /// To another page of the organisation, which will say what was done.
    pub(crate) fn see(&self, rest: &str, flash: Option<Flash>) -> Response {
        self.go(&self.url(rest), flash)
    }

    /// The same to a page outside of the organisation, for whoever is not in it any more.
    pub(crate) fn see_outside(&self, path: &str, flash: Flash) -> Response {
        self.go(path, Some(flash))
    }

    fn go(&self, path: &str, flash: Option<Flash>) -> Response {
        let mut response = if self.browser.htmx {
            session::hx_redirect(StatusCode::NO_CONTENT, path)
        } else {
            (StatusCode::SEE_OTHER, session::location(path)).into_response()
        };
        if let Some(flash) = flash {
            response.headers_mut().append(http::header::SET_COOKIE, flash.cookie(&self.state.config));
        }
        response
    }
}
