//! Counts by row and column, and what was found where.

use serde::Serialize;

use crate::verdict::Verdict;

/// What attempts on one thing in one way came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// Came to nothing.
    pub held: u32,
    /// Crossed the boundary.
    pub leaked: u32,
    /// Proved nothing.
    pub errors: u32,
}

/// Things × ways to attack them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// What the rows are: `table`, `route`.
    pub of: &'static str,
    /// Ways to attack.
    pub columns: Vec<&'static str>,
    /// Things, each with a cell per column; an empty cell where there is nothing of the kind to attack.
    pub rows: Vec<(String, Vec<Cell>)>,
}

/// An attempt that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether it crossed, as opposed to proving nothing.
    pub leaked: bool,
    /// Table or route.
    pub at: String,
    /// Column of the matrix, or `random`.
    pub attack: String,
    /// What happened.
    pub what: String,
    /// The statement or request.
    pub attempt: String,
}

impl Cell {
    /// Counts one more.
    pub(crate) fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Held => self.held += 1,
            Verdict::Leaked(_) => self.leaked += 1,
            Verdict::Error(_) => self.errors += 1,
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { held: self.held + other.held, leaked: self.leaked + other.leaked, errors: self.errors + other.errors }
    }

    /// All attempts.
    #[must_use]
    pub fn attempts(self) -> u32 {
        self.held + self.leaked + self.errors
    }
}

impl Matrix {
    pub(crate) fn new(of: &'static str, columns: Vec<&'static str>) -> Self {
        Self { of, columns, rows: Vec::new() }
    }

    /// Begins the next row.
    pub(crate) fn row(&mut self, name: impl Into<String>) -> &mut Vec<Cell> {
        self.rows.push((name.into(), vec![Cell::default(); self.columns.len()]));
        &mut self.rows.last_mut().expect("pushed just now").1
    }

    /// Everything added up.
    #[must_use]
    pub fn total(&self) -> Cell {
        self.rows.iter().flat_map(|(_, cells)| cells).fold(Cell::default(), |sum, cell| sum.plus(*cell))
    }

    /// Rows and columns where something crossed.
    pub(crate) fn red(&self) -> Vec<String> {
        let cells = self.rows.iter().flat_map(|(name, cells)| cells.iter().zip(&self.columns).map(move |c| (name, c)));
        cells.filter(|(_, (cell, _))| cell.leaked > 0).map(|(name, (_, column))| format!("{name} × {column}")).collect()
    }
}

impl Finding {
    /// Of a verdict that did not hold.
    pub(crate) fn of(verdict: &Verdict, at: &str, attack: &str, attempt: &str) -> Option<Self> {
        let (leaked, what) = match verdict {
            Verdict::Held => return None,
            Verdict::Leaked(what) => (true, what),
            Verdict::Error(what) => (false, what),
        };
        let (at, attack, attempt) = (at.to_owned(), attack.to_owned(), attempt.to_owned());
        Some(Self { leaked, at, attack, what: what.clone(), attempt })
    }
}
