//! The commands at a real Postgres.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pg_local::{Cluster, Mode, Options};
use rustix::process::{Pid, Signal, kill_process};

use crate::program::{PRODUCTION, Run, run, serve_with, tenantry};

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
    open_set_config(&cluster);
    let server = tenantry(&["serve"]).envs(environment).stderr(Stdio::piped()).spawn().unwrap();

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
    let ended = Run::from(server.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(0));
    assert!(ended.err.contains("anybody may call set_config"), "said when the server starts: {}", ended.err);
    cluster.stop().await.unwrap();
}

/// An event is acknowledged when it is committed, so a commit has to be kept. A database for tests keeps nothing.
#[tokio::test]
async fn production_refuses_a_database_that_acknowledges_what_is_not_on_disk() {
    let (_folder, cluster) = cluster().await;
    tenancy::migrate(&cluster.url("tenantry_owner", "tenantry")).await.unwrap();
    for (command, variable, role) in
        [("serve", "DATABASE_URL", "tenantry_app"), ("work", "WORKER_DATABASE_URL", "tenantry_worker")]
    {
        let url = cluster.url(role, "tenantry");
        let mut environment: Vec<_> = PRODUCTION.iter().copied().filter(|(one, _)| *one != variable).collect();
        environment.push((variable, &url));
        let ended = run(&[command], &environment);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.err.contains(variable) && ended.err.contains("synchronous_commit"), "{}", ended.err);
        as_superuser(&cluster, &format!("alter role {role} set synchronous_commit = on"));
        as_superuser(&cluster, "grant execute on function pg_catalog.set_config(text, text, boolean) to public");
        let mut kept = tenantry(&[command]).envs(environment).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(kept.stderr.take().unwrap());
        while !said.contains("anybody may call set_config") {
            assert!(lines.read_line(&mut said).unwrap() > 0, "it ended: {said}");
        }
        let mut rest = String::new();
        kill_process(Pid::from_raw(kept.id().try_into().unwrap()).unwrap(), Signal::TERM).unwrap();
        lines.read_to_string(&mut rest).unwrap();
        kept.wait().unwrap();
        assert!(!format!("{said}{rest}").contains("synchronous_commit"), "{said}{rest}");
    }
    cluster.stop().await.unwrap();
}

fn open_set_config(cluster: &Cluster) {
    as_superuser(cluster, "grant execute on function pg_catalog.set_config(text, text, boolean) to public");
}

fn as_superuser(cluster: &Cluster, statement: &str) {
    let psql = pg_local::Installation::newest().unwrap().bin.join("psql");
    let admin = cluster.url("postgres", "tenantry");
    assert!(Command::new(psql).args(["-X", "-q", "-c", statement, &admin]).status().unwrap().success());
}

const CONTEXT_KEY: &str = "k1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

