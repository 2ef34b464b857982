//! What people read about votes on their own servers: Questions and messages; see `result_words` for
//! how they end. Each text stands alone and ends with a link to its page (F1).

use crate::clock::Stamp;
use crate::db::amendments::Amendment;
use crate::db::documents::Document;
use crate::db::polls::{Poll, PollToInsert};
use crate::domain::Urls;
use crate::domain::amendment::{Act, Change};
use crate::domain::ballot::{Uncounted, VoteOutcome};
use crate::domain::document::Shelf;
use crate::domain::record::FrozenVote;
use crate::domain::text::escape_html;
use crate::federation::outbound::documents::Mention;

/// A moment as people read it.
pub(super) fn moment(stamp: Stamp) -> String {
    stamp.format("%-d %B %Y, %H:%M UTC").to_string()
}

pub(super) fn link(url: &str, words: &str) -> String {
    let url = escape_html(url);
    format!("<a href=\"{url}\">{words}</a>")
}

/// Lines of text as paragraphs of HTML.
pub(super) fn paragraphs(text: &str) -> String {
    citing_paragraphs(text, &Shelf::default())
}

/// Lines of text as paragraphs of HTML, with links to the clauses that they cite.
pub(super) fn citing_paragraphs(text: &str, shelf: &Shelf) -> String {
    text.split('\n')
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| format!("<p>{}</p>", shelf.html(line)))
        .collect()
}

/// The Question of a cabal's advisory poll.
pub(super) fn advisory(url: &str, poll: &PollToInsert<'_>) -> String {
    let hidden = if poll.totals_hidden { " The numbers appear when it closes." } else { "" };
    format!(
        "{}<p>Open until {}.{hidden} {}</p>",
        paragraphs(poll.question),
        moment(poll.closes_at),
        link(url, "About this poll")
    )
}

/// The Question of a vote on who leads a cabal (C3).
pub(super) fn lead_vote(url: &str, frozen: &FrozenVote) -> String {
    format!(
        "{}<p>For, Against or Abstain until {}. The members of the cabal when this opened decide; it takes {}. Whoever is chosen takes the place of all who lead \
         it now. A lead helps the work along and may do nothing that the others may not. The numbers appear when it closes. {}</p>",
        paragraphs(&frozen.question),
        moment(frozen.closes_at),
        frozen.rule.words(),
        link(url, "About this vote")
    )
}

/// Which clauses change: `, clauses 2.1, 4`. Each leads to the clause as it stood when it was numbered; a new
/// one does not stand yet.
pub(super) fn clauses(changes: &[Change], numbers: &Shelf) -> String {
    let number = |change: &Change| match change.act {
        Act::Add(_) => escape_html(&change.number),
        _ => numbers.number_html(&change.number),
    };
    let numbers: Vec<String> = changes.iter().filter(|change| !change.number.is_empty()).map(number).collect();
    match numbers.as_slice() {
        [] => String::new(),
        [one] => format!(", clause {one}"),
        many => format!(", clauses {}", many.join(", ")),
    }
}

/// What is voted on, and what its words may cite.
#[derive(Clone, Copy)]
pub(super) struct Proposed<'a> {
    /// The amendment.
    pub amendment: &'a Amendment,
    /// Its document.
    pub document: &'a Document,
    /// What it changes.
    pub changes: &'a [Change],
    /// The documents as they stood when it was written.
    pub shelf: &'a Shelf,
    /// The documents as they stood when the clauses that it changes got the numbers by which it names them.
    pub numbers: &'a Shelf,
}

/// The Question of an amendment.
pub(super) fn ballot(urls: &Urls, proposed: &Proposed<'_>, frozen: &FrozenVote) -> String {
    let Proposed { amendment, document, changes, shelf, numbers } = *proposed;
    let clauses = clauses(changes, numbers);
    format!(
        "<p>Amendment of {}{clauses}: <strong>{}</strong></p>{}<p>For, Against or Abstain until {}. The votes of \
         everybody who was a member when this opened decide; it takes {}. The numbers appear when it closes.</p><p>{}</p>",
        escape_html(&document.title),
        shelf.html(&amendment.title),
        citing_paragraphs(&amendment.summary, shelf),
        moment(frozen.closes_at),
        frozen.rule.words(),
        link(&urls.amendment(amendment.id), "The change, the reasons, and how votes are counted")
    )
}

/// What a voter is told once.
pub(super) struct Notice {
    /// Under which it is noted that they were told.
    pub kind: &'static str,
    /// The message.
    pub sentence: String,
}

