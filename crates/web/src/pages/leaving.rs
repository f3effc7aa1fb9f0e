//! Leaving an organisation: a question with its consequences, and a tick before the button.

use askama::Template;
use axum::response::Response;
use domain::memberships::{self, People};
use domain::{Access, FieldErrors};
use serde::Deserialize;

use super::complaint::{self, Complaint};
use super::page;
use super::settings::{Tab, TabLink};
use super::shell::{Section, Shell};
use crate::access::InOrg;
use crate::body::Form;
use crate::error::Result;
use crate::flash::Flash;

#[derive(Template)]
#[template(path = "settings/leave.html")]
struct Leaving {
    shell: Shell,
    tabs: Vec<TabLink>,
    base: String,
    is_last_admin: bool,
    complaint: Option<Complaint>,
}

/// The tick.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sure {
    sure: String,
}

/// `GET /orgs/{slug}/settings/members/leave`
pub(crate) async fn ask(org: InOrg) -> Result<Response> {
    asking(&org, None).await
}

/// `POST /orgs/{slug}/settings/members/leave`
pub(crate) async fn leave(org: InOrg, Form(form): Form<Sure>) -> Result<Response> {
    if form.sure != "yes" {
        return asking(&org, Some(Complaint::of(&org, not_sure().into())?)).await;
    }
    let mut tx = org.write().await?;
    match memberships::leave(&mut tx).await {
        Ok(()) => {
            tx.commit().await?;
            Ok(org.see_outside("/organisations", Flash::Left))
        }
        Err(error) => {
            drop(tx);
            asking(&org, Some(Complaint::of(&org, error)?)).await
        }
    }
}

/// What is wrong where somebody leaves without saying that they mean it.
pub(crate) fn not_sure() -> FieldErrors {
    FieldErrors::one("sure", "Say that you are sure first.")
}

async fn asking(org: &InOrg, complaint: Option<Complaint>) -> Result<Response> {
    let (access, people) = org.read(memberships::people).await?;
    page(complaint::status(complaint.as_ref()), &Leaving::new(org, &access, &people, complaint))
}

impl Leaving {
    fn new(org: &InOrg, access: &Access, people: &People, complaint: Option<Complaint>) -> Self {
        let me = people.member(&access.person.id).ok();
        Self {
            shell: org.shell(access, Section::Settings),
            tabs: Tab::links(access, Tab::Members),
            base: org.url("settings/members"),
            is_last_admin: me.is_some_and(|me| people.is_last_admin(me)),
            complaint,
        }
    }
}
