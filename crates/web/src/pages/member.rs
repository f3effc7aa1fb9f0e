//! One member: a change of roles, and the question before somebody is removed.

use askama::Template;
use axum::response::Response;
use domain::handover::{self, Holding};
use domain::memberships::{self, Member, People};
use domain::{Access, FieldErrors, OrgTx, roles};
use serde::Deserialize;
use tenancy::UserId;

use super::complaint::{self, Complaint};
use super::given_roles::{GivenRoles, RoleFields};
use super::runs::Choice;
use super::settings::{Tab, TabLink};
use super::shell::{Section, Shell, role_name};
use super::{counted, page};
use crate::access::InOrg;
use crate::body::{At, Fields, Form};
use crate::error::{Error, Result};
use crate::flash::Flash;

/// The address of a member.
#[derive(Deserialize)]
pub(crate) struct MemberPath {
    member: String,
}

impl MemberPath {
    /// Text that is no id is an address where nothing is.
    pub(crate) fn user(&self) -> Result<UserId> {
        UserId::parse(&self.member).map_err(|_| Error::NotFound)
    }
}

#[derive(Template)]
#[template(path = "settings/member.html")]
struct Change {
    shell: Shell,
    tabs: Vec<TabLink>,
    base: String,
    member: Member,
    fields: RoleFields,
    may_change: bool,
    is_me: bool,
    complaint: Option<Complaint>,
}

#[derive(Template)]
#[template(path = "settings/remove_member.html")]
struct Removal {
    shell: Shell,
    tabs: Vec<TabLink>,
    base: String,
    member: Member,
    role: String,
    held: Holding,
    /// Who can be given what they hold.
    heirs: Vec<Choice>,
    complaint: Option<Complaint>,
    /// Why it cannot be, where that is known before.
    in_the_way: Option<&'static str>,
}

/// `GET /orgs/{slug}/settings/members/{member}`
pub(crate) async fn show(org: InOrg, At(at): At<MemberPath>) -> Result<Response> {
    changing(&org, &at.user()?, None, None).await
}

/// `POST /orgs/{slug}/settings/members/{member}`: both kinds of roles, or neither.
pub(crate) async fn change(org: InOrg, At(at): At<MemberPath>, Form(fields): Form<Fields>) -> Result<Response> {
    let user = at.user()?;
    let mut tx = org.write().await?;
    let given = GivenRoles::parse(&fields);
    match give(&mut tx, &user, given.clone()).await {
        Ok(()) => {
            tx.commit().await?;
            Ok(org.see("settings/members", Some(Flash::MemberChanged)))
        }
        Err(error) => {
            drop(tx);
            changing(&org, &user, Some(Complaint::of(&org, error)?), given.ok()).await
        }
    }
}

async fn give(tx: &mut OrgTx, user: &UserId, given: Result<GivenRoles, FieldErrors>) -> domain::Result<()> {
    let before = memberships::show(tx, user).await?;
    let given = given?;
    // Before the base role: whoever gives that up may not give anything afterwards.
    let mut held = before.custom_roles;
    held.sort();
    if held != given.custom_roles {
        roles::assign(tx, user, &given.custom_roles).await?;
    }
    memberships::change_role(tx, user, given.role).await
}

async fn changing(
    org: &InOrg,
    user: &UserId,
    complaint: Option<Complaint>,
    typed: Option<GivenRoles>,
) -> Result<Response> {
    let (access, people) = org.read(memberships::people).await?;
    let member = people.member(user)?.clone();
    let chosen = typed.unwrap_or_else(|| GivenRoles { role: member.role, custom_roles: member.custom_roles.clone() });
    page(complaint::status(complaint.as_ref()), &Change::new(org, &access, &people, member, &chosen, complaint))
}

/// `GET /orgs/{slug}/settings/members/{member}/remove`
pub(crate) async fn ask(org: InOrg, At(at): At<MemberPath>) -> Result<Response> {
    asking(&org, &at.user()?, None).await
}

