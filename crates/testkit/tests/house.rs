//! The house rules of ARCHITECTURE.md as tests: who may depend on whom, and what is absent.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which of our crates each crate may use in production. Whoever is not named here is not part of the house.
const MAY_USE: &[(&str, &[&str])] = &[
    ("archive", &[]),
    ("audit", &[]),
    ("tenancy", &[]),
    ("signatures", &[]),
    ("budget", &[]),
    ("files", &["tenancy"]),
    ("clerk", &["budget"]),
    ("stripe", &["budget", "signatures"]),
    ("pg-local", &[]),
    ("domain", &["archive", "files", "tenancy"]),
    ("mail", &["domain"]),
    ("mirror", &["clerk", "domain", "tenancy"]),
    ("billing", &["domain", "stripe", "tenancy"]),
    ("web", &["billing", "clerk", "domain", "files", "mirror", "signatures", "stripe", "tenancy"]),
    ("worker", &["billing", "clerk", "domain", "files", "mail", "mirror", "signatures", "stripe", "tenancy"]),
    ("sandbox", &["signatures"]),
    ("testkit", &["clerk", "domain", "files", "signatures", "stripe", "tenancy"]),
    ("prove", &["clerk", "domain", "files", "mirror", "stripe", "tenancy", "web"]),
    (
        "cli",
        &[
            "archive",
            "audit",
            "billing",
            "clerk",
            "domain",
            "files",
            "mail",
            "mirror",
            "pg-local",
            "prove",
            "signatures",
            "stripe",
            "tenancy",
            "web",
            "worker",
        ],
    ),
];

/// Libraries that only some crates may name.
const ONLY_IN: &[(&str, &[&str])] = &[
    // `audit` looks at any database; `prove` attacks from outside the doors, in databases of its own.
    ("tokio-postgres", &["audit", "prove", "tenancy", "testkit"]),
    ("deadpool-postgres", &["tenancy"]),
    ("refinery", &["tenancy"]),
    // `testkit` answers as Clerk where a test needs one that forgets nothing and loses everything.
    ("axum", &["web", "sandbox", "cli", "testkit"]),
    ("askama", &["mail", "web", "sandbox"]),
    ("lettre", &["mail"]),
    ("reqwest", &["clerk", "sandbox", "cli", "stripe"]),
    ("jsonwebtoken", &["clerk", "sandbox"]),
];

