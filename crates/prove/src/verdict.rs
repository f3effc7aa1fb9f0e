//! What an attempt has shown. By effect alone: an attempt that went wrong by itself is an error, never "held".

use crate::attempt::{Answer, Observed};
use crate::witness::Witness;

/// Of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Held,
    /// With what was seen or changed.
    Leaked(String),
    /// With why it proves nothing.
    Error(String),
}

/// When a finished statement is a leak, besides what it shows and what the witness says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crossing {
    /// Touching any row at all: the statement aims at the victim's alone.
    Touched,
    /// A count other than nothing in the first row.
    Counted,
    /// Nothing else.
    Shown,
}

/// What must not be seen, and what must not change.
#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    /// The text that stands in everything of the victim's, and that no attack knows.
    pub(crate) canary: String,
    /// Ids of the victim's that no row may show. An attack knows them: a refusal may repeat them.
    pub(crate) ids: Vec<String>,
    /// The victim's rows as they were.
    pub(crate) untouched: Witness,
}

impl Secrets {
    /// The first secret in a row.
    fn shown_in(&self, row: &str) -> Option<&str> {
        [&self.canary].into_iter().chain(&self.ids).map(String::as_str).find(|mark| row.contains(mark))
    }

    /// Judges one attempt by itself.
    pub(crate) fn judge(&self, observed: &Observed, crossing: Crossing) -> Verdict {
        if let Some(changed) =
            observed.witness.as_ref().map(|now| now.changed_since(&self.untouched)).filter(|list| !list.is_empty())
        {
            return Verdict::Leaked(format!("changed the victim's rows in {}", changed.join(", ")));
        }
        match &observed.answer {
            Answer::Broken(why) => Verdict::Error(why.clone()),
            Answer::Refused(refusal) => {
                if refusal.text.contains(&self.canary) {
                    return Verdict::Leaked(format!("the refusal tells: {}", refusal.text));
                }
                if refusal.is_the_wall() {
                    return Verdict::Held;
                }
                Verdict::Error(format!("{} ({})", refusal.text, refusal.code))
            }
            Answer::Done { rows, affected } => {
                let shown = rows.iter().find_map(|row| self.shown_in(row));
                let count = rows.first().is_some_and(|row| row.split(" | ").next() != Some("0"));
                match (shown, crossing) {
                    (Some(mark), _) => Verdict::Leaked(format!("shows {mark}")),
                    (None, Crossing::Touched) if *affected > 0 => Verdict::Leaked(format!("touches {affected} rows")),
                    (None, Crossing::Counted) if count => Verdict::Leaked(format!("counts {}", rows.join(", "))),
                    _ => Verdict::Held,
                }
            }
        }
    }
}

/// Judges what is answered to one that exists at the victim's by what is answered to one that exists nowhere: any
/// difference is an oracle. Refusals that are not the wall's are fine when both are the same.
pub(crate) fn compare(alone: Verdict, theirs: &Answer, nobodys: &Answer) -> Verdict {
    match (alone, theirs, nobodys) {
        (leak @ Verdict::Leaked(_), ..) => leak,
        (_, Answer::Broken(why), _) | (_, _, Answer::Broken(why)) => Verdict::Error(why.clone()),
        (_, theirs, nobodys) if theirs != nobodys => {
            Verdict::Leaked(format!("tells what exists: {} — and for what does not: {}", short(theirs), short(nobodys)))
        }
        (Verdict::Error(_), Answer::Refused(refusal), _) if refusal.code == "23503" => Verdict::Held,
        (alone, ..) => alone,
    }
}

/// An answer in a line.
pub(crate) fn short(answer: &Answer) -> String {
    let text = match answer {
        Answer::Done { rows, affected } if rows.is_empty() => format!("done, {affected} rows touched"),
        Answer::Done { rows, .. } => format!("{} rows: {}", rows.len(), rows.join("; ")),
        Answer::Refused(refusal) => format!("{} ({})", refusal.text, refusal.code),
        Answer::Broken(why) => why.clone(),
    };
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attempt::Refusal;

    fn secrets() -> Secrets {
        let untouched = Witness(r#"{"tenantry.runs": "d1"}"#.to_owned());
        Secrets { canary: "CNRYV1".to_owned(), ids: vec!["org_v".to_owned()], untouched }
    }

    fn refused(code: &str, text: &str) -> Answer {
        Answer::Refused(Refusal { code: code.to_owned(), text: text.to_owned(), constraint: None })
    }

    fn judged(answer: Answer) -> Verdict {
        secrets().judge(&Observed { answer, witness: None }, Crossing::Shown)
    }

    #[test]
    fn an_attempt_that_fails_by_itself_is_an_error_and_never_held() {
        for code in ["42601", "42703", "42804", "23502", "22P02"] {
            assert!(matches!(judged(refused(code, "no")), Verdict::Error(_)), "{code}");
        }
        assert!(matches!(judged(Answer::Broken("timeout".to_owned())), Verdict::Error(_)));
        assert_eq!(judged(refused("42501", "permission denied")), Verdict::Held);
        assert_eq!(
            judged(refused("42704", "unrecognized configuration parameter \"app.current_org_id\"")),
            Verdict::Held
        );
        assert!(matches!(judged(refused("42704", "type \"x\" does not exist")), Verdict::Error(_)));
    }

    #[test]
    fn what_is_shown_touched_counted_or_changed_is_a_leak() {
        let done =
            |rows: &[&str], affected| Answer::Done { rows: rows.iter().map(|r| (*r).to_owned()).collect(), affected };
        assert!(matches!(judged(done(&["a | CNRYV1 b"], 0)), Verdict::Leaked(_)));
        assert!(matches!(judged(done(&["org_v"], 0)), Verdict::Leaked(_)));
        assert!(matches!(judged(refused("22P02", "invalid input: \"CNRYV1\"")), Verdict::Leaked(_)));
        assert_eq!(judged(done(&["a"], 1)), Verdict::Held);
        let with = |answer, crossing| secrets().judge(&Observed { answer, witness: None }, crossing);
        assert!(matches!(with(done(&[], 1), Crossing::Touched), Verdict::Leaked(_)));
        assert!(matches!(with(done(&["2 | x"], 1), Crossing::Counted), Verdict::Leaked(_)));
        assert_eq!(with(done(&["0 | ∅"], 1), Crossing::Counted), Verdict::Held);
        let witness = Some(Witness(r#"{"tenantry.runs": "d2"}"#.to_owned()));
        let changed = Observed { answer: done(&[], 0), witness };
        assert!(matches!(secrets().judge(&changed, Crossing::Shown), Verdict::Leaked(_)));
    }

    #[test]
    fn an_answer_that_depends_on_what_exists_elsewhere_is_a_leak() {
        let (unique, key) = (refused("23505", "duplicate"), refused("23503", "not present"));
        let error = || Verdict::Error("x".to_owned());
        assert!(matches!(compare(error(), &unique, &key), Verdict::Leaked(_)));
        assert_eq!(compare(error(), &key, &key), Verdict::Held);
        assert!(matches!(compare(error(), &unique, &unique), Verdict::Error(_)));
    }
}
