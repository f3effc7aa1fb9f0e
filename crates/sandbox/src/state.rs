//! Everything the instance knows: written to disk as one document, changed only behind the store's lock.
//!
//! What happens to each noun stands in `records`, as further methods of [`State`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids;
use crate::records::{
    ActorToken, Client, DevBrowser, Endpoint, Invitation, Letter, Mail, Membership, Nonce, Organization,
    OrganizationSettings, Outbox, Permission, Role, RoleSet, Session, SignInToken, User,
};

/// What the command line says about the instance; not kept, it is given anew at each start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    /// `http://localhost:<clerk port>`, for the addresses of pictures.
    pub(crate) public_origin: String,
    /// Whether people may be signed in without an organisation.
    pub(crate) membership_optional: bool,
    /// Members a new organisation may have, 0 for no limit.
    pub(crate) max_allowed_memberships: u32,
    /// Whether there is an address to send webhooks to.
    pub(crate) has_webhook: bool,
}

/// The instance's data.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct State {
    #[serde(skip)]
    pub(crate) rules: Rules,
    pub(crate) instance_id: String,
    /// Origins a server has allowed.
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) organization_settings: OrganizationSettings,
    /// By the role's id.
    pub(crate) roles: BTreeMap<String, Role>,
    /// By the set's id.
    pub(crate) role_sets: BTreeMap<String, RoleSet>,
    /// By the permission's id.
    pub(crate) permissions: BTreeMap<String, Permission>,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) organizations: BTreeMap<String, Organization>,
    /// By the membership's id.
    pub(crate) memberships: BTreeMap<String, Membership>,
    pub(crate) invitations: BTreeMap<String, Invitation>,
    pub(crate) actor_tokens: BTreeMap<String, ActorToken>,
    pub(crate) sign_in_tokens: BTreeMap<String, SignInToken>,
    pub(crate) clients: BTreeMap<String, Client>,
    pub(crate) sessions: BTreeMap<String, Session>,
    /// Development browsers by the id in their cookie.
    pub(crate) dev_browsers: BTreeMap<String, DevBrowser>,
    /// Handshake payloads that can still be read.
    pub(crate) nonces: BTreeMap<String, Nonce>,
    /// Oldest first.
    pub(crate) mails: Vec<Mail>,
    /// Mails of the application's, oldest first.
    pub(crate) letters: Vec<Letter>,
    #[serde(flatten)]
    pub(crate) outbox: Outbox,
    pub(crate) endpoint: Endpoint,
    /// `kid` of each published signing key, oldest first, once there was more than the first one.
    pub(crate) kids: Vec<String>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            rules: Rules::default(),
            instance_id: ids::fresh("ins_"),
            allowed_origins: Vec::new(),
            organization_settings: OrganizationSettings::default(),
            roles: Role::built_in().into_iter().map(|role| (role.id.clone(), role)).collect(),
            role_sets: [RoleSet::built_in()].map(|set| (set.id.clone(), set)).into(),
            permissions: Permission::built_in().map(|permission| (permission.id.clone(), permission)).collect(),
            users: BTreeMap::new(),
            organizations: BTreeMap::new(),
            memberships: BTreeMap::new(),
            invitations: BTreeMap::new(),
            actor_tokens: BTreeMap::new(),
            sign_in_tokens: BTreeMap::new(),
            clients: BTreeMap::new(),
            sessions: BTreeMap::new(),
            dev_browsers: BTreeMap::new(),
            nonces: BTreeMap::new(),
            mails: Vec::new(),
            letters: Vec::new(),
            outbox: Outbox::default(),
            endpoint: Endpoint::default(),
            kids: Vec::new(),
        }
    }
}
