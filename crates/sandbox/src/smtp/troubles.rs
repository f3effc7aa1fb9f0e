//! What goes wrong with the next mails.
//!
//! Not kept: a sandbox that starts is well.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

/// What goes wrong with a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nobody is let in: 421, and the connection ends.
    Refuse,
    /// Taken and answered, but late.
    Slow(Duration),
    /// Taken, and the connection ends before that is said.
    Drop,
    /// Not taken, with this number.
    Answer(u16, Stage),
}

/// At which of its commands a mail is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// When the recipient is named.
    Recipient,
    /// When all of it was sent.
    Data,
}

impl Trouble {
    /// The word of the control page and its JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Slow(_) => "slow",
            Self::Drop => "drop",
            Self::Answer(..) => "answer",
        }
    }
}

/// A trouble and the mails it is still for; until it is cleared when there is no number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) trouble: Trouble,
    pub(crate) left: Option<u32>,
}

/// The troubles that wait for their mails, in the order they were asked for.
#[derive(Default)]
pub(crate) struct Troubles {
    list: Mutex<Vec<Waiting>>,
}

impl Troubles {
    /// One more.
    pub(crate) fn add(&self, waiting: Waiting) {
        self.lock().push(waiting);
    }

    /// Takes all of them back; says how many there were.
    pub(crate) fn clear(&self) -> usize {
        std::mem::take(&mut *self.lock()).len()
    }

    /// The troubles, oldest first.
    pub(crate) fn all(&self) -> Vec<Waiting> {
        self.lock().clone()
    }

    /// The same as JSON.
    pub(crate) fn json(&self) -> Value {
        self.all().iter().map(|one| json!({"kind": one.trouble.as_str(), "left": one.left})).collect()
    }

    /// What goes wrong at this moment, if the first that waits is one for it; that counts as one of its mails.
    pub(crate) fn take(&self, is_now: impl Fn(Trouble) -> bool) -> Option<Trouble> {
        let mut list = self.lock();
        let first = list.first_mut().filter(|one| is_now(one.trouble))?;
        let trouble = first.trouble;
        if let Some(left) = &mut first.left {
            *left -= 1;
            if *left == 0 {
                list.remove(0);
            }
        }
        Some(trouble)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
