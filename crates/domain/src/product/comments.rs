//! Comments on the steps of a run, and the people named in them.

use jiff::Timestamp;
use tenancy::{Query, Row, tenant_statements};
use uuid::Uuid;

use super::activity::{self, What};
use super::duties::{self, Colleague};
use super::runs::{self, RunId};
use super::steps::StepId;
use crate::id::id_type;
use crate::text::text_type;
use crate::{Error, OrgTx, Permission, Result};

tenant_statements! {
    OF_RUN = "
        select comment.id, comment.step_id, comment.text, writer.name, comment.written_at,
               array(select mention.user_id || chr(10) || person.name
                       from mentions as mention join users as person on person.id = mention.user_id
                      where mention.organisation_id = $1 and mention.comment_id = comment.id)
          from comments as comment
          left join users as writer on writer.id = comment.written_by
         where comment.organisation_id = $1 and comment.run_id = $2
         order by comment.id limit 1000";
    WRITE = "
        insert into comments (organisation_id, id, run_id, step_id, text, written_by)
        select $1, $2, $3, step.id, $5, $6
          from steps as step where step.organisation_id = $1 and step.run_id = $3 and step.id = $4
        returning id";
    MENTION = "
        insert into mentions (organisation_id, comment_id, user_id) select $1, $2, unnest($3::text[])";
}

/// People named in one comment, at most.
const MOST_MENTIONS: usize = 20;

id_type! {
    /// A comment.
    CommentId
}
text_type! {
    /// 1 to 2,000 characters, line breaks kept. Field `text`.
    CommentText, "text", 1..=2000, lines: true
}

/// A piece of what was said.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// Words.
    Text(String),
    /// Somebody's name.
    Mention(String),
}

/// Something said about a step.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// The step.
    pub step_id: StepId,
    /// What was said, in pieces.
    pub said: Vec<Said>,
    /// Who said it; unknown once they are forgotten.
    pub written_by: Option<String>,
    /// When.
    pub written_at: Timestamp,
}

/// The statement that lists a run's comments, oldest first, to travel with others.
pub(super) fn of_run(run: RunId) -> Query {
    Query::new(OF_RUN).bind(run.uuid())
}

/// Says something about a step. `@` and a member's name, or the first of their names where nobody shares it, names them.
pub async fn write(tx: &mut OrgTx, run: RunId, step: StepId, text: &CommentText) -> Result<CommentId> {
    tx.require(Permission::RunsWork)?;
    runs::lock(tx, run).await?;
    let people: Vec<Colleague> = tx.rows(duties::people()).await?.iter().map(Colleague::from_row).collect();
    let (stored, named) = stored(text.as_str(), &people);
    let id = CommentId::from(Uuid::now_v7());
    let who = tx.who();
    let query = Query::new(WRITE).bind(id.uuid()).bind(run.uuid()).bind(step.uuid()).bind(stored).bind(who.clone());
    if tx.rows(query).await?.is_empty() {
        return Err(Error::NotFound);
    }
    if !named.is_empty() {
        tx.rows(Query::new(MENTION).bind(id.uuid()).bind(named)).await?;
    }
    activity::write(tx.transaction(), run, Some(step), What::Commented, Some(&who), "").await?;
    runs::settle(tx, run).await?;
    Ok(id)
}

/// The text with names replaced by ids, and whose they are.
fn stored(text: &str, people: &[Colleague]) -> (String, Vec<String>) {
    // What looks like an id already was typed, and stays words.
    let text = text.replace("<@", "< @");
    let mut stored = String::with_capacity(text.len());
    let mut named: Vec<String> = Vec::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find('@') {
        stored.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let starts_a_word = stored.chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        match starts_a_word.then(|| whose(after, people)).flatten() {
            Some((person, length)) if named.len() < MOST_MENTIONS || named.contains(&person.id) => {
                stored.push_str("<@");
                stored.push_str(&person.id);
                stored.push('>');
                if !named.contains(&person.id) {
                    named.push(person.id.clone());
                }
                rest = &after[length..];
            }
            _ => {
                stored.push('@');
                rest = after;
            }
        }
    }
    stored.push_str(rest);
    (stored, named)
}

