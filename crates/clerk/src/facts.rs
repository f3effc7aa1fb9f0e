//! What the decision core knows: of the instance, and of one request.

use http::header::AUTHORIZATION;
use url::Url;

use crate::config::{Config, Satellite};
use crate::cookies::{
    CLIENT_UAT, Choice, Cookies, DEV_BROWSER, HANDSHAKE, HANDSHAKE_NONCE, REDIRECT_COUNT, SESSION, SuffixedNames,
    host_of,
};
use crate::keys::InstanceType;
use crate::organisation_sync::OrganisationSync;
use crate::reason::Reason;
use crate::request::Request;
use crate::token::Glimpse;

/// The instance, as far as decisions hang on it.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) instance: InstanceType,
    /// `<frontend>/v1/client/handshake`
    pub(crate) handshake_url: Url,
    pub(crate) names: SuffixedNames,
    /// Whether ended sessions are excused while Clerk is dark.
    pub(crate) excuses: bool,
    issuer_host: String,
    /// This application is one, and people sign in elsewhere.
    pub(crate) satellite: Option<Satellite>,
    /// Tells satellites of a development instance what it knows.
    pub(crate) answers_satellites: bool,
    pub(crate) sign_in_url: Url,
    pub(crate) organisation_sync: OrganisationSync,
    /// Host names that people come back from after signing in.
    referrers: Vec<String>,
}

impl Site {
    pub(crate) fn new(config: &Config) -> Self {
        let instance = config.publishable_key.instance_type();
        let mut handshake_url = config.frontend.clone();
        if let Ok(mut segments) = handshake_url.path_segments_mut() {
            segments.pop_if_empty().extend(["v1", "client", "handshake"]);
        }
        handshake_url.set_query(None);
        handshake_url.set_fragment(None);
        let mut referrers = vec![config.publishable_key.accounts_host()];
        referrers.extend(handshake_url.host_str().map(str::to_owned));
        if instance == InstanceType::Development {
            let pages = [&config.sign_in_url, &config.sign_up_url];
            referrers.extend(pages.into_iter().filter_map(Url::host_str).map(str::to_owned));
        }
        Self {
            instance,
            handshake_url,
            names: SuffixedNames::new(&config.publishable_key.cookie_suffix()),
            excuses: !config.grace.is_zero(),
            issuer_host: host_of(&config.issuer).unwrap_or_default().to_owned(),
            referrers,
            satellite: config.domains.satellite.clone(),
            answers_satellites: config.domains.answers_satellites,
            sign_in_url: config.sign_in_url.clone(),
            organisation_sync: config.domains.organisation_sync.clone(),
        }
    }

    pub(crate) fn is_development(&self) -> bool {
        self.instance == InstanceType::Development
    }
}

/// How a handshake's result arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Transport {
    Nonce(String),
    Token(String),
}

/// One request, read once.
#[derive(Debug)]
pub(crate) struct Facts<'r> {
    pub(crate) request: &'r Request<'r>,
    pub(crate) cookies: Cookies,
    /// Why nothing can be said about who sent this.
    pub(crate) conflict: Option<Reason>,
    pub(crate) bearer: Option<String>,
    /// Whether the suffixed cookies are believed.
    pub(crate) suffixed: bool,
    pub(crate) session: Option<String>,
    /// What the session cookie says of itself; `None` when there is none or it cannot be decoded.
    pub(crate) glimpse: Option<Glimpse>,
    /// Unix seconds, 0 signed out.
    pub(crate) client_uat: i64,
    pub(crate) refresh: Option<String>,
    pub(crate) dev_browser: Option<String>,
    pub(crate) redirects: u32,
    pub(crate) transport: Option<Transport>,
}

