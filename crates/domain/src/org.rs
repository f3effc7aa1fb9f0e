//! A member at the door of an organisation: one round trip for a read, a transaction for a write.

use tenancy::{Actor, Database, Live, OrgScope, OrganisationId, Query, Row, Transaction, UserId, Wakes};

use crate::access::Entrance;
use crate::audit_log::{self, Author, Entry, Origin};
use crate::mails::{self, NewMail};
use crate::{Access, Error, Permission, Presence, Result, directory, jobs};

/// A member of one organisation, named by id and by address. Whether that is true is checked with each transaction.
#[derive(Debug, Clone)]
pub struct Org {
    scope: OrgScope,
    user: UserId,
    entrance: Entrance,
    session: Option<String>,
    for_a_page: bool,
    presence: Presence,
    origin: Origin,
}

impl Org {
    /// Stands at the door; nothing is sent yet.
    pub fn new(database: &Database, organisation: OrganisationId, user: UserId, slug: &str) -> Self {
        Self::at_entrance(database, organisation, user, Entrance::Address(slug.to_owned()))
    }

    /// At the door of what is left of a deleted organisation, which lets in who was an admin there until it is erased, to take
    /// along what there is.
    pub fn of_deleted(database: &Database, organisation: OrganisationId, user: UserId) -> Self {
        Self::at_entrance(database, organisation, user, Entrance::Deleted)
    }

    fn at_entrance(database: &Database, organisation: OrganisationId, user: UserId, entrance: Entrance) -> Self {
        let scope = database.in_organisation(organisation, Actor::Member(user.clone()));
        let origin = Origin::default();
        Self { scope, user, entrance, session: None, for_a_page: false, presence: Presence::Fresh, origin }
    }

    /// The same door for somebody who came with a session: nothing is answered once it has ended, and some things only
    /// where they are there in person.
    #[must_use]
    pub fn with_session(self, session: &str, presence: Presence) -> Self {
        Self { session: Some(session.to_owned()), presence, ..self }
    }

    /// The same door for a request that came from there; changes are recorded with it.
    #[must_use]
    pub fn from(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// The same door for a page, whose head shows all of the person's organisations.
    #[must_use]
    pub fn for_a_page(self) -> Self {
        Self { for_a_page: true, ..self }
    }

    /// The same door for an open channel, which shows nobody a page's head.
    #[must_use]
    pub fn for_a_channel(self) -> Self {
        Self { for_a_page: false, ..self }
    }

    /// The same door after the organisation's address changed.
    #[must_use]
    pub fn at(self, slug: &str) -> Self {
        Self { entrance: Entrance::Address(slug.to_owned()), ..self }
    }

    /// Answers a read in one round trip: begin, membership and rights, the rows, commit.
    ///
    /// Rows of a caller who turns out to be no member, or to lack the permission, are dropped unread.
    pub async fn read<T>(&self, read: Read<T>) -> Result<(Access, T)> {
        let mut queries = self.entrance();
        let own = queries.len();
        queries.extend(read.queries);
        let mut entrance = self.scope.read(&queries).await?;
        let rows = entrance.split_off(own);
        let access = self.enter(&entrance)?;
        if let Some(permission) = read.permission {
            access.require(permission)?;
        }
        let value = (read.map)(&access, rows)?;
        Ok((access, value))
    }

    /// Opens a transaction that may write; membership and rights travel with its beginning.
    pub async fn write(&self) -> Result<OrgTx> {
        let (transaction, entrance) = self.scope.write(&self.entrance()).await?;
        let access = self.enter(&entrance)?;
        let (entrance, origin) = (self.entrance.clone(), self.origin.clone());
        Ok(OrgTx { transaction, access, entrance, presence: self.presence, origin, locked: false })
    }

    /// What travels ahead of everything else: who this is, and what they may do.
    fn entrance(&self) -> Vec<Query> {
        let mut queries = vec![self.entrance.query(&self.user)];
        if self.for_a_page {
            queries.extend([directory::mine(&self.user), directory::my_invitations(&self.user)]);
        }
        queries
    }

    fn enter(&self, rows: &[Vec<Row>]) -> Result<Access> {
        let mut access = Access::from_rows(self.scope.organisation(), &self.user, self.session.as_deref(), &rows[0])?;
        access.organisations = rows.get(1).map_or_else(Vec::new, |rows| directory::my_organisations(rows));
        access.invitations = rows.get(2).map_or_else(Vec::new, |rows| directory::invitations_of(rows));
        Ok(access)
    }

    /// Changes in the organisation, for an open channel: whoever is woken reads through the door.
    pub fn wakes(&self, live: &Live) -> Wakes {
        live.wakes(&self.scope)
    }

    /// The organisation's id.
    pub fn organisation(&self) -> &OrganisationId {
        self.scope.organisation()
    }

    /// Who sits there.
    pub fn presence(&self) -> Presence {
        self.presence
    }

    /// Where the request came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The person's id.
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// The organisation's address; empty at the door of a deleted one, whose address is nobody's.
    pub fn slug(&self) -> &str {
        match &self.entrance {
            Entrance::Address(slug) => slug,
            Entrance::Deleted => "",
        }
    }
}

type Map<T> = Box<dyn FnOnce(&Access, Vec<Vec<Row>>) -> Result<T> + Send>;

/// A read as a value: its statements, the permission it needs, and what its rows mean.
pub struct Read<T> {
    permission: Option<Permission>,
    queries: Vec<Query>,
    map: Map<T>,
}

impl Read<()> {
    /// Only who is there and what they may do.
    pub fn access_only() -> Self {
        Self { permission: None, queries: Vec::new(), map: Box::new(|_, _| Ok(())) }
    }
}

impl<T> Read<T> {
    /// Statements that travel together, and a function from their rows (a list per statement) to the answer.
    pub(crate) fn new<const N: usize>(
        permission: Permission,
        queries: [Query; N],
        map: impl FnOnce([Vec<Row>; N]) -> Result<T> + Send + 'static,
    ) -> Self {
        Self::knowing(permission, queries, |_, rows| map(rows))
    }

