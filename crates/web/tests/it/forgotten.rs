//! Somebody deletes their account: they are out at once, and after that no trace of who they were is in any table.

use domain::audit_log::{self, AuditEntry, Filter};
use domain::inbound_events::{self, Vendor};
use domain::mails::{Link, NewMail, Notice, To};
use domain::roles::{self, RoleFields};
use domain::{BaseRole, Money, memberships, runs, steps};
use http::Method;
use mirror::Mirror;
use serde_json::json;
use testkit::{ClerkAccount, Client, MailServer, user};

use crate::app::{As, TestApp};
use crate::tokens;

const NAME: &str = "Maxi Kanarienvogel";
const ADDRESS: &str = "user_max@example.test";
const DELETE: &str = "/account/delete";

/// A house in which Max is an admin of Acme beside Ada, and has left traces everywhere.
struct House {
    app: TestApp,
    clerk: ClerkAccount,
    worker: worker::State,
    admin: Client,
    _mail: MailServer,
}

impl House {
    async fn lived_in() -> Self {
        let clerk = ClerkAccount::start().await;
        let app = TestApp::beside(&clerk).await;
        let database = app.world.database.worker().await;
        let mail = MailServer::start().await;
        let config = mail::Config::from_parts(&mail.url(), "mail@tenantry.example").unwrap();
        let worker = worker::State {
            mirror: Mirror::new(database.clone(), clerk.backend()),
            billing: billing::Billing::new(database.clone(), testkit::stripe_nowhere(), tokens::APP),
            ends: worker::Ends::new(testkit::signer()),
            mailer: mail::Mailer::new(config, &tokens::APP.parse().unwrap()).unwrap(),
            files: app.world.files.clone(),
            database,
        };
        let admin = app.world.database.client("postgres").await;
        let house = Self { app, clerk, worker, admin, _mail: mail };
        Box::pin(house.leave_traces()).await;
        house
    }

    async fn leave_traces(&self) {
        let world = &self.app.world;
        let event =
            json!({ "data": { "id": "user_max", "first_name": NAME, "email": ADDRESS }, "instance_id": "ins_test" });
        self.clerk.account().person("user_max", NAME);
        self.clerk.account().member("user_max", "org_acme", "admin");
        let body = event.to_string();
        inbound_events::record(&self.worker.database, Vendor::Clerk, "msg_max", "user.updated", body.as_bytes())
            .await
            .unwrap();
        self.work().await;
        // What he did.
        let procedure = world.procedure("max", &world.acme, "Opening").await;
        let run = world.run("max", &world.acme, procedure, "Opening of today").await;
        let (_, shown) = world.org("max", &world.acme).read(runs::show(run)).await.unwrap();
        let mut tx = world.org("max", &world.acme).write().await.unwrap();
        steps::tick(&mut tx, run, shown.steps[0].id).await.unwrap();
        roles::create(&mut tx, &RoleFields::parse("Buyer", ["runs:work"]).unwrap()).await.unwrap();
        memberships::change_role(&mut tx, &user("rita"), BaseRole::Member).await.unwrap();
        tx.commit().await.unwrap();
        world.invite("max", &world.acme, "newcomer", BaseRole::Member).await;
        world.made_export("max", &world.acme).await;
        world.made_export("olga", &world.bolt).await;
        self.app.post(&As::Browser("max", Some("acme")), "/orgs/acme/settings/roles", "name=&permission=x").await;
        // What was done to him.
        let mut tx = world.org("ada", &world.acme).write().await.unwrap();
        memberships::change_role(&mut tx, &user("max"), BaseRole::Member).await.unwrap();
        memberships::change_role(&mut tx, &user("max"), BaseRole::Admin).await.unwrap();
        let link = Link::parse("/orgs/acme").unwrap();
        let notice = Notice::payment_failed("Acme", None, Money::new(1, "usd"), None, link);
        let mail = |key: &str| NewMail { key: key.to_owned(), to: To::Member(user("max")), notice: notice.clone() };
        tx.mail(&mail("one")).await.unwrap();
        tx.commit().await.unwrap();
        world.invite("olga", &world.bolt, "user_max", BaseRole::Member).await;
        let billed = format!(
            "insert into tenantry.billing_accounts (organisation_id, billing_email) values ('org_acme', '{ADDRESS}');
             insert into tenantry.inbound_events (id, vendor, event_id, kind, body, processed_at)
             values (gen_random_uuid(), 'stripe', 'evt_1', 'customer.updated', '{{\"email\": \"{ADDRESS}\"}}', now())"
        );
        self.admin.batch_execute(&billed).await.unwrap();
        let refused = As::Browser("max", Some("acme"));
        assert_eq!(self.app.get(&refused, "/orgs/acme/settings/billing").await.status, 200);
        self.work().await;
    }

    /// Works until nothing is due, whatever it would have to wait for; sixty rounds at most.
    async fn work(&self) {
        for _ in 0..60 {
            self.admin.batch_execute("update tenantry.jobs set run_at = now() where state = 'ready'").await.unwrap();
            if worker::work_once(&self.worker).await.unwrap() == 0 {
                return;
            }
        }
    }

