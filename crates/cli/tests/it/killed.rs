//! Server and worker killed in the middle of everything: what was acknowledged is done, once, and nothing else is.

use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;
use signatures::svix::{self, Secret};
use testkit::{ClerkAccount, Client, Dice, TestDatabase, directory_told, number_from};

use crate::program::{serve_with, tenantry};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// People whose events come one after the other.
const PEOPLE: usize = 4;
/// How often a process is killed.
const KILLS: usize = 8;

/// A process of ours, which ends with the test.
struct Process {
    command: &'static str,
    environment: Vec<(String, String)>,
    child: Child,
}

impl Process {
    fn start(command: &'static str, environment: &[(String, String)]) -> Self {
        let environment = environment.to_vec();
        let child = spawn(command, &environment);
        Self { command, environment, child }
    }

    /// As a power cut would.
    fn kill_and_start_again(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = spawn(self.command, &self.environment);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Best effort: it may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(command: &str, environment: &[(String, String)]) -> Child {
    let environment = environment.iter().map(|(name, value)| (name, value));
    tenantry(&[command]).envs(environment).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Somebody joins, rises, is renamed, leaves, and comes back; each time Clerk sends its event until it is acknowledged.
async fn live(person: usize, clerk: ClerkAccount, http: reqwest::Client, url: String, stop: Arc<AtomicBool>) -> usize {
    let user = format!("user_{person}");
    clerk.account().person(&user, "Somebody");
    let mut sent = 0;
    while !stop.load(Ordering::Relaxed) || sent % 4 != person % 4 {
        let kind = match sent % 4 {
            0 => {
                clerk.account().member(&user, "org_acme", "member");
                "organizationMembership.created"
            }
            1 => {
                clerk.account().member(&user, "org_acme", "admin");
                "organizationMembership.updated"
            }
            2 => {
                clerk.account().person(&user, &format!("Somebody {sent}"));
                "user.updated"
            }
            _ => {
                clerk.account().leave(&user, "org_acme");
                "organizationMembership.deleted"
            }
        };
        let data = json!({ "id": user, "public_user_data": { "user_id": user }, "organization": { "id": "org_acme" } });
        let body = json!({ "type": kind, "object": "event", "instance_id": "ins_test", "data": data }).to_string();
        deliver(&http, &url, &format!("msg_{person}_{sent}"), &body).await;
        sent += 1;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    sent
}

/// Until it is acknowledged, always with the same id.
async fn deliver(http: &reqwest::Client, url: &str, id: &str, body: &str) {
    let secret = Secret::parse(SECRET).unwrap();
    let began = Instant::now();
    loop {
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
        let signature = svix::sign(&secret, id, now, body.as_bytes());
        let request = http.post(url).header("content-type", "application/json").header("svix-id", id);
        let request = request.header("svix-timestamp", now.to_string()).header("svix-signature", signature);
        if request.body(body.to_owned()).send().await.is_ok_and(|answer| answer.status() == 200) {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{id} is not acknowledged");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn count(admin: &Client, what: &str) -> i64 {
    admin.query_one(&format!("select count(*) from {what}"), &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_done_once_wherever_the_processes_are_killed() {
    let seed = number_from("KILL_SEED", 20_261_128);
    println!("KILL_SEED={seed}");
    let mut dice = Dice::seeded(seed);
    let (clerk, database) = (ClerkAccount::start().await, TestDatabase::create().await);
    clerk.account().organisation("org_acme", "acme", "Acme");
    let admin = database.client("postgres").await;
    // As if a comparison had just begun: only events may change anything here.
    let compared = "insert into tenantry.jobs (kind, payload, state)
                    select kind, '{}', 'done' from unnest('{reconcile_clerk,reconcile_stripe,look_at_due_customers}'::text[]) as kind";
    admin.batch_execute(compared).await.unwrap();

    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (listen, public) = (format!("127.0.0.1:{port}"), format!("http://localhost:{port}"));
    let changed = [
        ("LISTEN", listen.clone()),
        ("PUBLIC_BASE_URL", public.clone()),
        ("DATABASE_URL", database.url("tenantry_app")),
        ("WORKER_DATABASE_URL", database.url("tenantry_worker")),
        ("ERASURE_SIGNING_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned()),
        ("CLERK_API_URL", clerk.url().to_owned()),
        ("CLERK_CALLS_IN_TEN_SECONDS", "1000000".to_owned()),
    ];
    let kept = serve_with("LISTEN", &listen).into_iter().filter(|(name, _)| changed.iter().all(|(one, _)| one != name));
    let kept = kept.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let environment: Vec<_> =
        kept.chain(changed.iter().map(|(name, value)| ((*name).to_owned(), value.clone()))).collect();
    let mut processes = ["serve", "work"].map(|command| Process::start(command, &environment));

    let http = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let url = format!("{public}/webhooks/clerk");
    let living: Vec<_> = (0..PEOPLE)
        .map(|person| tokio::spawn(live(person, clerk.clone(), http.clone(), url.clone(), Arc::clone(&stop))))
        .collect();
    for kill in 0..KILLS {
        // Not before it has begun to do something.
        let before = count(&admin, "tenantry.inbound_events where processed_at is not null").await;
        let began = Instant::now();
        while count(&admin, "tenantry.inbound_events where processed_at is not null").await < before + 5 {
            assert!(began.elapsed() < Duration::from_secs(60), "nothing moves after {kill} kills");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(dice.below(150) as u64)).await;
        processes[kill % 2].kill_and_start_again();
    }
    stop.store(true, Ordering::Relaxed);
    let mut sent = 0;
    for one in living {
        sent += one.await.unwrap();
    }
    // The leases of killed workers run out.
    let run_out = "update tenantry.jobs set leased_until = null where state = 'ready'";
    admin.batch_execute(run_out).await.unwrap();
    let began = Instant::now();
    while count(&admin, "tenantry.jobs where state = 'ready'").await > 0 {
        assert!(began.elapsed() < Duration::from_secs(30), "the queue does not come to an end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let sent = i64::try_from(sent).unwrap();
    assert_eq!(count(&admin, "tenantry.inbound_events").await, sent, "each event is recorded once");
    assert_eq!(count(&admin, "tenantry.jobs where kind = 'apply_clerk_event' and state = 'done'").await, sent);
    assert_eq!(count(&admin, "tenantry.inbound_events where processed_at is null").await, 0);
    assert_eq!(directory_told(&admin).await, clerk.account().told());
}