/// `POST /orgs/{slug}/settings/members/{member}/remove`
pub(crate) async fn remove(org: InOrg, At(at): At<MemberPath>, Form(form): Form<Fields>) -> Result<Response> {
    let user = at.user()?;
    let mut tx = org.write().await?;
    match take_out(&mut tx, &user, form.get("heir")).await {
        Ok(()) => {
            tx.commit().await?;
            Ok(org.see("settings/members", Some(Flash::MemberRemoved)))
        }
        Err(error) => {
            drop(tx);
            asking(&org, &user, Some(Complaint::of(&org, error)?)).await
        }
    }
}

/// Hands over what they hold, where an heir is named, and removes them: both or neither.
pub(crate) async fn take_out(tx: &mut OrgTx, user: &UserId, heir: &str) -> domain::Result<()> {
    if !heir.is_empty() {
        let nobody = || FieldErrors::one("heir", "Choose another member to hand it to.");
        handover::hand_over(tx, user, &UserId::parse(heir).map_err(|_| nobody())?).await?;
    }
    memberships::remove(tx, user).await
}

async fn asking(org: &InOrg, user: &UserId, complaint: Option<Complaint>) -> Result<Response> {
    let (access, people) = org.read(memberships::people).await?;
    let (_, held) = org.read(|| handover::held(user)).await?;
    let member = people.member(user)?.clone();
    page(complaint::status(complaint.as_ref()), &Removal::new(org, &access, &people, (member, held), complaint))
}

impl Change {
    fn new(
        org: &InOrg,
        access: &Access,
        people: &People,
        member: Member,
        chosen: &GivenRoles,
        complaint: Option<Complaint>,
    ) -> Self {
        let fields = RoleFields::new(access, people, chosen);
        Self {
            shell: org.shell(access, Section::Settings),
            tabs: Tab::links(access, Tab::Members),
            base: org.url("settings/members"),
            fields: if people.is_last_admin(&member) { fields.keep_admin() } else { fields },
            may_change: people.may_touch(access, member.role, &member.custom_roles),
            is_me: member.id == access.person.id.as_str(),
            complaint,
            member,
        }
    }
}

impl Removal {
    /// `3 open steps, the duty Finance and 2 steps of drafts`
    fn holding(&self) -> String {
        let mut parts = Vec::new();
        if self.held.open_steps > 0 {
            parts.push(counted(self.held.open_steps, "open step"));
        }
        parts.extend(self.held.duties.iter().map(|duty| format!("the duty {duty}")));
        if self.held.step_templates > 0 {
            parts.push(format!("{} of drafts", counted(self.held.step_templates, "step")));
        }
        match parts.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
            None => String::new(),
        }
    }

    fn new(
        org: &InOrg,
        access: &Access,
        people: &People,
        (member, holding): (Member, Holding),
        complaint: Option<Complaint>,
    ) -> Self {
        let others = people.members.iter().filter(|other| other.id != member.id);
        let heirs = others.map(|other| Choice { id: other.id.clone(), label: other.name.clone(), chosen: false });
        let mut held = vec![role_name(member.role).to_owned()];
        held.extend(people.roles.names(&member.custom_roles));
        let in_the_way = if people.is_last_admin(&member) {
            Some("This is the last admin. Make somebody else an admin first.")
        } else if !people.may_touch(access, member.role, &member.custom_roles) {
            Some("They may do what you may not. Ask an admin to do it.")
        } else {
            None
        };
        Self {
            shell: org.shell(access, Section::Settings),
            tabs: Tab::links(access, Tab::Members),
            base: org.url("settings/members"),
            role: held.join(", "),
            held: holding,
            heirs: heirs.collect(),
            // Once is enough.
            in_the_way: in_the_way.filter(|_| complaint.is_none()),
            member,
            complaint,
        }
    }

    fn is_possible(&self) -> bool {
        self.in_the_way.is_none() && self.complaint.is_none()
    }
}
