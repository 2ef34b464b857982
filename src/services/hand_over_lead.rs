//! Hand the lead of a cabal over (rule C3): by agreement at once, otherwise by a vote of the cabal.
//! A lead has no exclusive permission, so what changes hands is work, not power.

use super::frozen_vote::of_lead;
use super::join_cabal::check_is_in_cabal;
use super::open_vote::{NewVote, open_vote, opening_moment};
use super::tell_member::tell_member;
use super::{ServiceError, ballot_words, found};
use crate::db::cabals::{self, log_act};
use crate::db::lead_nominations::{
    self, Nomination, hold_cabal, insert_nomination, is_lead, set_lead, set_nomination_state,
};
use crate::db::roll::RollOf;
use crate::db::{Tx, members};
use crate::domain::nomination::{NominationState, Way, check_may_publish};
use crate::domain::record::FrozenVote;
use crate::domain::rules::{LEAD_VOTE, LEAD_VOTE_LENGTH};
use crate::domain::{Refusal, Urls};
use crate::ids::{CabalId, MemberId, NominationId, PollId};

/// Somebody to be named.
#[derive(Debug, Clone, Copy)]
pub struct Naming {
    /// The cabal.
    pub cabal: CabalId,
    /// Who shall lead it.
    pub nominee: MemberId,
    /// How the lead is to change hands.
    pub way: Way,
    /// Whether those who name themselves agree that their name is published with the vote (J5).
    pub publish_name: bool,
}

/// Names a member of the cabal as its lead. Whoever names themselves has accepted by that, so
/// their vote opens at once.
///
/// # Errors
/// Forbidden to others than members of the cabal, and an agreement to others than leads; refused
/// when the nominee is not in the cabal; conflict while the same is pending.
pub fn nominate(tx: &mut Tx<'_>, by: MemberId, naming: Naming) -> Result<NominationId, ServiceError> {
    let Naming { cabal, nominee, way, publish_name } = naming;
    check_is_in_cabal(tx, by, cabal)?;
    hold_cabal(tx, cabal)?;
    if !cabals::is_member(tx.conn, cabal, nominee)? {
        return Err(Refusal::field("nominee", "Please choose somebody who is in this cabal.").into());
    }
    check_way(tx, by, naming)?;
    let opens_now = way == Way::Vote && nominee == by;
    if opens_now {
        check_may_publish(publish_name)?;
    }
    let nomination = Nomination {
        id: NominationId::from_uuid(tx.next_id()),
        cabal_id: cabal,
        nominee_id: nominee,
        called_by: by,
        way,
        made_at: tx.now,
        state: NominationState::Waiting,
        poll_id: None,
    };
    insert_nomination(tx, &nomination)?;
    let name = members::member(tx.conn, nominee)?.name;
    log_act(tx, cabal, by, "named a lead", &name)?;
    if opens_now {
        put_to_the_vote(tx, &nomination)?;
    } else {
        tell(tx, cabal, nominee, |cabal| format!("You are named to lead {cabal}. Please say whether you accept."))?;
    }
    Ok(nomination.id)
}

/// Tells somebody of the cabal about its lead.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    cabal: CabalId,
    member: MemberId,
    sentence: impl FnOnce(&str) -> String,
) -> Result<(), ServiceError> {
    let cabal = cabals::cabal(tx.conn, cabal)?;
    tell_member(tx, member, &sentence(&cabal.name), &format!("/c/{}/lead", cabal.handle))
}

fn check_way(tx: &mut Tx<'_>, by: MemberId, naming: Naming) -> Result<(), ServiceError> {
    let Naming { cabal, nominee, way, .. } = naming;
    match way {
        Way::Vote => check_no_vote_is_open(tx, cabal)?,
        Way::Agreement if !is_lead(tx.conn, cabal, by)? => {
            return Err(ServiceError::Forbidden(
                "Only a lead can hand the lead over. Any member of the cabal can call a vote instead.".to_owned(),
            ));
        }
        Way::Agreement if is_lead(tx.conn, cabal, nominee)? => {
            return Err(Refusal::field("nominee", "They lead this cabal already. Please choose somebody else.").into());
        }
        Way::Agreement => {}
    }
    let pending = lead_nominations::list_pending_nominations(tx.conn, cabal)?;
    if pending.iter().any(|one| one.nominee_id == nominee && one.way == way) {
        let words = "They are named already and have not answered yet. Please wait for their word.";
        return Err(ServiceError::Conflict(Refusal::new("already_named", words)));
    }
    Ok(())
}

fn check_no_vote_is_open(tx: &mut Tx<'_>, cabal: CabalId) -> Result<(), ServiceError> {
    let pending = lead_nominations::list_pending_nominations(tx.conn, cabal)?;
    if pending.iter().all(|one| one.state != NominationState::Open) {
        return Ok(());
    }
    let words = "A vote on the lead of this cabal is open. Please wait until it has closed.";
    Err(ServiceError::Conflict(Refusal::new("lead_vote_open", words)))
}

