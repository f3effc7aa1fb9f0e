//! An invitation as its link shows it: to strangers, to whom it is addressed, and to everybody else.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::BaseRole;
use domain::directory::PersonHome;
use domain::invitations::InvitationId;
use domain::invitations::acceptance::{self, Offer, Standing};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use tenancy::OrganisationId;
use url::Url;

use super::gate::Gate;
use super::page;
use super::shell::{Mark, role_name};
use crate::access::{Anyone, Browser, SignedIn, Whence};
use crate::body::{At, Query};
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::return_path::ReturnPath;
use crate::session::{Session, location, sign_in_path};
use crate::state::Looked;

/// The address of an invitation, which its mail leads to. What is no id leads where an unknown id does.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct OfferPath {
    organisation: String,
    offer: String,
}

/// What Clerk's link has added: the ticket that it stands for, and what it has found to do.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Came {
    #[serde(rename = "__clerk_ticket")]
    ticket: String,
    #[serde(rename = "__clerk_status")]
    status: String,
}

#[derive(Template)]
#[template(path = "offer.html")]
struct OfferPage {
    gate: Gate,
    /// The path of this page.
    here: String,
    scene: Scene,
}

/// What the page has to say.
enum Scene {
    /// To outsiders an unknown invitation, one that has ended and one that is not theirs are the same.
    Unknown { sign_in: Option<String> },
    /// Nobody is signed in.
    Offered { terms: Terms, ways_in: Vec<WayIn> },
    /// It is theirs to answer; perhaps something stood in the way just now.
    Answer { terms: Terms, message: Option<String> },
    /// Somebody else is signed in.
    SomebodyElse { terms: Terms, email: String },
    /// They belong there.
    There { terms: Terms, role: &'static str, href: String },
    /// There is no place for them.
    Full { terms: Terms, waiting: bool },
    /// It has ended.
    Over { title: &'static str, words: String },
}

/// Who invites whom, into what and as what.
struct Terms {
    organisation: String,
    mark: Mark,
    invited_by: String,
    address: String,
    roles: String,
}

/// A link to one of Clerk's pages.
struct WayIn {
    label: &'static str,
    href: String,
}

impl OfferPath {
    /// `NotFound` where it is the address of nothing.
    pub(crate) fn ids(&self) -> domain::Result<(OrganisationId, InvitationId)> {
        let organisation = OrganisationId::parse(&self.organisation).map_err(|_| domain::Error::NotFound)?;
        Ok((organisation, self.offer.parse().map_err(|_| domain::Error::NotFound)?))
    }

    /// The path of this page, from what was read and not as it was written.
    fn path(&self) -> String {
        match self.ids() {
            Ok((organisation, offer)) => format!("/invitations/{organisation}/{offer}"),
            Err(_) => "/".to_owned(),
        }
    }
}

/// `GET /invitations/{organisation}/{offer}`
pub(crate) async fn show(
    anyone: Anyone,
    browser: Browser,
    State(state): State<crate::State>,
    At(at): At<OfferPath>,
    Query(came): Query<Came>,
) -> Result<Response> {
    let Some(session) = anyone.session else {
        let (status, scene) = for_strangers(&state, &at, &came).await?;
        return answer(&state, browser, &at, None, status, scene);
    };
    let mut offer = look(&state, &at, Some(&session)).await?;
    // With the ticket they have joined at Clerk already, or they are newer than our directory.
    let behind = offer.as_ref().is_some_and(|offer| offer.already.is_none() && (!came.is_empty() || !offer.is_mine));
    if behind && state.look_again(&session.user).await == Looked::Now {
        offer = look(&state, &at, Some(&session)).await?;
    }
    let home = session.home(&state).await?;
    if let Some(offer) = &offer
        && offer.is_mine
        // Accepted at Clerk a moment ago: our own word on it may still be on its way when they are in already.
        && (offer.standing == Standing::Accepted || came.status == "complete")
        && home.organisations.iter().any(|mine| mine.slug == offer.slug)
    {
        return Ok((StatusCode::SEE_OTHER, location(&format!("/orgs/{}", offer.slug))).into_response());
    }
    let (status, scene) = for_person(offer, &home);
    answer(&state, browser, &at, Some(home.person.email), status, scene)
}

/// `POST /invitations/{organisation}/{offer}/accept`: in at once here, and at Clerk if it does not take too long.
pub(crate) async fn accept(
    person: SignedIn,
    browser: Browser,
    State(state): State<crate::State>,
    Whence(origin): Whence,
    At(at): At<OfferPath>,
) -> Result<Response> {
    let user = &person.session.user;
    let accepted = match at.ids() {
        Ok((organisation, id)) => acceptance::accept(&state.database, &organisation, id, user, &origin).await,
        Err(error) => Err(error),
    };
    match accepted {
        Ok(slug) => {
            let (organisation, _) = at.ids()?;
            state.tell_now(&organisation, user).await;
            Ok(onward(&state, &format!("/orgs/{slug}/my-work"), Flash::Joined))
        }
        Err(error) => {
            let offer = look(&state, &at, Some(&person.session)).await?;
            let (status, scene) = refused(error, offer, &person.home)?;
            answer(&state, browser, &at, Some(person.home.person.email), status, scene)
        }
    }
}

/// `POST /invitations/{organisation}/{offer}/decline`
pub(crate) async fn decline(
    person: SignedIn,
    browser: Browser,
    State(state): State<crate::State>,
    Whence(origin): Whence,
    At(at): At<OfferPath>,
    headers: HeaderMap,
) -> Result<Response> {
    let declined = match at.ids() {
        Ok((organisation, id)) => {
            acceptance::decline(&state.database, &organisation, id, &person.session.user, &origin).await
        }
        Err(error) => Err(error),
    };
    match declined {
        Ok(()) => {
            // From the switcher one stays where one is.
            let page = ReturnPath::of_page(&state.config, &headers).filter(|page| page.as_str().starts_with("/orgs/"));
            let path = page.as_ref().map_or("/organisations", ReturnPath::as_str);
            Ok(onward(&state, path, Flash::InvitationDeclined))
        }
        Err(domain::Error::NotFound) => {
            let offer = look(&state, &at, Some(&person.session)).await?;
            let (_, scene) = for_person(offer, &person.home);
            answer(&state, browser, &at, Some(person.home.person.email), StatusCode::NOT_FOUND, scene)
        }
        Err(error) => Err(error.into()),
    }
}

/// What there is at this address; none where nothing is.
async fn look(state: &crate::State, at: &OfferPath, session: Option<&Session>) -> Result<Option<Offer>> {
    let Ok((organisation, id)) = at.ids() else { return Ok(None) };
    let who = session.map(|session| &session.user);
    match acceptance::look(&state.database, &organisation, id, who).await {
        Ok(offer) => Ok(Some(offer)),
        Err(domain::Error::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn for_strangers(state: &crate::State, at: &OfferPath, came: &Came) -> Result<(StatusCode, Scene)> {
    let back = ReturnPath::parse(&state.config, &at.path());
    match look(state, at, None).await? {
        Some(offer) if offer.standing == Standing::Pending => {
            let ways_in = came.ways_in(state, back)?;
            Ok((StatusCode::OK, Scene::Offered { terms: Terms::of(&offer), ways_in }))
        }
        _ => Ok((StatusCode::NOT_FOUND, Scene::Unknown { sign_in: Some(sign_in_path(back)) })),
    }
}

/// Whoever it is addressed to is told how it stands; everybody else no more than whose it is while it lasts.
fn for_person(offer: Option<Offer>, home: &PersonHome) -> (StatusCode, Scene) {
    let Some(offer) = offer else { return (StatusCode::NOT_FOUND, Scene::Unknown { sign_in: None }) };
    let terms = Terms::of(&offer);
    if !offer.is_mine {
        return match offer.standing {
            Standing::Pending => (StatusCode::OK, Scene::SomebodyElse { terms, email: home.person.email.clone() }),
            _ => (StatusCode::NOT_FOUND, Scene::Unknown { sign_in: None }),
        };
    }
    if home.waiting.iter().any(|one| one.slug == offer.slug) {
        return (StatusCode::OK, Scene::Full { terms, waiting: true });
    }
    match (offer.standing, offer.already) {
        (Standing::Pending, None) => (StatusCode::OK, Scene::Answer { terms, message: None }),
        (Standing::Pending, Some(role)) => (StatusCode::OK, there(terms, role, &offer.slug)),
        (standing, _) => (StatusCode::GONE, over(standing, &offer)),
    }
}

/// Why it could not be accepted.
fn refused(error: domain::Error, offer: Option<Offer>, home: &PersonHome) -> Result<(StatusCode, Scene)> {
    let (code, message) = match (error, &offer) {
        (domain::Error::Conflict { code, message }, Some(_)) => (code, message),
        (domain::Error::LimitReached { .. }, Some(offer)) => {
            return Ok((StatusCode::FORBIDDEN, Scene::Full { terms: Terms::of(offer), waiting: false }));
        }
        (domain::Error::NotFound, _) => return Ok((StatusCode::NOT_FOUND, for_person(offer, home).1)),
        (error, _) => return Err(Error::from(error)),
    };
    let scene = match (code, offer) {
        ("still_leaving", Some(offer)) => Scene::Answer { terms: Terms::of(&offer), message: Some(message) },
        ("already_a_member", Some(offer)) => {
            there(Terms::of(&offer), offer.already.unwrap_or(BaseRole::Member), &offer.slug)
        }
        _ => Scene::Over { title: "This invitation cannot be accepted", words: message },
    };
    Ok((StatusCode::CONFLICT, scene))
}

fn there(terms: Terms, role: BaseRole, slug: &str) -> Scene {
    Scene::There { terms, role: role_name(role), href: format!("/orgs/{slug}") }
}

/// The end of an invitation, in words for whoever was invited.
fn over(standing: Standing, offer: &Offer) -> Scene {
    let Offer { organisation, invited_by, .. } = offer;
    let (title, words) = match standing {
        Standing::OrganisationDeleted => (
            "This organisation was deleted",
            format!("{organisation} was deleted after {invited_by} invited you. There is nothing left to join."),
        ),
        Standing::Expired => (
            "This invitation has expired",
            format!("Ask {invited_by} or another admin of {organisation} to send it again."),
        ),
        Standing::Declined => (
            "You declined this invitation",
            format!("If you have changed your mind, ask {invited_by} for a new one to {organisation}."),
        ),
        Standing::Accepted => (
            "This invitation has been used",
            format!("It was accepted, and works once. Ask {invited_by} for a new one to {organisation}."),
        ),
        Standing::Revoked | Standing::Pending => (
            "This invitation was taken back",
            format!("Ask {invited_by} or another admin of {organisation} whether that was meant for you."),
        ),
    };
    Scene::Over { title, words }
}

impl Terms {
    fn of(offer: &Offer) -> Self {
        let mut roles = vec![role_name(offer.role).to_owned()];
        roles.extend(offer.custom_roles.iter().cloned());
        Self {
            mark: Mark::of(&offer.organisation),
            organisation: offer.organisation.clone(),
            invited_by: offer.invited_by.clone(),
            address: offer.address.clone(),
            roles: roles.join(", "),
        }
    }
}

impl Came {
    fn is_empty(&self) -> bool {
        self.ticket.is_empty() && self.status.is_empty()
    }

    /// With a ticket to the page that Clerk says it is for; without, to both. The first is the likely one.
    fn ways_in(&self, state: &crate::State, back: Option<ReturnPath>) -> Result<Vec<WayIn>> {
        let config = &state.config;
        let with_ticket = |portal: &Url| {
            // Said by the page itself, so that whoever comes back is looked up at Clerk.
            let home = config.absolute(back.as_ref().map_or("/", ReturnPath::as_str), Some("__clerk_status=complete"));
            let mut url = portal.clone();
            url.query_pairs_mut()
                .append_pair("__clerk_ticket", &self.ticket)
                .append_pair("redirect_url", home.as_str());
            String::from(url)
        };
        let plain = sign_in_path(back.clone());
        Ok(match (self.ticket.is_empty(), self.status.as_str()) {
            (false, "sign_in") => vec![WayIn { label: "Sign in", href: with_ticket(&config.sign_in_url) }],
            (false, _) => vec![
                WayIn { label: "Create your account", href: with_ticket(&config.sign_up_url) },
                WayIn { label: "Sign in", href: plain },
            ],
            (true, _) => vec![
                WayIn { label: "Sign in", href: plain.clone() },
                WayIn { label: "Create your account", href: plain.replacen("/sign-in", "/sign-up", 1) },
            ],
        })
    }
}

fn answer(
    state: &crate::State,
    browser: Browser,
    at: &OfferPath,
    email: Option<String>,
    status: StatusCode,
    scene: Scene,
) -> Result<Response> {
    page(status, &OfferPage { gate: Gate::new(&state.config, browser, email), here: at.path(), scene })
}

fn onward(state: &crate::State, path: &str, flash: Flash) -> Response {
    let mut response = (StatusCode::SEE_OTHER, location(path)).into_response();
    response.headers_mut().append(SET_COOKIE, flash.cookie(&state.config));
    response
}
