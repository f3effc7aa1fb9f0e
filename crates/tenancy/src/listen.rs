//! A connection that waits to be woken.

use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Config, NoTls};

use crate::{Error, Result};

/// Hears one channel until it is dropped or the connection ends.
pub struct Listener {
    wakes: mpsc::Receiver<()>,
    /// Dropping the client ends the connection.
    _client: tokio_postgres::Client,
}

impl Listener {
    pub(crate) async fn open(config: &Config, channel: &'static str) -> Result<Self> {
        let (client, mut connection) = config.connect(NoTls).await.map_err(|e| Error::Unreachable(e.to_string()))?;
        let (wake, wakes) = mpsc::channel(1);
        tokio::spawn(async move {
            let mut messages = stream::poll_fn(|context| connection.poll_message(context));
            while let Some(Ok(message)) = messages.next().await {
                if matches!(message, AsyncMessage::Notification(_)) {
                    // A wake that is already waiting covers this one too.
                    let _ = wake.try_send(());
                }
            }
        });
        client.batch_execute(&format!("listen {channel}")).await.map_err(|e| Error::of("listen", e))?;
        Ok(Self { wakes, _client: client })
    }

    /// Waits for the next wake; `None` when the connection is gone.
    pub async fn woken(&mut self) -> Option<()> {
        self.wakes.recv().await
    }
}
