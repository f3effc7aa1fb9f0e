//! Mails: what a notice says in words, as HTML and as text, and the way to a mail server.
//!
//! What a person or an organisation is called comes from outside and is plain text here: it can neither become markup nor
//! a header. Every link begins with the public address and nothing else.

mod config;
mod error;
mod letter;
mod mailer;
mod message;
mod plain;

pub use config::{BadConfig, Config};
pub use error::Error;
pub use letter::{Letter, Teller};
pub use mailer::Mailer;
pub use message::{Message, Recipient};
