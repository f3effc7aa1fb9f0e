//! `tenantry prove-isolation` at a real Postgres: how it ends, and that it leaves nothing behind.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use pg_local::{Cluster, Installation, Mode, Options};
use rustix::process::{Pid, Signal, kill_process};

use crate::program::{Run, run, tenantry};

async fn cluster() -> (tempfile::TempDir, Cluster) {
    use std::os::unix::fs::PermissionsExt;
    let open = std::fs::Permissions::from_mode(0o711);
    let folder = tempfile::Builder::new().permissions(open).tempdir().unwrap();
    let cluster = Cluster::start(Options { data_dir: folder.path().to_owned(), mode: Mode::Throwaway }).await.unwrap();
    (folder, cluster)
}

fn databases(cluster: &Cluster) -> String {
    let list = "select string_agg(datname, ' ' order by datname) from pg_database";
    let psql = Installation::newest().unwrap().bin.join("psql");
    let answer = Command::new(psql).args(["-XAtc", list, &cluster.admin_url()]).output().unwrap();
    String::from_utf8(answer.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn a_proof_on_a_given_server_stands_and_leaves_nothing_behind() {
    let (_folder, cluster) = cluster().await;
    let before = databases(&cluster);
    let url = cluster.admin_url();
    let proven = run(
        &["prove-isolation", "--database-url", &url, "--attempts", "50", "--seed", "4", "--signed", "--format", "json"],
        &[],
    );
    assert_eq!(proven.code, Some(0), "{proven:?}");
    for json in [r#""stands": true"#, r#""seed": 4"#, r#""signed": true"#, r#""of": "route""#] {
        assert!(proven.out.contains(json), "{json} in:\n{}", proven.out);
    }
    for part in ["tables × attacks", "routes × callers", "random statements (40)", "again, where "] {
        assert!(proven.err.contains(part), "{part} in: {}", proven.err);
    }
    assert_eq!(databases(&cluster), before);
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn an_interrupted_proof_leaves_nothing_behind() {
    let (_folder, cluster) = cluster().await;
    let before = databases(&cluster);
    let mut proving = tenantry(&["prove-isolation", "--database-url", &cluster.admin_url()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(proving.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("tables × attacks") {
        line.clear();
        assert!(told.read_line(&mut line).unwrap() > 0, "it ended by itself");
    }
    assert_ne!(databases(&cluster), before);
    kill_process(Pid::from_raw(proving.id().try_into().unwrap()).unwrap(), Signal::INT).unwrap();
    let mut rest = String::new();
    told.read_to_string(&mut rest).unwrap();
    let ended: Run = proving.wait_with_output().unwrap().into();
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{rest}");
    assert!(rest.contains("nothing is proven"), "{rest}");
    assert_eq!(databases(&cluster), before);
    cluster.stop().await.unwrap();
}

#[test]
fn a_server_that_cannot_be_used_is_said_in_one_line() {
    let nowhere =
        run(&["prove-isolation", "--database-url", "postgresql://postgres@/postgres?host=%2Fnonexistent"], &[]);
    assert_eq!(nowhere.code, Some(2), "{nowhere:?}");
    assert!(nowhere.err.starts_with("tenantry: the database cannot be reached"), "{}", nowhere.err);
    assert_eq!(nowhere.err.lines().count(), 1, "{}", nowhere.err);
    let wrong = run(&["prove-isolation", "--database-url", "mysql://root@localhost/x"], &[]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.err.contains("--database-url") && !wrong.err.contains("mysql"), "{}", wrong.err);
}
