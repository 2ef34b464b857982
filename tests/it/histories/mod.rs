//! Histories made up by chance: people join, propose, back, vote in every way, time passes, the
//! program dies and starts again, a second process helps. After each act what stands in the store
//! is compared with a model of a few lines, and with what must hold at all times. A week passes in
//! no time, because the clock is the test's.
//!
//! `CAUCUS_HISTORIES` says how many each test makes up; 150 unless told, so 300 in all. A failing
//! history is shortened before it is shown.

mod acts;
mod checks;
mod counts;
mod model;
mod proposing;
mod town;
mod voting;

use acts::{Act, history};
use counts::Counts;
use parking_lot::Mutex;
use proptest::test_runner::{Config, TestError, TestRunner};
use town::Town;

const HISTORIES: u32 = 150;

#[test]
fn every_history_of_one_process_keeps_what_must_hold() {
    keeps_what_must_hold(1);
}

#[test]
fn every_history_of_two_processes_keeps_what_must_hold() {
    keeps_what_must_hold(2);
}

#[expect(clippy::print_stdout, reason = "with --nocapture a run prints what its histories came to")]
fn keeps_what_must_hold(processes: usize) {
    let cases = std::env::var("CAUCUS_HISTORIES").ok().map_or(HISTORIES, |count| count.parse().unwrap());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 80, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let counts = Mutex::new(Counts::default());
    let outcome = TestRunner::new(config).run(&history(), |acts| {
        let counted = runtime.block_on(play(&acts, processes));
        *counts.lock() += counted;
        Ok(())
    });
    if let Err(TestError::Fail(why, acts)) = outcome {
        panic!("{why}\nThe shortest history that shows it: {acts:#?}");
    }
    outcome.unwrap();
    let counts = *counts.lock();
    println!("{cases} histories, processes at once: {processes}: {counts:?}");
    counts.assert_enough(usize::try_from(cases).unwrap());
}

async fn play(acts: &[Act], processes: usize) -> Counts {
    let mut town = Town::found(processes).await;
    for act in acts {
        town.play(act).await;
        checks::hold(&mut town);
    }
    town.finish().await;
    checks::hold(&mut town);
    checks::verify(&mut town);
    town.model.counts
}
