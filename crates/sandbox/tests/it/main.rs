//! The sandbox over HTTP, as browsers, servers and receivers of webhooks meet it.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod backend;
mod codes;
mod control;
mod faults;
mod frontend;
mod handshake;
mod instance;
mod invitations;
mod limits;
mod passwords;
mod portal;
mod ports;
mod production;
mod receiver;
mod restart;
mod retries;
mod settings;
mod shapes;
mod smtp;
mod stripe;
mod webhooks;
