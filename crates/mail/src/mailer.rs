//! The way to the mail server.

use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use url::Url;

use crate::config::{Config, Encryption};
use crate::{Error, Message};

/// A server may take so long for one answer.
const ANSWER: Duration = Duration::from_secs(20);
/// A whole conversation, from the connection to the answer that it was taken: well within the two minutes for which a mail
/// is one worker's.
const CONVERSATION: Duration = Duration::from_secs(60);

/// Sends mails, each over a connection of its own. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    config: Config,
    public_base_url: Arc<Url>,
}

impl Mailer {
    /// Connects nowhere yet. Links begin with `public_base_url`.
    ///
    /// # Errors
    /// Where this machine has no certificates to compare the server's with.
    pub fn new(config: Config, public_base_url: &Url) -> Result<Self, Error> {
        let parameters = || {
            TlsParameters::new(config.host.clone()).map_err(|_| Error::Refused("no certificates to trust".to_owned()))
        };
        let tls = match config.encryption {
            Encryption::Tls => Tls::Wrapper(parameters()?),
            Encryption::StartTls => Tls::Required(parameters()?),
            Encryption::Loopback => Tls::None,
        };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(config.host.clone());
        let builder = builder.port(config.port).tls(tls).timeout(Some(ANSWER));
        let builder = builder.hello_name(ClientId::Domain(config.from.email.domain().to_owned()));
        let builder = match &config.credentials {
            Some((user, password)) => builder.credentials(Credentials::new(user.clone(), password.clone())),
            None => builder,
        };
        Ok(Self { transport: builder.build(), config, public_base_url: Arc::new(public_base_url.clone()) })
    }

    /// Where this installation is reached.
    pub fn public_base_url(&self) -> &Url {
        &self.public_base_url
    }

    /// What a mail is called for good: by the id of its row, at the sender's domain.
    pub fn message_id(&self, id: impl std::fmt::Display) -> String {
        format!("<{id}@{}>", self.config.from.email.domain())
    }

    /// Has the server take it.
    ///
    /// # Errors
    /// What the server answered. After [`Error::NotNow`] it may have taken the mail all the same.
    pub async fn send(&self, message: &Message) -> Result<(), Error> {
        let message = message.on_paper(&self.config.from)?;
        match tokio::time::timeout(CONVERSATION, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Error::of_smtp(&error)),
            Err(_) => Err(Error::NotNow("the mail server took too long".to_owned())),
        }
    }
}
