//! Billing beside a Stripe that answers: the sandbox, in this process, and a real Postgres.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod checkout;
mod customer;
mod ending;
mod histories;
mod quarantine;
mod setup;
mod stage;
mod standing;
mod two_paid;
mod walks;
