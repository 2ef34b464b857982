//! What people read about votes on their own servers: Questions, results, messages. Each text
//! stands alone and ends with a link to its page (F1).

use super::decide_amendment::Closed;
use super::elect_lead::Outcome;
use crate::clock::Stamp;
use crate::db::amendments::Amendment;
use crate::db::documents::Document;
use crate::db::polls::{Poll, PollToInsert};
use crate::db::results::PollResult;
use crate::domain::Urls;
use crate::domain::amendment::{Act, AmendmentState, Change};
use crate::domain::ballot::{Uncounted, VoteOutcome};
use crate::domain::document::Shelf;
use crate::domain::record::FrozenVote;
use crate::domain::tally::{Majority, Rule, Share, Tally, VoteBase};
use crate::domain::text::escape_html;
use crate::federation::outbound::documents::Mention;

/// A moment as people read it.
fn moment(stamp: Stamp) -> String {
    stamp.format("%-d %B %Y, %H:%M UTC").to_string()
}

fn link(url: &str, words: &str) -> String {
    let url = escape_html(url);
    format!("<a href=\"{url}\">{words}</a>")
}

/// Lines of text as paragraphs of HTML.
fn paragraphs(text: &str) -> String {
    citing_paragraphs(text, &Shelf::default())
}

/// Lines of text as paragraphs of HTML, with links to the clauses that they cite.
fn citing_paragraphs(text: &str, shelf: &Shelf) -> String {
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
pub(super) fn lead_vote(url: &str, poll: &PollToInsert<'_>, decides: Rule) -> String {
    format!(
        "{}<p>For, Against or Abstain until {}. The members of the cabal when this opened decide; {}. A lead helps the \
         work along and may do nothing that the others may not. The numbers appear when it closes. {}</p>",
        paragraphs(poll.question),
        moment(poll.closes_at),
        rule(decides),
        link(url, "About this vote")
    )
}

/// The Note that tells the result of a vote on who leads a cabal (C3).
pub(super) fn lead_result(url: &str, closed: &Closed<'_>, outcome: Outcome, uncounted: &[(Uncounted, u32)]) -> String {
    let outcome = match outcome {
        Outcome::Elected => "Yes, from now on",
        Outcome::NotCarried => "No, the lead stays as it was",
        Outcome::NomineeLeft => "The vote said yes, but its nominee has left the cabal, so the lead stays as it was",
    };
    let Tally { votes_for, against, abstain } = closed.tally;
    format!(
        "{}<p>{outcome}. For {votes_for}, against {against}, abstained {abstain}; {} could vote. The rule: {}.</p>{}<p>{}</p>",
        paragraphs(&closed.poll.question),
        closed.frozen.roll_size,
        rule(closed.frozen.rule),
        uncounted_words(uncounted),
        link(url, "The vote, and its ballots by receipt")
    )
}

/// Which clauses change: `, clauses 2.1, 4`. Each leads to the clause as it stood; a new one does
/// not stand yet.
fn clauses(changes: &[Change], shelf: &Shelf) -> String {
    let number = |change: &Change| match change.act {
        Act::Add(_) => escape_html(&change.number),
        _ => shelf.number_html(&change.number),
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
}

/// The Note that tells of a proposal.
pub(super) fn proposal(urls: &Urls, proposed: &Proposed<'_>) -> String {
    let Proposed { amendment, document, changes, shelf } = *proposed;
    let invitation = match amendment.state {
        AmendmentState::Withdrawn => "It was withdrawn by the member who proposed it.",
        _ => {
            "What do you think? Reply here. Members back it with a reply of the one word #back; once another member has \
             backed it, it can be put to the vote."
        }
    };
    format!(
        "<p>Proposed amendment of {}{}: <strong>{}</strong></p>{}<p>{invitation}</p><p>{}</p>",
        escape_html(&document.title),
        clauses(changes, shelf),
        shelf.html(&amendment.title),
        citing_paragraphs(&amendment.summary, shelf),
        link(&urls.amendment(amendment.id), "The change and the reasons")
    )
}

/// The Question of an amendment.
pub(super) fn ballot(urls: &Urls, proposed: &Proposed<'_>, frozen: &FrozenVote<'_>) -> String {
    let Proposed { amendment, document, changes, shelf } = *proposed;
    let clauses = clauses(changes, shelf);
    format!(
        "<p>Amendment of {}{clauses}: <strong>{}</strong></p>{}<p>For, Against or Abstain until {}. The votes of \
         everybody who was a member when this opened decide; {}. The numbers appear when it closes.</p><p>{}</p>",
        escape_html(&document.title),
        shelf.html(&amendment.title),
        citing_paragraphs(&amendment.summary, shelf),
        moment(frozen.closes_at),
        rule(frozen.rule),
        link(&urls.amendment(amendment.id), "The change, the reasons, and how votes are counted")
    )
}

fn rule(rule: Rule) -> String {
    let base = match (rule.majority, rule.base) {
        (Majority::TwoThirds, VoteBase::Cast) => "it takes two thirds of the votes for and against",
        (Majority::TwoThirds, VoteBase::Roll) => "it takes two thirds of all members",
        (Majority::Simple, VoteBase::Cast) => "it takes more votes for than against",
        (Majority::Simple, VoteBase::Roll) => "it takes more than half of all members",
    };
    match rule.quorum {
        0 => base.to_owned(),
        quorum => format!("{base}, and at least {quorum} ballots"),
    }
}

/// What the result Note says.
pub(super) struct ResultWords<'a> {
    /// What was decided.
    pub proposed: Proposed<'a>,
    /// The rule that decided.
    pub rule: Rule,
    /// Votes that did not count, by reason.
    pub uncounted: &'a [(Uncounted, u32)],
    /// Votes of supporters, when there are three or more.
    pub soundings: Option<Tally>,
    /// The head of the chain of the vote after its close.
    pub chain_head: &'a str,
}

/// The Note that tells a result: outcome, totals and the three shares, always (A9).
pub(super) fn result(urls: &Urls, words: &ResultWords<'_>, result: &PollResult) -> String {
    let outcome = match (result.is_carried, result.version_id.is_some()) {
        (true, true) => "Carried",
        (true, false) => "Carried, but the text was changed meanwhile, so it has to be proposed anew",
        (false, _) => "Not carried",
    };
    let Proposed { amendment, document, changes, shelf } = words.proposed;
    let Tally { votes_for, against, abstain } = result.tally;
    let mut html = format!(
        "<p>{outcome}: <strong>{}</strong> ({}{}).</p><p>For {votes_for}, against {against}, abstained {abstain}. For: {} \
         of the votes cast for and against, {} of all ballots with abstentions, {} of the {} members on the roll. The \
         rule: {}.</p>",
        shelf.html(&amendment.title),
        escape_html(&document.title),
        clauses(changes, shelf),
        share(result.tally.share_of_cast()),
        share(result.tally.share_with_abstentions()),
        share(result.tally.share_of_roll(u64::from(result.roll_size))),
        result.roll_size,
        rule(words.rule),
    );
    html.push_str(&uncounted_words(words.uncounted));
    if let Some(Tally { votes_for, against, abstain }) = words.soundings {
        html.push_str(&format!(
            "<p>Supporters who are not members said, apart from the result: {votes_for} for, {against} against, {abstain} abstained.</p>"
        ));
    }
    html.push_str(&format!(
        "<p>{}. SHA-256 of the record: {}. Head of the chain: {}</p>",
        link(&urls.minutes(result.poll_id), "The minutes"),
        result.record_sha256,
        words.chain_head
    ));
    html
}

/// How many votes did not count and why; nothing when there are none.
fn uncounted_words(uncounted: &[(Uncounted, u32)]) -> String {
    if uncounted.is_empty() {
        return String::new();
    }
    let reasons: Vec<String> =
        uncounted.iter().map(|(reason, total)| format!("{total} {}", reason_words(*reason))).collect();
    format!("<p>Votes that did not count: {}.</p>", reasons.join(", "))
}

fn share(share: Option<Share>) -> String {
    share.map_or_else(|| "no share".to_owned(), |share| share.to_string())
}

fn reason_words(reason: Uncounted) -> &'static str {
    match reason {
        Uncounted::Late => "too late",
        Uncounted::Early => "too early",
        Uncounted::OffRoll => "by people who were not on the roll at the opening",
        Uncounted::Duplicate => "repeated",
        Uncounted::UnknownOption => "for something that is not an option",
        Uncounted::OnHold => "through linked accounts that have to be confirmed",
    }
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
             as a sounding. Anybody may join, and then votes too. If you are a member, please link this account on your \
             account page and vote again; until the close your last vote counts."
                .to_owned(),
        ),
        VoteOutcome::Counted | VoteOutcome::Changed => return None,
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

fn why_not(poll: &Poll, reason: Uncounted) -> Option<String> {
    Some(match reason {
        // Whoever has the account now may be a stranger, and must not learn whose it was (J5).
        Uncounted::OnHold => return None,
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
            "thank you for voting. You joined after this vote opened, and its roll is frozen, so your \
                               vote could not be counted. The next one will be."
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
    let place = if poll.is_lead_vote() { "on the page of the vote" } else { "in the record that is published" };
    format!(
        "your vote has arrived here and counts. Your receipt is {code}: it finds your ballot {place} \
         after the close, so keep it to yourself. Your own server may show a vote before it has arrived, and \
         may keep it. Until {} you may change it: answer the question with the single word for, against or abstain, or \
         vote on the page; the last one counts. Who could see what, and when:",
        moment(poll.closes_at)
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