/// Whose name a text begins with, and how many bytes of it: the longest name there is.
fn whose<'a>(text: &str, people: &'a [Colleague]) -> Option<(&'a Colleague, usize)> {
    let full = people.iter().map(|person| (person, person.name.as_str()));
    let first = people.iter().filter_map(|person| {
        let first = person.name.split_whitespace().next()?;
        let shared = people.iter().filter(|other| other.name.split_whitespace().next() == Some(first)).count() > 1;
        (!shared).then_some((person, first))
    });
    let fits = |name: &str| {
        let begins = text.get(..name.len()).is_some_and(|text| text.eq_ignore_ascii_case(name));
        begins && text[name.len()..].chars().next().is_none_or(|next| !next.is_alphanumeric())
    };
    let (person, name) =
        full.chain(first).filter(|(_, name)| !name.is_empty() && fits(name)).max_by_key(|(_, name)| name.len())?;
    Some((person, name.len()))
}

/// What is shown of it: ids become the names that people have now.
fn said(stored: &str, named: &[(&str, &str)]) -> Vec<Said> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = stored;
    while let Some(at) = rest.find("<@") {
        let Some((id, after)) = rest[at + 2..].split_once('>') else { break };
        text.push_str(&rest[..at]);
        if !text.is_empty() {
            pieces.push(Said::Text(std::mem::take(&mut text)));
        }
        let name = named.iter().find(|(user, _)| *user == id).map_or("Former member", |(_, name)| name);
        pieces.push(Said::Mention(name.to_owned()));
        rest = after;
    }
    text.push_str(rest);
    if !text.is_empty() {
        pieces.push(Said::Text(text));
    }
    pieces
}

impl Comment {
    pub(super) fn from_row(row: &Row) -> Self {
        let named = row.get::<_, Vec<String>>(5);
        let named: Vec<(&str, &str)> = named.iter().filter_map(|line| line.split_once('\n')).collect();
        Self {
            id: row.get::<_, Uuid>(0).into(),
            step_id: row.get::<_, Uuid>(1).into(),
            said: said(row.get(2), &named),
            written_by: row.get(3),
            written_at: row.get(4),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> Vec<Colleague> {
        [("user_1", "Ada Brandt"), ("user_2", "Max Oyelaran"), ("user_3", "Max Brandt"), ("user_4", "Ann")]
            .map(|(id, name)| Colleague { id: id.to_owned(), name: name.to_owned() })
            .into()
    }

    #[test]
    fn names_are_found_where_they_stand() {
        for (typed, kept, named) in [
            ("@Ada look", "<@user_1> look", vec!["user_1"]),
            ("(@ada brandt)", "(<@user_1>)", vec!["user_1"]),
            ("@Adam and @Anna", "@Adam and @Anna", vec![]),
            // Two are called Max: only a whole name tells them apart.
            ("@Max @Max Oyelaran", "@Max <@user_2>", vec!["user_2"]),
            ("ada@Ada.example", "ada@Ada.example", vec![]),
            ("@Ada @Ada", "<@user_1> <@user_1>", vec!["user_1"]),
            ("<@user_2>", "< @user_2>", vec![]),
            ("@", "@", vec![]),
        ] {
            assert_eq!(
                stored(typed, &people()),
                (kept.to_owned(), named.iter().map(ToString::to_string).collect()),
                "{typed}"
            );
        }
    }

    #[test]
    fn who_is_named_is_shown_as_they_are_called_now() {
        let text = |text: &str| Said::Text(text.to_owned());
        assert_eq!(
            said("<@user_1> look", &[("user_1", "Ada Lind")]),
            [Said::Mention("Ada Lind".to_owned()), text(" look")]
        );
        assert_eq!(said("ask <@user_9>", &[]), [text("ask "), Said::Mention("Former member".to_owned())]);
        assert_eq!(said("a <@ b", &[]), [text("a <@ b")]);
    }
}
