//! What the catalogue of attacks would smuggle into SQL (docs/attacks.md, A55 to A58), through every text a caller can
//! send: paths, queries, forms, JSON, headers, cookies. It stays text.

use std::collections::BTreeSet;

use axum::body::Body;
use http::{HeaderName, HeaderValue, Method, Request};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tenancy::types::{ToSql, Type};
use tenancy::{Query, Statement, SystemReason, Tables};
use web::{Caller, Route, Surface, routes};

use crate::app::{As, TestApp, request};
use crate::foreign::checksum;
use crate::requests::{self, Things};

const SECRET: &str = "secret of bolt";

/// Each tries to leave the value it stands in and to move the transaction to Bolt, or to read past it.
const PAYLOADS: &[&str] = &[
    // A56: an expression, a common table expression, a union
    "' || set_config('app.current_org_id','org_bolt',true) || '",
    "x' and set_config('app.current_org_id','org_bolt',true) is not null --",
    "x') or (select set_config('app.current_org_id','org_bolt',true)) is not null --",
    "' union all select set_config('app.current_org_id','org_bolt',true) union all select name from procedures --",
    "'; with moved as materialized (select set_config('app.current_org_id','org_bolt',true)) select * from procedures, moved --",
    "' || query_to_xml('select set_config(''app.current_org_id'',''org_bolt'',true)',true,true,'') || '",
    "' || query_to_xml('select name from tenantry.procedures',true,true,'') || '",
    // A57: stacked statements, a block, a function of one's own
    "'; set local app.current_org_id = 'org_bolt'; --",
    "'; set local app.system_reason = 'mirror'; update organisations set name = 'moved'; --",
    "'; commit; begin; set local app.current_org_id = 'org_bolt'; select name from procedures; --",
    "'; do $x$ begin set local app.current_org_id = 'org_bolt'; end $x$; --",
    "'; create function pg_temp.move() returns text language sql as 'set local app.current_org_id = ''org_bolt''; select 1::text'; --",
    // A55, A58: cursors, the session's settings
    "'; declare c cursor for select name from procedures; set local app.current_org_id = 'org_bolt'; fetch all from c; --",
    "'; set app.current_org_id = 'org_bolt'; --",
    // ways of writing that end a literal where quoting is done by hand
    "$$; set local app.current_org_id = 'org_bolt'; $$",
    "\\'; set local app.current_org_id = 'org_bolt'; --",
    "\u{2019}; set local app.current_org_id = \u{2019}org_bolt\u{2019}; --",
    "$1 $2 {} %s :name",
];

