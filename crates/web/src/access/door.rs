//! The door: lets in whom the route table names, and resolves the organisation of the address.

use std::sync::Arc;

use axum::extract::{FromRequestParts as _, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use domain::audit_log::Origin;
use domain::{Org, Permission, directory};
use http::header::USER_AGENT;
use http::request::Parts;
use http::{StatusCode, Uri};
use tenancy::OrganisationId;

use super::in_org::Word;
use super::{Browser, InOrg, SignedIn};
use crate::body;
use crate::client_address;
use crate::envelope::RequestId;
use crate::error::{Error, Problem, Result};
use crate::kept::KeptForm;
use crate::route::{Caller, Route, Surface};
use crate::session::{self, Session};
use crate::slug;
use crate::state::Looked;
use crate::trail::Trail;

/// What stands before one route.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) state: crate::State,
    pub(crate) route: Arc<Route>,
}

/// Checks the caller that the route declares; the handler finds them in the request.
pub(crate) async fn door(State(door): State<Door>, request: Request, next: Next) -> Result<Response> {
    let (mut parts, body) = request.into_parts();
    let (uri, trail) = (parts.uri.clone(), Trail::of(&parts.extensions));
    let looks = Looks::of(&door.route, &parts);
    let admitted = door.admit(&mut parts).await;
    if door.route.surface != Surface::Page || !KeptForm::is_sent(&parts) {
        let answer = match admitted {
            Ok(()) => next.run(Request::from_parts(parts, body)).await,
            Err(error) => error.into_response(),
        };
        return door.unless_elsewhere(answer, &uri, &trail, looks).await;
    }
    // Whoever is let in may still turn out to be nobody: the handler is told by the database.
    let action = uri.path().to_owned();
    let read = body::read(Request::new(body), &()).await;
    let (response, bytes) = match (admitted, read) {
        (Ok(()), Ok(bytes)) => (next.run(Request::from_parts(parts, bytes.clone().into())).await, bytes),
        (Err(error), Ok(bytes)) => (error.into_response(), bytes),
        (Err(error), Err(_)) | (Ok(()), Err(error)) => return Err(error),
    };
    if response.extensions().get::<Problem>().is_some_and(Problem::gives_the_form_back) {
        trail.keep(KeptForm::parse(&action, &bytes));
    }
    door.unless_elsewhere(response, &uri, &trail, looks).await
}

/// Whether somebody looks at something, in a browser.
#[derive(Clone, Copy)]
enum Looks {
    AtAPage,
    AtAPart,
    No,
}

impl Looks {
    fn of(route: &Route, parts: &Parts) -> Self {
        match route.surface {
            Surface::Page if session::is_page_load(&parts.method, &parts.headers) => Self::AtAPage,
            Surface::Page if !route.mutates && session::is_htmx(&parts.headers) => Self::AtAPart,
            _ => Self::No,
        }
    }
}

/// The organisation of the address as the caller may stand at its door.
struct Place {
    organisation: OrganisationId,
    /// What Clerk's token says of the person there, if it names the place: a directory that does not know is behind.
    word: Option<Word>,
}

/// Where the request comes from, for what is recorded of it.
pub(crate) fn origin(parts: &Parts) -> Origin {
    let agent = parts.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    Origin {
        request_id: parts.extensions.get::<RequestId>().map(|id| id.0),
        address: client_address::of(&parts.headers, &parts.extensions),
        user_agent: agent.to_owned(),
        impersonator: Trail::of(&parts.extensions).impersonator(),
    }
}

impl Door {
    /// Finds out who calls and puts them into the request.
    async fn admit(&self, parts: &mut Parts) -> Result<()> {
        match self.route.caller {
            Caller::Anyone | Caller::Vendor => {}
            // The organisation asks for the rest, with each read and write: `Left`.
            Caller::SignedIn | Caller::OfDeleted(_) => {
                let session = session::required(&self.state, parts, self.route.surface).await?;
                if session.is_pending() && self.route.surface == Surface::Api {
                    return Err(Error::SessionPending);
                }
                let home = session.home(&self.state).await?;
                if self.route.in_person {
                    session.presence().require()?;
                }
                parts.extensions.insert(SignedIn { session, home });
            }
            Caller::Operator => {
                let session = session::required(&self.state, parts, self.route.surface).await?;
                if session.is_pending()
                    || session.is_impersonated()
                    || !self.state.config.operators.contains(&session.user)
                {
                    return Err(Error::NotFound);
                }
                let home = session.home(&self.state).await?;
                parts.extensions.insert(SignedIn { session, home });
            }
            Caller::InOrganisation(permission) => {
                let org = self.enter(parts, permission).await?;
                parts.extensions.insert(org);
            }
        }
        Ok(())
    }

