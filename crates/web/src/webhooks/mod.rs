//! Vendors' webhooks: verified over the raw body, recorded once, answered at once. The worker looks into them.

pub(crate) mod clerk;
mod self_test;

pub use self_test::SelfTest;
