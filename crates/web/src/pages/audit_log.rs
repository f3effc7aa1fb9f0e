//! Settings, audit log: who changed what, or tried to, and what it was before.

mod sheet;
mod words;

use askama::Template;
use axum::response::Response;
use domain::audit_log::{self, AuditEntry, AuditPage, Filter, Verification};
use domain::{Access, FieldErrors, Read};
use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::page;
use super::settings::{Tab, TabLink};
use super::shell::{Mark, Section, Shell};
use crate::access::InOrg;
use crate::body::Query;
use crate::error::Result;
use crate::times::{Second, Zone};
use words::{Change, NOUNS};

#[derive(Template)]
#[template(path = "settings/audit_log.html")]
struct AuditLog {
    shell: Shell,
    tabs: Vec<TabLink>,
    base: String,
    asked: Asked,
    entries: Vec<Line>,
    actors: Vec<(String, String)>,
    nouns: &'static [(&'static str, &'static str)],
    newest: Option<String>,
    older: Option<String>,
    /// Where the log is to be had as a file.
    export: String,
    /// Why not, where the plan does not include it.
    limit: Option<String>,
    verification: Verification,
    verified_at: Option<Second>,
}

/// What is looked for, as the address says it.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Asked {
    #[serde(skip_serializing_if = "String::is_empty")]
    actor: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    action: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    outcome: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    from: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    until: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    before: String,
}

/// An entry as people read it.
struct Line {
    entry: AuditEntry,
    what: String,
    /// Who acted in the name of whoever it stands under.
    impersonator: Option<String>,
    changes: Vec<Change>,
    mark: Mark,
    at: Second,
}

/// `GET /orgs/{slug}/settings/audit-log`
pub(crate) async fn show(org: InOrg, Query(asked): Query<Asked>) -> Result<Response> {
    let (access, found) = asked.find(&org).await?;
    page(StatusCode::OK, &AuditLog::new(&org, &access, asked, found))
}

/// `GET /orgs/{slug}/settings/audit-log/export`: what the filter finds, as a file for a spreadsheet.
pub(crate) async fn export(org: InOrg, Query(asked): Query<Asked>) -> Result<Response> {
    let (access, ()) = org.read(Read::access_only).await?;
    audit_log::may_export(&access)?;
    let filter = asked.filter(&Zone::of(&access))?;
    let (_, entries) = org.read(|| audit_log::export(&filter)).await?;
    Ok(crate::sheet::file(&format!("audit-log-{}.csv", access.organisation.slug), sheet::of(&entries)))
}

impl Asked {
    /// The entries that are asked for. Days are the organisation's own, which is read first where they matter.
    pub(crate) async fn find(&self, org: &InOrg) -> Result<(Access, AuditPage)> {
        let zone = match self.from.is_empty() && self.until.is_empty() {
            true => Zone::utc(),
            false => Zone::of(&org.read(Read::access_only).await?.0),
        };
        let filter = self.filter(&zone);
        let wanted = filter.clone().unwrap_or_default();
        let found = org.read(|| audit_log::list(&wanted)).await?;
        filter?;
        Ok(found)
    }

    fn filter(&self, zone: &Zone) -> Result<Filter, FieldErrors> {
        let all = Filter::default();
        let before =
            match self.before.as_str() {
                "" => None,
                text => Some(text.parse().map_err(|_| {
                    FieldErrors::one("before", "This is not a page of this list; start again without it.")
                })?),
            };
        let outcome = match self.outcome.as_str() {
            "" | "done" | "refused" => self.outcome.clone(),
            _ => return Err(FieldErrors::one("outcome", "An outcome is done or refused.")),
        };
        let (from, until) = FieldErrors::both(
            moment("from", &self.from, zone, false).map(|at| at.unwrap_or(all.from)),
            moment("until", &self.until, zone, true).map(|at| at.unwrap_or(all.until)),
        )?;
        Ok(Filter { before, actor: self.actor.clone(), action: Filter::action(&self.action)?, outcome, from, until })
    }

    /// The same from another page on.
    fn with(&self, before: &str) -> String {
        let asked = Self { before: before.to_owned(), ..self.clone() };
        serde_urlencoded::to_string(asked).unwrap_or_default()
    }

    fn is_narrow(&self) -> bool {
        !self.with("").is_empty()
    }
}

