//! A request under construction, and the outside world it meets.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jsonwebtoken::DecodingKey;
use serde_json::{Value, json};
use url::Url;

use super::super::{Answer, Decision, Effect, Failure, Step};
use crate::backend::SessionRefresh;
use crate::config::{Config, ConfigParts};
use crate::error::{Error, ErrorCode};
use crate::facts::{Facts, Site};
use crate::keys::InstanceType;
use crate::outcome::{Outcome, Redirect};
use crate::request::Request;
use crate::session::SignedIn;
use crate::signing::{DEVELOPMENT_KEY, PARTY, Signer, claims_with};
use crate::token::Parts;
use crate::verify::{Refusal, Verifier, check_header, verify_handshake};

pub(super) const NOW: i64 = 1_700_000_000;

/// A production key of the same host, so that one set of tokens serves both kinds of instance.
const PRODUCTION_KEY: &str = "pk_live_dGVuYW50cnktc2FuZGJveC0xMy5jbGVyay5hY2NvdW50cy5kZXYk";

/// A refused Backend API call with this code.
pub(super) fn api_error(code: &str) -> Error {
    let code = ErrorCode::from(code);
    Error::Api { status: 401, code, message: String::new(), param: None, trace_id: None }
}

/// A session token of the instance.
pub(super) fn token(changes: &Value) -> String {
    Signer::instance().sign(&claims_with(NOW, changes))
}

/// An honest one.
pub(super) fn valid() -> String {
    token(&json!({}))
}

/// One whose minute is over.
pub(super) fn expired() -> String {
    token(&json!({ "iat": NOW - 100, "nbf": NOW - 110, "exp": NOW - 40 }))
}

/// How long ago a session may have ended while Clerk is dark.
pub(super) const GRACE: Duration = Duration::from_secs(3600);

type Nonces = Box<dyn Fn(&str) -> Result<Vec<String>, Error>>;
type Refreshes = Box<dyn Fn(&str, &SessionRefresh) -> Result<Vec<String>, Error>>;

pub(super) struct Scene {
    pub(super) site: Site,
    verifier: Verifier,
    key: DecodingKey,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    cookies: Vec<String>,
    nonces: Nonces,
    refreshes: Refreshes,
    keyless: bool,
    /// Whether Clerk does not answer.
    dark: bool,
    /// What was asked of the outside, one word each.
    pub(super) asked: Vec<&'static str>,
}

impl Scene {
    /// A page load.
    pub(super) fn new(instance: InstanceType) -> Self {
        Self::with(instance, |config| config)
    }

    /// A page load of an application with more to its configuration.
    pub(super) fn with(instance: InstanceType, configure: impl FnOnce(Config) -> Config) -> Self {
        let publishable_key = match instance {
            InstanceType::Development => DEVELOPMENT_KEY,
            InstanceType::Production => PRODUCTION_KEY,
        };
        let config = Config::from_parts(ConfigParts {
            publishable_key: publishable_key.into(),
            secret_key: "sk_test_sandbox".to_owned().into(),
            api_url: Some("http://localhost:3001/bapi".into()),
            authorized_parties: vec![PARTY.into()],
            ..ConfigParts::default()
        })
        .unwrap();
        let config = configure(config);
        let scene = Self {
            site: Site::new(&config),
            verifier: Verifier::new(&config),
            key: DecodingKey::from_rsa_pem(Signer::instance().pem().as_bytes()).unwrap(),
            method: Method::GET,
            url: Url::parse(&format!("{PARTY}/orgs/acme?tab=a%20b")).unwrap(),
            headers: HeaderMap::new(),
            cookies: Vec::new(),
            nonces: Box::new(|_| Err(api_error("resource_not_found"))),
            refreshes: Box::new(|_, _| Err(api_error("refresh_token_not_found"))),
            keyless: false,
            dark: false,
            asked: Vec::new(),
        };
        scene.header("sec-fetch-dest", "document")
    }

    /// Sessions that end are excused while Clerk is dark; and whether it is.
    pub(super) fn excusing(mut self, dark: bool) -> Self {
        self.site.excuses = true;
        self.dark = dark;
        self
    }

    pub(super) fn production() -> Self {
        Self::new(InstanceType::Production)
    }

    /// With a known browser, as nearly always.
    pub(super) fn development() -> Self {
        let scene = Self::new(InstanceType::Development);
        let suffixed = scene.site.names.dev_browser.clone();
        scene.cookie("__clerk_db_jwt", "dvb_1").cookie(&suffixed, "dvb_1")
    }

