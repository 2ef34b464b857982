//! Offers of help and who may see them (rules H2, H3, H6; PV-1).

use super::refusal::{Problems, Refusal};
use super::text;
use super::visibility::Visibility;

/// The states of an offer (H3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OfferState {
    /// Nobody has answered yet.
    Waiting,
    /// A cabal member said yes.
    Accepted,
    /// A cabal member said no.
    Declined,
    /// The offerer took it back (H6).
    Withdrawn,
    /// The work was done.
    Done,
}

impl OfferState {
    /// The word that is stored and shown in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Done => "done",
        }
    }

    /// Reads the stored word.
    pub fn from_stored(word: &str) -> Option<Self> {
        [Self::Waiting, Self::Accepted, Self::Declined, Self::Withdrawn, Self::Done]
            .into_iter()
            .find(|state| state.as_str() == word)
    }

    /// Done, free again and a word fit only an offer that was accepted (H3).
    ///
    /// # Errors
    /// Says where the offer stands.
    pub fn check_accepted(self) -> Result<(), Refusal> {
        let sentence = match self {
            Self::Accepted => return Ok(()),
            Self::Waiting => "Nobody is on it at the moment: this offer waits for an answer.",
            Self::Done => "Somebody in your cabal has marked this as done already.",
            Self::Declined => "Somebody in your cabal has declined this offer.",
            Self::Withdrawn => "The person who made this offer has taken it back.",
        };
        Err(Refusal::new("offer_not_accepted", sentence))
    }

    /// An offer can be taken back until the work is done (H6).
    ///
    /// # Errors
    /// Says where the offer stands.
    pub fn check_withdrawable(self) -> Result<(), Refusal> {
        match self {
            Self::Waiting | Self::Accepted => Ok(()),
            Self::Declined | Self::Done => Err(Refusal::new("offer_closed", "There is nothing to take back any more.")),
            Self::Withdrawn => Err(Refusal::new("offer_withdrawn", "You have taken this offer back already.")),
        }
    }

    /// Accepting and declining fit only an offer that waits (H3).
    ///
    /// # Errors
    /// Says what became of the offer meanwhile.
    pub fn check_answerable(self) -> Result<(), Refusal> {
        match self {
            Self::Waiting => Ok(()),
            Self::Accepted | Self::Done => {
                Err(Refusal::new("offer_already_answered", "Somebody in your cabal has accepted this offer already."))
            }
            Self::Declined => {
                Err(Refusal::new("offer_already_answered", "Somebody in your cabal has declined this offer already."))
            }
            Self::Withdrawn => {
                Err(Refusal::new("offer_withdrawn", "The person who made this offer has taken it back."))
            }
        }
    }
}

/// By what way an offer came (H2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OfferChannel {
    /// A reply from another server.
    Fediverse,
    /// The form on our page.
    Web,
}

impl OfferChannel {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fediverse => "fediverse",
            Self::Web => "web",
        }
    }

    /// Reads the stored word.
    pub fn from_stored(word: &str) -> Self {
        if word == "web" { Self::Web } else { Self::Fediverse }
    }
}

/// The web form for people without a fediverse account, as it was sent.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct WebOfferFields {
    /// What to call the person.
    pub name: String,
    /// How to reach them.
    pub contact: String,
    /// What they offer.
    pub text: String,
}

/// An offer by the web form (H2). Private: only members of the cabal see it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebOffer {
    /// What to call the person.
    pub name: String,
    /// How to reach them.
    pub contact: String,
    /// What they offer.
    pub text: String,
}

impl WebOffer {
    /// Reads the form.
    ///
    /// # Errors
    /// Names every field with a problem.
    pub fn parse(fields: &WebOfferFields) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let name = problems.take(text::line("name", &fields.name, 80));
        let contact = problems.take(text::line("contact", &fields.contact, 200));
        let offer = problems.take(text::paragraphs("text", &fields.text, 2_000));
        match (name, contact, offer) {
            (Some(name), Some(contact), Some(text)) => Ok(Self { name, contact, text }),
            _ => Err(problems.refusal()),
        }
    }
}

/// The few words with which an offer is accepted or declined (H3).
///
/// # Errors
/// Names the field `words` when they are missing or too long.
pub fn parse_words(words: &str) -> Result<String, Refusal> {
    text::paragraphs("words", words, 500)
}

/// The name under which somebody agreed to be thanked in public (H5); none when they did not.
///
/// # Errors
/// Names the field `credit_name` when it is too long.
pub fn parse_credit_name(name: &str) -> Result<Option<String>, Refusal> {
    text::optional_line("credit_name", name, 80)
}

/// Who looks at something that was sent to a cabal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// A member of the cabal that it was sent to.
    OfTheCabal,
    /// Anybody else: visitors, other members, stewards, other servers.
    Anybody,
}

/// Whether the viewer may see that an offer or message exists and what it says (PV-1, J5).
pub fn may_see(visibility: Visibility, viewer: Viewer) -> bool {
    viewer == Viewer::OfTheCabal || visibility.is_for_everybody()
}

/// Whether the viewer may see how to reach the offerer (PV-1, J5).
pub fn may_see_contact(viewer: Viewer) -> bool {
    viewer == Viewer::OfTheCabal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_cabal_sees_private_offers_and_contacts() {
        for (visibility, for_anybody) in [
            (Visibility::Public, true),
            (Visibility::Unlisted, true),
            (Visibility::Followers, false),
            (Visibility::Direct, false),
        ] {
            assert!(may_see(visibility, Viewer::OfTheCabal));
            assert_eq!(may_see(visibility, Viewer::Anybody), for_anybody, "{visibility}");
        }
        assert!(may_see_contact(Viewer::OfTheCabal));
        assert!(!may_see_contact(Viewer::Anybody));
    }

    #[test]
    fn only_a_waiting_offer_can_be_answered() {
        assert!(OfferState::Waiting.check_answerable().is_ok());
        for (state, code) in [
            (OfferState::Accepted, "offer_already_answered"),
            (OfferState::Declined, "offer_already_answered"),
            (OfferState::Done, "offer_already_answered"),
            (OfferState::Withdrawn, "offer_withdrawn"),
        ] {
            assert_eq!(state.check_answerable().unwrap_err().code, code);
            assert_eq!(OfferState::from_stored(state.as_str()), Some(state));
        }
    }

    #[test]
    fn a_web_offer_needs_a_name_a_contact_and_a_text() {
        let refusal = WebOffer::parse(&WebOfferFields::default()).err().unwrap();
        assert_eq!(refusal.fields.iter().map(|p| p.field).collect::<Vec<_>>(), ["name", "contact", "text"]);
    }
}
