//! What the program asks before it changes members, roles and settings, Postgres asks again: a member's own statements in
//! a context that is right change nothing that their roles do not let them change.

use domain::audit_log::{self, Filter};
use domain::roles::{self, RoleFields};
use domain::{CustomRole, Permission};
use testkit::{World, user};

/// Each with the permission that it takes.
const STATEMENTS: &[(Permission, &str)] = &[
    (
        Permission::RolesManage,
        "insert into custom_roles (organisation_id, id, name, permissions, created_by)
         values ('org_acme', gen_random_uuid(), 'Mine', '{audit:read}', 'user_max')",
    ),
    (Permission::RolesManage, "update custom_roles set permissions = '{members:manage}'"),
    (Permission::RolesManage, "update custom_roles set name = 'Other'"),
    (Permission::RolesManage, "delete from custom_roles"),
    (
        Permission::MembersManage,
        "insert into membership_roles (organisation_id, user_id, role) values ('org_acme', 'user_max', 'billing-admin')",
    ),
    (
        Permission::MembersManage,
        "insert into membership_roles (organisation_id, user_id, role)
         select 'org_acme', 'user_ben', id::text from custom_roles",
    ),
    (Permission::MembersManage, "update membership_roles set user_id = 'user_max' where user_id = 'user_rita'"),
    (Permission::MembersManage, "update membership_roles set role = 'report-viewer' where user_id = 'user_ben'"),
    (Permission::MembersManage, "delete from membership_roles where user_id = 'user_rita'"),
    (Permission::MembersManage, "update memberships set role = 'admin' where user_id = 'user_max'"),
    (Permission::MembersManage, "update memberships set role = 'admin' where user_id = 'user_rita'"),
    (Permission::MembersManage, "update memberships set role = 'member' where user_id = 'user_ada'"),
    (Permission::MembersManage, "update memberships set removed_at = now() where user_id = 'user_ada'"),
    (Permission::MembersManage, "update memberships set changed_at = null, seen_at = now()"),
    (
        Permission::MembersInvite,
        "insert into invitations (organisation_id, id, address, role, invited_by, inviter_name, expires_at)
         values ('org_acme', gen_random_uuid(), 'new@example.test', 'admin', 'user_ada', 'Ada', now() + interval '1 day')",
    ),
    (Permission::MembersInvite, "update invitations set role = 'admin'"),
    (Permission::MembersInvite, "update invitations set extra_roles = '{billing-admin}'"),
    (Permission::MembersInvite, "update invitations set expires_at = now() + interval '1 year'"),
    (Permission::MembersInvite, "update invitations set state = 'accepted', accepted_by = 'user_max', ended_at = now()"),
    (Permission::MembersInvite, "update invitations set state = 'revoked', ended_at = now()"),
    (
        Permission::OrganisationManage,
        "insert into logos (organisation_id, picture, digest, changed_by)
         values ('org_acme', 'x', repeat('0', 64), 'user_max')
         on conflict (organisation_id) do update set picture = excluded.picture, changed_by = excluded.changed_by",
    ),
    (Permission::OrganisationManage, "update logos set picture = 'y'"),
    (Permission::OrganisationManage, "delete from logos"),
    (Permission::OrganisationManage, "update organisations set time_zone = 'Europe/Berlin'"),
];

/// Nobody's to do, by whatever role.
const NEVER: &[&str] = &[
    "update audit_log set actor_name = 'Somebody else'",
    "update audit_log set outcome = 'done' where outcome = 'refused'",
    "delete from audit_log",
    "truncate audit_log",
    "delete from audit_heads",
    "delete from invitations",
    "update organisations set plan = 'free' where id = 'org_bolt'",
    "delete from memberships where user_id = 'user_rita'",
    "insert into memberships (organisation_id, user_id, role) values ('org_acme', 'user_nadia', 'admin')",
    "insert into membership_roles (organisation_id, user_id, role) values ('org_bolt', 'user_olga', 'report-viewer')",
];

