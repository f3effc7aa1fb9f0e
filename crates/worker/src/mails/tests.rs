//! A mail is sent once, whatever happens on the way.

use std::time::Duration;

use domain::email_address::EmailAddress;
use domain::jobs::{self, Claimed, Lane, MOST_WAITS};
use domain::mails::{Link, NewMail, Notice, SEND_MAIL, To};
use domain::{Money, OrgJob, Permission, memberships};
use testkit::{Client, MailAnswer, MailServer, World, user};

use super::*;
use crate::settle;
use crate::stage::{Stage, until};

const LATER: Duration = Duration::from_secs(20);

/// Acme and its people, a worker's state, and a mail server.
struct Post {
    world: World,
    state: State,
    server: MailServer,
    admin: Client,
}

impl Post {
    async fn open() -> Self {
        let world = World::create().await;
        let Stage { state, mail: server, .. } = Stage::set().await;
        let state = State { database: world.database.worker().await, ..state };
        let admin = world.database.client("postgres").await;
        Self { world, state, server, admin }
    }

    /// Writes a mail down as a member's request does.
    async fn write(&self, key: &str, to: To) -> usize {
        let mut tx = self.world.org("ada", &self.world.acme).write().await.unwrap();
        let written = tx.mail(&mail(key, to, payment())).await.unwrap();
        tx.commit().await.unwrap();
        written
    }

    async fn claim(&self) -> Claimed {
        // However long it would have to wait.
        self.admin.batch_execute("update tenantry.jobs set run_at = now(), leased_until = null").await.unwrap();
        let job = jobs::claim(&self.state.database, Lane::Patient, 1).await.unwrap().remove(0);
        assert_eq!(job.kind, SEND_MAIL);
        job
    }

