//! `/users`.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use crate::app::Shared;
use crate::backend::body::Body;
use crate::backend::query::{Query, SortKey};
use crate::clock;
use crate::errors::{ApiError, ApiResult};
use crate::records::{Audience, NewUser, Password, Rights, User, check_email, check_person_name};
use crate::state;

/// The people that pass the filters, as a bare list.
pub(super) async fn list(State(app): State<Shared>, query: Query) -> ApiResult {
    app.store.read(|state| {
        let mut users = filtered(state, &query);
        query.sort(&mut users, |user, field| {
            Some(match field {
                "created_at" => SortKey::Time(Some(user.created_at)),
                "updated_at" => SortKey::Time(Some(user.updated_at)),
                "last_sign_in_at" | "last_active_at" => SortKey::Time(user.last_sign_in_at),
                "email_address" => SortKey::Text(user.identifier().to_owned()),
                "first_name" => SortKey::Text(user.first_name.clone().unwrap_or_default()),
                "last_name" => SortKey::Text(user.last_name.clone().unwrap_or_default()),
                _ => return None,
            })
        })?;
        if let Some(cursor) = query.one("starting_after") {
            let index = after(&query, users.iter().position(|user| user.id == cursor))?;
            users.drain(..=index);
        }
        let (page, _) = query.page(users)?;
        Ok(Json(page.into_iter().map(|user| state.user_json(user, Audience::Backend)).collect()))
    })
}

/// Where a page after a cursor begins; cursors go with one order and with no offset.
fn after(query: &Query, index: Option<usize>) -> Result<usize, ApiError> {
    let order = query.one("order_by").unwrap_or("created_at");
    if order.trim().trim_start_matches(['+', '-']) != "created_at" {
        return Err(ApiError::invalid("order_by", "order_by must be created_at together with starting_after."));
    }
    if query.one("offset").is_some_and(|offset| offset != "0") {
        return Err(ApiError::invalid("offset", "offset cannot be combined with starting_after."));
    }
    index.ok_or_else(|| ApiError::invalid("starting_after", "starting_after must be the id of a user of the list."))
}

/// Whether it is the person's password.
pub(super) async fn verify_password(State(app): State<Shared>, Path(id): Path<String>, body: Body) -> ApiResult {
    let text = body.required("password")?;
    app.store.read(|state| {
        let user = state.users.get(&id).ok_or_else(|| ApiError::not_found("user", &id))?;
        let password = user
            .password
            .as_ref()
            .ok_or_else(|| ApiError::bad_request("no_password_set", "This user does not have a password set."))?;
        password.check("password", &text)?;
        Ok(Json(json!({"verified": true})))
    })
}

/// How many pass the filters.
pub(super) async fn count(State(app): State<Shared>, query: Query) -> Json<Value> {
    let count = app.store.read(|state| filtered(state, &query).len());
    Json(json!({"object": "total_count", "total_count": count}))
}

fn filtered<'a>(state: &'a state::State, query: &Query) -> Vec<&'a User> {
    let emails: Vec<_> = query.many("email_address").into_iter().map(|address| address.trim().to_lowercase()).collect();
    let outside = query.many("external_id");
    let organizations = query.many("organization_id");
    let words = query.one("query").map(str::to_lowercase);
    state
        .users
        .values()
        .filter(|user| {
            let addresses = || user.email_addresses.iter().map(|email| email.email_address.as_str());
            let by_words = words.as_ref().is_none_or(|words| {
                addresses().chain([user.id.as_str()]).any(|text| text.to_lowercase().contains(words))
                    || user.name().to_lowercase().contains(words)
            });
            let in_organization = organizations.is_empty()
                || state
                    .memberships_of(&user.id)
                    .any(|membership| query.wants("organization_id", &membership.organization_id));
            query.wants("user_id", &user.id)
                && in_organization
                && (emails.is_empty() || addresses().any(|address| emails.iter().any(|wanted| wanted == address)))
                && (outside.is_empty() || user.external_id.as_deref().is_some_and(|id| outside.contains(&id)))
                && by_words
        })
        .collect()
}

/// One person.
pub(super) async fn show(State(app): State<Shared>, Path(id): Path<String>) -> ApiResult {
    app.store.read(|state| {
        let user = state.users.get(&id).ok_or_else(|| ApiError::not_found("user", &id))?;
        Ok(Json(state.user_json(user, Audience::Backend)))
    })
}

/// A new person, whose addresses count as verified.
pub(super) async fn create(State(app): State<Shared>, body: Body) -> ApiResult {
    let email_addresses =
        body.texts("email_address")?.iter().map(|address| check_email(address)).collect::<Result<Vec<_>, _>>()?;
    if email_addresses.is_empty() {
        return Err(ApiError::missing("email_address"));
    }
    let new = NewUser {
        email_addresses,
        verified_by: "admin",
        first_name: name(&body, "first_name")?.flatten(),
        last_name: name(&body, "last_name")?.flatten(),
        external_id: body.text("external_id")?,
        public_metadata: body.metadata("public_metadata")?.unwrap_or_default(),
        private_metadata: body.metadata("private_metadata")?.unwrap_or_default(),
        unsafe_metadata: body.metadata("unsafe_metadata")?.unwrap_or_default(),
        password: password(&body)?,
    };
    app.store.write(|state| {
        let user = state.create_user(new, clock::now())?;
        Ok(Json(state.user_json(&user, Audience::Backend)))
    })
}

