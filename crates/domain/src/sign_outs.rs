//! Sign-outs that Clerk has still to be told of: the session has ended here, and would go on there.

use serde_json::{Value, json};
use tenancy::{Database, SystemReason};

use crate::{Result, jobs};

/// The job that ends the session at Clerk.
pub const REVOKE_CLERK_SESSION: &str = "revoke_clerk_session";

/// Has Clerk told as soon as it answers.
pub async fn tell_clerk_later(database: &Database, session: &str) -> Result<()> {
    let mut tx = database.system(SystemReason::SignIn).begin().await?;
    jobs::enqueue(&mut tx, REVOKE_CLERK_SESSION, json!({ "session": session })).await?;
    Ok(tx.commit().await?)
}

/// The session a job speaks of.
pub fn session_of(payload: &Value) -> Option<&str> {
    payload["session"].as_str()
}