/// The nominee accepts: by agreement they lead from now on; otherwise the vote opens.
///
/// # Errors
/// Forbidden to everybody else; refused without consent to have the name published; conflict when
/// it does not wait any more, or a vote is open, or the lead who hands over leads no longer.
pub fn accept(
    tx: &mut Tx<'_>,
    by: MemberId,
    id: NominationId,
    publish_name: bool,
) -> Result<Option<PollId>, ServiceError> {
    let nomination = waiting(tx, id)?;
    if nomination.nominee_id != by {
        return Err(ServiceError::Forbidden("Only the one who is named can accept.".to_owned()));
    }
    let cabal = nomination.cabal_id;
    check_is_in_cabal(tx, by, cabal)?;
    if nomination.way == Way::Vote {
        check_may_publish(publish_name)?;
        check_no_vote_is_open(tx, cabal)?;
        return put_to_the_vote(tx, &nomination).map(Some);
    }
    if !is_lead(tx.conn, cabal, nomination.called_by)? {
        let words = "Whoever named you does not lead any more. Any member of the cabal can call a vote.";
        return Err(ServiceError::Conflict(Refusal::new("not_a_lead", words)));
    }
    set_lead(tx, cabal, nomination.called_by, false)?;
    set_lead(tx, cabal, by, true)?;
    set_nomination_state(tx, id, NominationState::Accepted, None)?;
    let from = members::member(tx.conn, nomination.called_by)?.name;
    log_act(tx, cabal, by, "took the lead over from", &from)?;
    tell(tx, cabal, nomination.called_by, |cabal| format!("Whom you named has accepted, and leads {cabal} now."))?;
    Ok(None)
}

/// The nominee says no, or whoever named them takes it back.
///
/// # Errors
/// Forbidden to everybody else; conflict when it does not wait any more.
pub fn decline(tx: &mut Tx<'_>, by: MemberId, id: NominationId) -> Result<(), ServiceError> {
    let nomination = waiting(tx, id)?;
    if ![nomination.nominee_id, nomination.called_by].contains(&by) {
        return Err(ServiceError::Forbidden("Only the one who is named, or who named them, can end this.".to_owned()));
    }
    set_nomination_state(tx, id, NominationState::Declined, None)?;
    let act = if by == nomination.nominee_id { "declined to lead" } else { "took back whom they had named" };
    if by == nomination.nominee_id {
        tell(tx, nomination.cabal_id, nomination.called_by, |cabal| {
            format!("Whom you named does not wish to lead {cabal}.")
        })?;
    }
    Ok(log_act(tx, nomination.cabal_id, by, act, "")?)
}

/// The nomination while it waits, with its cabal held.
fn waiting(tx: &mut Tx<'_>, id: NominationId) -> Result<Nomination, ServiceError> {
    let cabal = found(lead_nominations::nomination(tx.conn, id), "nomination")?.cabal_id;
    hold_cabal(tx, cabal)?;
    let nomination = lead_nominations::nomination(tx.conn, id)?;
    if nomination.state == NominationState::Waiting {
        return Ok(nomination);
    }
    Err(ServiceError::Conflict(Refusal::new("not_waiting", "This was answered already, so it cannot be changed.")))
}

/// Opens the vote: the members of the cabal are its roll, the rule freezes, the cabal asks.
fn put_to_the_vote(tx: &mut Tx<'_>, nomination: &Nomination) -> Result<PollId, ServiceError> {
    let cabal = cabals::cabal(tx.conn, nomination.cabal_id)?;
    let nominee = members::member(tx.conn, nomination.nominee_id)?;
    let question = format!("Shall {} lead {}?", nominee.name, cabal.name);
    let new = NewVote {
        actor: cabal.id.into(),
        amendment: None,
        called_by: nomination.called_by,
        question: &question,
        decides: of_lead(tx.conn, tx.urls, nomination)?,
        roll: RollOf::Cabal(cabal.id),
        rule: LEAD_VOTE,
        opens_at: opening_moment(tx),
        length: LEAD_VOTE_LENGTH,
    };
    let words = |urls: &Urls, poll, frozen: &FrozenVote| ballot_words::lead_vote(&urls.poll(poll), frozen);
    let poll = open_vote(tx, new, words)?.poll;
    set_nomination_state(tx, nomination.id, NominationState::Open, Some(poll))?;
    cabals::note_published(tx, cabal.id)?;
    log_act(tx, cabal.id, nominee.id, "accepted, and the vote on the lead opened", &question)?;
    for other in cabals::list_cabal_members(tx.conn, cabal.id)? {
        let sentence = format!("The vote on who leads {} is open for 72 hours.", cabal.name);
        tell_member(tx, other.member_id, &sentence, &format!("/polls/{poll}"))?;
    }
    Ok(poll)
}
