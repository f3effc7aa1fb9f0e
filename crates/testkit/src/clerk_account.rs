//! A Clerk account in memory, behind the Backend API's reading calls: what it says is what the test has made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use clerk::{Backend, Clerk, Config, ConfigParts};
use serde_json::{Value, json};

/// Everybody and everything in the account.
#[derive(Debug, Clone, Default)]
pub struct Account {
    people: BTreeMap<String, (String, bool)>,
    organisations: BTreeMap<String, (String, String)>,
    memberships: BTreeMap<(String, String), String>,
    /// What was put beside an organisation when it was made.
    metadata: BTreeMap<String, Value>,
    /// Sessions that were ended.
    revoked: Vec<String>,
    /// Answers that are refused from here on, with this status.
    refusals: Vec<u16>,
    /// Changes that are made from here on, and answered as if not.
    lost: Vec<Lost>,
    /// Paths that are not answered for now.
    hanging: BTreeSet<String>,
    /// How often each path was asked.
    asked: BTreeMap<String, usize>,
}

/// How the answer to a change that was made is lost.
#[derive(Debug, Clone, Copy)]
pub enum Lost {
    /// Another answer in its place, with this status.
    Status(u16),
    /// A success that is no JSON.
    Garbage,
    /// The connection breaks.
    Broken,
}

/// An account that answers. Ends with the test's runtime; clones are the same account.
#[derive(Clone)]
pub struct ClerkAccount {
    account: Arc<Mutex<Account>>,
    url: String,
    backend: Backend,
}

type Shared = Arc<Mutex<Account>>;

impl Account {
    /// A person, or their new name.
    pub fn person(&mut self, user: &str, name: &str) {
        let banned = self.people.get(user).is_some_and(|(_, banned)| *banned);
        self.people.insert(user.to_owned(), (name.to_owned(), banned));
    }

    /// Bans a person, or no longer.
    pub fn ban(&mut self, user: &str, banned: bool) {
        self.people.entry(user.to_owned()).and_modify(|person| person.1 = banned);
    }

    /// An organisation, or its new address and name.
    pub fn organisation(&mut self, organisation: &str, slug: &str, name: &str) {
        self.organisations.insert(organisation.to_owned(), (slug.to_owned(), name.to_owned()));
    }

    /// A membership, or its new role.
    pub fn member(&mut self, user: &str, organisation: &str, role: &str) {
        self.memberships.insert((user.to_owned(), organisation.to_owned()), role.to_owned());
    }

    /// Ends a membership.
    pub fn leave(&mut self, user: &str, organisation: &str) {
        self.memberships.remove(&(user.to_owned(), organisation.to_owned()));
    }

    /// Deletes a person with their memberships.
    pub fn delete_person(&mut self, user: &str) {
        self.people.remove(user);
        self.memberships.retain(|(one, _), _| one != user);
    }

    /// Deletes an organisation with its memberships.
    pub fn delete_organisation(&mut self, organisation: &str) {
        self.organisations.remove(organisation);
        self.memberships.retain(|(_, one), _| one != organisation);
    }

    /// The next answers are refusals, each with its status.
    pub fn refuse(&mut self, statuses: &[u16]) {
        self.refusals.extend(statuses);
    }

    /// The next changes are made, and their answers lost.
    pub fn lose(&mut self, how: &[Lost]) {
        self.lost.extend(how);
    }

    /// Answers as it should again.
    pub fn recover(&mut self) {
        self.refusals.clear();
        self.lost.clear();
    }

    /// How many organisations there are.
    pub fn organisations(&self) -> usize {
        self.organisations.len()
    }

    /// Which sessions were ended, in order.
    pub fn revoked(&self) -> &[String] {
        &self.revoked
    }

    /// Whoever asks for this path waits, or no longer.
    pub fn hang(&mut self, path: &str, hangs: bool) {
        if hangs {
            self.hanging.insert(path.to_owned());
        } else {
            self.hanging.remove(path);
        }
    }

    /// How often this path was asked.
    pub fn asked(&self, path: &str) -> usize {
        self.asked.get(path).copied().unwrap_or_default()
    }

    /// What there is, a line each; of whoever is banned nothing.
    pub fn told(&self) -> BTreeSet<String> {
        let is_there = |user: &String| self.people.get(user).is_some_and(|(_, banned)| !banned);
        let people =
            self.people.iter().filter(|(id, _)| is_there(id)).map(|(id, (name, _))| format!("person {id} {name}"));
        let organisations =
            self.organisations.iter().map(|(id, (slug, name))| format!("organisation {id} {slug} {name}"));
        let members = self
            .memberships
            .iter()
            .filter(|((user, organisation), _)| is_there(user) && self.organisations.contains_key(organisation));
        let members = members.map(|((user, organisation), role)| format!("member {user} {organisation} {role}"));
        people.chain(organisations).chain(members).collect()
    }

