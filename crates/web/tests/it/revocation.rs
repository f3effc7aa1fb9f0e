//! Rights end at Clerk: from a second after its webhook is acknowledged on, nothing succeeds on any surface.
//!
//! The server and a worker stand on one database, and everybody keeps asking with the token they have.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use http::{Method, Request};
use mirror::Mirror;
use serde_json::{Value, json};
use signatures::svix::{self, Secret};
use testkit::{Account, ClerkAccount};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::{Answer, As, TestApp, WEBHOOK_SECRET, from_htmx, mailer, request};
use crate::tokens;

/// What is promised.
const BOUND: Duration = Duration::from_secs(1);
/// They go on asking for so long after that.
const AFTER: Duration = Duration::from_millis(500);

struct Stage {
    app: Arc<TestApp>,
    clerk: ClerkAccount,
    end: oneshot::Sender<()>,
    worker: JoinHandle<()>,
}

/// When each request was sent, and the last one that succeeded.
struct Asked {
    succeeded: Option<Instant>,
    sent: Vec<Instant>,
}

impl Stage {
    async fn set() -> Self {
        let clerk = ClerkAccount::start().await;
        let app = TestApp::beside(&clerk).await;
        let database = app.world.database.worker().await;
        let state = worker::State {
            files: files::Files::default(),
            mirror: Mirror::new(database.clone(), clerk.backend()),
            billing: billing::Billing::new(database.clone(), testkit::stripe_nowhere(), tokens::APP),
            ends: worker::Ends::new(testkit::signer()),
            mailer: mailer(),
            database,
        };
        let (end, ended) = oneshot::channel();
        let worker = tokio::spawn(worker::run(state, async { _ = ended.await }));
        Self { app: Arc::new(app), clerk, end, worker }
    }

    /// Something happens at Clerk and its webhook comes; says how long after the acknowledgement the last request that
    /// succeeded was sent.
    async fn revoke(&self, case: &Case) -> Duration {
        let stop = Arc::new(AtomicBool::new(false));
        let asks = Ask::on_every_surface(&case.token, &case.method);
        let asking: Vec<_> = asks.iter().map(|ask| tokio::spawn(ask.again_and_again(&self.app, &stop))).collect();
        tokio::time::sleep(Duration::from_millis(200)).await;
        (case.change)(&mut self.clerk.account());
        self.deliver(&format!("msg_{}", case.what.replace(' ', "_")), &case.event).await;
        let acknowledged = Instant::now();
        tokio::time::sleep(BOUND + AFTER).await;
        stop.store(true, Ordering::Relaxed);
        let mut slowest = Duration::ZERO;
        for asked in asking {
            let asked = asked.await.unwrap();
            let last = asked.succeeded.unwrap_or_else(|| panic!("{}: they could, before", case.what));
            assert!(asked.sent[0] < acknowledged);
            let later = asked.sent.iter().filter(|sent| **sent > acknowledged + BOUND).count();
            assert!(later > 10, "{}: asked {later} times after the bound", case.what);
            slowest = slowest.max(last.saturating_duration_since(acknowledged));
        }
        slowest
    }

    async fn deliver(&self, id: &str, (kind, data): &(&str, Value)) {
        let body = json!({ "type": kind, "object": "event", "instance_id": "ins_test", "data": data }).to_string();
        let secret = Secret::parse(WEBHOOK_SECRET).unwrap();
        let webhook = Request::post("/webhooks/clerk")
            .header("host", "localhost:3000")
            .header("content-type", "application/json")
            .header("svix-id", id)
            .header("svix-timestamp", tokens::now().to_string())
            .header("svix-signature", svix::sign(&secret, id, tokens::now(), body.as_bytes()));
        assert_eq!(self.app.send(webhook.body(body.into()).unwrap()).await.status, 200);
    }

    async fn end(self) {
        drop(self.end);
        self.worker.await.unwrap();
    }
}

/// One way to ask for the same thing.
#[derive(Clone)]
struct Ask {
    who: As,
    method: Method,
    path: &'static str,
    htmx: bool,
}

