//! The people every test knows: ada (admin, Acme), max (member, Acme), rita (report-viewer, Acme),
//! ben (billing-admin, Acme), olga (admin, Bolt). Nadia belongs nowhere.

use domain::directory::{self, OrganisationRecord, PersonRecord};
use domain::duties::{self, DutyId, DutyName};
use domain::email_address::EmailAddress;
use domain::exports::{self, ExportId};
use domain::invitations::{self, InvitationId};
use domain::logos;
use domain::procedures::{self, ProcedureId, ProcedureName};
use domain::runs::{self, RunId, RunName};
use domain::schedules::{self, ScheduleId};
use domain::step_templates::{self, StepTitle};
use domain::written_schedule::WrittenSchedule;
use domain::{BaseRole, CustomRole, Details, Org, Permission, Plan, plans, roles};
use files::Files;
use tempfile::TempDir;
use tenancy::{Database, OrganisationId, UserId};

use crate::TestDatabase;

/// A person of the tests.
#[derive(Debug, Clone)]
pub struct Person {
    /// Clerk's id.
    pub id: UserId,
    /// First name, lower case.
    pub name: &'static str,
}

/// An organisation of the tests.
#[derive(Debug, Clone)]
pub struct Organisation {
    /// Clerk's id.
    pub id: OrganisationId,
    /// Its address.
    pub slug: String,
}

/// Two organisations with people in every role.
pub struct World {
    /// The test's database.
    pub database: TestDatabase,
    /// Connected as the server.
    pub app: Database,
    /// Acme.
    pub acme: Organisation,
    /// Bolt.
    pub bolt: Organisation,
    /// Where exports are kept, for as long as the test takes.
    pub files: Files,
    _folder: TempDir,
}

impl World {
    /// A new database with the people in it.
    pub async fn create() -> Self {
        let database = TestDatabase::create().await;
        let app = database.app().await;
        Self::people(database, app).await
    }

    /// The same people in a database that is there already, through a door of the test's own.
    pub async fn people(database: TestDatabase, app: Database) -> Self {
        let folder = TempDir::new().unwrap();
        let files = Files::in_folder(folder.path());
        let (acme, bolt) = (organisation("acme"), organisation("bolt"));
        let world = Self { database, app, acme, bolt, files, _folder: folder };
        // The first of an organisation makes it; then there is room for the others.
        world.record("ada", &[(&world.acme, BaseRole::Admin)]).await;
        world.record("olga", &[(&world.bolt, BaseRole::Admin)]).await;
        for organisation in [&world.acme, &world.bolt] {
            plans::change(&world.app, &organisation.id, Plan::largest()).await.unwrap();
        }
        for (name, memberships) in [
            ("max", vec![(&world.acme, BaseRole::Member)]),
            ("rita", vec![(&world.acme, BaseRole::Member)]),
            ("ben", vec![(&world.acme, BaseRole::Member)]),
            ("nadia", vec![]),
        ] {
            world.record(name, &memberships).await;
        }
        let mut tx = world.org("ada", &world.acme).write().await.unwrap();
        roles::assign(&mut tx, &user("rita"), &[CustomRole::ReportViewer]).await.unwrap();
        roles::assign(&mut tx, &user("ben"), &[CustomRole::BillingAdmin]).await.unwrap();
        tx.commit().await.unwrap();
        // What Clerk would be told of all this.
        world.database.client("postgres").await.execute("delete from tenantry.jobs", &[]).await.unwrap();
        world
    }

    /// Writes a person with exactly these memberships.
    pub async fn record(&self, name: &str, memberships: &[(&Organisation, BaseRole)]) {
        let asked_at = directory::now(&self.app).await.unwrap();
        let memberships = memberships.iter().map(|(at, role)| (record_of(at), *role)).collect();
        let record = PersonRecord::new(user(name), &format!("{name}@example.test"), name, memberships);
        directory::record_person(&self.app, &record, asked_at).await.unwrap();
    }

    /// A person at an organisation's door, member or not.
    pub fn org(&self, name: &str, organisation: &Organisation) -> Org {
        Org::new(&self.app, organisation.id.clone(), user(name), &organisation.slug)
    }

