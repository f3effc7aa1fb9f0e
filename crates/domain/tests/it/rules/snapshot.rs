//! Who is in Acme, what they hold, what is promised to whom: seen from behind the wall.

use std::collections::{BTreeMap, BTreeSet};

use domain::{BaseRole, CustomRole, Permission};
use serde_json::Value;
use testkit::Client;
use uuid::Uuid;

/// Permissions of somebody.
pub(super) type Held = BTreeSet<Permission>;

const ALL: &str = "
    select jsonb_build_object(
      'members', (select coalesce(jsonb_object_agg(m.user_id, jsonb_build_object('role', m.role, 'roles',
                    (select coalesce(jsonb_agg(h.role order by h.role), '[]') from tenantry.membership_roles as h
                      where h.organisation_id = m.organisation_id and h.user_id = m.user_id))), '{}')
                    from tenantry.memberships as m
                   where m.organisation_id = 'org_acme' and m.removed_at is null and m.waiting_since is null),
      'invitations', (select coalesce(jsonb_object_agg(i.id, jsonb_build_object('role', i.role, 'roles', i.extra_roles,
                        'inviter', i.invited_by, 'invited', split_part(i.address, '@', 1))), '{}')
                        from tenantry.invitations as i where i.organisation_id = 'org_acme' and i.state = 'pending'),
      'own', (select coalesce(jsonb_object_agg(r.id, r.permissions), '{}')
                from tenantry.custom_roles as r where r.organisation_id = 'org_acme'),
      'plan', (select plan from tenantry.organisations where id = 'org_acme'))";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Membership {
    pub(super) role: BaseRole,
    pub(super) roles: Vec<CustomRole>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Promise {
    pub(super) role: BaseRole,
    pub(super) roles: Vec<CustomRole>,
    /// By first name, as members are.
    pub(super) inviter: String,
    pub(super) invited: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Snapshot {
    pub(super) members: BTreeMap<String, Membership>,
    pub(super) invitations: BTreeMap<Uuid, Promise>,
    pub(super) own: BTreeMap<Uuid, Held>,
    pub(super) limit: usize,
}

impl Snapshot {
    pub(super) async fn of(admin: &Client) -> Self {
        let all: Value = admin.query_one(ALL, &[]).await.unwrap().get(0);
        let entries = |name: &str| all[name].as_object().unwrap().clone().into_iter();
        let base = |value: &Value| BaseRole::from_clerk(value["role"].as_str().unwrap());
        let plan = domain::Plan::parse(all["plan"].as_str().unwrap()).unwrap();
        Self {
            members: entries("members")
                .map(|(id, it)| (first_name(&id), Membership { role: base(&it), roles: roles(&it["roles"]) }))
                .collect(),
            invitations: entries("invitations")
                .map(|(id, it)| {
                    let inviter = first_name(it["inviter"].as_str().unwrap());
                    let invited = it["invited"].as_str().unwrap().to_owned();
                    (id.parse().unwrap(), Promise { role: base(&it), roles: roles(&it["roles"]), inviter, invited })
                })
                .collect(),
            own: entries("own")
                .map(|(id, it)| (id.parse().unwrap(), texts(&it).filter_map(Permission::parse).collect()))
                .collect(),
            limit: usize::try_from(plan.seats()).unwrap(),
        }
    }

    /// What a base role and these together let somebody do.
    pub(super) fn rights(&self, base: BaseRole, roles: &[CustomRole]) -> Held {
        let own = |role: &CustomRole| match role {
            CustomRole::Own(id) => self.own.get(id).cloned().unwrap_or_default(),
            built_in => Permission::of_custom_role(*built_in).iter().copied().collect(),
        };
        Permission::of_base_role(base).iter().copied().chain(roles.iter().flat_map(own)).collect()
    }

    /// Nothing, where they are no member.
    pub(super) fn rights_of(&self, name: &str) -> Held {
        self.members.get(name).map(|it| self.rights(it.role, &it.roles)).unwrap_or_default()
    }

    pub(super) fn admins(&self) -> usize {
        self.members.values().filter(|member| member.role == BaseRole::Admin).count()
    }

    /// Seats that are taken or promised.
    pub(super) fn taken(&self) -> usize {
        self.members.len() + self.invitations.len()
    }
}

fn first_name(id: &str) -> String {
    id.trim_start_matches("user_").to_owned()
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().unwrap().iter().filter_map(Value::as_str)
}

fn roles(value: &Value) -> Vec<CustomRole> {
    texts(value).filter_map(CustomRole::parse).collect()
}

/// Mails may be sent again.
pub(super) async fn an_hour_later(admin: &Client) {
    admin.execute("update tenantry.invitations set asked_at = asked_at - interval '1 hour'", &[]).await.unwrap();
}
