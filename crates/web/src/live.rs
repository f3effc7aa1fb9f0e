//! `GET /orgs/{slug}/live`: an open page hears at once that its person's role or membership changed.
//!
//! A stream holds no connection to the database. Whenever something changed in the organisation, and now and then
//! anyway, it reads through the door like every request, session included, and says what is new.

use std::convert::Infallible;
use std::sync::OnceLock;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse as _, Response};
use domain::runs::RunId;
use domain::{Access, Org, Read, directory, viewers};
use futures_util::stream;
use http::header::CACHE_CONTROL;
use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::json;
use tenancy::{Database, Live, Wakes};
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use crate::access::InOrg;
use crate::body::Query;
use crate::error::Result;
use crate::pages::watched::Watched;
use crate::standing::Standing;

/// A stream looks for itself this often, and says that it is alive.
const BEAT: Duration = Duration::from_secs(25);
/// Sooner where the database did not answer.
const AGAIN: Duration = Duration::from_secs(1);
/// After this the browser comes again, with a token that is still good; not all of them at once.
const LONGEST: Duration = Duration::from_secs(300);
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What all streams of a process share.
pub(crate) struct Streams {
    /// Started by the first of them.
    live: OnceLock<Live>,
    closing: watch::Sender<bool>,
}

impl Default for Streams {
    fn default() -> Self {
        Self { live: OnceLock::new(), closing: watch::Sender::new(false) }
    }
}

impl Streams {
    /// Ends them all: browsers come again, to another process.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    fn live(&self, database: &Database) -> &Live {
        self.live.get_or_init(|| Live::start(database))
    }
}

/// What the page says of itself.
#[derive(Deserialize)]
pub(crate) struct Asked {
    /// Its person's standing when it was made.
    #[serde(default, rename = "as")]
    standing: String,
    /// The run that it shows.
    #[serde(default)]
    run: String,
    /// What it has seen of that.
    #[serde(default)]
    seen: String,
}

/// A run that the page shows.
struct Watching {
    run: RunId,
    seen: String,
    /// Told once it is over.
    leaving: Leaving,
}

/// Takes the person out of the run's viewers when the stream ends, however it does.
struct Leaving {
    door: Org,
    run: RunId,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let (door, run) = (self.door.clone(), self.run);
        tokio::spawn(async move {
            // Whoever cannot say so has left a minute later all the same.
            if let Ok(mut tx) = door.write().await
                && viewers::leave(&mut tx, run).await.is_ok()
            {
                let _ = tx.commit().await;
            }
        });
    }
}

/// `GET /orgs/{slug}/live`
pub(crate) async fn show(
    org: InOrg,
    Query(asked): Query<Asked>,
    State(state): State<crate::State>,
) -> Result<Response> {
    // Before it reads for the first time: what changes meanwhile wakes it.
    let wakes = org.door().wakes(state.streams.live(&state.database));
    let (access, ()) = org.read(Read::access_only).await?;
    let known = if asked.standing.is_empty() { Standing::of(&access) } else { Standing::parse(&asked.standing) };
    let mut channel = Channel {
        door: org.door().clone().for_a_channel(),
        closing: state.streams.closing.subscribe(),
        ends: Instant::now() + LONGEST + Duration::from_secs(u64::from(Uuid::new_v4().as_bytes()[0]) / 4),
        pause: BEAT,
        first: None,
        over: false,
        watching: asked.run.parse().ok().map(|run| Watching {
            run,
            seen: asked.seen,
            leaving: Leaving { door: org.door().clone().for_a_channel(), run },
        }),
        known,
        wakes,
        state,
    };
    channel.arrive().await;
    channel.first = Some(match channel.news(&access) {
        Some(news) => news,
        None => channel.run_moved().await.unwrap_or_else(alive),
    });
    let events = stream::unfold(channel, |mut channel| async move {
        let event = channel.next().await?;
        Some((Ok::<_, Infallible>(event), channel))
    });
    let mut response = Sse::new(events).into_response();
    // As every page of a person: not kept anywhere.
    response.headers_mut().remove(CACHE_CONTROL);
    response.headers_mut().insert(UNBUFFERED, HeaderValue::from_static("no"));
    Ok(response)
}