/// Changes names, outside id, primary address, password, language, time zone or rights.
pub(super) async fn change(State(app): State<Shared>, Path(id): Path<String>, body: Body) -> ApiResult {
    body.refuse_metadata()?;
    let first = name(&body, "first_name")?;
    let last = name(&body, "last_name")?;
    let external_id = body.settable("external_id")?;
    let primary = body.text("primary_email_address_id")?;
    let (locale, timezone) = (body.settable("locale")?, body.settable("timezone")?);
    let (deletes, creates) = (body.flag("delete_self_enabled")?, body.flag("create_organization_enabled")?);
    let most = body.mentions("create_organizations_limit").then(|| body.number("create_organizations_limit"));
    let most = most.transpose()?;
    let password = password(&body)?;
    answer(&app, &id, |user| {
        if password.is_some() {
            user.password = password;
        }
        if let Some(first) = first {
            user.first_name = first;
        }
        if let Some(last) = last {
            user.last_name = last;
        }
        if let Some(external_id) = external_id {
            user.external_id = external_id;
        }
        if let Some(locale) = locale {
            user.locale = locale;
        }
        if let Some(timezone) = timezone {
            user.timezone = timezone;
        }
        user.rights = Rights {
            delete_self_enabled: deletes.unwrap_or(user.rights.delete_self_enabled),
            create_organization_enabled: creates.unwrap_or(user.rights.create_organization_enabled),
            create_organizations_limit: most.unwrap_or(user.rights.create_organizations_limit),
        };
        if let Some(primary) = primary {
            if !user.email_addresses.iter().any(|email| email.id == primary) {
                return Err(ApiError::not_found("email address", &primary));
            }
            user.primary_email_address_id = Some(primary);
        }
        Ok(())
    })
}

fn password(body: &Body) -> Result<Option<Password>, ApiError> {
    body.text("password")?.map(|text| Password::choose("password", &text, clock::now())).transpose()
}

fn name(body: &Body, param: &str) -> Result<Option<Option<String>>, ApiError> {
    match body.settable(param)? {
        Some(Some(text)) => check_person_name(param, &text).map(Some),
        other => Ok(other),
    }
}

/// Merges metadata.
pub(super) async fn merge_metadata(app: State<Shared>, id: Path<String>, body: Body) -> ApiResult {
    metadata(&app, &id, &body, false)
}

/// Replaces the metadata members that are mentioned.
pub(super) async fn replace_metadata(app: State<Shared>, id: Path<String>, body: Body) -> ApiResult {
    metadata(&app, &id, &body, true)
}

fn metadata(app: &Shared, id: &str, body: &Body, replace: bool) -> ApiResult {
    answer(app, id, |user| {
        body.apply_metadata("public_metadata", &mut user.public_metadata, replace)?;
        body.apply_metadata("private_metadata", &mut user.private_metadata, replace)?;
        body.apply_metadata("unsafe_metadata", &mut user.unsafe_metadata, replace)
    })
}

fn answer(app: &Shared, id: &str, change: impl FnOnce(&mut User) -> Result<(), ApiError>) -> ApiResult {
    app.store.write(|state| {
        let user = state.change_user(id, clock::now(), change)?;
        Ok(Json(state.user_json(&user, Audience::Backend)))
    })
}

/// Shuts a person out and ends their sessions.
pub(super) async fn ban(app: State<Shared>, id: Path<String>) -> ApiResult {
    set_banned(&app, &id, true)
}

/// Lets a person in again.
pub(super) async fn unban(app: State<Shared>, id: Path<String>) -> ApiResult {
    set_banned(&app, &id, false)
}

fn set_banned(app: &Shared, id: &str, banned: bool) -> ApiResult {
    app.store.write(|state| {
        let user = state.ban_user(id, banned, clock::now())?;
        Ok(Json(state.user_json(&user, Audience::Backend)))
    })
}

/// Lets a person sign in no more; sessions they have go on.
pub(super) async fn lock(app: State<Shared>, id: Path<String>) -> ApiResult {
    set_locked(&app, &id, true)
}

/// Lets a person sign in again.
pub(super) async fn unlock(app: State<Shared>, id: Path<String>) -> ApiResult {
    set_locked(&app, &id, false)
}

fn set_locked(app: &Shared, id: &str, locked: bool) -> ApiResult {
    answer(app, id, |user| {
        user.locked = locked;
        Ok(())
    })
}

/// Removes a person.
pub(super) async fn destroy(State(app): State<Shared>, Path(id): Path<String>) -> ApiResult {
    app.store.write(|state| state.delete_user(&id, clock::now()).map(Json))
}
