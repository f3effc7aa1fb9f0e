//! Our directory beside a Clerk account that tells the truth late, seldom, or not at all.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod reconcile;
