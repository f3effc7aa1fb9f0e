//! The commands at a real Postgres.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use pg_local::{Cluster, Mode, Options};
use rustix::process::{Pid, Signal, kill_process};

use crate::program::{run, serve_with, tenantry};

async fn cluster() -> (tempfile::TempDir, Cluster) {
    use std::os::unix::fs::PermissionsExt;
    let open = std::fs::Permissions::from_mode(0o711);
    let folder = tempfile::Builder::new().permissions(open).tempdir().unwrap();
    let cluster = Cluster::start(Options { data_dir: folder.path().to_owned(), mode: Mode::Throwaway }).await.unwrap();
    tenancy::bootstrap(&cluster.admin_url(), "tenantry").await.unwrap();
    (folder, cluster)
}

#[tokio::test]
async fn migrate_names_what_is_missing_and_applies_it() {
    let (_folder, cluster) = cluster().await;
    let url = cluster.url("tenantry_owner", "tenantry");
    let environment = [("OWNER_DATABASE_URL", url.as_str())];

    let before = run(&["migrate", "--check"], &environment);
    assert_eq!(before.code, Some(1), "{before:?}");
    assert!(before.out.contains("missing: V1__tenancy"), "{before:?}");
    let applied = run(&["migrate"], &environment);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    let after = run(&["migrate", "--check"], &environment);
    assert_eq!((after.code, after.out.as_str()), (Some(0), ""), "{after:?}");
    let again = run(&["migrate"], &environment);
    assert_eq!(again.out, "0 migrations applied\n");

    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn serve_and_work_refuse_a_role_that_row_security_does_not_bind() {
    let (_folder, cluster) = cluster().await;
    let url = cluster.url("postgres", "tenantry");
    for (command, variable) in [("serve", "DATABASE_URL"), ("work", "WORKER_DATABASE_URL")] {
        let ended = run(&[command], &serve_with(variable, &url));
        assert_eq!(ended.code, Some(2), "{ended:?}");
        for word in [variable, "superuser", "tenantry_app"] {
            assert!(ended.err.contains(word), "{word} in: {}", ended.err);
        }
    }
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn serve_listens_on_both_loopbacks_and_ends_when_asked() {
    let (_folder, cluster) = cluster().await;
    tenancy::migrate(&cluster.url("tenantry_owner", "tenantry")).await.unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (url, listen) = (cluster.url("tenantry_app", "tenantry"), format!("127.0.0.1:{port}"));
    let mut environment = serve_with("DATABASE_URL", &url);
    environment.push(("LISTEN", &listen));
    let mut server = tenantry(&["serve"]).envs(environment).spawn().unwrap();

    let mut addresses = vec![listen.clone()];
    if TcpListener::bind("[::1]:0").is_ok() {
        addresses.push(format!("[::1]:{port}"));
    }
    for address in addresses {
        let begun = Instant::now();
        let mut connection = loop {
            match TcpStream::connect(&address) {
                Ok(connection) => break connection,
                Err(error) if begun.elapsed() > Duration::from_secs(20) => panic!("{address}: {error}"),
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        write!(connection, "GET /healthz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{address}: {answer}");
    }

    let pid = Pid::from_raw(server.id().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(server.wait().unwrap().code(), Some(0));
    cluster.stop().await.unwrap();
}
