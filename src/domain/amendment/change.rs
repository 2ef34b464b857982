//! What an amendment does to a document: words, clauses that come, go and move, the rule by which
//! it is amended, and the community's name (rules A2, A9). Numbers follow from the position.

use crate::domain::document::Clause;
use crate::domain::tally::{Rule, VoteBase};
use crate::ids::{ActorId, ClauseId, DocumentId};
use serde_json::{Value, json};

/// Where a clause goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Before everything else in a clause; at the very beginning when none is named.
    FirstIn(Option<ClauseId>),
    /// After a clause and all that is in it, at its level.
    After(ClauseId),
}

impl Place {
    /// The clause that it is told by.
    pub fn anchor(self) -> Option<ClauseId> {
        match self {
            Self::FirstIn(anchor) => anchor,
            Self::After(anchor) => Some(anchor),
        }
    }

    /// As it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstIn(_) => "first_in",
            Self::After(_) => "after",
        }
    }

    /// From the word and the clause, as they are stored and sent.
    pub fn parse(word: &str, anchor: Option<ClauseId>) -> Option<Self> {
        match (word, anchor) {
            ("first_in", anchor) => Some(Self::FirstIn(anchor)),
            ("after", Some(anchor)) => Some(Self::After(anchor)),
            _ => None,
        }
    }
}

/// What is done to one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A clause gets new words.
    Reword,
    /// A new clause comes.
    Add(Place),
    /// A clause goes elsewhere with all that is in it, and may get new words.
    Move(Place),
    /// A clause goes away.
    Remove,
    /// The rule by which the document is amended changes.
    Rule,
    /// The community gets another name.
    Name,
}

impl Act {
    /// As it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reword => "reword",
            Self::Add(_) => "add",
            Self::Move(_) => "move",
            Self::Remove => "remove",
            Self::Rule => "rule",
            Self::Name => "name",
        }
    }

    /// From the word and the place, as they are stored.
    pub fn stored(word: &str, place: Option<Place>) -> Option<Self> {
        match (word, place) {
            ("reword", _) => Some(Self::Reword),
            ("add", Some(place)) => Some(Self::Add(place)),
            ("move", Some(place)) => Some(Self::Move(place)),
            ("remove", _) => Some(Self::Remove),
            ("rule", _) => Some(Self::Rule),
            ("name", _) => Some(Self::Name),
            _ => None,
        }
    }

    /// Where the clause goes, if it goes somewhere.
    pub fn place(self) -> Option<Place> {
        match self {
            Self::Add(place) | Self::Move(place) => Some(place),
            Self::Reword | Self::Remove | Self::Rule | Self::Name => None,
        }
    }

    pub(super) fn is_of_a_clause(self) -> bool {
        !matches!(self, Self::Rule | Self::Name)
    }
}

/// One thing as it stands and as it is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The clause; for the rule the document's id, for the name the community's (see [`Subject`]).
    pub clause: ClauseId,
    /// Its number; of a new clause the number that it would get.
    pub number: String,
    /// Its words when the change was proposed; none for a new clause.
    pub old_text: String,
    /// Its words if carried; none for one that goes away.
    pub new_text: String,
    /// What is done to it.
    pub act: Act,
}

impl Change {
    /// As it stands in the record of a vote.
    pub fn json(&self) -> Value {
        let mut json = json!({
            "clause": self.clause,
            "number": self.number,
            "old_text": self.old_text,
            "new_text": self.new_text,
        });
        // New words alone are told as they always were, so that what froze earlier stays true.
        if let (Some(object), true) = (json.as_object_mut(), self.act != Act::Reword) {
            object.insert("act".to_owned(), json!(self.act.as_str()));
            if let Some(place) = self.act.place() {
                object.insert("place".to_owned(), json!({"where": place.as_str(), "clause": place.anchor()}));
            }
        }
        json
    }
}

/// What an amendment can change beside clauses, named like clauses, so that one vote at a time is
/// open on each (A15).
#[derive(Debug, Clone, Copy)]
pub struct Subject;

impl Subject {
    /// The rule of a document.
    pub fn rule(document: DocumentId) -> ClauseId {
        ClauseId::from_uuid(document.uuid())
    }

    /// The name of the community.
    pub fn name(community: ActorId) -> ClauseId {
        ClauseId::from_uuid(community.uuid())
    }
}

/// A rule as the text of a change.
pub(super) fn rule_text(rule: Rule) -> String {
    format!("{} {}", rule.base.as_str(), rule.quorum)
}

/// The rule that these changes bring, if they bring one.
pub fn new_rule(changes: &[Change]) -> Option<Rule> {
    let change = changes.iter().find(|change| change.act == Act::Rule)?;
    rule_of_text(&change.new_text)
}

/// The rule in the text of a change.
pub fn rule_of_text(text: &str) -> Option<Rule> {
    let (base, quorum) = text.split_once(' ')?;
    Some(Rule { base: VoteBase::parse(base).ok()?, quorum: quorum.parse().ok()?, ..Rule::default() })
}

/// The name that these changes bring, if they bring one.
pub fn new_name(changes: &[Change]) -> Option<&str> {
    changes.iter().find(|change| change.act == Act::Name).map(|change| change.new_text.as_str())
}

/// Everything that a vote on these changes holds, so that no other may be open on it (A15): what
/// they change, where they put things, and what a moved clause would come into.
pub fn touched(changes: &[Change], clauses: &[Clause]) -> Vec<ClauseId> {
    let mut touched: Vec<ClauseId> = changes.iter().map(|change| change.clause).collect();
    for change in changes {
        let anchor = change.act.place().and_then(Place::anchor);
        touched.extend(anchor);
        if matches!(change.act, Act::Move(_)) {
            let mut above = anchor;
            while let Some(id) = above {
                touched.push(id);
                above = clauses.iter().find(|clause| clause.id == id).and_then(|clause| clause.parent);
            }
        }
    }
    touched.sort_unstable();
    touched.dedup();
    touched
}
