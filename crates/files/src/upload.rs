//! A file that is being written.

use std::path::{Path, PathBuf};

use tokio::fs::{DirBuilder, File, OpenOptions};
use tokio::io::AsyncWriteExt as _;

use crate::Result;

/// Ends the name of what is not whole yet. No file's own name has such a letter.
pub(crate) const UNFINISHED: &str = "#part";

/// A file that has no name yet: it gets one with [`Self::complete`], or is gone when this is dropped.
#[derive(Debug)]
pub struct Upload {
    file: File,
    unfinished: Unfinished,
    path: PathBuf,
}

/// Removed when it is dropped.
#[derive(Debug)]
struct Unfinished(Option<PathBuf>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Where that fails, whoever sweeps finds it.
        self.0.take().map(std::fs::remove_file);
    }
}

impl Upload {
    /// So many bytes are written at a time.
    pub const PART: usize = 1 << 20;

    /// Customers' data: nobody else on this machine reads it.
    pub(crate) async fn begin(path: PathBuf) -> Result<Self> {
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).await?;
        }
        let mut name = path.clone().into_os_string();
        name.push(UNFINISHED);
        let unfinished = PathBuf::from(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished).await?;
        Ok(Self { file, unfinished: Unfinished(Some(unfinished)), path })
    }

    /// Goes on.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).await?;
        // An error of the disk is told here, and not at the end.
        Ok(self.file.flush().await?)
    }

    /// The file is whole: it is on the disk, and has its name, when this returns.
    pub async fn complete(mut self) -> Result<()> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        if let Some(unfinished) = &self.unfinished.0 {
            tokio::fs::rename(unfinished, &self.path).await?;
        }
        self.unfinished.0 = None;
        File::open(self.path.parent().unwrap_or_else(|| Path::new("."))).await?.sync_all().await?;
        Ok(())
    }
}