#[tokio::test]
async fn contexts_are_signed_and_plain_again_and_the_server_has_to_know() {
    let (_folder, cluster) = cluster().await;
    let (owner, app) = (cluster.url("tenantry_owner", "tenantry"), cluster.url("tenantry_app", "tenantry"));
    tenancy::migrate(&owner).await.unwrap();
    let owned = [("OWNER_DATABASE_URL", owner.as_str()), ("CONTEXT_KEY", CONTEXT_KEY)];
    let plain = run(&["context", "show"], &owned);
    assert_eq!(plain.out, "the database believes contexts without a signature; keys it knows: none\n", "{plain:?}");
    assert_eq!(run(&["context", "sign"], &owned[..1]).code, Some(2));
    let signed = run(&["context", "sign"], &owned);
    assert_eq!(signed.out, "the database believes signed contexts alone; keys it knows: k1\n", "{signed:?}");
    assert!(!format!("{signed:?}").contains("0001020304"));
    let keyless = run(&["serve"], &serve_with("DATABASE_URL", &app));
    assert_eq!(keyless.code, Some(2), "{keyless:?}");
    assert!(keyless.err.contains("set CONTEXT_KEY"), "{keyless:?}");
    let last = run(&["context", "forget", "k1"], &owned);
    assert!(last.code == Some(1) && last.err.contains("the only key"), "{last:?}");
    assert_eq!(run(&["context", "plain"], &owned).code, Some(0));
    let mut with_key = serve_with("DATABASE_URL", &app);
    with_key.push(("CONTEXT_KEY", CONTEXT_KEY));
    let needless = run(&["serve"], &with_key);
    assert!(needless.code == Some(2) && needless.err.contains("unset CONTEXT_KEY"), "{needless:?}");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn doctor_says_what_is_wrong_and_the_way_out() {
    let (_folder, cluster) = cluster().await;
    let (owner, app) = (cluster.url("tenantry_owner", "tenantry"), cluster.url("tenantry_app", "tenantry"));
    let worker = cluster.url("tenantry_worker", "tenantry");
    let mut environment = serve_with("DATABASE_URL", &app);
    environment.extend([("WORKER_DATABASE_URL", worker.as_str()), ("OWNER_DATABASE_URL", owner.as_str())]);
    let unmigrated = run(&["doctor"], &environment);
    assert_eq!(unmigrated.code, Some(1), "{unmigrated:?}");
    assert!(unmigrated.out.contains("broken   migrations are missing: V1__tenancy"), "{}", unmigrated.out);
    assert!(unmigrated.out.contains("Run: tenantry migrate"), "{}", unmigrated.out);
    tenancy::migrate(&owner).await.unwrap();
    let migrated = run(&["doctor"], &environment);
    for told in [
        "ok       configuration of the server",
        "ok       DATABASE_URL: connected",
        "ok       WORKER_DATABASE_URL: connected",
        "ok       nobody may call set_config",
        "ok       every migration is applied",
        "broken   Clerk does not answer as it should",
    ] {
        assert!(migrated.out.contains(told), "{told} in:\n{}", migrated.out);
    }
    // A server that lets anybody call set_config: said here, and when the server starts.
    open_set_config(&cluster);
    let told = run(&["doctor"], &environment).out;
    assert!(told.contains("careful  anybody may call set_config"), "{told}");
    let missing = run(&["doctor"], &[]);
    assert!(missing.out.contains("DATABASE_URL is missing"), "{missing:?}");
    assert_eq!(missing.code, Some(1));
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn audit_finds_nothing_in_ours_and_says_what_is_loosened_and_nobody_serves_from_that() {
    let (_folder, cluster) = cluster().await;
    tenancy::migrate(&cluster.url("tenantry_owner", "tenantry")).await.unwrap();
    let app = cluster.url("tenantry_app", "tenantry");
    let environment = [("DATABASE_URL", app.as_str()), ("ALLOW_OLD_POSTGRES", "yes")];
    let clean = run(&["audit"], &environment);
    assert_eq!(clean.code, Some(0), "{clean:?}");
    assert!(clean.out.contains("0 holes, 0 warnings"), "{clean:?}");

    let psql = pg_local::Installation::newest().unwrap().bin.join("psql");
    let loosen = "alter policy tenant on tenantry.runs using (true)";
    let admin = cluster.url("postgres", "tenantry");
    assert!(Command::new(psql).args(["-X", "-q", "-c", loosen, &admin]).status().unwrap().success());
    let found = run(&["audit"], &environment);
    assert_eq!(found.code, Some(1), "{found:?}");
    assert!(found.out.contains("tenantry.runs tenant: shows by true"), "{}", found.out);
    let sarif = run(&["audit", "--format", "sarif"], &environment);
    let sarif: serde_json::Value = serde_json::from_str(&sarif.out).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["level"], "error");
    for (command, variable) in [("serve", "DATABASE_URL"), ("work", "WORKER_DATABASE_URL")] {
        let role = if command == "serve" { &app } else { &cluster.url("tenantry_worker", "tenantry") };
        let refused = run(&[command], &serve_with(variable, role));
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(
            refused.err.contains("refusing to work on a database with holes") && refused.err.contains("L07"),
            "{refused:?}"
        );
    }

    for (arguments, words) in [
        (&["audit", "--database-url", "postgresql://a@127.0.0.1:9/x"][..], "cannot be reached"),
        (&["audit", "--database-url", &cluster.url("postgres", "postgres")], "there is no"),
        (&["audit", "--key", "account_id"], "no table has a column account_id"),
        (&["audit", "--role", "who"], "there is no role \"who\""),
        (&["audit", "--settings", "/nowhere.toml"], "/nowhere.toml"),
    ] {
        let refused = run(arguments, &environment);
        assert_eq!(refused.code, Some(2), "{arguments:?}: {refused:?}");
        assert!(
            refused.err.contains(words) || refused.err.contains("no table of its own"),
            "{arguments:?}: {refused:?}"
        );
        assert_eq!(refused.err.trim().lines().count(), 1, "{refused:?}");
    }
    cluster.stop().await.unwrap();
}
