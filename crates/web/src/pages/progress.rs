//! How far a run is.

use domain::runs::RunSummary;

use super::counted;

/// Steps done, of all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    pub(crate) done: i64,
    pub(crate) steps: i64,
}

impl Progress {
    pub(crate) fn of(run: &RunSummary) -> Self {
        Self { done: run.done, steps: run.steps }
    }

    /// Whole percents, rounded down: full means done.
    pub(crate) fn percent(self) -> i64 {
        if self.steps == 0 { 0 } else { self.done * 100 / self.steps }
    }

    pub(crate) fn is_complete(self) -> bool {
        self.steps > 0 && self.done == self.steps
    }

    /// `9 of 14 steps done`
    pub(crate) fn in_words(self) -> String {
        format!("{} of {} done", self.done, counted(self.steps, "step"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_means_done() {
        let progress = |done, steps| Progress { done, steps };
        assert_eq!(progress(199, 200).percent(), 99);
        assert_eq!(progress(0, 0).percent(), 0);
        assert!(progress(1, 1).is_complete() && !progress(0, 0).is_complete());
        assert_eq!(progress(0, 1).in_words(), "0 of 1 step done");
    }
}
