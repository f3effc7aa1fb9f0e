//! C15: the page's address names another organisation than the token.

use http::header::SET_COOKIE;
use http::{HeaderValue, Method};
use jiff::Timestamp;

use super::scene::query;
use crate::config::{Config, ConfigParts};
use crate::outcome::{Outcome, Redirect};
use crate::request::Request;
use crate::session::SignedIn;
use crate::signing::{DEVELOPMENT_KEY, Signer, claims};
use crate::{AUTH_REASON, Clerk};

fn clerk() -> Clerk {
    let config = Config::from_parts(ConfigParts {
        publishable_key: DEVELOPMENT_KEY.into(),
        secret_key: "sk_test_x".to_owned().into(),
        api_url: Some("http://localhost:9/bapi".into()),
        jwks_url: Some("http://localhost:9/jwks".into()),
        jwt_key: Some(Signer::instance().pem()),
        ..ConfigParts::default()
    });
    Clerk::new(config.unwrap()).unwrap()
}

async fn sign_in(
    headers: Vec<(&'static str, String)>,
    method: Method,
) -> (SignedIn, impl AsyncFn(&SignedIn, &str) -> Option<Redirect>) {
    let clerk = clerk();
    let url = url::Url::parse("https://app.example.test/orgs/beta/runs?__clerk_db_jwt=").unwrap();
    let headers = headers.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse::<HeaderValue>().unwrap()));
    let headers: http::HeaderMap = headers.collect();
    let outcome = clerk.authenticate(&Request { method: &method, public_url: &url, headers: &headers }).await;
    let Outcome::SignedIn(signed_in) = outcome else { panic!("not signed in: {outcome:?}") };
    let activate = async move |signed_in: &SignedIn, organisation: &str| {
        let request = Request { method: &method, public_url: &url, headers: &headers };
        clerk.activate_organisation(&request, signed_in, organisation).await
    };
    (signed_in, activate)
}

fn token() -> String {
    Signer::instance().sign(&claims(Timestamp::now().as_second()))
}

fn cookie(more: &str) -> (&'static str, String) {
    ("cookie", format!("__clerk_db_jwt=d; __session={}; __client_uat=5; {more}", token()))
}

fn document() -> (&'static str, String) {
    ("sec-fetch-dest", "document".to_owned())
}

#[tokio::test]
async fn a_page_load_is_sent_round_with_the_organisation() {
    let (mut signed_in, activate) = sign_in(vec![document(), cookie("")], Method::GET).await;
    signed_in.cookies.push(HeaderValue::from_static("refreshed=1"));
    for organisation in ["beta", "org_2"] {
        let redirect = activate(&signed_in, organisation).await.unwrap();
        let query = query(&redirect);
        assert_eq!(query.last().unwrap(), &("organization_id".to_owned(), organisation.to_owned()));
        assert!(query.contains(&("__session".to_owned(), signed_in.token.clone())));
        assert!(query.contains(&("__clerk_hs_reason".to_owned(), "active-organization-mismatch".to_owned())));
        assert!(query.contains(&("redirect_url".to_owned(), "https://app.example.test/orgs/beta/runs".to_owned())));
        assert_eq!(redirect.headers[AUTH_REASON], "active-organization-mismatch");
        assert_eq!(redirect.headers.get_all(SET_COOKIE).iter().count(), 2, "the count, and what was to be set anyway");
    }
}

#[tokio::test]
async fn nobody_is_sent_to_where_they_are() {
    let (signed_in, activate) = sign_in(vec![document(), cookie("")], Method::GET).await;
    assert!(activate(&signed_in, "acme").await.is_none());
    assert!(activate(&signed_in, "org_1").await.is_none());
}

#[tokio::test]
async fn only_page_loads_by_cookie_that_were_not_sent_round_too_often() {
    let bearer = ("authorization", format!("Bearer {}", token()));
    for (headers, method) in [
        (vec![document(), bearer], Method::GET),
        (vec![document(), cookie("")], Method::POST),
        (vec![cookie("")], Method::GET),
        (vec![document(), cookie("__clerk_redirect_count=3")], Method::GET),
    ] {
        let (signed_in, activate) = sign_in(headers, method).await;
        assert!(activate(&signed_in, "beta").await.is_none());
    }
}

#[tokio::test]
async fn signing_out_forgets_every_session_cookie() {
    let cookies = clerk().sign_out_cookies(true);
    let names: Vec<&str> = cookies.iter().filter_map(|value| value.to_str().unwrap().split('=').next()).collect();
    assert_eq!(
        names,
        ["__session", "__session_TeaZz7fV", "__client_uat", "__client_uat_TeaZz7fV", "__refresh_TeaZz7fV"]
    );
}
