//! How many calls a vendor is made: fewer than it allows, what people wait for before what nobody waits for.
//!
//! One bucket for an account, shared by all clones of a client. A caller waits its turn, and is told how long to stay
//! away when the turn would come too late. Calls in the background leave a reserve for the others and never go before
//! one that waits. Knows no vendor.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

/// Who waits for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// A person.
    Interactive,
    /// Nobody: a job.
    Background,
}

impl Priority {
    /// The longest wait for a turn, and for a second attempt.
    #[must_use]
    pub fn patience(self) -> Duration {
        match self {
            Self::Interactive => Duration::from_secs(2),
            Self::Background => Duration::from_secs(60),
        }
    }
}

/// What may be called, and who goes first.
#[derive(Debug)]
pub struct Budget {
    /// Calls a second.
    rate: f64,
    /// The most that can be saved up.
    capacity: f64,
    /// The longest time in which the vendor counts.
    window: Duration,
    bucket: Mutex<Bucket>,
    /// People waiting.
    waiting: AtomicUsize,
    /// One waiter of each priority looks at the bucket; the others stand in line.
    lines: [tokio::sync::Mutex<()>; 2],
}

#[derive(Debug)]
struct Bucket {
    calls: f64,
    at: Instant,
    /// The vendor has asked for quiet until then.
    quiet_until: Option<Instant>,
}

