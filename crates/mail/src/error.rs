//! Why a mail was not sent.

/// Why a mail was not sent. Says nothing of whom it was for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No server will take it, however often it is asked.
    #[error("refused for good: {0}")]
    Refused(String),
    /// Another try may go better.
    #[error("not taken this time: {0}")]
    NotNow(String),
}

impl Error {
    /// Another try would come to the same.
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// What a server said has the address in it more often than not: only its number is told.
    pub(crate) fn of_smtp(error: &lettre::transport::smtp::Error) -> Self {
        match error.status() {
            Some(code) if error.is_permanent() => Self::Refused(format!("the mail server answered {code}")),
            Some(code) => Self::NotNow(format!("the mail server answered {code}")),
            None if error.is_timeout() => Self::NotNow("the mail server took too long".to_owned()),
            None if error.is_tls() => Self::NotNow("no encrypted connection to the mail server".to_owned()),
            None if error.is_response() => Self::NotNow("the mail server's answer was none".to_owned()),
            None => Self::NotNow("no connection to the mail server".to_owned()),
        }
    }
}