    /// The same where the answer depends on who asks, or on the organisation's plan.
    pub(crate) fn knowing<const N: usize>(
        permission: Permission,
        queries: [Query; N],
        map: impl FnOnce(&Access, [Vec<Row>; N]) -> Result<T> + Send + 'static,
    ) -> Self {
        let map = move |access: &Access, rows: Vec<Vec<Row>>| {
            let rows = rows.try_into();
            map(access, rows.unwrap_or_else(|_| unreachable!("the door answers each query with one list of rows")))
        };
        Self { permission: Some(permission), queries: queries.into(), map: Box::new(map) }
    }

    /// The permission it needs, if any.
    pub fn permission(&self) -> Option<Permission> {
        self.permission
    }
}

/// An open transaction of a member inside their organisation. Rolled back unless committed.
#[derive(Debug)]
pub struct OrgTx {
    transaction: Transaction,
    access: Access,
    entrance: Entrance,
    presence: Presence,
    origin: Origin,
    locked: bool,
}

impl OrgTx {
    /// Who is there and what they may do.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// `Forbidden` without the permission: the first line of every function that writes.
    pub fn require(&self, permission: Permission) -> Result<()> {
        self.access.require(permission)
    }

    /// Refuses whoever acts in somebody's name, and a person who signed in too long ago.
    pub(crate) fn require_in_person(&self) -> Result<()> {
        self.presence.require()
    }

    /// Takes the organisation's lock. What the person may do was read before it: where that changed while they waited,
    /// it is `Conflict`, and `NotFound` where they are no member any more.
    pub(crate) async fn lock(&mut self, locking: Query) -> Result<()> {
        self.rows(locking).await?;
        if self.locked {
            return Ok(());
        }
        self.locked = true;
        let Access { person, organisation, .. } = &self.access;
        let (user, at) = (person.id.clone(), organisation.id.clone());
        let rows = self.transaction.query(self.entrance.query(&user)).await?;
        let now = Access::from_rows(&at, &user, None, &rows)?;
        if now.rights == self.access.rights && now.organisation.terms == self.access.organisation.terms {
            return Ok(());
        }
        let message =
            "Your rights here or the plan changed in this very moment. Nothing was done; look again.".to_owned();
        Err(Error::Conflict { code: "rights_changed", message })
    }

    /// Has a job done inside this organisation after the commit.
    pub async fn enqueue(&mut self, kind: &'static str, payload: serde_json::Value) -> Result<()> {
        jobs::enqueue(&mut self.transaction, kind, payload).await
    }

    /// Writes a mail down, to be sent after the commit; says to how many people who have not had it.
    pub async fn mail(&mut self, mail: &NewMail) -> Result<usize> {
        mails::put(&mut self.transaction, mail).await
    }

    /// Writes into the audit log, with this transaction.
    pub(crate) async fn record(&mut self, entry: Entry) -> Result<()> {
        let author = Author::member(&self.access, &self.origin);
        audit_log::write(&mut self.transaction, &author, "done", entry).await
    }

    /// The same for what was refused.
    pub(crate) async fn record_refused(&mut self, entry: Entry) -> Result<()> {
        let author = Author::member(&self.access, &self.origin);
        audit_log::write(&mut self.transaction, &author, "refused", entry).await
    }

    /// Has open pages of the organisation look again once this is committed.
    pub(crate) async fn wake(&mut self) -> Result<()> {
        Ok(self.transaction.wake().await?)
    }

    /// Makes the changes last.
    pub async fn commit(self) -> Result<()> {
        Ok(self.transaction.commit().await?)
    }

    /// The id the change is recorded under.
    pub(crate) fn who(&self) -> String {
        self.access.person.id.to_string()
    }

    /// The open transaction itself, for what is shared with jobs.
    pub(crate) fn transaction(&mut self) -> &mut Transaction {
        &mut self.transaction
    }

    pub(crate) async fn rows(&mut self, query: Query) -> Result<Vec<Row>> {
        Ok(self.transaction.query(query).await?)
    }

    /// The one row, or `NotFound`.
    pub(crate) async fn one(&mut self, query: Query) -> Result<Row> {
        self.transaction.query_opt(query).await?.ok_or(Error::NotFound)
    }
}