/// Acme with a role of its own, a pending invitation and a logo.
async fn world() -> World {
    let world = World::create().await;
    world.own_role("ada", &world.acme, &[Permission::AuditRead]).await;
    world.invitation("ada", &world.acme).await;
    let admin = world.database.client("postgres").await;
    admin
        .batch_execute(
            "insert into tenantry.logos (organisation_id, picture, digest, changed_by)
             values ('org_acme', 'x', repeat('0', 64), 'user_ada')",
        )
        .await
        .unwrap();
    world
}

/// Everything that the statements name.
async fn rows(world: &World) -> String {
    let admin = world.database.client("postgres").await;
    let mut sums = String::new();
    for table in
        ["custom_roles", "membership_roles", "memberships", "invitations", "logos", "organisations", "audit_log"]
    {
        let sql = format!("select coalesce(string_agg(t::text, ',' order by t::text), '') from tenantry.{table} as t");
        sums.push_str(&admin.query_one(&sql, &[]).await.unwrap().get::<_, String>(0));
    }
    sums
}

/// Runs a statement in a person's own context; how many rows it touched, or that it was refused.
async fn attempt(world: &World, role: &str, person: &str, sql: &str, keep: bool) -> Result<u64, String> {
    let client = world.database.client(role).await;
    let settings = world.database.settings("org_acme", &format!("user_{person}")).await;
    client.batch_execute(&format!("begin; {settings}")).await.unwrap();
    let touched = client.execute(sql, &[]).await;
    let end = if keep { "commit" } else { "rollback" };
    let ended = client.batch_execute(end).await;
    let touched =
        touched.map_err(|error| error.as_db_error().map_or_else(|| error.to_string(), |e| e.message().to_owned()));
    touched.and_then(|touched| ended.map(|()| touched).map_err(|error| error.to_string()))
}

#[tokio::test]
async fn without_the_permission_no_statement_of_a_member_changes_a_row() {
    let world = world().await;
    let before = rows(&world).await;
    for person in ["max", "rita", "ben"] {
        for (permission, sql) in STATEMENTS {
            let touched = attempt(&world, "tenantry_app", person, sql, true).await;
            assert!(matches!(touched, Ok(0) | Err(_)), "{person} without {permission}: {sql}: {touched:?}");
            assert_eq!(rows(&world).await, before, "{person} without {permission}: {sql}");
        }
    }
}

/// The statements are such that they would do something: the same ones by an admin do.
#[tokio::test]
async fn with_the_permission_the_same_statements_change_something() {
    let world = world().await;
    for (permission, sql) in STATEMENTS {
        let touched = attempt(&world, "tenantry_app", "ada", sql, false).await;
        assert!(touched.as_ref().is_ok_and(|touched| *touched > 0), "{permission}: {sql}: {touched:?}");
    }
}

/// One permission at a time, in a role of one's own: it opens its own statements and no others.
#[tokio::test]
async fn each_permission_opens_its_own_statements_and_no_others() {
    let world = world().await;
    for held in [
        Permission::RolesManage,
        Permission::MembersManage,
        Permission::MembersInvite,
        Permission::OrganisationManage,
        Permission::AuditRead,
        Permission::BillingManage,
    ] {
        let role = world.own_role("ada", &world.acme, &[held]).await;
        let mut tx = world.org("ada", &world.acme).write().await.unwrap();
        roles::assign(&mut tx, &user("max"), &[CustomRole::Own(role)]).await.unwrap();
        tx.commit().await.unwrap();
        for (permission, sql) in STATEMENTS {
            let touched = attempt(&world, "tenantry_app", "max", sql, false).await;
            let opened = touched.as_ref().is_ok_and(|touched| *touched > 0);
            assert_eq!(opened, *permission == held, "{held} and {sql}: {touched:?}");
        }
    }
}