    pub(super) fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    pub(super) fn query(mut self, query: &str) -> Self {
        self.url.set_query(Some(query));
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        self
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    pub(super) fn cookie(mut self, name: &str, value: &str) -> Self {
        self.cookies.push(format!("{name}={value}"));
        self
    }

    /// The session cookies under both names, as browsers have them, and when the client last changed.
    pub(super) fn session(self, token: &str, client_uat: i64) -> Self {
        let (session, uat) = (self.site.names.session.clone(), self.site.names.client_uat.clone());
        let client_uat = client_uat.to_string();
        self.cookie("__session", token)
            .cookie(&session, token)
            .cookie("__client_uat", &client_uat)
            .cookie(&uat, &client_uat)
    }

    pub(super) fn refresh_cookie(self) -> Self {
        let name = self.site.names.refresh.clone();
        self.cookie(&name, "refresh_1")
    }

    pub(super) fn nonces(mut self, answer: impl Fn(&str) -> Result<Vec<String>, Error> + 'static) -> Self {
        self.nonces = Box::new(answer);
        self
    }

    pub(super) fn refreshes(
        mut self,
        answer: impl Fn(&str, &SessionRefresh) -> Result<Vec<String>, Error> + 'static,
    ) -> Self {
        self.refreshes = Box::new(answer);
        self
    }

    /// The keys cannot be had.
    pub(super) fn keyless(mut self) -> Self {
        self.keyless = true;
        self
    }

    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = self.headers.clone();
        if !self.cookies.is_empty() {
            headers.insert("cookie", HeaderValue::from_str(&self.cookies.join("; ")).unwrap());
        }
        headers
    }

    pub(super) fn play(&mut self) -> Outcome {
        let headers = self.headers();
        let (site, method, url) = (self.site.clone(), self.method.clone(), self.url.clone());
        let request = Request { method: &method, public_url: &url, headers: &headers };
        let mut decision = Decision::new(&site, Facts::read(&site, &request, NOW));
        let mut step = decision.begin();
        for _ in 0..8 {
            match step {
                Step::Done(outcome) => return outcome,
                Step::Ask(effect) => step = decision.answer(self.perform(effect)),
            }
        }
        panic!("no end to the questions: {:?}", self.asked)
    }

    fn perform(&mut self, effect: Effect) -> Answer {
        match effect {
            Effect::Verify { token, lenient } => {
                self.asked.push(if lenient { "verify-lenient" } else { "verify" });
                let verifier = if lenient { self.verifier.lenient() } else { self.verifier.clone() };
                Answer::Verified(self.open(&token, |parts| verifier.verify(parts, &self.key, NOW).map(Arc::new)))
            }
            Effect::Excuse { token } => {
                self.asked.push("excuse");
                let verifier = self.verifier.excusing(GRACE);
                match self.dark {
                    true => Answer::Verified(
                        self.open(&token, |parts| verifier.verify(parts, &self.key, NOW).map(Arc::new)),
                    ),
                    false => Answer::Verified(Err(Failure::Refused(Refusal::Expired))),
                }
            }
            Effect::VerifyHandshake { token } => {
                self.asked.push("verify-handshake");
                Answer::HandshakeToken(self.open(&token, |parts| verify_handshake(parts, &self.key)))
            }
            Effect::RedeemNonce { nonce } => {
                self.asked.push("nonce");
                Answer::HandshakeNonce((self.nonces)(&nonce))
            }
            Effect::Refresh { session_id, refresh } => {
                self.asked.push("refresh");
                Answer::Refreshed((self.refreshes)(&session_id, &refresh))
            }
        }
    }

    fn open<T>(&self, token: &str, judge: impl Fn(&Parts<'_>) -> Result<T, Refusal>) -> Result<T, Failure> {
        let parts = Parts::split(token).map_err(|_| Failure::Refused(Refusal::Malformed))?;
        check_header(&parts.header).map_err(Failure::Refused)?;
        if self.keyless {
            return Err(Failure::Unavailable);
        }
        judge(&parts).map_err(Failure::Refused)
    }

    pub(super) fn signed_in(&mut self) -> SignedIn {
        match self.play() {
            Outcome::SignedIn(signed_in) => signed_in,
            other => panic!("not signed in but {other:?}"),
        }
    }

    pub(super) fn redirect(&mut self) -> Redirect {
        match self.play() {
            Outcome::Handshake(redirect) => redirect,
            other => panic!("no redirect but {other:?}"),
        }
    }
}

/// One word for an outcome: `in`, `out <reason>`, `to <reason>` or `unavailable`.
pub(super) fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::SignedIn(_) => "in".into(),
        Outcome::SignedOut { reason, .. } => format!("out {reason}"),
        Outcome::Handshake(redirect) => format!("to {}", redirect.reason),
        Outcome::Unavailable => "unavailable".into(),
    }
}

/// `Set-Cookie` values as text.
pub(super) fn texts(cookies: &[HeaderValue]) -> Vec<&str> {
    cookies.iter().map(|value| value.to_str().unwrap()).collect()
}

/// The query of a redirect, in its order.
pub(super) fn query(redirect: &Redirect) -> Vec<(String, String)> {
    Url::parse(&redirect.location).unwrap().query_pairs().into_owned().collect()
}
