//! Publishing a draft: a dialog that asks what changed.

use axum::response::Response;
use domain::{FieldErrors, procedures};
use http::StatusCode;
use serde::Deserialize;

use super::procedure::{Editing, ProcedurePath, answer};
use crate::access::InOrg;
use crate::body::{At, Form};
use crate::error::Result;
use crate::flash::Flash;

/// The dialog as it was typed, with what is wrong about it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Publishing {
    pub(crate) note: String,
    /// Whether the page begins with the dialog open.
    #[serde(skip)]
    pub(crate) open: bool,
    #[serde(skip)]
    errors: FieldErrors,
}

/// `POST /orgs/{slug}/procedures/{procedure}/publish`
pub(crate) async fn publish(org: InOrg, At(at): At<ProcedurePath>, Form(form): Form<Publishing>) -> Result<Response> {
    let mut tx = org.write().await?;
    match procedures::publish(&mut tx, at.procedure, &form.note).await {
        Ok(number) => {
            tx.commit().await?;
            Ok(org.see(&format!("procedures/{}", at.procedure), Some(Flash::Published(number))))
        }
        Err(domain::Error::Invalid(errors)) => {
            drop(tx);
            let publishing = Publishing { open: errors.message("note").is_some(), errors, ..form };
            let editing = Editing { publishing, ..Editing::default() };
            answer(&org, at.procedure, StatusCode::UNPROCESSABLE_ENTITY, editing).await
        }
        Err(error) => Err(error.into()),
    }
}

impl Publishing {
    /// Nothing typed yet.
    pub(crate) fn begun(open: bool) -> Self {
        Self { open, ..Self::default() }
    }

    pub(crate) fn error(&self, field: &str) -> Option<&str> {
        self.errors.message(field)
    }
}
