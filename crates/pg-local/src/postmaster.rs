//! The file `postmaster.pid`, in which a running server says who and where it is.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// Port number in the name of the socket; no port is opened.
pub(crate) const PORT: u16 = 5432;

/// What a server wrote about itself. The lines: process id, data folder, start time, port, socket folder,
/// address, shared memory, state.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Postmaster {
    pub(crate) pid: i32,
    pub(crate) socket_folder: PathBuf,
    state: String,
}

impl Postmaster {
    /// Reads the file of a cluster; nothing when there is none or the server is still writing it.
    pub(crate) fn read(cluster: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(cluster.join("postmaster.pid")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        Some(Self {
            pid: lines.first()?.parse().ok()?,
            socket_folder: PathBuf::from(lines.get(4)?),
            state: (*lines.get(7)?).to_owned(),
        })
    }

    pub(crate) fn is_alive(&self) -> bool {
        is_alive(self.pid)
    }

    /// Whether it takes connections now.
    pub(crate) fn is_ready(&self) -> bool {
        let socket = self.socket_folder.join(format!(".s.PGSQL.{PORT}"));
        self.state == "ready" && self.is_alive() && UnixStream::connect(socket).is_ok()
    }
}

pub(crate) fn is_alive(pid: i32) -> bool {
    // A process of another user counts: we may not signal it, but it is there.
    let there = Pid::from_raw(pid).is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH));
    // After a restart of the machine the number may be a stranger's. Linux tells the name.
    let stranger = fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| !name.starts_with("postgres"));
    there && !stranger
}

#[cfg(test)]
mod tests {
    use super::Postmaster;

    #[test]
    fn reads_a_file_and_waits_for_half_a_one() {
        let whole = "4711\n/data/15\n1780000000\n5432\n/tmp/tenantry-pg-0\n\n  5432001    262144\nready   \n";
        let read = Postmaster::parse(whole).unwrap();
        assert_eq!(read.pid, 4711);
        assert_eq!(read.socket_folder.to_str(), Some("/tmp/tenantry-pg-0"));
        assert_eq!(read.state, "ready");
        assert_eq!(Postmaster::parse("4711\n/data/15\n"), None);
        assert_eq!(Postmaster::parse(""), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_stranger_with_the_number_of_a_dead_server_is_not_it() {
        let us = i32::try_from(std::process::id()).unwrap();
        assert!(!super::is_alive(us));
    }
}