/// Counts a person while they wait, also when they hang up.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Budget {
    /// `in_window` calls in any window of this length: a part of them at once (`at_once`), the rest as time goes by.
    #[must_use]
    pub fn new(window: Duration, in_window: f64, at_once: f64) -> Self {
        let (capacity, rate) = (at_once, (in_window - at_once) / window.as_secs_f64());
        let bucket = Bucket { calls: capacity, at: Instant::now(), quiet_until: None };
        Self {
            rate,
            capacity,
            window,
            bucket: Mutex::new(bucket),
            waiting: AtomicUsize::new(0),
            lines: [tokio::sync::Mutex::new(()), tokio::sync::Mutex::new(())],
        }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// Says how long to stay away when the turn would come too late.
    pub async fn turn(&self, priority: Priority) -> Result<(), Duration> {
        let deadline = Instant::now() + priority.patience();
        let (line, _counted) = match priority {
            Priority::Interactive => {
                self.waiting.fetch_add(1, Ordering::Relaxed);
                (&self.lines[0], Some(Waiting(&self.waiting)))
            }
            Priority::Background => (&self.lines[1], None),
        };
        let Ok(_first) = timeout_at(deadline, line.lock()).await else {
            return Err(self.until_quiet_ends());
        };
        loop {
            let wait = match self.take(priority) {
                Ok(()) => return Ok(()),
                Err(wait) => wait,
            };
            if Instant::now() + wait > deadline {
                return Err(wait);
            }
            sleep(wait).await;
        }
    }

    /// The vendor has said that the whole account is over its limit.
    pub fn quiet(&self, pause: Duration) {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + pause.min(self.window);
        bucket.quiet_until = Some(bucket.quiet_until.map_or(until, |before| before.max(until)));
    }

    /// Gives a turn back: there was nobody to call.
    pub fn give_back(&self) {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.calls = (bucket.calls + 1.0).min(self.capacity);
    }

    fn until_quiet_ends(&self) -> Duration {
        let bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let left = bucket.quiet_until.map_or(Duration::ZERO, |until| until.duration_since(Instant::now()));
        left.max(Duration::from_secs(1))
    }

    /// Takes a call out of the bucket, or says how long that will take at least.
    fn take(&self, priority: Priority) -> Result<(), Duration> {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let filled = now.duration_since(bucket.at).as_secs_f64() * self.rate;
        bucket.calls = (bucket.calls + filled).min(self.capacity);
        bucket.at = now;
        if let Some(until) = bucket.quiet_until {
            if until > now {
                return Err(until - now);
            }
            bucket.quiet_until = None;
        }
        let needed = match priority {
            Priority::Interactive => 1.0,
            // Two fifths stay for people; while one waits, everything does.
            Priority::Background if self.waiting.load(Ordering::Relaxed) == 0 => 1.0 + self.capacity * 0.4,
            Priority::Background => self.capacity,
        };
        if bucket.calls >= needed {
            bucket.calls -= 1.0;
            return Ok(());
        }
        // A millisecond more, so that rounding does not make a second round of it.
        Err(Duration::from_secs_f64((needed - bucket.calls) / self.rate) + Duration::from_millis(1))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);

    /// Fifty calls in ten seconds, half of them at once.
    fn small() -> Budget {
        Budget::new(WINDOW, 50.0, 25.0)
    }

    fn large() -> Budget {
        Budget::new(WINDOW, 500.0, 250.0)
    }

    async fn calls_within(budget: &Budget, priority: Priority, time: Duration) -> usize {
        let end = Instant::now() + time;
        let mut calls = 0;
        while timeout_at(end, budget.turn(priority)).await.is_ok_and(|turn| turn.is_ok()) {
            calls += 1;
        }
        calls
    }

    #[tokio::test(start_paused = true)]
    async fn any_window_stays_below_the_limit() {
        for (budget, window, limit) in [
            (small(), WINDOW, 50),
            (large(), WINDOW, 500),
            (Budget::new(Duration::from_secs(1), 20.0, 5.0), Duration::from_secs(1), 20),
        ] {
            let calls = calls_within(&budget, Priority::Interactive, window).await;
            assert!(calls <= limit, "{calls} of {limit}");
            assert!(calls >= limit - limit / 10, "{calls} of {limit}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_background_leaves_a_reserve_for_people() {
        let budget = small();
        let jobs = calls_within(&budget, Priority::Background, Duration::from_millis(1)).await;
        assert_eq!(jobs, 15);
        assert_eq!(calls_within(&budget, Priority::Interactive, Duration::from_millis(1)).await, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_person_goes_before_a_job_that_came_first() {
        let budget = Arc::new(small());
        while budget.take(Priority::Interactive).is_ok() {}
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for (name, priority) in
            [("job", Priority::Background), ("person 1", Priority::Interactive), ("person 2", Priority::Interactive)]
        {
            let (budget, order) = (Arc::clone(&budget), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                budget.turn(priority).await.unwrap();
                order.lock().unwrap().push(name);
            }));
            tokio::task::yield_now().await;
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), ["person 1", "person 2", "job"]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_would_wait_too_long_is_told_at_once() {
        let budget = large();
        budget.quiet(Duration::from_secs(5));
        let before = Instant::now();
        let stay_away = budget.turn(Priority::Interactive).await.unwrap_err();
        assert_eq!((before.elapsed(), stay_away), (Duration::ZERO, Duration::from_secs(5)));
        budget.turn(Priority::Background).await.unwrap();
        assert!(before.elapsed() >= Duration::from_secs(5));
        budget.turn(Priority::Interactive).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn quiet_lasts_no_longer_than_the_window() {
        let budget = large();
        budget.quiet(Duration::from_secs(3_600));
        let before = Instant::now();
        budget.turn(Priority::Background).await.unwrap();
        assert!(before.elapsed() <= WINDOW + Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_called_is_not_counted() {
        let budget = small();
        for _ in 0..1_000 {
            budget.take(Priority::Interactive).unwrap();
            budget.give_back();
        }
        budget.give_back();
        assert_eq!(calls_within(&budget, Priority::Interactive, Duration::from_millis(1)).await, 25);
    }

    #[tokio::test(start_paused = true)]
    async fn who_hangs_up_does_not_keep_jobs_waiting() {
        let budget = small();
        while budget.take(Priority::Interactive).is_ok() {}
        let soon = Instant::now() + Duration::from_millis(10);
        assert!(timeout_at(soon, budget.turn(Priority::Interactive)).await.is_err());
        assert_eq!(budget.waiting.load(Ordering::Relaxed), 0);
        budget.turn(Priority::Background).await.unwrap();
    }
}
