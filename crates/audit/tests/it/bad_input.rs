//! What cannot be audited is said in one line, and never passes for clean.

use audit::Subject;

use crate::scratch::Scratch;

async fn refused(scratch: &Scratch, subject: Subject) -> String {
    audit::examine(&scratch.admin, subject).await.unwrap_err().to_string()
}

#[tokio::test]
async fn nobody_there_or_no_url() {
    for (url, words) in [
        ("postgresql://app@127.0.0.1:9/nowhere", "cannot be reached"),
        ("postgresql://app@/nowhere?host=%2Fnonexistent", "cannot be reached"),
        ("mysql://app@127.0.0.1/nowhere", "not a Postgres URL"),
    ] {
        let error = audit::connect(url).await.unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains('\n'), "{url}: {error}");
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        }
    });
    let error = audit::connect(&format!("postgresql://app@{address}/x")).await.unwrap_err().to_string();
    assert!(error.contains("cannot be reached"), "no Postgres: {error}");
    let scratch = Scratch::empty().await;
    let error = audit::connect(&scratch.url("nobody_of_that_name")).await.unwrap_err().to_string();
    assert!(error.contains("nobody_of_that_name"), "{error}");
}

#[tokio::test]
async fn an_empty_or_a_foreign_database_or_one_without_an_application() {
    let scratch = Scratch::empty().await;
    assert!(refused(&scratch, Subject::default()).await.contains("no table of its own"));
    scratch.run("create table public.things (id int, account_id int)").await;
    let error = refused(&scratch, Subject::default()).await;
    assert!(error.contains("no table has a column organisation_id") && error.contains("--key"), "{error}");
    let keys = vec!["account_id".to_owned()];
    let error =
        refused(&scratch, Subject { keys: keys.clone(), schemas: vec!["public".to_owned()], ..Subject::default() })
            .await;
    assert!(error.contains("--role"), "{error}");
    let error = refused(&scratch, Subject { keys, roles: vec!["who".to_owned()], ..Subject::default() }).await;
    assert!(error.contains("there is no role \"who\""), "{error}");
}
