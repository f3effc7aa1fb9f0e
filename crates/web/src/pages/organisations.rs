//! `/organisations`: where a person belongs, and how they begin one of their own.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use clerk::ErrorCode;
use domain::FieldErrors;
use domain::directory::{self, PersonHome};
use http::StatusCode;
use http::header::SET_COOKIE;
use serde::Deserialize;

use super::gate::Gate;
use super::page;
use super::shell::{Mark, role_name};
use crate::access::{Browser, SignedIn};
use crate::body::Form;
use crate::error::Result;
use crate::flash::Flash;
use crate::session::{Session, location};
use crate::slug::Slug;
use crate::state::Chain;

/// Longest name of an organisation, in characters.
const LONGEST_NAME: usize = 80;
/// How many addresses are tried for one that is free.
const MOST_SUGGESTIONS: u32 = 5;

#[derive(Template)]
#[template(path = "organisations.html")]
struct Organisations {
    gate: Gate,
    first_name: String,
    mine: Vec<Line>,
    host: String,
    form: NewOrganisation,
}

/// One of the person's organisations.
struct Line {
    name: String,
    role: &'static str,
    mark: Mark,
    href: String,
}

/// The form as it was typed, with what is wrong about it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct NewOrganisation {
    name: String,
    slug: String,
    #[serde(skip)]
    errors: FieldErrors,
    /// What is wrong with nothing that was typed.
    #[serde(skip)]
    trouble: Option<String>,
}

/// `GET /organisations`
pub(crate) async fn show(person: SignedIn, browser: Browser, State(state): State<crate::State>) -> Result<Response> {
    page(StatusCode::OK, &Organisations::new(&state, browser, person.home, NewOrganisation::default()))
}

