//! C2 to C4: several domains with one sign-in.

use http::Method;
use serde_json::json;

use super::scene::{NOW, Scene, query, token, valid, word};
use crate::config::Satellite;
use crate::keys::InstanceType::{self, Development, Production};

const SIGNED_OUT: &str = "out session-token-and-uat-missing";
const SYNC: &str = "to satellite-needs-syncing";

/// A token made at the satellite's own Frontend API.
fn theirs() -> String {
    token(&json!({ "iss": "https://clerk.satellite.test" }))
}

fn satellite(instance: InstanceType, auto_sync: bool) -> Scene {
    Scene::with(instance, |config| {
        let domain = Some("satellite.test".to_owned());
        config.with_satellite(Satellite { domain, auto_sync, has_sign_in_url: true }).unwrap()
    })
}

#[test]
fn rows_of_the_table() {
    let lazy = || satellite(Production, false);
    let eager = || satellite(Production, true);
    for (row, mut scene, expected) in [
        ("C2a", lazy(), SIGNED_OUT),
        ("C2b", lazy().query("__clerk_synced=false"), SYNC),
        ("C2b", lazy().query("__clerk_synced=false").session(&valid(), NOW - 10), SYNC),
        ("C2b", eager(), SYNC),
        ("C2b", eager().query("__clerk_synced=false"), SYNC),
        ("after C2", eager().query("__clerk_synced=true"), SIGNED_OUT),
        ("after C2", eager().header("sec-fetch-dest", "iframe"), SIGNED_OUT),
        ("after C2", eager().method(Method::POST), SIGNED_OUT),
        ("after C2", eager().cookie("__client_uat", "5"), "to client-uat-but-no-session-token"),
        ("after C2", eager().session(&theirs(), NOW - 10), "in"),
        ("after C2", eager().session(&valid(), NOW - 10), "out token-invalid-issuer"),
        ("C3a", satellite(Development, false), SIGNED_OUT),
        ("C3b", satellite(Development, true), SYNC),
        ("C3b", satellite(Development, false).query("__clerk_synced=false"), SYNC),
        ("after C3", satellite(Development, true).query("__clerk_synced=true"), "to dev-browser-missing"),
        (
            "after C3",
            satellite(Development, true).session(&valid(), NOW - 10).cookie("__clerk_db_jwt", "d"),
            "to dev-browser-missing",
        ),
        // C14 is for the primary alone.
        ("C14", eager().session(&theirs(), NOW - 10).header("referer", "https://primary.test/"), "in"),
        // C1 and the gate come before and after.
        ("gate", eager().cookie("__clerk_redirect_count", "3"), "out satellite-needs-syncing"),
    ] {
        assert_eq!(word(&scene.play()), expected, "{row} {}", scene.url);
    }
}

#[test]
fn a_satellite_in_production_has_a_frontend_of_its_own() {
    let redirect = satellite(Production, true).redirect();
    assert!(redirect.location.starts_with("https://clerk.satellite.test/v1/client/handshake?redirect_url="));
}

#[test]
fn a_satellite_in_development_asks_on_the_page_to_sign_in() {
    let redirect = satellite(Development, true).redirect();
    assert!(
        redirect.location.starts_with("https://tenantry-sandbox-13.accounts.dev/sign-in?"),
        "{}",
        redirect.location
    );
    let back = ("__clerk_redirect_url".to_owned(), "https://app.example.test/orgs/acme?tab=a%20b".to_owned());
    assert_eq!(query(&redirect), [back]);
}

#[test]
fn a_primary_in_development_answers_only_if_it_is_told_to() {
    let back = "__clerk_redirect_url=https%3A%2F%2Fsatellite.test%2Fx%3Fa%3D1%26__clerk_synced%3Dfalse";
    let primary = |instance| Scene::with(instance, crate::Config::answering_satellites);
    let redirect = primary(Development).query(back).cookie("__clerk_db_jwt", "dvb_1").redirect();
    assert_eq!(redirect.reason.as_str(), "primary-responds-to-syncing");
    assert_eq!(redirect.location, "https://satellite.test/x?a=1&__clerk_synced=true&__clerk_db_jwt=dvb_1");
    let redirect = primary(Development).query(back).redirect();
    assert_eq!(redirect.location, "https://satellite.test/x?a=1&__clerk_synced=true");
    assert_eq!(word(&primary(Development).query(back).method(Method::POST).play()), "out primary-responds-to-syncing");
    assert_eq!(word(&primary(Production).query(back).play()), SIGNED_OUT);
    assert_eq!(word(&Scene::development().query(back).play()), SIGNED_OUT);
}
