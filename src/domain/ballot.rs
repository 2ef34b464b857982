//! May this vote count, and as what (rules A6, A7, A10, A11).

use unicode_normalization::UnicodeNormalization as _;

/// Why a vote changes nothing (A11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Uncounted {
    /// Received at or after the close.
    Late,
    /// Received before the opening.
    Early,
    /// By a member who was not on the roll at the opening.
    OffRoll,
    /// By somebody whose ballot stands already, and says the same or was cast later.
    Duplicate,
    /// For something that is not an option.
    UnknownOption,
    /// Through a linked account whose member has to confirm it first (AC-16), or that was linked after a
    /// steward gave them a password during the vote (V-54).
    OnHold,
    /// This server failed at it, again and again.
    Failed,
}

impl Uncounted {
    /// Every reason, in the order of the minutes.
    pub const ALL: [Self; 7] =
        [Self::Late, Self::Early, Self::OffRoll, Self::Duplicate, Self::UnknownOption, Self::OnHold, Self::Failed];

    /// As it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Early => "early",
            Self::OffRoll => "off_roll",
            Self::Duplicate => "duplicate",
            Self::UnknownOption => "unknown_option",
            Self::OnHold => "on_hold",
            Self::Failed => "failed",
        }
    }

    /// Which votes they are, after their number.
    pub fn words(self) -> &'static str {
        match self {
            Self::Late => "too late",
            Self::Early => "too early",
            Self::OffRoll => "by people who were not on the roll at the opening",
            Self::Duplicate => "repeated, or older than the ballot that stands",
            Self::UnknownOption => "for something that is no option",
            Self::OnHold => "through linked accounts that had to be confirmed",
            Self::Failed => "that this server failed to read",
        }
    }

    /// Reads what was stored.
    pub fn stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
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
    /// One vote too many of somebody without a ballot that it could change; there is nothing to tell them.
    Repeated,
    /// Changes nothing (A11).
    Uncounted(Uncounted),
}

impl VoteOutcome {
    /// Under which reason the minutes count a vote that changed nothing (A11); none for ballots and
    /// soundings.
    pub fn why_uncounted(self) -> Option<Uncounted> {
        match self {
            Self::Uncounted(reason) => Some(reason),
            Self::Unchanged | Self::Repeated => Some(Uncounted::Duplicate),
            Self::Counted | Self::Changed | Self::Sounding => None,
        }
    }
}

/// How the ballots of a poll are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// That of a vote with a roll: one choice, and the last ballot before the close counts (A6, C3).
    LastCounts,
    /// An advisory poll's: one choice, and the first ballot stands.
    FirstStands,
    /// An advisory poll's with several choices: options come one by one and add up.
    ChoicesAddUp,
}

/// What to do with a vote of somebody who may vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Make this choice the voter's ballot.
    Set(Choices),
    /// It says what the ballot says already.
    Keep,
    /// The ballot stands; this vote is one too many.
    Refuse,
}

impl Manner {
    /// What a vote does to the ballot that the voter may have.
    pub fn decide(self, standing: Option<Choices>, vote: Choices) -> Decision {
        match (self, standing) {
            (_, None) => Decision::Set(vote),
            (Self::FirstStands, Some(_)) => Decision::Refuse,
            (Self::LastCounts, Some(standing)) if standing == vote => Decision::Keep,
            (Self::LastCounts, Some(_)) => Decision::Set(vote),
            (Self::ChoicesAddUp, Some(standing)) if standing.with(vote) == standing => Decision::Refuse,
            (Self::ChoicesAddUp, Some(standing)) => Decision::Set(standing.with(vote)),
        }
    }
}

/// The positions of the chosen options, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choices(i32);

impl Choices {
    /// The option at this position; options have the positions 0 to 3.
    pub fn one(position: u32) -> Option<Self> {
        (position < 4).then(|| Self(1 << position))
    }

    /// The options at these positions, at least one.
    pub fn of(positions: &[u32]) -> Option<Self> {
        positions.iter().map(|&position| Self::one(position)).reduce(|all, one| Some(all?.with(one?))).flatten()
    }

    /// Both sets together.
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Wraps the stored bits.
    pub fn stored(bits: i32) -> Self {
        Self(bits)
    }

    /// The bits to store.
    pub fn bits(self) -> i32 {
        self.0
    }

    /// Whether the option at this position was chosen.
    pub fn has(self, position: u32) -> bool {
        Self::one(position).is_some_and(|one| self.0 & one.0 != 0)
    }

    /// The chosen positions, ascending.
    pub fn positions(self) -> Vec<u32> {
        (0..4).filter(|&position| self.has(position)).collect()
    }
}

/// The total of each option, from how many ballots say what.
pub fn totals(counted: &[(Choices, u32)], options: usize) -> Vec<u32> {
    (0..)
        .take(options)
        .map(|position| counted.iter().filter(|(choices, _)| choices.has(position)).map(|(_, total)| total).sum())
        .collect()
}

