//! Files of organisations: where any process finds what another has written.
//!
//! A file is reached through its organisation's folder alone, so a name can never lead into another's. What is being
//! written has no name yet; it gets one when it is whole and on the disk.

mod error;
mod folder;
mod name;
mod place;
mod upload;

pub use error::Error;
pub use folder::{Download, Folder, Stored};
pub use name::{InvalidName, Name};
pub use place::{BadPlace, Files};
pub use upload::Upload;

/// The result of everything that touches files.
pub type Result<T, E = Error> = std::result::Result<T, E>;
