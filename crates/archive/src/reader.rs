//! Reads an archive that anybody may have sent: nothing in it is believed before it is checked.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read, Seek};

use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

use crate::manifest::{FORMAT, PATH, VERSION};
use crate::tally::Tally;
use crate::{Manifest, Part, Refused};

/// Files of an archive, at most.
const MOST_FILES: usize = 2_000;
/// Bytes of a manifest, at most.
const LARGEST_MANIFEST: u64 = 4 << 20;
/// Bytes of a row, at most.
const LONGEST_ROW: u64 = 16 << 20;
/// How much larger an archive may get when it is unpacked. Deflate can do a thousand; rows never come near this.
const MOST_GROWTH: u64 = 400;
/// An archive as small as this may grow more.
const GRACE: u64 = 16 << 20;

/// An archive whose parts are as its manifest says; what is in them is checked as they are read.
pub struct Archive<R> {
    zip: ZipArchive<R>,
    manifest: Manifest,
}

impl<R: Read + Seek> Archive<R> {
    /// Looks at the list of files and the manifest.
    pub fn open(reader: R) -> Result<Self, Refused> {
        let mut zip = ZipArchive::new(reader).map_err(|error| Refused::NotAZip(error.to_string()))?;
        if zip.len() > MOST_FILES {
            return Err(Refused::NotOurs(format!("it has {} files", zip.len())));
        }
        let names = look_at_files(&mut zip)?;
        let manifest = manifest(&mut zip)?;
        let named: BTreeSet<&str> = manifest.parts().map(|part| part.path.as_str()).chain([PATH]).collect();
        if let Some(missing) = named.iter().find(|name| !names.contains(**name)) {
            return Err(Refused::Missing((*missing).to_owned()));
        }
        if let Some(more) = names.iter().find(|name| !named.contains(name.as_str())) {
            return Err(Refused::Unnamed(more.clone()));
        }
        if named.len() != manifest.parts().count() + 1 {
            return Err(Refused::NotOurs("its manifest names a file twice".to_owned()));
        }
        Ok(Self { zip, manifest })
    }

    /// What is in it.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Reads every file to its end and compares sizes, checksums and rows.
    pub fn verify(&mut self) -> Result<(), Refused> {
        let manifest = self.manifest.clone();
        for table in &manifest.tables {
            let mut objects = self.objects(&table.name)?;
            while objects.row()?.is_some() {}
            drop(objects);
            self.content(&table.csv)?.read_to_end_unseen()?;
        }
        for file in &manifest.files {
            self.content(file)?.read_to_end_unseen()?;
        }
        Ok(())
    }

    /// The rows of a table, each a JSON object.
    pub fn objects(&mut self, table: &str) -> Result<Objects<'_, R>, Refused> {
        let part = self.manifest.table(table).ok_or_else(|| Refused::Missing(table.to_owned()))?;
        let (rows, part) = (part.rows, part.json_lines.clone());
        Ok(Objects { content: Some(BufReader::new(self.content(&part)?)), path: part.path, left: rows })
    }

    fn content(&mut self, part: &Part) -> Result<Content<'_, R>, Refused> {
        let file = self.zip.by_name(&part.path).map_err(|error| damaged(&part.path, error))?;
        Ok(Content { file, part: part.clone(), tally: Tally::default() })
    }
}

impl<R> std::fmt::Debug for Archive<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Archive({})", self.manifest.organisation.id)
    }
}

/// The names of all files, none of which is anything but a file of ours.
fn look_at_files<R: Read + Seek>(zip: &mut ZipArchive<R>) -> Result<BTreeSet<String>, Refused> {
    let (mut names, mut packed, mut unpacked) = (BTreeSet::new(), 0u64, 0u64);
    for index in 0..zip.len() {
        let file = zip.by_index_raw(index).map_err(|error| Refused::NotAZip(error.to_string()))?;
        let name = String::from_utf8_lossy(file.name_raw()).into_owned();
        if !is_name(&name) {
            return Err(Refused::Name(name));
        }
        if file.is_symlink() || file.unix_mode().is_some_and(|mode| mode & 0o170_000 != 0o100_000) {
            return Err(Refused::NotAFile(name));
        }
        if file.encrypted() || !matches!(file.compression(), CompressionMethod::Deflated | CompressionMethod::Stored) {
            return Err(Refused::Packed(name));
        }
        packed = packed.saturating_add(file.compressed_size());
        unpacked = unpacked.saturating_add(file.size());
        names.insert(name);
    }
    if unpacked > packed.saturating_mul(MOST_GROWTH).saturating_add(GRACE) {
        return Err(Refused::Bomb { unpacked, packed });
    }
    if zip.has_overlapping_entries().map_err(|error| Refused::NotAZip(error.to_string()))? {
        return Err(Refused::Overlap);
    }
    Ok(names)
}

