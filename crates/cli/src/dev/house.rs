//! Everything that `tenantry dev` starts, in the order of starting and of stopping.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use pg_local::{Cluster, Mode, Options};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinHandle;

use super::DevArguments;
use super::addresses::Addresses;
use super::children::{Child, Ended};
use super::clerk_instance::ClerkInstance;
use super::database::{self, RoleUrls};
use super::environment::{Environment, NOT_INHERITED};
use super::screen::Screen;
use super::secrets::{Secrets, write_private};
use crate::config::BadConfiguration;
use crate::seed;

const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// The parts that run, and what they share.
pub(crate) struct House {
    data_dir: PathBuf,
    addresses: Addresses,
    screen: Screen,
    ended: UnboundedSender<Ended>,
    /// Postgres on its way up. Kept apart so that a Ctrl-C in that moment still finds it.
    rising: Option<JoinHandle<Result<Cluster, pg_local::Error>>>,
    postgres: Option<Cluster>,
    sandbox: Option<Child>,
    worker: Option<Child>,
    server: Option<Child>,
}

impl House {
    pub(crate) fn new(data_dir: PathBuf, addresses: Addresses, screen: Screen) -> (Self, UnboundedReceiver<Ended>) {
        let (ended, news) = mpsc::unbounded_channel();
        let house = Self {
            data_dir,
            addresses,
            screen,
            ended,
            rising: None,
            postgres: None,
            sandbox: None,
            worker: None,
            server: None,
        };
        (house, news)
    }

    /// Starts everything and stays until a part ends, which is an error.
    pub(crate) async fn open(
        &mut self,
        arguments: &DevArguments,
        mut ended: UnboundedReceiver<Ended>,
    ) -> anyhow::Result<()> {
        let died = |ended: Option<Ended>| match ended {
            Some(Ended { name, how }) => anyhow::anyhow!("the {name} ended ({how}); its last words are above"),
            None => anyhow::anyhow!("nothing is running any more"),
        };
        tokio::select! {
            started = self.start(arguments) => started?,
            news = ended.recv() => return Err(died(news)),
        }
        let postgres = async {
            match &mut self.postgres {
                Some(cluster) => cluster.ended().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            news = ended.recv() => Err(died(news)),
            how = postgres => bail!("Postgres ended ({how})"),
        }
    }

    async fn start(&mut self, arguments: &DevArguments) -> anyhow::Result<()> {
        let begun = Instant::now();
        let ready_file = self.data_dir.join("dev.env");
        // It speaks of a house that stands; the one from last time does not any more.
        let _ = std::fs::remove_file(&ready_file);
        let secrets = Secrets::of(&self.data_dir)?;
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;

        // The sandbox needs no database: it starts beside Postgres.
        let instance = ClerkInstance::asked(arguments);
        self.start_sandbox(&secrets, instance)?;
        let roles = self.start_database(arguments.database_url.as_deref(), &secrets).await?;
        let mut environment = Environment::new(&self.data_dir, self.addresses, &secrets, &roles, instance);

        let clerk = format!("{}/v1/health", self.addresses.clerk());
        answers(&client, &clerk, "the sandbox").await?;
        seed::sell(&environment).await.context("making products and prices at the sandbox's Stripe")?;
        if !arguments.no_seed {
            self.seed(&environment).await.context("writing the demo organisations")?;
            environment.add("OPERATORS", seed::operator(&environment).await?);
        }
        self.server = Some(self.start_ourselves("server", "serve", &environment)?);
        self.worker = Some(self.start_ourselves("worker", "work", &environment)?);
        answers(&client, &format!("{}/readyz", self.addresses.app()), "the server").await?;
        write_private(&ready_file, &environment.file())?;
        self.screen.say(&self.welcome(!arguments.no_seed, begun.elapsed()));
        self.screen.say("ready");
        Ok(())
    }

    /// Once per data folder: what a person deletes afterwards stays deleted.
    async fn seed(&self, environment: &Environment) -> anyhow::Result<()> {
        let done = self.data_dir.join("seeded");
        if done.exists() {
            return Ok(());
        }
        seed::run(environment, &self.screen).await?;
        let note = "The demo organisations have been written. Without this file the next start completes them.\n";
        Ok(std::fs::write(done, note)?)
    }

    async fn start_database(&mut self, given: Option<&str>, secrets: &Secrets) -> anyhow::Result<RoleUrls> {
        if let Some(url) = given.filter(|url| !url.trim().is_empty()) {
            self.screen.say("using the Postgres of DATABASE_URL");
            return database::prepare_given(url, &secrets.roles_password).await;
        }
        let options = Options { data_dir: self.data_dir.clone(), mode: Mode::Durable };
        let rising = self.rising.insert(tokio::spawn(Cluster::start(options)));
        let cluster = rising.await;
        self.rising = None;
        let cluster = self.postgres.insert(cluster??);
        for note in cluster.notes() {
            self.screen.say(&format!("note: {note}"));
        }
        let how = if cluster.was_running() { "found running" } else { "started" };
        self.screen.say(&format!("PostgreSQL {} {how}, data in {}", cluster.version(), cluster.data().display()));
        database::prepare_own(cluster).await
    }

    fn start_sandbox(&mut self, secrets: &Secrets, instance: ClerkInstance) -> anyhow::Result<()> {
        let program = sibling("tenantry-sandbox")?;
        let addresses = self.addresses;
        let data_dir = self.data_dir.join("sandbox");
        let clerk_js = clerk_js(&program)?;
        let prepare = |command: &mut tokio::process::Command| {
            command
                .args(["--clerk-port", &addresses.clerk_port().to_string()])
                .args(["--stripe-port", &addresses.stripe_port().to_string()])
                .args(["--mailbox-port", &addresses.mailbox_port().to_string()])
                .args(["--smtp-port", &addresses.smtp_port().to_string()])
                .arg("--data-dir")
                .arg(&data_dir)
                .args(["--app-url", &addresses.app()])
                .args(["--webhook-url", &format!("{}/webhooks/clerk", addresses.app())])
                .args(["--stripe-webhook-url", &format!("{}/webhooks/stripe", addresses.app())])
                .args(["--publishable-key", instance.publishable_key()])
                .arg("--clerk-js")
                .arg(&clerk_js)
                // By environment: arguments can be read by everybody on the machine.
                .env("STRIPE_SECRET_KEY", &secrets.stripe_secret_key)
                .env("STRIPE_WEBHOOK_SECRETS", &secrets.stripe_webhook_secret)
                .env("CLERK_SECRET_KEY", instance.secret_key(secrets))
                .env("CLERK_WEBHOOK_SIGNING_SECRET", &secrets.webhook_secret);
        };
        self.sandbox = Some(Child::start("sandbox", &program, prepare, &self.screen, &self.ended)?);
        Ok(())
    }

    fn start_ourselves(
        &self,
        name: &'static str,
        command: &'static str,
        environment: &Environment,
    ) -> anyhow::Result<Child> {
        let program = std::env::current_exe().context("finding our own program")?;
        let prepare = |process: &mut tokio::process::Command| {
            for name in NOT_INHERITED {
                process.env_remove(name);
            }
            process.arg(command).envs(environment.pairs());
        };
        Child::start(name, &program, prepare, &self.screen, &self.ended)
    }

    /// Whoever takes requests goes first, Postgres last.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        for child in [self.server, self.worker, self.sandbox].into_iter().flatten() {
            child.stop(&self.screen).await;
        }
        let rising = match self.rising {
            Some(rising) => rising.await.ok().and_then(Result::ok),
            None => None,
        };
        for cluster in [rising, self.postgres].into_iter().flatten() {
            cluster.stop().await.context("stopping Postgres")?;
        }
        Ok(())
    }

    fn welcome(&self, seeded: bool, took: Duration) -> String {
        let people = if seeded { seed::who_can_sign_in() } else { "No demo people (--no-seed).\n".to_owned() };
        format!(
            "\n  app                       {}\n  Clerk (sandbox)           {}\n  Stripe (sandbox)          {}\n  \
             mailbox and control page  {}\n  configuration             {}\n\n{people}\nstarted in {:.1} s, Ctrl-C stops all of it",
            self.addresses.app(),
            self.addresses.clerk(),
            self.addresses.stripe(),
            self.addresses.mailbox(),
            self.data_dir.join("dev.env").display(),
            took.as_secs_f64()
        )
    }
}