impl Ask {
    /// The three surfaces with one token: for reading, or for what only an admin may do.
    fn on_every_surface(token: &str, method: &Method) -> [Self; 3] {
        let cookie = || As::Cookie(token.to_owned());
        let page = Self { who: cookie(), method: method.clone(), path: "/orgs/acme/procedures", htmx: false };
        let htmx = Self { htmx: true, ..page.clone() };
        let path = "/api/v1/orgs/acme/procedures";
        let api = Self { who: As::Bearer(token.to_owned()), method: method.clone(), path, htmx: false };
        [page, htmx, api]
    }

    fn again_and_again(&self, app: &Arc<TestApp>, stop: &Arc<AtomicBool>) -> impl Future<Output = Asked> + use<> {
        let (ask, app, stop) = (self.clone(), Arc::clone(app), Arc::clone(stop));
        async move {
            let mut asked = Asked { succeeded: None, sent: Vec::new() };
            while !stop.load(Ordering::Relaxed) {
                let sent = Instant::now();
                asked.sent.push(sent);
                if succeeded(&ask.once(&app).await) {
                    asked.succeeded = Some(sent);
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            asked
        }
    }

    async fn once(&self, app: &TestApp) -> Answer {
        let (kind, body) = match (&self.method, &self.who) {
            (&Method::GET, _) => ("text/plain", ""),
            (_, As::Bearer(_)) => ("application/json", r#"{"name":"Opening","details":""}"#),
            _ => ("application/x-www-form-urlencoded", "name=Opening&details="),
        };
        let request = request(&self.who, self.method.clone(), self.path).header("content-type", kind);
        let request = request.body(body.into()).unwrap();
        app.send(if self.htmx { from_htmx(request) } else { request }).await
    }
}

/// An answer that gives something, or a redirect to what was made.
fn succeeded(answer: &Answer) -> bool {
    answer.status.is_success() || answer.header("location").starts_with("/orgs/acme/")
}

fn membership(name: &str) -> Value {
    json!({ "public_user_data": { "user_id": format!("user_{name}") }, "organization": { "id": "org_acme" } })
}

/// What ends at Clerk, who keeps asking for what, and the event about it.
struct Case {
    what: &'static str,
    token: String,
    method: Method,
    change: fn(&mut Account),
    event: (&'static str, Value),
}

fn cases() -> [Case; 5] {
    let token = |name: &str| tokens::token(name, Some("acme"));
    let ended = token("ada");
    let over = json!({ "id": tokens::session_of(&ended), "user_id": "user_ada", "status": "ended" });
    [
        Case {
            what: "removed",
            token: token("max"),
            method: Method::GET,
            change: |account| account.leave("user_max", "org_acme"),
            event: ("organizationMembership.deleted", membership("max")),
        },
        Case {
            what: "banned",
            token: token("rita"),
            method: Method::GET,
            change: |account| account.ban("user_rita", true),
            event: ("user.updated", json!({ "id": "user_rita", "banned": true })),
        },
        Case {
            what: "deleted",
            token: token("ben"),
            method: Method::GET,
            change: |account| account.delete_person("user_ben"),
            event: ("user.deleted", json!({ "id": "user_ben", "deleted": true })),
        },
        Case {
            what: "session ended",
            token: ended,
            method: Method::GET,
            change: |_| {},
            event: ("session.ended", over),
        },
        Case {
            what: "demoted",
            token: token("ada"),
            method: Method::POST,
            change: |account| account.member("user_ada", "org_acme", "member"),
            event: ("organizationMembership.updated", membership("ada")),
        },
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_after_the_webhook_nothing_succeeds() {
    let stage = Stage::set().await;
    for case in cases() {
        let slowest = stage.revoke(&case).await;
        println!("{}: {slowest:?} after the acknowledgement", case.what);
        assert!(slowest <= BOUND, "{}: {slowest:?}", case.what);
    }
    stage.end().await;
}