    /// Mails as their rows say: state, attempts, and what went wrong.
    async fn rows(&self) -> Vec<(String, i32, String)> {
        let statement = "select state, attempts, coalesce(last_error, '') from tenantry.mails order by recipient_id";
        let rows = self.admin.query(statement, &[]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
    }

    /// As if the leases had run out.
    async fn let_go(&self) {
        self.admin.batch_execute("update tenantry.mails set leased_until = now()").await.unwrap();
    }

    fn recipients(&self) -> Vec<String> {
        let mut all: Vec<String> = self.server.delivered().into_iter().map(|mail| mail.to).collect();
        all.sort();
        all
    }
}

fn payment() -> Notice {
    let billing = Link::parse("/orgs/acme/settings/billing").unwrap();
    Notice::payment_failed("Acme", Some("ACME-1"), Money::new(2900, "usd"), None, billing)
}

fn deleted() -> Notice {
    Notice::organisation_deleted_for_members("Acme", Some(&user("ada")))
}

fn address(text: &str) -> To {
    To::Address(EmailAddress::parse(text).unwrap())
}

fn mail(key: &str, to: To, notice: Notice) -> NewMail {
    NewMail { key: key.to_owned(), to, notice }
}

#[tokio::test]
async fn whoever_is_to_be_told_is_told_once() {
    let post = Post::open().await;
    assert_eq!(post.write("one", To::Admins).await, 1);
    assert_eq!(post.write("one", To::Admins).await, 0, "the same key");
    assert_eq!(post.write("two", To::OtherMembers).await, 3);
    assert_eq!(post.write("three", To::Holders(Permission::BillingManage)).await, 2);
    assert_eq!(post.write("three", address("BEN@example.test")).await, 0, "ben has it already");
    assert_eq!(post.write("three", address("books@example.test")).await, 1);
    assert_eq!(post.write("four", To::Member(user("olga"))).await, 0, "of another organisation");
    let taken = [crate::work_once(&post.state).await.unwrap(), crate::work_once(&post.state).await.unwrap()];
    assert_eq!(taken, [4, 3], "as many at once as there are patient hands");
    let to = ["ada", "ada", "ben", "ben", "books", "max", "rita"].map(|name| format!("{name}@example.test"));
    assert_eq!(post.recipients(), to);
    assert_eq!(post.rows().await, vec![("sent".to_owned(), 1, String::new()); 7]);
    let content = &post.server.delivered()[0].content;
    for line in ["From: Tenantry <mail@tenantry.example>\n", "Auto-Submitted: auto-generated\n"] {
        assert!(content.contains(line), "{line} in {content}");
    }
    assert!(content.contains("https://app.tenantry.example/orgs/acme/settings/billing"), "{content}");
}

#[tokio::test]
async fn what_is_rolled_back_is_not_told() {
    let post = Post::open().await;
    let mut tx = post.world.org("ada", &post.world.acme).write().await.unwrap();
    tx.mail(&mail("one", To::Admins, payment())).await.unwrap();
    drop(tx);
    assert_eq!(crate::work_once(&post.state).await.unwrap(), 0);
    assert!(post.rows().await.is_empty() && post.server.delivered().is_empty());
}

#[tokio::test]
async fn a_job_writes_mails_too() {
    let post = Post::open().await;
    let job = Claimed {
        id: Uuid::nil(),
        kind: "a_job".to_owned(),
        payload: serde_json::json!({}),
        attempt: 1,
        organisation: Some(post.world.acme.id.clone()),
    };
    let mut inside = OrgJob::enter(&post.state.database, &job, "a_job").await.unwrap();
    assert_eq!(inside.mail(&mail("one", To::Admins, payment())).await.unwrap(), 1);
    inside.commit().await.unwrap();
    crate::work_once(&post.state).await.unwrap();
    assert_eq!(post.recipients(), ["ada@example.test"]);
}

#[tokio::test]
async fn killed_after_the_server_took_it_a_mail_is_one_in_the_mailbox() {
    let post = Post::open().await;
    post.write("one", To::Admins).await;
    let job = post.claim().await;
    // The server has taken it, and whoever sent it dies before that is written down.
    post.server.answer(MailAnswer::TakeLate(LATER));
    let (state, held) = (post.state.clone(), job.clone());
    let killed = tokio::spawn(async move { send(&state, &held).await });
    until(LATER, "the server has it", async || post.server.delivered().len() == 1).await;
    killed.abort();
    assert!(killed.await.unwrap_err().is_cancelled());
    assert_eq!(post.rows().await, [("queued".to_owned(), 1, String::new())]);

    post.server.answer(MailAnswer::Take);
    let job = post.claim().await;
    assert!(matches!(send(&post.state, &job).await, Err(Failure::MailIsSent)), "it may live still");
    post.let_go().await;
    send(&post.state, &job).await.unwrap();
    assert_eq!(post.rows().await, [("sent".to_owned(), 2, String::new())]);
    assert_eq!((post.server.delivered().len(), post.server.mailbox().len()), (2, 1));
    let delivered = post.server.delivered();
    let head =
        |at: usize| delivered[at].content.lines().take_while(|line| !line.starts_with("MIME")).collect::<Vec<_>>();
    assert_eq!(head(0), head(1), "also its date");

    post.let_go().await;
    send(&post.state, &job).await.unwrap();
    assert_eq!(post.server.delivered().len(), 2, "what was sent is over");
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_no_second_mail() {
    let post = Post::open().await;
    post.write("one", To::Admins).await;
    post.server.answer(MailAnswer::TakeAndDrop);
    let job = post.claim().await;
    let failure = send(&post.state, &job).await.unwrap_err();
    assert!(failure.is_waiting() && !failure.is_hopeless(), "{failure}");
    assert_eq!(post.rows().await[0].0, "queued");
    post.server.answer(MailAnswer::Take);
    send(&post.state, &job).await.unwrap();
    assert_eq!((post.server.delivered().len(), post.server.mailbox().len()), (2, 1));
}

#[tokio::test]
async fn of_two_workers_one_sends() {
    let post = Post::open().await;
    post.write("one", To::Admins).await;
    post.server.answer(MailAnswer::TakeLate(Duration::from_millis(300)));
    let job = post.claim().await;
    let (one, other) = tokio::join!(send(&post.state, &job), send(&post.state, &job));
    let (good, bad) = if one.is_ok() { (one, other) } else { (other, one) };
    good.unwrap();
    let failure = bad.unwrap_err();
    assert!(matches!(failure, Failure::MailIsSent) && failure.is_crowded() && failure.is_waiting());
    assert_eq!(post.server.delivered().len(), 1);
    // The other's turn comes, and there is nothing to do.
    send(&post.state, &job).await.unwrap();
    assert_eq!(post.server.delivered().len(), 1);
}

#[tokio::test]
async fn what_is_not_taken_is_tried_again_and_given_up_after_a_day() {
    let post = Post::open().await;
    post.write("one", To::Admins).await;
    post.server.answer(MailAnswer::Refuse(451));
    let job = post.claim().await;
    settle::settle(&post.state, &job, LATER).await;
    assert_eq!(
        post.rows().await,
        [("queued".to_owned(), 1, "not taken this time: the mail server answered 451".to_owned())]
    );
    let row = post.admin.query_one("select state, run_at > now(), last_error from tenantry.jobs", &[]).await.unwrap();
    assert_eq!((row.get(0), row.get(1)), ("ready", true));
    assert!(!row.get::<_, &str>(2).contains('@'), "an address stands in no job");

    post.admin.execute("update tenantry.mails set attempts = $1 - 1", &[&MOST_TRIES]).await.unwrap();
    post.admin.execute("update tenantry.jobs set attempts = $1 - 1", &[&MOST_WAITS]).await.unwrap();
    let job = post.claim().await;
    settle::settle(&post.state, &job, LATER).await;
    assert_eq!(post.rows().await[0].0, "failed");
    let row = post.admin.query_one("select state from tenantry.jobs", &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "parked");

    // An operator who has put it right has it tried again.
    post.server.answer(MailAnswer::Take);
    send(&post.state, &job).await.unwrap();
    assert_eq!(post.rows().await[0].0, "sent");
}

#[tokio::test]
async fn what_is_refused_for_good_is_tried_once() {
    let post = Post::open().await;
    post.write("one", To::Admins).await;
    post.server.answer(MailAnswer::Refuse(550));
    let job = post.claim().await;
    settle::settle(&post.state, &job, LATER).await;
    assert_eq!(
        post.rows().await,
        [("failed".to_owned(), 1, "refused for good: the mail server answered 550".to_owned())]
    );
    let row = post.admin.query_one("select state, attempts from tenantry.jobs", &[]).await.unwrap();
    assert_eq!((row.get(0), row.get::<_, i32>(1)), ("parked", 1));
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_without_asking() {
    let post = Post::open().await;
    let bad = "update tenantry.users set email = 'ada@acme.example, eve@evil.example' where id = 'user_ada'";
    post.admin.batch_execute(bad).await.unwrap();
    post.write("one", To::Admins).await;
    let job = post.claim().await;
    assert!(send(&post.state, &job).await.unwrap_err().is_hopeless());
    assert_eq!(post.rows().await[0].0, "failed");
    assert!(post.server.delivered().is_empty());
}

#[tokio::test]
async fn of_a_deleted_organisation_only_that_is_told() {
    let post = Post::open().await;
    let mut tx = post.world.org("ada", &post.world.acme).write().await.unwrap();
    tx.mail(&mail("payment", To::Admins, payment())).await.unwrap();
    tx.mail(&mail("deleted", To::Member(user("max")), deleted())).await.unwrap();
    tx.commit().await.unwrap();
    post.admin
        .batch_execute("update tenantry.organisations set deleted_at = now() where id = 'org_acme'")
        .await
        .unwrap();
    crate::work_once(&post.state).await.unwrap();
    assert_eq!(post.recipients(), ["max@example.test"]);
    let why = "the organisation was deleted before it was sent".to_owned();
    assert_eq!(post.rows().await, [("failed".to_owned(), 1, why), ("sent".to_owned(), 1, String::new())]);
}

#[tokio::test]
async fn whoever_left_is_not_told_any_more() {
    let post = Post::open().await;
    post.write("one", To::Member(user("max"))).await;
    let mut tx = post.world.org("max", &post.world.acme).write().await.unwrap();
    memberships::leave(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    let job = {
        post.admin.execute("delete from tenantry.jobs where kind <> $1", &[&SEND_MAIL]).await.unwrap();
        post.claim().await
    };
    send(&post.state, &job).await.unwrap();
    assert_eq!(post.rows().await, [("failed".to_owned(), 1, "the recipient left before it was sent".to_owned())]);
    assert!(post.server.delivered().is_empty());
}
