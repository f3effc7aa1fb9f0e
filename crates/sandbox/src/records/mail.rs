//! Mails the instance would send; they stay in the outbox.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::ids;
use crate::state::State;

/// Mails that are kept.
const KEPT: usize = 500;

/// One mail with a code in it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Mail {
    pub(crate) id: String,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) body: String,
    pub(crate) code: String,
    pub(crate) sent_at: Millis,
}

impl Mail {
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "to": self.to,
            "subject": self.subject,
            "body": self.body,
            "code": self.code,
            "sent_at": self.sent_at,
        })
    }
}

impl State {
    /// Puts a mail with a sign-in or sign-up code into the outbox.
    pub(crate) fn mail_code(&mut self, to: &str, code: &str, now: Millis) {
        self.mails.push(Mail {
            id: ids::fresh("ema_"),
            to: to.to_owned(),
            subject: format!("{code} is your code for Tenantry"),
            body: format!(
                "Your code is {code}. It works for ten minutes, once.\n\nIf you did not ask for it, nothing happens without it."
            ),
            code: code.to_owned(),
            sent_at: now,
        });
        let surplus = self.mails.len().saturating_sub(KEPT);
        self.mails.drain(..surplus);
    }
}
