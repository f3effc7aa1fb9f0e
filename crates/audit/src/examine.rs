//! The audit itself: one read-only transaction, all checks on their way before the first answer. Nothing is prepared: a
//! pooler may stand between.

use futures_util::future::join_all;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use crate::lints::{Level, Lint, PRELUDE, lints};
use crate::{Error, Finding, Report, Result, Subject, fingerprint};

/// Names of the functions that PostgreSQL 15 itself calls leakproof.
const LEAKPROOF_15: &str = include_str!("leakproof_15.txt");

/// Looks at a database as it is. Nothing is changed; the connection's role needs no rights on the tables.
///
/// # Errors
/// Where there is nothing to audit, or a check could not be made: never an empty report in its place.
pub async fn examine(client: &Client, mut subject: Subject) -> Result<Report> {
    let failed = |source| Error::Check { lint: "beginning", source };
    client
        .batch_execute(
            "begin isolation level repeatable read read only; set local search_path = ''; set local statement_timeout = '30s'",
        )
        .await
        .map_err(failed)?;
    let report = look(client, &mut subject).await;
    client.batch_execute("rollback").await.map_err(failed)?;
    report
}

/// The same inside a transaction that is open already: what would be there if it were committed.
///
/// # Errors
/// As [`examine`].
pub async fn examine_open_transaction(client: &Client, mut subject: Subject) -> Result<Report> {
    let failed = |source| Error::Check { lint: "beginning", source };
    client.batch_execute("set local search_path = ''").await.map_err(failed)?;
    look(client, &mut subject).await
}

async fn look(client: &Client, subject: &mut Subject) -> Result<Report> {
    let tables = subject.complete(client).await?;
    let leakproof = known_leakproof(client).await?;
    let settings = subject.settings();
    let values: [&(dyn ToSql + Sync); 6] =
        [&subject.roles, &subject.keys, &subject.schemas, &subject.policies, &settings, &leakproof];
    let values = values.map(|value| (value, Type::TEXT_ARRAY));
    let questions: Vec<(&Lint, String)> =
        lints().into_iter().filter_map(|lint| Some((lint, format!("{PRELUDE}{}", lint.sql?)))).collect();
    let answers = join_all(questions.iter().map(|(_, sql)| client.query_typed(sql, &values))).await;
    let mut findings = Vec::new();
    for ((lint, _), rows) in questions.iter().zip(answers) {
        let rows = rows.map_err(|source| Error::Check { lint: lint.id, source })?;
        findings.extend(rows.iter().map(|row| finding(lint, row)));
    }
    findings.extend(drift(client, subject).await?);
    Ok(Report { findings, allowed: Vec::new(), tables, roles: subject.roles.clone() })
}

fn finding(lint: &Lint, row: &Row) -> Finding {
    let level = if row.get::<_, &str>(0) == "hole" { Level::Hole } else { Level::Warn };
    Finding { lint: lint.id, level, object: row.get(1), what: row.get(2), mend: row.get(3) }
}

/// Empty where the version's list is not known: then only functions of our own are judged.
async fn known_leakproof(client: &Client) -> Result<Vec<&'static str>> {
    let version = client.query_typed_one("select current_setting('server_version_num')::int / 10000", &[]).await;
    let version: i32 = version.map_err(|source| Error::Check { lint: "L19", source })?.get(0);
    Ok(if version == 15 { LEAKPROOF_15.split_whitespace().collect() } else { Vec::new() })
}

async fn drift(client: &Client, subject: &Subject) -> Result<Option<Finding>> {
    if subject.fingerprints.is_empty() {
        return Ok(None);
    }
    let found = fingerprint::of(client, subject).await?;
    Ok((!subject.fingerprints.contains(&found)).then(|| Finding {
        lint: "L35",
        level: Level::Hole,
        object: "the catalogue".to_owned(),
        what: format!("has the fingerprint {found}, which nobody has reviewed"),
        mend: "look at what changed; after a migration that was reviewed, write the new fingerprint into the settings"
            .to_owned(),
    }))
}
