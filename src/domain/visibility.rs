//! Who a published text is meant for, as the fediverse tells it (fediverse.md 5.2, 5.4).

use std::fmt;

/// The address that stands for everybody.
pub const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// Who may read a text, from the widest circle to the narrowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Everybody, and shown on public time lines.
    Public,
    /// Everybody who has the address; not on public time lines.
    Unlisted,
    /// The writer's followers and those addressed.
    Followers,
    /// Only those addressed.
    Direct,
}

impl Visibility {
    /// Judges by the public address alone: a followers collection of a cabal among the
    /// addressees does not mean that the writer wanted publication (fediverse.md 5.4).
    pub fn of<'a>(
        author_url: &str,
        to: impl IntoIterator<Item = &'a str>,
        cc: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let (mut in_to, mut in_cc, mut to_followers) = (false, false, false);
        for address in to {
            in_to |= is_public(address);
            to_followers |= is_followers_of(author_url, address);
        }
        for address in cc {
            in_cc |= is_public(address);
            to_followers |= is_followers_of(author_url, address);
        }
        match (in_to, in_cc, to_followers) {
            (true, _, _) => Self::Public,
            (_, true, _) => Self::Unlisted,
            (_, _, true) => Self::Followers,
            _ => Self::Direct,
        }
    }

    /// The visibility of our answer to a text: that of the text or narrower. What is answered
    /// in public stays off the public time lines; what is answered in private stays private.
    pub fn of_answer(self) -> Self {
        match self {
            Self::Public | Self::Unlisted => Self::Unlisted,
            Self::Followers | Self::Direct => Self::Direct,
        }
    }

    /// True when anybody may read the text (PV-1).
    pub fn is_for_everybody(self) -> bool {
        matches!(self, Self::Public | Self::Unlisted)
    }

    /// The word that is stored and shown in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Followers => "followers",
            Self::Direct => "direct",
        }
    }

    /// Reads the stored word; whatever is unknown is treated as private.
    pub fn from_stored(word: &str) -> Self {
        match word {
            "public" => Self::Public,
            "unlisted" => Self::Unlisted,
            "followers" => Self::Followers,
            _ => Self::Direct,
        }
    }
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// True for the public address in each of its spellings.
pub fn is_public(address: &str) -> bool {
    matches!(address, PUBLIC | "as:Public" | "Public")
}

/// A followers collection has no standard address; every known program puts it below the actor
/// or elsewhere on the actor's host, ending in `followers`.
fn is_followers_of(author_url: &str, address: &str) -> bool {
    let origin = |url: &str| url::Url::parse(url).ok().map(|u| u.origin());
    address.ends_with("/followers") && origin(author_url).is_some_and(|ours| origin(address) == Some(ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: &str = "https://masto.example/users/ada";
    const CABAL: &str = "https://caucus.example/c/search";
    const CABAL_FOLLOWERS: &str = "https://caucus.example/c/search/followers";

    #[test]
    fn replies_as_they_come_from_other_servers_are_judged_by_the_public_address() {
        let theirs = format!("{ADA}/followers");
        let cases: [(&[&str], &[&str], Visibility); 6] = [
            (&[PUBLIC], &[&theirs, CABAL, CABAL_FOLLOWERS], Visibility::Public),
            (&["as:Public"], &[CABAL], Visibility::Public),
            (&[&theirs], &[PUBLIC, CABAL, CABAL_FOLLOWERS], Visibility::Unlisted),
            (&[&theirs], &[CABAL, CABAL_FOLLOWERS], Visibility::Followers),
            (&[CABAL, CABAL_FOLLOWERS], &[], Visibility::Direct),
            (&[], &[], Visibility::Direct),
        ];
        for (to, cc, expected) in cases {
            assert_eq!(Visibility::of(ADA, to.iter().copied(), cc.iter().copied()), expected, "{to:?} {cc:?}");
        }
    }

    #[test]
    fn an_answer_is_never_wider_than_what_it_answers() {
        for asked in [Visibility::Public, Visibility::Unlisted, Visibility::Followers, Visibility::Direct] {
            let answer = asked.of_answer();
            assert!(answer >= asked, "{asked} answered {answer}");
            assert_eq!(answer.is_for_everybody(), asked.is_for_everybody());
        }
    }

    #[test]
    fn an_unknown_stored_word_is_private() {
        assert_eq!(Visibility::from_stored("everybody"), Visibility::Direct);
    }
}
