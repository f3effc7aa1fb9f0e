//! What a person still holds, and handing all of it to somebody else: before they leave, so that no work is lost.

use tenancy::{Query, UserId, tenant_statements};

use crate::{Error, FieldErrors, OrgTx, Permission, Read, Result, organisations};

tenant_statements! {
    HELD = "
        select (select count(*) from steps as step
                  join runs as run on run.organisation_id = $1 and run.id = step.run_id
                 where step.organisation_id = $1 and step.assignee = $2 and step.done_at is null and run.cancelled_at is null),
               array(select duty.name from duty_holders as holder
                       join duties as duty on duty.organisation_id = $1 and duty.id = holder.duty_id
                      where holder.organisation_id = $1 and holder.user_id = $2 and duty.retired_at is null
                      order by duty.name_key),
               (select count(*) from step_templates as step
                 where step.organisation_id = $1 and step.assignee_user = $2)";
    IS_MEMBER = "
        select person.name from memberships as membership join users as person on person.id = membership.user_id
         where membership.organisation_id = $1 and membership.user_id = $2 and membership.removed_at is null";
    TELL = "
        insert into activity_events (organisation_id, id, run_id, step_id, what, who, note)
        select $1, gen_random_uuid(), step.run_id, step.id, 'assigned', $3, $4
          from steps as step
         where step.organisation_id = $1 and step.assignee = $2 and step.done_at is null";
    STEPS = "
        update steps set assignee = $3, revision = revision + 1
         where organisation_id = $1 and assignee = $2 and done_at is null";
    DUTIES = "
        insert into duty_holders (organisation_id, duty_id, user_id)
        select $1, holder.duty_id, $3 from duty_holders as holder
         where holder.organisation_id = $1 and holder.user_id = $2
        on conflict do nothing";
    DUTIES_NO_MORE = "
        delete from duty_holders where organisation_id = $1 and user_id = $2";
    DRAFTS = "
        update step_templates set assignee_user = $3
         where organisation_id = $1 and assignee_user = $2
        returning procedure_id";
    TOUCH = "
        update procedures set draft_revision = draft_revision + 1 where organisation_id = $1 and id = any ($2)";
}

/// What a person holds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Holding {
    /// Steps of runs that they have to do.
    pub open_steps: i64,
    /// Duties by name.
    pub duties: Vec<String>,
    /// Steps of drafts that are assigned to them.
    pub step_templates: i64,
}

impl Holding {
    /// Whether there is nothing to hand over.
    pub fn is_nothing(&self) -> bool {
        self.open_steps == 0 && self.duties.is_empty() && self.step_templates == 0
    }
}

/// What this person holds here.
pub fn held(user: &UserId) -> Read<Holding> {
    Read::new(Permission::MembersManage, [Query::new(HELD).bind(user.to_string())], |[rows]| {
        let row = rows.first().ok_or(Error::NotFound)?;
        Ok(Holding { open_steps: row.get(0), duties: row.get(1), step_templates: row.get(2) })
    })
}

/// Gives all of it to another member: open steps, duties, and steps of drafts. `Invalid` on `heir` where they are none.
pub async fn hand_over(tx: &mut OrgTx, from: &UserId, heir: &UserId) -> Result<()> {
    tx.require(Permission::MembersManage)?;
    organisations::lock(tx).await?;
    let heirs = tx.rows(Query::new(IS_MEMBER).bind(heir.to_string())).await?;
    let Some(name) = heirs.first().filter(|_| heir != from).map(|row| row.get::<_, String>(0)) else {
        return Err(FieldErrors::one("heir", "Choose another member to hand it to.").into());
    };
    let who = tx.who();
    let pair = |statement| Query::new(statement).bind(from.to_string()).bind(heir.to_string());
    let note: String = format!("To {name}.").chars().take(300).collect();
    tx.rows(Query::new(TELL).bind(from.to_string()).bind(who).bind(note)).await?;
    tx.rows(pair(STEPS)).await?;
    tx.rows(pair(DUTIES)).await?;
    tx.rows(Query::new(DUTIES_NO_MORE).bind(from.to_string())).await?;
    let drafts: Vec<uuid::Uuid> = tx.rows(pair(DRAFTS)).await?.iter().map(|row| row.get(0)).collect();
    tx.rows(Query::new(TOUCH).bind(drafts)).await?;
    tx.wake().await
}