/// The lowest versions without a known hole that matters here (docs/decisions/0001).
const FLOORS: &[(&str, &str)] = &[
    ("jsonwebtoken", "10.3.0"),
    ("tokio-postgres", "0.7.18"),
    ("postgres-protocol", "0.6.12"),
    ("tracing-subscriber", "0.3.20"),
    ("h2", "0.4.16"),
    ("idna", "1.0.0"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The resolved packages for this machine's platform: what is compiled here, and so what has been downloaded.
fn metadata() -> serde_json::Value {
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let platform = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", platform])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Production dependencies of each of our crates, by name.
fn our_dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let members: Vec<&str> =
        metadata["workspace_members"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .filter(|package| members.contains(&package["id"].as_str().unwrap()))
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            let production = dependencies.filter(|dependency| dependency["kind"].is_null());
            let names = production.map(|dependency| dependency["name"].as_str().unwrap().to_owned());
            (package["name"].as_str().unwrap().to_owned(), names.collect())
        })
        .collect()
}

/// All `.rs` files below `crates/*/src`, with the crate they belong to.
fn sources() -> Vec<(String, PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut pending = vec![path.join("src")];
        while let Some(path) = pending.pop() {
            if path.is_dir() {
                pending.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push((name.clone(), path.clone(), std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

#[test]
fn dependencies_point_one_way() {
    let house: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let ours = our_dependencies();
    let names: BTreeSet<&str> = ours.keys().map(String::as_str).collect();
    assert_eq!(names, house.keys().copied().collect(), "a new crate needs its place in MAY_USE");
    for (name, dependencies) in &ours {
        for dependency in dependencies.iter().filter(|dependency| names.contains(dependency.as_str())) {
            assert!(house[name.as_str()].contains(&dependency.as_str()), "{name} must not use {dependency}");
        }
    }
}

#[test]
fn some_libraries_stay_in_their_rooms() {
    let ours = our_dependencies();
    for (library, rooms) in ONLY_IN {
        for (name, dependencies) in &ours {
            assert!(
                !dependencies.contains(*library) || rooms.contains(&name.as_str()),
                "{name} must not depend on {library}; only {rooms:?} may"
            );
        }
    }
}

#[test]
fn the_program_contains_no_sandbox_and_no_testkit() {
    let metadata = metadata();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let name_of = |id: &str| {
        let packages = metadata["packages"].as_array().unwrap();
        packages.iter().find(|p| p["id"] == id).unwrap()["name"].as_str().unwrap().to_owned()
    };
    let start = nodes.iter().find(|node| name_of(node["id"].as_str().unwrap()) == "cli").unwrap();
    let (mut pending, mut reached) = (vec![start], BTreeSet::new());
    while let Some(node) = pending.pop() {
        for dependency in node["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            let id = dependency["pkg"].as_str().unwrap();
            if kinds.iter().any(|kind| kind["kind"].is_null()) && reached.insert(id.to_owned()) {
                pending.push(nodes.iter().find(|node| node["id"] == id).unwrap());
            }
        }
    }
    let names: BTreeSet<String> = reached.iter().map(|id| name_of(id)).collect();
    assert!(names.contains("web") && names.contains("tenancy"));
    assert!(!names.contains("sandbox") && !names.contains("testkit"));
}

#[test]
fn the_deny_list_and_the_version_floors_hold() {
    let deny: toml::Table = std::fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap();
    let lock: toml::Table = std::fs::read_to_string(root().join("Cargo.lock")).unwrap().parse().unwrap();
    // `cargo tree` and not the lock file: that names optional dependencies nobody asked for.
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--workspace", "--locked", "--offline", "--prefix", "none", "--format", "{p}"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    let compiled: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(compiled.contains("tokio-postgres"));
    let locked: BTreeMap<&str, &str> = lock["package"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (package["name"].as_str().unwrap(), package["version"].as_str().unwrap()))
        .collect();
    for banned in deny["bans"]["deny"].as_array().unwrap() {
        let name = banned["name"].as_str().unwrap();
        assert!(!compiled.contains(name), "{name} is compiled in, and banned: {}", banned["reason"]);
    }
    let number =
        |version: &str| -> Vec<u64> { version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect() };
    for (name, floor) in FLOORS {
        if let Some(version) = locked.get(name) {
            assert!(number(version) >= number(floor), "{name} {version} is below {floor}");
        }
    }
    let packages = lock["package"].as_array().unwrap();
    for package in packages {
        let from_elsewhere =
            package.get("source").is_some_and(|source| !source.as_str().unwrap().starts_with("registry+"));
        assert!(!from_elsewhere, "{} does not come from the registry", package["name"]);
    }
}

#[test]
fn licences_are_on_the_list() {
    let deny: toml::Table = std::fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap();
    let allowed: Vec<&str> =
        deny["licenses"]["allow"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let acceptable = |expression: &str| {
        let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
        // Every AND part needs one OR alternative that is allowed.
        plain.split(" AND ").all(|part| part.split(" OR ").any(|name| allowed.contains(&name.trim())))
    };
    for package in metadata()["packages"].as_array().unwrap() {
        let licence = package["license"].as_str().unwrap_or("none named");
        assert!(acceptable(licence), "{}: {licence}", package["name"]);
    }
}

#[test]
fn every_crate_obeys_the_lint_table() {
    for (name, _) in MAY_USE {
        let manifest = std::fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{name}: add [lints] workspace = true");
    }
}

/// What of a file is compiled into the program: not its tests, and nothing of a file that is tests alone.
fn production<'a>(path: &Path, text: &'a str) -> &'a str {
    let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
    let parent = path.parent().unwrap();
    let declared_in = [parent.join("lib.rs"), parent.join("mod.rs"), parent.with_extension("rs")];
    let only_for_tests = declared_in.iter().filter_map(|file| std::fs::read_to_string(file).ok()).any(|text| {
        text.contains(&format!("#[cfg(test)]\nmod {stem};"))
            || text.contains(&format!("#[cfg(test)]\npub(crate) mod {stem};"))
    });
    let in_tests = path.components().any(|part| part.as_os_str() == "tests");
    if only_for_tests || in_tests { "" } else { text.split("#[cfg(test)]").next().unwrap_or_default() }
}

#[test]
fn what_is_absent_stays_absent() {
    let mut read = 0;
    for (crate_name, path, text) in sources() {
        let place = path.display();
        let forbid = |needle: &str, except: &[&str], why: &str| {
            assert!(except.contains(&crate_name.as_str()) || !text.contains(needle), "{place}: {needle}: {why}");
        };
        // `prove` pretends to be what gets past the door.
        forbid("app.current_org_id", &["audit", "prove", "tenancy", "testkit"], "only the door sets the organisation");
        forbid("app.system_reason", &["tenancy", "prove"], "only the door sets the reason");
        // `tenancy` and `cli` look whether anybody may call it, and say so.
        forbid("set_config", &["audit", "cli", "prove", "tenancy"], "the organisation is set by `set local` alone");
        forbid("#[allow(", &[], "use #[expect(…, reason = …)]");
        forbid("#![allow(", &[], "use #[expect(…, reason = …)]");
        forbid("Utc::now", &[], "one clock: jiff");
        if ["tenancy", "domain", "mail", "mirror", "web", "worker", "budget", "clerk", "signatures", "stripe"]
            .contains(&crate_name.as_str())
        {
            read += 1;
            // A browser's own word for what may do nothing.
            let text = production(&path, &text).replace("default-src 'none'; sandbox", "").to_lowercase();
            assert!(!text.contains("sandbox"), "{place}: production code never asks for the sandbox");
        }
    }
    assert!(read > 100, "{read}");
}
