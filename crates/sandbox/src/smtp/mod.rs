//! A mail server for the application: it takes mails on this machine alone, and delivers them nowhere but to the mailbox.

mod conversation;
mod message;
mod troubles;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::Shared;
use crate::listen::Doors;

pub(crate) use message::Read;
pub(crate) use troubles::{Stage, Trouble, Troubles, Waiting};

/// Answers on these doors until told to stop.
pub(crate) fn serve(doors: Doors, app: &Shared, stopped: &watch::Receiver<bool>, servers: &mut Vec<JoinHandle<()>>) {
    for listener in doors.listeners {
        let (app, mut stopped) = (app.clone(), stopped.clone());
        servers.push(tokio::spawn(async move {
            loop {
                tokio::select! {
                    // An error means that nobody can stop us any more, which is a reason to stop.
                    _ = stopped.wait_for(|stop| *stop) => return,
                    accepted = listener.accept() => match accepted {
                        Ok((stream, _)) => drop(tokio::spawn(conversation::hold(app.clone(), stream))),
                        Err(error) => tracing::warn!("a connection could not be taken: {error}"),
                    },
                }
            }
        }));
    }
}
