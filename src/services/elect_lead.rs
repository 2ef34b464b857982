//! What the close of a vote does to the lead of a cabal; part of the transaction of
//! [`super::close_ballot`] (rule C3).

use super::ServiceError;
use super::decide_vote::{Effect, Verdict};
use super::hand_over_lead::tell;
use crate::db::cabals::log_act;
use crate::db::lead_nominations::{
    end_other_leads, find_nomination_of_poll, hold_cabal, set_lead, set_nomination_state,
};
use crate::db::polls::Poll;
use crate::db::{DbError, Tx};
use crate::domain::nomination::NominationState;
use crate::domain::outcome::Outcome;
use crate::domain::text::escape_html;

/// Makes the nominee lead if the vote is carried and they are still in the cabal.
///
/// # Errors
/// The store's fault.
pub(super) fn carry_out(tx: &mut Tx<'_>, poll: &Poll, verdict: Verdict) -> Result<Effect, ServiceError> {
    let Verdict { is_void, is_carried } = verdict;
    let nomination = find_nomination_of_poll(tx.conn, poll.id)?
        .ok_or_else(|| DbError::Broken(format!("{} has a roll and decides nothing", poll.id)))?;
    let (cabal, nominee) = (nomination.cabal_id, nomination.nominee_id);
    hold_cabal(tx, cabal)?;
    let leads = is_carried && set_lead(tx, cabal, nominee, true)?;
    let (state, act) = if leads {
        end_other_leads(tx, cabal, nominee)?;
        (NominationState::Elected, "was chosen to lead by the vote")
    } else {
        (NominationState::NotElected, "was not chosen to lead")
    };
    set_nomination_state(tx, nomination.id, state, Some(poll.id))?;
    log_act(tx, cabal, nominee, act, &poll.question)?;
    tell(tx, cabal, nominee, |cabal| match leads {
        true => format!("The vote has chosen you to lead {cabal}."),
        false => format!("The vote on whether you lead {cabal} is over, and the lead stays as it was."),
    })?;
    Ok(Effect {
        outcome: Outcome::of_lead(is_void, is_carried, leads),
        asked_html: format!("<strong>{}</strong>", escape_html(&poll.question)),
        version: None,
        objections: Vec::new(),
    })
}
