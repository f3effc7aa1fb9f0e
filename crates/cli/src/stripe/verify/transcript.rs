//! What was looked at: a line each, same or not.

use std::fmt::Display;
use std::io::Write;

/// Written as it goes.
pub(super) struct Transcript<W> {
    out: W,
    same: usize,
    differs: usize,
}

impl<W: Write> Transcript<W> {
    /// Nothing was looked at yet.
    pub(super) fn new(out: W) -> Self {
        Self { out, same: 0, differs: 0 }
    }

    /// A line that is no finding.
    pub(super) fn note(&mut self, text: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.out, "{text}")?)
    }

    /// One thing: its number in the list of what to verify, what it is, what was expected and what came.
    pub(super) fn expect(
        &mut self,
        number: u8,
        what: &str,
        expected: impl Display,
        came: impl Display,
    ) -> anyhow::Result<()> {
        let (expected, came) = (expected.to_string(), came.to_string());
        if expected == came {
            self.same += 1;
            writeln!(self.out, "same     {number:<2} {what}: {came}")?;
        } else {
            self.differs += 1;
            writeln!(self.out, "differs  {number:<2} {what}: expected {expected}, came {came}")?;
        }
        Ok(self.out.flush()?)
    }

    /// The rest of a part could not be looked at.
    pub(super) fn stopped(&mut self, part: &str, why: &anyhow::Error) -> anyhow::Result<()> {
        self.differs += 1;
        Ok(writeln!(self.out, "differs     {part}: expected to go on, came {why:#}")?)
    }

    /// The sum. Whether all was the same.
    pub(super) fn end(mut self) -> anyhow::Result<bool> {
        writeln!(self.out, "{} same, {} differ", self.same, self.differs)?;
        Ok(self.differs == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told_with_both() {
        let mut out = Vec::new();
        let mut transcript = Transcript::new(&mut out);
        transcript.expect(7, "the status", 400, 400).unwrap();
        transcript.expect(11, "the end", "canceled", "unpaid").unwrap();
        transcript.stopped("portal", &anyhow::anyhow!("a refusal")).unwrap();
        assert!(!transcript.end().unwrap());
        let told = String::from_utf8(out).unwrap();
        assert_eq!(
            told,
            "same     7  the status: 400\ndiffers  11 the end: expected canceled, came unpaid\n\
             differs     portal: expected to go on, came a refusal\n1 same, 2 differ\n"
        );
    }
}