    /// Columns in which one of these words stands, of every table that the catalogue knows.
    async fn traces(&self, words: &[&str]) -> Vec<String> {
        let columns = "
            select format('%I.%I', space.nspname, class.relname), attribute.attname::text
              from pg_attribute as attribute
              join pg_class as class on class.oid = attribute.attrelid
              join pg_namespace as space on space.oid = class.relnamespace
             where class.relkind in ('r', 'p', 'm') and space.nspname in ('tenantry', 'tenancy', 'public')
               and attribute.attnum > 0 and not attribute.attisdropped
               and attribute.atttypid::regtype::text in ('text', 'text[]', 'jsonb', 'json', 'character varying', 'bytea', 'name')
             order by 1, 2";
        let columns = self.admin.query(columns, &[]).await.unwrap();
        assert!(columns.len() > 100, "{}", columns.len());
        let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        let mut found = Vec::new();
        for row in &columns {
            let (table, column): (&str, &str) = (row.get(0), row.get(1));
            let sql = format!(
                "select count(*) from {table} where exists
                        (select from unnest($1::text[]) as word where strpos(lower({column}::text), word) > 0)"
            );
            if self.admin.query_one(&sql, &[&words]).await.unwrap().get::<_, i64>(0) > 0 {
                found.push(format!("{table}.{column}"));
            }
        }
        found
    }

    async fn entries(&self) -> Vec<AuditEntry> {
        self.app
            .world
            .org("ada", &self.app.world.acme)
            .read(audit_log::list(&Filter::default()))
            .await
            .unwrap()
            .1
            .entries
    }

    async fn verified(&self) -> Option<i64> {
        audit_log::verify(&self.worker.database, &self.app.world.acme.id).await.unwrap()
    }
}

fn max() -> As {
    As::Browser("max", Some("acme"))
}

#[tokio::test]
async fn whoever_deletes_their_account_is_out_at_once_and_leaves_no_trace() {
    let house = House::lived_in().await;
    let before = house.traces(&[NAME, ADDRESS]).await;
    for place in [
        "tenantry.users.name",
        "tenantry.users.email",
        "tenantry.users.addresses",
        "tenantry.audit_log.actor_name",
        "tenantry.audit_log.object_name",
        "tenantry.invitations.address",
        "tenantry.invitations.inviter_name",
        "tenantry.mails.address",
        "tenantry.billing_accounts.billing_email",
        "tenantry.inbound_events.body",
        "tenantry.exports.asked_by_name",
    ] {
        assert!(before.contains(&place.to_owned()), "{place} in {before:?}");
    }
    let entries = house.entries().await.len();
    assert_eq!(house.verified().await, None);

    let asked = house.app.get(&max(), DELETE).await;
    assert!(asked.body.contains("Type user_max@example.test to confirm"), "{}", asked.body);
    let wrong = house.app.post(&max(), DELETE, "confirm=somebody@example.test").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("This is not your address"), "{}", wrong.body);
    assert_eq!(house.app.get(&max(), "/orgs/acme/runs").await.status, 200, "nothing was done");

    let gone = house.app.post(&max(), DELETE, "confirm=USER_MAX@example.test").await;
    assert_eq!((gone.status.as_u16(), gone.header("location")), (303, "/"), "{}", gone.body);
    assert_eq!(gone.header("clear-site-data"), "\"cache\"");
    assert!(!house.clerk.account().told().iter().any(|line| line.contains("user_max")), "at Clerk too");
    for program in [As::Program("max", Some("acme")), As::Program("max", None)] {
        let answer = house.app.get(&program, "/api/v1/orgs/acme/runs").await;
        assert!([401, 404].contains(&answer.status.as_u16()), "{}", answer.status);
    }

    house.work().await;
    assert_eq!(house.traces(&[NAME, ADDRESS]).await, Vec::<String>::new());
    let row = "select name, email, forgotten_at is not null from tenantry.users where id = 'user_max'";
    let row = house.admin.query_one(row, &[]).await.unwrap();
    assert_eq!((row.get(0), row.get(1), row.get(2)), ("Former member", "", true));
    // Files that name him, as a member or as invited, are not downloaded any more.
    let exports =
        "select string_agg(organisation_id || ' ' || state, ', ' order by organisation_id) from tenantry.exports";
    let exports: String = house.admin.query_one(exports, &[]).await.unwrap().get(0);
    assert_eq!(exports, "org_acme expired, org_bolt expired");
    let jobs = "select kind, state, last_error from tenantry.jobs where state <> 'done'";
    let left: Vec<(String, String, Option<String>)> =
        house.admin.query(jobs, &[]).await.unwrap().iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    // Stripe and the mailing of invitations do not answer in this house.
    assert!(
        left.iter().all(|(kind, ..)| [
            "sync_billing",
            "tell_clerk_invitation",
            "tell_clerk_limit",
            "tell_clerk_membership"
        ]
        .contains(&kind.as_str())),
        "{left:?}"
    );

    // The log says what was done, by whom not any more, and that.
    assert_eq!(house.verified().await, None, "the chain holds");
    let log = house.entries().await;
    assert!(log.len() > entries);
    let created = log.iter().find(|entry| entry.action == "role.created").unwrap();
    assert_eq!((created.actor_id.as_str(), created.actor_name.as_str()), ("user_max", "Former member"));
    assert_eq!(created.object_name, "Buyer");
    let changed =
        log.iter().find(|entry| entry.action == "member.role_changed" && entry.actor_id == "user_ada").unwrap();
    assert_eq!((changed.actor_name.as_str(), changed.object_name.as_str()), ("ada", "Former member"));
    let forgotten: Vec<_> = log.iter().filter(|entry| entry.action == "person.forgotten").collect();
    assert_eq!((forgotten.len(), forgotten[0].object_id.as_str()), (1, "user_max"));

    // His work is there, as a former member's.
    let ada = As::Browser("ada", Some("acme"));
    let runs = house.app.get(&As::Program("ada", Some("acme")), "/api/v1/orgs/acme/runs").await.json();
    let run = runs["items"][0]["id"].as_str().unwrap();
    let page = house.app.get(&ada, &format!("/orgs/acme/runs/{run}")).await;
    assert!(page.body.contains("by a former member") && page.body.contains("A former member ticked"), "{}", page.body);
    let page = house.app.get(&ada, "/orgs/acme/settings/audit-log").await;
    assert!(page.body.contains("Forgot somebody whose account was deleted"), "{}", page.body);
}

