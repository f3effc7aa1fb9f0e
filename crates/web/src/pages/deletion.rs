//! Deleting an organisation: what goes, what is owed, the name typed; and how far it is once that was asked for.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::lifecycle::FinalInvoice;
use domain::lifecycle::closing::{self, Closing, WhatGoes};
use domain::{Access, billing as rules};
use serde::Deserialize;

use super::complaint::{self, Complaint};
use super::page;
use super::settings::{Tab, TabLink};
use super::shell::{Section, Shell};
use crate::access::InOrg;
use crate::body::Form;
use crate::error::Result;
use crate::flash::Flash;
use crate::money::Money;
use crate::state::Chain;

#[derive(Template)]
#[template(path = "settings/delete.html")]
struct Deletion {
    shell: Shell,
    tabs: Vec<TabLink>,
    base: String,
    goes: WhatGoes,
    plan: &'static str,
    /// In which it can be restored.
    days: u32,
    owed: Owed,
    closing: Option<Closing>,
    typed: String,
    complaint: Option<Complaint>,
}

/// What the end of the plan costs.
enum Owed {
    /// Nothing is paid.
    Nothing,
    /// Stripe does not say at the moment.
    Unknown,
    /// To be paid at once.
    ToPay(Money),
    /// Paid and not used: credit for whoever comes back.
    Credit(Money),
    /// Neither.
    Even,
}

/// The name as it was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    name: String,
}

/// `GET /orgs/{slug}/settings/delete`
pub(crate) async fn ask(org: InOrg, State(state): State<crate::State>) -> Result<Response> {
    asking(&org, &state, String::new(), None).await
}

/// `POST /orgs/{slug}/settings/delete`
pub(crate) async fn begin(org: InOrg, State(state): State<crate::State>, Form(form): Form<Typed>) -> Result<Response> {
    let mut tx = org.write().await?;
    match closing::begin(&mut tx, &form.name).await {
        Ok(()) => {
            tx.commit().await?;
            Ok(org.see("settings/delete", None))
        }
        Err(error) => {
            drop(tx);
            let complaint = Complaint::of(&org, error)?;
            asking(&org, &state, form.name, Some(complaint)).await
        }
    }
}

/// `POST /orgs/{slug}/settings/delete/stop`
pub(crate) async fn stop(org: InOrg) -> Result<Response> {
    let mut tx = org.write().await?;
    closing::stop(&mut tx).await?;
    tx.commit().await?;
    Ok(org.see("settings/profile", Some(Flash::OrganisationKept)))
}

async fn asking(org: &InOrg, state: &crate::State, typed: String, complaint: Option<Complaint>) -> Result<Response> {
    let (access, (goes, closing)) = org.read(closing::show).await?;
    let owed = if closing.is_none() { Owed::now(org, state).await? } else { Owed::Nothing };
    let view = Deletion { typed, ..Deletion::new(org, state, &access, (goes, closing), owed) };
    page(complaint::status(complaint.as_ref()), &Deletion { complaint, ..view })
}

impl Deletion {
    fn new(
        org: &InOrg,
        state: &crate::State,
        access: &Access,
        (goes, closing): (WhatGoes, Option<Closing>),
        owed: Owed,
    ) -> Self {
        Self {
            days: state.config.recovery_days,
            shell: org.shell(access, Section::Settings),
            tabs: Tab::links(access, Tab::Profile),
            base: org.url("settings/delete"),
            plan: access.organisation.terms.plan.name(),
            goes,
            owed,
            closing,
            typed: String::new(),
            complaint: None,
        }
    }
}

impl Owed {
    async fn now(org: &InOrg, state: &crate::State) -> Result<Self> {
        let (_, billing) = org.read(rules::show).await?;
        Ok(match state.billing.final_invoice(&billing.account).await {
            Ok(None) => Self::Nothing,
            Ok(Some(invoice)) => Self::of(&invoice),
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "what the end of a plan costs is not known");
                Self::Unknown
            }
        })
    }

    fn of(invoice: &FinalInvoice) -> Self {
        let money = |minor| Money::new(minor, &invoice.currency);
        match invoice {
            _ if invoice.due > 0 => Self::ToPay(money(invoice.due)),
            _ if invoice.total < 0 => Self::Credit(money(invoice.total).abs()),
            _ => Self::Even,
        }
    }
}

/// "1 member", "2 members"
fn counted(count: &i64, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    }
}
