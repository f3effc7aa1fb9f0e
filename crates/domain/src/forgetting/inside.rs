//! What is forgotten inside one organisation, in one transaction under its lock.

use serde_json::{Value, json};
use tenancy::{Actor, Database, OrganisationId, Query, Row, Transaction, tenant_statements};
use uuid::Uuid;

use super::{FORGET_PERSON, FORMER_MEMBER, Traces};
use crate::audit_log::{self, Author, Entry};
use crate::billing::record::SYNC_BILLING;
use crate::invitations::delivery::TELL_CLERK_INVITATION;
use crate::{Error, Result, jobs, organisations};

tenant_statements! {
    /// Invitations to them: whom they went to is nobody's to know, and what is pending is over.
    INVITED = "
        with theirs as (
               select invitation.id, invitation.state from invitations as invitation
                where invitation.organisation_id = $1
                  and (invitation.accepted_by = $2 or invitation.address = any ($3)))
        update invitations as invitation
           set address = 'former.member@forgotten.invalid', trouble = null,
               state = case theirs.state when 'pending' then 'revoked' else theirs.state end,
               ended_at = coalesce(invitation.ended_at, now())
          from theirs where invitation.organisation_id = $1 and invitation.id = theirs.id
        returning invitation.id, theirs.state = 'pending'";
    INVITED_BY = "
        update invitations set inviter_name = 'Former member'
         where organisation_id = $1 and invited_by = $2 and inviter_name <> 'Former member'";
    DELETED_BY = "
        update closings set asked_by_name = 'Former member'
         where organisation_id = $1 and asked_by = $2 and asked_by_name <> 'Former member'";
    EXPORTED_BY = "
        update exports set asked_by_name = 'Former member'
         where organisation_id = $1 and asked_by = $2 and asked_by_name <> 'Former member'";
    /// Files that name them: the next one does not.
    EXPORTED = "
        update exports as export
           set state = case export.state when 'ready' then 'expired' else 'failed' end,
               trouble = case export.state when 'ready' then null
                         else 'Somebody who belonged here was forgotten meanwhile. Another export is without their name.' end,
               finished_at = coalesce(export.finished_at, now())
         where export.organisation_id = $1 and export.state in ('running', 'ready')";
    MAILS = "
        delete from mails where organisation_id = $1 and (recipient_id = $2 or lower(address) = any ($3))";
    BILLED = "
        update billing_accounts set billing_email = null, email_forgotten = true
         where organisation_id = $1 and lower(billing_email) = any ($2)
        returning organisation_id";
    /// Entries that they wrote, that are about them or their invitations, or that name them.
    NAMED = "
        select entry.sequence, entry.actor_id, entry.actor_name, entry.object_id, entry.object_name, entry.before, entry.after,
               entry.address, entry.user_agent
          from audit_log as entry
         where entry.organisation_id = $1 and entry.sequence > $2 and entry.action <> 'person.forgotten'
           and (entry.actor_id = $3 or entry.object_id = any ($4)
                or exists (select from unnest($5::text[]) as word
                            where strpos(lower(concat_ws(' ', entry.actor_name, entry.object_name, entry.before::text, entry.after::text)), word) > 0))
         order by entry.sequence limit 200";
    NEXT = "select head.sequence + 1 from audit_heads as head where head.organisation_id = $1";
    /// What is left of entries, and the digest of each as it is from now on.
    REDACT = "
        update audit_log as entry
           set actor_name = kept.actor_name, object_name = kept.object_name, before = kept.before, after = kept.after,
               address = kept.address, user_agent = kept.user_agent, forgotten_in = $3
          from jsonb_to_recordset($2) as kept
               (sequence int8, actor_name text, object_name text, before jsonb, after jsonb, address text, user_agent text)
         where entry.organisation_id = $1 and entry.sequence = kept.sequence
        returning entry.sequence, encode(sha256(convert_to(tenancy.audit_text(entry), 'UTF8')), 'hex')";
}

/// Entries that one entry of the log vouches for.
const AT_ONCE: usize = 200;

