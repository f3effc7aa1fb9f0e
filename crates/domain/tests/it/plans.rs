//! How the product's statements are executed in an organisation with 200,000 steps: by index, and not by looking
//! through the organisation. Postgres uses an index below a policy only where the operator is leakproof, and a small
//! database hides the trap.

use std::collections::BTreeMap;

use serde_json::Value;
use tenancy::{Statement, Tables};
use testkit::{Client, TestDatabase};

/// Acme is large, Bolt is small; both are full of each other's look-alikes. Past the foreign keys, for speed.
const SEED: &str = "
    set search_path = tenantry; set session_replication_role = replica;
    insert into organisations (id, slug, name, mirrored_at) values
      ('org_acme', 'acme', 'Acme', now()), ('org_bolt', 'bolt', 'Bolt', now());
    insert into users (id, email, name, mirrored_at) values ('user_ada', 'ada@example.test', 'Ada', now());
    insert into memberships (organisation_id, user_id, role) values ('org_acme', 'user_ada', 'admin');
    insert into users (id, email, name, mirrored_at) values ('user_max', 'max@example.test', 'Max', now());
    insert into memberships (organisation_id, user_id, role) values ('org_acme', 'user_max', 'member');
    insert into users (id, email, name, mirrored_at) values ('user_pia', 'pia@example.test', 'Pia', now());
    insert into invitations (organisation_id, id, address, role, invited_by, inviter_name, expires_at, state, ended_at)
      select org, md5('invitation' || p || case when org = 'org_acme' then '' else org end)::uuid, 'p' || p || '@example.test', 'member',
             'user_ada', 'Ada', now() + interval '1 day', case when p > 40 then 'revoked' else 'pending' end,
             case when p > 40 then now() end
        from (values ('org_acme'), ('org_bolt')) as t (org), generate_series(1, 3000) as p;
    insert into invitations (organisation_id, id, address, role, invited_by, inviter_name, expires_at, state, ended_at, accepted_by)
      values ('org_acme', gen_random_uuid(), 'pia@example.test', 'member', 'user_ada', 'Ada', now(), 'accepted', now() + interval '1 day', 'user_pia');
    insert into audit_heads (organisation_id, sequence) values ('org_acme', 10000), ('org_bolt', 10000);
    insert into audit_log (organisation_id, sequence, happened_at, actor_kind, actor_id, actor_name, action, outcome, hash)
      select org, n, now(), 'member', 'user_' || n % 50, 'Somebody', 'member.removed', 'done', ''
        from (values ('org_acme'), ('org_bolt')) as t (org), generate_series(1, 10000) as n;
    create temp table big as select * from (values ('org_acme', 2000), ('org_bolt', 1000)) as t (org, procedures);
    insert into procedures (organisation_id, id, name, created_by, published_revision, version)
      select org, md5(org || 'procedure' || p)::uuid, 'procedure ' || p, 'user_ada', 1, 1 from big, generate_series(1, procedures) as p;
    insert into step_templates (organisation_id, id, procedure_id, position, title)
      select org, md5(org || 'template' || p || s)::uuid, md5(org || 'procedure' || p)::uuid, s, 'step ' || s
        from big, generate_series(1, procedures) as p, generate_series(1, 10) as s;
    insert into procedure_versions (organisation_id, id, procedure_id, number, name, details, published_by)
      select org, md5(org || 'version' || p)::uuid, md5(org || 'procedure' || p)::uuid, 1, 'procedure ' || p, '', 'user_ada'
        from big, generate_series(1, procedures) as p;
    insert into version_steps (organisation_id, id, version_id, position, title, details)
      select org, md5(org || 'frozen' || p || s)::uuid, md5(org || 'version' || p)::uuid, s, 'step ' || s, ''
        from big, generate_series(1, procedures) as p, generate_series(1, 10) as s;
    insert into runs (organisation_id, id, procedure_id, version_id, name, started_by, started_at)
      select org, md5(org || 'run' || p || ' ' || r)::uuid, md5(org || 'procedure' || p)::uuid, md5(org || 'version' || p)::uuid,
             'run ' || r, 'user_ada', now() - make_interval(hours => r)
        from big, generate_series(1, procedures) as p, generate_series(1, 10) as r;
    insert into duties (organisation_id, id, name)
      select org, md5(org || 'duty' || d)::uuid, 'duty ' || d from big, generate_series(1, 2000) as d;
    insert into duty_holders (organisation_id, duty_id, user_id)
      select org, md5(org || 'duty' || d)::uuid, 'user_' || d || h from big, generate_series(1, 2000) as d, generate_series(1, 2) as h;
    insert into steps (organisation_id, id, run_id, version_step_id, position, done_by, done_at, assignee, duty_id, due_at)
      select org, md5(org || 'step' || p || ' ' || r || ' ' || s)::uuid, md5(org || 'run' || p || ' ' || r)::uuid,
             md5(org || 'frozen' || p || s)::uuid, s,
             case when r > 1 then 'user_ada' end, case when r > 1 then now() end,
             case when p % 5 > 0 then case when p % 50 = 1 then 'user_ada' else 'user_max' end end,
             case when p % 5 = 0 then md5(org || 'duty' || 1 + p % 50)::uuid end, now() + make_interval(hours => p)
        from big, generate_series(1, procedures) as p, generate_series(1, 10) as r, generate_series(1, 10) as s;
    insert into step_tallies (organisation_id, procedure_id, person, due_slot, done)
      select org, procedure, person, now() - make_interval(weeks => w), 10
        from big, generate_series(1, procedures) as p, generate_series(1, 20) as w,
             lateral (values (md5(org || 'procedure' || p)::uuid, ''), (md5(org || 'procedure' || p)::uuid, 'user_ada')) as t (procedure, person)
      union all select org, '00000000-0000-0000-0000-000000000000', 'user_' || w, now() - make_interval(weeks => w), 10
        from big, generate_series(1, 20) as w;
    insert into activity_events (organisation_id, id, run_id, step_id, what, who)
      select organisation_id, gen_random_uuid(), run_id, id, 'done', 'user_ada' from steps where done_at is not null;
    insert into field_values (organisation_id, step_id, key, value, written_by)
      select organisation_id, id, 'f1', '12.50', 'user_ada' from steps where position <= 2;
    insert into comments (organisation_id, id, run_id, step_id, text, written_by)
      select organisation_id, md5('comment' || id)::uuid, run_id, id, 'look', 'user_ada' from steps where position = 3;
    insert into mentions (organisation_id, comment_id, user_id)
      select organisation_id, id, 'user_' || substr(id::text, 1, 2) from comments;
    insert into viewers (organisation_id, run_id, user_id) select organisation_id, id, 'user_ada' from runs;
    set session_replication_role = origin;";

