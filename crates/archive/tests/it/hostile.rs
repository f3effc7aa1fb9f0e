//! Archives that somebody has made, or made worse: each is refused, in a line that names the reason.

use archive::Refused;
use serde_json::{Value, json};
use zip::CompressionMethod;

use crate::written::{Entry, archive, changed, entries, read};

fn refused(bytes: Vec<u8>) -> String {
    let told = read(bytes).unwrap_err().to_string();
    assert!(!told.contains('\n'), "{told}");
    told
}

fn entry<'a>(all: &'a mut [Entry], name: &str) -> &'a mut Entry {
    all.iter_mut().find(|entry| entry.name == name).unwrap()
}

fn with_manifest(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    changed(|all| {
        let manifest = entry(all, "manifest.json");
        let mut value: Value = serde_json::from_slice(&manifest.content).unwrap();
        change(&mut value);
        manifest.content = value.to_string().into_bytes();
    })
}

#[test]
fn damaged_and_cut_short() {
    for length in [0, 10, archive().len() / 2, archive().len() - 1] {
        let told = refused(archive()[..length].to_vec());
        assert!(told.starts_with("this is no whole ZIP file"), "{told}");
    }
    assert!(refused(b"PK\x05\x06 and nothing else".to_vec()).starts_with("this is no whole ZIP file"));
    let told = refused(changed(|all| entry(all, "tables/runs.jsonl").content[5] ^= 1));
    assert_eq!(told, "tables/runs.jsonl is damaged: its SHA-256 is not the manifest's");
    let told = refused(changed(|all| entry(all, "tables/runs.csv").content[5] ^= 1));
    assert_eq!(told, "tables/runs.csv is damaged: its SHA-256 is not the manifest's");
    let told = refused(changed(|all| entry(all, "files/logo.png").content.truncate(3)));
    assert_eq!(told, "files/logo.png is damaged: it has 3 bytes, and the manifest says 9");
    // One bit anywhere: refused, or of no meaning to the content.
    let whole = archive();
    for index in (0..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[index] ^= 0x10;
        if read(bytes.clone()).is_ok() {
            let same = entries(&bytes).iter().zip(entries(&whole)).all(|(one, other)| one.content == other.content);
            assert!(same, "byte {index}");
        }
    }
}

#[test]
fn rows_too_few_and_too_many() {
    let told = refused(with_manifest(|manifest| manifest["tables"][0]["rows"] = json!(3)));
    assert_eq!(told, "tables/runs.jsonl is damaged: 1 rows are missing");
    let told = refused(with_manifest(|manifest| manifest["tables"][0]["rows"] = json!(1)));
    assert_eq!(told, "tables/runs.jsonl is damaged: it has more rows than the manifest says");
}

#[test]
fn of_another_version_or_of_something_else() {
    let told = refused(with_manifest(|manifest| {
        manifest["version"] = json!(2);
        manifest["unheard_of"] = json!(true);
    }));
    assert_eq!(told, "the archive has version 2 of its format, and this program reads version 1");
    let told = refused(with_manifest(|manifest| manifest["format"] = json!("other")));
    assert!(told.starts_with("this is no archive of an organisation"), "{told}");
    let told = refused(changed(|all| all.retain(|entry| entry.name != "manifest.json")));
    assert!(told.starts_with("this is no archive of an organisation"), "{told}");
    let told = refused(with_manifest(|manifest| manifest["unheard_of"] = json!(true)));
    assert!(told.starts_with("manifest.json is damaged"), "{told}");
}

#[test]
fn names_that_lead_out_of_it() {
    for name in [
        "../evil",
        "/etc/passwd",
        "tables/../../evil",
        "tables\\evil",
        "C:evil",
        "tables/.hidden",
        "a/b/c",
        "tables/",
        "Tables/x",
    ] {
        let told = refused(changed(|all| {
            all.push(Entry {
                name: name.to_owned(),
                content: b"x".to_vec(),
                mode: 0o100_644,
                method: CompressionMethod::Deflated,
            });
        }));
        assert!(told.starts_with("the archive names a file"), "{name}: {told}");
    }
}

#[test]
fn links_and_files_beyond_the_manifest() {
    let link = |all: &mut Vec<Entry>| {
        let logo = entry(all, "files/logo.png");
        (logo.mode, logo.content) = (0o120_777, b"/etc/passwd".to_vec());
    };
    assert_eq!(refused(changed(link)), "files/logo.png is no plain file in the archive");
    let more = |all: &mut Vec<Entry>| {
        let (content, mode, method) = (b"x".to_vec(), 0o100_644, CompressionMethod::Deflated);
        all.push(Entry { name: "tables/more.csv".to_owned(), content, mode, method });
    };
    assert_eq!(refused(changed(more)), "the archive has \"tables/more.csv\", which its manifest does not name");
    let less = |all: &mut Vec<Entry>| all.retain(|entry| entry.name != "tables/steps.csv");
    assert_eq!(refused(changed(less)), "tables/steps.csv is missing in the archive");
    let twice = |manifest: &mut Value| manifest["tables"][1]["csv"] = manifest["tables"][0]["csv"].clone();
    let told = refused(with_manifest(twice));
    assert_eq!(told, "the archive has \"tables/steps.csv\", which its manifest does not name");
}

/// By what it says of itself, and by what it turns out to be.
#[test]
fn bombs() {
    let zeros = vec![b'0'; 64 << 20];
    let declared = changed(|all| entry(all, "tables/runs.jsonl").content = zeros.clone());
    assert!(matches!(read(declared).unwrap_err(), Refused::Bomb { .. }));
    // One that says it is small: 8 MB behind a few bytes of manifest, which are all that is read of it.
    let small = changed(|all| entry(all, "files/logo.png").content = zeros[..8 << 20].to_vec());
    assert_eq!(refused(small), "files/logo.png is damaged: it is longer than the manifest says");
    // The sizes of the ZIP itself are lies too.
    let mut lying = changed(|all| entry(all, "tables/runs.jsonl").content = zeros);
    let real = u32::try_from(64 << 20).unwrap().to_le_bytes();
    for at in 0..lying.len() - 4 {
        if lying[at..at + 4] == real {
            lying[at..at + 4].copy_from_slice(&117_u32.to_le_bytes());
        }
    }
    assert!(read(lying).is_err());
    // A row without an end.
    let endless = changed(|all| {
        let content = b"{\"organisation_id\":\"org_acme\"}".to_vec();
        entry(all, "tables/runs.jsonl").content = content;
    });
    assert!(refused(endless).starts_with("tables/runs.jsonl is damaged"));
}
