//! The request to end: Ctrl-C or TERM.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Turns true when the process is asked to end. Every part that waits holds a clone.
pub(crate) fn asked() -> std::io::Result<watch::Receiver<bool>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("asked to end; finishing what has begun");
        let _ = sender.send(true);
    });
    Ok(receiver)
}

/// Returns when that has happened.
pub(crate) async fn until(mut asked: watch::Receiver<bool>) {
    // An error means that the sender is gone, which happens when it has sent.
    let _ = asked.wait_for(|asked| *asked).await;
}