#[tokio::test]
async fn the_audit_log_is_read_by_those_who_may_and_changed_by_nobody() {
    let world = world().await;
    let count = "select count(*) from audit_log";
    for (person, sees) in [("max", false), ("rita", false), ("ben", false), ("ada", true)] {
        let client = world.database.client("tenantry_app").await;
        let settings = world.database.settings("org_acme", &format!("user_{person}")).await;
        client.batch_execute(&format!("begin; {settings}")).await.unwrap();
        let seen: i64 = client.query_one(count, &[]).await.unwrap().get(0);
        assert_eq!(seen > 0, sees, "{person} sees {seen} entries");
        client.batch_execute("rollback").await.unwrap();
        let door = world.org(person, &world.acme).read(audit_log::list(&Filter::default())).await;
        assert_eq!(door.is_ok(), sees, "{person} at the door");
    }
    let before = rows(&world).await;
    for role in ["tenantry_app", "tenantry_worker"] {
        for person in ["max", "ada"] {
            for sql in NEVER {
                let touched = attempt(&world, role, person, sql, true).await;
                assert!(matches!(touched, Ok(0) | Err(_)), "{person} as {role}: {sql}: {touched:?}");
                assert_eq!(rows(&world).await, before, "{person} as {role}: {sql}");
            }
        }
    }
}

/// A number, a moment or a hash that somebody brings along is not what is stored.
#[tokio::test]
async fn an_entry_is_numbered_dated_and_chained_by_postgres() {
    let world = world().await;
    let forged =
        "insert into audit_log (organisation_id, sequence, happened_at, actor_kind, actor_id, actor_name, action,
                                         outcome, hash)
                  values ('org_acme', 1, '2001-01-01', 'member', 'user_max', 'Max', 'role.created', 'done', 'x')";
    assert_eq!(attempt(&world, "tenantry_app", "max", forged, true).await, Ok(1));
    let (_, page) = world.org("ada", &world.acme).read(audit_log::list(&Filter::default())).await.unwrap();
    assert_eq!(page.entries[0].actor_id, "user_max");
    assert_eq!(page.entries[0].sequence, page.verification.last);
    assert!(page.entries[0].happened_at > page.entries[1].happened_at);
    let worker = world.database.worker().await;
    assert_eq!(audit_log::verify(&worker, &world.acme.id).await.unwrap(), None);
}

/// The catalogue stands in the program and in Postgres: they say the same, for every role there is.
#[tokio::test]
async fn postgres_knows_the_programs_catalogue() {
    let world = World::create().await;
    let admin = world.database.client("postgres").await;
    let base = [domain::BaseRole::Admin, domain::BaseRole::Member]
        .map(|role| (role.as_str().to_owned(), Permission::of_base_role(role)));
    let custom = CustomRole::BUILT_IN.map(|role| (role.to_string(), Permission::of_custom_role(role)));
    for (role, permissions) in base.into_iter().chain(custom) {
        let row = admin.query_one("select tenancy.permissions_of($1)", &[&role]).await.unwrap();
        let mut theirs: Vec<String> = row.get(0);
        let mut ours: Vec<String> = permissions.iter().map(ToString::to_string).collect();
        theirs.sort();
        ours.sort();
        assert_eq!(theirs, ours, "{role}");
    }
    let row = admin.query_one("select tenancy.permissions_of('owner')", &[]).await.unwrap();
    assert_eq!(row.get::<_, Vec<String>>(0), Vec::<String>::new());
    // A role that says something unknown gives nothing by it, on either side.
    let fields = RoleFields::parse("Odd", ["runs:read"]).unwrap();
    let mut tx = world.org("ada", &world.acme).write().await.unwrap();
    let id = roles::create(&mut tx, &fields).await.unwrap();
    roles::assign(&mut tx, &user("max"), &[CustomRole::Own(id)]).await.unwrap();
    tx.commit().await.unwrap();
    for permission in Permission::ALL {
        let (access, ()) = world.org("max", &world.acme).read(domain::Read::access_only()).await.unwrap();
        let sql = "select tenancy.holds('org_acme', 'user_max', $1)";
        let held: bool = admin.query_one(sql, &[&permission.as_str()]).await.unwrap().get(0);
        assert_eq!(held, access.may(permission), "{permission}");
    }
}
