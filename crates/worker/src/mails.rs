//! Sends what is in the outbox.

use domain::jobs::Claimed;
use domain::mails::{self, MOST_TRIES, Outgoing, Turn};
use mail::{Error, Message, Recipient, Teller};
use uuid::Uuid;

use crate::{Failure, State};

/// Sends one mail and writes down that a server took it. No transaction is open meanwhile: the mail is this worker's by a
/// lease that outlives the conversation. Whoever dies between the two leaves the mail to be sent once more, under the same
/// Message-ID.
pub(crate) async fn send(state: &State, job: &Claimed) -> Result<(), Failure> {
    let at = job.organisation.as_ref().ok_or(Failure::Payload)?;
    let id: Uuid = job.payload["mail"].as_str().and_then(|id| id.parse().ok()).ok_or(Failure::Payload)?;
    let outgoing = match mails::take(&state.database, at, id, state.mailer.message_id(id)).await? {
        Turn::Yours(outgoing) => outgoing,
        Turn::Busy => return Err(Failure::MailIsSent),
        Turn::Over => return Ok(()),
    };
    match hand_over(state, &outgoing).await {
        Ok(()) => Ok(mails::sent(&state.database, at, &outgoing).await?),
        Err(error) => {
            let why = error.to_string();
            if error.is_permanent() || outgoing.attempt >= MOST_TRIES {
                mails::failed(&state.database, at, &outgoing, &why).await?;
            } else {
                mails::later(&state.database, at, &outgoing, &why).await?;
            }
            Err(error.into())
        }
    }
}

async fn hand_over(state: &State, outgoing: &Outgoing) -> Result<(), Error> {
    let to = Recipient::parse(&outgoing.address);
    let to = to.ok_or_else(|| Error::Refused("the address is none that mail can be sent to".to_owned()))?;
    let teller = Teller {
        public_base_url: state.mailer.public_base_url(),
        recipient: outgoing.recipient.as_deref(),
        named: outgoing.named.as_deref(),
        time_zone: &outgoing.time_zone,
    };
    let letter = teller.tell(&outgoing.notice)?;
    let message = Message { to, letter, id: outgoing.message_id.clone(), written_at: outgoing.written_at };
    state.mailer.send(&message).await
}

#[cfg(test)]
mod tests;
