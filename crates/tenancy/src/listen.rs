//! A connection that waits to be woken.

use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Config, NoTls};

use crate::{Error, Result};

/// Notifications that may wait to be taken; then the server's wait in the connection.
const WAITING: usize = 1024;

/// Hears one channel until it is dropped or the connection ends.
pub struct Listener {
    payloads: mpsc::Receiver<String>,
    /// Dropping the client ends the connection.
    _client: tokio_postgres::Client,
}

impl Listener {
    pub(crate) async fn open(config: &Config, channel: &'static str) -> Result<Self> {
        let (client, mut connection) = config.connect(NoTls).await.map_err(|e| Error::Unreachable(e.to_string()))?;
        let (hear, payloads) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            let mut messages = stream::poll_fn(|context| connection.poll_message(context));
            while let Some(Ok(message)) = messages.next().await {
                if let AsyncMessage::Notification(notification) = message
                    && hear.send(notification.payload().to_owned()).await.is_err()
                {
                    return;
                }
            }
        });
        client.batch_execute(&format!("listen {channel}")).await.map_err(|e| Error::of("listen", e))?;
        Ok(Self { payloads, _client: client })
    }

    /// Waits for the next wake, taking all that wait with it; `None` when the connection is gone.
    pub async fn woken(&mut self) -> Option<()> {
        self.payloads.recv().await?;
        while self.payloads.try_recv().is_ok() {}
        Some(())
    }

    /// Waits for the next payload; `None` when the connection is gone.
    pub(crate) async fn heard(&mut self) -> Option<String> {
        self.payloads.recv().await
    }
}
