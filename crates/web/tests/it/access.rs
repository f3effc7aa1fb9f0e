//! The golden access table: every route × who asks → status. A new route without a line fails and says what to add.

use std::fmt::Write as _;
use std::path::Path;

use domain::roles::{self, RoleFields};
use domain::{CustomRole, Permission};
use web::{Caller, Route, Surface, routes};

use crate::app::{As, TestApp};
use crate::requests::{self, Things};

const GOLDEN: &str = "tests/golden/access.txt";

/// Who asks: the column's name and the person. All but olga belong to Acme, whose routes are asked for.
const COLUMNS: &[(&str, Option<(&str, &str)>)] = &[
    ("anonymous", None),
    ("outsider", Some(("olga", "bolt"))),
    ("member", Some(("max", "acme"))),
    ("report-viewer", Some(("rita", "acme"))),
    ("billing-admin", Some(("ben", "acme"))),
    ("admin", Some(("ada", "acme"))),
];

fn asked_by(surface: Surface, person: Option<(&'static str, &'static str)>) -> As {
    match (person, surface) {
        (None, _) => As::Nobody,
        (Some((name, slug)), Surface::Api) => As::Program(name, Some(slug)),
        (Some((name, slug)), _) => As::Browser(name, Some(slug)),
    }
}

#[tokio::test]
async fn every_route_answers_each_caller_as_the_golden_table_says() {
    let app = TestApp::start().await;
    let mut table =
        String::from("# Who gets what. Written by the test, reviewed by people: UPDATE_GOLDEN=1 script/test\n");
    let columns: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    writeln!(
        table,
        "{:<8}{:<65} {}",
        "method",
        "path",
        columns.iter().map(|name| format!("{name:<15}")).collect::<String>().trim_end()
    )
    .unwrap();
    for route in routes::table() {
        let mut line = format!("{:<8}{:<65} ", route.method.as_str(), route.path);
        for (_, person) in COLUMNS {
            // Fresh things for each question, so that one answer does not change the next.
            let things = Things::create(&app.world, "ada", &app.world.acme, "opening").await;
            let answer = app.send(requests::to(&route, &asked_by(route.surface, *person), "acme", &things)).await;
            write!(line, "{:<15}", answer.status.as_u16()).unwrap();
        }
        writeln!(table, "{}", line.trim_end()).unwrap();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &table).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    for (now, before) in table.lines().zip(golden.lines().chain(std::iter::repeat(""))) {
        assert_eq!(now, before, "{GOLDEN} differs; if this is meant, run the test with UPDATE_GOLDEN=1");
    }
    assert_eq!(table.lines().count(), golden.lines().count(), "{GOLDEN} has lines of routes that are gone");
}

/// The table's permission and the domain's `require` are two hands on one door: a caller without the permission the table
/// names is refused, one with it is not.
#[tokio::test]
async fn the_tables_permission_is_the_one_the_domain_asks_for() {
    let app = TestApp::start().await;
    let member: &[Permission] = Permission::of_base_role(domain::BaseRole::Member);
    for route in routes::table() {
        let Caller::InOrganisation(permission) = route.caller else { continue };
        let things = Things::create(&app.world, "ada", &app.world.acme, "opening").await;
        let max = asked_by(route.surface, Some(("max", "acme")));
        let status = app.send(requests::to(&route, &max, "acme", &things)).await.status.as_u16();
        assert_eq!(status == 403, !member.contains(&permission), "{} {} answers {status}", route.method, route.path);
        assert_ne!(status, 404, "{} {}", route.method, route.path);
    }
}

/// Rights add up and nothing else: a member with one more permission gets what a member gets, and what that one opens.
#[tokio::test]
async fn a_role_of_one_permission_opens_what_the_table_says_and_nothing_else() {
    const GOLDEN: &str = "tests/golden/access_by_permission.txt";
    let app = TestApp::start().await;
    let inside: Vec<Route> =
        routes::table().into_iter().filter(|route| matches!(route.caller, Caller::InOrganisation(_))).collect();
    let mut plain = Vec::new();
    let mut opened: Vec<Vec<String>> = vec![Vec::new(); inside.len()];
    let member = Permission::of_base_role(domain::BaseRole::Member);
    let given = Permission::ALL.into_iter().filter(|permission| permission.may_be_given());
    for held in std::iter::once(None).chain(given.map(Some)) {
        hold_only(&app, held).await;
        let mut things = Things::create(&app.world, "ada", &app.world.acme, "opening").await;
        for (at, route) in inside.iter().enumerate() {
            let max = asked_by(route.surface, Some(("max", "acme")));
            let answer = app.send(requests::to(route, &max, "acme", &things)).await;
            let status = answer.status.as_u16();
            // The rule of grants may be in the way of whoever holds the permission; the permission itself is not.
            let lacks = answer.body.contains("\"forbidden\"") || answer.body.contains("You need ");
            let needed = route.caller.permission().unwrap();
            let may = member.contains(&needed) || held == Some(needed);
            assert_eq!(status == 403 && lacks, !may, "{} {} with {held:?}: {status}", route.method, route.path);
            assert_ne!(status, 404, "{} {} with {held:?}", route.method, route.path);
            match held {
                None => plain.push(status),
                Some(held) if status != plain[at] => opened[at].push(format!("{held} {status}")),
                Some(_) => {}
            }
            // Fresh things after a change, so that one answer does not change the next.
            if route.mutates && answer.status.as_u16() < 400 {
                things = Things::create(&app.world, "ada", &app.world.acme, "opening").await;
            }
        }
    }
    let mut table = String::from(
        "# What a member gets, and what a custom role of one single permission makes of it; every other permission\n\
         # leaves the answer as it is. Written by the test, reviewed by people: UPDATE_GOLDEN=1 script/test access\n",
    );
    for (at, route) in inside.iter().enumerate() {
        let line = format!("{:<8}{:<65} {:<6}{}", route.method.as_str(), route.path, plain[at], opened[at].join(", "));
        writeln!(table, "{}", line.trim_end()).unwrap();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &table).unwrap();
    }
    assert_eq!(table, std::fs::read_to_string(&file).unwrap_or_default(), "{GOLDEN} differs");
}

/// Max is a plain member, with a custom role of this one permission.
async fn hold_only(app: &TestApp, held: Option<Permission>) {
    let mut tx = app.world.org("ada", &app.world.acme).write().await.unwrap();
    let mut wanted = Vec::new();
    if let Some(held) = held {
        let fields = RoleFields::parse(&format!("Only {held}"), [held.as_str()]).unwrap();
        wanted.push(CustomRole::Own(roles::create(&mut tx, &fields).await.unwrap()));
    }
    roles::assign(&mut tx, &testkit::user("max"), &wanted).await.unwrap();
    tx.commit().await.unwrap();
}
