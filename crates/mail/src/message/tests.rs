//! Nobody's name and nobody's address puts in a header or markup.

use domain::mails::{Days, Link, Notice, Ways};
use lettre::message::Mailbox;
use proptest::prelude::*;
use proptest::test_runner::Config;
use url::Url;

use super::*;
use crate::Teller;

/// Pieces that have broken mails elsewhere, and whatever else.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r\nBcc: eve@evil.example\r\n\r\n".to_owned()),
        Just("\n.\r\nMAIL FROM:<eve@evil.example>\r\n".to_owned()),
        Just("=?utf-8?q?=0D=0ABcc:_eve@evil.example?=".to_owned()),
        Just("</title><script>alert(1)</script>".to_owned()),
        Just("\" onmouseover=\"alert(1)".to_owned()),
        Just("{{ 7*7 }}{% raw %}".to_owned()),
        Just("\u{202e}\u{2066}\u{200f}".to_owned()),
        Just("eve@evil.example, ada@acme.example".to_owned()),
        Just("https://evil.example/".to_owned()),
        Just("İıſKß — 株式会社 👩‍🔧".to_owned()),
        Just("a".repeat(10_000)),
        any::<String>(),
    ];
    prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())
}

fn letter(organisation: &str, person: &str) -> Letter {
    let base = Url::parse("https://app.tenantry.example/").unwrap();
    let link = |path| Link::parse(path).unwrap();
    let ways = Ways { restore: link("/deleted/org_acme"), export: link("/deleted/org_acme/export") };
    let notice = Notice::deletion_reminder(organisation, Days::One, Timestamp::UNIX_EPOCH, ways);
    let teller =
        Teller { public_base_url: &base, recipient: Some(person), named: Some(person), time_zone: "Europe/Berlin" };
    teller.tell(&notice).unwrap()
}

/// The names of the headers of a message, and of each of its parts.
fn headers(paper: &str) -> Vec<String> {
    let (head, _) = paper.split_once("\r\n\r\n").unwrap();
    let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    lines.map(|line| line.split_once(':').map_or(line, |(name, _)| name).to_owned()).collect()
}

proptest! {
    #![proptest_config(Config { cases: 300, ..Config::default() })]

    #[test]
    fn names_stay_where_they_belong(organisation in nasty(), person in nasty()) {
        let letter = letter(&organisation, &person);
        let from: Mailbox = "Tenantry <mail@tenantry.example>".parse().unwrap();
        let to = Recipient::parse("ada@acme.example").unwrap();
        let message = Message { to, letter: letter.clone(), id: "<1@tenantry.example>".to_owned(), written_at: Timestamp::UNIX_EPOCH };
        let message = message.on_paper(&from).unwrap();
        let recipients: Vec<&str> = message.envelope().to().iter().map(AsRef::as_ref).collect();
        prop_assert_eq!(recipients, ["ada@acme.example"]);
        let paper = String::from_utf8(message.formatted()).unwrap();
        prop_assert_eq!(
            headers(&paper),
            ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]
        );
        prop_assert!(paper.split("\r\n").all(|line| line.len() <= 998), "a line is too long");
        // Nothing but our own elements, and no link but our own.
        for tag in ["<script", "onmouseover=\"", "<img"] {
            prop_assert!(!letter.html.contains(tag), "{}", tag);
        }
        prop_assert_eq!(letter.html.matches("<p").count(), 8);
        prop_assert_eq!(letter.html.matches("href=\"https://app.tenantry.example/").count(), 2);
        prop_assert_eq!(letter.html.matches("href=").count(), 2);
        prop_assert!(letter.text.lines().count() <= 19, "{}", letter.text);
        let harmful = |c: char| (c.is_control() && c != '\n') || "\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}".contains(c);
        let all = [&letter.subject, &letter.text, &letter.html];
        prop_assert!(!all.iter().any(|text| text.chars().any(harmful)), "turned around");
    }

    #[test]
    fn an_address_is_one_plain_address_or_none(text in nasty(), local in "[a-z0-9.+\"(<]{1,20}", domain in "[a-z0-9.-]{1,20}") {
        for address in [text.clone(), format!("{local}@{domain}"), format!("{text}@acme.example"), format!("ada@{text}")] {
            if let Some(recipient) = Recipient::parse(&address) {
                prop_assert_eq!(recipient.as_str(), &address, "as it was given");
                prop_assert!(address.bytes().all(|b| b.is_ascii_graphic() && !b",;<>\"()".contains(&b)));
                prop_assert_eq!(address.matches('@').count(), 1);
            }
        }
    }
}

#[test]
fn addresses_that_are_some() {
    for good in ["ada@acme.example", "Ada+ops@Acme.example", "o'neill@acme.example", "ada@xn--mller-kva.example"] {
        assert_eq!(Recipient::parse(good).unwrap().as_str(), good);
    }
    for bad in [
        "",
        "ada",
        "ada@",
        "\"a@b\"@acme.example",
        "ada@müller.example",
        "ada@acme.example, eve@evil.example",
        "a b@c.de",
    ] {
        assert!(Recipient::parse(bad).is_none(), "{bad}");
    }
}

#[test]
fn the_same_mail_is_the_same_whenever_it_is_sent() {
    let from: Mailbox = "mail@tenantry.example".parse().unwrap();
    let message = Message {
        to: Recipient::parse("ada@acme.example").unwrap(),
        letter: letter("Acme", "Ada"),
        id: "<0198-1@tenantry.example>".to_owned(),
        written_at: "2026-11-28T20:15:00Z".parse().unwrap(),
    };
    let [one, other] = [(); 2].map(|()| String::from_utf8(message.on_paper(&from).unwrap().formatted()).unwrap());
    for line in ["Message-ID: <0198-1@tenantry.example>\r\n", "Date: Sat, 28 Nov 2026 20:15:00 +0000\r\n"] {
        assert!(one.contains(line) && other.contains(line), "{line} in {one}");
    }
}