    fn user(&self, id: &str) -> Option<Value> {
        let (name, banned) = self.people.get(id)?;
        let address = json!({ "id": "idn_1", "email_address": format!("{id}@example.test"), "verification": { "status": "verified" } });
        Some(json!({
            "object": "user", "id": id, "first_name": name, "last_name": null, "banned": banned,
            "primary_email_address_id": "idn_1", "email_addresses": [address], "created_at": 1, "updated_at": 1,
        }))
    }

    fn organization(&self, id: &str) -> Option<Value> {
        let (slug, name) = self.organisations.get(id)?;
        Some(json!({
            "object": "organization", "id": id, "slug": slug, "name": name, "created_at": 1, "updated_at": 1,
            "private_metadata": self.metadata.get(id),
        }))
    }

    fn membership(&self, (user, organisation): &(String, String), role: &str) -> Option<Value> {
        Some(json!({
            "object": "organization_membership", "id": format!("orgmem_{user}_{organisation}"), "role": format!("org:{role}"),
            "organization": self.organization(organisation)?, "public_user_data": { "user_id": user },
            "created_at": 1, "updated_at": 1,
        }))
    }

    fn memberships(&self, of: Option<&str>) -> Vec<Value> {
        let wanted = |user: &str| of.is_none_or(|of| of == user);
        let all = self.memberships.iter().filter(|((user, _), _)| wanted(user));
        all.filter_map(|(key, role)| self.membership(key, role)).collect()
    }
}

impl ClerkAccount {
    /// Answers from here on.
    pub async fn start() -> Self {
        let account = Shared::default();
        let router = Router::new()
            .route("/v1/instance", get(instance))
            .route("/v1/users", get(users))
            .route("/v1/users/{id}", get(user).delete(delete_user))
            .route("/v1/users/{id}/organization_memberships", get(memberships_of))
            .route("/v1/organizations", get(organizations).post(create_organization))
            .route("/v1/sessions/{id}/revoke", post(revoke_session))
            .route("/v1/organizations/{id}", get(organization).patch(organization).delete(delete_organization))
            .route("/v1/organization_memberships", get(memberships))
            .layer(from_fn_with_state(Arc::clone(&account), hang))
            .with_state(Arc::clone(&account));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let config = Config::from_parts(ConfigParts {
            publishable_key: "pk_test_dGVuYW50cnktc2FuZGJveC0xMy5jbGVyay5hY2NvdW50cy5kZXYk".to_owned(),
            secret_key: "sk_test_0123456789abcdef0123456789abcdef".to_owned().into(),
            api_url: Some(base.clone()),
            proxy_url: Some(base.clone()),
            calls_in_ten_seconds: Some(u32::MAX),
            ..ConfigParts::default()
        });
        let backend = Clerk::new(config.unwrap()).unwrap().backend().clone();
        Self { account, url: base, backend }
    }

    /// The account, to be changed.
    pub fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A client that asks it.
    pub fn backend(&self) -> Backend {
        self.backend.clone()
    }
}

/// Makes a change, or refuses it, or makes it and loses the answer.
fn change(account: &Shared, make: impl FnOnce(&mut Account) -> Option<Value>) -> Response {
    let lost = account.lock().unwrap_or_else(PoisonError::into_inner).lost.pop();
    let Some(lost) = lost else {
        let mut made = None;
        if account.lock().unwrap_or_else(PoisonError::into_inner).refusals.is_empty() {
            made = make(&mut account.lock().unwrap_or_else(PoisonError::into_inner));
        }
        return answer(account, |_| made);
    };
    make(&mut account.lock().unwrap_or_else(PoisonError::into_inner));
    match lost {
        Lost::Status(status) => (StatusCode::from_u16(status).unwrap(), "lost").into_response(),
        Lost::Garbage => "<html>".into_response(),
        Lost::Broken => {
            let cut = futures_util::stream::iter([Ok("{"), Err(std::io::Error::other("cut off"))]);
            Body::from_stream(cut).into_response()
        }
    }
}

/// Counts the question, and holds it for as long as its path hangs.
async fn hang(State(account): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    *account.lock().unwrap_or_else(PoisonError::into_inner).asked.entry(path.clone()).or_default() += 1;
    while account.lock().unwrap_or_else(PoisonError::into_inner).hanging.contains(&path) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    next.run(request).await
}

