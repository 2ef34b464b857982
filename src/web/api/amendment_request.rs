//! What a request may ask an amendment to change (rules A2, A9).

use crate::domain::amendment::{Act, Change, Edit, Place, rule_of_text};
use crate::domain::refusal::Refusal;
use crate::domain::tally::{Rule, VoteBase};
use crate::ids::ClauseId;
use serde::Deserialize;
use utoipa::ToSchema;

/// One thing to change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRequest {
    /// reword (when left out), add, move, remove, rule or name
    #[serde(default)]
    act: Option<String>,
    /// The id of the clause: to reword, move or remove
    #[serde(default)]
    clause: Option<String>,
    /// Its new words: to reword or add; may be given to move. The new name, for name
    #[serde(default)]
    text: Option<String>,
    /// Where it goes: to add or move
    #[serde(default)]
    place: Option<PlaceRequest>,
    /// The new rule, for rule
    #[serde(default)]
    rule: Option<RuleRequest>,
}

/// Where a clause goes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceRequest {
    /// first_in or after
    r#where: String,
    /// The id of a clause; null with first_in is the very beginning
    #[serde(default)]
    clause: Option<String>,
}

/// A rule of voting (A9).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleRequest {
    /// Two thirds of what: cast or roll
    base: String,
    /// How many ballots there must be at least
    quorum: u32,
}

/// What is to change; what is no id is no clause of ours.
pub(super) fn edits(changes: Vec<ChangeRequest>) -> Result<Vec<Edit>, Refusal> {
    changes.into_iter().map(edit).collect()
}

fn edit(change: ChangeRequest) -> Result<Edit, Refusal> {
    let no_clause =
        || Refusal::field("changes", "Please name each clause by its id; GET /documents/{slug} lists them.");
    let no_place = || Refusal::field("changes", "Please say where the clause goes: first_in or after, and the clause.");
    let id = |text: Option<&str>| -> Result<ClauseId, Refusal> {
        text.and_then(|text| text.parse().ok()).ok_or_else(no_clause)
    };
    let place = || -> Result<Place, Refusal> {
        let asked = change.place.as_ref().ok_or_else(no_place)?;
        let anchor = asked.clause.as_deref().map(|clause| id(Some(clause))).transpose()?;
        Place::parse(&asked.r#where, anchor).ok_or_else(no_place)
    };
    let clause = || id(change.clause.as_deref());
    let text = change.text.clone().unwrap_or_default();
    match change.act.as_deref().unwrap_or("reword") {
        "reword" => Ok(Edit::Reword { clause: clause()?, text }),
        "add" => Ok(Edit::Add { place: place()?, text }),
        "move" => Ok(Edit::Move { clause: clause()?, place: place()?, text: change.text.clone() }),
        "remove" => Ok(Edit::Remove { clause: clause()? }),
        "rule" => {
            let no_rule = || Refusal::field("changes", "Please give the new rule.");
            let asked = change.rule.as_ref().ok_or_else(no_rule)?;
            Ok(Edit::Rule(Rule { base: VoteBase::parse(&asked.base)?, quorum: asked.quorum, ..Rule::default() }))
        }
        "name" => Ok(Edit::Name(text)),
        _ => Err(Refusal::field("changes", "Please choose reword, add, move, remove, rule or name.")),
    }
}

/// What stands, as a request would say it.
pub(super) fn as_edit(change: Change) -> Option<Edit> {
    let (clause, text) = (change.clause, change.new_text);
    match change.act {
        Act::Reword => Some(Edit::Reword { clause, text }),
        Act::Add(place) => Some(Edit::Add { place, text }),
        Act::Move(place) => Some(Edit::Move { clause, place, text: (text != change.old_text).then_some(text) }),
        Act::Remove => Some(Edit::Remove { clause }),
        Act::Rule => rule_of_text(&text).map(Edit::Rule),
        Act::Name => Some(Edit::Name(text)),
    }
}
