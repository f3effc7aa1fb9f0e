//! `/api/v1/orgs/{slug}/procedures/{procedure}/steps`

use axum::response::Response;
use domain::step_templates::{self, StepTitle};
use domain::{Details, FieldErrors, StepRules};
use http::StatusCode;
use serde::Deserialize;

use super::created;
use crate::access::InOrg;
use crate::body::{At, Json as Body};
use crate::error::Result;
use crate::pages::procedure::ProcedurePath;
use crate::pages::step_templates::{StepPath, place};

/// Title and details, and what the step asks; what it asked stays where nothing is said of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Writing {
    title: String,
    #[serde(default)]
    details: String,
    #[serde(default)]
    rules: Option<StepRules>,
}

/// `up` or `down`, or before which step: to the end, where that is empty.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    #[serde(default)]
    direction: Option<String>,
    #[serde(default)]
    before: Option<String>,
}

/// `POST …/steps`
pub(crate) async fn add(org: InOrg, At(at): At<ProcedurePath>, body: Body) -> Result<Response> {
    let mut tx = org.write().await?;
    let writing = body.parse::<Writing>()?;
    let (title, details) = writing.parse()?;
    let id = step_templates::add(&mut tx, at.procedure, &title, &details).await?;
    if let Some(rules) = &writing.rules {
        step_templates::rule(&mut tx, at.procedure, id, rules).await?;
    }
    tx.commit().await?;
    Ok(created(&id, &org.url(&format!("procedures/{}", at.procedure))))
}

/// `PATCH …/steps/{step}`
pub(crate) async fn edit(org: InOrg, At(at): At<StepPath>, body: Body) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    let writing = body.parse::<Writing>()?;
    let (title, details) = writing.parse()?;
    step_templates::edit(&mut tx, at.procedure, at.step, &title, &details).await?;
    if let Some(rules) = &writing.rules {
        step_templates::rule(&mut tx, at.procedure, at.step, rules).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/steps/{step}/move`
pub(crate) async fn shift(org: InOrg, At(at): At<StepPath>, body: Body) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    let wanted: Move = body.parse()?;
    let Some(place) = place(wanted.direction.as_deref(), wanted.before.as_deref()) else {
        return Err(FieldErrors::one("direction", "Say up or down, or before which step.").into());
    };
    step_templates::shift(&mut tx, at.procedure, at.step, place).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE …/steps/{step}`
pub(crate) async fn remove(org: InOrg, At(at): At<StepPath>) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    step_templates::remove(&mut tx, at.procedure, at.step).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Writing {
    fn parse(&self) -> Result<(StepTitle, Details), FieldErrors> {
        FieldErrors::both(StepTitle::parse(&self.title), Details::parse(&self.details))
    }
}
