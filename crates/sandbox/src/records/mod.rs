//! The nouns of the instance: what is kept of each, what can happen to it, and how both APIs show it.

mod actor_token;
mod challenge;
mod client;
mod delivery;
mod dev_browser;
mod email_address;
mod endpoint;
mod event;
mod invitation;
mod letter;
mod mail;
mod membership;
mod metadata;
mod nonce;
mod organization;
mod organization_settings;
mod outbox;
mod password;
mod permission;
mod role;
mod role_set;
mod session;
mod sign_in;
mod sign_in_token;
mod sign_up;
mod ticket;
mod user;

pub(crate) use actor_token::{ActorToken, NewActorToken};
pub(crate) use challenge::{Challenge, is_test_address};
pub(crate) use client::Client;
pub(crate) use delivery::{Delivery, DeliveryStatus, WebhookMode};
pub(crate) use dev_browser::DevBrowser;
pub(crate) use email_address::{EmailAddress, check_email};
pub(crate) use endpoint::Endpoint;
pub(crate) use invitation::{Invitation, NewInvitation};
pub(crate) use letter::Letter;
pub(crate) use mail::Mail;
pub(crate) use membership::Membership;
pub(crate) use metadata::{Metadata, merge, read as read_metadata};
pub(crate) use nonce::Nonce;
pub(crate) use organization::{NewOrganization, Organization, check_name as check_organization_name};
pub(crate) use organization_settings::OrganizationSettings;
pub(crate) use outbox::{Message, Outbox};
pub(crate) use password::{LENGTH as PASSWORD_LENGTH, Password};
pub(crate) use permission::Permission;
pub(crate) use role::{NewRole, Role};
pub(crate) use role_set::{NewRoleSet, RoleSet};
pub(crate) use session::{Session, SessionStatus};
pub(crate) use sign_in::SignIn;
pub(crate) use sign_in_token::SignInToken;
pub(crate) use sign_up::{SignUp, SignUpFields};
pub(crate) use ticket::{Ticket, TicketStatus};
pub(crate) use user::{NewUser, Rights, User, check_name as check_person_name};

/// Whose eyes an object is for: the Backend API and webhooks see private metadata, browsers do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    Backend,
    Frontend,
}
