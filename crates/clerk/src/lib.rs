//! Clerk: sessions checked without a network, the cookie flow with its handshake, and a typed Backend API client.
//!
//! This crate knows nothing of the product. The decisions are made by a core without input or output
//! (`authenticate`), and [`Clerk`] performs the effects the core asks for. Behaviour follows Clerk's published SDKs;
//! what differs on purpose is said where it differs.

mod authenticate;
mod authenticator;
pub mod backend;
mod beacon;
mod config;
mod cookies;
mod error;
mod error_code;
mod facts;
mod frontend;
mod handshake;
mod http_client;
mod jwks;
mod keys;
mod organisation_sync;
mod outcome;
mod permissions;
mod reason;
mod refused;
mod request;
mod session;
#[cfg(test)]
mod signing;
mod token;
mod token_cache;
pub mod types;
mod verify;
pub mod webhooks;

pub use authenticator::Clerk;
pub use backend::Backend;
pub use config::{Config, ConfigError, ConfigParts, JwtKey, Satellite};
pub use error::{Error, ErrorCode};
pub use frontend::{Frontend, PROXY_PATH};
pub use keys::{InstanceType, InvalidPublishableKey, PublishableKey};
pub use organisation_sync::{InvalidPattern, OrganisationPatterns};
pub use outcome::{AUTH_REASON, AUTH_STATUS, Outcome, Redirect};
pub use reason::Reason;
pub use refused::Refused;
pub use request::Request;
pub use session::{ActiveOrganisation, Carrier, FactorAge, Session, SessionStatus, SignedIn};
pub use webhooks::Event;
