//! A member at the door of an organisation: one round trip for a read, a transaction for a write.

use tenancy::{Actor, Database, OrgScope, OrganisationId, Query, Row, Transaction, UserId};

use crate::{Access, Error, Permission, Result, jobs};

/// A member of one organisation, named by id and by address. Whether that is true is checked with each transaction.
#[derive(Debug, Clone)]
pub struct Org {
    scope: OrgScope,
    user: UserId,
    slug: String,
}

impl Org {
    /// Stands at the door; nothing is sent yet.
    pub fn new(database: &Database, organisation: OrganisationId, user: UserId, slug: &str) -> Self {
        let scope = database.in_organisation(organisation, Actor::Member(user.clone()));
        Self { scope, user, slug: slug.to_owned() }
    }

    /// Answers a read in one round trip: begin, membership and rights, the rows, commit.
    ///
    /// Rows of a caller who turns out to be no member, or to lack the permission, are dropped unread.
    pub async fn read<T>(&self, read: Read<T>) -> Result<(Access, T)> {
        let mut queries = Vec::with_capacity(read.queries.len() + 1);
        queries.push(Access::query(&self.user, &self.slug));
        queries.extend(read.queries);
        let mut rows = self.scope.read(&queries).await?;
        let access = Access::from_rows(self.scope.organisation(), &self.user, &rows.remove(0))?;
        if let Some(permission) = read.permission {
            access.require(permission)?;
        }
        let value = (read.map)(rows)?;
        Ok((access, value))
    }

    /// Opens a transaction that may write; membership and rights travel with its beginning.
    pub async fn write(&self) -> Result<OrgTx> {
        let (transaction, rows) = self.scope.write(&[Access::query(&self.user, &self.slug)]).await?;
        let access = Access::from_rows(self.scope.organisation(), &self.user, &rows[0])?;
        Ok(OrgTx { transaction, access })
    }

    /// The organisation's id.
    pub fn organisation(&self) -> &OrganisationId {
        self.scope.organisation()
    }

    /// The person's id.
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// The organisation's address.
    pub fn slug(&self) -> &str {
        &self.slug
    }
}

type Map<T> = Box<dyn FnOnce(Vec<Vec<Row>>) -> Result<T> + Send>;

/// A read as a value: its statements, the permission it needs, and what its rows mean.
pub struct Read<T> {
    permission: Option<Permission>,
    queries: Vec<Query>,
    map: Map<T>,
}

impl Read<()> {
    /// Only who is there and what they may do.
    pub fn access_only() -> Self {
        Self { permission: None, queries: Vec::new(), map: Box::new(|_| Ok(())) }
    }
}

impl<T> Read<T> {
    /// Statements that travel together, and a function from their rows (a list per statement) to the answer.
    pub(crate) fn new<const N: usize>(
        permission: Permission,
        queries: [Query; N],
        map: impl FnOnce([Vec<Row>; N]) -> Result<T> + Send + 'static,
    ) -> Self {
        let map = move |rows: Vec<Vec<Row>>| {
            map(rows.try_into().unwrap_or_else(|_| unreachable!("the door answers each query with one list of rows")))
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

    /// Has a job done inside this organisation after the commit.
    pub async fn enqueue(&mut self, kind: &'static str, payload: serde_json::Value) -> Result<()> {
        jobs::enqueue(&mut self.transaction, kind, payload).await
    }

    /// Makes the changes last.
    pub async fn commit(self) -> Result<()> {
        Ok(self.transaction.commit().await?)
    }

    /// The id the change is recorded under.
    pub(crate) fn who(&self) -> String {
        self.access.person.id.to_string()
    }

    pub(crate) async fn rows(&mut self, query: Query) -> Result<Vec<Row>> {
        Ok(self.transaction.query(query).await?)
    }

    /// The one row, or `NotFound`.
    pub(crate) async fn one(&mut self, query: Query) -> Result<Row> {
        self.transaction.query_opt(query).await?.ok_or(Error::NotFound)
    }
}
