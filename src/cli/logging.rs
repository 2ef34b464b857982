//! How the program tells what it does: one line per event on standard error, as text or as JSON.
//! Events never hold bodies, tokens, votes or what people wrote (security.md OP-3, OP-4).

use crate::settings::LogFormat;
use std::sync::atomic::{AtomicU64, Ordering};
use tracing_subscriber::EnvFilter;

/// What is worth a line of the server when `RUST_LOG` says nothing.
pub(super) const SERVER: &str = "info,actix_server=warn";
/// What is worth a line of the other commands: they tell their outcome themselves.
pub(super) const COMMAND: &str = "warn";

/// What is never logged, whatever `RUST_LOG` asks for: the parser of HTML tells every word that it reads, and
/// a reply of one word may be a ballot (A12).
const NEVER: [&str; 2] = ["html5ever=off", "markup5ever=off"];

static PANICS: AtomicU64 = AtomicU64::new(0);

/// Starts logging in the given format. Later calls change nothing.
pub(super) fn start(format: LogFormat, fallback: &str) {
    let wanted = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(fallback));
    let filter = NEVER.iter().filter_map(|never| never.parse().ok()).fold(wanted, EnvFilter::add_directive);
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start would mean that a test has its own subscriber; that one stays.
    let _ = match format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    log_panics();
}

/// One line per panic instead of a page, and a count: where it happened, never what was in hand.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let count = PANICS.fetch_add(1, Ordering::Relaxed) + 1;
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        tracing::error!(panics = count, at = place, "a task panicked at {place}; please report this");
    }));
}
