//! Who gets in, and what they may do there.

use domain::invitations::acceptance::{self, Standing};
use domain::memberships;
use domain::procedures::{self, ProcedureName};
use domain::{BaseRole, CustomRole, Details, Error, Page, Permission, Read, roles};
use testkit::{World, user};

#[tokio::test]
async fn outsiders_and_strangers_find_nothing_at_an_organisations_door() {
    let world = World::create().await;
    for name in ["olga", "nadia", "nobody"] {
        let door = world.org(name, &world.acme);
        assert!(matches!(door.read(procedures::list(Page::default())).await, Err(Error::NotFound)), "{name}");
        assert!(matches!(door.write().await, Err(Error::NotFound)), "{name}");
    }
}

#[tokio::test]
async fn the_address_must_be_the_organisations_own() {
    let world = World::create().await;
    let mut elsewhere = world.acme.clone();
    elsewhere.slug = "bolt".to_owned();
    assert!(matches!(world.org("ada", &elsewhere).read(Read::access_only()).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn members_work_and_admins_manage() {
    let world = World::create().await;
    let (name, details) = (ProcedureName::parse("Close the month").unwrap(), Details::parse("").unwrap());
    let mut tx = world.org("max", &world.acme).write().await.unwrap();
    let refused = procedures::create(&mut tx, &name, &details).await.unwrap_err();
    assert!(matches!(refused, Error::Forbidden(Permission::ProceduresManage)));
    let mut tx = world.org("ada", &world.acme).write().await.unwrap();
    procedures::create(&mut tx, &name, &details).await.unwrap();
    tx.commit().await.unwrap();
    let (access, list) = world.org("max", &world.acme).read(procedures::list(Page::default())).await.unwrap();
    assert_eq!(access.role, BaseRole::Member);
    assert_eq!(list.items.len(), 1);
}

#[tokio::test]
async fn custom_roles_add_rights_to_the_base_role() {
    let world = World::create().await;
    for (name, permission, has) in [
        ("rita", Permission::ReportsRead, true),
        ("rita", Permission::BillingManage, false),
        ("ben", Permission::BillingManage, true),
        ("max", Permission::ReportsRead, false),
        ("ada", Permission::ReportsRead, true),
    ] {
        let (access, ()) = world.org(name, &world.acme).read(Read::access_only()).await.unwrap();
        assert_eq!(access.may(permission), has, "{name} {permission}");
    }
}

#[tokio::test]
async fn only_admins_give_custom_roles_and_only_to_members() {
    let world = World::create().await;
    let mut tx = world.org("rita", &world.acme).write().await.unwrap();
    let own = roles::assign(&mut tx, &user("rita"), &[CustomRole::BillingAdmin]).await;
    assert!(matches!(own, Err(Error::Forbidden(_))));
    let mut tx = world.org("ada", &world.acme).write().await.unwrap();
    let outsider = roles::assign(&mut tx, &user("olga"), &[CustomRole::BillingAdmin]).await;
    assert!(matches!(outsider, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_removed_or_demoted_member_is_noticed_in_the_next_transaction() {
    let world = World::create().await;
    let ada = world.org("ada", &world.acme);
    ada.read(procedures::list(Page::default())).await.unwrap();
    world.record("ada", &[(&world.acme, BaseRole::Member)]).await;
    assert_eq!(ada.read(Read::access_only()).await.unwrap().0.role, BaseRole::Member);
    world.record("ada", &[]).await;
    assert!(matches!(ada.read(Read::access_only()).await, Err(Error::NotFound)));
    // Custom roles went with the membership: coming back starts from nothing.
    world.record("rita", &[]).await;
    world.record("rita", &[(&world.acme, BaseRole::Member)]).await;
    let (access, ()) = world.org("rita", &world.acme).read(Read::access_only()).await.unwrap();
    assert!(access.custom_roles.is_empty());
}

#[tokio::test]
async fn the_switcher_lists_all_my_organisations_and_no_one_elses() {
    let world = World::create().await;
    world.record("max", &[(&world.acme, BaseRole::Member), (&world.bolt, BaseRole::Admin)]).await;
    for (at, name) in [(&world.acme, "max"), (&world.bolt, "max")] {
        let (access, ()) = world.org(name, at).for_a_page().read(Read::access_only()).await.unwrap();
        let slugs: Vec<&str> = access.organisations.iter().map(|mine| mine.slug.as_str()).collect();
        assert_eq!(slugs, ["acme", "bolt"]);
    }
    let (access, ()) = world.org("ada", &world.acme).for_a_page().read(Read::access_only()).await.unwrap();
    assert_eq!(access.organisations.len(), 1);
    let (access, ()) = world.org("ada", &world.acme).read(Read::access_only()).await.unwrap();
    assert!(access.organisations.is_empty(), "a program is not asked to pay for the switcher");
}

#[tokio::test]
async fn an_invitation_is_known_as_theirs_by_its_addressee_alone() {
    let world = World::create().await;
    let id = world.invite("ada", &world.acme, "nadia", BaseRole::Member).await;
    for (name, is_mine, already) in
        [("nadia", true, None), ("olga", false, None), ("max", false, Some(BaseRole::Member)), ("nobody", false, None)]
    {
        let offer = acceptance::look(&world.app, &world.acme.id, id, Some(&user(name))).await.unwrap();
        assert_eq!((offer.standing, offer.is_mine, offer.already), (Standing::Pending, is_mine, already), "{name}");
    }
    let offer = acceptance::look(&world.app, &world.acme.id, id, None).await.unwrap();
    assert_eq!((offer.address.as_str(), offer.is_mine), ("nadia@example.test", false));
    assert!(matches!(acceptance::look(&world.app, &world.bolt.id, id, None).await, Err(Error::NotFound)));
}

/// What a page shows before it is tried is what the rule says when it is.
#[tokio::test]
async fn pages_know_beforehand_what_the_rules_will_say() {
    let world = World::create().await;
    let manager = world.own_role("ada", &world.acme, &[Permission::MembersManage]).await;
    let mut tx = world.org("ada", &world.acme).write().await.unwrap();
    roles::assign(&mut tx, &user("max"), &[CustomRole::Own(manager)]).await.unwrap();
    tx.commit().await.unwrap();
    let (access, people) = world.org("max", &world.acme).read(memberships::people()).await.unwrap();
    for name in ["ada", "max", "rita", "ben"] {
        let member = people.member(&user(name)).unwrap();
        let mut tx = world.org("max", &world.acme).write().await.unwrap();
        let outcome = memberships::remove(&mut tx, &user(name)).await;
        let said = people.may_touch(&access, member.role, &member.custom_roles) && !people.is_last_admin(member);
        assert_eq!(outcome.is_ok(), said, "{name}: {outcome:?}");
    }
    for (role, custom) in [
        (BaseRole::Member, vec![]),
        (BaseRole::Admin, vec![]),
        (BaseRole::Member, vec![CustomRole::Own(manager)]),
        (BaseRole::Member, vec![CustomRole::BillingAdmin]),
    ] {
        let mut tx = world.org("max", &world.acme).write().await.unwrap();
        let outcome = match role {
            BaseRole::Admin => memberships::change_role(&mut tx, &user("max"), role).await,
            BaseRole::Member => roles::assign(&mut tx, &user("max"), &custom).await,
        };
        assert_eq!(outcome.is_ok(), people.may_give(&access, role, &custom), "{role:?} {custom:?}: {outcome:?}");
    }
    assert!(people.is_last_admin(people.member(&user("ada")).unwrap()));
    assert!(matches!(people.member(&user("olga")), Err(Error::NotFound)));
}
