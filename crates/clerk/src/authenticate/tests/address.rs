//! C15 and 2.7: the session follows the address, where patterns say so.

use http::Method;
use serde_json::json;

use super::scene::{NOW, Scene, query, token, valid, word};
use crate::keys::InstanceType::Production;
use crate::organisation_sync::OrganisationPatterns;
use crate::signing::PARTY;

const MISMATCH: &str = "to active-organization-mismatch";

/// Signed in, `acme` (`org_1`) active, on this path.
fn at(path: &str, token: &str) -> Scene {
    let mut scene = Scene::with(Production, |config| {
        let list = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let patterns = OrganisationPatterns {
            organization_patterns: list(&["/orgs/:slug", "/orgs/:slug/(.*)", "/by-id/:id", "/by-id/:id/(.*)"]),
            personal_account_patterns: list(&["/me", "/me/(.*)"]),
        };
        config.with_organisation_patterns(&patterns).unwrap()
    })
    .session(token, NOW - 10);
    scene.url = format!("{PARTY}{path}").parse().unwrap();
    scene
}

#[test]
fn the_session_follows_the_address() {
    let nobody = token(&json!({ "o": null }));
    for (path, token, expected, asked) in [
        ("/orgs/acme", valid(), "in", None),
        ("/orgs/acme/settings", valid(), "in", None),
        ("/orgs/other", valid(), MISMATCH, Some("other")),
        ("/orgs/other/settings", valid(), MISMATCH, Some("other")),
        ("/orgs/acme", nobody.clone(), MISMATCH, Some("acme")),
        ("/by-id/org_1", valid(), "in", None),
        ("/by-id/org_2", valid(), MISMATCH, Some("org_2")),
        ("/by-id/org_2/x/y", nobody.clone(), MISMATCH, Some("org_2")),
        ("/me", valid(), MISMATCH, Some("")),
        ("/me/x", nobody.clone(), "in", None),
        ("/elsewhere", valid(), "in", None),
        ("/", nobody, "in", None),
    ] {
        let mut scene = at(path, &token);
        let outcome = scene.play();
        assert_eq!(word(&outcome), expected, "{path}");
        if let Some(asked) = asked {
            let query = query(&scene.redirect());
            assert_eq!(query.last().unwrap(), &("organization_id".to_owned(), asked.to_owned()), "{path}");
        }
    }
}

#[test]
fn who_cannot_be_sent_round_stays_signed_in() {
    let other = || at("/orgs/other", &valid());
    for mut scene in [
        other().method(Method::POST),
        other().header("sec-fetch-dest", "empty"),
        other().cookie("__clerk_redirect_count", "3"),
    ] {
        assert_eq!(scene.signed_in().session.organisation.unwrap().id, "org_1");
    }
    let mut bearer = at("/orgs/other", "");
    bearer = bearer.header("authorization", &format!("Bearer {}", valid()));
    assert_eq!(word(&bearer.play()), "in");
}

#[test]
fn any_handshake_asks_for_the_organisation_of_the_address() {
    let mut scene = at("/orgs/other", "").cookie("__client_uat", "5");
    let redirect = scene.redirect();
    assert_ne!(redirect.reason.as_str(), "active-organization-mismatch");
    assert_eq!(query(&redirect).last().unwrap(), &("organization_id".to_owned(), "other".to_owned()));
}