    /// The answer; or, where nothing was found because the organisation of the address has another one by now, the way
    /// to the same place there; or that it was deleted. Whoever is no member finds nothing, as ever.
    async fn unless_elsewhere(&self, answer: Response, uri: &Uri, trail: &Trail, looks: Looks) -> Result<Response> {
        let inside = matches!(self.route.caller, Caller::InOrganisation(_));
        let user = trail.user().filter(|_| inside && answer.status() == StatusCode::NOT_FOUND);
        let (Some(user), Some((before, slug, rest))) = (user, around_slug(uri.path())) else { return Ok(answer) };
        if let Some(organisation) = directory::deleted_at(&self.state.database, &user, slug).await? {
            // Whoever looks is led to what is left; a form and a program are told.
            let left = format!("/deleted/{organisation}");
            return match looks {
                Looks::AtAPage => Ok((StatusCode::SEE_OTHER, session::location(&left)).into_response()),
                Looks::AtAPart => Ok(session::hx_redirect(StatusCode::OK, &left)),
                Looks::No => Err(Error::OrganisationDeleted { organisation }),
            };
        }
        let Some(now) = directory::moved_to(&self.state.database, &user, slug).await? else { return Ok(answer) };
        let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
        let place = session::location(&format!("{before}{now}{rest}{query}"));
        // Not for good: the organisation may take its old address back.
        Ok((StatusCode::TEMPORARY_REDIRECT, place).into_response())
    }

    async fn enter(&self, parts: &mut Parts, permission: Permission) -> Result<InOrg> {
        let session = session::required(&self.state, parts, self.route.surface).await?;
        let params = RawPathParams::from_request_parts(parts, &self.state).await.map_err(|_| Error::NotFound)?;
        let slug = params.iter().find(|(name, _)| *name == "slug").map(|(_, slug)| slug.to_owned());
        let slug = slug.filter(|slug| slug::is_address(slug)).ok_or(Error::NotFound)?;
        let place = if session.is_pending() {
            return Err(self.complete(parts, &session, &slug).await?);
        } else if session.is_bearer() {
            self.of_bearer(&session, &slug).await?
        } else {
            self.of_cookie(parts, &session, &slug).await?
        };
        let mut org =
            Org::new(&self.state.database, place.organisation, session.user.clone(), &slug).from(origin(parts));
        org = org.with_session(session.id(), session.presence());
        if self.route.surface == Surface::Page {
            org = org.for_a_page();
        }
        Trail::of(&parts.extensions).at_the_door(&org, self.route.name);
        let browser = Browser::of(&self.state.config, parts);
        Ok(InOrg::new(self.state.clone(), org, (Arc::clone(&self.route), permission), place.word, browser))
    }

    /// A program's token is for one organisation: the address's, or none.
    async fn of_bearer(&self, session: &Session, slug: &str) -> Result<Place> {
        let active = session.clerk.session.organisation.as_ref().ok_or(Error::NotFound)?;
        let organisation = OrganisationId::parse(&active.id).map_err(|_| Error::NotFound)?;
        // A token of a minute ago may name the address before this one.
        let fits =
            active.slug.as_deref() == Some(slug) || self.find(session, slug).await?.as_ref() == Some(&organisation);
        if fits {
            Ok(Place { organisation, word: Some(Word::of(&session.clerk.session)) })
        } else {
            Err(Error::NotFound)
        }
    }

