//! Under whose name a change is made.

use crate::UserId;

/// Whoever a change inside an organisation is recorded under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person, as a member of the organisation.
    Member(UserId),
    /// A background job, by its kind.
    Job(&'static str),
}

impl Actor {
    /// The person, where it is one.
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Self::Member(user) => Some(user),
            Self::Job(_) => None,
        }
    }
}
