//! Where files are kept.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tenancy::OrganisationId;
use url::Url;

use crate::{Folder, Result};

/// In the folder that the program was started in.
const HERE: &str = "tenantry-files";

/// The place of all files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Files {
    folder: Arc<Path>,
}

/// The text names no place that files can be kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("files are kept in a folder: its path, or file:/// and its path")]
pub struct BadPlace;

impl Default for Files {
    fn default() -> Self {
        Self::in_folder(Path::new(HERE))
    }
}

impl Files {
    /// In this folder, which is made when the first file is written.
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.into() }
    }

    /// A folder's path, or its URL. Nothing is touched yet.
    pub fn parse(text: &str) -> Result<Self, BadPlace> {
        match Url::parse(text) {
            Ok(url) if url.scheme() == "file" => {
                url.to_file_path().map(|path| Self::in_folder(&path)).map_err(|()| BadPlace)
            }
            // Some other store: there is none yet.
            Ok(_) => Err(BadPlace),
            Err(_) if text.is_empty() => Err(BadPlace),
            Err(_) => Ok(Self::in_folder(Path::new(text))),
        }
    }

    /// The folder of one organisation.
    pub fn of(&self, organisation: &OrganisationId) -> Folder {
        Folder::new(self.folder.join(organisation.as_str()))
    }

    /// Every organisation that has a folder.
    pub async fn organisations(&self) -> Result<Vec<OrganisationId>> {
        let found = entries(&self.folder).await?;
        let names = found.iter().filter_map(|path| path.file_name()?.to_str());
        Ok(names.filter_map(|name| OrganisationId::parse(name).ok()).collect())
    }

    /// Where it is on this machine.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// What a folder has; nothing where there is none.
pub(crate) async fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut entries = match tokio::fs::read_dir(folder).await {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    while let Some(entry) = entries.next_entry().await? {
        found.push(entry.path());
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_a_url_of_a_folder_are_places() {
        let place = |text: &str| Files::parse(text).map(|files| files.folder().to_owned());
        assert_eq!(place("/var/lib/tenantry/files"), Ok(PathBuf::from("/var/lib/tenantry/files")));
        assert_eq!(place("file:///var/lib/files"), Ok(PathBuf::from("/var/lib/files")));
        for bad in ["", "s3://bucket/files", "https://example.com/files", "file://host/files"] {
            assert_eq!(place(bad), Err(BadPlace), "{bad}");
        }
    }
}
