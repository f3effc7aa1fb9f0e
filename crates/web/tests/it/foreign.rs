//! What belongs to another organisation is answered exactly like what does not exist.

use web::{Caller, Noun, Route, Surface, routes};

use crate::app::{As, TestApp};
use crate::requests::{self, Things};

fn who(route: &Route) -> As {
    match route.surface {
        Surface::Api => As::Program("ada", Some("acme")),
        _ => As::Browser("ada", Some("acme")),
    }
}

/// Enumerated from the route table: each id parameter of each route in turn, the others being one's own.
#[tokio::test]
async fn a_foreign_id_is_an_unknown_id_on_every_route() {
    let app = TestApp::start().await;
    let foreign = Things::create(&app.world, "olga", &app.world.bolt, "secret of bolt").await;
    let unknown = Things::unknown();
    let before = checksum(&app, "org_bolt").await;
    let mut compared = 0;
    for route in routes::table().into_iter().filter(|route| matches!(route.caller, Caller::InOrganisation(_))) {
        let mut nouns: Vec<Noun> = route.ids.iter().map(|(_, noun)| *noun).collect();
        // A run is started with a procedure named in the body.
        if route.name.ends_with("runs.start") {
            nouns.push(Noun::Procedure);
        }
        for noun in nouns {
            let mine = Things::create(&app.world, "ada", &app.world.acme, "mine").await;
            let with = |other: &Things| match noun {
                Noun::Procedure => Things { procedure: other.procedure, ..mine.clone() },
                Noun::StepTemplate => Things { template: other.template, ..mine.clone() },
                Noun::Run => Things { run: other.run, ..mine.clone() },
                Noun::Step => Things { step: other.step, ..mine.clone() },
                Noun::Member => Things { member: other.member.clone(), ..mine.clone() },
                Noun::Invitation => Things { invitation: other.invitation, ..mine.clone() },
                Noun::Role => Things { role: other.role, ..mine.clone() },
                Noun::Logo => Things { logo: other.logo.clone(), ..mine.clone() },
                Noun::Export => Things { export: other.export, ..mine.clone() },
                Noun::Duty => Things { duty: other.duty, ..mine.clone() },
                Noun::Schedule => Things { schedule: other.schedule, ..mine.clone() },
            };
            let ours = checksum(&app, "org_acme").await;
            let from_foreign = app.send(requests::to(&route, &who(&route), "acme", &with(&foreign))).await;
            let from_unknown = app.send(requests::to(&route, &who(&route), "acme", &with(&unknown))).await;
            let at = format!("{} {} with another's {noun:?}", route.method, route.path);
            assert_eq!(from_foreign.status, 404, "{at}");
            assert_eq!(from_foreign.visible(), from_unknown.visible(), "{at}");
            assert!(!from_foreign.body.contains("bolt"), "{at}");
            assert_eq!(checksum(&app, "org_acme").await, ours, "{at} changed something");
            compared += 1;
        }
    }
    assert_eq!(checksum(&app, "org_bolt").await, before);
    assert!(compared >= 25, "{compared}");
}

#[tokio::test]
async fn a_foreign_address_is_an_unknown_address_on_every_route() {
    let app = TestApp::start().await;
    let foreign = Things::create(&app.world, "olga", &app.world.bolt, "secret of bolt").await;
    for route in routes::table().into_iter().filter(|route| matches!(route.caller, Caller::InOrganisation(_))) {
        let ask = async |slug: &str| {
            let answer = app.send(requests::to(&route, &who(&route), slug, &foreign)).await;
            (answer.status, answer.visible().replace(slug, "SLUG"))
        };
        let (status, visible) = ask("bolt").await;
        assert_eq!(status, 404, "{} {}", route.method, route.path);
        assert_eq!(visible, ask("nowhere").await.1, "{} {}", route.method, route.path);
    }
}

/// The token of one organisation on the address of another, both being one's own.
#[tokio::test]
async fn a_program_stays_in_its_tokens_organisation_and_a_browser_follows_the_address() {
    let app = TestApp::start().await;
    let (acme, bolt) = (&app.world.acme, &app.world.bolt);
    app.world.record("max", &[(acme, domain::BaseRole::Member), (bolt, domain::BaseRole::Admin)]).await;
    let program = app.get(&As::Program("max", Some("acme")), "/api/v1/orgs/bolt/procedures").await;
    assert_eq!(program.status, 404);
    // A page load is sent through Clerk's handshake, which makes the address's organisation the active one.
    let page = app.get(&As::Browser("max", Some("acme")), "/orgs/bolt/procedures").await;
    assert_eq!(page.status, 307);
    assert!(
        page.header("location").starts_with("http://localhost:3001/v1/client/handshake?"),
        "{}",
        page.header("location")
    );
    assert!(page.header("location").contains("organization_id=org_bolt"), "{}", page.header("location"));
    // A form cannot be: it goes where the address says, and max is an admin there and not in Acme.
    let created =
        app.post(&As::Browser("max", Some("acme")), "/orgs/bolt/procedures", "name=From+the+other+tab&details=").await;
    assert_eq!(created.status, 303, "{}", created.body);
    let refused = app.post(&As::Browser("max", Some("bolt")), "/orgs/acme/procedures", "name=No&details=").await;
    assert_eq!(refused.status, 403);
    let admin = app.world.database.client("postgres").await;
    let row =
        admin.query_one("select organisation_id from tenantry.procedures where name like 'From%'", &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "org_bolt");
}

pub(crate) async fn checksum(app: &TestApp, organisation: &str) -> String {
    let admin = app.world.database.client("postgres").await;
    let tables = admin
        .query("select polrelid::regclass::text from pg_policy where polname = 'tenant' order by 1", &[])
        .await
        .unwrap();
    let mut sums = String::new();
    for table in tables {
        let table: String = table.get(0);
        let sql = format!(
            "select coalesce(md5(string_agg(t::text, ',' order by t::text)), '') from {table} as t where organisation_id = $1"
        );
        sums.push_str(&admin.query_one(&sql, &[&organisation]).await.unwrap().get::<_, String>(0));
    }
    sums
}
