//! Settings > Members: who belongs here, who is invited, and how many places are left.

use askama::Template;
use axum::response::Response;
use domain::invitations::Invitation;
use domain::memberships::{self, Member, People};
use domain::seats::Seats;
use domain::{Access, BaseRole, CustomRole, Permission};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::settings::{Tab, TabLink};
use super::shell::{Mark, Section, Shell, role_name};
use super::{counted, page};
use crate::access::InOrg;
use crate::body::Query;
use crate::error::Result;

/// From this long before its end an invitation is marked.
const SOON: SignedDuration = SignedDuration::from_hours(72);

#[derive(Template)]
#[template(path = "settings/members.html")]
struct Members {
    shell: Shell,
    tabs: Vec<TabLink>,
    base: String,
    pending_base: String,
    seats: Seats,
    members: Vec<Row>,
    all: usize,
    search: Search,
    roles: Vec<RoleChoice>,
    invitations: Vec<Pending>,
    may_invite: bool,
}

/// A member as the list shows them.
struct Row {
    member: Member,
    mark: Mark,
    role: &'static str,
    custom_roles: Vec<String>,
    is_me: bool,
    may_change: bool,
}

/// A pending invitation as the list shows it.
struct Pending {
    invitation: Invitation,
    role: &'static str,
    custom_roles: Vec<String>,
    ends_soon: bool,
    may_change: bool,
}

/// A role to look for.
struct RoleChoice {
    value: String,
    name: String,
    chosen: bool,
}

/// What is looked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Search {
    q: String,
    role: String,
}

/// `GET /orgs/{slug}/settings/members?q=&role=`
pub(crate) async fn list(org: InOrg, Query(search): Query<Search>) -> Result<Response> {
    let (access, people) = org.read(memberships::people).await?;
    page(StatusCode::OK, &Members::new(&org, &access, people, search))
}

impl Search {
    fn finds(&self, member: &Member) -> bool {
        let wanted = self.q.trim().to_lowercase();
        let named = member.name.to_lowercase().contains(&wanted) || member.email.to_lowercase().contains(&wanted);
        named && self.finds_role(member)
    }

    /// An unknown role finds nobody.
    fn finds_role(&self, member: &Member) -> bool {
        match (BaseRole::parse(&self.role), CustomRole::parse(&self.role)) {
            _ if self.role.is_empty() => true,
            (Some(role), _) => member.role == role,
            (None, Some(role)) => member.custom_roles.contains(&role),
            (None, None) => false,
        }
    }
}

impl Members {
    fn new(org: &InOrg, access: &Access, people: People, search: Search) -> Self {
        let manage = access.may(Permission::MembersManage);
        let may_invite = access.may(Permission::MembersInvite);
        let all = people.members.len();
        let found = people.members.iter().filter(|member| search.finds(member));
        let members = found.map(|member| Row::new(access, &people, member, manage)).collect();
        let invited = people.invitations.iter().map(|one| Pending::new(access, &people, one, may_invite));
        Self {
            tabs: Tab::links(access, Tab::Members),
            base: org.url("settings/members"),
            pending_base: org.url("settings/invitations"),
            seats: people.seats,
            invitations: invited.collect(),
            roles: choices(&people, &search.role),
            members,
            all,
            search,
            may_invite,
            shell: org.shell(access, Section::Settings),
        }
    }

    fn taken(&self) -> i64 {
        self.seats.members + self.seats.pending
    }

    fn in_words(&self) -> String {
        counted(self.seats.members, "member")
    }

    fn pending_in_words(&self) -> String {
        counted(self.seats.pending, "pending invitation")
    }

    fn members_share(&self) -> String {
        self.share(self.seats.members)
    }

    fn taken_share(&self) -> String {
        self.share(self.taken())
    }

    /// A part of all places, for the meter: never wider than the meter.
    fn share(&self, places: i64) -> String {
        let share = 100.0 * f64_of(places) / f64_of(self.seats.limit.max(1));
        format!("{:.1}%", share.min(100.0))
    }

    fn bar(&self) -> &'static str {
        match self.taken().cmp(&self.seats.limit) {
            std::cmp::Ordering::Less => "bar",
            std::cmp::Ordering::Equal => "bar bar-full",
            std::cmp::Ordering::Greater => "bar bar-over",
        }
    }
}

/// Places are few.
fn f64_of(places: i64) -> f64 {
    i32::try_from(places).map_or(f64::MAX, f64::from)
}

fn choices(people: &People, chosen: &str) -> Vec<RoleChoice> {
    let base = [BaseRole::Admin, BaseRole::Member].map(|role| (role.as_str().to_owned(), role_name(role).to_owned()));
    let custom = people.roles.iter().map(|role| (role.role.to_string(), role.name.clone()));
    let all = base.into_iter().chain(custom);
    all.map(|(value, name)| RoleChoice { chosen: value == chosen, value, name }).collect()
}

impl Row {
    fn new(access: &Access, people: &People, member: &Member, manage: bool) -> Self {
        Self {
            mark: Mark::of(&member.name),
            role: role_name(member.role),
            custom_roles: people.roles.names(&member.custom_roles),
            is_me: member.id == access.person.id.as_str(),
            may_change: manage && people.may_touch(access, member.role, &member.custom_roles),
            member: member.clone(),
        }
    }
}

impl Pending {
    fn new(access: &Access, people: &People, invitation: &Invitation, may_invite: bool) -> Self {
        let left = invitation.expires_at.duration_since(Timestamp::now());
        Self {
            role: role_name(invitation.role),
            custom_roles: people.roles.names(&invitation.custom_roles),
            ends_soon: !invitation.expired && left < SOON,
            may_change: may_invite && people.may_give(access, invitation.role, &invitation.custom_roles),
            invitation: invitation.clone(),
        }
    }
}
