//! Who Postgres runs as: ourselves, or somebody weaker where we are root.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::{Command as StdCommand, Stdio};

use rustix::process::geteuid;
use tokio::process::Command;

use crate::Error;

/// The user that owns the data and runs the server.
#[derive(Clone, Debug)]
pub(crate) struct User {
    name: String,
    uid: u32,
    /// Group to change to; none where we are that user already.
    becomes: Option<u32>,
}

impl User {
    /// Ourselves; as root `postgres`, else `nobody` (Postgres refuses root, and a user without a name).
    pub(crate) fn choose() -> Result<Self, Error> {
        if !geteuid().is_root() {
            return Ok(Self { name: "you".to_owned(), uid: geteuid().as_raw(), becomes: None });
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| Some(Self { name: name.to_owned(), uid: id("-u", name)?, becomes: Some(id("-g", name)?) }))
            .ok_or(Error::NoUser)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A program run as this user, out of reach of the terminal's Ctrl-C and of settings meant for clients.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // The folder we stand in may be closed to that user, and the programs complain about it.
        command.current_dir("/").process_group(0).env("LC_ALL", "C");
        for name in ["PGDATA", "PGPORT", "PGHOST", "PGUSER", "PGOPTIONS"] {
            command.env_remove(name);
        }
        if let Some(gid) = self.becomes {
            // Our supplementary groups are given up with it: the standard library does so for root.
            command.uid(self.uid).gid(gid);
        }
        command
    }

    pub(crate) fn owns(&self, path: &Path) -> bool {
        fs::symlink_metadata(path).is_ok_and(|found| found.uid() == self.uid)
    }

    /// Gives a folder or file of ours to this user.
    pub(crate) fn receives(&self, path: &Path) -> Result<(), Error> {
        if self.becomes.is_none() {
            return Ok(());
        }
        chown(path, Some(self.uid), self.becomes).map_err(Error::io("changing the owner of", path))
    }

    /// Whether this user can get into a folder. Tried, not computed: access lists and mounts count too.
    pub(crate) async fn can_enter(&self, folder: &Path) -> bool {
        self.command(Path::new("/bin/sh"))
            .args(["-c", "cd \"$1\"", "sh"])
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .await
            .is_ok_and(|status| status.success())
    }
}

/// `id` knows the users of every directory service, /etc/passwd does not.
fn id(which: &str, name: &str) -> Option<u32> {
    let told = StdCommand::new("id").args([which, name]).output().ok()?;
    String::from_utf8(told.stdout).ok()?.trim().parse().ok()
}
