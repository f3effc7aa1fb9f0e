//! An organisation in one file: a ZIP with a CSV and a JSON Lines file for each table, its files, and a manifest.
//!
//! Knows the format and nothing else: no database, no HTTP, no place where files are kept. docs/export.md describes it.

mod cell;
mod field;
mod manifest;
mod reader;
mod refused;
mod tally;
mod writer;

pub use manifest::{Column, Kind, Manifest, Part, Subject, TablePart};
pub use reader::{Archive, Objects};
pub use refused::Refused;
pub use tally::digest;
pub use writer::{NotWritten, Whole, Writer};
