//! `caucus verify`: every vote on an amendment against its chain, its roll, its record and its
//! result. Ends with 0 when all holds, with 1 and one sentence for each vote when not.

use super::open;
use super::problem::Problem;
use crate::App;
use crate::services::ServiceError;
use crate::services::verify_votes::verify_votes;
use crate::settings::Settings;
use std::io::Write as _;
use std::sync::Arc;

pub(super) const EXAMPLES: &str = "\
  caucus verify
  caucus verify && echo all is well

It looks at everything again: what froze at the opening (text, rule, roll, times), each entry of the
chain, the ballots, the record and its hash, the result and the version that it brought.";

pub(super) fn run(settings: Settings) -> Result<(), Problem> {
    open::with_app(settings, async |app: Arc<App>| {
        let urls = Arc::clone(&app.urls);
        let verified = app.read(move |conn| verify_votes(conn, &urls)).await.map_err(|error: ServiceError| error)?;
        let mut stdout = std::io::stdout().lock();
        writeln!(
            stdout,
            "Looked at {} and {}.",
            counted(verified.votes, "vote", "votes"),
            counted(verified.entries, "chain entry", "chain entries")
        )?;
        if verified.without_chain > 0 {
            let votes = counted(verified.without_chain, "vote was", "votes were");
            writeln!(stdout, "{votes} opened before chains were kept; all else about them was looked at.")?;
        }
        if verified.faults.is_empty() {
            writeln!(stdout, "Everything holds.")?;
            return Ok(());
        }
        Err(Problem::new(format!("This does not hold:\n  {}", verified.faults.join("\n  "))))
    })
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