/// A schedule for each procedure, with two runs; some of them are due.
const SCHEDULES: &str = "
    set search_path = tenantry; set session_replication_role = replica;
    insert into schedules (organisation_id, id, procedure_id, repeats, at_time, made_by, dealt_to, next_at)
      select org, md5(org || 'schedule' || p)::uuid, md5(org || 'procedure' || p)::uuid, 'daily', '07:00', 'user_ada', current_date,
             now() + make_interval(hours => p - 3)
        from (values ('org_acme', 2000), ('org_bolt', 1000)) as big (org, procedures), generate_series(1, procedures) as p;
    insert into next_starts (organisation_id, due_at) values ('org_acme', now()), ('org_bolt', now());
    update runs as run set schedule_id = schedule.id, occurs_on = run.started_at::date - (run.name <> 'run 1')::int * 40
      from schedules as schedule
     where schedule.organisation_id = run.organisation_id and schedule.procedure_id = run.procedure_id
       and run.name in ('run 1', 'run 2');
    set session_replication_role = origin;";

/// What an id may be, in the large organisation.
const THINGS: &str = "
    select thing::text from (values
      (md5('org_acmeprocedure7')::uuid), (md5('org_acmetemplate73')::uuid), (md5('org_acmeversion7')::uuid),
      (md5('org_acmefrozen73')::uuid), (md5('org_acmerun7 1')::uuid), (md5('org_acmestep7 1 3')::uuid),
      ('ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)) as t (thing)";

/// Rows that a scan may look at in vain: ten for each one it gives, and a page's worth besides.
const ALLOWED: f64 = 10.0;
const BESIDES: f64 = 50.0;

#[derive(Default, Debug)]
struct Executions {
    run: usize,
    rows: f64,
    wasteful: Vec<String>,
}

async fn large() -> TestDatabase {
    let database = TestDatabase::create().await;
    database.client("postgres").await.batch_execute(SEED).await.unwrap();
    database.client("postgres").await.batch_execute(SCHEDULES).await.unwrap();
    database.client("postgres").await.batch_execute("vacuum analyze").await.unwrap();
    database
}

/// What a statement is given where words and ids in turn would break a check or find nothing.
/// `user_pia` has an invitation that she has just accepted.
const GIVEN: &[(&str, &str)] = &[
    ("domain::roles::CREATE", "gen_random_uuid(), 'Night shift', '{runs:work}', 'user_ada'"),
    ("domain::product::procedures::LIST", "'ffffffff-ffff-ffff-ffff-ffffffffffff', false, '%'"),
    ("domain::product::handover::TOUCH", "array[md5('org_acmeprocedure7')::uuid]"),
    ("domain::product::procedures::ARCHIVE", "md5('org_acmeprocedure7')::uuid, true"),
    ("domain::product::step_templates::KNOWN", "'user_ada', null"),
    (
        "domain::product::step_templates::RULE",
        r#"md5('org_acmeprocedure7')::uuid, md5('org_acmetemplate73')::uuid, '{"assignee_kind": "starter", "due_weekdays": false, "must_wait": true, "sign_off": false, "fields": []}'"#,
    ),
    (
        "domain::product::step_templates::ARRANGE",
        "md5('org_acmeprocedure7')::uuid, array[md5('org_acmetemplate71')::uuid], '{Stock}'",
    ),
    ("domain::product::duties::CREATE", "gen_random_uuid(), 'Finance'"),
    ("domain::product::duties::RENAME", "md5('org_acmeduty7')::uuid, 'Finance'"),
    ("domain::product::duties::RETIRE", "md5('org_acmeduty7')::uuid"),
    ("domain::product::duties::HOLD", "md5('org_acmeduty7')::uuid, '{user_ada}'"),
    (
        "domain::product::runs::START",
        "gen_random_uuid(), md5('org_acmeprocedure7')::uuid, md5('org_acmeversion7')::uuid, 'x', 'user_ada', null, null",
    ),
    (
        "domain::product::runs::START_STEPS",
        r#"md5('org_acmerun7 1')::uuid, md5('org_acmeversion7')::uuid, '[{"step": "00000000-0000-7000-8000-000000000001"}]'"#,
    ),
    ("domain::product::tracker::LIST", "'ffffffff-ffff-ffff-ffff-ffffffffffff', 'in_progress', null, '%', '', ''"),
    ("domain::product::my_work::OPEN", "'user_ada', 'mine', null"),
    ("domain::product::steps::changes::TICK", "md5('org_acmestep7 1 3')::uuid, 'user_ada', false, ''"),
    ("domain::product::steps::changes::UNDO", "md5('org_acmestep7 1 3')::uuid, false, ''"),
    ("domain::product::steps::changes::PROBLEM", "md5('org_acmestep7 1 3')::uuid, true, 'broken'"),
    ("domain::product::steps::changes::SIGN", "md5('org_acmestep7 2 3')::uuid, 'user_max'"),
    ("domain::product::steps::changes::ASSIGN", "md5('org_acmestep7 1 3')::uuid, 'user_ada'"),
    ("domain::product::steps::changes::DUE", "md5('org_acmestep7 1 3')::uuid, now()"),
    ("domain::product::steps::changes::NEXT_DUE", "md5('org_acmestep7 1 3')::uuid, now()"),
    ("domain::product::comments::MENTION", "md5('comment' || md5('org_acmestep7 1 3')::uuid)::uuid, '{user_max}'"),
    (
        "domain::product::activity::WRITE",
        "gen_random_uuid(), md5('org_acmerun7 1')::uuid, null, 'started', 'user_ada', ''",
    ),
    ("domain::roles::CHANGE", "'00000000-0000-7000-8000-000000000001', 'Night shift', '{runs:work}'"),
    ("domain::roles::REPLACE", "'00000000-0000-7000-8000-000000000001', 'report-viewer'"),
    ("domain::roles::GIVE", "'user_ada', '{report-viewer}'"),
    ("domain::roles::TAKE", "'user_ada', '{report-viewer}'"),
    ("domain::roles::REPLACE_IN_INVITATIONS", "'00000000-0000-7000-8000-000000000001', '{report-viewer}'"),
    ("domain::organisations::SET_TIME_ZONE", "'Europe/Berlin'"),
    ("domain::memberships::CHANGE_ROLE", "'user_ada', 'member'"),
    ("domain::memberships::OWNERLESS", "true"),
    ("domain::memberships::TOLD", "'user_ada', now()"),
    ("domain::memberships::GONE", "'user_ada', now()"),
    ("domain::invitations::THERE", "'{ada@example.test}'"),
    ("domain::invitations::PENDING_FOR", "'{p7@example.test}'"),
    ("domain::invitations::TO_ANY_OF", "'{p7@example.test}'"),
    ("domain::invitations::EXPIRE", "'{p7@example.test}'"),
    (
        "domain::invitations::INVITE",
        "'{00000000-0000-7000-8000-000000000009}', '{new@example.test}', 'member', '{}', 'user_ada', 'Ada'",
    ),
    ("domain::invitations::CHANGE", "md5('invitation7')::uuid, 'member', '{}', 'user_ada', 'Ada'"),
    ("domain::invitations::acceptance::MAY_STILL_GIVE", "'user_ada', '{runs:work}'"),
    ("domain::invitations::acceptance::JOIN", "'user_pia', 'member'"),
    ("domain::invitations::delivery::SENT", "md5('invitation7')::uuid, 'orginv_1', now()"),
    (
        "domain::audit_log::RECORD",
        "'member', 'user_ada', 'Ada', 'admin', 'member.removed', 'done', '', '', null, null, null, '', '', ''",
    ),
    ("domain::audit_log::LIST", "9000, '', 'member', 'done', '-infinity', 'infinity', 51"),
    ("domain::lifecycle::closing::BEGIN", "'user_ada', 'Ada'"),
    ("domain::lifecycle::closing::ENDED", "null"),
    ("domain::lifecycle::closing::DELETE", "30"),
    ("domain::lifecycle::deleted::SHOW", "'user_ada'"),
    ("domain::lifecycle::erasure::rows::ERASE", "'tenantry.activity_events', 10"),
    ("domain::lifecycle::erasure::rows::COUNT", "'tenantry.steps'"),
    ("domain::lifecycle::erasure::rows::COUNTED", "'tenantry.steps', 10"),
    ("domain::logos::SET", "'x', repeat('0', 64), 'user_ada'"),
    ("domain::audit_log::VERIFIED", "10000, null"),
    ("domain::billing::checkouts::CLAIM", "'Acme'"),
    ("domain::billing::checkouts::BEGIN", "gen_random_uuid(), 'tenantry_team_monthly', true, 'user_ada'"),
    ("domain::billing::checkouts::END", "gen_random_uuid(), 'ended'"),
    ("domain::billing::checkouts::OPENED", "gen_random_uuid(), 'cs_1'"),
    ("domain::billing::record::ACCOUNT", "'cus_1', null, 'Acme', 0, 'usd', null, null, null, null, true, now()"),
    (
        "domain::billing::record::INVOICES",
        r#"'[{"id": "in_new", "status": "paid", "total": 1, "amount_due": 1, "currency": "usd", "created_at": "2026-11-01T00:00:00Z"}]'"#,
    ),
    ("domain::forgetting::inside::INVITED", "'user_pia', '{p7@example.test}'"),
    ("domain::forgetting::inside::INVITED_BY", "'user_ada'"),
    ("domain::forgetting::inside::MAILS", "'user_ada', '{ada@example.test}'"),
    ("domain::forgetting::inside::BILLED", "'{ada@example.test}'"),
    ("domain::forgetting::inside::NAMED", "0, 'user_7', '{user_7}', '{ada@example.test}'"),
    ("domain::forgetting::inside::NEXT", ""),
    (
        "domain::forgetting::inside::REDACT",
        r#"'[{"sequence": 7, "actor_name": "Former member", "object_name": "", "address": "", "user_agent": ""}]', 10001"#,
    ),
    ("domain::mails::PUT", "'one', '{}', '{admin,member}', null, null"),
    ("domain::mails::PUT_TO_ADDRESS", "'two', '{}', 'books@acme.example'"),
    ("domain::mails::TAKE", "gen_random_uuid(), '<1@tenantry.example>'"),
    ("domain::mails::CIRCUMSTANCES", "'user_ada', 'user_ada'"),
    ("domain::mails::FAILED", "gen_random_uuid(), 'no'"),
    ("domain::mails::LATER", "gen_random_uuid(), 1, 'no'"),
    ("domain::product::reports::FRAME", "'week', 12"),
    ("domain::product::reports::BY_PROCEDURE", "'week', 12, null"),
    ("domain::product::reports::BY_PERSON", "'week', 12, '00000000-0000-0000-0000-000000000000'"),
    ("domain::product::reports::OVERDUE", "'week', 12, null"),
    ("domain::product::reports::STARTED", "'week', 12, null"),
    ("domain::product::reports::CANCELLED", "'week', 12, null"),
    ("domain::product::reports::TOOK", "'week', 12, null"),
    ("domain::product::reports::settled::SETTLED", "'week', 12, null, 'epoch', '00000000-0000-0000-0000-000000000000'"),
    ("domain::product::reports::settled::OVERDUE", "'week', 12, null, 'epoch', '00000000-0000-0000-0000-000000000000'"),
    ("domain::billing::record::STANDING", "'team', 'active', false"),
    ("domain::product::schedules::LIST", "md5('org_acmeprocedure7')::uuid"),
    ("domain::product::schedules::FIND", "md5('org_acmeprocedure7')::uuid, md5('org_acmeschedule7')::uuid"),
    (
        "domain::product::schedules::CREATE",
        "md5('org_acmeprocedure7')::uuid, gen_random_uuid(), 'weekly', '{1,5}', null, '07:00', 0, '', 'user_ada', current_date, now()",
    ),
    ("domain::product::schedules::EDIT", "md5('org_acmeschedule7')::uuid, 'monthly', '{}', 31, '07:00', 2, ''"),
    ("domain::product::schedules::PAUSE", "md5('org_acmeprocedure7')::uuid, md5('org_acmeschedule7')::uuid"),
    ("domain::product::schedules::RESUME", "md5('org_acmeschedule7')::uuid"),
    ("domain::product::schedules::RECKON", "md5('org_acmeschedule7')::uuid, current_date, now()"),
    ("domain::product::schedules::DELETE", "md5('org_acmeprocedure7')::uuid, md5('org_acmeschedule7')::uuid"),
    ("domain::product::scheduled_runs::DEALT", "md5('org_acmeschedule7')::uuid, current_date, now()"),
    ("domain::product::scheduled_runs::MISSED", "md5('org_acmeschedule7')::uuid, current_date, 2, 'late'"),
];

/// Somebody is looked for in every row of an organisation, once, when their account is gone: by a job, which may do so.
const LOOKS_EVERYWHERE: &str = "domain::forgetting::";

/// Texts that columns with a check accept; in turn, until the statement runs with one order of them.
const TEXTS: [&str; 3] = ["user_ada", "report-viewer", "done"];

async fn execute(app: &Client, settings: &str, things: &[String], sql: &str) -> Executions {
    let mut executions = Executions::default();
    for first_text in 0..TEXTS.len() {
        executions = execute_with(app, settings, things, sql, first_text).await;
        if executions.run > 0 {
            break;
        }
    }
    executions
}

/// Executes a statement with every combination of ids, and collects what its plans did.
async fn execute_with(app: &Client, settings: &str, things: &[String], sql: &str, first_text: usize) -> Executions {
    app.batch_execute(&format!("prepare looked_at as {sql}")).await.unwrap();
    let types = "select parameter_types::text[] from pg_prepared_statements where name = 'looked_at'";
    let types: Vec<String> = app.query_one(types, &[]).await.unwrap().get(0);
    let ids = types.iter().filter(|kind| *kind == "uuid").count();
    let mut executions = Executions::default();
    for plan_cache_mode in MODES {
        for combination in 0..things.len().pow(u32::try_from(ids).unwrap()) {
            let mut rest = combination;
            let values: Vec<String> = types
                .iter()
                .enumerate()
                .map(|(index, kind)| match kind.as_str() {
                    _ if index == 0 => "'org_acme'".to_owned(),
                    "uuid" => {
                        let id = &things[rest % things.len()];
                        rest /= things.len();
                        format!("'{id}'")
                    }
                    "integer" | "bigint" => "2".to_owned(),
                    _ => format!("'{}'", TEXTS[(index - 1 + first_text) % TEXTS.len()]),
                })
                .collect();
            explain(app, settings, plan_cache_mode, &values.join(", "), &mut executions).await;
        }
    }
    app.batch_execute("deallocate looked_at").await.unwrap();
    executions
}

const MODES: [&str; 2] = ["force_custom_plan", "force_generic_plan"];

/// Executes a statement with what was written down for it.
async fn execute_given(app: &Client, settings: &str, sql: &str, given: &str) -> Executions {
    app.batch_execute(&format!("prepare looked_at as {sql}")).await.unwrap();
    let mut executions = Executions::default();
    for mode in MODES {
        let values = if given.is_empty() { "'org_acme'".to_owned() } else { format!("'org_acme', {given}") };
        explain(app, settings, mode, &values, &mut executions).await;
    }
    app.batch_execute("deallocate looked_at").await.unwrap();
    executions
}

/// Some values break a constraint; a plan that ran to its end is what is looked at.
async fn explain(app: &Client, settings: &str, mode: &str, values: &str, executions: &mut Executions) {
    app.batch_execute(&format!("begin; {settings}; set local plan_cache_mode = {mode}")).await.unwrap();
    if let Ok(row) = app.query_one(&format!("explain (analyze, format json) execute looked_at({values})"), &[]).await {
        let plan: Value = row.get(0);
        executions.run += 1;
        executions.rows += number(&plan[0]["Plan"], "Actual Rows");
        look(&plan[0]["Plan"], &mut executions.wasteful);
    }
    app.batch_execute("rollback").await.unwrap();
}

/// Scans that went through rows in vain.
fn look(node: &Value, wasteful: &mut Vec<String>) {
    if let Some(table) = node["Relation Name"].as_str() {
        let loops = number(node, "Actual Loops");
        let removed = (number(node, "Rows Removed by Filter") + number(node, "Rows Removed by Index Recheck")) * loops;
        let given = number(node, "Actual Rows") * loops;
        let kind = node["Node Type"].as_str().unwrap_or_default();
        if removed > given * ALLOWED + BESIDES {
            wasteful.push(format!(
                "{kind} on {table}: {given} rows given, {removed} looked at in vain; {}",
                node["Filter"]
            ));
        }
    }
    node["Plans"].as_array().into_iter().flatten().for_each(|inner| look(inner, wasteful));
}

fn number(node: &Value, name: &str) -> f64 {
    node[name].as_f64().unwrap_or_default()
}

#[tokio::test]
async fn no_statement_of_the_product_looks_through_a_large_organisation() {
    let database = large().await;
    let app = database.client("tenantry_app").await;
    let worker = database.client("tenantry_worker").await;
    let things: Vec<String> = app.query(THINGS, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let settings = database.settings("org_acme", "user_ada").await;
    let invited = database.settings("org_acme", "user_pia").await;
    let forgetting = database.job_settings("org_acme", domain::forgetting::FORGET_PERSON).await;
    let mut found = BTreeMap::new();
    for statement in domain::statements().filter(|statement| statement.tables == Tables::Tenant) {
        let Statement { name, sql, .. } = *statement;
        // The server may not erase.
        let app = if name.starts_with("domain::lifecycle::erasure::") { &worker } else { &app };
        let executions = match GIVEN.iter().find(|(given, _)| *given == name) {
            Some((_, values)) if name.starts_with(LOOKS_EVERYWHERE) => {
                let mut executions = execute_given(&worker, &forgetting, sql, values).await;
                executions.wasteful.clear();
                executions
            }
            Some((_, values)) if values.contains("user_pia") => execute_given(app, &invited, sql, values).await,
            Some((_, values)) => execute_given(app, &settings, sql, values).await,
            None => execute(app, &settings, &things, sql).await,
        };
        if executions.run == 0 {
            found.insert(name, vec!["never ran to its end: say in GIVEN what it is given".to_owned()]);
        }
        if !executions.wasteful.is_empty() {
            found.insert(name, executions.wasteful);
        }
    }
    assert!(found.is_empty(), "{found:#?}");

    // The same eyes see the trap where there is one: an index that would serve, an operator that is not leakproof.
    let admin = database.client("postgres").await;
    admin
        .batch_execute(
            "create index by_name on tenantry.runs (organisation_id, name text_pattern_ops, id); analyze tenantry.runs",
        )
        .await
        .unwrap();
    let trap = "select id from runs where organisation_id = $1 and name like 'nothing like this%'";
    assert!(!execute(&app, &settings, &things, trap).await.wasteful.is_empty());
    let way_out = "select id from runs where organisation_id = $1 and name ^@ 'nothing like this'";
    assert_eq!(execute(&app, &settings, &things, way_out).await.wasteful, Vec::<String>::new());
}
