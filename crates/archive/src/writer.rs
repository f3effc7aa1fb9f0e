//! Writes an archive as its rows come, in constant memory, to nowhere in particular: whoever writes it takes away what
//! is finished.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::manifest::{FORMAT, PATH, VERSION};
use crate::tally::Tally;
use crate::{Column, Kind, Manifest, Part, Subject, TablePart, cell, field};

/// The quickest compression: rows shrink to a fifth with it, and to a sixth with the slowest.
const LEVEL: i64 = 1;
/// Lines are compressed so many bytes at a time.
const BLOCK: usize = 65_536;

/// Why an archive was not written.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// A row that must never be there.
    #[error("a row of {table} belongs to another organisation")]
    ForeignRow {
        /// Its table.
        table: String,
    },
    /// A row has other fields than its table.
    #[error("a row of {table} has {found} fields where there are {expected} columns")]
    Fields {
        /// Its table.
        table: String,
        /// How many it has.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// The two files of a table differ in length: it was not one state of the data.
    #[error("{table} has {cells} rows as CSV and {objects} as JSON Lines")]
    Uneven {
        /// Which table.
        table: String,
        /// Rows of the CSV file.
        cells: u64,
        /// Rows of the JSON Lines file.
        objects: u64,
    },
    /// The ZIP could not be made.
    #[error("the ZIP could not be made: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The manifest could not be made.
    #[error("the manifest could not be made: {0}")]
    Manifest(#[from] serde_json::Error),
}

impl From<io::Error> for NotWritten {
    fn from(error: io::Error) -> Self {
        Self::Zip(error.into())
    }
}

/// An archive in the making.
pub struct Writer {
    zip: ZipWriter<StreamWriter<Outbox>>,
    outbox: Outbox,
    options: SimpleFileOptions,
    manifest: Manifest,
    /// Lines that wait to be compressed.
    block: Vec<u8>,
    /// Of the file that is open.
    tally: Tally,
    rows: u64,
}

/// A whole archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, as 64 hexadecimal digits.
    pub sha256: String,
    /// Rows in it, each counted once.
    pub rows: u64,
}