#[tokio::test]
async fn deleted_at_clerk_is_forgotten_too_and_a_late_event_brings_nothing_back() {
    let house = House::lived_in().await;
    house.clerk.account().delete_person("user_max");
    let event = json!({ "data": { "id": "user_max", "deleted": true }, "instance_id": "ins_test" }).to_string();
    let record = async |id: &str, kind: &str, body: &str| {
        inbound_events::record(&house.worker.database, Vendor::Clerk, id, kind, body.as_bytes()).await.unwrap();
        house.work().await;
    };
    record("msg_deleted", "user.deleted", &event).await;
    assert_eq!(house.traces(&[NAME, ADDRESS]).await, Vec::<String>::new());
    assert_eq!(house.verified().await, None);
    let late = json!({
        "data": { "public_user_data": { "user_id": "user_max", "first_name": NAME, "identifier": ADDRESS }, "organization": { "id": "org_acme" } },
        "instance_id": "ins_test",
    });
    record("msg_late", "organizationMembership.deleted", &late.to_string()).await;
    assert_eq!(house.traces(&[NAME, ADDRESS]).await, Vec::<String>::new());
    assert_eq!(house.entries().await.iter().filter(|entry| entry.action == "person.forgotten").count(), 1);
}

/// Whoever is banned may come back, and is no stranger then.
#[tokio::test]
async fn who_is_banned_is_not_forgotten() {
    let house = House::lived_in().await;
    house.clerk.account().ban("user_max", true);
    house.worker.mirror.user(&user("max")).await.unwrap();
    house.work().await;
    assert!(house.traces(&[NAME]).await.contains(&"tenantry.users.name".to_owned()));
    assert_eq!(house.app.get(&max(), "/orgs/acme/runs").await.status.as_u16() / 100, 4);
}

#[tokio::test]
async fn the_last_admin_stays_and_is_told_where() {
    let house = House::lived_in().await;
    let world = &house.app.world;
    house.clerk.account().member("user_max", "org_bolt", "admin");
    house.clerk.account().leave("user_olga", "org_bolt");
    for name in ["max", "olga"] {
        house.worker.mirror.user(&user(name)).await.unwrap();
    }
    let page = house.app.get(&max(), DELETE).await;
    assert!(
        page.body.contains("You are the last admin of an organisation") && page.body.contains("The bolt company"),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("/orgs/bolt/settings/members") && !page.body.contains("The acme company"),
        "{}",
        page.body
    );
    let refused = house.app.post(&max(), DELETE, &format!("confirm={ADDRESS}")).await;
    assert_eq!(refused.status, 409);
    assert_eq!(house.app.get(&max(), "/orgs/acme/runs").await.status, 200, "also where somebody else is one");
    assert!(house.clerk.account().told().contains("member user_max org_acme admin"));
    assert!(world.org("max", &world.bolt).write().await.is_ok());
}

#[tokio::test]
async fn while_clerk_is_dark_they_are_out_here_and_the_rest_follows() {
    let house = House::lived_in().await;
    house.clerk.account().refuse(&[503; 12]);
    let gone = house.app.post(&max(), DELETE, &format!("confirm={ADDRESS}")).await;
    assert_eq!(gone.status, 303, "{}", gone.body);
    let program = As::Program("max", Some("acme"));
    assert!(
        [401, 404].contains(
            &house.app.json(&program, Method::GET, "/api/v1/orgs/acme/runs", &json!({})).await.status.as_u16()
        )
    );
    assert!(house.clerk.account().told().iter().any(|line| line.contains("user_max")));
    house.clerk.account().recover();
    house.work().await;
    assert!(!house.clerk.account().told().iter().any(|line| line.contains("user_max")));
    assert_eq!(house.traces(&[NAME, ADDRESS]).await, Vec::<String>::new());
}
