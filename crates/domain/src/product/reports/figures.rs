//! What reports count.

use serde::Serialize;

/// Steps that were due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DueSteps {
    /// Done, or open although they should have been done by now. Skipped ones are not among them.
    pub due: i64,
    /// Done by then.
    pub on_time: i64,
    /// Done too late, or still open.
    pub late: i64,
    /// Those of the late ones that are still open.
    pub open: i64,
    /// Left out on purpose.
    pub skipped: i64,
}

impl DueSteps {
    /// Done and skipped ones, as they are tallied.
    pub(super) fn settled(done: i64, on_time: i64, skipped: i64) -> Self {
        Self { due: done, on_time, late: done - on_time, open: 0, skipped }
    }

    /// Open ones whose time is over.
    pub(super) fn overdue(open: i64) -> Self {
        Self { due: open, late: open, open, ..Self::default() }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.due += other.due;
        self.on_time += other.on_time;
        self.late += other.late;
        self.open += other.open;
        self.skipped += other.skipped;
    }

    /// How many in a hundred were done in time; none where nothing was due.
    pub fn on_time_rate(&self) -> Option<f64> {
        rate(self.on_time, self.due)
    }
}

/// Runs that began or ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct RunCounts {
    /// Begun in this time, whatever became of them.
    pub started: i64,
    /// Ended in this time, with every step done.
    pub completed: i64,
    /// Given up in this time.
    pub cancelled: i64,
    /// Seconds from start to completion: half of the completed ones took no longer.
    pub median_seconds: Option<i64>,
    /// Nine of ten took no longer.
    pub ninetieth_seconds: Option<i64>,
}

impl RunCounts {
    /// How many in a hundred of those that ended were completed; none where nothing ended.
    pub fn completion_rate(&self) -> Option<f64> {
        rate(self.completed, self.completed + self.cancelled)
    }

    /// Counts completed runs by the seconds they took.
    pub(super) fn took(&mut self, seconds: &mut [i32]) {
        seconds.sort_unstable();
        self.completed = i64::try_from(seconds.len()).unwrap_or(i64::MAX);
        self.median_seconds = rank(seconds, 50);
        self.ninetieth_seconds = rank(seconds, 90);
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody has so many steps")]
fn rate(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 * 100.0 / whole as f64)
}

/// The smallest value that so many of a hundred do not exceed.
fn rank(sorted: &[i32], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.max(1) - 1).map(|&seconds| seconds.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let took = |mut seconds: Vec<i32>| {
            let mut counts = RunCounts::default();
            counts.took(&mut seconds);
            (counts.completed, counts.median_seconds, counts.ninetieth_seconds)
        };
        assert_eq!(took(vec![]), (0, None, None));
        assert_eq!(took(vec![7]), (1, Some(7), Some(7)));
        assert_eq!(took(vec![4, 1, 3, 2]), (4, Some(2), Some(4)));
        assert_eq!(took((1..=100).rev().collect()), (100, Some(50), Some(90)));
    }

    #[test]
    fn rates_are_of_those_that_count() {
        let mut steps = DueSteps::settled(8, 6, 3);
        steps.add(DueSteps::overdue(2));
        assert_eq!((steps.due, steps.late, steps.open, steps.skipped), (10, 4, 2, 3));
        assert_eq!(steps.on_time_rate(), Some(60.0));
        assert_eq!(DueSteps::default().on_time_rate(), None);
        let runs = RunCounts { started: 9, completed: 3, cancelled: 1, ..RunCounts::default() };
        assert_eq!(runs.completion_rate(), Some(75.0));
    }
}
