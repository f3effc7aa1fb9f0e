//! The commands at a real Postgres.

use pg_local::{Cluster, Mode, Options};

use crate::program::{run, serve_with};

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
