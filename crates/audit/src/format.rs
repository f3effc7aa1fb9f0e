//! A report for people, for programs, and for code scanners (SARIF 2.1.0).

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{Finding, Level, Report, lints};

/// For people: each finding with what is there, why it matters and what mends it; counts in the last line.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    let mut last = "";
    for finding in &report.findings {
        if finding.lint != last {
            last = finding.lint;
            let (title, why) = about(finding);
            let _ = writeln!(out, "{} {}  {title}\n  {why}", finding.lint, word(finding.level));
        }
        let _ = writeln!(out, "    {}: {}\n      mend: {}", finding.object, finding.what, finding.mend);
    }
    let holes = report.holes().count();
    let _ = writeln!(
        out,
        "{} tenant tables and the roles {} looked at with {} checks: {holes} holes, {} warnings, {} allowed",
        report.tables,
        report.roles.join(", "),
        lints().len(),
        report.findings.len() - holes,
        report.allowed.len()
    );
    out
}

/// For programs: `{"tables", "roles", "findings": […], "allowed": […]}`.
pub fn json(report: &Report) -> Value {
    let finding = |finding: &Finding| {
        let (title, why) = about(finding);
        json!({ "lint": finding.lint, "level": finding.level, "title": title, "object": finding.object,
                "what": finding.what, "why": why, "mend": finding.mend })
    };
    let allowed = report.allowed.iter().map(|(found, reason)| {
        let mut line = finding(found);
        line["reason"] = json!(reason);
        line
    });
    json!({
        "tables": report.tables,
        "roles": report.roles,
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        "allowed": allowed.collect::<Vec<_>>(),
    })
}

/// For code scanners. What is allowed is there too, as suppressed.
pub fn sarif(report: &Report) -> Value {
    let rules: Vec<Value> = lints()
        .iter()
        .map(|lint| {
            json!({ "id": lint.id, "shortDescription": { "text": lint.title }, "fullDescription": { "text": lint.why } })
        })
        .collect();
    let result = |finding: &Finding, reason: Option<&str>| {
        let suppressions: Vec<Value> =
            reason.iter().map(|reason| json!({ "kind": "external", "justification": reason })).collect();
        json!({
            "ruleId": finding.lint,
            "level": match finding.level { Level::Hole => "error", Level::Warn => "warning" },
            "message": { "text": format!("{}: {}. Mend: {}", finding.object, finding.what, finding.mend) },
            "locations": [{ "logicalLocations": [{ "fullyQualifiedName": finding.object, "kind": "resource" }] }],
            "suppressions": suppressions,
        })
    };
    let results: Vec<Value> = (report.findings.iter().map(|finding| result(finding, None)))
        .chain(report.allowed.iter().map(|(finding, reason)| result(finding, Some(reason))))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "tenantry audit", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "results": results,
        }],
    })
}

fn about(finding: &Finding) -> (&'static str, &'static str) {
    lints().iter().find(|lint| lint.id == finding.lint).map_or(("", ""), |lint| (lint.title, lint.why))
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Hole => "HOLE",
        Level::Warn => "warning",
    }
}