/// One open page.
struct Channel {
    state: crate::State,
    watching: Option<Watching>,
    door: Org,
    wakes: Wakes,
    closing: watch::Receiver<bool>,
    ends: Instant,
    pause: Duration,
    known: Standing,
    first: Option<Event>,
    over: bool,
}

impl Channel {
    /// The next thing to say; `None` at the end.
    async fn next(&mut self) -> Option<Event> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        self.over |= *self.closing.borrow();
        while !self.over {
            let mut beaten = false;
            tokio::select! {
                _ = self.closing.changed() => return None,
                () = tokio::time::sleep_until(self.ends) => return None,
                woken = self.wakes.woken() => woken?,
                () = tokio::time::sleep(self.pause) => beaten = true,
            }
            let beat = std::mem::replace(&mut self.pause, BEAT);
            match self.door.read(Read::access_only()).await {
                Ok((access, ())) => {
                    self.state.seen(&self.door);
                    if beaten {
                        self.arrive().await;
                    }
                    return Some(match self.news(&access) {
                        Some(news) => news,
                        None => self.run_moved().await.unwrap_or_else(alive),
                    });
                }
                Err(domain::Error::NotFound) => return Some(self.gone().await),
                Err(domain::Error::SessionEnded) => {
                    self.over = true;
                    return Some(Event::default().event("ended").data("{}"));
                }
                // Nobody knows: asked again soon, and the page is told nothing.
                Err(_) => self.pause = if beat == BEAT { AGAIN } else { (beat * 2).min(BEAT) },
            }
        }
        None
    }

    /// What changed for this person, if anything did.
    fn news(&mut self, access: &Access) -> Option<Event> {
        let text = self.known.news(access)?;
        self.known = Standing::of(access);
        let news = json!({ "text": text, "as": self.known.to_string() });
        Some(Event::default().event("access").data(news.to_string()))
    }

    /// Says that this person looks at the run, for another minute.
    async fn arrive(&self) {
        let Some(watching) = &self.watching else { return };
        if let Ok(mut tx) = watching.leaving.door.write().await
            && viewers::arrive(&mut tx, watching.run).await.is_ok()
        {
            let _ = tx.commit().await;
        }
    }

    /// Something happened in the run, or somebody came or left: the page reads it again.
    async fn run_moved(&mut self) -> Option<Event> {
        let watching = self.watching.as_mut()?;
        let (_, (revision, there)) = self.door.read(viewers::watch(watching.run)).await.ok()?;
        let now = Watched::of(revision, &there).to_string();
        if now == watching.seen {
            return None;
        }
        watching.seen.clone_from(&now);
        Some(Event::default().event("run").data(json!({ "seen": now }).to_string()))
    }

    /// No member at this address any more: it may be the address that changed.
    async fn gone(&mut self) -> Event {
        let (database, user, slug) = (&self.state.database, self.door.user(), self.door.slug());
        if let Ok(Some(_)) = directory::deleted_at(database, user, slug).await {
            self.over = true;
            return Event::default().event("deleted").data("{}");
        }
        match directory::moved_to(database, user, slug).await {
            Ok(Some(slug)) => {
                let moved = json!({ "slug": slug, "text": "This organisation has a new web address." });
                self.door = self.door.clone().at(&slug);
                Event::default().event("moved").data(moved.to_string())
            }
            Ok(None) => {
                self.over = true;
                Event::default().event("gone").data("{}")
            }
            Err(_) => {
                self.pause = AGAIN;
                alive()
            }
        }
    }
}

/// Nothing new; what stands between here and the browser keeps the stream open.
fn alive() -> Event {
    Event::default().comment("")
}
