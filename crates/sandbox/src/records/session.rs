//! Sessions: somebody signed in on some client, with at most one organisation active.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::{DAY, Millis};
use crate::errors::ApiError;
use crate::ids;
use crate::records::{ActorToken, Audience, Metadata};
use crate::state::State;
use crate::tokens::Signer;

/// Longest life of a session.
const LIFE: Millis = 7 * DAY;
/// Refresh tokens a session may have, one for each handshake; the oldest goes first.
const REFRESH_TOKENS: usize = 20;

/// One session.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) client_id: String,
    /// Who acts in the person's name, if anybody.
    #[serde(default)]
    pub(crate) actor: Option<Metadata>,
    /// As kept: never pending or expired, those follow from the rest (see [`State::session_status`]).
    pub(crate) status: SessionStatus,
    pub(crate) last_active_organization_id: Option<String>,
    pub(crate) last_active_at: Millis,
    /// When the first factor was verified.
    pub(crate) verified_at: Millis,
    pub(crate) expire_at: Millis,
    pub(crate) refresh_tokens: Vec<String>,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

/// What a session is worth.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionStatus {
    Active,
    /// Signed in, but an organisation has to be chosen first.
    Pending,
    /// By the person.
    Ended,
    /// By signing out of the client.
    Removed,
    /// By the Backend API.
    Revoked,
    Expired,
}

impl SessionStatus {
    /// The word both APIs use.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Ended => "ended",
            Self::Removed => "removed",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }

    /// Whether the person counts as signed in, with or without a task.
    pub(crate) fn is_live(self) -> bool {
        matches!(self, Self::Active | Self::Pending)
    }
}

impl State {
    /// What a session is worth now.
    pub(crate) fn session_status(&self, session: &Session) -> SessionStatus {
        match session.status {
            SessionStatus::Active if session.expire_at <= crate::clock::now() => SessionStatus::Expired,
            SessionStatus::Active
                if session.last_active_organization_id.is_none() && !self.rules.membership_optional =>
            {
                SessionStatus::Pending
            }
            other => other,
        }
    }

    /// A session that is live.
    pub(crate) fn live_session(&self, id: &str) -> Option<&Session> {
        self.sessions.get(id).filter(|session| self.session_status(session).is_live())
    }

    /// Signs a person in on a client. The session starts in their last organisation, or the one they joined last.
    pub(crate) fn create_session(
        &mut self,
        client_id: &str,
        user_id: &str,
        organization_id: Option<String>,
        now: Millis,
    ) -> Result<Session, ApiError> {
        self.begin_session(client_id, user_id, organization_id, None, now)
    }

    /// The same for somebody who acts in the person's name, and for less long.
    pub(crate) fn create_session_of_actor(
        &mut self,
        client_id: &str,
        token: &ActorToken,
        now: Millis,
    ) -> Result<Session, ApiError> {
        self.begin_session(client_id, &token.user_id, None, Some(token), now)
    }

    fn begin_session(
        &mut self,
        client_id: &str,
        user_id: &str,
        organization_id: Option<String>,
        actor: Option<&ActorToken>,
        now: Millis,
    ) -> Result<Session, ApiError> {
        let user = self.users.get(user_id).ok_or_else(|| ApiError::not_found("user", user_id))?;
        let last = user.last_organization_id.clone().filter(|id| self.membership(id, user_id).is_some());
        let newest = || {
            self.memberships_of(user_id)
                .max_by_key(|membership| membership.created_at)
                .map(|membership| membership.organization_id.clone())
        };
        let session = Session {
            id: ids::fresh("sess_"),
            user_id: user_id.to_owned(),
            client_id: client_id.to_owned(),
            actor: actor.map(|token| token.actor.clone()),
            status: SessionStatus::Active,
            last_active_organization_id: organization_id.or(last).or_else(newest),
            last_active_at: now,
            verified_at: now,
            expire_at: now + actor.map_or(LIFE, |token| token.session_life),
            refresh_tokens: Vec::new(),
            created_at: now,
            updated_at: now,
        };
        if actor.is_none()
            && let Some(user) = self.users.get_mut(user_id)
        {
            user.last_sign_in_at = Some(now);
        }
        self.sessions.insert(session.id.clone(), session.clone());
        if let Some(client) = self.clients.get_mut(client_id) {
            client.last_active_session_id = Some(session.id.clone());
            client.rotating_token = ids::letters(32);
            client.updated_at = now;
        }
        self.emit_session("session.created", &session, now);
        Ok(session)
    }

    /// Makes an organisation active in a session. False when the person is no member of it, or it is not there:
    /// nothing has changed then. Takes the id or the slug.
    pub(crate) fn activate(&mut self, session_id: &str, id_or_slug: &str, now: Millis) -> bool {
        let Some(user_id) = self.sessions.get(session_id).map(|session| session.user_id.clone()) else {
            return false;
        };
        let Some(organization_id) = self
            .organization(id_or_slug)
            .map(|organization| organization.id.clone())
            .filter(|id| self.membership(id, &user_id).is_some())
        else {
            return false;
        };
        if let Some(session) = self.sessions.get_mut(session_id) {
            session.last_active_organization_id = Some(organization_id.clone());
            session.last_active_at = now;
            session.updated_at = now;
        }
        if let Some(user) = self.users.get_mut(&user_id) {
            user.last_organization_id = Some(organization_id);
        }
        true
    }

