//! Starting and stopping the four servers and what runs beside them.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower::{Layer as _, Service};

use crate::app::{App, router};
use crate::faults::Faults;
use crate::frontend::method_override;
use crate::instance::Instance;
use crate::keys::Keys;
use crate::limits::Limits;
use crate::listen::{Doors, open};
use crate::logos::Logos;
use crate::options::Options;
use crate::received::Received;
use crate::settings::Settings;
use crate::state::Rules;
use crate::store::Store;
use crate::stripe::FromStripe;
use crate::tokens::Signer;
use crate::webhook_secrets::WebhookSecrets;
use crate::webhooks::FromClerk;
use crate::{control, mailbox, smtp, stripe, webhooks};

/// A running sandbox.
pub struct Sandbox {
    /// Port of Clerk's APIs and pages.
    pub clerk_port: u16,
    /// Port that answers as Stripe.
    pub stripe_port: u16,
    /// Port of the mailbox and the control page.
    pub mailbox_port: u16,
    /// Port of the mail server.
    pub smtp_port: u16,
    app: Arc<App>,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
    helpers: Vec<JoinHandle<()>>,
}

/// Opens the ports, reads the state and answers from then on.
///
/// # Errors
/// [`crate::PortTaken`] inside when a port is in use; otherwise what is wrong with an option or the data directory.
pub async fn start(options: Options) -> anyhow::Result<Sandbox> {
    let clerk = open("Clerk", options.clerk_port).await?;
    let stripe_doors = open("Stripe", options.stripe_port).await?;
    let mailbox_doors = open("the mailbox", options.mailbox_port).await?;
    let smtp_doors = open("the mail server", options.smtp_port).await?;
    let settings = Settings::new(&options, clerk.port, stripe_doors.port, mailbox_doors.port)?;
    let store: Store = Store::open(&options.data_dir, "state.json")?;
    let (instance_id, kids) = store.write(|state| {
        state.rules = Rules {
            public_origin: settings.public_origin.clone(),
            membership_optional: options.membership_optional,
            max_allowed_memberships: options.max_allowed_memberships,
            has_webhook: settings.webhook.is_some(),
        };
        (state.instance_id.clone(), state.kids.clone())
    });
    store.flush()?;
    let signer = Signer {
        keys: Keys::open(&options.data_dir, &instance_id, &kids)?,
        instance: Instance::parse(&options.publishable_key)?,
        version: options.claims_version,
    };
    let logos = Logos::open(&options.data_dir)?;
    let secrets = WebhookSecrets::new(settings.webhook.as_ref().map(|webhook| webhook.secret.clone()));
    let book = Store::open(&options.data_dir, stripe::FILE)?;
    book.write(|book: &mut stripe::Book| book.open(&settings.stripe));
    let app = Arc::new(App {
        settings,
        store,
        signer,
        logos,
        secrets,
        limits: Limits::new(options.limits),
        faults: Faults::default(),
        troubles: smtp::Troubles::default(),
        received: Received::default(),
        book,
        shown: stripe::Shown::default(),
    });
    let (stop, stopped) = watch::channel(false);

    let (clerk_port, stripe_port) = (clerk.port, stripe_doors.port);
    let (mailbox_port, smtp_port) = (mailbox_doors.port, smtp_doors.port);
    let mut servers = Vec::new();
    let overridden = axum::middleware::from_fn(method_override).layer(router(&app));
    serve(clerk, overridden, &stopped, &mut servers);
    serve(stripe_doors, stripe::router(&app), &stopped, &mut servers);
    let boxes: Router = control::guarded(mailbox::router().merge(control::router()), &app).with_state(app.clone());
    serve(mailbox_doors, boxes, &stopped, &mut servers);
    smtp::serve(smtp_doors, &app, &stopped, &mut servers);

    let writer = app.clone();
    let book_writer = app.clone();
    let mut helpers = vec![
        tokio::spawn(async move { writer.store.keep_writing().await }),
        tokio::spawn(async move { book_writer.book.keep_writing().await }),
        tokio::spawn(webhooks::keep_sending(Arc::new(FromStripe(app.clone())))),
        tokio::spawn(stripe::keep_ticking(app.clone())),
    ];
    // Without an address there is nothing to do.
    if app.settings.webhook.is_some() {
        helpers.push(tokio::spawn(webhooks::keep_sending(Arc::new(FromClerk(app.clone())))));
    }
    tracing::info!(
        clerk = app.settings.public_origin,
        stripe = stripe_port,
        mailbox = app.settings.mailbox_origin,
        smtp = smtp_port,
        application = %app.settings.app_url,
        "the sandbox answers; for development and tests on this machine only"
    );
    Ok(Sandbox { clerk_port, stripe_port, mailbox_port, smtp_port, app, stop, servers, helpers })
}

impl Sandbox {
    /// Answers what has begun, then writes the state.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        for server in self.servers {
            // Keep-alive connections of a browser would hold the program for minutes.
            if tokio::time::timeout(std::time::Duration::from_millis(500), server).await.is_err() {
                tracing::debug!("connections were cut");
            }
        }
        for helper in self.helpers {
            helper.abort();
        }
        self.app.store.flush()?;
        self.app.book.flush()
    }
}

fn serve<S>(doors: Doors, service: S, stopped: &watch::Receiver<bool>, servers: &mut Vec<JoinHandle<()>>)
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    for listener in doors.listeners {
        let mut stopped = stopped.clone();
        let make = axum::ServiceExt::<Request>::into_make_service(service.clone());
        servers.push(tokio::spawn(async move {
            let served = axum::serve(listener, make)
                .with_graceful_shutdown(async move {
                    // An error means that nobody can stop us any more, which is a reason to stop.
                    let _ = stopped.wait_for(|stop| *stop).await;
                })
                .await;
            if let Err(error) = served {
                tracing::error!("a server stopped: {error}");
            }
        }));
    }
}
