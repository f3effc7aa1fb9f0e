//! The golden access table: every route × who asks → status. A new route without a line fails and says what to add.

use std::fmt::Write as _;
use std::path::Path;

use domain::Permission;
use web::{Caller, Surface, routes};

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
        "{:<8}{:<66}{}",
        "method",
        "path",
        columns.iter().map(|name| format!("{name:<15}")).collect::<String>().trim_end()
    )
    .unwrap();
    for route in routes::table() {
        let mut line = format!("{:<8}{:<66}", route.method.as_str(), route.path);
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
