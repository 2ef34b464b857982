//! The load benchmark: starts the release binary, plays the rest of the fediverse on loopback and
//! prints each figure beside its target. Run it with `cargo bench --bench load`; give a PostgreSQL
//! URL of an empty database in `BENCH_POSTGRES` to measure that instead of SQLite, and
//! `BENCH_GROWN=1` to measure after 100 000 followers on 2 000 hosts and 100 000 posts.

#![allow(clippy::print_stdout, clippy::indexing_slicing, missing_docs, reason = "a program that prints figures")]
#![allow(clippy::disallowed_methods, reason = "stop-watches")]

mod grow;
mod instance;
mod measure;
mod peer;
mod server;
mod table;
mod wire;

use instance::Instance;
use peer::Peer;
use server::Place;
use table::{Aim, Table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let database_url = std::env::var("BENCH_POSTGRES").ok();
    println!("database: {}\n", if database_url.is_some() { "PostgreSQL" } else { "SQLite, synchronous=FULL" });
    let table = Table::default();
    let place = Place { data_dir: folder.path().to_owned(), database_url, port };
    start_up(&place, &table)?;

    let instance = Instance::start(place)?;
    if std::env::var_os("BENCH_GROWN").is_some() {
        grow::fill(&instance).await?;
    }
    table.note("memory idle", instance.server.memory_mib()?, "MiB", Aim::AtMost(35.0));
    let peer = Peer::start().await?;
    measure::votes(&instance, &peer, &table).await?;
    measure::follows(&instance, &peer, &table).await?;
    measure::deliveries(&instance, &peer, &table).await?;
    measure::reads(&instance, &table).await?;
    table.note("memory after all of the above", instance.server.memory_mib()?, "MiB", Aim::AtMost(100.0));
    table.note("binary", server::binary_mib()?, "MiB", Aim::AtMost(40.0));

    let Instance { place, server, .. } = instance;
    server.stop()?;
    let again = place.serve()?;
    table.note("cold start, existing data", again.start_time.as_secs_f64(), "s", Aim::AtMost(0.1));
    again.stop()
}

fn start_up(place: &Place, table: &Table) -> anyhow::Result<()> {
    let server = place.serve()?;
    table.note("cold start, empty", server.start_time.as_secs_f64(), "s", Aim::AtMost(0.3));
    server.stop()
}
