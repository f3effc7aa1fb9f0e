//! What an open page of a run has seen of it, so that it is read again only when there is something new.

use std::fmt;

use domain::viewers::Viewer;
use sha2::{Digest as _, Sha256};

/// How much has happened in a run, and who is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Watched(String);

impl Watched {
    pub(crate) fn of(revision: i32, viewers: &[Viewer]) -> Self {
        let mut there = Sha256::new();
        for viewer in viewers {
            there.update(viewer.id.as_bytes());
            there.update([0]);
        }
        let there = there.finalize();
        Self(format!("{revision}-{:02x}{:02x}{:02x}{:02x}", there[0], there[1], there[2], there[3]))
    }

    /// The page's stream, which hears of this run too.
    pub(crate) fn stream(&self, live: &str, run: &str) -> String {
        live.replacen('?', &format!("?run={run}&seen={}&", self.0), 1)
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
