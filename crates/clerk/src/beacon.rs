//! Whether Clerk answers at all. Asked before anybody is sent there with an ended session.

use std::time::Duration;

use reqwest::{Client, Url};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// An answer counts for so long.
const GOOD_FOR: Duration = Duration::from_secs(5);
/// Somebody waits for a page.
const PATIENCE: Duration = Duration::from_secs(1);

/// Asks the Frontend API for its public keys, which it gives to everybody.
#[derive(Debug)]
pub(crate) struct Beacon {
    client: Client,
    url: Url,
    last: Mutex<Option<(Instant, bool)>>,
}

impl Beacon {
    pub(crate) fn new(client: Client, frontend: &Url) -> Self {
        let mut url = frontend.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend([".well-known", "jwks.json"]);
        }
        Self { client, url, last: Mutex::new(None) }
    }

    /// Any answer that is not the server's own failure. Whoever comes while it is asked waits for the same answer.
    pub(crate) async fn shines(&self) -> bool {
        let mut last = self.last.lock().await;
        if let Some((at, shines)) = *last
            && at.elapsed() < GOOD_FOR
        {
            return shines;
        }
        let answer = self.client.get(self.url.clone()).timeout(PATIENCE).send().await;
        let shines = answer.is_ok_and(|answer| !answer.status().is_server_error());
        if last.is_none_or(|(_, before)| before != shines) && !shines {
            tracing::warn!("Clerk does not answer; sessions that end meanwhile are excused for a while");
        }
        *last = Some((Instant::now(), shines));
        shines
    }
}
