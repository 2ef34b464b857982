//! `caucus serve`: starts the server and its workers, and ends them in good order.

use super::problem::Problem;
use super::{logging, open};
use crate::App;
use crate::settings::{SOURCE_URL, Settings};
use std::net::TcpListener;
use std::sync::Arc;

pub(super) const EXAMPLES: &str = "\
On this machine, with SQLite in ./data:
  caucus serve

For the world, behind a web server that does https:
  caucus serve --data-dir /var/lib/caucus --public-url https://caucus.example

With PostgreSQL; several such processes may share one database:
  caucus serve --public-url https://caucus.example --database-url postgres://caucus@localhost/caucus

Stop it with Ctrl-C or SIGTERM: requests in hand are finished, nothing is lost.";

pub(super) fn run(settings: Settings) -> Result<(), Problem> {
    logging::start(settings.log_format);
    let listener = listen(&settings)?;
    let app = Arc::new(open::app(settings)?);
    greet(&app);
    drop(listener);
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
