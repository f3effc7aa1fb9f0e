//! Whole proofs on the cluster that the tests run on. Some random attempts: enough that one of them meets the loosened table.

use prove::{Cell, Matrix, Options, Progress, Proof, prove};
use tokio_postgres::{Client, Config, NoTls};

fn options() -> Options {
    let admin_url = std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL names no Postgres: run `script/test`");
    Options { admin_url, attempts: 400, seed: 7, ..Options::default() }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = url.parse::<Config>().unwrap().connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A migrated database, as one that serves customers; with its administrator's URL.
async fn live() -> (String, Client) {
    let admin_url = options().admin_url;
    let name = format!("live_{:08x}", rand::random::<u32>());
    // The tests beside this one set the same roles' limits.
    let mut tries = 0;
    while let Err(error) = tenancy::bootstrap(&admin_url, &name).await {
        tries += 1;
        assert!(tries < 20, "{error}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let url = |role: &str| admin_url.replace("postgres@/postgres?", &format!("{role}@/{name}?"));
    tenancy::migrate(&url("tenantry_owner")).await.unwrap();
    let client = connect(&url("postgres")).await;
    (url("postgres"), client)
}

async fn proof(options: &Options) -> Proof {
    prove(options, &mut Progress::silent(), std::future::pending()).await.unwrap().unwrap()
}

fn cell(matrix: &Matrix, row: &str, column: &str) -> Cell {
    let at = matrix.columns.iter().position(|name| *name == column).unwrap();
    matrix.rows.iter().find(|(name, _)| name == row).unwrap().1[at]
}

#[tokio::test]
async fn the_product_holds_a_loosened_policy_leaks_and_one_seed_gives_the_same_attempts() {
    let (like, _) = live().await;
    let proof = proof(&Options { loosen: Some("procedures".to_owned()), like: Some(like), ..options() }).await;
    assert!(proof.suite.held() && proof.stands(), "{proof}");
    assert_eq!(proof.differences, Some(Vec::new()));

    assert_eq!(proof.suite.tables.total().errors, 0);
    assert!(proof.suite.tables.total().held > 3000, "{proof}");
    assert!(proof.suite.routes.total().held > 300, "{proof}");
    assert_eq!(proof.suite.routes.rows.len(), web::routes::table().len());

    let again = &proof.loosened.suite;
    assert!(cell(&again.tables, "tenantry.procedures", "select").leaked > 0, "{proof}");
    assert_eq!(cell(&again.tables, "tenantry.runs", "select").leaked, 0, "{proof}");
    assert!(again.statements.outcome.leaked > 0, "{proof}");
    // The same seed in another database.
    assert_eq!(again.statements.digest, proof.suite.statements.digest);
    assert_eq!(again.requests.digest, proof.suite.requests.digest);

    let text = proof.to_string();
    for words in [
        "tenantry.procedures",
        "GET /orgs/{slug}/procedures ",
        "Isolation held. Seed 7",
        "✗ tenantry.procedures × select",
    ] {
        assert!(text.contains(words), "{words} in:\n{text}");
    }

    let mut green = proof.clone();
    green.loosened.suite = green.suite.clone();
    assert!(!green.stands() && green.to_string().contains("the proof proves nothing"), "{green}");
    let mut failing = proof.clone();
    failing.suite.routes.rows[0].1[0].errors = 1;
    assert!(!failing.stands(), "{failing}");
    let mut poor = proof;
    poor.suite.statements.outcome.errors = 10 * poor.suite.statements.outcome.held;
    assert!(!poor.stands() && poor.to_string().contains("too few to say anything"), "{poor}");
}

/// One planted thing each: a loose policy, a table without one, a table that cannot be filled, one that nobody has
/// explained, an attempt that fails by itself, and an attacker who belongs to the victim's organisation.
const PLANTED: &str = "
    alter policy tenant on tenantry.runs using (true);
    create table tenantry.notes (organisation_id text not null, id uuid primary key, text text);
    grant select on tenantry.notes to tenantry_app, tenantry_worker;
    create table tenantry.places (organisation_id text not null, id uuid primary key, place point not null);
    create table tenantry.orphans (id uuid primary key, text text);
    create function tenantry.break_down() returns trigger language plpgsql as $$ begin
      if new.position > 900 then raise exception 'out of order'; end if;
      return new;
    end $$;
    create trigger break_down before insert on tenantry.step_templates
      for each row execute function tenantry.break_down();
    create function tenantry.let_in() returns trigger language plpgsql as $$ begin
      if new.user_id = 'user_vera' then
        insert into tenantry.memberships (organisation_id, user_id, role)
        values (new.organisation_id, 'user_mallory', 'member');
      end if;
      return new;
    end $$;
    create trigger let_in after insert on tenantry.memberships for each row execute function tenantry.let_in();";

#[tokio::test]
async fn planted_leaks_are_leaks_and_attempts_that_fail_by_themselves_are_errors() {
    let (like, live) = live().await;
    live.batch_execute("alter policy tenant on tenantry.steps using (true)").await.unwrap();
    let options =
        Options { plant: Some(PLANTED.to_owned()), loosen: Some("steps".to_owned()), like: Some(like), ..options() };
    let proof = proof(&options).await;
    assert!(!proof.suite.held() && !proof.stands(), "{proof}");
    let tables = &proof.suite.tables;
    for (table, attack) in
        [("runs", "select"), ("runs", "copy"), ("runs", "update"), ("notes", "select"), ("notes", "join")]
    {
        assert!(cell(tables, &format!("tenantry.{table}"), attack).leaked > 0, "{table} × {attack}\n{proof}");
    }
    for table in ["tenantry.places", "tenantry.orphans"] {
        let attacks = tables.columns.iter().map(|attack| cell(tables, table, attack));
        assert!(attacks.clone().all(|cell| cell.held == 0 && cell.errors == 1), "{table}\n{proof}");
    }
    assert!(cell(tables, "tenantry.step_templates", "upsert").errors > 0, "{proof}");
    assert_eq!(cell(tables, "tenantry.step_templates", "upsert").leaked, 0, "{proof}");
    assert_eq!(cell(tables, "tenantry.steps", "select").leaked, 0, "{proof}");
    for (route, caller) in [("POST /orgs/{slug}/runs", "outsider"), ("POST /api/v1/orgs/{slug}/runs", "stale")] {
        assert!(cell(&proof.suite.routes, route, caller).leaked > 0, "{route} × {caller}\n{proof}");
    }
    for (at, words) in [("places", "nothing to steal"), ("orphans", "ownership.rs"), ("step_templates", "out of order")]
    {
        let found = proof.suite.findings.iter().find(|one| one.at.contains(at) && one.what.contains(words));
        assert!(found.is_some_and(|one| !one.leaked), "{at}: {words}\n{proof}");
    }
    let differences = proof.differences.unwrap();
    let named = |whose: &str, what: &str| differences.iter().any(|line| line.starts_with(whose) && line.contains(what));
    assert!(named("only in the live database", "policy tenant on tenantry.steps"), "{differences:?}");
    assert!(named("only in the attacked one", "tenantry.notes"), "{differences:?}");
}

#[tokio::test]
async fn what_cannot_be_attacked_is_said_in_a_sentence() {
    let cannot = async |options: Options| {
        prove(&options, &mut Progress::silent(), std::future::pending()).await.unwrap_err().to_string()
    };
    let nowhere = "postgresql://postgres@/postgres?host=%2Fnonexistent".to_owned();
    assert!(cannot(Options { admin_url: nowhere, ..options() }).await.contains("cannot be reached"));
    let (live, _) = live().await;
    let weak = live.replace("postgres@", "tenantry_app@");
    assert!(cannot(Options { admin_url: weak, ..options() }).await.contains("no administrator"));
    let said = cannot(Options { loosen: Some("nothing".to_owned()), ..options() }).await;
    assert!(said.contains("no policy of nothing") && said.contains("tenantry.procedures"), "{said}");
}
