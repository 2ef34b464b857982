//! `caucus queue`: what waits to go to other servers, host by host, in plain words.

use super::open;
use super::problem::Problem;
use crate::App;
use crate::clock::Stamp;
use crate::db::deliveries::{self, HostQueue};
use crate::db::{DbError, inbox};
use crate::domain::incident::stretch;
use crate::settings::Settings;
use std::io::Write as _;
use std::sync::Arc;

pub(super) fn run(settings: Settings) -> Result<(), Problem> {
    open::with_app(settings, async |app: Arc<App>| {
        let (queues, given_up) =
            app.read(|conn| Ok::<_, DbError>((deliveries::queue_by_host(conn)?, inbox::count_failed(conn)?))).await?;
        let mut stdout = std::io::stdout().lock();
        if queues.is_empty() {
            writeln!(stdout, "Nothing waits: every server has everything.")?;
        }
        for queue in queues {
            writeln!(stdout, "{}", sentence(&queue, app.now()))?;
        }
        if given_up > 0 {
            writeln!(
                stdout,
                "Received in the last seven days and given up after ten tries: {given_up}. The log says why."
            )?;
        }
        Ok(())
    })
}

fn sentence(queue: &HostQueue, now: Stamp) -> String {
    let HostQueue { host, waiting, .. } = queue;
    let things = match waiting {
        0 => "nothing waits".to_owned(),
        1 => "1 message waits".to_owned(),
        many => format!("{many} messages wait"),
    };
    let since = queue.oldest.map(|oldest| format!(", the oldest for {}", stretch(now - oldest))).unwrap_or_default();
    let problem = queue.last_problem.as_deref().map(|why| format!(" Last problem: {why}.")).unwrap_or_default();
    let state = match queue.failing_since {
        _ if queue.is_resting => " It has not answered for long and is left in peace until we hear from it.".to_owned(),
        None => String::new(),
        Some(since) => {
            let next = queue.next_try_at - now;
            let next = if next.num_seconds() > 0 { format!("in {}", stretch(next)) } else { "now".to_owned() };
            format!(" It has not answered for {}; next try {next}.", stretch(now - since))
        }
    };
    format!("{host}: {things}{since}.{state}{problem}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, TimeZone as _, Utc};

    #[test]
    fn a_queue_reads_like_a_sentence() {
        let now = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap();
        let healthy = HostQueue {
            host: "masto.example".to_owned(),
            waiting: 1,
            oldest: Some(now - TimeDelta::seconds(1)),
            failing_since: None,
            next_try_at: now,
            last_problem: None,
            is_resting: false,
        };
        let failing = HostQueue {
            waiting: 12,
            oldest: Some(now - TimeDelta::hours(30)),
            failing_since: Some(now - TimeDelta::hours(5)),
            next_try_at: now + TimeDelta::minutes(90),
            last_problem: Some("it answered 502".to_owned()),
            ..healthy.clone()
        };

        assert_eq!(sentence(&healthy, now), "masto.example: 1 message waits, the oldest for 1 second.");
        assert_eq!(
            sentence(&failing, now),
            "masto.example: 12 messages wait, the oldest for 1 day. It has not answered for 5 hours; next try in 1 hour. Last problem: it answered 502."
        );
    }
}