/// Where a text goes in.
enum Place {
    Path(&'static str),
    Query(&'static str),
    Form(String),
    Json(String),
    Header(&'static str),
}

/// Every text a caller can send with a route.
async fn places(route: &Route, things: &Things) -> Vec<Place> {
    let mut places: Vec<Place> =
        route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).map(Place::Path).collect();
    places.extend(["before", "q", "return_to"].map(Place::Query));
    if matches!(route.name, "runs" | "run" | "my_work" | "procedures" | "live") {
        let chosen =
            ["state", "health", "person", "procedure", "archived", "whose", "open", "step", "act", "run", "seen"];
        places.extend(chosen.map(Place::Query));
    }
    if route.name.contains("reports") {
        places.extend(["period", "procedure"].map(Place::Query));
    }
    if route.name.contains("audit_log") {
        places.extend(["actor", "action", "outcome", "from", "until"].map(Place::Query));
    }
    places.extend(["cookie", "x-request-id", "hx-current-url", "accept-language", "user-agent"].map(Place::Header));
    if route.mutates && route.surface != Surface::Webhook {
        let body = body_of(route, things).await;
        match route.surface {
            Surface::Page => places.extend(fields(&body).into_iter().map(|(name, _)| Place::Form(name))),
            _ => {
                let json: Value = serde_json::from_slice(&body).unwrap_or_default();
                places.extend(json.as_object().into_iter().flatten().map(|(name, _)| Place::Json(name.clone())));
            }
        }
    }
    places
}

async fn body_of(route: &Route, things: &Things) -> Vec<u8> {
    let request = requests::to(route, &As::Nobody, "acme", things);
    axum::body::to_bytes(request.into_body(), 1 << 16).await.unwrap().to_vec()
}

fn fields(form: &[u8]) -> Vec<(String, String)> {
    serde_urlencoded::from_bytes(form).unwrap()
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

async fn with(route: &Route, things: &Things, place: &Place, payload: &str) -> Request<Body> {
    let who = match route.surface {
        Surface::Api => As::Program("ada", Some("acme")),
        _ => As::Browser("ada", Some("acme")),
    };
    let mut pattern = route.clone();
    let path = match place {
        Place::Path(parameter) => {
            let path = pattern.path.replace(&format!("{{{parameter}}}"), &encoded(payload));
            pattern.path = Box::leak(path.into_boxed_str());
            requests::path(&pattern, "acme", things)
        }
        Place::Query(name) => format!("{}?{name}={}", requests::path(route, "acme", things), encoded(payload)),
        _ => requests::path(route, "acme", things),
    };
    let mut builder = request(&who, route.method.clone(), &path);
    if let Place::Header(name) = place {
        let name = HeaderName::from_static(name);
        // Beside what signs us in.
        let value = match (name.as_str(), builder.headers_ref().and_then(|headers| headers.get("cookie"))) {
            ("cookie", Some(cookies)) => {
                format!("{}; theme={p}; flash={p}; tenantry_theme={p}", cookies.to_str().unwrap(), p = encoded(payload))
            }
            _ => payload.chars().filter(char::is_ascii).collect(),
        };
        builder.headers_mut().unwrap().insert(name, HeaderValue::from_str(&value).unwrap());
    }
    if !route.mutates || route.surface == Surface::Webhook {
        return builder.body(Body::empty()).unwrap();
    }
    let body = body_of(route, things).await;
    match route.surface {
        Surface::Page => {
            let mut fields = fields(&body);
            if let Place::Form(name) = place {
                fields.iter_mut().filter(|(field, _)| field == name).for_each(|(_, value)| payload.clone_into(value));
            }
            let form = serde_urlencoded::to_string(fields).unwrap();
            builder.header("content-type", "application/x-www-form-urlencoded").body(Body::from(form)).unwrap()
        }
        _ if body.is_empty() => builder.body(Body::empty()).unwrap(),
        _ => {
            let mut json: Value = serde_json::from_slice(&body).unwrap();
            if let Place::Json(name) = place {
                json[name.as_str()] = json!(payload);
            }
            builder.header("content-type", "application/json").body(Body::from(json.to_string())).unwrap()
        }
    }
}

#[tokio::test]
async fn whatever_text_a_caller_sends_stays_text() {
    // A Clerk that answers: one that does not is asked again and again, a second for each of thousands of requests.
    let clerk = testkit::ClerkAccount::start().await;
    let app = TestApp::beside(&clerk).await;
    Things::create(&app.world, "olga", &app.world.bolt, SECRET).await;
    let before = checksum(&app, "org_bolt").await;
    let (mut tried, mut turn, mut kept) = (0, 0, BTreeSet::new());
    for route in routes::table().into_iter().filter(|route| !matches!(route.caller, Caller::Vendor)) {
        // Roles that an earlier route was asked to make: there is room for forty.
        let admin = app.world.database.client("postgres").await;
        admin.batch_execute("delete from tenantry.custom_roles where name not like 'Role %'").await.unwrap();
        admin.batch_execute("update tenantry.duties set retired_at = now() where retired_at is null and organisation_id = 'org_acme'").await.unwrap();
        let things = Things::create(&app.world, "ada", &app.world.acme, "ours").await;
        for place in places(&route, &things).await {
            // Every form is sent with every field there is: each field gets every payload, and each route its share of them.
            let (first, step) = if matches!(place, Place::Form(_)) { (turn % 6, 6) } else { (0, 1) };
            turn += 1;
            for payload in PAYLOADS.iter().skip(first).step_by(step) {
                let answer = app.send(with(&route, &things, &place, payload).await).await;
                let at = format!("{} {} {payload}", route.method, route.path);
                // Clerk is not there in this test: a page that has to ask it says so.
                let asks_clerk = answer.status == 503 && matches!(route.caller, Caller::SignedIn | Caller::Anyone);
                // Nor is Stripe.
                let asks_stripe = answer.status == 503 && answer.body.contains("Stripe does not answer");
                assert!(
                    answer.status.as_u16() < 500 || asks_clerk || asks_stripe,
                    "{at}: {} {}",
                    answer.status,
                    answer.body
                );
                assert!(!answer.body.contains(SECRET), "{at}");
                tried += 1;
                if answer.status.is_success() || answer.status.is_redirection() {
                    kept.insert(route.name);
                }
            }
        }
        assert_eq!(checksum(&app, "org_bolt").await, before, "{} {}", route.method, route.path);
    }
    assert!(tried > 4000 && kept.len() > 20, "{tried} {kept:?}");
    let admin = app.world.database.client("postgres").await;
    let moved = "select count(*) from tenantry.organisations where name like '%moved%'";
    assert_eq!(admin.query_one(moved, &[]).await.unwrap().get::<_, i64>(0), 0);
    const LEFT: Statement = Statement::new(
        "LEFT",
        "select coalesce(current_setting('app.current_org_id', true), '') || coalesce(current_setting('app.current_user_id', true), '')",
        Tables::Directory,
    );
    for _ in 0..16 {
        let left = app.world.app.system(SystemReason::Jobs).run(Query::new(LEFT)).await.unwrap();
        assert_eq!(left[0].get::<_, &str>(0), "");
    }
}

/// A form's field that no request here fills in would be a text nobody tried.
#[test]
fn every_field_of_every_form_is_among_them() {
    let mut pending = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")];
    let mut found = BTreeSet::new();
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        for control in ["<input", "<textarea", "<select", "<button"] {
            for rest in text.split(control).skip(1) {
                let tag = rest.split('>').next().unwrap();
                found.extend(tag.split(" name=\"").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
            }
        }
    }
    // A form that is given back has the names it came with; those with a number or a key in them are sent with one.
    found.retain(|name| !name.contains("{{"));
    let sent = "name title details note direction theme slug number procedure open role custom_roles addresses sure redirect_url q
                permission replacement actor action outcome from until time_zone session logo price for email interval confirm
                and archived assignee back due due_after due_days due_weekdays health heir holder key must_wait person reason revision
                run_name section sign_off state text period repeats weekdays day at start_before then";
    let missing: Vec<_> = found.iter().filter(|name| !sent.split_whitespace().any(|sent| sent == *name)).collect();
    assert!(found.len() >= 6 && missing.is_empty(), "add {missing:?} to the form in requests.rs and to this list");
}

#[tokio::test]
async fn what_is_kept_comes_back_as_it_was_sent() {
    let app = TestApp::start().await;
    let ada = As::Program("ada", Some("acme"));
    for payload in PAYLOADS {
        let body = json!({ "name": payload.chars().take(120).collect::<String>(), "details": payload });
        let created = app.json(&ada, Method::POST, "/api/v1/orgs/acme/procedures", &body).await;
        assert_eq!(created.status, 201, "{payload}: {}", created.body);
        let shown = app.get(&ada, created.header("location")).await.json();
        assert_eq!(shown["name"].as_str().unwrap(), body["name"].as_str().unwrap().trim());
        assert_eq!(shown["details"].as_str().unwrap(), payload.trim());
    }
}

/// The same one floor below: every text parameter of every tenant statement, as the server's own role.
#[tokio::test]
async fn no_text_parameter_of_any_statement_is_executed() {
    let app = TestApp::start().await;
    let things = Things::create(&app.world, "ada", &app.world.acme, "ours").await;
    Things::create(&app.world, "olga", &app.world.bolt, SECRET).await;
    let before = checksum(&app, "org_bolt").await;
    let client = app.world.database.client("tenantry_app").await;
    let settings = app.world.database.settings("org_acme", "user_ada").await;
    let procedure: uuid::Uuid = things.procedure.to_string().parse().unwrap();
    let mut tried = 0;
    for statement in domain::statements().filter(|statement| statement.tables == Tables::Tenant) {
        let prepared = client.prepare(statement.sql).await.unwrap();
        for payload in PAYLOADS.iter().filter(|_| prepared.params().iter().skip(1).any(|kind| *kind == Type::TEXT)) {
            let values: Vec<Box<dyn ToSql + Sync>> = prepared
                .params()
                .iter()
                .enumerate()
                .map(|(index, kind)| -> Box<dyn ToSql + Sync> {
                    match *kind {
                        _ if index == 0 => Box::new("org_acme"),
                        Type::UUID => Box::new(procedure),
                        Type::INT4 => Box::new(7_i32),
                        _ => Box::new(*payload),
                    }
                })
                .collect();
            let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(AsRef::as_ref).collect();
            client.batch_execute(&format!("begin; {settings}")).await.unwrap();
            // A constraint may refuse the text; what is asked here is whether anything of it was executed.
            if let Ok(rows) = client.query(&prepared, &values).await {
                let texts =
                    rows.iter().flat_map(|row| (0..row.len()).map(|column| row.try_get::<_, Option<String>>(column)));
                let shown = texts.flatten().flatten().any(|text| text.contains(SECRET));
                assert!(!shown, "{} {payload}", statement.name);
                let here = client.query_one("select current_setting('app.current_org_id')", &[]).await.unwrap();
                assert_eq!(here.get::<_, &str>(0), "org_acme", "{} {payload}", statement.name);
            }
            client.batch_execute("rollback").await.unwrap();
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
    assert_eq!(checksum(&app, "org_bolt").await, before);
}
