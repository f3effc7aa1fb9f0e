//! The isolation audit: every way a tenant's rows could be reached from outside, read from the catalogue of any Postgres
//! database. It knows nothing of Tenantry, and installs and changes nothing where it looks.

mod allow;
mod attack;
mod connect;
mod error;
mod examine;
mod fingerprint;
mod format;
mod lints;
mod subject;

pub use allow::{Allowed, Settings};
pub use attack::attack;
pub use connect::connect;
pub use error::Error;
pub use examine::{examine, examine_open_transaction};
pub use fingerprint::fingerprint;
pub use format::{json, sarif, text};
pub use lints::{Level, Lint, lints};
pub use subject::Subject;

/// The result of an audit that could be made.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// Which check found it.
    pub lint: &'static str,
    /// How bad it is.
    pub level: Level,
    /// Where: a table, a role, a function.
    pub object: String,
    /// What is there.
    pub what: String,
    /// SQL that mends it, or what to do instead.
    pub mend: String,
}

/// What an audit came to.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What nobody has allowed.
    pub findings: Vec<Finding>,
    /// What was found and is allowed, with the reason.
    pub allowed: Vec<(Finding, String)>,
    /// Tables with the key, and roles that were looked at: an audit of nothing finds nothing.
    pub tables: usize,
    /// See above.
    pub roles: Vec<String>,
}

impl Report {
    /// Takes out what is allowed. An allowance that nothing needs is a finding itself.
    #[must_use]
    pub fn allow(mut self, settings: &Settings) -> Self {
        let mut used = vec![false; settings.allow.len()];
        let (mut findings, mut allowed) = (Vec::new(), Vec::new());
        for finding in std::mem::take(&mut self.findings) {
            match settings.allow.iter().position(|line| line.covers(&finding)) {
                Some(at) => {
                    used[at] = true;
                    allowed.push((finding, settings.allow[at].reason.clone()));
                }
                None => findings.push(finding),
            }
        }
        for (line, _) in settings.allow.iter().zip(used).filter(|(_, used)| !used) {
            findings.push(Finding {
                lint: "L00",
                level: Level::Warn,
                object: format!("{} {}", line.lint, line.object),
                what: "is allowed and was not found".to_owned(),
                mend: "take the line out of the allow-list".to_owned(),
            });
        }
        findings.sort_by(|a, b| (a.level, a.lint, &a.object).cmp(&(b.level, b.lint, &b.object)));
        Self { findings, allowed, ..self }
    }

    /// The same without what an old server alone is found for: for development.
    #[must_use]
    pub fn on_an_old_server(mut self) -> Self {
        self.findings.retain(|finding| finding.lint != "L36");
        self
    }

    /// What lets one tenant reach another's rows.
    pub fn holes(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.level == Level::Hole)
    }
}
