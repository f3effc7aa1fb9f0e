//! The manifest: what is in an archive, how much of it, and what it must hash to.

use serde::{Deserialize, Serialize};

/// What every archive says of itself.
pub(crate) const FORMAT: &str = "tenantry-organisation";
/// The version that is written and read here.
pub(crate) const VERSION: u32 = 1;
/// Where the manifest is.
pub(crate) const PATH: &str = "manifest.json";

/// The list of everything in an archive.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `tenantry-organisation`.
    pub format: String,
    /// Of the format.
    pub version: u32,
    /// Whose data it is.
    pub organisation: Subject,
    /// The moment whose state it is, in RFC 3339.
    pub exported_at: String,
    /// In the order they stand in.
    pub tables: Vec<TablePart>,
    /// Everything that is no table.
    pub files: Vec<Part>,
}

/// An organisation, as the manifest names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Clerk's id, which is in every row.
    pub id: String,
    /// Its address.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// Which kind of table rows are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Every row carries the organisation.
    Tenant,
    /// What the directory says of it: its name, its people, its invitations.
    Directory,
}

impl Kind {
    /// The folder of its files.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Tenant => "tables",
            Self::Directory => "directory",
        }
    }
}

/// One table: twice the same rows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TablePart {
    /// Its name in the database.
    pub name: String,
    /// Which kind it is.
    pub kind: Kind,
    /// The columns in their order.
    pub columns: Vec<Column>,
    /// How many rows each of the two files has.
    pub rows: u64,
    /// For spreadsheets.
    pub csv: Part,
    /// For programs, exact.
    pub json_lines: Part,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// As Postgres writes its type.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Column {
    /// A number is none of the texts that a spreadsheet could run.
    pub(crate) fn is_number(&self) -> bool {
        let kind = self.kind.as_str();
        matches!(kind, "smallint" | "integer" | "bigint" | "real" | "double precision") || kind.starts_with("numeric")
    }
}

/// A file of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its name in the archive.
    pub path: String,
    /// Its size, unpacked.
    pub bytes: u64,
    /// Of its content, unpacked: 64 hexadecimal digits.
    pub sha256: String,
}

impl Manifest {
    /// Every file that is in the archive besides the manifest.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.tables.iter().flat_map(|table| [&table.csv, &table.json_lines]).chain(&self.files)
    }

    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// The table of this name.
    pub fn table(&self, name: &str) -> Option<&TablePart> {
        self.tables.iter().find(|table| table.name == name)
    }
}
