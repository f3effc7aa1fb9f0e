//! People, organisations and memberships, made at Clerk through its Backend API as any customer of Clerk would.

use anyhow::Context;
use billing::Billing;
use clerk::backend::{NewOrganization, NewUser, UserFilter};
use clerk::{Backend, ErrorCode};
use domain::{BaseRole, Plan};
use mirror::Mirror;
use stripe::Stripe;
use tenancy::{Database, OrganisationId, UserId};

use super::data::{ORGANISATIONS, Organisation, PEOPLE, Person};
use super::subscriptions;
use crate::dev::Screen;

/// Puts new organisations on their plans, before there are more people than the smallest one has room for.
pub(super) struct Plans {
    pub(super) database: Database,
    pub(super) mirror: Mirror,
    pub(super) stripe: Stripe,
    pub(super) billing: Billing,
}

impl Plans {
    async fn put(&self, organisation: &OrganisationId, name: &str, plan: &str) -> anyhow::Result<()> {
        let plan = Plan::parse(plan).with_context(|| format!("plans.toml knows no plan {plan}"))?;
        self.mirror.organisation(organisation).await?;
        subscriptions::begin(self, organisation, name, plan).await?;
        Ok(self.mirror.tell_limit(organisation).await?)
    }
}

/// Clerk's ids for the people and organisations of the table.
pub(super) struct Directory {
    people: Vec<(&'static Person, UserId)>,
    organisations: Vec<(&'static str, OrganisationId)>,
}

impl Directory {
    /// Finds them at Clerk, and makes those that are missing.
    pub(super) async fn write(backend: &Backend, plans: &Plans, screen: &Screen) -> anyhow::Result<Self> {
        let mut directory = Self { people: people(backend).await?, organisations: Vec::new() };
        for organisation in &ORGANISATIONS {
            match directory.organise(backend, plans, organisation).await? {
                Some(id) => directory.organisations.push((organisation.slug, id)),
                None => screen.say(&format!(
                    "note: somebody else's organisation has the address {}, so {} is left out",
                    organisation.slug, organisation.name
                )),
            }
        }
        Ok(directory)
    }

    pub(super) fn users(&self) -> impl Iterator<Item = &UserId> {
        self.people.iter().map(|(_, id)| id)
    }

    pub(super) fn user(&self, person: &Person) -> &UserId {
        let found = self.people.iter().find(|(one, _)| one.address == person.address);
        &found.expect("everybody in the table was found or made").1
    }

    pub(super) fn organisation(&self, organisation: &Organisation) -> Option<&OrganisationId> {
        self.organisations.iter().find(|(slug, _)| *slug == organisation.slug).map(|(_, id)| id)
    }

    /// The organisation with its members; none where its address belongs to another.
    async fn organise(
        &self,
        backend: &Backend,
        plans: &Plans,
        organisation: &'static Organisation,
    ) -> anyhow::Result<Option<OrganisationId>> {
        let creator = self.user(organisation.members[0].person).as_str();
        // Looked for among the creator's own: an address alone could be anybody's.
        let theirs = backend.list_user_memberships(creator, 500, 0).await?.data;
        let found = theirs.into_iter().map(|membership| membership.organization);
        let found = match found.into_iter().find(|one| one.slug() == Some(organisation.slug)) {
            Some(found) => found,
            None => {
                let new = NewOrganization {
                    name: organisation.name.to_owned(),
                    slug: Some(organisation.slug.to_owned()),
                    created_by: Some(creator.to_owned()),
                    private_metadata: None,
                };
                match backend.create_organization(&new).await {
                    Err(error) if error.code() == Some(&ErrorCode::FormIdentifierExists) => return Ok(None),
                    made => {
                        let made = made.with_context(|| format!("making the organisation {}", organisation.name))?;
                        plans.put(&OrganisationId::parse(&made.id)?, organisation.name, organisation.plan).await?;
                        made
                    }
                }
            }
        };
        let members = backend.list_organization_memberships(&found.id).await?;
        for member in organisation.members {
            let user = self.user(member.person).as_str();
            let is_user = |data: &clerk::types::PublicUserData| data.user_id == user;
            if members.iter().any(|one| one.public_user_data.as_ref().is_some_and(is_user)) {
                continue;
            }
            let role = match member.role {
                BaseRole::Admin => "org:admin",
                BaseRole::Member => "org:member",
            };
            match backend.create_membership(&found.id, user, role).await {
                Err(error) if error.code() == Some(&ErrorCode::AlreadyAMemberInOrganization) => {}
                made => {
                    made.with_context(|| format!("adding {} to {}", member.person.first_name, organisation.name))?;
                }
            }
        }
        Ok(Some(OrganisationId::parse(&found.id)?))
    }
}

async fn people(backend: &Backend) -> anyhow::Result<Vec<(&'static Person, UserId)>> {
    let addresses: Vec<String> = PEOPLE.iter().map(|person| person.address.to_owned()).collect();
    let filter = UserFilter { email_addresses: addresses, limit: Some(100), ..UserFilter::default() };
    let there = backend.list_users(&filter).await?;
    let mut people = Vec::with_capacity(PEOPLE.len());
    for person in PEOPLE {
        let has =
            |user: &&clerk::types::User| user.email_addresses.iter().any(|one| one.email_address == person.address);
        let id = match there.iter().find(has) {
            Some(user) => user.id.clone(),
            None => {
                let new = NewUser {
                    email_addresses: vec![person.address.to_owned()],
                    first_name: Some(person.first_name.to_owned()),
                    last_name: Some(person.last_name.to_owned()),
                    skip_password_requirement: true,
                    ..NewUser::default()
                };
                backend.create_user(&new).await.with_context(|| format!("making {}", person.address))?.id
            }
        };
        people.push((person, UserId::parse(&id)?));
    }
    Ok(people)
}
