//! One cluster: created where it is missing, started or found running, stopped.

use std::ffi::OsString;
use std::fs::{self, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;
use tokio::time::{Instant, sleep, timeout};

use crate::places::{self, Places};
use crate::postmaster::{self, Postmaster};
use crate::user::User;
use crate::{Error, Guardian, Installation, Version};

/// The administrator that initdb creates; not the name of an operating-system user.
const ADMIN: &str = "postgres";
/// Recovery after a crash may take a while.
const START_LIMIT: Duration = Duration::from_secs(90);
const STOP_LIMIT: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Everything in a URL's parts that has to be written with a percent sign.
const IN_URL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// How much a cluster's data is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Survives crashes, of the machine too.
    Durable,
    /// For one run of tests: writes wait for no disk, 200 connections, and the data is deleted on stop.
    Throwaway,
}

/// What to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// The cluster goes to `postgres/<major version>` in this folder, which is created.
    pub data_dir: PathBuf,
    /// How much the data is worth.
    pub mode: Mode,
}

/// A running Postgres.
///
/// Dropped without [`Cluster::stop`], a server that we started shuts down soon after.
#[derive(Debug)]
pub struct Cluster {
    data: PathBuf,
    mode: Mode,
    socket_folder: PathBuf,
    version: Version,
    notes: Vec<String>,
    server: Server,
}

#[derive(Debug)]
enum Server {
    /// Our child, and who ends it when we cannot.
    Started { child: Box<Child>, guardian: Box<Guardian> },
    /// Somebody else's, found running: it is left as it is.
    Found { pid: i32 },
}

impl Cluster {
    /// Finds the newest Postgres, creates the cluster where there is none, and starts it or uses the one that
    /// runs already. Returns when it takes connections.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let installations = Installation::all()?;
        let user = User::choose()?;
        let places = Places::choose(&options.data_dir, &user).await?;
        let mut notes: Vec<String> = places.note.clone().into_iter().collect();

        let lock = places.lock()?;
        // Released when the file is dropped: two who start at once shall not create it twice.
        locked(&lock, &places.home).await?;

        let choice = choose_cluster(&places, &installations, options.mode)?;
        notes.extend(choice.note);
        let (installation, data) = (choice.installation, choice.data);
        if let Some(repaired) = installation.version.lacks_repairs_until() {
            notes.push(format!(
                "PostgreSQL {} lacks security repairs that {repaired} has: good enough to develop with, not to serve customers",
                installation.version
            ));
        }

        if !data.join("PG_VERSION").exists() {
            create(&installation, &user, &data, options.mode).await?;
        }
        let cluster = |socket_folder, server| Self {
            data: data.clone(),
            mode: options.mode,
            socket_folder,
            version: installation.version,
            notes,
            server,
        };
        if let Some(running) = found_running(&data).await? {
            let server = Server::Found { pid: running.pid };
            return Ok(cluster(running.socket_folder, server));
        }
        let socket_folder = places::socket_folder(&data, &user)?;
        let server = launch(&installation, &user, &places, &data, &socket_folder, options.mode).await?;
        Ok(cluster(socket_folder, server))
    }

    /// Where the administrator connects: `postgresql://postgres@/postgres?host=%2Ftmp%2Ftenantry-pg-…`.
    pub fn admin_url(&self) -> String {
        self.url(ADMIN, "postgres")
    }

    /// Where a role connects to a database. Understood by libpq and tokio-postgres, not by the `url` crate,
    /// which wants a host behind the `@`.
    pub fn url(&self, role: &str, database: &str) -> String {
        let escaped = |part| utf8_percent_encode(part, IN_URL);
        format!(
            "postgresql://{}@/{}?host={}",
            escaped(role),
            escaped(database),
            escaped(&self.socket_folder.to_string_lossy())
        )
    }

    /// Version of the server.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The folder of the data.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Whether the server ran before us, and will go on after us.
    pub fn was_running(&self) -> bool {
        matches!(self.server, Server::Found { .. })
    }

    /// What a person should be told: an old patch level, another folder than the one asked for.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Returns when the server has ended without being asked to, with how.
    pub async fn ended(&mut self) -> String {
        match &mut self.server {
            Server::Started { child, .. } => match child.wait().await {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            },
            Server::Found { pid } => {
                while postmaster::is_alive(*pid) {
                    sleep(Duration::from_secs(1)).await;
                }
                "stopped by somebody else".to_owned()
            }
        }
    }

    /// Ends the server that we started: connections are cut, data is written. A throwaway cluster is deleted.
    /// One that was found running is left alone.
    pub async fn stop(self) -> Result<(), Error> {
        let Server::Started { mut child, guardian } = self.server else {
            return Ok(());
        };
        // The process has no id any more when it has ended and been waited for.
        if let Some(pid) = child.id() {
            signal(pid, Signal::INT)?;
            if timeout(STOP_LIMIT, child.wait()).await.is_err() {
                signal(pid, Signal::QUIT)?;
                let _ = timeout(STOP_LIMIT, child.wait()).await;
            }
        }
        guardian.dismiss().await;
        // Postgres removes its socket; a folder that is not empty stays, and is used again.
        let _ = fs::remove_dir(&self.socket_folder);
        match self.mode {
            Mode::Durable => Ok(()),
            Mode::Throwaway => places::remove_all(&self.data),
        }
    }
}

