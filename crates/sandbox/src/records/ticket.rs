//! Tickets: the secret of a link in a mail, which is as good as a code sent to the same address.

use crate::clock::Millis;
use crate::errors::ApiError;
use crate::records::{ActorToken, Invitation, NewUser, Password, Session, SignInToken, SignUpFields, User};
use crate::state::State;

/// What a ticket leads to.
#[derive(Clone, Debug)]
pub(crate) enum Ticket {
    Invitation(Invitation),
    SignIn(SignInToken),
    Actor(ActorToken),
}

/// What the holder of a ticket does next: `__clerk_status` of the link's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TicketStatus {
    SignIn,
    SignUp,
    Complete,
}

impl Ticket {
    /// Whether it makes a session of somebody else's, also for whoever is signed in as the person.
    pub(crate) fn is_actors(&self) -> bool {
        matches!(self, Self::Actor(_))
    }
}

impl TicketStatus {
    /// The word in the query.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SignUp => "sign_up",
            Self::Complete => "complete",
        }
    }
}

impl State {
    /// The ticket of that secret, if it can still be used.
    pub(crate) fn ticket(&self, secret: &str, now: Millis) -> Result<Ticket, ApiError> {
        if let Some(invitation) = self.invitations.values().find(|invitation| invitation.ticket == secret) {
            self.check_acceptable(invitation, now)?;
            return Ok(Ticket::Invitation(invitation.clone()));
        }
        if let Some(token) = self.sign_in_tokens.values().find(|token| token.ticket == secret) {
            self.check_sign_in_token(token, now)?;
            return Ok(Ticket::SignIn(token.clone()));
        }
        if let Some(token) = self.actor_tokens.values().find(|token| token.ticket == secret) {
            self.check_actor_token(token, now)?;
            return Ok(Ticket::Actor(token.clone()));
        }
        Err(ApiError::bad_request("ticket_invalid_code", "The ticket is invalid."))
    }

    /// The person a ticket is for, if they have an account.
    pub(crate) fn holder(&self, ticket: &Ticket) -> Option<&User> {
        match ticket {
            Ticket::Invitation(invitation) => self.user_by_email(&invitation.email_address),
            Ticket::SignIn(token) => self.users.get(&token.user_id),
            Ticket::Actor(token) => self.users.get(&token.user_id),
        }
    }

    /// Opens a link in a browser somebody is perhaps signed in with: the right person joins at once.
    pub(crate) fn open_ticket(
        &mut self,
        ticket: &Ticket,
        session: Option<&Session>,
        now: Millis,
    ) -> Result<TicketStatus, ApiError> {
        let Some(holder) = self.holder(ticket).cloned() else {
            return Ok(TicketStatus::SignUp);
        };
        match session {
            Some(session) if session.user_id == holder.id && !ticket.is_actors() => {
                let session = session.id.clone();
                self.use_ticket(ticket, &holder, now)?;
                self.activate_of(ticket, &session, now);
                Ok(TicketStatus::Complete)
            }
            _ => Ok(TicketStatus::SignIn),
        }
    }

    /// Signs the ticket's person in on a client.
    pub(crate) fn sign_in_by_ticket(
        &mut self,
        client_id: &str,
        ticket: &Ticket,
        now: Millis,
    ) -> Result<(User, Session), ApiError> {
        self.check_nobody_signed_in(client_id)?;
        let holder = self.holder(ticket).cloned().ok_or_else(|| {
            ApiError::bad_request(
                "organization_invitation_identification_not_exist",
                "There is no account with the invited address yet: sign up with the ticket.",
            )
        })?;
        holder.check_may_sign_in()?;
        self.use_ticket(ticket, &holder, now)?;
        let session = match ticket {
            Ticket::Actor(token) => self.create_session_of_actor(client_id, token, now)?,
            _ => self.create_session(client_id, &holder.id, organization_of(ticket), now)?,
        };
        Ok((holder, session))
    }

    /// Makes the ticket's person, who needs no code, and signs them in.
    pub(crate) fn sign_up_by_ticket(
        &mut self,
        client_id: &str,
        ticket: &Ticket,
        fields: SignUpFields,
        now: Millis,
    ) -> Result<(User, Session), ApiError> {
        self.check_nobody_signed_in(client_id)?;
        let Ticket::Invitation(invitation) = ticket else {
            return Err(ApiError::bad_request("ticket_invalid_code", "The ticket signs in an account there is."));
        };
        if self.holder(ticket).is_some() {
            return Err(ApiError::bad_request(
                "organization_invitation_identification_already_exists",
                "There is an account with the invited address already: sign in with the ticket.",
            ));
        }
        // A full organisation makes no accounts without a place in it.
        if let Some(organization) = self.organizations.get(&invitation.organization_id) {
            self.check_seats(organization, 0, now)?;
        }
        let (first_name, last_name) = fields.names()?;
        let password = fields.password.map(|text| Password::choose("password", &text, now)).transpose()?;
        let user = self.create_user(
            NewUser {
                email_addresses: vec![invitation.email_address.clone()],
                verified_by: "ticket",
                first_name,
                last_name,
                unsafe_metadata: fields.unsafe_metadata.unwrap_or_default(),
                password,
                ..NewUser::default()
            },
            now,
        )?;
        self.use_ticket(ticket, &user, now)?;
        let session = self.create_session(client_id, &user.id, organization_of(ticket), now)?;
        Ok((user, session))
    }

    fn use_ticket(&mut self, ticket: &Ticket, holder: &User, now: Millis) -> Result<(), ApiError> {
        match ticket {
            Ticket::Invitation(invitation) => {
                self.accept_invitation(&invitation.id, holder, now)?;
            }
            Ticket::SignIn(token) => self.spend_sign_in_token(&token.id, now),
            Ticket::Actor(token) => self.spend_actor_token(&token.id, now),
        }
        Ok(())
    }

    fn activate_of(&mut self, ticket: &Ticket, session_id: &str, now: Millis) {
        if let Some(organization) = organization_of(ticket) {
            self.activate(session_id, &organization, now);
        }
    }
}

fn organization_of(ticket: &Ticket) -> Option<String> {
    match ticket {
        Ticket::Invitation(invitation) => Some(invitation.organization_id.clone()),
        Ticket::SignIn(_) | Ticket::Actor(_) => None,
    }
}
