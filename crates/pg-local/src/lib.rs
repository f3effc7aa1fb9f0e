//! A Postgres of one's own for development and tests: find an installed one, create a cluster, start it, stop it.
//!
//! The server listens on a Unix socket in a directory that only its user may enter, and on no network address.
//! It installs nothing: where no server is found the error says what to type.

mod cluster;
mod error;
mod guardian;
mod installation;
mod places;
mod postmaster;
mod user;
mod version;

pub use cluster::{Cluster, Mode, Options};
pub use error::Error;
pub use guardian::Guardian;
pub use installation::Installation;
pub use version::Version;
