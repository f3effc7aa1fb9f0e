//! The people of a proof: an organisation that attacks, one that is attacked, one that stands by, and every role.

use domain::directory::{self, OrganisationRecord, PersonRecord};
use domain::inbound_events::{self, Vendor};
use domain::{BaseRole, CustomRole, Org, Plan, plans, roles};
use tenancy::{Database, OrganisationId, UserId};

use crate::error::Result;
use crate::things::Things;

/// One of the three organisations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Party {
    Attacker,
    Victim,
    Bystander,
}

impl Party {
    pub(crate) const ALL: [Self; 3] = [Self::Attacker, Self::Victim, Self::Bystander];

    /// Clerk's id of the organisation.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Attacker => "org_proofattacker",
            Self::Victim => "org_proofvictim",
            Self::Bystander => "org_proofbystander",
        }
    }

    /// Its address.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Attacker => "proof-attacker",
            Self::Victim => "proof-victim",
            Self::Bystander => "proof-bystander",
        }
    }

    /// Stands in every text this organisation has, and is known to nobody else.
    pub(crate) fn canary(self, seed: u64) -> String {
        let letter = match self {
            Self::Attacker => 'A',
            Self::Victim => 'V',
            Self::Bystander => 'B',
        };
        format!("CNRY{letter}{:08x}", seed as u32 ^ (seed >> 32) as u32)
    }

    /// The digest that its logo goes by.
    pub(crate) fn logo(self) -> &'static str {
        match self {
            Self::Attacker => "a77ac4e4a77ac4e4a77ac4e4a77ac4e4a77ac4e4a77ac4e4a77ac4e4a77ac4e4",
            Self::Victim => "71c7137171c7137171c7137171c7137171c7137171c7137171c7137171c71371",
            Self::Bystander => "b457a4deb457a4deb457a4deb457a4deb457a4deb457a4deb457a4deb457a4de",
        }
    }

    /// Its admin.
    pub(crate) fn admin(self) -> &'static str {
        match self {
            Self::Attacker => MALLORY,
            Self::Victim => "vera",
            Self::Bystander => "bea",
        }
    }

    /// People who belong to no other organisation, the admin first.
    pub(crate) fn people(self) -> &'static [&'static str] {
        match self {
            Self::Attacker => &[MALLORY, "amos"],
            Self::Victim => &["vera", "max", "rita", "ben"],
            Self::Bystander => &["bea"],
        }
    }

    fn organisation(self) -> OrganisationId {
        OrganisationId::parse(self.id()).expect("the ids of the parties have the form of ids")
    }

    pub(crate) fn door(self, database: &Database, person: &str) -> Org {
        Org::new(database, self.organisation(), user(person), self.slug())
    }
}

/// Admin of the organisation that attacks.
pub(crate) const MALLORY: &str = "mallory";
/// A member of the attacking and of the attacked organisation.
pub(crate) const SAM: &str = "sam";
/// A member of the attacking organisation and of the one that stands by.
pub(crate) const TWAIN: &str = "twain";
/// Belongs nowhere.
pub(crate) const NADIA: &str = "nadia";

/// Roles below the admin's, with who holds them in the organisation that is attacked.
pub(crate) const LESSER: [(&str, &str); 3] = [("member", "max"), ("report-viewer", "rita"), ("billing-admin", "ben")];

/// Clerk's id of a person by first name.
pub(crate) fn user_id(name: &str) -> String {
    format!("user_{name}")
}

fn user(name: &str) -> UserId {
    UserId::parse(&user_id(name)).expect("first names are letters")
}

/// Writes everybody, and for each organisation its roles, a vendor's event and one of everything the product has.
pub(crate) async fn settle(app: &Database, seed: u64) -> Result<()> {
    for party in Party::ALL {
        for (index, name) in party.people().iter().enumerate() {
            let role = if index == 0 { BaseRole::Admin } else { BaseRole::Member };
            record(app, name, &party.canary(seed), &[(party, role)], seed).await?;
            // The first makes the organisation; then there is room for the others.
            plans::change(app, &party.organisation(), Plan::largest()).await?;
        }
    }
    let (ours, theirs) = ((Party::Attacker, BaseRole::Member), (Party::Victim, BaseRole::Member));
    record(app, SAM, "Both", &[ours, theirs], seed).await?;
    record(app, TWAIN, "Both", &[ours, (Party::Bystander, BaseRole::Admin)], seed).await?;
    record(app, NADIA, "Nowhere", &[], seed).await?;
    for party in Party::ALL {
        let canary = party.canary(seed);
        let mut tx = party.door(app, party.admin()).write().await?;
        let (viewer, biller) = match party {
            Party::Victim => ("rita", "ben"),
            _ => (party.admin(), party.admin()),
        };
        for (name, role) in [(viewer, CustomRole::ReportViewer), (biller, CustomRole::BillingAdmin)] {
            roles::assign(&mut tx, &user(name), &[role]).await?;
        }
        tx.commit().await?;
        let body = format!(r#"{{"of":"{}","text":"{canary}"}}"#, party.id());
        let event = format!("evt_{canary}");
        inbound_events::record(app, Vendor::Clerk, &event, "organization.updated", body.as_bytes()).await?;
        let things = Things::create(app, party, &canary).await?;
        things.tick(app, party).await?;
        things.hold(app, party).await?;
    }
    Ok(())
}

async fn record(app: &Database, name: &str, canary: &str, belongs: &[(Party, BaseRole)], seed: u64) -> Result<()> {
    let asked_at = directory::now(app).await?;
    let at = |party: &Party| {
        let title = format!("{} company", party.canary(seed));
        OrganisationRecord::new(party.organisation(), Some(party.slug()), &title)
    };
    let memberships = belongs.iter().map(|(party, role)| (at(party), *role)).collect();
    let email = format!("{name}.{canary}@example.test");
    let person = PersonRecord::new(user(name), &email, &format!("{name} {canary}"), memberships);
    Ok(directory::record_person(app, &person, asked_at).await?)
}