/// A program that is built beside ours.
fn sibling(name: &str) -> anyhow::Result<PathBuf> {
    let ours = std::env::current_exe().context("finding our own program")?;
    let program = ours.with_file_name(name);
    if !program.is_file() {
        let folder = ours.parent().unwrap_or(Path::new("."));
        return Err(BadConfiguration::one(format!(
            "{name} is not in {}. Build it: cargo build --package sandbox (script/server does)",
            folder.display()
        ))
        .into());
    }
    Ok(program)
}

/// ClerkJS as npm unpacked it, looked for above where we stand and above our program.
fn clerk_js(program: &Path) -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir().unwrap_or_default();
    here.ancestors()
        .chain(program.ancestors())
        .map(|folder| folder.join("node_modules/@clerk/clerk-js/dist"))
        .find(|folder| folder.is_dir())
        .ok_or_else(|| {
            BadConfiguration::one(
                "ClerkJS is not here: no folder node_modules/@clerk/clerk-js above this one or above the program.\n\
                 Fetch it in the folder of the repository: npm ci --ignore-scripts (script/server does)",
            )
            .into()
        })
}

/// Waits until a URL answers with success.
async fn answers(client: &reqwest::Client, url: &str, who: &str) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let last = match client.get(url).send().await {
            Ok(response) if response.status().is_success() => return Ok(()),
            Ok(response) => format!("it answers {}", response.status()),
            Err(error) => format!("{error}"),
        };
        if begun.elapsed() > ANSWER_LIMIT {
            bail!("{who} is not ready after {} s: {url}: {last}", ANSWER_LIMIT.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