impl Writer {
    /// Of one organisation, as it was at a moment.
    pub fn new(organisation: Subject, at: Timestamp) -> Self {
        let outbox = Outbox::default();
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(LEVEL))
            .last_modified_time(zip_time(at))
            .unix_permissions(0o644);
        let (format, exported_at) = (FORMAT.to_owned(), at.to_string());
        Self {
            zip: ZipWriter::new_stream(outbox.clone()).set_auto_large_file(),
            outbox,
            options,
            manifest: Manifest { format, version: VERSION, organisation, exported_at, tables: vec![], files: vec![] },
            block: Vec::with_capacity(2 * BLOCK),
            tally: Tally::default(),
            rows: 0,
        }
    }

    /// Goes on with a table: first all its rows for [`Self::cells`], then all of them for [`Self::object`].
    pub fn begin_table(&mut self, name: &str, kind: Kind, columns: Vec<Column>) -> Result<(), NotWritten> {
        let file =
            |end: &str| Part { path: format!("{}/{name}.{end}", kind.folder()), bytes: 0, sha256: String::new() };
        let (csv, json_lines) = (file("csv"), file("jsonl"));
        self.start(&csv.path)?;
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                self.block.push(b',');
            }
            cell::text(&mut self.block, column.name.as_bytes());
        }
        self.block.extend_from_slice(b"\r\n");
        self.manifest.tables.push(TablePart { name: name.to_owned(), kind, columns, rows: 0, csv, json_lines });
        self.rows = 0;
        Ok(())
    }

    /// A row in the text format of COPY, for the CSV file.
    pub fn cells(&mut self, row: &[u8]) -> Result<(), NotWritten> {
        let Some(table) = self.manifest.tables.last() else {
            unreachable!("a row comes after the beginning of its table")
        };
        let mut found = 0;
        for (index, value) in field::fields(row).enumerate() {
            found += 1;
            let Some(column) = table.columns.get(index) else { continue };
            if index > 0 {
                self.block.push(b',');
            }
            let Some(value) = value else { continue };
            if column.name == "organisation_id" && *value != *self.manifest.organisation.id.as_bytes() {
                return Err(NotWritten::ForeignRow { table: table.name.clone() });
            }
            if column.is_number() {
                self.block.extend_from_slice(&value);
            } else {
                cell::text(&mut self.block, &value);
            }
        }
        self.block.extend_from_slice(b"\r\n");
        let expected = table.columns.len();
        if found != expected {
            return Err(NotWritten::Fields { table: table.name.clone(), found, expected });
        }
        self.rows += 1;
        self.compress(BLOCK)
    }

    /// The CSV file has all its rows; the same rows come again.
    pub fn begin_objects(&mut self) -> Result<(), NotWritten> {
        let written = self.end()?;
        let rows = mem::take(&mut self.rows);
        let Some(table) = self.manifest.tables.last_mut() else { unreachable!("there is a table before its rows end") };
        table.rows = rows;
        table.csv = Part { path: mem::take(&mut table.csv.path), ..written };
        let path = table.json_lines.path.clone();
        self.start(&path)
    }

    /// A row as a JSON object in the text format of COPY, for the JSON Lines file.
    pub fn object(&mut self, row: &[u8]) -> Result<(), NotWritten> {
        self.block.extend_from_slice(&field::plain(row.strip_suffix(b"\n").unwrap_or(row)));
        self.block.push(b'\n');
        self.rows += 1;
        self.compress(BLOCK)
    }

    /// The table has all its rows.
    pub fn end_table(&mut self) -> Result<(), NotWritten> {
        let written = self.end()?;
        let rows = mem::take(&mut self.rows);
        let Some(table) = self.manifest.tables.last_mut() else { unreachable!("there is a table before it ends") };
        table.json_lines = Part { path: mem::take(&mut table.json_lines.path), ..written };
        if rows != table.rows {
            return Err(NotWritten::Uneven { table: table.name.clone(), cells: table.rows, objects: rows });
        }
        Ok(())
    }

    /// A file that is no table.
    pub fn file(&mut self, path: &str, content: &[u8]) -> Result<(), NotWritten> {
        self.start(path)?;
        self.block.extend_from_slice(content);
        let written = self.end()?;
        self.manifest.files.push(Part { path: path.to_owned(), ..written });
        Ok(())
    }

    /// The manifest, and the end.
    pub fn finish(mut self) -> Result<(Whole, Vec<u8>), NotWritten> {
        let manifest = serde_json::to_vec_pretty(&self.manifest)?;
        self.start(PATH)?;
        self.block.extend_from_slice(&manifest);
        self.end()?;
        self.zip.finish()?;
        let (rest, tally) = self.outbox.empty();
        let rows = self.manifest.rows();
        Ok((Whole { bytes: tally.bytes(), sha256: tally.sha256(), rows }, rest))
    }

    /// What is finished, once there is so much of it.
    pub fn take(&mut self, at_least: usize) -> Option<Vec<u8>> {
        self.outbox.take(at_least)
    }

    /// The names of the tables that are in it so far.
    pub fn tables(&self) -> BTreeSet<&str> {
        self.manifest.tables.iter().map(|table| table.name.as_str()).collect()
    }

    fn start(&mut self, path: &str) -> Result<(), NotWritten> {
        self.tally = Tally::default();
        Ok(self.zip.start_file(path, self.options)?)
    }

    fn end(&mut self) -> Result<Part, NotWritten> {
        self.compress(1)?;
        let tally = mem::take(&mut self.tally);
        Ok(Part { path: String::new(), bytes: tally.bytes(), sha256: tally.sha256() })
    }

    fn compress(&mut self, at_least: usize) -> Result<(), NotWritten> {
        if self.block.len() >= at_least {
            self.tally.add(&self.block);
            self.zip.write_all(&self.block)?;
            self.block.clear();
        }
        Ok(())
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Writer({})", self.manifest.organisation.id)
    }
}

/// As ZIP has it, which knows the years 1980 to 2107 and no zone: UTC.
fn zip_time(at: Timestamp) -> DateTime {
    let at = at.to_zoned(TimeZone::UTC).datetime();
    let small = |number: i8| u8::try_from(number).unwrap_or_default();
    let year = u16::try_from(at.year()).unwrap_or_default();
    DateTime::from_date_and_time(
        year,
        small(at.month()),
        small(at.day()),
        small(at.hour()),
        small(at.minute()),
        small(at.second()),
    )
    .unwrap_or_default()
}

/// Where finished bytes wait to be taken away.
#[derive(Clone, Default)]
struct Outbox(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    tally: Tally,
}

impl Outbox {
    fn take(&self, at_least: usize) -> Option<Vec<u8>> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The next ones need as much room.
        let room = waiting.bytes.capacity();
        (waiting.bytes.len() >= at_least).then(|| mem::replace(&mut waiting.bytes, Vec::with_capacity(room)))
    }

    fn empty(&self) -> (Vec<u8>, Tally) {
        let waiting = mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        (waiting.bytes, waiting.tally)
    }
}

impl Write for Outbox {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.bytes.extend_from_slice(bytes);
        waiting.tally.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
