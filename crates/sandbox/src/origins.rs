//! Which origins may call the Frontend API and be returned to.

use url::Url;

/// The allow-list: the application, the sandbox itself, and what the command line adds.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    own: Vec<String>,
    others: Vec<String>,
}

impl Origins {
    /// The sandbox's port on every name of loopback, and the others' origins.
    pub(crate) fn new<'a>(port: u16, others: impl IntoIterator<Item = &'a Url>) -> Self {
        let own = ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("http://{host}:{port}")).to_vec();
        Self { own, others: others.into_iter().map(origin).collect() }
    }

    /// Whether a page of this origin is one of the sandbox's own.
    pub(crate) fn is_own(&self, origin: &str) -> bool {
        self.own.iter().any(|own| own == origin)
    }

    /// Whether the origin is on the list.
    pub(crate) fn allows(&self, origin: &str) -> bool {
        self.is_own(origin) || self.others.iter().any(|other| other == origin)
    }

    /// The address, if it is absolute and on the list. Nothing else may be redirected to.
    pub(crate) fn allowed_url(&self, text: &str) -> Option<Url> {
        let url = Url::parse(text).ok()?;
        let plain = url.username().is_empty() && url.password().is_none();
        (plain && self.allows(&origin(&url))).then_some(url)
    }

    /// Every origin but the sandbox's own, for a content security policy.
    pub(crate) fn others(&self) -> &[String] {
        &self.others
    }
}

/// `scheme://host[:port]`.
pub(crate) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_origins_may_be_returned_to() {
        let app = Url::parse("http://localhost:3000").unwrap();
        let origins = Origins::new(3001, [&app]);
        for good in [
            "http://localhost:3000",
            "http://localhost:3000/orgs/acme?a=b#c",
            "http://LOCALHOST:3000/",
            "http://localhost:3001/user",
            "http://[::1]:3001/user",
        ] {
            assert!(origins.allowed_url(good).is_some(), "{good}");
        }
        for bad in [
            "http://localhost:30000/",
            "http://localhost/",
            "https://localhost:3000/",
            "http://localhost:3000.evil.example/",
            "http://localhost:3000@evil.example/",
            "http://evil@localhost:3000/",
            "//evil.example",
            "/orgs",
            "javascript:alert(1)",
            "data:text/html,x",
            "",
        ] {
            assert!(origins.allowed_url(bad).is_none(), "{bad}");
        }
    }
}