    /// Leaves all organisations, where the instance allows that.
    pub(crate) fn deactivate(&mut self, session_id: &str, now: Millis) {
        if !self.rules.membership_optional {
            return;
        }
        if let Some(session) = self.sessions.get_mut(session_id) {
            session.last_active_organization_id = None;
            session.updated_at = now;
        }
    }

    /// Ends a live session in one of the ways there are; a dead one stays as it is.
    pub(crate) fn end_session(&mut self, id: &str, how: SessionStatus, now: Millis) {
        if self.live_session(id).is_none() {
            return;
        }
        let Some(session) = self.sessions.get_mut(id) else {
            return;
        };
        session.status = how;
        session.refresh_tokens.clear();
        session.updated_at = now;
        let session = session.clone();
        let heir = self.sessions_of_client(&session.client_id).map(|other| other.id.clone()).next();
        if let Some(client) = self.clients.get_mut(&session.client_id) {
            if client.last_active_session_id.as_deref() == Some(id) {
                client.last_active_session_id = heir;
            }
            client.updated_at = now;
        }
        let kind = match how {
            SessionStatus::Removed => "session.removed",
            SessionStatus::Revoked => "session.revoked",
            _ => "session.ended",
        };
        self.emit_session(kind, &session, now);
    }

    /// Revokes every live session of a person; says how many there were.
    pub(crate) fn end_sessions_of(&mut self, user_id: &str, now: Millis) -> usize {
        let live: Vec<_> = self
            .sessions
            .values()
            .filter(|session| session.user_id == user_id && self.session_status(session).is_live())
            .map(|session| session.id.clone())
            .collect();
        for id in &live {
            self.end_session(id, SessionStatus::Revoked, now);
        }
        live.len()
    }

    /// Lets it be longer ago that a person signed in, on every session of theirs; says how many there are.
    pub(crate) fn age_sessions_of(&mut self, user_id: &str, by: Millis) -> usize {
        let theirs = self.sessions.values_mut().filter(|session| session.user_id == user_id);
        theirs.map(|session| session.verified_at -= by).count()
    }

    /// Revokes every live session of the person but this one.
    pub(crate) fn end_other_sessions(&mut self, session: &Session, now: Millis) {
        let others: Vec<_> = self
            .sessions
            .values()
            .filter(|other| other.user_id == session.user_id && other.id != session.id)
            .map(|other| other.id.clone())
            .collect();
        for id in others {
            self.end_session(&id, SessionStatus::Revoked, now);
        }
    }

    /// The live sessions of a client, oldest first.
    pub(crate) fn sessions_of_client(&self, client_id: &str) -> impl Iterator<Item = &Session> {
        let mut sessions: Vec<_> = self
            .sessions
            .values()
            .filter(|session| session.client_id == client_id && self.session_status(session).is_live())
            .collect();
        sessions.sort_by_key(|session| session.created_at);
        sessions.into_iter()
    }

    /// One more refresh token for a session.
    pub(crate) fn refresh_token(&mut self, session_id: &str) -> Option<String> {
        let session = self.sessions.get_mut(session_id)?;
        let token = ids::letters(40);
        session.refresh_tokens.push(token.clone());
        let surplus = session.refresh_tokens.len().saturating_sub(REFRESH_TOKENS);
        session.refresh_tokens.drain(..surplus);
        Some(token)
    }

    fn emit_session(&mut self, kind: &str, session: &Session, now: Millis) {
        let mut data = self.session_json(session);
        data["user"] =
            self.users.get(&session.user_id).map_or(Value::Null, |user| self.user_json(user, Audience::Backend));
        self.emit(kind, data, now);
    }

    /// The session object of the Backend API.
    pub(crate) fn session_json(&self, session: &Session) -> Value {
        let status = self.session_status(session);
        json!({
            "object": "session",
            "id": session.id,
            "user_id": session.user_id,
            "client_id": session.client_id,
            "actor": session.actor,
            "status": status.as_str(),
            "last_active_organization_id": session.last_active_organization_id,
            "last_active_at": session.last_active_at,
            "latest_activity": null,
            "expire_at": session.expire_at,
            "abandon_at": session.created_at + 30 * DAY,
            "tasks": tasks(status),
            "created_at": session.created_at,
            "updated_at": session.updated_at,
        })
    }

    /// The session object of the Frontend API, with the person and a fresh token for the caller's origin.
    pub(crate) fn session_with_token(
        &self,
        signer: &Signer,
        session: &Session,
        origin: Option<&str>,
        now: Millis,
    ) -> Value {
        let mut json = self.session_json(session);
        json["factor_verification_age"] = json!([(now - session.verified_at).max(0) / crate::clock::MINUTE, -1]);
        json["last_active_token"] = json!({
            "object": "token",
            "jwt": signer.session_token(self, session, origin, now),
        });
        json["user"] =
            self.users.get(&session.user_id).map_or(Value::Null, |user| self.user_json(user, Audience::Frontend));
        json["public_user_data"] = self.public_user_json(&session.user_id);
        json
    }
}

fn tasks(status: SessionStatus) -> Value {
    if status == SessionStatus::Pending { json!([{"key": "choose-organization"}]) } else { Value::Null }
}
