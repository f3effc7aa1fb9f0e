//! Light, dark, or as the system says: a person's choice, kept in a cookie of this browser.

use http::{HeaderMap, HeaderValue};

use crate::Config;
use crate::cookies;

const COOKIE: &str = "theme";
/// A year.
const KEPT_SECONDS: u32 = 365 * 24 * 60 * 60;

/// How pages look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Theme {
    /// Follows the system.
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// In menu order.
    pub(crate) const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// As chosen in this browser.
    pub(crate) fn of(config: &Config, headers: &HeaderMap) -> Self {
        let chosen = cookies::value(config, headers, COOKIE);
        Self::ALL.into_iter().find(|theme| chosen == Some(theme.as_str())).unwrap_or_default()
    }

    /// As in the form and in the cookie.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// As in the menu.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// `Set-Cookie` for the choice; following the system needs none.
    pub(crate) fn cookie(self, config: &Config) -> HeaderValue {
        match self {
            Self::System => cookies::forget(config, COOKIE),
            chosen => cookies::set(config, COOKIE, chosen.as_str(), KEPT_SECONDS),
        }
    }
}