    /// A published procedure with two steps, written by an admin.
    pub async fn procedure(&self, admin: &str, organisation: &Organisation, text: &str) -> ProcedureId {
        let mut tx = self.org(admin, organisation).write().await.unwrap();
        let details = Details::parse(text).unwrap();
        let id = procedures::create(&mut tx, &ProcedureName::parse(text).unwrap(), &details).await.unwrap();
        for title in ["first", "second"] {
            let title = StepTitle::parse(&format!("{title} {text}")).unwrap();
            step_templates::add(&mut tx, id, &title, &details).await.unwrap();
        }
        procedures::publish(&mut tx, id, text).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// A schedule of a procedure, every day at seven, that names its runs so.
    pub async fn schedule(
        &self,
        admin: &str,
        organisation: &Organisation,
        procedure: ProcedureId,
        text: &str,
    ) -> ScheduleId {
        let (repeats, at, run_name) = ("daily".to_owned(), "07:00".to_owned(), text.to_owned());
        let written = WrittenSchedule { repeats, at, run_name, ..WrittenSchedule::default() };
        let (calendar, name) = written.parse().unwrap();
        let mut tx = self.org(admin, organisation).write().await.unwrap();
        let id = schedules::create(&mut tx, procedure, calendar, &name).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Somebody new in the organisation, who holds nothing there; whoever was new before is gone.
    pub async fn newcomer(&self, organisation: &Organisation) -> UserId {
        self.forget(
            "delete from tenantry.memberships where user_id like 'user_new%' and organisation_id = $1",
            organisation,
        )
        .await;
        let name = format!("new{}", uuid::Uuid::new_v4().simple());
        self.record(&name, &[(organisation, BaseRole::Member)]).await;
        user(&name)
    }

    /// A duty that an admin made and holds; those there were are retired.
    pub async fn duty(&self, admin: &str, organisation: &Organisation) -> DutyId {
        let retire = "update tenantry.duties set retired_at = now() where retired_at is null and organisation_id = $1";
        self.forget(retire, organisation).await;
        let door = self.org(admin, organisation);
        let mut tx = door.write().await.unwrap();
        let name = DutyName::parse(&format!("Duty {}", &uuid::Uuid::new_v4().simple().to_string()[..8])).unwrap();
        let id = duties::create(&mut tx, &name).await.unwrap();
        duties::change(&mut tx, id, &name, &[door.user().to_string()]).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// A pending invitation by an admin to an address that nobody has; others that were pending are over.
    pub async fn invitation(&self, admin: &str, organisation: &Organisation) -> InvitationId {
        // Long ago, so that no limit of mails an hour counts them.
        self.forget(
            "update tenantry.invitations set asked_at = now() - interval '1 day', state = 'revoked', ended_at = now()
              where state = 'pending' and organisation_id = $1",
            organisation,
        )
        .await;
        let address = format!("{}@invited.example", uuid::Uuid::new_v4().simple());
        let mut tx = self.org(admin, organisation).write().await.unwrap();
        let addresses = [EmailAddress::parse(&address).unwrap()];
        let outcomes = invitations::invite(&mut tx, &addresses, BaseRole::Member, &[]).await.unwrap();
        tx.commit().await.unwrap();
        // Not a moment ago, so that it can be sent again.
        self.forget(
            "update tenantry.invitations set asked_at = now() - interval '1 day'
              where state = 'pending' and organisation_id = $1",
            organisation,
        )
        .await;
        match outcomes[..] {
            [invitations::Outcome::Sent { id }] => id,
            ref other => panic!("{other:?}"),
        }
    }

    /// A custom role of the organisation's own, with these permissions; those there were are gone.
    pub async fn own_role(&self, admin: &str, organisation: &Organisation, permissions: &[Permission]) -> uuid::Uuid {
        self.forget(
            "delete from tenantry.custom_roles where name like 'Role %' and organisation_id = $1",
            organisation,
        )
        .await;
        plans::change(&self.app, &organisation.id, Plan::largest()).await.unwrap();
        let mut tx = self.org(admin, organisation).write().await.unwrap();
        let name = format!("Role {}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
        let fields = roles::RoleFields::parse(&name, permissions.iter().map(|permission| permission.as_str())).unwrap();
        let id = roles::create(&mut tx, &fields).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// An invitation by an admin of one person, at the address by which the tests know them.
    pub async fn invite(&self, admin: &str, organisation: &Organisation, name: &str, role: BaseRole) -> InvitationId {
        let mut tx = self.org(admin, organisation).write().await.unwrap();
        let addresses = [EmailAddress::parse(&format!("{name}@example.test")).unwrap()];
        let outcomes = invitations::invite(&mut tx, &addresses, role, &[CustomRole::ReportViewer]).await.unwrap();
        tx.commit().await.unwrap();
        match outcomes[..] {
            [invitations::Outcome::Sent { id }] => id,
            ref other => panic!("{other:?}"),
        }
    }

    /// A logo of the organisation's, which no other has; gives its digest. It is a picture for nobody who looks at it.
    pub async fn logo(&self, admin: &str, organisation: &Organisation) -> String {
        let digest = uuid::Uuid::new_v4().simple().to_string().repeat(2);
        let mut tx = self.org(admin, organisation).write().await.unwrap();
        logos::set(&mut tx, digest.clone().into_bytes(), &digest).await.unwrap();
        tx.commit().await.unwrap();
        digest
    }

    /// A file that can be downloaded as an export, and is none; those there were are gone. For tests that need many.
    pub async fn export(&self, organisation: &Organisation) -> ExportId {
        self.forget("delete from tenantry.exports where organisation_id = $1", organisation).await;
        let id = uuid::Uuid::now_v7();
        let name = format!("exports/{id}.zip");
        let path = self.files.folder().join(organisation.id.as_str()).join(&name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "nothing").unwrap();
        let insert = "insert into tenantry.exports (organisation_id, id, state, asked_by, asked_by_name, file, bytes, sha256, expires_at)
                      values ($1, $2, 'ready', 'user_ada', 'ada', $3, 7, repeat('0', 64), now() + interval '7 days')";
        let admin = self.database.client("postgres").await;
        admin.execute(insert, &[&organisation.id.as_str(), &id, &name]).await.unwrap();
        id.into()
    }

    /// An export as the product makes it; those there were are gone.
    pub async fn made_export(&self, admin: &str, organisation: &Organisation) -> ExportId {
        self.forget("delete from tenantry.exports where organisation_id = $1", organisation).await;
        let mut tx = self.org(admin, organisation).write().await.unwrap();
        let id = exports::ask(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        exports::make(&self.app, &self.files, &organisation.id, id, 1).await.unwrap();
        id
    }

    async fn forget(&self, sql: &str, organisation: &Organisation) {
        let admin = self.database.client("postgres").await;
        admin.execute(sql, &[&organisation.id.as_str()]).await.unwrap();
    }

    /// A run of a procedure.
    pub async fn run(&self, person: &str, organisation: &Organisation, procedure: ProcedureId, text: &str) -> RunId {
        let mut tx = self.org(person, organisation).write().await.unwrap();
        let id = runs::start(&mut tx, procedure, &RunName::parse(text).unwrap()).await.unwrap();
        tx.commit().await.unwrap();
        id
    }
}

impl Person {
    /// A person by first name.
    pub fn named(name: &'static str) -> Self {
        Self { id: user(name), name }
    }
}

/// An organisation that is not written anywhere yet.
pub fn organisation(slug: &str) -> Organisation {
    let letters: String = slug.chars().filter(char::is_ascii_alphanumeric).collect();
    Organisation { id: OrganisationId::parse(&format!("org_{letters}")).unwrap(), slug: slug.to_owned() }
}

/// The user id of a person by first name.
pub fn user(name: &str) -> UserId {
    UserId::parse(&format!("user_{name}")).unwrap()
}

fn record_of(organisation: &Organisation) -> OrganisationRecord {
    let name = format!("The {} company", organisation.slug);
    OrganisationRecord::new(organisation.id.clone(), Some(&organisation.slug), &name)
}
