//! The vote benchmark: an amendment of a community of 1 000 and then of 100 000 members is opened,
//! voted on by six in ten of them, looked at and closed, in one process with a clock that skips
//! the week. Prints the time and the peak memory of each part. Run it with `cargo bench --bench
//! vote`; give the URL of an empty PostgreSQL database in `BENCH_POSTGRES` to measure that instead
//! of SQLite with full durability (one size only, chosen by `BENCH_ROLL`).

#![allow(clippy::print_stdout, missing_docs, reason = "a program that prints figures")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "stop-watches, and a browser's part")]

#[allow(dead_code, reason = "shared with the load benchmark, which aims higher too")]
#[path = "../load/table.rs"]
mod table;
mod town;

use anyhow::Context as _;
use std::time::{Duration, Instant};
use table::{Aim, Table};
use town::Town;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let table = Table::default();
    let rolls = match std::env::var("BENCH_ROLL") {
        Ok(one) => vec![one.parse().context("BENCH_ROLL is no number")?],
        Err(_) => vec![1_000, 100_000],
    };
    for roll in rolls {
        println!("\na roll of {roll}, {} ballots\n", roll * 6 / 10);
        measure(&table, roll).await?;
    }
    Ok(())
}

async fn measure(table: &Table, roll: usize) -> anyhow::Result<()> {
    let town = Town::build(roll).await?;
    let amendment = town.propose_and_back().await?;

    let phase = Phase::begin()?;
    let poll = town.open(amendment).await?;
    phase.end(table, "opening", Aim::None)?;

    let phase = Phase::begin()?;
    let mut times = Vec::new();
    let ballots = roll * 6 / 10;
    let alone = (ballots / 2).min(2_000);
    for voter in 0..alone {
        let started = Instant::now();
        town.cast(poll, voter).await?;
        times.push(started.elapsed());
    }
    table.note("one ballot, one at a time, median", percentile_ms(&mut times, 50), "ms", Aim::None);
    table.note("one ballot, one at a time, p99", percentile_ms(&mut times, 99), "ms", Aim::AtMost(5.0));
    let mut times = town.cast_many(poll, alone..ballots, 16).await?;
    table.note("one ballot, 16 at a time, p99", percentile_ms(&mut times, 99), "ms", Aim::None);
    phase.end(table, "all ballots", Aim::None)?;

    for (what, path, accept) in [
        ("page of the open vote", format!("/amendments/{amendment}"), "text/html"),
        ("Question of the open vote", format!("/polls/{poll}"), "application/activity+json"),
    ] {
        let mut times = town.read_between_ballots(&path, accept, 200).await?;
        table.note(&format!("{what}, read right after a change, p99"), percentile_ms(&mut times, 99), "ms", Aim::None);
    }

    let phase = Phase::begin()?;
    town.close().await?;
    phase.end(table, "close", Aim::AtMost(2.0))?;
    town.check(poll, ballots).await
}

/// A part whose time and peak memory are measured.
struct Phase {
    started: Instant,
    before: f64,
}

impl Phase {
    fn begin() -> anyhow::Result<Self> {
        // Sets the peak back to what is in use now.
        std::fs::write("/proc/self/clear_refs", "5").context("the kernel does not reset the peak of memory")?;
        Ok(Self { started: Instant::now(), before: memory_mib("VmRSS")? })
    }

    fn end(self, table: &Table, what: &str, aim: Aim) -> anyhow::Result<()> {
        table.note(&format!("{what}, time"), self.started.elapsed().as_secs_f64(), "s", aim);
        table.note(&format!("{what}, memory before"), self.before, "MiB", Aim::None);
        table.note(&format!("{what}, memory at its peak"), memory_mib("VmHWM")?, "MiB", Aim::None);
        Ok(())
    }
}

fn memory_mib(field: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(field)).context("no such field")?;
    let kib: f64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
    Ok(kib / 1024.0)
}

fn percentile_ms(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    times.get(times.len() * percent / 100).map_or(0.0, Duration::as_secs_f64) * 1000.0
}
