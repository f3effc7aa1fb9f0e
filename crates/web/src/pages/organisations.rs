//! `/organisations`: where a person belongs, and how they begin one of their own.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use clerk::Refused;
use domain::FieldErrors;
use domain::directory::{self, MyDeleted, PersonHome};
use domain::lifecycle::days_left;
use http::StatusCode;
use http::header::SET_COOKIE;
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::deleted;
use super::gate::Gate;
use super::page;
use super::shell::{Invited, Mark, role_name};
use crate::access::{Browser, SignedIn};
use crate::body::Form;
use crate::creation::{Created, Creation};
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
    invitations: Vec<Invited>,
    /// Names of those that have no place for the person yet.
    waiting: Vec<String>,
    deleted: Vec<Gone>,
    host: String,
    form: NewOrganisation,
}

/// One that was deleted.
struct Gone {
    name: String,
    mark: Mark,
    left: String,
    href: String,
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
    /// Of a form that was sent before without anybody knowing what came of it.
    number: String,
    #[serde(skip)]
    errors: FieldErrors,
    /// What is wrong with nothing that was typed.
    #[serde(skip)]
    trouble: Option<Trouble>,
}

/// Why nothing came of it, and what to do.
struct Trouble {
    what: &'static str,
    so: &'static str,
}

const NOTHING_CREATED: &str = "Nothing was created. What you typed is kept below.";
/// Its number is kept in the form, so that this holds.
const SEND_AGAIN: &str = "Send it again in a moment: it is not created twice. What you typed is kept below.";
const MAY_APPEAR: &str = "It may have been created. Then it appears here once Clerk answers, and sending this again does \
                          not create it twice. What you typed is kept below.";

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
        Ok((name, slug)) => {
            let sent_before = Uuid::parse_str(&form.number).ok();
            let number = sent_before.unwrap_or_else(Uuid::now_v7);
            let creator = &person.session.user;
            let creation = Creation { name: &name, slug: &slug, creator, number, again: sent_before.is_some() };
            match creation.at(state.clerk.backend()).await {
                Created::Yes(organization) => return Ok(created(&state, &person.session, organization.slug).await),
                Created::No(error) => form.refused(&state, &slug, &error).await,
                Created::NotSeen => form.not_known(number, SEND_AGAIN),
                Created::Unknown => form.not_known(number, MAY_APPEAR),
            }
        }
        Err(errors) => {
            form.errors = errors;
            StatusCode::UNPROCESSABLE_ENTITY
        }
    };
    page(status, &Organisations::new(&state, browser, person.home, form))
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
        match error.refused() {
            Refused::SlugTaken => self.taken(state, slug).await,
            Refused::NameRefused { field, message } if field == "slug" => {
                self.errors = FieldErrors::one("slug", message);
            }
            Refused::NameRefused { field, message } if field == "name" => {
                self.errors = FieldErrors::one("name", message);
            }
            Refused::OrganisationLimit => {
                self.trouble = Some(Trouble {
                    what: "You cannot have more organisations.",
                    so: "Nothing was created. Leave one that you do not need, or ask us for more.",
                });
            }
            Refused::Busy { .. } | Refused::Unreachable => {
                tracing::warn!(error = %Chain(error), "an organisation could not be created");
                self.trouble =
                    Some(Trouble { what: "Clerk, which keeps organisations, does not answer.", so: NOTHING_CREATED });
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            _ => {
                tracing::warn!(error = %Chain(error), "an organisation was refused");
                self.trouble = Some(Trouble {
                    what: "Clerk, which keeps organisations, refused to create it.",
                    so: NOTHING_CREATED,
                });
            }
        }
        StatusCode::UNPROCESSABLE_ENTITY
    }

    /// Another organisation has the address, or had it.
    async fn taken(&mut self, state: &crate::State, slug: &Slug) {
        slug.as_str().clone_into(&mut self.slug);
        self.errors = FieldErrors::one("slug", taken(state, &self.name, slug).await);
    }

    /// Says that nobody knows, and has the form go on where this one ended.
    fn not_known(&mut self, number: Uuid, so: &'static str) -> StatusCode {
        self.number = number.to_string();
        self.trouble =
            Some(Trouble { what: "Clerk, which keeps organisations, did not say whether it was created.", so });
        StatusCode::SERVICE_UNAVAILABLE
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
            invitations: home.invitations.iter().map(Invited::of).collect(),
            waiting: home.waiting.into_iter().map(|one| one.name).collect(),
            deleted: home.deleted.iter().map(Gone::of).collect(),
            host: state.config.host(),
            form,
        }
    }
}

impl Gone {
    fn of(one: &MyDeleted) -> Self {
        let left = one.erase_at.map_or(0, |until| days_left(until, Timestamp::now()));
        Self {
            name: one.name.clone(),
            mark: Mark::of(&one.name),
            left: deleted::in_words(left),
            href: format!("/deleted/{}", one.id),
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
