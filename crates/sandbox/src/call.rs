//! One call of one of the APIs, as limits, faults and the list of calls see it.

use http::{Method, Uri};

/// Which API is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    Backend,
    Frontend,
    Stripe,
}

impl Api {
    /// The word of the control page and its JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::Frontend => "frontend",
            Self::Stripe => "stripe",
        }
    }

    /// The API of that word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Backend, Self::Frontend, Self::Stripe].into_iter().find(|api| api.as_str() == word)
    }
}

/// A call. Never its query, its headers or its body: those hold what one can sign in with.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Counts up from the start of the sandbox.
    pub(crate) number: u64,
    pub(crate) api: Api,
    pub(crate) method: Method,
    /// As Clerk's reference writes it: `/v1/…`, for the Backend API too.
    pub(crate) path: String,
}

/// API and path of a request; `None` for pages, scripts and pictures.
pub(crate) fn target(uri: &Uri) -> Option<(Api, &str)> {
    let path = uri.path();
    let (api, path) = match path.strip_prefix("/bapi") {
        Some(path) => (Api::Backend, path),
        None => (Api::Frontend, path),
    };
    let known = path.starts_with("/v1/") || (api == Api::Frontend && path.starts_with("/.well-known/"));
    known.then_some((api, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_no_calls() {
        let of = |path: &'static str| target(&Uri::from_static(path)).map(|(api, path)| (api, path.to_owned()));
        assert_eq!(of("/bapi/v1/users?query=x"), Some((Api::Backend, "/v1/users".to_owned())));
        assert_eq!(of("/v1/client?__clerk_db_jwt=x"), Some((Api::Frontend, "/v1/client".to_owned())));
        assert_eq!(of("/.well-known/jwks.json").map(|(api, _)| api), Some(Api::Frontend));
        for page in ["/sign-in", "/npm/@clerk/clerk-js@6/dist/clerk.browser.js", "/bapi/.well-known/x"] {
            assert_eq!(of(page), None, "{page}");
        }
    }
}
