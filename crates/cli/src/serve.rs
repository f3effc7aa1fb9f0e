//! `tenantry serve`: the web server.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use clerk::Clerk;
use tenancy::{Database, Hardening, PoolOptions};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::audit::refuse_holes;
use crate::config::{BadConfiguration, ServeArguments, ServeConfig};
use crate::shutdown;

/// Requests that have begun may take this long after we are asked to end. Below what service managers grant.
const DRAIN: Duration = Duration::from_secs(15);

/// Serves until asked to end, then finishes the requests that have begun.
pub(crate) async fn run(arguments: &ServeArguments) -> anyhow::Result<ExitCode> {
    let config = arguments.check()?;
    let asked = shutdown::asked()?;
    let listeners = listen(&config).await?;
    let database = connect("DATABASE_URL", &config.database_url, config.pool).await?;
    refuse_lossy_commits("DATABASE_URL", &database, config.production)?;
    refuse_holes(&config.database_url, config.allow_old_postgres).await?;
    let public = config.public_base_url.clone();
    let clerk = Clerk::new(config.clerk)?;
    let pages = web::Config::new(config.public_base_url, clerk.config(), config.webhook_secrets)
        .selling_at(&config.stripe, &config.stripe_pages)
        .listening_on(listeners[0].local_addr()?)
        .with_files(config.files)
        .operated_by(config.operators)
        .restoring_for(config.recovery_days);
    let stripe = ::stripe::Stripe::new(&config.stripe)?;
    let state = web::State::new(database.clone(), clerk, stripe, pages);
    let mut threads = JoinSet::new();
    for _ in 0..config.threads {
        let listeners = listeners.iter().map(std::net::TcpListener::try_clone).collect::<Result<_, _>>()?;
        let state = state.over(database.share(config.threads)?);
        let asked = asked.clone();
        threads.spawn_blocking(move || serve_on_this_thread(listeners, state, asked));
    }
    for listener in &listeners {
        tracing::info!(address = %listener.local_addr()?, public = %public, "serving");
    }
    // Only the threads hold connections from here on.
    drop((state, database));
    while let Some(ended) = threads.join_next().await {
        ended??;
    }
    Ok(ExitCode::SUCCESS)
}

/// A runtime a thread: a request, its connection to the database and their answers never change cores, which costs a
/// third less processor time than handing them from one to another. Nothing in a handler may block.
fn serve_on_this_thread(
    listeners: Vec<std::net::TcpListener>,
    state: web::State,
    asked: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listeners = listeners.into_iter().map(TcpListener::from_std).collect::<Result<_, _>>()?;
        let (streams, until) = (state.clone(), asked.clone());
        tokio::spawn(async move {
            shutdown::until(until).await;
            streams.close_streams();
        });
        serve(listeners, web::app(state), asked).await
    })
}

/// Connects as a role that row security binds; anything else is a matter of configuration.
pub(crate) async fn connect(variable: &str, url: &str, options: PoolOptions) -> anyhow::Result<Database> {
    match Database::connect(url, options).await {
        Ok(database) => {
            tell(database.hardening());
            Ok(database)
        }
        Err(error @ (tenancy::Error::RoleTooStrong { .. } | tenancy::Error::Url(_) | tenancy::Error::Context(_))) => {
            Err(BadConfiguration::one(format!("{variable}: {error}")).into())
        }
        Err(error) => Err(error).context(variable.to_owned()),
    }
}

/// An event is acknowledged when it is committed, and committed has to mean kept.
pub(crate) fn refuse_lossy_commits(
    variable: &str,
    database: &Database,
    production: bool,
) -> Result<(), BadConfiguration> {
    if database.hardening().commits_are_durable {
        return Ok(());
    }
    let complaint = format!("{variable}: {}", Hardening::LOSSY_COMMITS);
    if production {
        return Err(BadConfiguration::one(complaint));
    }
    tracing::warn!("{complaint}");
    Ok(())
}

/// What an operator should know of the database before customers use it.
fn tell(hardening: Hardening) {
    if hardening.contexts_are_signed {
        tracing::info!("the database believes signed contexts alone");
    } else if !hardening.settings_are_closed {
        tracing::warn!("{}", Hardening::OPEN_SETTINGS);
    }
}

async fn listen(config: &ServeConfig) -> anyhow::Result<Vec<std::net::TcpListener>> {
    let (first, second) = config.listen_addresses();
    let mut listeners = vec![bind(first).await?];
    if let Some(second) = second {
        match bind(second).await {
            Ok(listener) => listeners.push(listener),
            // Taken is a mistake; a machine without this family is none.
            Err(error) if error.is::<BadConfiguration>() => return Err(error),
            Err(error) => tracing::debug!("not listening on {second}: {error:#}"),
        }
    }
    listeners.into_iter().map(|listener| Ok(listener.into_std()?)).collect()
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let refused = |why: &str| {
        BadConfiguration::one(format!(
            "LISTEN: {address} {why}. Choose another with LISTEN or --listen, for example {}:{}",
            address.ip(),
            address.port().checked_add(100).unwrap_or(3000)
        ))
    };
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => refused("is taken by another program").into(),
        ErrorKind::PermissionDenied => refused("may not be listened on by this user").into(),
        _ => anyhow::Error::new(error).context(format!("listening on {address}")),
    })
}

async fn serve(listeners: Vec<TcpListener>, app: Router, asked: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut serving = JoinSet::new();
    for listener in listeners {
        let (app, asked) = (app.clone(), asked.clone());
        serving.spawn(async move {
            // With the caller's address, which Clerk is told where we are its proxy.
            let app = app.into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listener, app).with_graceful_shutdown(shutdown::until(asked)).await
        });
    }
    let drained = async {
        while let Some(ended) = serving.join_next().await {
            ended??;
        }
        anyhow::Ok(())
    };
    let too_long = async {
        shutdown::until(asked).await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        drained = drained => drained,
        () = too_long => {
            tracing::warn!("requests were still running after {} s; ending without them", DRAIN.as_secs());
            Ok(())
        }
    }
}
