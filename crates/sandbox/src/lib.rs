//! The local sandbox: what Tenantry needs of Clerk and of Stripe, on loopback ports.
//!
//! It speaks their wire protocols well enough that the unmodified ClerkJS and the official server libraries cannot
//! tell the difference in what Tenantry uses. It keeps its own people, organisations, memberships, sessions and mails
//! in one data directory. No production crate depends on it; it runs as a process of its own.

// The user object alone has forty members, and the macro that writes it counts each.
#![recursion_limit = "256"]

mod app;
mod assets;
mod backend;
mod browser;
mod call;
mod clock;
mod control;
mod cookies;
mod errors;
mod faults;
mod frontend;
mod ids;
mod instance;
mod keys;
mod limits;
mod listen;
mod logos;
mod mailbox;
mod options;
mod origins;
mod packed_permissions;
mod picture;
mod portal;
mod received;
mod records;
mod refusals;
mod server;
mod settings;
mod smtp;
mod state;
mod store;
mod stripe;
mod tokens;
mod webhook_secrets;
mod webhooks;

pub use listen::PortTaken;
pub use options::{ClaimsVersion, Options, RetrySchedule};
pub use server::{Sandbox, start};
