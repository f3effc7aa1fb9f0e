//! Mails that the application sent.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::ids;
use crate::smtp::Read;
use crate::state::State;

/// Mails that are kept.
const KEPT: usize = 500;

/// One mail as it came. One that comes again under the same Message-ID is the same, as in any mailbox.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Letter {
    pub(crate) id: String,
    pub(crate) from: String,
    /// Whom the envelope names.
    pub(crate) to: Vec<String>,
    pub(crate) content: String,
    pub(crate) message_id: String,
    /// How often it came.
    pub(crate) times: u32,
    pub(crate) received_at: Millis,
}

impl Letter {
    /// As it was handed over.
    pub(crate) fn new(from: String, to: Vec<String>, content: String, now: Millis) -> Self {
        let id = ids::fresh("letter_");
        let message_id = Read::of(&content).header("Message-ID").map_or_else(|| id.clone(), str::to_owned);
        Self { id, from, to, content, message_id, times: 1, received_at: now }
    }

    pub(crate) fn json(&self) -> Value {
        let read = Read::of(&self.content);
        let headers: Vec<_> = read.headers.iter().map(|(name, value)| json!([name, value])).collect();
        json!({
            "id": self.id,
            "from": self.from,
            "to": self.to.join(", "),
            "subject": read.header("Subject").unwrap_or_default(),
            "headers": headers,
            "body": read.text,
            "html": read.html,
            "message_id": self.message_id,
            "times": self.times,
            "sent_at": self.received_at,
        })
    }
}

impl State {
    /// Puts a mail into the mailbox.
    pub(crate) fn keep_letter(&mut self, letter: Letter) {
        let same = |other: &&mut Letter| other.message_id == letter.message_id && other.to == letter.to;
        if let Some(there) = self.letters.iter_mut().find(same) {
            there.times += 1;
            return;
        }
        self.letters.push(letter);
        let surplus = self.letters.len().saturating_sub(KEPT);
        self.letters.drain(..surplus);
    }
}