/// `POST /organisations`: Clerk makes it, our directory follows at once.
pub(crate) async fn create(
    person: SignedIn,
    browser: Browser,
    State(state): State<crate::State>,
    Form(mut form): Form<NewOrganisation>,
) -> Result<Response> {
    let status = match form.parse() {
        Ok((_, slug)) if directory::address_is_taken(&state.database, slug.as_str()).await? => {
            form.taken(&state, &slug).await;
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Ok((name, slug)) => match at_clerk(&state, &person.session, &name, &slug).await {
            Ok(organization) => return Ok(created(&state, &person.session, organization.slug).await),
            Err(error) => form.refused(&state, &slug, &error).await,
        },
        Err(errors) => {
            form.errors = errors;
            StatusCode::UNPROCESSABLE_ENTITY
        }
    };
    page(status, &Organisations::new(&state, browser, person.home, form))
}

async fn at_clerk(
    state: &crate::State,
    session: &Session,
    name: &str,
    slug: &Slug,
) -> Result<clerk::types::Organization, clerk::Error> {
    let (backend, user) = (state.clerk.backend(), Some(session.user.as_str()));
    match backend.create_organization(name, Some(slug.as_str()), user).await {
        // The instance knows no addresses; the directory will make one of the id.
        Err(error) if error.code() == Some(&ErrorCode::OrganizationSlugsDisabled) => {
            backend.create_organization(name, None, user).await
        }
        answer => answer,
    }
}

/// To the new organisation; or to the list, where its event has to be waited for.
async fn created(state: &crate::State, session: &Session, slug: Option<String>) -> Response {
    let (path, flash) = match (state.look_now(&session.user).await, slug) {
        (Ok(()), Some(slug)) => (format!("/orgs/{slug}"), Flash::OrganisationCreated),
        (Ok(()), None) => ("/organisations".to_owned(), Flash::OrganisationCreated),
        (Err(error), _) => {
            tracing::warn!(error = %Chain(&error), "a new organisation waits for Clerk's event");
            ("/organisations".to_owned(), Flash::OrganisationOnItsWay)
        }
    };
    let mut response = (StatusCode::SEE_OTHER, location(&path)).into_response();
    response.headers_mut().append(SET_COOKIE, flash.cookie(&state.config));
    response
}

impl NewOrganisation {
    fn parse(&self) -> Result<(String, Slug), FieldErrors> {
        let name = name(&self.name);
        let slug = match (self.slug.trim(), &name) {
            ("", Ok(name)) => Slug::suggest(name)
                .ok_or_else(|| FieldErrors::one("slug", "The name gives no address. Write one here.")),
            // One complaint is enough: with a name there will be an address.
            ("", Err(_)) => return Err(name.err().unwrap_or_default()),
            (typed, _) => Slug::parse(typed),
        };
        FieldErrors::both(name, slug)
    }

    /// Says what Clerk refused, and gives the status.
    async fn refused(&mut self, state: &crate::State, slug: &Slug, error: &clerk::Error) -> StatusCode {
        let clerk::Error::Api { status: 400..=499, code, message, param, .. } = error else {
            tracing::warn!(error = %Chain(error), "an organisation could not be created");
            self.trouble = Some("Clerk, which keeps organisations, does not answer.".to_owned());
            return StatusCode::SERVICE_UNAVAILABLE;
        };
        let about_slug = param.as_deref() == Some("slug");
        match code {
            ErrorCode::FormIdentifierExists | ErrorCode::DuplicateRecord => self.taken(state, slug).await,
            _ if about_slug => self.errors = FieldErrors::one("slug", message.clone()),
            _ if param.as_deref() == Some("name") => self.errors = FieldErrors::one("name", message.clone()),
            _ => {
                tracing::warn!(error = %Chain(error), "an organisation was refused");
                self.trouble = Some("Clerk, which keeps organisations, refused to create it.".to_owned());
            }
        }
        StatusCode::UNPROCESSABLE_ENTITY
    }

    /// Another organisation has the address, or had it.
    async fn taken(&mut self, state: &crate::State, slug: &Slug) {
        slug.as_str().clone_into(&mut self.slug);
        self.errors = FieldErrors::one("slug", taken(state, &self.name, slug).await);
    }

    fn error(&self, field: &str) -> Option<&str> {
        self.errors.message(field)
    }
}

/// That an address is taken, and one that is not.
pub(crate) async fn taken(state: &crate::State, name: &str, slug: &Slug) -> String {
    let free = free_address(state, name, slug).await;
    let free = free.map_or_else(String::new, |free| format!(" {} is free.", free.as_str()));
    format!("{} is taken.{free}", slug.as_str())
}

/// An address near to the one wanted that nobody has.
async fn free_address(state: &crate::State, name: &str, taken: &Slug) -> Option<Slug> {
    let from_name = Slug::suggest(name).filter(|slug| slug != taken);
    let numbered = (2..).filter_map(|number| taken.numbered(number)).take(MOST_SUGGESTIONS as usize - 1);
    for slug in from_name.into_iter().chain(numbered) {
        let had = directory::address_is_taken(&state.database, slug.as_str()).await;
        let has = state.clerk.backend().get_organization(slug.as_str()).await;
        if matches!(had, Ok(false)) && has.is_err_and(|error| error.is_not_found()) {
            return Some(slug);
        }
    }
    None
}

pub(crate) fn name(text: &str) -> Result<String, FieldErrors> {
    let text = text.trim();
    let wrong = |message: String| Err(FieldErrors::one("name", message));
    match text.chars().count() {
        0 => wrong("Write the organisation’s name.".to_owned()),
        count if count > LONGEST_NAME => wrong(format!("Shorten this to {LONGEST_NAME} characters; it has {count}.")),
        _ if text.chars().any(char::is_control) => wrong("Remove the control characters; plain text only.".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

impl Organisations {
    fn new(state: &crate::State, browser: Browser, home: PersonHome, form: NewOrganisation) -> Self {
        let mine = home.organisations.into_iter().map(|one| Line {
            mark: Mark::of(&one.name),
            role: role_name(one.role),
            href: format!("/orgs/{}", one.slug),
            name: one.name,
        });
        Self {
            gate: Gate::new(&state.config, browser, Some(home.person.email)),
            first_name: home.person.name.split(' ').next().unwrap_or_default().to_owned(),
            mine: mine.collect(),
            host: state.config.host(),
            form,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str, slug: &str) -> Result<(String, Slug), FieldErrors> {
        NewOrganisation { name: name.to_owned(), slug: slug.to_owned(), ..NewOrganisation::default() }.parse()
    }

    #[test]
    fn the_address_follows_the_name_where_it_is_left_empty() {
        assert_eq!(parse(" Bolt Cycles ", "").unwrap().1.as_str(), "bolt-cycles");
        assert_eq!(parse("Bolt Cycles", "bolt").unwrap().1.as_str(), "bolt");
        assert!(parse("日本", "").unwrap_err().message("slug").is_some());
        assert_eq!(parse("日本", "nihon").unwrap().0, "日本");
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let errors = parse(&"a".repeat(81), "API").unwrap_err();
        assert!(errors.message("name").is_some() && errors.message("slug").is_some());
        assert!(parse("", "").unwrap_err().message("slug").is_none());
        assert!(parse("a\0b", "ab").unwrap_err().message("name").is_some());
    }
}
