//! Wrong or missing configuration: named, with what it should look like, and exit code 2.

use std::net::TcpListener;

use crate::program::{PRODUCTION, SERVE, run, serve_with, tenantry};

#[test]
fn a_command_without_configuration_names_every_variable_it_misses() {
    for (command, names) in [
        (
            "serve",
            &[
                "PUBLIC_BASE_URL",
                "DATABASE_URL",
                "CLERK_PUBLISHABLE_KEY",
                "CLERK_SECRET_KEY",
                "CLERK_WEBHOOK_SIGNING_SECRET",
                "STRIPE_SECRET_KEY",
                "STRIPE_WEBHOOK_SECRETS",
            ][..],
        ),
        (
            "work",
            &[
                "WORKER_DATABASE_URL",
                "CLERK_PUBLISHABLE_KEY",
                "CLERK_SECRET_KEY",
                "STRIPE_SECRET_KEY",
                "ERASURE_SIGNING_KEY",
                "SMTP_URL",
                "MAIL_FROM",
            ],
        ),
        ("migrate", &["OWNER_DATABASE_URL"]),
    ] {
        let ended = run(&[command], &[]);
        assert_eq!(ended.code, Some(2), "{command}: {ended:?}");
        for name in names {
            let line = format!("{name} is missing. It should look like ");
            assert!(ended.err.contains(&line), "{command}: {line}\n{}", ended.err);
        }
    }
}

#[test]
fn a_wrong_variable_is_named_and_secrets_are_not_repeated() {
    for (name, value) in [
        ("PUBLIC_BASE_URL", "app.example.com"),
        ("LISTEN", "3000"),
        ("DATABASE_URL", "mysql://root:hunter2@db/tenantry"),
        ("CLERK_PUBLISHABLE_KEY", "pk_test_!"),
        ("CLERK_SECRET_KEY", "hunter2"),
        ("CLERK_API_URL", "ftp://clerk"),
        ("CLERK_AUTHORIZED_PARTIES", "localhost"),
        ("CLERK_WEBHOOK_SIGNING_SECRET", "hunter2"),
        ("STRIPE_API_BASE", "stripe"),
        ("STRIPE_SECRET_KEY", "hunter2"),
        ("STRIPE_WEBHOOK_SECRETS", "hunter2"),
        ("STRIPE_PAGES", "checkout.stripe.com"),
        ("STRIPE_CALLS_IN_A_SECOND", "many"),
        ("FILES_DIR", "/nonexistent/files"),
        ("LOG_FORMAT", "xml"),
        ("RUST_LOG", "web=loud"),
    ] {
        let ended = run(&["serve"], &serve_with(name, value));
        assert_eq!(ended.code, Some(2), "{name}: {ended:?}");
        assert!(ended.err.contains(name), "{name}: {}", ended.err);
        assert!(!ended.err.contains("hunter2"), "{name}: {}", ended.err);
    }
}

#[test]
fn a_wrong_way_to_the_mail_server_is_named_and_no_password_repeated() {
    for (name, value) in [
        ("SMTP_URL", "smtp.example.com"),
        ("SMTP_URL", "https://ada:hunter2@smtp.example.com"),
        ("SMTP_URL", "smtps://hunter2@smtp.example.com"),
        ("MAIL_FROM", "nobody in particular"),
    ] {
        let ended = run(&["work"], &serve_with(name, value));
        assert_eq!(ended.code, Some(2), "{name}: {ended:?}");
        assert!(ended.err.contains(&format!("{name} is set, to something else")), "{name}: {}", ended.err);
        assert!(!ended.err.contains("hunter2"), "{name}: {}", ended.err);
    }
}