/// A day of the organisation's, or an exact moment; a last day is meant whole.
fn moment(field: &'static str, text: &str, zone: &Zone, to_its_end: bool) -> Result<Option<Timestamp>, FieldErrors> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || FieldErrors::one(field, "Write a day like 2026-11-24, or a moment like 2026-11-24T14:00:00Z.");
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Some(at.clamp(Filter::default().from, Filter::default().until)));
    }
    let day: Date = text.parse().map_err(|_| wrong())?;
    let day = if to_its_end { day.tomorrow().map_err(|_| wrong())? } else { day };
    let at = zone.begin_of(day).map_err(|_| wrong())?;
    Ok(Some(at.clamp(Filter::default().from, Filter::default().until)))
}

impl AuditLog {
    fn new(org: &InOrg, access: &Access, asked: Asked, found: AuditPage) -> Self {
        let zone = Zone::of(access);
        let base = org.url("settings/audit-log");
        let limit = match audit_log::may_export(access) {
            Err(domain::Error::LimitReached { message, .. }) => Some(message),
            _ => None,
        };
        let to = |rest: &str| if rest.is_empty() { base.clone() } else { format!("{base}?{rest}") };
        Self {
            newest: (!asked.before.is_empty()).then(|| to(&asked.with(""))),
            older: found.older.map(|before| to(&asked.with(&before.to_string()))),
            export: format!("{base}/export?{}", asked.with("")),
            limit,
            entries: found.entries.into_iter().map(|entry| Line::new(entry, &zone)).collect(),
            actors: found.actors,
            nouns: NOUNS,
            verified_at: found.verification.at.map(|at| zone.second(&at)),
            verification: found.verification,
            shell: org.shell(access, Section::Settings),
            tabs: Tab::links(access, Tab::AuditLog),
            base,
            asked,
        }
    }

    /// Entries that came in since the chain was looked at.
    fn not_looked_at(&self) -> i64 {
        self.verification.last - self.verification.through
    }
}

impl Line {
    fn new(entry: AuditEntry, zone: &Zone) -> Self {
        Self {
            what: words::sentence(&entry),
            impersonator: Some(entry.impersonator.clone()).filter(|id| !id.is_empty()),
            changes: words::changes(entry.before.as_ref(), entry.after.as_ref()),
            mark: Mark::of(&entry.actor_name),
            at: zone.second(&entry.happened_at),
            entry,
        }
    }

    /// A machine has no face.
    fn is_person(&self) -> bool {
        matches!(self.entry.actor_kind.as_str(), "member" | "invited")
    }

    fn is_refused(&self) -> bool {
        self.entry.outcome == "refused"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_the_organisations_and_the_last_one_is_whole() {
        let berlin = Zone::named("Europe/Berlin");
        let asked = Asked { from: "2026-11-24".to_owned(), until: "2026-11-24".to_owned(), ..Asked::default() };
        let filter = asked.filter(&berlin).unwrap();
        assert_eq!(filter.from.to_string(), "2026-11-23T23:00:00Z");
        assert_eq!(filter.until.to_string(), "2026-11-24T23:00:00Z");
        let exact = Asked { from: "2026-11-24T14:00:00Z".to_owned(), ..Asked::default() };
        assert_eq!(exact.filter(&berlin).unwrap().from.to_string(), "2026-11-24T14:00:00Z");
        // Nobody's fault but theirs, and never the database's.
        for text in ["-009999-01-01", "9999-12-31", "0001-01-01"] {
            let far = Asked { from: text.to_owned(), until: text.to_owned(), ..Asked::default() };
            if let Ok(filter) = far.filter(&berlin) {
                assert!(filter.from >= Filter::default().from && filter.until <= Filter::default().until, "{text}");
            }
        }
        for (field, text) in [("from", "yesterday"), ("until", "2026-13-01"), ("before", "x"), ("outcome", "maybe")] {
            let mut asked = Asked::default();
            match field {
                "from" => asked.from = text.to_owned(),
                "until" => asked.until = text.to_owned(),
                "before" => asked.before = text.to_owned(),
                _ => asked.outcome = text.to_owned(),
            }
            assert_eq!(asked.filter(&berlin).unwrap_err().0[0].0, field);
        }
    }

    #[test]
    fn a_page_keeps_what_is_looked_for() {
        let asked = Asked { actor: "user_ada".to_owned(), action: "role".to_owned(), ..Asked::default() };
        assert_eq!(asked.with("17"), "actor=user_ada&action=role&before=17");
        assert_eq!(Asked::default().with(""), "");
    }
}
