//! A pending invitation in the settings: its change, and the buttons beside it.

use askama::Template;
use axum::response::Response;
use domain::Access;
use domain::invitations::{self, Invitation, InvitationId};
use domain::memberships::{self, People};
use serde::Deserialize;

use super::complaint::{self, Complaint};
use super::given_roles::{GivenRoles, RoleFields};
use super::page;
use super::settings::{Tab, TabLink};
use super::shell::{Section, Shell};
use crate::access::InOrg;
use crate::body::{At, Fields, Form};
use crate::error::Result;
use crate::flash::Flash;

/// The address of a pending invitation.
#[derive(Deserialize)]
pub(crate) struct InvitationPath {
    pub(crate) invitation: InvitationId,
}

#[derive(Template)]
#[template(path = "settings/invitation.html")]
struct Change {
    shell: Shell,
    tabs: Vec<TabLink>,
    base: String,
    pending_base: String,
    invitation: Invitation,
    fields: RoleFields,
    may_change: bool,
    complaint: Option<Complaint>,
}

/// `GET /orgs/{slug}/settings/invitations/{invitation}`
pub(crate) async fn show(org: InOrg, At(at): At<InvitationPath>) -> Result<Response> {
    changing(&org, at.invitation, None, None).await
}

/// `POST /orgs/{slug}/settings/invitations/{invitation}`
pub(crate) async fn change(org: InOrg, At(at): At<InvitationPath>, Form(fields): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let given = GivenRoles::parse(&fields);
    let done = match &given {
        Ok(given) => invitations::change(&mut tx, at.invitation, given.role, &given.custom_roles).await,
        Err(errors) => Err(errors.clone().into()),
    };
    match done {
        Ok(()) => {
            tx.commit().await?;
            Ok(org.see("settings/members", Some(Flash::InvitationChanged)))
        }
        Err(error) => {
            drop(tx);
            changing(&org, at.invitation, Some(Complaint::of(&org, error)?), given.ok()).await
        }
    }
}

/// `POST /orgs/{slug}/settings/invitations/{invitation}/resend`
pub(crate) async fn resend(org: InOrg, At(at): At<InvitationPath>) -> Result<Response> {
    let mut tx = org.write().await?;
    invitations::resend(&mut tx, at.invitation).await?;
    tx.commit().await?;
    Ok(org.see("settings/members", Some(Flash::InvitationResent)))
}

/// `POST /orgs/{slug}/settings/invitations/{invitation}/revoke`
pub(crate) async fn revoke(org: InOrg, At(at): At<InvitationPath>) -> Result<Response> {
    let mut tx = org.write().await?;
    invitations::revoke(&mut tx, at.invitation).await?;
    tx.commit().await?;
    Ok(org.see("settings/members", Some(Flash::InvitationRevoked)))
}

async fn changing(
    org: &InOrg,
    id: InvitationId,
    complaint: Option<Complaint>,
    typed: Option<GivenRoles>,
) -> Result<Response> {
    let (access, people) = org.read(memberships::people).await?;
    let invitation = people.invitation(id)?.clone();
    let chosen =
        typed.unwrap_or_else(|| GivenRoles { role: invitation.role, custom_roles: invitation.custom_roles.clone() });
    page(complaint::status(complaint.as_ref()), &Change::new(org, &access, &people, invitation, &chosen, complaint))
}

impl Change {
    fn new(
        org: &InOrg,
        access: &Access,
        people: &People,
        invitation: Invitation,
        chosen: &GivenRoles,
        complaint: Option<Complaint>,
    ) -> Self {
        Self {
            shell: org.shell(access, Section::Settings),
            tabs: Tab::links(access, Tab::Members),
            base: org.url("settings/members"),
            pending_base: org.url("settings/invitations"),
            fields: RoleFields::new(access, people, chosen),
            may_change: people.may_touch(access, invitation.role, &invitation.custom_roles),
            invitation,
            complaint,
        }
    }
}
