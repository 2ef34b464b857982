//! Open a vote with a roll, whatever it decides: publish the Question, freeze roll, rule and times,
//! begin the chain (A4, A5, C3). Part of the transaction of the act that opens it.

use super::ServiceError;
use super::confirm_time::check_time_is_known;
use super::publish_poll::send_question;
use crate::clock::Stamp;
use crate::crash_point::crash_point;
use crate::db::polls::{self, PollToInsert};
use crate::db::roll::{self, RollOf};
use crate::db::{DbError, Tx, chain};
use crate::domain::chain::{BEGINNING, EntryKind, link, opening};
use crate::domain::poll::BALLOT_OPTIONS;
use crate::domain::record::{FrozenVote, canonical_json, sha256_hex};
use crate::domain::tally::Rule;
use crate::domain::{Refusal, Urls};
use crate::federation::outbound::documents::Extra;
use crate::ids::{ActorId, AmendmentId, MemberId, PollId};
use chrono::{SubsecRound as _, TimeDelta};
use serde_json::{Value, json};

/// A vote that is to be opened.
pub(super) struct NewVote<'a> {
    /// Who asks.
    pub actor: ActorId,
    /// The amendment, if it is on one.
    pub amendment: Option<AmendmentId>,
    /// The member who opens it.
    pub called_by: MemberId,
    /// What is asked.
    pub question: &'a str,
    /// What it decides, as the record tells it.
    pub decides: Value,
    /// Who may vote.
    pub roll: RollOf,
    /// The rule that decides.
    pub rule: Rule,
    /// From when ballots count: see [`opening_moment`].
    pub opens_at: Stamp,
    /// For how long.
    pub length: TimeDelta,
}

/// A vote that was opened.
pub(super) struct Opened {
    /// The vote.
    pub poll: PollId,
    /// SHA-256 over everything that froze.
    pub frozen_hash: String,
}

/// The moment at which a vote opens that is opened now. Other servers are told whole seconds, so a vote
/// begins and ends on one.
pub(super) fn opening_moment(tx: &Tx<'_>) -> Stamp {
    tx.deadline().trunc_subsecs(0)
}

/// What freezes with the vote.
fn freeze(tx: &mut Tx<'_>, new: &NewVote<'_>) -> Result<FrozenVote, DbError> {
    let (roll_size, roll_fingerprint) = roll::fingerprint_now(tx.conn, new.roll)?;
    Ok(FrozenVote {
        decides: new.decides.clone(),
        question: new.question.to_owned(),
        options: BALLOT_OPTIONS.map(str::to_owned).to_vec(),
        rule: new.rule,
        roll_size,
        roll_fingerprint,
        opens_at: new.opens_at,
        closes_at: new.opens_at + new.length,
    })
}

/// Opens it. `words` gives what other servers show as the question.
///
/// # Errors
/// Conflict while the clock is in doubt or when the roll changes at this very moment; or the store's
/// fault.
pub(super) fn open_vote(
    tx: &mut Tx<'_>,
    new: NewVote<'_>,
    words: impl FnOnce(&Urls, PollId, &FrozenVote) -> String,
) -> Result<Opened, ServiceError> {
    check_time_is_known(tx)?;
    let id = PollId::from_uuid(tx.next_id());
    let frozen = freeze(tx, &new)?;
    let frozen_json = frozen.json();
    let (entry, frozen_hash) = (opening(&tx.urls.poll(id), &frozen_json), sha256_hex(&canonical_json(&frozen_json)));
    let poll = PollToInsert {
        id,
        actor_id: new.actor,
        amendment_id: new.amendment,
        published_by: new.called_by,
        question: new.question,
        options: &frozen.options,
        is_multiple: false,
        totals_hidden: true,
        language: "en",
        opens_at: frozen.opens_at,
        closes_at: frozen.closes_at,
    };
    let extra = Extra::default()
        .with("rollSize", json!(frozen.roll_size))
        .with("rollFingerprint", json!(frozen.roll_fingerprint))
        .with("frozenHash", json!(frozen_hash))
        .with("chainHead", json!(link(BEGINNING, &entry)));
    send_question(tx, &poll, &words(tx.urls, id, &frozen), extra)?;
    crash_point("open: published");
    polls::insert_poll(tx, &poll)?;
    crash_point("open: saved");
    if roll::freeze_roll(tx, id, new.roll, new.rule)?.roll_fingerprint != frozen.roll_fingerprint {
        return Err(ServiceError::Conflict(Refusal::new(
            "roll_changed",
            "Somebody joined or left at this very moment. Please open the vote again.",
        )));
    }
    crash_point("open: frozen");
    chain::append(tx, id, EntryKind::Opening, &entry)?;
    Ok(Opened { poll: id, frozen_hash })
}
