//! What the clock does to help (rule H4): tells that requests have lapsed, asks for a word about
//! accepted offers, frees those of which nothing is heard.

use crate::App;
use crate::clock::Stamp;
use crate::db::help_requests::list_lapsing;
use crate::db::offer_course::{list_silent, list_to_ask};
use crate::db::{AnyConnection, DbError};
use crate::domain::help_course::{ASKED_AFTER, FREED_AFTER};
use crate::ids::{HelpRequestId, OfferId};
use crate::services::finish_offer::{ask_for_word, free_silent_offer};
use crate::services::help_course::lapse_help_request;

/// How many things of each kind are done in one step.
const AT_ONCE: i64 = 100;

struct Due {
    lapsing: Vec<HelpRequestId>,
    silent: Vec<OfferId>,
    to_ask: Vec<OfferId>,
}

/// Does everything that is due; says how many things it did.
///
/// # Errors
/// The store's fault.
pub async fn step(app: &App) -> Result<usize, DbError> {
    let now = app.certain();
    let due = app.read(move |conn| find(conn, now)).await?;
    let mut done = 0;
    for request in due.lapsing {
        done += usize::from(app.write(move |tx| lapse_help_request(tx, request)).await?);
    }
    for offer in due.silent {
        done += usize::from(app.write(move |tx| free_silent_offer(tx, offer)).await?);
    }
    for offer in due.to_ask {
        done += usize::from(app.write(move |tx| ask_for_word(tx, offer)).await?);
    }
    Ok(done)
}

fn find(conn: &mut AnyConnection, now: Stamp) -> Result<Due, DbError> {
    Ok(Due {
        lapsing: list_lapsing(conn, now, AT_ONCE)?,
        silent: list_silent(conn, now - FREED_AFTER, AT_ONCE)?,
        to_ask: list_to_ask(conn, now - ASKED_AFTER, AT_ONCE)?,
    })
}
