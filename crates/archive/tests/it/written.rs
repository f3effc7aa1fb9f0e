//! An archive for the tests, and the same taken apart and put together in another way.

use std::io::{Cursor, Read as _, Write as _};

use archive::{Archive, Column, Kind, Refused, Subject, Writer};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

pub(crate) fn subject() -> Subject {
    Subject { id: "org_acme".to_owned(), slug: "acme".to_owned(), name: "Acme".to_owned() }
}

pub(crate) fn column(name: &str, kind: &str) -> Column {
    Column { name: name.to_owned(), kind: kind.to_owned() }
}

pub(crate) fn writer() -> Writer {
    Writer::new(subject(), "2026-11-28T20:00:00Z".parse().unwrap())
}

/// A table of two rows, an empty one, and a file.
pub(crate) fn archive() -> Vec<u8> {
    let mut writer = writer();
    let columns = || vec![column("organisation_id", "text"), column("name", "text"), column("number", "bigint")];
    writer.begin_table("runs", Kind::Tenant, columns()).unwrap();
    writer.cells(b"org_acme\tOpening\t1\n").unwrap();
    writer.cells(b"org_acme\t\\N\t-2\n").unwrap();
    writer.begin_objects().unwrap();
    writer.object(br#"{"organisation_id":"org_acme","name":"Opening","number":1}"#).unwrap();
    writer.object(br#"{"organisation_id":"org_acme","name":null,"number":-2}"#).unwrap();
    writer.end_table().unwrap();
    writer.begin_table("steps", Kind::Tenant, columns()).unwrap();
    writer.begin_objects().unwrap();
    writer.end_table().unwrap();
    writer.file("files/logo.png", b"a picture").unwrap();
    writer.finish().unwrap().1
}

/// A file of an archive.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) content: Vec<u8>,
    pub(crate) mode: u32,
    pub(crate) method: CompressionMethod,
}

pub(crate) fn entries(archive: &[u8]) -> Vec<Entry> {
    let mut zip = ZipArchive::new(Cursor::new(archive)).unwrap();
    (0..zip.len())
        .map(|index| {
            let mut file = zip.by_index(index).unwrap();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            let name = file.name().unwrap().into_owned();
            Entry { name, content, mode: 0o100_644, method: CompressionMethod::Deflated }
        })
        .collect()
}

pub(crate) fn put_together(entries: &[Entry]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        let options = SimpleFileOptions::default().compression_method(entry.method);
        if entry.mode & 0o170_000 == 0o120_000 {
            zip.add_symlink(&entry.name, String::from_utf8_lossy(&entry.content), options).unwrap();
        } else {
            zip.start_file(&entry.name, options.unix_permissions(entry.mode & 0o777)).unwrap();
            zip.write_all(&entry.content).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}

/// The archive of the tests, changed.
pub(crate) fn changed(change: impl FnOnce(&mut Vec<Entry>)) -> Vec<u8> {
    let mut all = entries(&archive());
    change(&mut all);
    put_together(&all)
}

/// Opened and read to its end.
pub(crate) fn read(bytes: Vec<u8>) -> Result<(), Refused> {
    Archive::open(Cursor::new(bytes))?.verify()
}
