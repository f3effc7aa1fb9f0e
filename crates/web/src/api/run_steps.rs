//! `/api/v1/orgs/{slug}/runs/{run}/steps/{step}`, and `/api/v1/orgs/{slug}/my-work`

use std::collections::HashMap;

use axum::Json;
use axum::response::Response;
use domain::comments::{self, CommentText};
use domain::my_work::{self, Whose, Work};
use domain::steps::{self, WriteError};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use super::created;
use crate::access::InOrg;
use crate::body::{At, Json as Body};
use crate::error::{Error, Result};
use crate::pages::run_steps::StepPath;

/// Why, and which changes of the step have been seen.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    reason: String,
    #[serde(default)]
    revision: Option<i32>,
}

/// What is said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Saying {
    text: String,
}

/// What changes; what is absent stays, and what is null is taken away.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    #[serde(default, deserialize_with = "given")]
    assignee_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    due_at: Option<Option<Timestamp>>,
    /// What is written down, by the keys of the fields.
    #[serde(default)]
    values: HashMap<String, String>,
    #[serde(default)]
    revision: Option<i32>,
}

/// `POST …/tick`
pub(crate) async fn tick(org: InOrg, At(at): At<StepPath>) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    steps::tick(&mut tx, at.run, at.step).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/undo`
pub(crate) async fn undo(org: InOrg, At(at): At<StepPath>) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    steps::undo(&mut tx, at.run, at.step).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/skip`
pub(crate) async fn skip(org: InOrg, At(at): At<StepPath>, body: Body) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    let why: Why = body.parse()?;
    steps::skip(&mut tx, at.run, at.step, why.revision, &why.reason).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/problem`
pub(crate) async fn problem(org: InOrg, At(at): At<StepPath>, body: Body) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    let why: Why = body.parse()?;
    steps::report(&mut tx, at.run, at.step, why.revision, &why.reason).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/resolve`
pub(crate) async fn resolve(org: InOrg, At(at): At<StepPath>) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    steps::resolve(&mut tx, at.run, at.step).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PATCH …`: whose it is, when it is due, and what is written down.
pub(crate) async fn change(org: InOrg, At(at): At<StepPath>, body: Body) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    let change: Change = body.parse()?;
    // Seen once: what follows changes it by itself.
    let mut seen = change.revision;
    if !change.values.is_empty() {
        steps::write(&mut tx, at.run, at.step, seen.take(), &change.values).await.map_err(wrong)?;
    }
    if let Some(assignee) = change.assignee_id {
        steps::assign(&mut tx, at.run, at.step, seen.take(), assignee.as_deref()).await?;
    }
    if let Some(due) = change.due_at {
        steps::due(&mut tx, at.run, at.step, seen.take(), due).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/approve`
pub(crate) async fn approve(org: InOrg, At(at): At<StepPath>) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    steps::approve(&mut tx, at.run, at.step).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/reject`
pub(crate) async fn reject(org: InOrg, At(at): At<StepPath>, body: Body) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    let why: Why = body.parse()?;
    steps::reject(&mut tx, at.run, at.step, &why.reason).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/comments`
pub(crate) async fn comment(org: InOrg, At(at): At<StepPath>, body: Body) -> Result<Response> {
    let mut tx = org.write().await?;
    let text = CommentText::parse(&body.parse::<Saying>()?.text)?;
    let id = comments::write(&mut tx, at.run, at.step, &text).await?;
    tx.commit().await?;
    Ok(created(&id, &org.url(&format!("runs/{}", at.run))))
}

/// `GET …/my-work`
pub(crate) async fn my_work(org: InOrg) -> Result<Json<Work>> {
    let person = org.door().user().clone();
    let (_, work) = org.read(|| my_work::show(&person, Whose::Mine, None)).await?;
    Ok(Json(work))
}

/// What is wrong with what was to be written down, by the name of the value.
fn wrong(error: WriteError) -> Error {
    match error {
        WriteError::Wrong(wrong) => {
            Error::Invalid(wrong.into_iter().map(|(key, message)| (format!("values.{key}"), message)).collect())
        }
        WriteError::Other(error) => error.into(),
    }
}

/// Tells null from absent.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
