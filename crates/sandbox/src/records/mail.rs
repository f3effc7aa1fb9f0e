//! Mails the instance would send; they stay in the outbox.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::ids;
use crate::records::{Invitation, User};
use crate::state::State;

/// Mails that are kept.
const KEPT: usize = 500;

/// One mail with a code or a link in it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Mail {
    pub(crate) id: String,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) body: String,
    /// Empty in a mail that has a link.
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) link: Option<String>,
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
            "link": self.link,
            "sent_at": self.sent_at,
        })
    }
}

impl State {
    /// Puts a mail with a sign-in or sign-up code into the outbox.
    pub(crate) fn mail_code(&mut self, to: &str, code: &str, now: Millis) {
        self.keep_mail(Mail {
            id: ids::fresh("ema_"),
            to: to.to_owned(),
            subject: format!("{code} is your code for Tenantry"),
            body: format!(
                "Your code is {code}. It works for ten minutes, once.\n\nIf you did not ask for it, nothing happens without it."
            ),
            code: code.to_owned(),
            link: None,
            sent_at: now,
        });
    }

    /// Puts the mail about an invitation into the outbox, for test addresses too: nobody could accept it otherwise.
    pub(crate) fn mail_invitation(&mut self, invitation: &Invitation, organization: &str, now: Millis) {
        let inviter = invitation.inviter_id.as_ref().and_then(|id| self.users.get(id)).map(User::name);
        let link = self.ticket_url(&invitation.ticket);
        self.keep_mail(Mail {
            id: ids::fresh("ema_"),
            to: invitation.email_address.clone(),
            subject: format!("Join {organization} on Tenantry"),
            body: format!(
                "{} invites you to {organization}.\n\nThe link works once. If you do not know who this is from, do not follow it.",
                inviter.as_deref().unwrap_or("Somebody")
            ),
            code: String::new(),
            link: Some(link),
            sent_at: now,
        });
    }

    fn keep_mail(&mut self, mail: Mail) {
        self.mails.push(mail);
        let surplus = self.mails.len().saturating_sub(KEPT);
        self.mails.drain(..surplus);
    }
}
