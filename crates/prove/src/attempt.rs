//! One statement in one transaction, rolled back: what came of it, and what it did to the victim's rows meanwhile.

use futures_util::{TryStreamExt as _, future::join4, pin_mut};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::error::described;
use crate::witness::{self, Witness};

/// What an attacker sees of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Rows as text, sorted, and how many were touched.
    Done { rows: Vec<String>, affected: u64 },
    /// The server refused.
    Refused(Refusal),
    /// No answer from the server: says nothing about isolation.
    Broken(String),
}

/// Everything a refusal tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) text: String,
    pub(crate) constraint: Option<String>,
}

/// An answer with the witness's word, where the statement came through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Observed {
    pub(crate) answer: Answer,
    pub(crate) witness: Option<Witness>,
}

impl Answer {
    /// Everything in it that can be read.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Done { rows, .. } => rows.join("\n"),
            Self::Refused(refusal) => refusal.text.clone(),
            Self::Broken(why) => why.clone(),
        }
    }
}

impl Refusal {
    /// Whether it was the boundary that refused: rights, a policy, a context that is not there.
    pub(crate) fn is_the_wall(&self) -> bool {
        let outside = self.code == "42704" && self.text.contains("app.current_org_id");
        let written_outside =
            self.constraint.as_deref().is_some_and(|name| name.ends_with("_written_inside_an_organisation"));
        self.code == SqlState::INSUFFICIENT_PRIVILEGE.code() || outside || written_outside
    }
}

/// Begins, attacks, asks the witness, rolls back: one round trip.
pub(crate) async fn run(client: &Client, begin: &str, sql: &str) -> Observed {
    let (begun, answer, witness, ended) = join4(
        client.batch_execute(begin),
        client.simple_query(sql),
        client.simple_query(witness::ASK),
        client.batch_execute("rollback"),
    )
    .await;
    if let Err(error) = begun.and(ended) {
        return Observed { answer: Answer::Broken(described(&error)), witness: None };
    }
    let answer = match answer {
        Ok(messages) => done(&messages),
        Err(error) => refused(&error),
    };
    let witness = witness.ok().and_then(|messages| Witness::heard(&messages));
    match (&answer, &witness) {
        (Answer::Done { .. }, None) => {
            Observed { answer: Answer::Broken("the witness did not answer".to_owned()), witness }
        }
        _ => Observed { answer, witness },
    }
}

/// The same for `copy … to stdout`.
pub(crate) async fn copy_out(client: &Client, begin: &str, sql: &str) -> Observed {
    let copied = async {
        client.batch_execute(begin).await?;
        let stream = client.copy_out(sql).await?;
        pin_mut!(stream);
        let mut bytes = Vec::new();
        while let Some(chunk) = stream.try_next().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok::<Vec<String>, tokio_postgres::Error>(String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect())
    };
    let answer = match copied.await {
        Ok(rows) => Answer::Done { affected: rows.len() as u64, rows },
        Err(error) => refused(&error),
    };
    match client.batch_execute("rollback").await {
        Ok(()) => Observed { answer, witness: None },
        Err(error) => Observed { answer: Answer::Broken(described(&error)), witness: None },
    }
}

fn done(messages: &[SimpleQueryMessage]) -> Answer {
    let (mut rows, mut affected) = (Vec::new(), 0);
    for message in messages {
        match message {
            SimpleQueryMessage::Row(row) => {
                let fields = (0..row.len()).map(|at| row.get(at).unwrap_or("∅"));
                rows.push(fields.collect::<Vec<_>>().join(" | "));
            }
            SimpleQueryMessage::CommandComplete(count) => affected += count,
            _ => {}
        }
    }
    rows.sort();
    Answer::Done { rows, affected }
}

pub(crate) fn refused(error: &tokio_postgres::Error) -> Answer {
    let Some(db) = error.as_db_error() else { return Answer::Broken(error.to_string()) };
    // A server that goes away or has no time refuses nobody in particular.
    let code = db.code().code();
    if ["08", "40", "53", "55P03", "57", "58", "XX"].iter().any(|class| code.starts_with(class)) {
        return Answer::Broken(described(error));
    }
    let parts = [Some(db.message()), db.detail(), db.hint(), db.where_()];
    Answer::Refused(Refusal {
        code: code.to_owned(),
        text: parts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        constraint: db.constraint().map(str::to_owned),
    })
}
