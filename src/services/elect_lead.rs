//! Decide who leads a cabal when the vote on it closes; part of the transaction of
//! [`super::close_ballot`] (rule C3).

use super::decide_amendment::Closed;
use super::{ServiceError, ballot_words};
use crate::db::cabals::log_act;
use crate::db::lead_nominations::{
    end_other_leads, find_nomination_of_poll, hold_cabal, set_lead, set_nomination_state,
};
use crate::db::local_actors::actor;
use crate::db::posts::PostKind;
use crate::db::{DbError, Tx, ballots};
use crate::domain::nomination::NominationState;
use crate::domain::visibility::Visibility;
use crate::federation::outbound::documents::{Extra, NoteParts, note};
use crate::federation::outbound::publish::{NewPost, publish};
use crate::ids::PostId;

/// What came of a vote on the lead of a cabal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The nominee leads now.
    Elected,
    /// Not more for than against.
    NotCarried,
    /// Carried, but the nominee has left the cabal meanwhile, so nothing changes.
    NomineeLeft,
}

/// Makes the nominee lead if the vote is carried and they are still in the cabal, and tells the
/// result.
///
/// # Errors
/// The store's fault.
pub(super) fn elect_lead(tx: &mut Tx<'_>, closed: &Closed<'_>) -> Result<(), ServiceError> {
    let nomination = find_nomination_of_poll(tx.conn, closed.poll.id)?
        .ok_or_else(|| DbError::Broken(format!("{} has a roll and decides nothing", closed.poll.id)))?;
    let (cabal, nominee) = (nomination.cabal_id, nomination.nominee_id);
    hold_cabal(tx, cabal)?;
    let is_carried = closed.tally.is_carried(closed.frozen.rule, u64::from(closed.frozen.roll_size));
    let outcome = match is_carried {
        false => Outcome::NotCarried,
        true if set_lead(tx, cabal, nominee, true)? => Outcome::Elected,
        true => Outcome::NomineeLeft,
    };
    let (state, act) = match outcome {
        Outcome::Elected => (NominationState::Elected, "was chosen to lead by the vote"),
        Outcome::NotCarried | Outcome::NomineeLeft => (NominationState::NotElected, "was not chosen to lead"),
    };
    if outcome == Outcome::Elected {
        end_other_leads(tx, cabal, nominee)?;
    }
    set_nomination_state(tx, nomination.id, state, Some(closed.poll.id))?;
    log_act(tx, cabal, nominee, act, &closed.poll.question)?;
    tell(tx, closed, outcome)
}

/// Publishes the result as a reply to the Question.
fn tell(tx: &mut Tx<'_>, closed: &Closed<'_>, outcome: Outcome) -> Result<(), ServiceError> {
    let author = actor(tx.conn, closed.poll.actor_id)?;
    let id = PostId::from_uuid(tx.next_id());
    let (url, question) = (tx.urls.note(id), tx.urls.poll(closed.poll.id));
    let uncounted = ballots::list_uncounted(tx.conn, closed.poll.id)?;
    let content = ballot_words::lead_result(&question, closed, outcome, &uncounted);
    let parts = NoteParts {
        id: &url,
        author: &author.url(tx.urls),
        content_html: &content,
        language: "en",
        published: tx.now,
        updated: None,
        in_reply_to: Some(&question),
        visibility: Visibility::Public,
        mentions: Vec::new(),
        hashtags: Vec::new(),
        extra: Extra::default(),
    };
    let post = NewPost {
        id,
        actor_id: author.id,
        kind: PostKind::Result,
        visibility: Visibility::Public,
        in_reply_to: Some(question.clone()),
        object: note(&parts, tx.urls),
        is_pinned: false,
    };
    publish(tx, post, &closed.audience)?;
    Ok(())
}
