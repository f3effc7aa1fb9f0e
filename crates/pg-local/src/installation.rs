//! The newest Postgres that is installed.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::version::OLDEST_MAJOR;
use crate::{Error, Version};

/// Folders whose children hold one version each, and the way from a child to its programs.
const FAMILIES: &[(&str, &str, &str)] = &[
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// A folder with the programs of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// Where `postgres` and `initdb` lie.
    pub bin: PathBuf,
    /// What `postgres --version` said.
    pub version: Version,
}

impl Installation {
    /// Every version found, the newest first; only `TENANTRY_PG_BIN` where that is set.
    pub(crate) fn all() -> Result<Vec<Self>, Error> {
        if let Some(bin) = env::var_os("TENANTRY_PG_BIN").filter(|value| !value.is_empty()) {
            let bin = PathBuf::from(bin);
            let only = Self::at(&bin).ok_or(Error::WrongBin(bin))?;
            return supported(vec![only]);
        }
        supported(candidates().iter().filter_map(|bin| Self::at(bin)).collect())
    }

    /// The newest version found, 15 at least.
    pub fn newest() -> Result<Self, Error> {
        Ok(Self::all()?.swap_remove(0))
    }

    fn at(bin: &Path) -> Option<Self> {
        let postgres = bin.join("postgres");
        if !postgres.is_file() || !bin.join("initdb").is_file() {
            return None;
        }
        let told = Command::new(postgres).arg("--version").output().ok()?;
        let version = Version::parse(&String::from_utf8_lossy(&told.stdout))?;
        Some(Self { bin: bin.to_owned(), version })
    }
}

fn candidates() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (parent, prefix, programs) in FAMILIES {
        let Ok(children) = Path::new(parent).read_dir() else {
            continue;
        };
        for child in children.flatten() {
            if child.file_name().to_string_lossy().starts_with(prefix) {
                found.push(child.path().join(programs));
            }
        }
    }
    if let Ok(told) = Command::new("pg_config").arg("--bindir").output() {
        found.push(PathBuf::from(String::from_utf8_lossy(&told.stdout).trim()));
    }
    if let Some(path) = env::var_os("PATH") {
        found.extend(env::split_paths(&path));
    }
    found
}

fn supported(mut found: Vec<Installation>) -> Result<Vec<Installation>, Error> {
    found.sort_by_key(|one| std::cmp::Reverse(one.version));
    let newest = found.first().ok_or(Error::NotFound)?;
    if newest.version.major < OLDEST_MAJOR {
        return Err(Error::TooOld { version: newest.version, bin: newest.bin.clone() });
    }
    found.retain(|one| one.version.major >= OLDEST_MAJOR);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Installation, supported};
    use crate::Version;

    fn installed(major: u32, minor: u32) -> Installation {
        Installation { bin: PathBuf::from(format!("/pg/{major}/bin")), version: Version { major, minor } }
    }

    #[test]
    fn the_newest_comes_first_and_old_ones_are_left_out() {
        let found =
            supported(vec![installed(14, 23), installed(15, 20), installed(17, 12), installed(16, 16)]).unwrap();
        let majors: Vec<u32> = found.iter().map(|one| one.version.major).collect();
        assert_eq!(majors, [17, 16, 15]);
    }

    #[test]
    fn none_and_too_old_say_what_to_type() {
        let none = supported(vec![]).unwrap_err().to_string();
        assert!(none.contains("apt-get install -y postgresql"), "{none}");
        let old = supported(vec![installed(14, 23)]).unwrap_err().to_string();
        assert!(old.contains("14.23") && old.contains("15 or newer"), "{old}");
        assert!(old.contains("apt-get install -y postgresql"), "{old}");
    }
}
