//! Why an archive is not read, in a line.

/// What is wrong with an archive.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// No ZIP, or one that ends in the middle.
    #[error("this is no whole ZIP file: {0}")]
    NotAZip(String),
    /// A ZIP of something else.
    #[error("this is no archive of an organisation: {0}")]
    NotOurs(String),
    /// Written by another version.
    #[error("the archive has version {found} of its format, and this program reads version {read}")]
    Version {
        /// The archive's.
        found: u64,
        /// Ours.
        read: u32,
    },
    /// It names what it has not.
    #[error("{0} is missing in the archive")]
    Missing(String),
    /// It has what it does not name.
    #[error("the archive has {0:?}, which its manifest does not name")]
    Unnamed(String),
    /// A name that leads out of the archive, or is not one that we write.
    #[error("the archive names a file {0:?}, which is no name of ours")]
    Name(String),
    /// A link, or something else that is no file.
    #[error("{0} is no plain file in the archive")]
    NotAFile(String),
    /// Packed in a way that we do not write.
    #[error("{0} is encrypted, or packed in a way that is not read here")]
    Packed(String),
    /// It would unpack to more than anything honest.
    #[error("the archive would unpack to {unpacked} bytes from {packed}, which is more than is believed")]
    Bomb {
        /// As it says, or as it turned out.
        unpacked: u64,
        /// What there is of it.
        packed: u64,
    },
    /// Files share their bytes.
    #[error("files of the archive overlap")]
    Overlap,
    /// Not what was written.
    #[error("{path} is damaged: {how}")]
    Damaged {
        /// Which file.
        path: String,
        /// In which way.
        how: String,
    },
}
