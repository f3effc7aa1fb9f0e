//! Somebody whose account is gone for good is forgotten: no name, address or picture of theirs is left in any table. What they did
//! stays, under an id that leads nowhere and the words `Former member`.
//!
//! First they are out everywhere ([`crate::directory::forget_person`]); then [`FORGET_PERSON`] goes through every organisation,
//! deleted ones too, in a transaction each; last their own row is emptied. Whatever comes in between, it begins again.

mod inside;

use serde_json::json;
use tenancy::{Database, OrganisationId, Query, SystemReason, Transaction, UserId, directory_statements};

use crate::{Error, Result, jobs};

pub(crate) use inside::STATEMENTS as INSIDE;

directory_statements! {
    WHO = "
        select person.name, person.email, person.addresses, person.forgotten_at is not null
          from users as person where person.id = $1 and person.deleted_at is not null";
    EVERYWHERE = "select id from organisations order by id";
    /// What will still be written down, or looked into, about them: work of the last hour. Older work stands still.
    ON_ITS_WAY = "
        select from jobs as job
         where job.state = 'ready' and job.kind <> 'forget_person' and job.created_at > now() - interval '1 hour'
           and (strpos(job.payload::text, $2) > 0
                or exists (select from unnest($1::text[]) as word where strpos(lower(job.payload::text), word) > 0))
        union all
        select from inbound_events as event
         where event.processed_at is null and event.received_at > now() - interval '1 hour'
           and (strpos(event.body, $2) > 0
                or exists (select from unnest($1::text[]) as word where strpos(lower(event.body), word) > 0))
        limit 1";
    EMPTY_JOBS = "
        update jobs as job set payload = '{}', last_error = null
         where (job.state <> 'ready' or job.created_at <= now() - interval '1 hour')
           and (strpos(job.payload::text, $2) > 0
                or exists (select from unnest($1::text[]) as word
                            where strpos(lower(job.payload::text), word) > 0 or strpos(lower(job.last_error), word) > 0))";
    EMPTY_EVENTS = "
        update inbound_events as event set body = '{}'
         where event.body <> '{}'
           and (strpos(event.body, $2) > 0
                or exists (select from unnest($1::text[]) as word where strpos(lower(event.body), word) > 0))";
    EMPTY_PERSON = "
        update users
           set name = 'Former member', email = '', addresses = '{}', forgotten_at = coalesce(forgotten_at, now())
         where id = $1 and deleted_at is not null";
}

/// The job that forgets somebody. Payload: `{"user": "user_…"}`.
pub const FORGET_PERSON: &str = "forget_person";
/// The job that has Clerk delete somebody's account. Payload: `{"user": "user_…"}`.
pub const DELETE_CLERK_USER: &str = "delete_clerk_user";

/// What stands where a name stood.
pub const FORMER_MEMBER: &str = "Former member";

/// What is looked for.
#[derive(Debug, Clone)]
struct Traces {
    user: UserId,
    name: String,
    /// In small letters.
    addresses: Vec<String>,
}

impl Traces {
    /// Everything that tells who they are, in small letters.
    fn words(&self) -> Vec<String> {
        let name = Some(self.name.to_lowercase()).filter(|name| self.is_known_by_name() && !name.is_empty());
        self.addresses.iter().cloned().chain(name).collect()
    }

    /// Whether the name is one that only they are likely to have: a single word may be anything.
    fn is_known_by_name(&self) -> bool {
        self.name.trim().contains(' ')
    }

    /// Whether a text tells who they are.
    fn are_in(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        (text == self.name && !text.is_empty())
            || self.addresses.iter().any(|address| lower.contains(address.as_str()))
            || (self.is_known_by_name() && lower.contains(&self.name.to_lowercase()))
    }
}

/// Has somebody forgotten after the commit.
pub(crate) async fn begin(tx: &mut Transaction, user: &UserId) -> Result<()> {
    jobs::enqueue(tx, FORGET_PERSON, json!({ "user": user.as_str() })).await
}

/// Has Clerk delete the person's account as soon as it answers.
pub async fn delete_at_clerk_later(database: &Database, user: &UserId) -> Result<()> {
    let mut tx = database.system(SystemReason::SignIn).begin().await?;
    jobs::enqueue(&mut tx, DELETE_CLERK_USER, json!({ "user": user.as_str() })).await?;
    Ok(tx.commit().await?)
}

/// Takes every trace of somebody out of every table. Nothing where they are not gone.
///
/// # Errors
/// `Conflict` while work about them is on its way, which would bring them back.
pub async fn forget(database: &Database, user: &UserId) -> Result<()> {
    let directory = database.system(SystemReason::Mirror);
    let rows = directory.run(Query::new(WHO).bind(user.to_string())).await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let (name, email, addresses, forgotten): (String, String, Vec<String>, bool) =
        (row.get(0), row.get(1), row.get(2), row.get(3));
    let mut addresses: Vec<String> = addresses.into_iter().chain([email]).map(|one| one.to_lowercase()).collect();
    addresses.retain(|address| address.contains('@'));
    addresses.sort();
    addresses.dedup();
    let traces = Traces { user: user.clone(), name: if forgotten { String::new() } else { name }, addresses };
    let words = traces.words();
    let everywhere = |statement| Query::new(statement).bind(words.clone()).bind(user.to_string());
    if !directory.run(everywhere(ON_ITS_WAY)).await?.is_empty() {
        let message = "Work about this person is on its way; they are forgotten after it.".to_owned();
        return Err(Error::Conflict { code: "on_its_way", message });
    }
    // Whoever comes up again after that was named by a late event, and stands in no organisation.
    if !forgotten {
        for row in directory.run(Query::new(EVERYWHERE)).await? {
            if let Ok(organisation) = OrganisationId::parse(row.get(0)) {
                inside::forget(database, &organisation, &traces).await?;
            }
        }
    }
    let mut tx = directory.begin().await?;
    tx.query(everywhere(EMPTY_JOBS)).await?;
    tx.query(everywhere(EMPTY_EVENTS)).await?;
    tx.query(Query::new(EMPTY_PERSON).bind(user.to_string())).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_word_is_a_name_only_where_it_stands_alone() {
        let traces = |name: &str| Traces {
            user: UserId::parse("user_ada").unwrap(),
            name: name.to_owned(),
            addresses: vec!["ada@acme.example".to_owned()],
        };
        for (name, text, expected) in [
            ("Ada Brandt", "Ada Brandt", true),
            ("Ada Brandt", "by ADA BRANDT, admin", true),
            ("Ada Brandt", "Ada", false),
            ("Admin", "Admin", true),
            ("Admin", "Administration", false),
            ("Admin", "write to Ada@Acme.example", true),
            ("", "", false),
        ] {
            assert_eq!(traces(name).are_in(text), expected, "{name} in {text}");
        }
        assert_eq!(traces("Admin").words(), ["ada@acme.example"]);
    }
}
