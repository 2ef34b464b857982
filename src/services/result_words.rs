//! What people read on their own servers when a vote has closed: outcome, totals, the three shares and
//! the way to the proof, whatever was decided (A8, A9).

use super::ballot_words::link;
use crate::db::results::PollResult;
use crate::domain::Urls;
use crate::domain::ballot::Uncounted;
use crate::domain::outcome::Outcome;
use crate::domain::record::Fault;
use crate::domain::tally::{Rule, Share, Tally};
use crate::domain::text::escape_html;

/// What the result Note says.
pub(super) struct ResultWords<'a> {
    /// What came of it.
    pub outcome: Outcome,
    /// What was put to the vote, as HTML.
    pub asked_html: &'a str,
    /// The rule that decided.
    pub rule: Rule,
    /// Votes that did not count, by reason.
    pub uncounted: &'a [(Uncounted, u32)],
    /// Votes of supporters, when there are three or more.
    pub soundings: Option<Tally>,
    /// What did not hold.
    pub faults: &'a [Fault],
    /// The head of the chain of the vote after its close.
    pub chain_head: &'a str,
}

/// The Note that tells a result.
pub(super) fn result(urls: &Urls, words: &ResultWords<'_>, result: &PollResult) -> String {
    let faults: Vec<&str> = words.faults.iter().map(|fault| fault.sentence()).collect();
    let why = if faults.is_empty() {
        String::new()
    } else {
        format!("<p>{} So nothing is decided, and it may be put to the vote again.</p>", faults.join(" "))
    };
    let mut html = format!(
        "<p>{}: {}.</p>{why}<p>{} The rule: it takes {}.</p>",
        escape_html(words.outcome.words()),
        words.asked_html,
        numbers(result),
        words.rule.words(),
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

/// The totals and the three shares, in two sentences of plain text.
pub fn numbers(result: &PollResult) -> String {
    let Tally { votes_for, against, abstain } = result.tally;
    format!(
        "For {votes_for}, against {against}, abstained {abstain}. For: {} of the votes cast for and against, {} of all \
         ballots with abstentions, {} of the {} members who could vote.",
        share(result.tally.share_of_cast()),
        share(result.tally.share_with_abstentions()),
        share(result.tally.share_of_roll(u64::from(result.roll_size))),
        result.roll_size,
    )
}

/// How many votes did not count and why; nothing when there are none.
fn uncounted_words(uncounted: &[(Uncounted, u32)]) -> String {
    if uncounted.is_empty() {
        return String::new();
    }
    let reasons: Vec<String> = uncounted.iter().map(|(reason, total)| format!("{total} {}", reason.words())).collect();
    format!("<p>Votes that did not count: {}.</p>", reasons.join(", "))
}

fn share(share: Option<Share>) -> String {
    share.map_or_else(|| "no share".to_owned(), |share| share.to_string())
}
