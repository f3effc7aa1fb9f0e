//! Duties: named responsibilities, and who holds them. A step that is assigned to a duty is everybody's who holds it.

use tenancy::{Query, Row, tenant_statements};
use uuid::Uuid;

use crate::id::id_type;
use crate::text::text_type;
use crate::{Error, FieldErrors, OrgTx, Permission, Read, Result};

tenant_statements! {
    LIST = "
        select duty.id, duty.name,
               array(select holder.user_id || chr(10) || person.name
                       from duty_holders as holder
                       join memberships as membership on membership.organisation_id = $1
                            and membership.user_id = holder.user_id and membership.removed_at is null
                       join users as person on person.id = holder.user_id
                      where holder.organisation_id = $1 and holder.duty_id = duty.id
                      order by lower(person.name)),
               (select count(*) from step_templates as step
                 where step.organisation_id = $1 and step.assignee_duty = duty.id),
               (select count(*) from steps as step
                 where step.organisation_id = $1 and step.duty_id = duty.id and step.done_at is null)
          from duties as duty
         where duty.organisation_id = $1 and duty.retired_at is null
         order by duty.name_key, duty.id limit 200";
    CREATE = "
        insert into duties (organisation_id, id, name)
        select $1, $2, $3
        on conflict do nothing
        returning (select count(*) from duties as other where other.organisation_id = $1 and other.retired_at is null)";
    RENAME = "
        update duties as duty set name = $3
         where duty.organisation_id = $1 and duty.id = $2 and duty.retired_at is null
           and not exists (select from duties as other
                            where other.organisation_id = $1 and other.id <> $2 and other.retired_at is null
                              and other.name_key = lower($3))
        returning duty.id";
    /// Changes of one duty queue up behind this row.
    LOCK = "
        select id from duties where organisation_id = $1 and id = $2 and retired_at is null for no key update";
    RELEASE = "
        delete from duty_holders where organisation_id = $1 and duty_id = $2";
    HOLD = "
        insert into duty_holders (organisation_id, duty_id, user_id)
        select $1, $2, membership.user_id from memberships as membership
         where membership.organisation_id = $1 and membership.user_id = any ($3) and membership.removed_at is null
        on conflict do nothing";
    RETIRE = "
        update duties set retired_at = now() where organisation_id = $1 and id = $2 and retired_at is null returning id";
    /// Drafts ask whoever starts the run from now on.
    LET_GO = "
        update step_templates set assignee_kind = 'starter', assignee_duty = null
         where organisation_id = $1 and assignee_duty = $2";
    /// Those who can be given work: members, by name.
    PEOPLE = "
        select membership.user_id, person.name
          from memberships as membership
          join users as person on person.id = membership.user_id
         where membership.organisation_id = $1 and membership.removed_at is null and membership.waiting_since is null
         order by lower(person.name), membership.user_id limit 500";
}

/// Duties of an organisation that are in use, at most.
const MOST: i64 = 200;

id_type! {
    /// A duty.
    DutyId
}
text_type! {
    /// 1 to 60 characters on one line. Field `name`.
    DutyName, "name", 1..=60, lines: false
}

/// Somebody who can be given work.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Colleague {
    /// Clerk's id.
    pub id: String,
    /// The name others see.
    pub name: String,
}

/// A duty with its holders.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Duty {
    /// Its id.
    pub id: DutyId,
    /// Its name.
    pub name: String,
    /// Who holds it, by name.
    pub holders: Vec<Colleague>,
    /// Steps of drafts that are assigned to it.
    pub step_templates: i64,
    /// Steps of runs that wait for its holders.
    pub open_steps: i64,
}

/// The organisation's duties by name, and everybody who could hold one.
pub fn list() -> Read<(Vec<Duty>, Vec<Colleague>)> {
    Read::new(Permission::ProceduresRead, [named(), people()], |[duties, people]| {
        Ok((duties.iter().map(Duty::from_row).collect(), people.iter().map(Colleague::from_row).collect()))
    })
}

/// The statement that lists duties, to travel with others.
pub(super) fn named() -> Query {
    Query::new(LIST)
}

/// The statement that lists who can be given work, to travel with others.
pub(super) fn people() -> Query {
    Query::new(PEOPLE)
}

/// Makes a duty that nobody holds yet; conflict `too_many_duties` beyond 200.
pub async fn create(tx: &mut OrgTx, name: &DutyName) -> Result<DutyId> {
    tx.require(Permission::ProceduresManage)?;
    let id = DutyId::from(Uuid::now_v7());
    let made = tx.rows(Query::new(CREATE).bind(id.uuid()).bind(name.as_str().to_owned())).await?;
    let others: i64 = made.first().ok_or_else(taken)?.get(0);
    if others >= MOST {
        let message = format!("There are {MOST} duties already. Retire one that nobody needs.");
        return Err(Error::Conflict { code: "too_many_duties", message });
    }
    Ok(id)
}

/// Changes its name and who holds it. People who are no members hold nothing.
pub async fn change(tx: &mut OrgTx, duty: DutyId, name: &DutyName, holders: &[String]) -> Result<()> {
    tx.require(Permission::ProceduresManage)?;
    tx.one(Query::new(LOCK).bind(duty.uuid())).await?;
    if tx.rows(Query::new(RENAME).bind(duty.uuid()).bind(name.as_str().to_owned())).await?.is_empty() {
        return Err(taken());
    }
    tx.rows(Query::new(RELEASE).bind(duty.uuid())).await?;
    tx.rows(Query::new(HOLD).bind(duty.uuid()).bind(holders.to_vec())).await?;
    Ok(())
}

/// Takes a duty out of use. Drafts ask whoever starts the run instead; runs in progress keep it by name.
pub async fn retire(tx: &mut OrgTx, duty: DutyId) -> Result<()> {
    tx.require(Permission::ProceduresManage)?;
    tx.one(Query::new(RETIRE).bind(duty.uuid())).await?;
    tx.rows(Query::new(LET_GO).bind(duty.uuid())).await?;
    Ok(())
}

fn taken() -> Error {
    FieldErrors::one("name", "There is a duty of that name. Choose another one.").into()
}

impl Duty {
    pub(super) fn from_row(row: &Row) -> Self {
        let holders = row.get::<_, Vec<String>>(2);
        let holders = holders.iter().filter_map(|line| line.split_once('\n'));
        Self {
            id: row.get::<_, Uuid>(0).into(),
            name: row.get(1),
            holders: holders.map(|(id, name)| Colleague { id: id.to_owned(), name: name.to_owned() }).collect(),
            step_templates: row.get(3),
            open_steps: row.get(4),
        }
    }
}

impl Colleague {
    pub(super) fn from_row(row: &Row) -> Self {
        Self { id: row.get(0), name: row.get(1) }
    }
}
