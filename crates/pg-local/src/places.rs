//! Where the data, the log and the socket go.

use std::fs::{self, DirBuilder, File, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::user::User;

/// Where the data goes when the database user cannot reach the folder it was asked for in.
const REACHABLE: &str = "/var/lib/tenantry";

/// Held while a cluster is created and started.
const LOCK: &str = ".lock";

/// Folder that holds one cluster per major version, beside their lock and log.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) home: PathBuf,
    /// What the reader should know about the choice.
    pub(crate) note: Option<String>,
}

impl Places {
    /// `DATA_DIR/postgres`, or a folder under /var/lib/tenantry where the database user cannot enter that.
    pub(crate) async fn choose(data_dir: &Path, user: &User) -> Result<Self, Error> {
        let wanted = made(&data_dir.join("postgres"))?;
        if user.can_enter(&wanted).await {
            return Ok(Self { home: wanted, note: None });
        }
        let home = made(&Path::new(REACHABLE).join(short_hash(&wanted)))?;
        if !user.can_enter(&home).await {
            return Err(Error::Unreachable { user: user.name().to_owned(), path: wanted });
        }
        let note = format!(
            "the user `{}` cannot enter {}, so the database is kept in {}",
            user.name(),
            wanted.display(),
            home.display()
        );
        Ok(Self { home, note: Some(note) })
    }

    pub(crate) fn lock(&self) -> Result<File, Error> {
        let path = self.home.join(LOCK);
        File::options().create(true).truncate(false).write(true).open(&path).map_err(Error::io("opening", &path))
    }

    /// The log of one cluster, to be appended to; the one before is kept when it has grown.
    pub(crate) fn log(&self, cluster: &str) -> Result<(PathBuf, File), Error> {
        const GROWN: u64 = 5_000_000;
        let path = self.home.join(format!("{cluster}.log"));
        if fs::metadata(&path).is_ok_and(|found| found.len() > GROWN) {
            let before = path.with_extension("log.old");
            fs::rename(&path, &before).map_err(Error::io("renaming", &path))?;
        }
        let file = File::options().create(true).append(true).open(&path).map_err(Error::io("opening", &path))?;
        Ok((path, file))
    }
}

/// The folder of the socket: short, because a socket's path ends at 107 bytes, and closed to everybody else,
/// because whoever can connect is trusted.
pub(crate) fn socket_folder(cluster: &Path, user: &User) -> Result<PathBuf, Error> {
    let path = PathBuf::from(format!("/tmp/tenantry-pg-{}", short_hash(cluster)));
    match DirBuilder::new().mode(0o700).create(&path) {
        Ok(()) => user.receives(&path)?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let is_folder = fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir());
            if !is_folder || !user.owns(&path) {
                return Err(Error::ForeignSocketDirectory(path));
            }
            fs::set_permissions(&path, Permissions::from_mode(0o700)).map_err(Error::io("closing", &path))?;
        }
        Err(error) => return Err(Error::io("creating", &path)(error)),
    }
    Ok(path)
}

/// An empty folder of the database user, for initdb to fill.
pub(crate) fn empty_folder(path: &Path, user: &User) -> Result<(), Error> {
    if path.exists() {
        fs::remove_dir_all(path).map_err(Error::io("removing", path))?;
    }
    DirBuilder::new().mode(0o700).create(path).map_err(Error::io("creating", path))?;
    user.receives(path)
}

/// Deletes a cluster with its log, and the folder above it where nothing else is kept in that.
pub(crate) fn remove_all(cluster: &Path) -> Result<(), Error> {
    fs::remove_dir_all(cluster).map_err(Error::io("removing", cluster))?;
    let _ = fs::remove_file(cluster.with_extension("log"));
    let Some(home) = cluster.parent() else {
        return Ok(());
    };
    let only_the_lock = fs::read_dir(home)
        .is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == LOCK)));
    if only_the_lock {
        fs::remove_dir_all(home).map_err(Error::io("removing", home))?;
    }
    Ok(())
}

fn made(path: &Path) -> Result<PathBuf, Error> {
    fs::create_dir_all(path).map_err(Error::io("creating", path))?;
    path.canonicalize().map_err(Error::io("opening", path))
}

/// FNV-1a: the same on every machine and with every compiler, unlike the standard library's hasher.
fn short_hash(path: &Path) -> String {
    let hash =
        path.as_os_str().as_encoded_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::short_hash;

    #[test]
    fn the_hash_is_the_published_one() {
        // Vectors of the authors of FNV-1a.
        assert_eq!(short_hash(Path::new("")), "cbf29ce484222325");
        assert_eq!(short_hash(Path::new("foobar")), "85944171f73967e8");
    }
}
