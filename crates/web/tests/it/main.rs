//! The server, asked over HTTP: everything a caller can see, on a real Postgres, as the application's own role.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod account;
mod api;
mod app;
mod audit_log;
mod billing;
mod canaries;
mod cold_start;
mod creation;
mod dark;
mod ended_sessions;
mod foreign;
mod forgotten;
mod former_members;
mod frontend_proxy;
mod hardening;
mod in_person;
mod injection;
mod invitations;
mod lifecycle;
mod live;
mod logo;
mod lost_webhooks;
mod members;
mod offers;
mod operators;
mod profile;
mod requests;
mod revocation;
mod roles;
mod schedules;
mod sessions;
mod storm;
mod tokens;
mod webhooks;
