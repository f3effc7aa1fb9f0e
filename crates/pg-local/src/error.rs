//! What can go wrong, said so that the reader knows what to do.

use std::path::{Path, PathBuf};

use crate::Version;

/// Why there is no running Postgres.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing that looks like a server was found.
    #[error(
        "no PostgreSQL server found (looked for `postgres` and `initdb` in TENANTRY_PG_BIN, /usr/lib/postgresql/*/bin, \
         `pg_config --bindir`, /usr/pgsql-*/bin, the Homebrew folders and PATH).\n\
         Debian, Ubuntu: sudo apt-get install -y postgresql\n\
         macOS:          brew install postgresql@17\n\
         or set TENANTRY_PG_BIN to the folder that holds `postgres`, or DATABASE_URL to a server that runs already"
    )]
    NotFound,
    /// A server was found, older than we support.
    #[error(
        "PostgreSQL {version} in {} is too old: 15 or newer is needed.\n\
         Debian, Ubuntu: sudo apt-get install -y postgresql\n\
         or set TENANTRY_PG_BIN to the folder of a newer one", bin.display()
    )]
    TooOld {
        /// The newest version found.
        version: Version,
        /// Where it was found.
        bin: PathBuf,
    },
    /// `TENANTRY_PG_BIN` leads nowhere.
    #[error("TENANTRY_PG_BIN={} holds no `postgres` and `initdb` that can be run: it should look like /usr/lib/postgresql/17/bin", .0.display())]
    WrongBin(PathBuf),
    /// The data was made by a version that is gone.
    #[error(
        "{} was made by PostgreSQL {major}, which is not installed any more (found: {found}).\n\
         Debian, Ubuntu: sudo apt-get install -y postgresql-{major}\n\
         or move that folder away to begin with an empty database", data.display()
    )]
    MajorGone {
        /// The cluster's folder.
        data: PathBuf,
        /// Major version that made it.
        major: u32,
        /// The version that is installed.
        found: Version,
    },
    /// Root may not run Postgres, and there is nobody to run it as.
    #[error(
        "PostgreSQL refuses to run as root, and neither a user `postgres` nor `nobody` exists: create one, or run as an ordinary user"
    )]
    NoUser,
    /// The user Postgres runs as cannot get to the data.
    #[error("the user `{user}` cannot enter {}: every folder above it needs the permission x for others", path.display())]
    Unreachable {
        /// Who.
        user: String,
        /// Where.
        path: PathBuf,
    },
    /// Somebody else's folder stands where the socket should go.
    #[error("{} belongs to somebody else: remove it", .0.display())]
    ForeignSocketDirectory(PathBuf),
    /// A program of the installation failed.
    #[error("{program} failed ({status}):\n{output}")]
    Failed {
        /// Name of the program.
        program: &'static str,
        /// How it ended.
        status: String,
        /// Its last words.
        output: String,
    },
    /// Not there in time.
    #[error("{what} took longer than {seconds} s")]
    TooSlow {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
    },
    /// A file or a process, from the operating system.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: String,
        /// The reason given.
        source: std::io::Error,
    },
}

impl Error {
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { doing: format!("{doing} {}", path.display()), source }
    }
}
