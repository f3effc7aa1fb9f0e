//! The frame of pages before an organisation, or outside of one.

use super::shell::ClerkScript;
use crate::Config;
use crate::access::Browser;
use crate::theme::Theme;

/// The frame.
pub(crate) struct Gate {
    pub(crate) theme: Theme,
    /// Who is signed in, if anybody.
    pub(crate) email: Option<String>,
    pub(crate) toast: Option<String>,
    /// Who acts in the person's name.
    pub(crate) impersonator: Option<String>,
    /// Loaded where somebody is signed in.
    pub(crate) clerk: Option<ClerkScript>,
}

impl Gate {
    /// For somebody who is nobody here, and may be signed in at Clerk.
    pub(crate) fn at_clerk(config: &Config, browser: Browser) -> Self {
        Self { clerk: Some(ClerkScript::new(config)), ..Self::new(config, browser, None) }
    }

    pub(crate) fn new(config: &Config, browser: Browser, email: Option<String>) -> Self {
        Self {
            theme: browser.theme,
            impersonator: browser.impersonator,
            toast: browser.flash.map(|flash| flash.text()),
            clerk: email.as_ref().map(|_| ClerkScript::new(config)),
            email,
        }
    }
}
