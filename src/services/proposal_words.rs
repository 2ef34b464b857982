//! What the community's Note of a proposal says, for every place where the proposal may stand. It says
//! nothing that changes without a change of state, so that followers are not told of every backing.

use super::ballot_words::{Proposed, citing_paragraphs, clauses, link, moment};
use crate::clock::Stamp;
use crate::db::amendments::Amendment;
use crate::domain::Urls;
use crate::domain::amendment::AmendmentState;
use crate::domain::text::escape_html;

/// The Note of a proposal as it stands at `now`.
pub(super) fn proposal(urls: &Urls, proposed: &Proposed<'_>, now: Stamp) -> String {
    let Proposed { amendment, document, changes, shelf, numbers } = *proposed;
    format!(
        "<p>Proposed amendment of {}{}: <strong>{}</strong></p>{}<p>{}</p><p>{}</p>",
        escape_html(&document.title),
        clauses(changes, numbers),
        shelf.html(&amendment.title),
        citing_paragraphs(&amendment.summary, shelf),
        where_it_stands(urls, amendment, now),
        link(&urls.amendment(amendment.id), "The change and the reasons")
    )
}

fn where_it_stands(urls: &Urls, amendment: &Amendment, now: Stamp) -> String {
    let minutes = || amendment.poll_id.map(|poll| link(&urls.minutes(poll), "The minutes")).unwrap_or_default();
    match amendment.state_at(now) {
        AmendmentState::Draft | AmendmentState::SeekingBacking => {
            "What do you think? Reply here. Members back it with a reply of the one word #back; once another member has \
             backed it, it can be put to the vote."
                .to_owned()
        }
        AmendmentState::Backed => {
            "It is backed, so it can be put to the vote. What do you think? Reply here. Members may back it too with a \
             reply of the one word #back."
                .to_owned()
        }
        AmendmentState::Announced => {
            let opens = amendment.opens_at.map(|at| format!(" on {}", moment(at))).unwrap_or_default();
            format!("It is backed, and its vote opens{opens}, for one week. What do you think? Reply here.")
        }
        AmendmentState::Open => {
            let question = amendment.poll_id.map(|poll| link(&urls.poll(poll), "Here is the vote")).unwrap_or_default();
            format!("It is put to the vote, for one week. {question}.")
        }
        AmendmentState::Carried => format!("It was put to the vote and carried. {}.", minutes()),
        AmendmentState::Lost => format!("It was put to the vote and not carried. {}.", minutes()),
        AmendmentState::Lapsed => "It lapsed: its time to be backed and put to the vote is over.".to_owned(),
        AmendmentState::Withdrawn => "It was withdrawn.".to_owned(),
        AmendmentState::InConflict => {
            "A vote has changed the text that it starts from. Its proposer may edit it; then members back it anew.".to_owned()
        }
    }
}