/// The position of the option that a vote from elsewhere names: the published words after undoing
/// HTML escapes, normalising to NFC and trimming blanks; if none fits, the same in another case.
/// Nothing else is guessed.
pub fn find_option<'a>(options: impl Iterator<Item = &'a str> + Clone, sent: &str) -> Option<u32> {
    let sent: String = unescape(sent).nfc().collect();
    let sent = sent.trim_matches([' ', '\t', '\r', '\n']);
    let place =
        |fits: &dyn Fn(&str) -> bool| options.clone().position(fits).and_then(|place| u32::try_from(place).ok());
    if sent.is_empty() {
        return None;
    }
    place(&|name| name == sent).or_else(|| place(&|name| name.to_lowercase() == sent.to_lowercase()))
}

/// Undoes the escapes that programs put into option names.
fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

/// The word of a reply that is a ballot: exactly one of for, against, abstain after any mentions
/// at its beginning, in any case, whatever marks and emoji stand around it (A7). `plain` is the
/// reply without its HTML.
pub fn reply_word(plain: &str) -> Option<&'static str> {
    let words = plain.split_whitespace().skip_while(|word| word.starts_with('@'));
    // Whoever asks does not vote.
    let is_mark = |c: char| !c.is_alphanumeric() && c != '?';
    let mut words = words.map(|word| word.trim_matches(is_mark)).filter(|word| !word.is_empty());
    let word = words.next()?;
    if words.next().is_some() {
        return None;
    }
    super::poll::BALLOT_OPTIONS.into_iter().find(|option| option.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_are_compared_with_the_published_words_and_nothing_is_guessed() {
        let options = ["Yes", "Caf\u{e9}", "Don't know"];
        for (sent, position) in [
            ("Yes", Some(0)),
            (" Yes\n", Some(0)),
            ("yes", Some(0)),
            ("YES", Some(0)),
            ("Cafe\u{301}", Some(1)),
            ("CAF\u{c9}", Some(1)),
            ("Don&#39;t know", Some(2)),
            ("Don&apos;t know", Some(2)),
            ("", None),
            (" ", None),
            ("0", None),
            ("1", None),
            ("Yes\u{200b}", None),
            ("Yes&nbsp;", None),
            ("Yes\u{a0}", None),
            ("&lt;", None),
            ("Ye", None),
            ("Yes!", None),
            ("Cafe", None),
            ("Yes No", None),
            ("\u{2C}Yes", None),
        ] {
            assert_eq!(find_option(options.into_iter(), sent), position, "{sent:?}");
        }
    }

    #[test]
    fn a_name_in_its_own_case_goes_before_one_in_another() {
        assert_eq!(find_option(["a\u{df}", "A"].into_iter(), "A"), Some(1));
    }

    #[test]
    fn a_reply_is_a_ballot_only_as_a_single_word() {
        for (reply, word) in [
            ("For", Some("For")),
            ("@desk@caucus.example against", Some("Against")),
            ("@desk @other  ABSTAIN \n", Some("Abstain")),
            ("for sure", None),
            ("for.", Some("For")),
            ("\u{201c}Against!\u{201d} \u{1f44e}", Some("Against")),
            ("for/against", None),
            ("for?no", None),
            ("Against?", None),
            ("for ?", None),
            ("\u{1f44d}", None),
            ("...", None),
            ("I am for", None),
            ("for against", None),
            ("forth", None),
            ("yes", None),
            ("@for", None),
            ("", None),
        ] {
            assert_eq!(reply_word(reply), word, "{reply:?}");
        }
    }

    #[test]
    fn the_manner_of_a_poll_decides_which_ballot_counts() {
        let (a, b) = (Choices::one(0).unwrap(), Choices::one(1).unwrap());
        for (manner, standing, vote, decision) in [
            (Manner::LastCounts, None, a, Decision::Set(a)),
            (Manner::LastCounts, Some(a), b, Decision::Set(b)),
            (Manner::LastCounts, Some(a), a, Decision::Keep),
            (Manner::FirstStands, None, a, Decision::Set(a)),
            (Manner::FirstStands, Some(a), b, Decision::Refuse),
            (Manner::FirstStands, Some(a), a, Decision::Refuse),
            (Manner::ChoicesAddUp, None, a, Decision::Set(a)),
            (Manner::ChoicesAddUp, Some(a), b, Decision::Set(a.with(b))),
            (Manner::ChoicesAddUp, Some(a.with(b)), b, Decision::Refuse),
        ] {
            assert_eq!(manner.decide(standing, vote), decision, "{manner:?} {standing:?} {vote:?}");
        }
    }

    #[test]
    fn choices_are_a_set_of_positions() {
        assert_eq!(Choices::of(&[2, 0, 0]).unwrap().positions(), [0, 2]);
        assert_eq!(Choices::of(&[]), None);
        assert_eq!(Choices::of(&[0, 4]), None);
        assert_eq!(Choices::of(&[4, 0]), None);
        assert_eq!(Choices::of(&[u32::MAX]), None);
    }
}
