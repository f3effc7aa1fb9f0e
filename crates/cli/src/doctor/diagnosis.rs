//! What was found, told as it is found.

use std::process::ExitCode;

/// Counts what is broken.
#[derive(Default)]
pub(super) struct Diagnosis {
    broken: usize,
    careful: usize,
}

impl Diagnosis {
    /// As it should be.
    pub(super) fn good(&mut self, what: &str) {
        say("ok", what);
    }

    /// Works, and wants a look.
    pub(super) fn careful(&mut self, what: &str) {
        self.careful += 1;
        say("careful", what);
    }

    /// Does not work, or must not be used like this.
    pub(super) fn broken(&mut self, what: &str) {
        self.broken += 1;
        say("broken", what);
    }

    /// A last line, and the exit code.
    pub(super) fn finish(&self) -> ExitCode {
        say("", &format!("{} broken, {} to be careful about", self.broken, self.careful));
        if self.broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn say(verdict: &str, what: &str) {
    for (number, line) in what.lines().enumerate() {
        println!("{:<8} {line}", if number == 0 { verdict } else { "" });
    }
}