struct Choice {
    installation: Installation,
    data: PathBuf,
    note: Option<String>,
}

/// The newest version, unless the data is of an older one: data is worth more than a version.
fn choose_cluster(places: &Places, installed: &[Installation], mode: Mode) -> Result<Choice, Error> {
    let newest = &installed[0];
    if mode == Mode::Throwaway {
        return Ok(Choice {
            installation: newest.clone(),
            // A name of its own: deleting it can never hit data worth keeping.
            data: places.home.join("throwaway"),
            note: None,
        });
    }
    let data_of = |major: u32| places.home.join(major.to_string());
    let mut present: Vec<u32> = fs::read_dir(&places.home)
        .map_err(Error::io("reading", &places.home))?
        .flatten()
        .filter(|entry| entry.path().join("PG_VERSION").exists())
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    present.sort_unstable();
    let Some(major) = present.pop().filter(|major| *major != newest.version.major) else {
        return Ok(Choice { installation: newest.clone(), data: data_of(newest.version.major), note: None });
    };
    let same_major = installed.iter().find(|one| one.version.major == major);
    let installation =
        same_major.ok_or_else(|| Error::MajorGone { data: data_of(major), major, found: newest.version })?;
    Ok(Choice {
        installation: installation.clone(),
        data: data_of(major),
        note: Some(format!(
            "PostgreSQL {} is installed, and {major} used, because {} was made by it",
            newest.version,
            data_of(major).display()
        )),
    })
}