impl<'r> Facts<'r> {
    /// `now` is unix seconds.
    pub(crate) fn read(site: &Site, request: &'r Request<'r>, now: i64) -> Self {
        let cookies = Cookies::read(request.headers);
        let names = &site.names;
        let (plain, suffixed) = (cookies.filled(SESSION), cookies.filled(&names.session));
        let suffixed_glimpse = suffixed.map(|token| Glimpse::of(token).ok());
        // Both names normally hold the same token: then it is decoded once.
        let plain_glimpse = match plain {
            Some(token) if Some(token) == suffixed => suffixed_glimpse.clone(),
            other => other.map(|token| Glimpse::of(token).ok()),
        };
        let choice = Choice {
            plain: plain_glimpse.as_ref().map(Option::as_ref),
            suffixed: suffixed_glimpse.as_ref().map(Option::as_ref),
            plain_uat: cookies.filled(CLIENT_UAT),
            suffixed_uat: cookies.filled(&names.client_uat),
        };
        let two_people = choice.names_two_people(&site.issuer_host);
        let use_suffixed = choice.is_suffixed(&site.issuer_host, site.instance, now);

        let (bearer, bearers) = bearer(request);
        let conflict = if bearers > 1 || (bearers == 1 && (plain.is_some() || suffixed.is_some())) {
            Some(Reason::TOKEN_CARRIER_CONFLICT)
        } else if bearers == 0 && (two_people || cookies.disagree(SESSION) || cookies.disagree(&names.session)) {
            Some(Reason::SESSION_COOKIE_CONFLICT)
        } else {
            None
        };
        let pick = |plain: &str, suffixed: &str| {
            cookies.filled(if use_suffixed { suffixed } else { plain }).map(str::to_owned)
        };
        Self {
            conflict,
            bearer,
            suffixed: use_suffixed,
            session: pick(SESSION, &names.session),
            glimpse: if use_suffixed { suffixed_glimpse } else { plain_glimpse }.flatten(),
            client_uat: pick(CLIENT_UAT, &names.client_uat).and_then(|text| text.parse().ok()).unwrap_or(0),
            refresh: cookies.filled(&names.refresh).map(str::to_owned),
            dev_browser: request.query(DEV_BROWSER).or_else(|| pick(DEV_BROWSER, &names.dev_browser)),
            redirects: cookies.get(REDIRECT_COUNT).and_then(|text| text.parse().ok()).unwrap_or(0),
            transport: transport(site, request, &cookies),
            request,
            cookies,
        }
    }

    /// Whether the page before this one was on another origin which is not Clerk's.
    pub(crate) fn comes_from_elsewhere(&self, site: &Site) -> bool {
        let Some(referrer) = self.request.header("referer").and_then(|text| Url::parse(text).ok()) else {
            return false;
        };
        let known = referrer.host_str().is_some_and(|host| site.referrers.iter().any(|known| known == host));
        !known && referrer.origin() != self.request.public_url.origin()
    }
}

/// The bearer token, and how many there are. Other schemes are somebody else's; a lone word counts as a token.
fn bearer(request: &Request<'_>) -> (Option<String>, usize) {
    let mut tokens = request.headers.get_all(AUTHORIZATION).into_iter().filter_map(|value| {
        let text = value.to_str().ok()?.trim();
        let token = match text.split_once(' ') {
            None => text,
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            Some(_) => return None,
        };
        let empty = token.is_empty() || token.eq_ignore_ascii_case("bearer");
        (!empty).then(|| token.to_owned())
    });
    let first = tokens.next();
    let count = usize::from(first.is_some()) + tokens.count();
    (first, count)
}

/// A nonce wins over a token, and the query over a cookie.
///
/// In production Clerk only ever uses the cookie. There the query is not looked at, which the SDK does: with it, a link
/// could sign a visitor in as whoever made the link.
fn transport(site: &Site, request: &Request<'_>, cookies: &Cookies) -> Option<Transport> {
    let find = |name: &str| {
        let query = if site.is_development() { request.query(name) } else { None };
        query.or_else(|| cookies.filled(name).map(str::to_owned))
    };
    find(HANDSHAKE_NONCE).map(Transport::Nonce).or_else(|| find(HANDSHAKE).map(Transport::Token))
}
