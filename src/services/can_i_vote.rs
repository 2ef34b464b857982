//! Can I vote? For the person who asks, and for a fediverse handle of theirs. Of somebody else's
//! handle nothing is told: who is a member is nobody's business (J5).

use super::ServiceError;
use super::given_password::{self, is_given_during, list_own_accounts};
use crate::clock::Stamp;
use crate::db::amendments;
use crate::db::linked_actors::{LinkedActor, list_linked_actors};
use crate::db::remote_actors::find_remote_actor;
use crate::db::roll::is_on_roll;
use crate::db::{AnyConnection, ballots, polls};
use crate::ids::{AmendmentId, MemberId};

/// Where somebody stands with a vote on an amendment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not signed in: nothing is known of them.
    Unknown,
    /// The same, before the opening.
    UnknownYet,
    /// The vote is not open yet; whoever is a member when it opens may vote.
    WhenItOpens,
    /// On the roll, and the vote is open.
    Yes,
    /// The same, with a ballot that may still be changed.
    Voted,
    /// They became a member after the opening.
    JoinedLater,
    /// On the roll, but whoever is signed in may be a steward (V-54).
    PasswordGiven,
    /// The vote is over.
    Over,
    /// The amendment is not put to a vote: it was withdrawn, or it lapsed.
    NoVote,
}

impl Standing {
    /// As the API sends it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown | Self::UnknownYet => "unknown",
            Self::WhenItOpens => "when_it_opens",
            Self::Yes => "yes",
            Self::Voted => "voted",
            Self::JoinedLater => "joined_later",
            Self::PasswordGiven => "password_given",
            Self::Over => "over",
            Self::NoVote => "no_vote",
        }
    }

    /// What it means, in a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Unknown => "Please sign in: only then can we tell whether you were a member when the vote opened.",
            Self::UnknownYet => {
                "The vote is not open yet. Whoever is a member when it opens may vote, also if they join before that. Please \
                 sign in to see where you stand."
            }
            Self::WhenItOpens => "The vote is not open yet. You may vote if you are still a member when it opens.",
            Self::Yes => "Yes. You were a member when this vote opened, so your vote counts.",
            Self::Voted => "Yes, and you have voted. You may change your vote until the end; the last one counts.",
            Self::JoinedLater => {
                "Not in this one: you became a member after it opened, and the list of those who may vote was fixed then. The next one is yours too."
            }
            Self::PasswordGiven => given_password::SENTENCE,
            Self::Over => "No: this vote is over.",
            Self::NoVote => "No: this amendment is not put to a vote.",
        }
    }
}

/// Where a member stands with the vote on an amendment.
///
/// # Errors
/// Not found for an unknown amendment.
pub fn can_i_vote(
    conn: &mut AnyConnection,
    id: AmendmentId,
    member: Option<MemberId>,
    now: Stamp,
) -> Result<Standing, ServiceError> {
    use crate::domain::amendment::AmendmentState as State;
    let amendment = amendments::find_amendment_for(conn, id, member)?.ok_or(ServiceError::NotFound("amendment"))?;
    let is_before = State::UNDECIDED.contains(&amendment.state_at(now));
    let Some(poll) = amendment.poll_id else {
        return Ok(match (is_before, member) {
            (false, _) => Standing::NoVote,
            (true, None) => Standing::UnknownYet,
            (true, Some(_)) => Standing::WhenItOpens,
        });
    };
    let poll = polls::poll(conn, poll)?;
    if !poll.is_open(now) {
        return Ok(Standing::Over);
    }
    let Some(member) = member else { return Ok(Standing::Unknown) };
    if !is_on_roll(conn, poll.id, member)? {
        return Ok(Standing::JoinedLater);
    }
    if is_given_during(conn, &poll, member)? {
        return Ok(Standing::PasswordGiven);
    }
    Ok(if ballots::has_voted(conn, poll.id, member)? { Standing::Voted } else { Standing::Yes })
}

/// Whether votes from this handle on an amendment count as this member's at present. `false` also for handles
/// that belong to others, and for links that are on hold, blocked or made when a steward could have (V-54).
///
/// # Errors
/// Not found for an unknown amendment.
pub fn is_my_handle(
    conn: &mut AnyConnection,
    id: AmendmentId,
    (member, handle): (MemberId, &str),
) -> Result<bool, ServiceError> {
    let found = amendments::find_amendment_for(conn, id, Some(member))?;
    let links = match found.ok_or(ServiceError::NotFound("amendment"))?.poll_id {
        Some(poll) => {
            let poll = polls::poll(conn, poll)?;
            list_own_accounts(conn, &poll, member)?
        }
        None => list_linked_actors(conn, member)?,
    };
    let bare = |text: &str| text.trim().trim_start_matches('@').to_lowercase();
    for link in links.into_iter().filter(LinkedActor::is_in_force) {
        let actor = find_remote_actor(conn, &link.actor_url)?;
        if link.actor_url == handle.trim() || actor.is_some_and(|actor| bare(&actor.handle()) == bare(handle)) {
            return Ok(true);
        }
    }
    Ok(false)
}
