//! The demo organisations of `tenantry dev`: people and memberships at the sandbox's Clerk, procedures and runs here.

mod data;
mod directory;
mod procedures;
mod subscriptions;

use anyhow::Context;
use billing::Billing;
use clerk::backend::UserFilter;
use clerk::{Clerk, Config};
use mirror::Mirror;
use stripe::Stripe;
use tenancy::{Database, PoolOptions};

use self::data::{CODE, OPAL, ORGANISATIONS};
use self::directory::{Directory, Plans};
use crate::dev::{Environment, Screen};

/// Makes at Stripe what is sold, as a founder does once; what stands there already stays.
pub(crate) async fn sell(environment: &Environment) -> anyhow::Result<()> {
    billing::setup::set_up(&stripe(environment)?, None).await?;
    Ok(())
}

fn stripe(environment: &Environment) -> anyhow::Result<Stripe> {
    let config = stripe::Config::from_variables(|name| environment.value(name))?;
    Ok(Stripe::new(&config)?)
}

/// Writes what is missing of the demo organisations. What is there already stays as it is.
pub(crate) async fn run(environment: &Environment, screen: &Screen) -> anyhow::Result<()> {
    let clerk = Clerk::new(Config::from_variables(|name| environment.value(name))?)?;
    let connect = async |variable: &str| {
        let url = environment.value(variable).context("dev sets every variable of the contract")?;
        anyhow::Ok(Database::connect(&url, PoolOptions::default()).await?)
    };
    let server = connect("DATABASE_URL").await?;

    let worker = connect("WORKER_DATABASE_URL").await?;
    let mirror = Mirror::new(worker.clone(), clerk.backend().clone());
    let public = environment.value("PUBLIC_BASE_URL").unwrap_or_default();
    let (stripe, billing) = (stripe(environment)?, Billing::new(worker.clone(), stripe(environment)?, &public));
    let plans = Plans { database: worker, mirror: mirror.clone(), stripe, billing };
    let directory = Directory::write(clerk.backend(), &plans, screen).await?;
    for user in directory.users() {
        // Webhooks say the same; we do not wait for them.
        mirror.user(user).await?;
    }
    for organisation in &ORGANISATIONS {
        let Some(id) = directory.organisation(organisation) else {
            continue;
        };
        procedures::write(&server, &directory, organisation, id)
            .await
            .with_context(|| format!("writing the procedures of {}", organisation.name))?;
    }
    Ok(())
}

/// The operator's id, where they have been made.
pub(crate) async fn operator(environment: &Environment) -> anyhow::Result<Option<String>> {
    let clerk = Clerk::new(Config::from_variables(|name| environment.value(name))?)?;
    let filter = UserFilter { email_addresses: vec![OPAL.address.to_owned()], ..UserFilter::default() };
    Ok(clerk.backend().list_users(&filter).await?.pop().map(|user| user.id))
}

/// The table that `tenantry dev` prints: address, organisation, role, code.
pub(crate) fn who_can_sign_in() -> String {
    let mut rows = vec![["sign in as", "organisation", "role", "code"].map(str::to_owned)];
    for organisation in &ORGANISATIONS {
        for member in organisation.members {
            let custom = member.custom_role.map(|role| format!(" + {role}")).unwrap_or_default();
            rows.push([
                member.person.address.to_owned(),
                organisation.name.to_owned(),
                format!("{}{custom}", member.role.as_str()),
                CODE.to_owned(),
            ]);
        }
    }
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let (first, second, third) = (width(0), width(1), width(2));
    let line = |row: &[String; 4]| format!("  {:first$}  {:second$}  {:third$}  {}\n", row[0], row[1], row[2], row[3]);
    rows.iter().map(line).collect()
}
