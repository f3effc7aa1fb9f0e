//! The headers that every answer carries, whatever it is.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::Config;

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// Two years, the length that preload lists ask for.
const ONLY_TLS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
/// Answers depend on these; nothing but an asset may be kept anyway.
const DEPENDS_ON: HeaderValue = HeaderValue::from_static("Cookie, Authorization, HX-Request");

/// Made once from the configuration.
pub(crate) struct SecurityHeaders {
    policy: HeaderValue,
    https: bool,
}

impl SecurityHeaders {
    pub(crate) fn new(config: &Config) -> Self {
        // Addresses are ASCII once parsed; a policy that allows too little is the harmless way to be wrong.
        let policy = HeaderValue::try_from(policy(config));
        Self {
            policy: policy.unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
            https: config.is_https(),
        }
    }

    /// Puts them on. What a handler has said about caching stands.
    pub(crate) fn put_on(&self, headers: &mut HeaderMap) {
        // What a handler allows even less stands too; the proxy passes none of Clerk's on.
        if !headers.contains_key(CONTENT_SECURITY_POLICY) {
            headers.insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        }
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
        if self.https {
            headers.insert(STRICT_TRANSPORT_SECURITY, ONLY_TLS);
        }
        if !headers.contains_key(CACHE_CONTROL) {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
            headers.append(VARY, DEPENDS_ON);
        }
    }
}

fn policy(config: &Config) -> String {
    let own = config.origin();
    let frontend = config.clerk_frontend_origin.as_str();
    let script = config.clerk_js_url.origin().ascii_serialization();
    let sources = |more: &[&str]| {
        let mut all = vec!["'self'"];
        for one in more {
            // Where we are the proxy, the Frontend API is on our own origin, which is allowed already.
            if !all.contains(one) && *one != own {
                all.push(one);
            }
        }
        all.join(" ")
    };
    let portal = |url: &Url| url.origin().ascii_serialization();
    let (sign_in, sign_up) = (portal(&config.sign_in_url), portal(&config.sign_up_url));
    // A form's redirects count as its action: a handshake, sign-in when the session ended meanwhile, and paying.
    let stripe: Vec<String> = config.stripe_pages.iter().map(portal).collect();
    let to = [frontend, &sign_in, &sign_up].into_iter().chain(stripe.iter().map(String::as_str));
    let forms = sources(&to.collect::<Vec<_>>());
    let scripts = sources(&[frontend, &script]);
    let with_frontend = sources(&[frontend]);
    format!(
        "default-src 'none'; script-src {scripts}; connect-src {with_frontend}; style-src 'self'; \
         img-src {with_frontend}; font-src 'self'; worker-src blob:; form-action {forms}; base-uri 'none'; \
         object-src 'none'; frame-ancestors 'none'; manifest-src 'self'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frontend_api_on_our_own_origin_needs_no_other_one() {
        let mut config = crate::config::tests::config("https://app.example.com");
        assert!(policy(&config).contains("connect-src 'self' https://clerk.example.com;"));
        config.clerk_frontend_origin = "https://app.example.com".to_owned();
        config.clerk_js_url = config.absolute("/__clerk/npm/clerk.js", None);
        let policy = policy(&config);
        for part in ["script-src 'self';", "connect-src 'self';", "img-src 'self';"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(
            policy.contains("form-action 'self' https://accounts.example.com https://checkout.stripe.com;"),
            "{policy}"
        );
    }
}
