//! A44 and A45: ways to read and write a table that are not plain statements.

use crate::shapes::{Tenantry, Undefended};

#[tokio::test]
async fn a44_every_way_to_read_a_row_asks_the_policy() {
    let ways = |table: &str, text: &str| {
        [
            format!("update {table} set {text} = {text} returning {text}"),
            format!("select {text} from {table} where ctid >= '(0,1)'"),
            format!("select {text} from {table} tablesample system (100)"),
            format!("select row_to_json(t)::text from {table} as t"),
            format!("select table_to_xml('{table}', true, false, '')"),
            format!("select query_to_xml('select * from {table}', true, false, '')"),
        ]
    };
    let u = Undefended::create().await;
    assert!(u.app.within("A", "select secret from notes where ctid = '(0,3)'").await.is_empty());
    for way in ways("notes", "secret") {
        let seen = u.app.within("A", &way).await.concat();
        assert!(
            seen.contains("secret-a1") && seen.contains("secret-a2") && !seen.contains("secret-b"),
            "{way}: {seen}"
        );
    }
    let t = Tenantry::create().await;
    for (table, text) in [("procedures", "name"), ("step_templates", "title")] {
        for way in ways(table, text) {
            let seen = t.app.within("org_acme", &way).await.concat();
            assert!(seen.contains("secret-a1") && seen.contains("secret-a2"), "{way}: {seen}");
            assert!(!seen.contains("secret-b"), "{way}: {seen}");
        }
    }
}

#[tokio::test]
async fn a45_copy_asks_the_policy_and_takes_nothing_in() {
    let u = Undefended::create().await;
    for copy in ["copy notes (secret) to stdout", "copy (select secret from notes) to stdout"] {
        assert_eq!(u.app.copy_within("A", copy).await, "secret-a1\nsecret-a2\n");
    }
    assert_eq!(u.app.refused_within("A", "copy notes from stdin").await, "0A000");
    assert_eq!(u.app.refused_within("A", "copy notes to program 'cat'").await, "42501");

    let t = Tenantry::create().await;
    for copy in ["copy procedures (name) to stdout", "copy (select name from procedures) to stdout"] {
        assert_eq!(t.app.copy_within("org_acme", copy).await, "secret-a1\nsecret-a2\n");
    }
    assert_eq!(t.app.refused_within("org_acme", "copy procedures from stdin").await, "0A000");
    assert_eq!(t.app.refused_within("org_acme", "copy procedures to program 'cat'").await, "42501");
    assert_eq!(t.app.refused_within("org_acme", "copy procedures to '/tmp/procedures'").await, "42501");
}