/// Runs initdb beside the final place: a folder with the final name is always whole.
async fn create(installation: &Installation, user: &User, data: &Path, mode: Mode) -> Result<(), Error> {
    let unfinished = data.with_extension("unfinished");
    places::empty_folder(&unfinished, user)?;
    let mut initdb = user.command(&installation.bin.join("initdb"));
    initdb
        .arg("-D")
        .arg(&unfinished)
        // Whoever reaches the socket is trusted; its folder lets nobody else in.
        .args(["-U", ADMIN, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-instructions"])
        .kill_on_drop(true)
        .stdin(Stdio::null());
    if mode == Mode::Throwaway {
        initdb.arg("--no-sync");
    }
    let done = initdb.output().await.map_err(Error::io("running", &installation.bin.join("initdb")))?;
    if !done.status.success() {
        let mut output = String::from_utf8_lossy(&done.stdout).into_owned();
        output.push_str(&String::from_utf8_lossy(&done.stderr));
        return Err(Error::Failed { program: "initdb", status: done.status.to_string(), output: last_lines(&output) });
    }
    fs::rename(&unfinished, data).map_err(Error::io("renaming", &unfinished))
}

/// A server that runs on this data already; one that is starting or stopping is waited for.
async fn found_running(data: &Path) -> Result<Option<Postmaster>, Error> {
    let begun = Instant::now();
    loop {
        match Postmaster::read(data) {
            Some(running) if running.is_ready() => return Ok(Some(running)),
            Some(running) if running.is_alive() => {}
            // What a dead server left behind is Postgres' to judge and clean.
            _ => return Ok(None),
        }
        if begun.elapsed() > START_LIMIT {
            // The process may be a stranger that got the number of a dead server: Postgres can tell.
            return Ok(None);
        }
        sleep(LOOK_AGAIN).await;
    }
}

async fn launch(
    installation: &Installation,
    user: &User,
    places: &Places,
    data: &Path,
    socket_folder: &Path,
    mode: Mode,
) -> Result<Server, Error> {
    let name = data.file_name().unwrap_or_default().to_string_lossy();
    let (log, file) = places.log(&name)?;
    let said_before = fs::metadata(&log).map_or(0, |found| found.len());
    let to_log = file.try_clone().map_err(Error::io("opening", &log))?;

    let program = installation.bin.join("postgres");
    let mut child = user
        .command(&program)
        .args(arguments(data, socket_folder, mode))
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(to_log)
        .spawn()
        .map_err(Error::io("starting", &program))?;
    let pid = child.id().unwrap_or_default();
    let guardian = Guardian::over(&[pid], "INT").map_err(Error::io("starting", Path::new("/bin/sh")))?;

    let begun = Instant::now();
    loop {
        let said = || {
            let all = fs::read(&log).unwrap_or_default();
            let from = usize::try_from(said_before).unwrap_or(0).min(all.len());
            last_lines(&String::from_utf8_lossy(&all[from..]))
        };
        if let Some(status) = child.try_wait().map_err(Error::io("waiting for", &program))? {
            guardian.dismiss().await;
            return Err(Error::Failed { program: "postgres", status: status.to_string(), output: said() });
        }
        let ours = Postmaster::read(data).filter(|found| u32::try_from(found.pid) == Ok(pid));
        if ours.is_some_and(|found| found.is_ready()) {
            return Ok(Server::Started { child: Box::new(child), guardian: Box::new(guardian) });
        }
        if begun.elapsed() > START_LIMIT {
            return Err(Error::TooSlow {
                what: format!("starting PostgreSQL (its log: {})", log.display()),
                seconds: START_LIMIT.as_secs(),
            });
        }
        sleep(LOOK_AGAIN).await;
    }
}

fn arguments(data: &Path, socket_folder: &Path, mode: Mode) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["-D".into(), data.into(), "-k".into(), socket_folder.into()];
    arguments.extend(["-p".into(), postmaster::PORT.to_string().into()]);
    let mut settings = vec!["listen_addresses=", "timezone=UTC", "log_timezone=UTC"];
    if mode == Mode::Throwaway {
        settings.extend([
            "fsync=off",
            "full_page_writes=off",
            "synchronous_commit=off",
            "max_connections=200",
            "wal_level=logical",
        ]);
    }
    for setting in settings {
        arguments.extend(["-c".into(), setting.into()]);
    }
    arguments
}

async fn locked(lock: &fs::File, home: &Path) -> Result<(), Error> {
    let begun = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if begun.elapsed() < START_LIMIT => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::TooSlow {
                    what: format!("another start in {}", home.display()),
                    seconds: START_LIMIT.as_secs(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(Error::io("locking", home)(error)),
        }
        sleep(LOOK_AGAIN).await;
    }
}

fn signal(pid: u32, signal: Signal) -> Result<(), Error> {
    let Some(target) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return Ok(());
    };
    match kill_process(target, signal) {
        // It ended by itself a moment ago.
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(Error::Io { doing: format!("stopping PostgreSQL (process {pid})"), source: error.into() }),
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}
