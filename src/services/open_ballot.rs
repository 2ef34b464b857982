//! Open the ballot of an amendment (rules A4, A5).

use super::ServiceError;
use super::announce_opening::list_blocking;
use super::announce_proposal::{shelves, tell_of_state};
use super::ballot_words::{self, Proposed, moment};
use super::frozen_vote::of_amendment;
use super::hold_amendment::{Held, check_own, hold_with_text};
use super::mark_conflicts::follow_numbers;
use super::open_vote::{NewVote, open_vote, opening_moment};
use crate::crash_point::crash_point;
use crate::db::Tx;
use crate::db::amendments::{self, Amendment};
use crate::db::local_actors::find_community;
use crate::db::roll::RollOf;
use crate::domain::amendment::{AmendmentState, Move};
use crate::domain::poll::BALLOT_WEEK;
use crate::domain::record::FrozenVote;
use crate::domain::{Refusal, Urls};
use crate::ids::{AmendmentId, MemberId, PollId};

/// Freezes text, rule and roll and publishes the Question, all in one transaction.
///
/// # Errors
/// Forbidden to others than the proposer; conflict unless backed, unchanged underneath and alone
/// on its clauses (A15); conflict also before a moment that was ever announced, for the notice binds.
pub fn open_ballot(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<PollId, ServiceError> {
    let held = hold_with_text(tx, id)?;
    check_own(&held.amendment, by)?;
    open_held(tx, held, Move::Open)
}

/// Opens the vote on what is held, by the proposer or as it was announced.
///
/// # Errors
/// Conflict as above.
pub(super) fn open_held(tx: &mut Tx<'_>, held: Held, step: Move) -> Result<PollId, ServiceError> {
    let Held { amendment, document, standing, .. } = held;
    check(tx, &amendment, step)?;
    // The vote is on the text in force now, which other amendments may have brought meanwhile.
    if !follow_numbers(tx, amendment.id, (&document, &standing))? {
        return Err(ServiceError::Conflict(AmendmentState::InConflict.refusal(Move::Open)));
    }
    let amendment = amendments::amendment(tx.conn, amendment.id)?;
    let changes = amendments::list_changes(tx.conn, amendment.id)?;
    let community = find_community(tx.conn)?.ok_or(ServiceError::NotFound("community"))?;
    let new = NewVote {
        actor: community.id,
        amendment: Some(amendment.id),
        called_by: amendment.proposer_id,
        question: &amendment.title,
        decides: of_amendment(tx.conn, &amendment, &document.version.fingerprint)?,
        roll: RollOf::Community,
        rule: document.rule,
        opens_at: opening_moment(tx),
        length: BALLOT_WEEK,
    };
    let (shelf, numbers) = shelves(tx, &amendment)?;
    let proposed =
        Proposed { amendment: &amendment, document: &document, changes: &changes, shelf: &shelf, numbers: &numbers };
    let words = |urls: &Urls, _, frozen: &FrozenVote| ballot_words::ballot(urls, &proposed, frozen);
    let opened = open_vote(tx, new, words)?;
    amendments::freeze(tx, amendment.id, opened.poll, &opened.frozen_hash)?;
    crash_point("open: written");
    tell_of_state(tx, amendment.id)?;
    Ok(opened.poll)
}

fn check(tx: &mut Tx<'_>, amendment: &Amendment, step: Move) -> Result<(), ServiceError> {
    amendment.state_at(tx.now).after(step).map_err(ServiceError::Conflict)?;
    if amendments::list_backers(tx.conn, amendment.id)?.is_empty() {
        return Err(ServiceError::Conflict(AmendmentState::SeekingBacking.refusal(Move::Open)));
    }
    if let Some(announced) = amendment.not_before.filter(|announced| tx.deadline() < *announced) {
        let sentence = format!(
            "This vote was announced for {}, and people rely on that. You may open it from then on.",
            moment(announced)
        );
        return Err(ServiceError::Conflict(Refusal::new("notice_runs", sentence)));
    }
    match list_blocking(tx.conn, amendment)?.first() {
        None => Ok(()),
        Some(other) => Err(ServiceError::Conflict(Refusal::new(
            "vote_on_clause_open",
            format!(
                "The vote on “{}” is open, and it concerns the same clauses. Please open this one when that one has closed.",
                other.title
            ),
        ))),
    }
}
