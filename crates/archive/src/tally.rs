//! How long something is and what it hashes to, counted as it goes by.

use std::fmt::Write as _;
use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

/// Bytes so far, and their SHA-256.
#[derive(Default)]
pub(crate) struct Tally {
    bytes: u64,
    hasher: Sha256,
}

impl Tally {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.hasher.update(bytes);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The hash as 64 hexadecimal digits.
    pub(crate) fn sha256(self) -> String {
        self.hasher.finalize().iter().fold(String::with_capacity(64), |mut digits, byte| {
            let _ = write!(digits, "{byte:02x}");
            digits
        })
    }
}

/// SHA-256 of everything that is left to read, as 64 hexadecimal digits.
pub fn digest(reader: &mut impl Read) -> io::Result<String> {
    let (mut tally, mut block) = (Tally::default(), vec![0; 65_536]);
    loop {
        match reader.read(&mut block)? {
            0 => return Ok(tally.sha256()),
            read => tally.add(&block[..read]),
        }
    }
}
