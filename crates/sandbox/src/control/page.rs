//! The page itself, with a button for everything that can be made to happen.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::{App, Shared};
use crate::call::Api;
use crate::control::stripe::Section;
use crate::faults::Fault;
use crate::mailbox::{html, moment};
use crate::received::Entry;
use crate::records::{Delivery, DeliveryStatus, WebhookMode};
use crate::refusals::{REFUSALS, Refusal};
use crate::smtp::Waiting;
use crate::state;

/// Deliveries, and calls, the page shows.
const SHOWN: usize = 60;

#[derive(Template)]
#[template(path = "control.html")]
struct Page {
    instance: String,
    mode: &'static str,
    pending: usize,
    /// Held back, and still to be held back.
    held: usize,
    to_hold: u32,
    delay: i64,
    signatures: usize,
    deliveries: Vec<DeliveryRow>,
    users: Vec<UserRow>,
    organisations: Vec<OrganisationRow>,
    members: Vec<MemberRow>,
    roles: Vec<String>,
    kids: Vec<String>,
    limits: bool,
    faults: Vec<FaultRow>,
    refusals: &'static [Refusal],
    /// What goes wrong with mails, and for how many.
    troubles: Vec<(&'static str, String)>,
    calls: Vec<CallRow>,
    stripe: Section,
}

struct DeliveryRow {
    id: String,
    at: String,
    kind: String,
    status: &'static str,
    attempts: u32,
    last_answer: String,
}

struct UserRow {
    id: String,
    name: String,
    email: String,
    organisations: String,
    sessions: usize,
    banned: bool,
}

struct OrganisationRow {
    id: String,
    name: String,
    slug: String,
    members: usize,
}

struct MemberRow {
    id: String,
    organisation: String,
    name: String,
    role: String,
}

struct FaultRow {
    id: String,
    calls: String,
    kind: &'static str,
    left: String,
}

struct CallRow {
    at: String,
    api: &'static str,
    call: String,
    status: String,
    fault: &'static str,
}

/// The page.
pub(super) async fn show(State(app): State<Shared>) -> Response {
    html(&app.store.read(|state| page(&app, state)))
}

fn page(app: &App, state: &state::State) -> Page {
    let waiting = |status| state.outbox.deliveries.iter().filter(|delivery| delivery.status == status).count();
    Page {
        instance: state.instance_id.clone(),
        mode: mode(app, state),
        pending: waiting(DeliveryStatus::Pending),
        held: waiting(DeliveryStatus::Held),
        to_hold: state.outbox.webhooks_to_hold,
        delay: state.outbox.webhook_delay,
        signatures: app.secrets.count(),
        deliveries: state.outbox.deliveries.iter().rev().take(SHOWN).map(delivery_row).collect(),
        users: users(state),
        organisations: organisations(state),
        members: members(state),
        roles: state.roles.values().map(|role| role.key.clone()).collect(),
        kids: app.signer.keys.kids(),
        limits: app.limits.are_on(),
        faults: app.faults.all().into_iter().map(fault_row).collect(),
        refusals: REFUSALS,
        troubles: app.troubles.all().into_iter().map(trouble_row).collect(),
        calls: app.received.all().into_iter().take(SHOWN).map(call_row).collect(),
        stripe: app.book.read(Section::of),
    }
}

fn mode(app: &App, state: &state::State) -> &'static str {
    if app.settings.webhook.is_none() {
        return "There is no --webhook-url: events are recorded and sent nowhere.";
    }
    if state.endpoint.disabled_at.is_some() {
        return "The application took nothing for too long: nothing is sent to it any more.";
    }
    match state.outbox.webhook_mode {
        WebhookMode::Deliver => "They are delivered.",
        WebhookMode::Pause => "They are paused and wait.",
        WebhookMode::Drop => "New events are lost.",
    }
}

fn delivery_row(delivery: &Delivery) -> DeliveryRow {
    DeliveryRow {
        id: delivery.id.clone(),
        at: moment(delivery.created_at),
        kind: delivery.kind.clone(),
        status: delivery.status.words(),
        attempts: delivery.attempts,
        last_answer: delivery.last_answer.clone().unwrap_or_default(),
    }
}

fn users(state: &state::State) -> Vec<UserRow> {
    state
        .users
        .values()
        .map(|user| UserRow {
            id: user.id.clone(),
            name: user.name(),
            email: user.identifier().to_owned(),
            organisations: state
                .memberships_of(&user.id)
                .filter_map(|membership| state.organizations.get(&membership.organization_id))
                .map(|organization| organization.name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
            sessions: live_sessions(state, &user.id),
            banned: user.banned,
        })
        .collect()
}

fn organisations(state: &state::State) -> Vec<OrganisationRow> {
    state
        .organizations
        .values()
        .map(|organization| OrganisationRow {
            id: organization.id.clone(),
            name: organization.name.clone(),
            slug: organization.slug.clone(),
            members: state.memberships_in(&organization.id).count(),
        })
        .collect()
}

fn members(state: &state::State) -> Vec<MemberRow> {
    let mut members: Vec<_> = state
        .memberships
        .values()
        .map(|membership| MemberRow {
            id: membership.id.clone(),
            organisation: state
                .organizations
                .get(&membership.organization_id)
                .map_or_else(String::new, |organization| organization.name.clone()),
            name: state.users.get(&membership.user_id).map_or_else(String::new, |user| user.name()),
            role: membership.role.clone(),
        })
        .collect();
    members.sort_by(|left, right| (&left.organisation, &left.name).cmp(&(&right.organisation, &right.name)));
    members
}

fn fault_row(fault: Fault) -> FaultRow {
    let method = fault.method.as_ref().map_or("any method", |method| method.as_str());
    let api = fault.api.map_or("any API", Api::as_str);
    FaultRow {
        calls: format!("{method} {} ({api})", fault.path),
        kind: fault.trouble.as_str(),
        left: fault.left.map_or_else(|| "until cleared".to_owned(), |left| left.to_string()),
        id: fault.id,
    }
}

fn trouble_row(waiting: Waiting) -> (&'static str, String) {
    (waiting.trouble.as_str(), waiting.left.map_or_else(|| "until cleared".to_owned(), |left| left.to_string()))
}

fn call_row(entry: Entry) -> CallRow {
    CallRow {
        at: moment(entry.at),
        api: entry.call.api.as_str(),
        call: format!("{} {}", entry.call.method, entry.call.path),
        status: entry.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string()),
        fault: entry.fault.unwrap_or_default(),
    }
}

/// How many sessions of a person are live.
pub(super) fn live_sessions(state: &state::State, user_id: &str) -> usize {
    state
        .sessions
        .values()
        .filter(|session| session.user_id == user_id && state.session_status(session).is_live())
        .count()
}
