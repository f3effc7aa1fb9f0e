//! The library, against whatever Postgres is installed.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use pg_local::{Cluster, Installation, Mode, Options};
use tempfile::TempDir;

/// A folder that the database user can pass through, also when root runs the tests.
pub(crate) fn open_folder() -> TempDir {
    tempfile::Builder::new().permissions(std::fs::Permissions::from_mode(0o711)).tempdir().unwrap()
}

pub(crate) fn psql(url: &str, statement: &str) -> String {
    let psql = Installation::newest().unwrap().bin.join("psql");
    let done = Command::new(psql)
        .args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, url])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{statement}: {said}");
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

fn options(folder: &Path, mode: Mode) -> Options {
    Options { data_dir: folder.to_owned(), mode }
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "waited for: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_durable_cluster_keeps_its_data() {
    let folder = open_folder();
    let cluster = Cluster::start(options(folder.path(), Mode::Durable)).await.unwrap();
    let url = cluster.admin_url();
    psql(&url, "create table kept (n int); insert into kept values (42); checkpoint");
    assert_eq!(psql(&url, "show server_encoding"), "UTF8");
    assert_eq!(psql(&url, "show listen_addresses"), "");
    assert_eq!(psql(&url, "show fsync"), "on");
    let data = cluster.data().to_owned();
    assert_eq!(data, folder.path().canonicalize().unwrap().join("postgres").join(cluster.version().major.to_string()));
    cluster.stop().await.unwrap();
    assert!(!data.join("postmaster.pid").exists(), "stopped, not killed");

    let again = Cluster::start(options(folder.path(), Mode::Durable)).await.unwrap();
    assert_eq!(again.admin_url(), url, "the address stays");
    assert_eq!(psql(&again.admin_url(), "select n from kept"), "42");
    again.stop().await.unwrap();
}

#[tokio::test]
async fn the_url_is_understood_by_tokio_postgres_and_names_role_and_database() {
    let folder = open_folder();
    let cluster = Cluster::start(options(folder.path(), Mode::Throwaway)).await.unwrap();
    psql(&cluster.admin_url(), "create role \"an app\" login");
    psql(&cluster.admin_url(), "create database \"a house\"");
    let url = cluster.url("an app", "a house");
    assert_eq!(psql(&url, "select current_user || ', ' || current_database()"), "an app, a house");

    let parsed: tokio_postgres::Config = url.parse().unwrap();
    assert_eq!(parsed.get_user(), Some("an app"));
    assert_eq!(parsed.get_dbname(), Some("a house"));
    let hosts = parsed.get_hosts();
    assert!(matches!(hosts, [tokio_postgres::config::Host::Unix(path)] if path.starts_with("/tmp")), "{hosts:?}");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn nobody_else_may_reach_the_socket_or_the_data() {
    let folder = open_folder();
    let cluster = Cluster::start(options(folder.path(), Mode::Throwaway)).await.unwrap();
    let socket_folder = psql(&cluster.admin_url(), "show unix_socket_directories");
    assert!(socket_folder.len() < 60, "{socket_folder}");
    let owner = std::fs::metadata(cluster.data()).unwrap().uid();
    for private in [Path::new(&socket_folder), cluster.data()] {
        let found = std::fs::metadata(private).unwrap();
        assert_eq!(found.permissions().mode() & 0o777, 0o700, "{}", private.display());
        assert_eq!(found.uid(), owner);
    }
    assert_ne!(owner, 0, "root runs no Postgres");
    cluster.stop().await.unwrap();
    assert!(!Path::new(&socket_folder).exists());
}

#[tokio::test]
async fn a_running_one_is_used_and_left_running() {
    let folder = open_folder();
    let first = Cluster::start(options(folder.path(), Mode::Durable)).await.unwrap();
    let second = Cluster::start(options(folder.path(), Mode::Durable)).await.unwrap();
    assert!(second.was_running() && !first.was_running());
    assert_eq!(second.admin_url(), first.admin_url());
    second.stop().await.unwrap();
    assert_eq!(psql(&first.admin_url(), "select 1"), "1");
    first.stop().await.unwrap();
}

#[tokio::test]
async fn a_cluster_nobody_stopped_ends_with_its_owner() {
    let folder = open_folder();
    let cluster = Cluster::start(options(folder.path(), Mode::Durable)).await.unwrap();
    let pid_file = cluster.data().join("postmaster.pid");
    drop(cluster);
    until("the guardian to end it", || !pid_file.exists()).await;
    // And it starts again, from the same data.
    let again = Cluster::start(options(folder.path(), Mode::Durable)).await.unwrap();
    again.stop().await.unwrap();
}

#[tokio::test]
async fn a_crashed_one_recovers() {
    let folder = open_folder();
    let mut cluster = Cluster::start(options(folder.path(), Mode::Durable)).await.unwrap();
    psql(&cluster.admin_url(), "create table kept (n int); insert into kept values (7)");
    let pid_file = cluster.data().join("postmaster.pid");
    let pid: i32 = std::fs::read_to_string(&pid_file).unwrap().lines().next().unwrap().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    assert!(cluster.ended().await.contains("signal: 9"));
    cluster.stop().await.unwrap();
    assert!(pid_file.exists(), "left behind by the crash");

    let again = Cluster::start(options(folder.path(), Mode::Durable)).await.unwrap();
    assert_eq!(psql(&again.admin_url(), "select n from kept"), "7");
    again.stop().await.unwrap();
}

#[tokio::test]
async fn a_throwaway_cluster_leaves_nothing() {
    let folder = open_folder();
    let cluster = Cluster::start(options(folder.path(), Mode::Throwaway)).await.unwrap();
    assert_eq!(psql(&cluster.admin_url(), "show fsync"), "off");
    assert_eq!(psql(&cluster.admin_url(), "show max_connections"), "200");
    let data = cluster.data().to_owned();
    cluster.stop().await.unwrap();
    assert!(!data.exists());
}

#[tokio::test]
async fn data_of_a_version_that_is_gone_is_not_passed_over() {
    let folder = open_folder();
    let made_by_9 = folder.path().join("postgres/9");
    std::fs::create_dir_all(&made_by_9).unwrap();
    std::fs::write(made_by_9.join("PG_VERSION"), "9\n").unwrap();
    let refused = Cluster::start(options(folder.path(), Mode::Durable)).await.unwrap_err().to_string();
    assert!(refused.contains("apt-get install -y postgresql-9"), "{refused}");
    assert!(refused.contains("move that folder away"), "{refused}");
}
