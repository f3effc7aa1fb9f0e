//! The server, asked over HTTP: everything a caller can see, on a real Postgres, as the application's own role.

mod access;
mod api;
mod app;
mod canaries;
mod foreign;
mod hardening;
mod requests;
mod sessions;
mod tokens;
mod webhooks;
