//! The proof in words: matrices with counts, what was found, the counter-proof, and what it all comes to.

use std::fmt::{self, Display, Formatter};

use crate::matrix::{Cell, Finding, Matrix};
use crate::proof::Proof;
use crate::random::Tally;
use crate::suite::Suite;

/// Findings beyond these are counted, not shown; `--format json` has them all.
const MOST_SHOWN: usize = 20;
/// Longest attempt that is shown whole, in characters.
const LONGEST: usize = 400;

impl Display for Cell {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (all, Self { held, leaked, errors }) = (self.attempts(), *self);
        let text = match (leaked, errors, held) {
            (0, 0, 0) => "·".to_owned(),
            (0, 0, held) => format!("● {held}"),
            (0, errors, _) => format!("! {errors}/{all}"),
            (leaked, _, _) => format!("✗ {leaked}/{all}"),
        };
        f.pad(&text)
    }
}

impl Display for Matrix {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = self.rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default().max(self.of.len());
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|at| {
                let cells = self.rows.iter().map(|(_, cells)| cells[at].to_string().chars().count());
                cells.max().unwrap_or_default().max(self.columns[at].len())
            })
            .collect();
        let line = |f: &mut Formatter<'_>, first: &str, cells: &[String]| {
            let cells: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            writeln!(f, "{}", format!("{first:<name$}  {}", cells.join("  ")).trim_end())
        };
        line(f, self.of, &self.columns.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        for (first, cells) in &self.rows {
            line(f, first, &cells.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mark = if self.leaked { '✗' } else { '!' };
        writeln!(f, "{mark} {} × {}: {}", self.at, self.attack, self.what)?;
        let short: String = self.attempt.chars().take(LONGEST).collect();
        let more = if short.len() < self.attempt.len() { " …" } else { "" };
        writeln!(f, "    {short}{more}")
    }
}

impl Display for Tally {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Cell { held, leaked, errors } = self.outcome;
        let all = self.outcome.attempts();
        write!(
            f,
            "{all} tried: {held} held ({} of them refused), {leaked} leaked, {errors} errors; {:.0} % came as far as the boundary",
            self.refused,
            self.share() * 100.0
        )?;
        if !self.says_something() {
            write!(f, " — too few to say anything")?;
        }
        let mut why: Vec<_> = self.errors.iter().collect();
        why.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let why: Vec<String> = why.into_iter().take(6).map(|(code, count)| format!("{code} × {count}")).collect();
        match why.is_empty() {
            true => Ok(()),
            false => write!(f, " (errors: {})", why.join(", ")),
        }
    }
}

impl Display for Suite {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}", self.tables, self.routes)?;
        writeln!(f, "random statements  {}", self.statements)?;
        writeln!(f, "random requests    {}", self.requests)?;
        let total = self.total();
        writeln!(
            f,
            "all attempts       {}: {} held, {} leaked, {} errors",
            total.attempts(),
            total.held,
            total.leaked,
            total.errors
        )?;
        for finding in self.findings.iter().take(MOST_SHOWN) {
            write!(f, "{finding}")?;
        }
        match self.findings.len().saturating_sub(MOST_SHOWN) {
            0 => Ok(()),
            more => writeln!(f, "… and {more} more; --format json has them all"),
        }
    }
}

impl Display for Proof {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "● held   ✗ leaked   ! error: proves nothing   · nothing of the kind to attack\n")?;
        writeln!(f, "{}", self.suite)?;
        let red = self.loosened.suite.red();
        writeln!(f, "Counter-proof: {}.", self.loosened.what)?;
        if red.is_empty() {
            writeln!(f, "  The same attacks stayed green: the proof proves nothing.")?;
        } else {
            writeln!(f, "  The same attacks leaked {} times, in:", self.loosened.suite.total().leaked)?;
            for cell in &red {
                writeln!(f, "  ✗ {cell}")?;
            }
        }
        if let Some(differences) = &self.differences {
            match differences.is_empty() {
                true => writeln!(f, "\nThe live database has the same columns, keys, policies, functions and rights.")?,
                false => writeln!(f, "\nThe live database is another one than was attacked:")?,
            }
            for line in differences {
                writeln!(f, "  {line}")?;
            }
        }
        let verdict = if self.stands() { "Isolation held." } else { "NOT PROVEN." };
        let contexts = if self.signed { "signed contexts" } else { "contexts without a signature" };
        writeln!(f, "\n{verdict} Seed {}, {contexts}, {:.1} s.", self.seed, self.seconds)
    }
}
