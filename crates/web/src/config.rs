//! What the web layer has to know; checked elsewhere, given at the start.

use std::net::SocketAddr;

use domain::lifecycle::RECOVERY_DAYS;
use files::Files;
use signatures::svix::Secret;
use tenancy::UserId;
use url::Url;

/// Configuration of the web layer.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where people reach the app: scheme, host and port. Every link and redirect is made from this, never from a
    /// request's `Host`.
    pub public_base_url: Url,
    /// Where the process listens, so that a probe on this machine may call it by a loopback name.
    pub listen: Option<SocketAddr>,
    /// Clerk's sign-in page.
    pub sign_in_url: Url,
    /// Clerk's sign-up page.
    pub sign_up_url: Url,
    /// ClerkJS, as pages load it.
    pub clerk_js_url: Url,
    /// Origin of Clerk's Frontend API as browsers reach it, such as `https://clerk.example.com`.
    pub clerk_frontend_origin: String,
    /// `pk_test_…` or `pk_live_…`.
    pub publishable_key: String,
    /// Where browsers reach the Frontend API when not at its own host.
    pub proxy_url: Option<Url>,
    /// Secrets of Clerk's webhooks; several while one replaces another.
    pub webhook_secrets: Vec<Secret>,
    /// Secrets of Stripe's webhooks.
    pub stripe_webhook_secrets: Vec<signatures::stripe::Secret>,
    /// Origins of Stripe's own pages: forms lead there.
    pub stripe_pages: Vec<Url>,
    /// Who sees `/operators`.
    pub operators: Vec<UserId>,
    /// Where exports are kept.
    pub files: Files,
    /// Days in which a deleted organisation can be restored, as pages tell it; the worker goes by the same.
    pub recovery_days: u32,
}

impl Config {
    /// Takes over from Clerk's configuration what pages need of it.
    pub fn new(public_base_url: Url, clerk: &clerk::Config, webhook_secrets: Vec<Secret>) -> Self {
        let frontend = Url::parse(clerk.frontend_url()).map(|url| url.origin().ascii_serialization());
        Self {
            public_base_url,
            listen: None,
            sign_in_url: clerk.sign_in_url.clone(),
            sign_up_url: clerk.sign_up_url.clone(),
            clerk_js_url: clerk.js_url.clone(),
            clerk_frontend_origin: frontend.unwrap_or_else(|_| clerk.publishable_key.issuer()),
            publishable_key: clerk.publishable_key.as_str().to_owned(),
            proxy_url: clerk.proxy_url.clone(),
            webhook_secrets,
            stripe_webhook_secrets: Vec::new(),
            stripe_pages: Vec::new(),
            operators: Vec::new(),
            files: Files::default(),
            recovery_days: RECOVERY_DAYS,
        }
    }

    /// Takes over what is needed of Stripe's configuration; forms may lead to these pages of its own.
    #[must_use]
    pub fn selling_at(mut self, stripe: &stripe::Config, pages: &[Url]) -> Self {
        self.stripe_webhook_secrets = stripe.webhook_secrets.clone();
        self.stripe_pages = pages.to_vec();
        self
    }

    /// Finds files there.
    #[must_use]
    pub fn with_files(mut self, files: Files) -> Self {
        self.files = files;
        self
    }

    /// Run by these people.
    #[must_use]
    pub fn operated_by(mut self, operators: Vec<UserId>) -> Self {
        self.operators = operators;
        self
    }

    /// Where a deleted organisation can be restored for so many days.
    #[must_use]
    pub fn restoring_for(mut self, days: u32) -> Self {
        self.recovery_days = days;
        self
    }

    /// Also answers to the loopback names of the address listened on.
    #[must_use]
    pub fn listening_on(mut self, address: SocketAddr) -> Self {
        self.listen = Some(address);
        self
    }

    /// Whether browsers talk to us in TLS.
    pub(crate) fn is_https(&self) -> bool {
        self.public_base_url.scheme() == "https"
    }

    /// The origin of our own pages, as browsers write it in `Origin`.
    pub(crate) fn origin(&self) -> String {
        self.public_base_url.origin().ascii_serialization()
    }

    /// Our host as people read it in front of an address, with the port where it is not the scheme's own.
    pub(crate) fn host(&self) -> String {
        let host = self.public_base_url.host_str().unwrap_or_default();
        self.public_base_url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// An address of ours: the path is taken as it is, so that `//elsewhere` stays a path.
    pub(crate) fn absolute(&self, path: &str, query: Option<&str>) -> Url {
        let mut url = self.public_base_url.clone();
        url.set_path(path);
        url.set_query(query);
        url
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A configuration for tests of single modules.
    pub(crate) fn config(public: &str) -> Config {
        let url = |text: &str| Url::parse(text).unwrap();
        Config {
            public_base_url: url(public),
            listen: None,
            sign_in_url: url("https://accounts.example.com/sign-in"),
            sign_up_url: url("https://accounts.example.com/sign-up"),
            clerk_js_url: url("https://clerk.example.com/npm/clerk.js"),
            clerk_frontend_origin: "https://clerk.example.com".to_owned(),
            publishable_key: "pk_test_x".to_owned(),
            proxy_url: None,
            webhook_secrets: Vec::new(),
            stripe_webhook_secrets: Vec::new(),
            stripe_pages: vec![url("https://checkout.stripe.com")],
            operators: Vec::new(),
            files: Files::default(),
            recovery_days: RECOVERY_DAYS,
        }
    }

    #[test]
    fn an_address_stays_on_the_origin() {
        let config = config("https://app.example.com");
        assert_eq!(config.absolute("//evil.test/x", Some("a=b")).host_str(), Some("app.example.com"));
    }
}