/// The message to the sender of a vote that is no ballot; `None` when there is nothing to say.
pub(super) fn notice(poll: &Poll, outcome: VoteOutcome) -> Option<Notice> {
    let (kind, sentence) = match outcome {
        VoteOutcome::Sounding => (
            "sounding",
            "thank you for your view. This vote is decided by the members of the community, so yours is counted apart, \
             among those of all supporters. Anybody may join, and then votes too. If you are a member, please link this \
             account on your account page and vote again; until the close your last vote counts."
                .to_owned(),
        ),
        VoteOutcome::Counted | VoteOutcome::Changed | VoteOutcome::Repeated => return None,
        VoteOutcome::Unchanged | VoteOutcome::Uncounted(_) => {
            let reason = outcome.why_uncounted()?;
            (reason.as_str(), why_not(poll, reason)?)
        }
    };
    Some(Notice { kind, sentence })
}

/// The message to whoever edits a reply to a choice.
pub(super) fn edited() -> Notice {
    let sentence = "you edited a reply. An edit changes no vote; please answer the question anew with the single word for, \
                    against or abstain.";
    Notice { kind: "edited", sentence: sentence.to_owned() }
}

/// The message to whoever has a ballot and replies to the vote in their own words.
pub(super) fn remarked() -> Notice {
    let sentence = "your reply is taken as a remark on the vote, and not as your vote. To vote, please choose in the poll, \
                    or reply with the single word for, against or abstain.";
    Notice { kind: "remarked", sentence: sentence.to_owned() }
}

fn why_not(poll: &Poll, reason: Uncounted) -> Option<String> {
    Some(match reason {
        // Whoever has the account now may be a stranger, and must not learn whose it was (J5).
        Uncounted::OnHold | Uncounted::Failed => return None,
        Uncounted::Late => format!(
            "thank you for voting. Your vote reached us after the close at {}, so it could not be counted, even if your \
             server shows it.",
            moment(poll.closes_at)
        ),
        Uncounted::Early => "thank you for voting. This vote is not open yet; please vote again once it is.".to_owned(),
        Uncounted::OffRoll if poll.is_lead_vote() => {
            "thank you for voting. Only those who were in the cabal when this vote opened choose who leads it, so your \
             vote could not be counted. If you are one of them, please link this account on your account page and vote \
             again; until the close your last vote counts."
                .to_owned()
        }
        Uncounted::OffRoll => {
            "thank you for voting. You joined after this vote opened, and who may vote is settled at the opening, so \
             your vote could not be counted. The next one will be."
                .to_owned()
        }
        Uncounted::Duplicate if poll.has_roll() => format!(
            "your vote had been counted before, so this one changed nothing. Until {} you may change it; the last one counts.",
            moment(poll.closes_at)
        ),
        Uncounted::Duplicate => {
            "you voted in this poll before, and the first ballot of everybody stands. Your later vote \
                                 changed nothing, even if your server shows it."
                .to_owned()
        }
        Uncounted::UnknownOption => {
            let options: Vec<&str> = poll.options.iter().map(|option| option.name.as_str()).collect();
            format!(
                "thank you for voting. What you sent is none of the options, so it could not be counted. The options are: {}.",
                options.join(", ")
            )
        }
    })
}

/// What a voter from elsewhere is told with their receipt. Their choice is not in it.
pub(super) fn receipt(poll: &Poll, code: &str) -> String {
    format!(
        "your vote has arrived here and counts. Your receipt is {code}: it finds your ballot in the record that is published \
         after the close, so keep it to yourself. Your own server may show a vote before it has arrived, and \
         may keep it. Until {} you may change it: answer the question with the single word for, against or abstain, or \
         vote on the page; the last one counts. Who could see what, and when:",
        moment(poll.closes_at)
    )
}

/// What a member reads on their page here when the first vote of theirs comes from elsewhere.
pub(super) fn arrived(poll: &Poll) -> String {
    format!(
        "A vote that came from an account of yours on another server counts in “{}”. If you did not send it, please vote \
         on its page: until the end your last vote counts.",
        poll.question
    )
}

/// A direct message to one person, about one of our Questions or pages.
pub(super) fn direct(to: &Mention, profile: &str, sentence: &str, about: &str) -> String {
    format!(
        "<p><a href=\"{}\" class=\"u-url mention\">{}</a> {}</p><p>{}</p>",
        escape_html(profile),
        escape_html(&to.name),
        escape_html(sentence),
        link(about, &escape_html(about))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_of_others_are_never_markup() {
        let mention = Mention { href: "https://a.example/u".to_owned(), name: "@<b>@a.example".to_owned() };

        let html = direct(&mention, "https://a.example/\"><script>", "a < b", "https://x.example/?a&b");

        assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
        assert!(html.contains("a &lt; b") && html.contains("?a&amp;b"), "{html}");
    }

    #[test]
    fn lines_become_paragraphs() {
        assert_eq!(paragraphs("one <\n\n two "), "<p>one &lt;</p><p>two</p>");
    }
}
