//! Configuration: from flags and the environment into types, with every mistake named at once.

mod clerk;
mod complaints;
mod ends;
mod mail;
mod pool;
mod production;
mod public_base_url;
mod serve;
mod stripe;
mod vendors;
mod work;

pub(crate) use clerk::ClerkArguments;
pub(crate) use complaints::{BadConfiguration, Complaints, Shown};
pub(crate) use ends::{EndsArguments, RecoveryArgument};
pub(crate) use mail::MailArguments;
pub(crate) use pool::{PoolArguments, context_key};
pub(crate) use serve::{ServeArguments, ServeConfig};
pub(crate) use stripe::{StripeArguments, StripePagesArguments};
pub(crate) use vendors::VendorArguments;
pub(crate) use work::{WorkArguments, WorkConfig};

use url::Url;

/// A Postgres URL. Its form is judged by the driver; here only that it is one, and that it names a role.
pub(crate) fn database_url(text: &str) -> Option<String> {
    let rest = text.strip_prefix("postgresql://").or_else(|| text.strip_prefix("postgres://"))?;
    let (role, _) = rest.split_once('@').unwrap_or_default();
    let named = !role.is_empty() || rest.contains("user=");
    named.then(|| text.to_owned())
}

/// An address of the web, without a query or a fragment.
pub(crate) fn web_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && plain).then_some(url)
}

/// An address of the web that is only scheme, host and port.
pub(crate) fn origin(text: &str) -> Option<Url> {
    web_url(text).filter(|url| url.path() == "/")
}

/// As browsers write it: no slash at the end.
pub(crate) fn origin_text(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_url_names_its_role() {
        for good in [
            "postgresql://tenantry_app@/tenantry?host=%2Ftmp%2Ftenantry-pg-1",
            "postgres://tenantry_app:secret@db.example.com:5432/tenantry",
            "postgresql:///tenantry?user=tenantry_app&host=/var/run/postgresql",
        ] {
            assert!(database_url(good).is_some(), "{good}");
        }
        for bad in ["", "tenantry", "mysql://a@b/c", "postgresql://localhost/tenantry", "postgresql://@/tenantry"] {
            assert!(database_url(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_origin_has_no_path() {
        assert!(origin("https://app.example.com").is_some());
        assert!(origin("http://localhost:3000/").is_some());
        for bad in ["app.example.com", "https://app.example.com/x", "ftp://a.example", "https://a.example/?x=1"] {
            assert!(origin(bad).is_none(), "{bad}");
        }
        assert_eq!(origin_text(&origin("https://app.example.com:443/").unwrap()), "https://app.example.com");
    }
}
