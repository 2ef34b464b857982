//! A steward's word on the time: that a clock in doubt is right, or that what the server remembers
//! came from a clock that was wrong. It holds for every process that it fits.

use super::ServiceError;
use super::announce_opening::bring_forward;
use crate::App;
use crate::clock::{MOST_AHEAD, Stamp};
use crate::db::facts::{find_fact, set_fact};
use crate::db::heartbeats::{self, Doubting};
use crate::db::{AnyConnection, DbError, Tx, members, steward_log};
use crate::domain::Refusal;
use crate::domain::incident::stretch;
use crate::ids::{MemberId, random_receipt};
use chrono::{DateTime, SecondsFormat};

/// The fact that holds the time confirmed last, and a word that is new each time.
const CONFIRMED: &str = "time_confirmed";
/// The fact that changes each time the remembered time is put back.
const PUT_BACK: &str = "time_put_back";

/// What stewards said last; either changes with each new word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    /// The time that was confirmed.
    pub confirmed: Option<String>,
    /// That the remembered time was put back.
    pub put_back: Option<String>,
}

impl Word {
    /// Whether a newer word confirmed what this clock claims.
    pub fn confirms(&self, before: &Self, claimed: Stamp) -> bool {
        let told = self.confirmed.as_deref().and_then(|fact| fact.split(' ').next());
        let told = told.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        self.confirmed != before.confirmed && told.is_some_and(|told| (claimed - told.to_utc()).abs() <= MOST_AHEAD)
    }
}

/// What stewards said last.
///
/// # Errors
/// The store's fault.
pub fn last_word(conn: &mut AnyConnection) -> Result<Word, DbError> {
    Ok(Word { confirmed: find_fact(conn, CONFIRMED)?, put_back: find_fact(conn, PUT_BACK)? })
}

/// A steward says that the clock from which this is done is right. Every process in doubt that shows
/// the same time believes its clock then.
///
/// # Errors
/// Forbidden to others than stewards; a conflict when no process doubts that time.
pub fn confirm_time(tx: &mut Tx<'_>, by: MemberId) -> Result<(), ServiceError> {
    only_stewards(tx, by)?;
    let claimed = tx.claimed();
    let own = tx.doubt().map(|doubt| doubt.ahead);
    let ahead = match own {
        Some(ahead) => ahead,
        None => doubting(tx.conn, claimed)?.map(|doubting| doubting.ahead).ok_or_else(nothing_to_confirm)?,
    };
    set_fact(tx, CONFIRMED, &format!("{} {}", claimed.to_rfc3339_opts(SecondsFormat::Micros, true), random_receipt()))?;
    let what = format!("{}, {} later than it surely was", shown(claimed), stretch(ahead));
    Ok(steward_log::record_act(tx, by, "confirmed the time of the server", &what)?)
}

/// The same from the web: this process believes it at once.
///
/// # Errors
/// As [`confirm_time`].
pub async fn confirm_time_here(app: &App, by: MemberId) -> Result<(), ServiceError> {
    app.write(move |tx| confirm_time(tx, by)).await?;
    app.time.confirm();
    Ok(())
}

/// A steward says that the server remembers a later time than it is, from a clock that was wrong. The
/// clock from which this is done tells the right one. Votes that are closed stay closed.
///
/// # Errors
/// Forbidden to others than stewards; a conflict when the clock is in doubt, or when nothing later is
/// remembered.
pub fn put_time_back(tx: &mut Tx<'_>, by: MemberId) -> Result<(), ServiceError> {
    only_stewards(tx, by)?;
    let now = tx.claimed();
    if tx.doubt().is_some() || doubting(tx.conn, now)?.is_some() {
        return Err(conflict(
            "time_in_doubt",
            "The clock is in doubt. Please put it right, or confirm it first: caucus clock confirm",
        ));
    }
    let remembered = heartbeats::find_latest(tx.conn)?.filter(|&latest| latest - now > MOST_AHEAD);
    let remembered =
        remembered.ok_or_else(|| conflict("nothing_to_put_back", "The server remembers no later time than this."))?;
    heartbeats::put_back(tx, now)?;
    bring_forward(tx)?;
    set_fact(tx, PUT_BACK, &random_receipt())?;
    let what = format!("from {} to {}", shown(remembered), shown(now));
    Ok(steward_log::record_act(tx, by, "put back the time that the server remembers", &what)?)
}

/// Nothing begins or ends for good while the clock is in doubt.
///
/// # Errors
/// A conflict while it is.
pub fn check_time_is_known(tx: &Tx<'_>) -> Result<(), ServiceError> {
    if tx.doubt().is_none() {
        return Ok(());
    }
    Err(conflict(
        "time_in_doubt",
        "This server is not sure of the time at present, so no vote can open or be announced. Please try again in an hour, or ask a steward to confirm the time.",
    ))
}

/// A ballot is taken only where it is certain that it comes in time.
///
/// # Errors
/// A conflict while the clock is in doubt and says that the end of the vote has passed.
pub fn check_end_is_known(tx: &Tx<'_>, closes_at: Stamp) -> Result<(), ServiceError> {
    if !tx.is_undecided(closes_at) {
        return Ok(());
    }
    Err(conflict(
        "time_in_doubt",
        "This server is not sure of the time at present, and this vote may be over. Nothing was counted; please try again in a while.",
    ))
}

fn only_stewards(tx: &mut Tx<'_>, by: MemberId) -> Result<(), ServiceError> {
    if members::member(tx.conn, by)?.is_steward {
        return Ok(());
    }
    Err(ServiceError::Forbidden("Only a steward may say what the time is.".to_owned()))
}

/// A process in doubt whose clock claims about this time.
fn doubting(conn: &mut AnyConnection, claimed: Stamp) -> Result<Option<Doubting>, DbError> {
    let all = heartbeats::list_doubting(conn)?;
    Ok(all.into_iter().find(|doubting| (doubting.claimed - claimed).abs() <= MOST_AHEAD))
}

fn nothing_to_confirm() -> ServiceError {
    conflict("nothing_to_confirm", "No clock that shows this time is in doubt, so there is nothing to confirm.")
}

fn conflict(code: &'static str, sentence: &str) -> ServiceError {
    ServiceError::Conflict(Refusal::new(code, sentence))
}

fn shown(at: Stamp) -> String {
    at.format("%-d %B %Y, %H:%M UTC").to_string()
}
