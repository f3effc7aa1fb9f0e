//! How far the proof has come: one line that moves on a terminal, a line per part elsewhere.

use std::io::Write;
use std::time::{Duration, Instant};

/// Cells of the bar.
const WIDTH: usize = 30;
const PAUSE: Duration = Duration::from_millis(80);

/// Says how far it is.
pub struct Progress {
    out: Box<dyn Write + Send>,
    moving: bool,
    part: String,
    total: usize,
    done: usize,
    shown: Instant,
}

impl Progress {
    /// Writes there; `moving` where the line can be written over.
    pub fn new(out: Box<dyn Write + Send>, moving: bool) -> Self {
        Self { out, moving, part: String::new(), total: 0, done: 0, shown: Instant::now() }
    }

    /// Says nothing.
    #[must_use]
    pub fn silent() -> Self {
        Self::new(Box::new(std::io::sink()), false)
    }

    /// The next part, with how many steps it has.
    pub(crate) fn part(&mut self, name: impl Into<String>, total: usize) {
        (self.part, self.total, self.done) = (name.into(), total, 0);
        self.show();
    }

    pub(crate) fn step(&mut self) {
        self.done += 1;
        if self.moving && (self.shown.elapsed() > PAUSE || self.done == self.total) {
            self.show();
        }
    }

    /// Leaves the terminal's line as it was found.
    pub(crate) fn end(&mut self) {
        if self.moving {
            self.tell("\r\x1b[K");
        }
    }

    fn show(&mut self) {
        self.shown = Instant::now();
        let line = if self.moving {
            let full = (self.done * WIDTH).checked_div(self.total).unwrap_or(0).min(WIDTH);
            let bar = format!("{}{}", "█".repeat(full), "░".repeat(WIDTH - full));
            format!("\r\x1b[K{bar} {:>5}/{} {}", self.done, self.total, self.part)
        } else {
            format!("{} ({})\n", self.part, self.total)
        };
        self.tell(&line);
    }

    /// A terminal that is gone is no reason to stop.
    fn tell(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
    }
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Progress({} {}/{})", self.part, self.done, self.total)
    }
}
