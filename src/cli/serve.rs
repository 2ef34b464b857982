//! `caucus serve`: starts the server and its workers, and ends them in good order.

use super::lock::Lock;
use super::problem::Problem;
use super::{lock, logging, open};
use crate::App;
use crate::db::backup_secrets::is_sealed;
use crate::db::local_actors;
use crate::federation::keys;
use crate::services::set_up;
use crate::settings::{DatabaseUrl, SOURCE_URL, Settings};
use crate::workers::watch;
use crate::{web, workers};
use std::future::Future;
use std::io::Write as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

/// The pause between two tries to make the instance's own actor.
const IDENTITY_PAUSE: Duration = Duration::from_secs(5);
/// How long the very last things may take at the end.
const LAST_MOMENT: Duration = Duration::from_millis(500);

pub(super) const EXAMPLES: &str = "\
On this machine, with SQLite in ./data:
  caucus serve

For the world, behind a web server that does https:
  caucus serve --data-dir /var/lib/caucus --public-url https://caucus.example

With PostgreSQL; several such processes may share one database:
  caucus serve --public-url https://caucus.example --database-url postgres://caucus@localhost/caucus

Stop it with Ctrl-C or SIGTERM: requests in hand are finished, nothing is lost.";

pub(super) fn run(settings: Settings) -> Result<(), Problem> {
    logging::start(settings.log_format, logging::SERVER);
    let listener = listen(&settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Problem::new(format!("The program could not start ({e}).")))?;
    let served = runtime.block_on(serve(settings, listener));
    // Reads that still run on blocking threads have no asker any more.
    runtime.shutdown_timeout(LAST_MOMENT);
    served
}

async fn serve(settings: Settings, listener: TcpListener) -> Result<(), Problem> {
    // Caught from here on, so that a signal during the start ends it in good order as well.
    let stop = stop_signal()?;
    let _lock = lock_data(&settings)?;
    let app = Arc::new(open::app(settings)?);
    greet(&app);
    check_is_in_place(&app).await?;
    check_address(&app).await?;
    offer_set_up(&app).await?;
    // Before anything is served or closed: how late it was, and whether this is the data it was.
    let life = watch::Watch::begin();
    watch::step(&app, &life).await?;
    let workers = workers::start(Arc::clone(&app), life);
    let server = web::server(Arc::clone(&app), listener)
        .map_err(|e| Problem::new(format!("The web server could not start ({e}).")))?;
    let handle = server.handle();
    let serving = tokio::spawn(server);
    let identity = tokio::spawn(get_identity(Arc::clone(&app)));
    tracing::info!("ready: {}", app.urls.base());
    stop.await;
    identity.abort();
    tracing::info!("stopping: requests in hand are finished");
    handle.stop(true).await;
    // Its outcome says nothing new: it was told to stop.
    let _ = serving.await;
    workers.stop().await;
    tracing::info!("stopped");
    Ok(())
}

/// Keeps other servers and `caucus restore` off a SQLite database for as long as this one lives. Several
/// processes may serve one database on PostgreSQL.
fn lock_data(settings: &Settings) -> Result<Option<Lock>, Problem> {
    let DatabaseUrl::Sqlite(database) = &settings.database_url else { return Ok(None) };
    open::prepare_folder(open::folder_of(database))?;
    let lock = lock::take(database)?;
    if lock.is_none() {
        return Err(Problem::new(format!(
            "Another server runs on {} already, or it is being restored. One process at a time serves a SQLite database.",
            database.display()
        )));
    }
    Ok(lock)
}

/// Makes the instance's own actor, with which it asks other servers, and keys for the actors to
/// come. Making a key takes a good part of a second, which no start and no request waits for.
async fn get_identity(app: Arc<App>) {
    while let Err(error) = keys::ensure_instance_actor(&app).await {
        tracing::error!(%error, "the instance has no actor yet; it will be tried again");
        tokio::time::sleep(IDENTITY_PAUSE).await;
    }
    app.federation.keys.warm();
}

/// Becomes ready at SIGTERM or Ctrl-C.
#[cfg(unix)]
fn stop_signal() -> Result<impl Future<Output = ()>, Problem> {
    use tokio::signal::unix::{SignalKind, signal};
    let cannot = |e: std::io::Error| Problem::new(format!("Signals cannot be received ({e})."));
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate()).map_err(cannot)?, signal(SignalKind::interrupt()).map_err(cannot)?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Becomes ready at Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> Result<impl Future<Output = ()>, Problem> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

/// Refuses a backup that was copied here by hand: it lacks what `caucus restore` puts back.
async fn check_is_in_place(app: &App) -> Result<(), Problem> {
    if !app.read(is_sealed).await? {
        return Ok(());
    }
    Err(Problem::new(
        "This database is a backup that was not put in its place. Please put it there with: caucus restore FILE",
    ))
}

/// Refuses to serve data under another address than its own: followers, votes and links of other
/// servers all hang on it.
async fn check_address(app: &App) -> Result<(), Problem> {
    let (ours, given) = (app.read(set_up::find_address).await?, app.urls.base());
    match ours {
        Some(address) if address != given => Err(Problem::new(format!(
            "This data belongs to {address}, by which other servers know it, and cannot be served as {given}. \
             Start with --public-url {address}, or choose another data folder."
        ))),
        _ => Ok(()),
    }
}

/// While there is no community yet, prints a one-time link to the set-up page. It goes to
/// standard output and not to the log, because whoever has it becomes the steward.
async fn offer_set_up(app: &App) -> Result<(), Problem> {
    if app.read(local_actors::find_community).await?.is_some() {
        return Ok(());
    }
    let token = app.write(set_up::make_link).await?;
    let base = app.urls.base();
    writeln!(
        std::io::stdout().lock(),
        "\nThere is no community here yet. Set it up by opening this link, which works once:\n\n  {base}/setup/{token}\n"
    )?;
    Ok(())
}

/// Takes the port before anything else is touched.
fn listen(settings: &Settings) -> Result<TcpListener, Problem> {
    let address = settings.listen;
    TcpListener::bind(address).map_err(|error| {
        Problem::new(match error.kind() {
            std::io::ErrorKind::AddrInUse => format!(
                "The port {} is in use by another program. Is Caucus running already? Choose another with --listen {}:PORT.",
                address.port(),
                address.ip()
            ),
            std::io::ErrorKind::PermissionDenied => format!(
                "This user may not listen on {address}. Ports below 1024 need a privilege; choose another with --listen."
            ),
            _ => format!("Cannot listen on {address} ({error}). Choose an address of this machine with --listen."),
        })
    })
}

fn greet(app: &App) {
    let settings = &app.settings;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), listen = %settings.listen, public_url = %settings.public_url, "Caucus starts");
    if settings.source_url.as_str() == SOURCE_URL && !settings.is_local_mode {
        tracing::warn!(
            "source_url is not set. Whoever uses this server has a right to its source (AGPL-3.0): set source_url to where the source of this version is."
        );
    }
    if settings.is_local_mode {
        tracing::warn!(
            "LOCAL MODE: {} names this machine only. Plain http and peers on this machine are allowed; other servers cannot reach this instance. Set public_url to go public.",
            settings.public_url
        );
    }
}
