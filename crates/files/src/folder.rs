//! The files of one organisation.

use std::io::{ErrorKind, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, Take};

use crate::place::entries;
use crate::upload::UNFINISHED;
use crate::{Name, Result, Upload};

/// So many bytes are read at a time.
const BLOCK: usize = 65_536;

/// The folder of one organisation, and the only way to its files.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

/// A file there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its name.
    pub name: Name,
    /// Its size.
    pub bytes: u64,
    /// When it was written.
    pub written: SystemTime,
}

/// A file on its way out.
pub struct Download {
    /// The size of the whole file.
    pub bytes: u64,
    /// What comes of it.
    pub content: BoxStream<'static, std::io::Result<Bytes>>,
}

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Begins a file of this name.
    pub async fn create(&self, name: &Name) -> Result<Upload> {
        Upload::begin(self.path(name)).await
    }

    /// A file, or some bytes of it.
    pub async fn open(&self, name: &Name, range: Option<Range<u64>>) -> Result<Download> {
        let mut file = File::open(self.path(name)).await?;
        let bytes = file.metadata().await?.len();
        let range = range.unwrap_or(0..bytes);
        file.seek(SeekFrom::Start(range.start)).await?;
        let rest = file.take(range.end.saturating_sub(range.start));
        Ok(Download { bytes, content: stream::unfold(Some(rest), block).fuse().boxed() })
    }

    /// Removes a file, and what is left of a try to write it; harmless where there is none.
    pub async fn remove(&self, name: &Name) -> Result<()> {
        let mut unfinished = self.path(name).into_os_string();
        unfinished.push(UNFINISHED);
        remove(Path::new(&unfinished)).await?;
        remove(&self.path(name)).await
    }

    /// Every file, by name.
    pub async fn list(&self) -> Result<Vec<Stored>> {
        let mut found = Vec::new();
        for path in self.everything().await? {
            let relative = path.strip_prefix(&self.path).ok().and_then(Path::to_str);
            let Some(name) = relative.and_then(|text| Name::parse(text).ok()) else { continue };
            let about = tokio::fs::metadata(&path).await?;
            found.push(Stored { name, bytes: about.len(), written: about.modified()? });
        }
        Ok(found)
    }

    /// Removes every file of the organisation, unfinished ones too, and its folder. Says how many files there were.
    pub async fn remove_all(&self) -> Result<usize> {
        let files = self.list().await?.len();
        match tokio::fs::remove_dir_all(&self.path).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(files),
        }
    }

    /// Removes what is left of writers that were killed, where nobody has gone on with it for so long.
    pub async fn remove_abandoned(&self, untouched: Duration) -> Result<usize> {
        let mut removed = 0;
        for path in self.everything().await? {
            let is_unfinished = path.to_str().is_some_and(|text| text.ends_with(UNFINISHED));
            let written = tokio::fs::metadata(&path).await?.modified()?;
            if is_unfinished && written.elapsed().is_ok_and(|age| age > untouched) {
                remove(&path).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Files and what is not one yet: two levels, as names have.
    async fn everything(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for kind in entries(&self.path).await? {
            if kind.is_dir() {
                found.extend(entries(&kind).await?);
            }
        }
        Ok(found)
    }

    fn path(&self, name: &Name) -> PathBuf {
        self.path.join(name.as_str())
    }
}

async fn remove(path: &Path) -> Result<()> {
    match tokio::fs::remove_file(path).await {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => Ok(done?),
    }
}

/// The next bytes of a file, and what is left of it.
async fn block(rest: Option<Take<File>>) -> Option<(std::io::Result<Bytes>, Option<Take<File>>)> {
    let mut rest = rest?;
    let mut bytes = BytesMut::with_capacity(BLOCK);
    match rest.read_buf(&mut bytes).await {
        Ok(0) => None,
        Ok(_) => Some((Ok(bytes.freeze()), Some(rest))),
        Err(error) => Some((Err(error), None)),
    }
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Download(of {})", self.bytes)
    }
}
