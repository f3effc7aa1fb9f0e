//! Each mail as people get it, in files that people read: `UPDATE_GOLDEN=1 cargo test -p mail` writes them.

use std::path::Path;

use domain::Money;
use domain::mails::{Days, Link, Notice, Ways};
use jiff::Timestamp;
use mail::Teller;
use tenancy::UserId;
use url::Url;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn link(path: &str) -> Link {
    Link::parse(path).unwrap()
}

fn notices() -> Vec<(&'static str, Notice)> {
    let ada = UserId::parse("user_ada").unwrap();
    let until = at("2026-12-28T19:15:00Z");
    let ways = Ways { restore: link("/deleted/org_acme"), export: link("/deleted/org_acme/export") };
    let owed = Money::new(2900, "usd");
    let billing = link("/orgs/acme/settings/billing");
    vec![
        ("organisation_deleted", Notice::organisation_deleted("Acme & Söhne", Some(&ada), until, ways.clone())),
        ("organisation_deleted_for_members", Notice::organisation_deleted_for_members("Acme & Söhne", Some(&ada))),
        ("deletion_reminder_seven", Notice::deletion_reminder("Acme & Söhne", Days::Seven, until, ways.clone())),
        ("deletion_reminder_one", Notice::deletion_reminder("Acme & Söhne", Days::One, until, ways)),
        ("organisation_restored", Notice::organisation_restored("Acme & Söhne", Some(&ada), link("/orgs/acme"))),
        (
            "payment_failed",
            Notice::payment_failed(
                "Acme & Söhne",
                Some("ACME-0007"),
                owed.clone(),
                Some(at("2026-12-01T09:00:00Z")),
                billing.clone(),
            ),
        ),
        ("payment_failed_for_good", Notice::payment_failed("Acme & Söhne", None, owed, None, billing)),
    ]
}

#[test]
fn every_mail_says_what_it_should() {
    let base = Url::parse("https://app.tenantry.example/").unwrap();
    let teller = Teller {
        public_base_url: &base,
        recipient: Some("Max Ödegård"),
        named: Some("Ada <Brandt>"),
        time_zone: "Europe/Berlin",
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for (name, notice) in notices() {
        let letter = teller.tell(&notice).unwrap();
        let text = format!("Subject: {}\n\n{}\n", letter.subject, letter.text);
        for (file, written) in [(format!("{name}.txt"), text), (format!("{name}.html"), format!("{}\n", letter.html))] {
            let file = folder.join(file);
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                std::fs::write(&file, &written).unwrap();
            }
            let golden = std::fs::read_to_string(&file).unwrap_or_default();
            assert_eq!(golden, written, "{}", file.display());
        }
    }
}

#[test]
fn nobody_is_named_who_is_gone() {
    let base = Url::parse("https://app.tenantry.example").unwrap();
    let teller = Teller { public_base_url: &base, recipient: None, named: None, time_zone: "Nowhere/Atall" };
    let ada = UserId::parse("user_ada").unwrap();
    let until = at("2026-12-28T19:15:00Z");
    let notice =
        Notice::organisation_deleted("Acme", Some(&ada), until, Ways { restore: link("/a"), export: link("/b") });
    let text = teller.tell(&notice).unwrap().text;
    assert!(text.starts_with("Hello,\n"), "{text}");
    assert!(text.contains("The organisation Acme was deleted."), "{text}");
    assert!(text.contains("Until Monday 28 December 2026, 19:15 (UTC)"), "{text}");
    assert!(text.contains("\nhttps://app.tenantry.example/a\n"), "{text}");
}