/// `tables/runs.csv`: a folder at most, small letters, and nothing that leads anywhere else.
fn is_name(name: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'.'))
    };
    name.len() <= 200 && name.split('/').count() <= 2 && name.split('/').all(plain)
}

fn manifest<R: Read + Seek>(zip: &mut ZipArchive<R>) -> Result<Manifest, Refused> {
    let file = zip.by_name(PATH).map_err(|_| Refused::NotOurs(format!("it has no {PATH}")))?;
    let mut text = Vec::new();
    let read = file.take(LARGEST_MANIFEST + 1).read_to_end(&mut text).map_err(|error| damaged(PATH, error))?;
    if read as u64 > LARGEST_MANIFEST {
        return Err(damaged(PATH, "it is too large"));
    }
    // Another version may have other fields: that it is one is said first.
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(|error| damaged(PATH, error))?;
    if value["format"] != FORMAT {
        return Err(Refused::NotOurs(format!("its {PATH} says something else")));
    }
    match value["version"].as_u64() {
        Some(found) if found == u64::from(VERSION) => {}
        Some(found) => return Err(Refused::Version { found, read: VERSION }),
        None => return Err(damaged(PATH, "it has no version")),
    }
    serde_json::from_value(value).map_err(|error| damaged(PATH, error))
}

fn damaged(path: &str, how: impl ToString) -> Refused {
    Refused::Damaged { path: path.to_owned(), how: how.to_string() }
}

/// The content of a file, which ends in an error where it is not what the manifest says.
struct Content<'a, R: Read> {
    file: ZipFile<'a, R>,
    part: Part,
    tally: Tally,
}

impl<R: Read> Content<'_, R> {
    fn read_to_end_unseen(mut self) -> Result<(), Refused> {
        let copied = std::io::copy(&mut self, &mut std::io::sink());
        copied.map_err(|error| damaged(&self.part.path, error))?;
        self.compare()
    }

    fn compare(self) -> Result<(), Refused> {
        let Part { path, bytes, sha256 } = self.part;
        if self.tally.bytes() != bytes {
            return Err(damaged(&path, format!("it has {} bytes, and the manifest says {bytes}", self.tally.bytes())));
        }
        if self.tally.sha256() != sha256 {
            return Err(damaged(&path, "its SHA-256 is not the manifest's"));
        }
        Ok(())
    }
}

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.tally.add(&buffer[..read]);
        if self.tally.bytes() > self.part.bytes {
            return Err(std::io::Error::other("it is longer than the manifest says"));
        }
        Ok(read)
    }
}

/// Rows of a table, one after the other.
pub struct Objects<'a, R: Read> {
    content: Option<BufReader<Content<'a, R>>>,
    path: String,
    left: u64,
}

impl<R: Read> Objects<'_, R> {
    /// The next row without its line end; none at the end, which is an error where the file is not as it was written.
    pub fn row(&mut self) -> Result<Option<String>, Refused> {
        let Some(content) = self.content.as_mut() else { return Ok(None) };
        let mut line = Vec::new();
        let read = content.by_ref().take(LONGEST_ROW).read_until(b'\n', &mut line);
        read.map_err(|error| damaged(&self.path, error))?;
        if line.is_empty() {
            if self.left > 0 {
                return Err(damaged(&self.path, format!("{} rows are missing", self.left)));
            }
            if let Some(content) = self.content.take() {
                content.into_inner().compare()?;
            }
            return Ok(None);
        }
        let Some(left) = self.left.checked_sub(1) else {
            return Err(damaged(&self.path, "it has more rows than the manifest says"));
        };
        self.left = left;
        if line.pop() != Some(b'\n') {
            return Err(damaged(&self.path, "a row is cut short, or longer than any"));
        }
        String::from_utf8(line).map(Some).map_err(|_| damaged(&self.path, "a row is no text"))
    }
}

impl<R: Read> std::fmt::Debug for Objects<'_, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Objects({})", self.path)
    }
}