pub(super) async fn forget(database: &Database, at: &OrganisationId, traces: &Traces) -> Result<()> {
    let door = database.in_organisation(at.clone(), Actor::Job(FORGET_PERSON));
    let (mut tx, _) = door.write(&[organisations::locking()]).await?;
    let about_them = |statement| Query::new(statement).bind(traces.user.to_string()).bind(traces.addresses.clone());
    // In the entries by their ids, as the addresses are the people's.
    let mut objects = vec![traces.user.to_string()];
    for row in tx.query(about_them(INVITED)).await? {
        let id: Uuid = row.get(0);
        objects.push(id.to_string());
        if row.get(1) {
            jobs::enqueue(&mut tx, TELL_CLERK_INVITATION, json!({ "invitation": id })).await?;
        }
    }
    tx.query(Query::new(INVITED_BY).bind(traces.user.to_string())).await?;
    tx.query(Query::new(DELETED_BY).bind(traces.user.to_string())).await?;
    tx.query(Query::new(EXPORTED_BY).bind(traces.user.to_string())).await?;
    tx.query(about_them(MAILS)).await?;
    if !tx.query(Query::new(BILLED).bind(traces.addresses.clone())).await?.is_empty() {
        jobs::enqueue(&mut tx, SYNC_BILLING, json!({})).await?;
    }
    let invited = objects.len() > 1;
    if redact_log(&mut tx, traces, &objects).await? || invited {
        tx.query(Query::new(EXPORTED)).await?;
    }
    Ok(tx.commit().await?)
}

/// Takes them out of the log, and writes into the log what it says from now on of the entries that it said more of: the chain
/// holds, and nobody else can use this to change anything. Says whether they were in it.
async fn redact_log(tx: &mut Transaction, traces: &Traces, objects: &[String]) -> Result<bool> {
    let (mut after, mut named) = (0_i64, false);
    loop {
        let query = Query::new(NAMED).bind(after).bind(traces.user.to_string()).bind(objects.to_vec());
        let rows = tx.query(query.bind(traces.words())).await?;
        named |= !rows.is_empty();
        let kept: Vec<Value> = rows.iter().filter_map(|row| redacted(row, traces, objects)).collect();
        if !kept.is_empty() {
            vouch(tx, traces, kept).await?;
        }
        match rows.last() {
            Some(last) if rows.len() == AT_ONCE => after = last.get(0),
            _ => return Ok(named),
        }
    }
}

async fn vouch(tx: &mut Transaction, traces: &Traces, kept: Vec<Value>) -> Result<()> {
    let next: i64 = tx.query_opt(Query::new(NEXT)).await?.ok_or(Error::NotFound)?.get(0);
    let rows = tx.query(Query::new(REDACT).bind(Value::Array(kept)).bind(next)).await?;
    let digests: serde_json::Map<String, Value> =
        rows.iter().map(|row| (row.get::<_, i64>(0).to_string(), row.get::<_, String>(1).into())).collect();
    let entry = Entry::new("person.forgotten").on(&traces.user, FORMER_MEMBER).after(json!({ "entries": digests }));
    audit_log::write(tx, &Author::machine("job", FORGET_PERSON, "Tenantry"), "done", entry).await
}

/// What is left of an entry; none where nothing has to go.
fn redacted(row: &Row, traces: &Traces, objects: &[String]) -> Option<Value> {
    let by_them = row.get::<_, &str>(1) == traces.user.as_str();
    let about_them = objects.iter().any(|id| id == row.get::<_, &str>(3));
    let text = |text: &str, certain: bool| {
        let goes = !text.is_empty() && (certain || traces.are_in(text));
        if goes { FORMER_MEMBER.to_owned() } else { text.to_owned() }
    };
    let sides = [5, 6].map(|at| row.get::<_, Option<Value>>(at));
    let [before, after] = sides.clone().map(|side| side.map(|side| without(side, traces)));
    let whence = [7, 8].map(|at| if by_them { "" } else { row.get::<_, &str>(at) });
    let (actor, object) = (text(row.get(2), by_them), text(row.get(4), about_them));
    let same = actor == row.get::<_, &str>(2)
        && object == row.get::<_, &str>(4)
        && [&before, &after] == [&sides[0], &sides[1]]
        && whence == [7, 8].map(|at| row.get::<_, &str>(at));
    (!same).then(|| {
        json!({
            "sequence": row.get::<_, i64>(0), "actor_name": actor, "object_name": object, "before": before, "after": after,
            "address": whence[0], "user_agent": whence[1],
        })
    })
}

fn without(value: Value, traces: &Traces) -> Value {
    match value {
        Value::String(text) if traces.are_in(&text) => FORMER_MEMBER.into(),
        Value::Array(items) => items.into_iter().map(|item| without(item, traces)).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, field)| (name, without(field, traces))).collect(),
        other => other,
    }
}