#[test]
fn production_refuses_what_is_meant_for_development() {
    let ended = run(&["serve"], PRODUCTION);
    assert_eq!(ended.code, Some(1), "nothing is wrong with it but the database, which is not there: {ended:?}");
    for (commands, name, value) in [
        (&["serve"][..], "PUBLIC_BASE_URL", "http://app.tenantry.example"),
        (&["serve"], "PUBLIC_BASE_URL", "http://localhost:3000"),
        (&["serve", "work"], "CLERK_PUBLISHABLE_KEY", "pk_test_dGVuYW50cnktc2FuZGJveC0xMy5jbGVyay5hY2NvdW50cy5kZXYk"),
        // Of tenantry-sandbox-13.clerk.accounts.dev.
        (&["serve", "work"], "CLERK_PUBLISHABLE_KEY", "pk_live_dGVuYW50cnktc2FuZGJveC0xMy5jbGVyay5hY2NvdW50cy5kZXYk"),
        (&["serve", "work"], "CLERK_ISSUER", "https://tenantry.clerk.accounts.dev"),
        (&["serve", "work"], "CLERK_SECRET_KEY", "sk_test_dY3zTqBvW8nPfK2mRxUcJ6hLgS9aEo4Q"),
        (&["serve", "work"], "CLERK_SECRET_KEY", "sk_live_1"),
        (&["serve", "work"], "CLERK_SECRET_KEY", "sk_live_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        (&["serve"], "CLERK_WEBHOOK_SIGNING_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        (&["serve"], "CLERK_WEBHOOK_SIGNING_SECRET", "whsec_c2hvcnQ="),
        (&["serve", "work"], "STRIPE_SECRET_KEY", "sk_test_dY3zTqBvW8nPfK2mRxUcJ6hLgS9aEo4Q"),
        (&["serve", "work"], "STRIPE_SECRET_KEY", "sk_live_1"),
        (&["serve"], "DATABASE_URL", "postgresql://tenantry_app:PASSWORD@localhost/tenantry"),
        (&["work"], "WORKER_DATABASE_URL", "postgresql://tenantry_worker:PASSWORD@localhost/tenantry"),
    ] {
        let mut environment: Vec<_> = PRODUCTION.iter().copied().filter(|(one, _)| *one != name).collect();
        environment.push((name, value));
        for command in commands {
            let ended = run(&[command], &environment);
            assert_eq!(ended.code, Some(2), "{command} {name}={value}: {ended:?}");
            assert!(ended.err.contains(name), "{command} {name}={value}: {}", ended.err);
        }
    }
}

#[test]
fn a_key_for_development_does_not_serve_customers() {
    let mut environment = serve_with("PUBLIC_BASE_URL", "https://app.example.com");
    environment.push(("APP_ENV", "production"));
    let ended = run(&["serve"], &environment);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("CLERK_PUBLISHABLE_KEY") && ended.err.contains("pk_live_"), "{}", ended.err);
}

#[test]
fn serve_says_which_port_is_taken_and_how_to_move() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = run(&["serve"], &serve_with("LISTEN", &address));
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains(&address) && ended.err.contains("--listen"), "{}", ended.err);
}

#[test]
fn dev_says_which_port_is_taken_and_how_to_move() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let base = (port - 1).to_string();
    let data = folder.path().to_str().unwrap();
    let ended = run(&["dev", "--base-port", &base, "--data-dir", data], &[]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains(&format!("port {port}, meant for Clerk")), "{}", ended.err);
    assert!(ended.err.contains("--base-port"), "{}", ended.err);
}

#[test]
fn a_database_that_cannot_be_reached_is_no_matter_of_configuration() {
    let ended = run(&["serve"], SERVE);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("DATABASE_URL"), "{}", ended.err);
}

#[test]
fn every_command_tells_its_version_and_explains_its_variables() {
    for command in ["dev", "serve", "work", "migrate", "routes"] {
        let version = tenantry(&[command, "--version"]).output().unwrap();
        assert!(String::from_utf8(version.stdout).unwrap().contains(env!("CARGO_PKG_VERSION")), "{command}");
    }
    let help = String::from_utf8(tenantry(&["serve", "--help"]).output().unwrap().stdout).unwrap();
    for name in ["PUBLIC_BASE_URL", "LISTEN", "DATABASE_URL", "CLERK_JWKS_URL", "CLERK_ISSUER", "FILES_DIR"] {
        assert!(help.contains(name), "{name} in:\n{help}");
    }
}