/// What the account says, or the refusal that is next.
fn answer(account: &Shared, say: impl FnOnce(&Account) -> Option<Value>) -> Response {
    let mut account = account.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(status) = account.refusals.pop() {
        let status = StatusCode::from_u16(status).unwrap();
        return (status, [("retry-after", "0")], Json(json!({ "errors": [] }))).into_response();
    }
    match say(&account) {
        Some(value) => Json(value).into_response(),
        None => {
            let error = json!({ "code": "resource_not_found", "message": "not found" });
            (StatusCode::NOT_FOUND, Json(json!({ "errors": [error] }))).into_response()
        }
    }
}

type PageQuery = Query<BTreeMap<String, String>>;

fn page(all: Vec<Value>, query: &BTreeMap<String, String>) -> Vec<Value> {
    let number = |name: &str, otherwise| query.get(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    all.into_iter().skip(number("offset", 0)).take(number("limit", 10)).collect()
}

async fn instance() -> Json<Value> {
    Json(json!({ "object": "instance", "id": "ins_test", "environment_type": "development" }))
}

async fn user(State(account): State<Shared>, Path(id): Path<String>) -> Response {
    answer(&account, |account| account.user(&id))
}

async fn delete_user(State(account): State<Shared>, Path(id): Path<String>) -> Response {
    change(&account, |account| {
        account.user(&id)?;
        account.delete_person(&id);
        Some(json!({ "object": "user", "id": id, "deleted": true }))
    })
}

async fn users(State(account): State<Shared>, Query(query): PageQuery) -> Response {
    answer(&account, |account| {
        Some(page(account.people.keys().filter_map(|id| account.user(id)).collect(), &query).into())
    })
}

async fn delete_organization(State(account): State<Shared>, Path(id): Path<String>) -> Response {
    change(&account, |account| {
        account.organization(&id)?;
        account.delete_organisation(&id);
        Some(json!({ "object": "organization", "id": id, "deleted": true }))
    })
}

async fn organization(State(account): State<Shared>, Path(id): Path<String>) -> Response {
    answer(&account, |account| account.organization(&id))
}

async fn organizations(State(account): State<Shared>, Query(query): PageQuery) -> Response {
    answer(&account, |account| {
        let of = query.get("user_id");
        let theirs =
            |id: &&String| of.is_none_or(|user| account.memberships.contains_key(&(user.clone(), (*id).clone())));
        let all: Vec<Value> =
            account.organisations.keys().filter(theirs).filter_map(|id| account.organization(id)).collect();
        Some(json!({ "total_count": all.len(), "data": page(all, &query) }))
    })
}

/// As Clerk: an address that is taken is refused.
async fn create_organization(State(account): State<Shared>, Json(new): Json<Value>) -> Response {
    let text = |name: &str| new[name].as_str().unwrap_or_default().to_owned();
    let taken = {
        let account = account.lock().unwrap_or_else(PoisonError::into_inner);
        account.organisations.values().any(|(slug, _)| *slug == text("slug"))
    };
    if taken {
        let error = json!({ "code": "form_identifier_exists", "message": "taken", "meta": { "param_name": "slug" } });
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "errors": [error] }))).into_response();
    }
    change(&account, |account| {
        let id = format!("org_made{}", account.organisations.len());
        account.organisation(&id, &text("slug"), &text("name"));
        account.metadata.insert(id.clone(), new["private_metadata"].clone());
        account.member(&text("created_by"), &id, "admin");
        account.organization(&id)
    })
}

async fn revoke_session(State(account): State<Shared>, Path(id): Path<String>) -> Response {
    change(&account, |account| {
        account.revoked.push(id.clone());
        let (user, status) = ("user_somebody", "revoked");
        Some(
            json!({ "object": "session", "id": id, "user_id": user, "status": status, "created_at": 1, "updated_at": 1 }),
        )
    })
}

async fn memberships_of(State(account): State<Shared>, Path(id): Path<String>, Query(query): PageQuery) -> Response {
    answer(&account, |account| {
        account.user(&id)?;
        let all = account.memberships(Some(&id));
        Some(json!({ "total_count": all.len(), "data": page(all, &query) }))
    })
}

async fn memberships(State(account): State<Shared>, Query(query): PageQuery) -> Response {
    answer(&account, |account| {
        let all = account.memberships(None);
        Some(json!({ "total_count": all.len(), "data": page(all, &query) }))
    })
}
