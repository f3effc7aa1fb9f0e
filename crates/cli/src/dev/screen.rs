//! What a person at the terminal sees: our own lines, and the parts' with their names before them.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex};

/// Lines from many tasks, one after the other. Somebody who stops listening does not stop us.
#[derive(Clone)]
pub(crate) struct Screen {
    line: Arc<Mutex<()>>,
    colour: bool,
}

impl Default for Screen {
    fn default() -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { line: Arc::default(), colour: std::io::stdout().is_terminal() && !plain }
    }
}

impl Screen {
    /// A line or more of our own.
    pub(crate) fn say(&self, text: &str) {
        let _one_at_a_time = self.line.lock();
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{text}");
        let _ = out.flush();
    }

    /// A line of a part.
    pub(crate) fn pass_on(&self, part: &str, line: &str) {
        let (dim, plain) = if self.colour { ("\u{1b}[2m", "\u{1b}[0m") } else { ("", "") };
        self.say(&format!("{dim}{part:<8} |{plain} {line}"));
    }
}
