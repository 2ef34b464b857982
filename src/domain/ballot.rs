//! May this vote count, and as what (rules A6, A7, A10, A11).

/// Why a vote changes nothing (A11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Uncounted {
    /// Received at or after the close.
    Late,
    /// Received before the opening.
    Early,
    /// By a member who was not on the roll at the opening.
    OffRoll,
    /// By somebody whose ballot stands already.
    Duplicate,
    /// For something that is not an option.
    UnknownOption,
}

/// What became of a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoteOutcome {
    /// A new ballot.
    Counted,
    /// The voter's ballot was replaced (amendments), or an option was added to it (several choices).
    Changed,
    /// The voter's ballot said so already.
    Unchanged,
    /// By a supporter: kept apart from the tally (A10).
    Sounding,
    /// Changes nothing (A11).
    Uncounted(Uncounted),
}

/// The word of a reply that is a ballot: exactly one of for, against, abstain after any mentions
/// at its beginning, in any case (A7). `plain` is the reply without its HTML.
pub fn reply_word(plain: &str) -> Option<&'static str> {
    let mut words = plain.split_whitespace().skip_while(|word| word.starts_with('@'));
    let word = words.next()?;
    if words.next().is_some() {
        return None;
    }
    ["For", "Against", "Abstain"].into_iter().find(|option| option.eq_ignore_ascii_case(word))
}