    /// A browser has many tabs and one cookie. The address decides, and membership is the database's to say; a page
    /// load takes the cookie along to the address's organisation.
    async fn of_cookie(&self, parts: &Parts, session: &Session, slug: &str) -> Result<Place> {
        let active = session.clerk.session.organisation.as_ref();
        let active_id = active.and_then(|active| OrganisationId::parse(&active.id).ok());
        if let (Some(organisation), Some(named)) = (&active_id, active.and_then(|active| active.slug.as_deref()))
            && named == slug
        {
            return Ok(Place { organisation: organisation.clone(), word: Some(Word::of(&session.clerk.session)) });
        }
        let mut found = self.find(session, slug).await?;
        if found.is_none()
            && self.is_behind(session).await?
            && self.state.look_again(&session.user).await == Looked::Now
        {
            found = self.find(session, slug).await?;
        }
        let organisation = found.ok_or(Error::NotFound)?;
        if active_id.as_ref() == Some(&organisation) {
            return Ok(Place { organisation, word: Some(Word::of(&session.clerk.session)) });
        }
        if let Some(redirect) = self.activate(parts, session, &organisation).await {
            return Err(redirect);
        }
        self.confirm(session, slug, organisation).await
    }

    /// Clerk's token says nothing of this organisation, so only the directory lets the person in: its word must be no
    /// older than a token's could be. Whoever is no member any more comes back from Clerk without the organisation.
    async fn confirm(&self, session: &Session, slug: &str, organisation: OrganisationId) -> Result<Place> {
        if self.state.look_where_old(&session.user).await
            && self.find(session, slug).await?.as_ref() != Some(&organisation)
        {
            return Err(Error::NotFound);
        }
        Ok(Place { organisation, word: None })
    }

    /// A session that owes its choice of an organisation: the address is the choice, if it may be.
    async fn complete(&self, parts: &Parts, session: &Session, slug: &str) -> Result<Error> {
        // A page that is open may hold what somebody has typed: it is left as it is, and told.
        if self.route.surface == Surface::Api || !session::is_page_load(&parts.method, &parts.headers) {
            return Ok(Error::SessionPending);
        }
        if let Some(organisation) = self.find(session, slug).await? {
            if let Some(redirect) = self.activate(parts, session, &organisation).await {
                return Ok(redirect);
            }
            // It may not: whoever was removed from their last organisation has a session of this kind.
            self.state.look_where_old(&session.user).await;
        }
        Ok(Error::early((StatusCode::SEE_OTHER, session::location("/organisations"))))
    }

    /// Clerk's token names an organisation that the directory does not: what it says of this person is not the newest.
    /// Asked of the token's organisation, never of the address, so that a foreign address answers as an unknown one.
    async fn is_behind(&self, session: &Session) -> Result<bool> {
        Ok(match session.clerk.session.organisation.as_ref().map(|active| active.slug.as_deref()) {
            None => false,
            Some(None) => true,
            Some(Some(named)) => self.find(session, named).await?.is_none(),
        })
    }

    async fn find(&self, session: &Session, slug: &str) -> Result<Option<OrganisationId>> {
        Ok(directory::organisation_for(&self.state.database, &session.user, slug).await?)
    }

    /// A page load goes round through Clerk and comes back with the session in this organisation.
    async fn activate(&self, parts: &Parts, session: &Session, organisation: &OrganisationId) -> Option<Error> {
        let public_url = session::public_url(&self.state, parts);
        let request = clerk::Request { method: &parts.method, public_url: &public_url, headers: &parts.headers };
        let redirect = self.state.clerk.activate_organisation(&request, &session.clerk, organisation.as_str()).await?;
        // The redirect brings the session's cookies itself.
        Trail::of(&parts.extensions).take_headers();
        Some(Error::early((StatusCode::TEMPORARY_REDIRECT, redirect.into_headers())))
    }
}

/// A path parted at its organisation's address: what is before, the address, what follows.
fn around_slug(path: &str) -> Option<(&str, &str, &str)> {
    let start = path.find("/orgs/")? + "/orgs/".len();
    let (before, after) = path.split_at(start);
    let end = after.find('/').unwrap_or(after.len());
    let (slug, rest) = after.split_at(end);
    slug::is_address(slug).then_some((before, slug, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_parted_at_its_first_address() {
        assert_eq!(around_slug("/orgs/acme"), Some(("/orgs/", "acme", "")));
        assert_eq!(around_slug("/api/v1/orgs/acme/runs"), Some(("/api/v1/orgs/", "acme", "/runs")));
        assert_eq!(around_slug("/orgs/acme/orgs/bolt"), Some(("/orgs/", "acme", "/orgs/bolt")));
        assert_eq!(around_slug("/orgs//evil.test"), None);
        assert_eq!(around_slug("/orgs/%2f"), None);
    }
}
