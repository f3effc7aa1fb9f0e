//! Where people reach the installation.

use clap::Args;
use url::Url;

use super::complaints::Shown;
use super::{Complaints, origin};

/// As given.
#[derive(Args, Debug, Default)]
pub(crate) struct PublicBaseUrlArgument {
    /// Where people reach this installation: scheme, host and port
    #[arg(long, env = "PUBLIC_BASE_URL", value_name = "URL")]
    public_base_url: Option<String>,
}

impl PublicBaseUrlArgument {
    /// Needed.
    pub(crate) fn check(&self, complaints: &mut Complaints) -> Option<Url> {
        let form = "https://app.example.com (no path)";
        complaints.required("PUBLIC_BASE_URL", form, Shown::Value, self.public_base_url.as_deref(), origin)
    }
}
