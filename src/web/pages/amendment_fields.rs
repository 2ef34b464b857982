//! What was chosen and typed on the sheet of an amendment: read from its form, filled from an amendment that
//! there is, and never dropped because a vote took a clause away meanwhile (A2, A15).

use crate::db::amendments::Amendment;
use crate::domain::amendment::{Act, Change, Edit, Place, Standing, new_name, new_rule};
use crate::domain::document::Clause;
use crate::domain::tally::{Rule, VoteBase};
use crate::domain::{Refusal, text};
use crate::ids::ClauseId;
use serde::Deserialize;

/// What was chosen and typed. The same form proposes, previews and edits. The lists of clauses belong together
/// by their order; a clause that was only ticked has no words yet.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) values_fit: String,
    pub(super) clause: Vec<String>,
    act: Vec<String>,
    text: Vec<String>,
    place: Vec<String>,
    pub(super) new_text: Vec<String>,
    pub(super) new_place: Vec<String>,
    pub(super) with_rule: String,
    pub(super) vote_base: String,
    pub(super) quorum: String,
    pub(super) with_name: String,
    pub(super) new_name: String,
    /// The version of the document that the words began from.
    pub(super) base: String,
    /// The version that stood when the page was shown.
    pub(super) seen: String,
    pub(super) step: String,
    /// The amendment that is proposed anew.
    pub(super) like: String,
}

/// A clause with what the person wants of it.
pub(super) struct Edited {
    /// As it stands.
    pub clause: Clause,
    /// `reword`, `move`, `remove`, `keep`, or nothing when nothing was chosen yet.
    pub act: String,
    /// The words as they were typed.
    pub text: String,
    /// Where it goes, as the value of an option.
    pub place: String,
}

impl Fields {
    /// From the query of the page on which clauses are ticked.
    pub(super) fn chosen(query: Vec<(String, String)>) -> Self {
        let mut fields = Self::default();
        for (name, value) in query {
            match name.as_str() {
                "clause" => fields.clause.push(value),
                "with_rule" => fields.with_rule = value,
                "with_name" => fields.with_name = value,
                "step" => fields.step = value,
                "like" => fields.like = value,
                _ => {}
            }
        }
        fields
    }

    /// Filled with an amendment: with its words where it has some of its own, and where it has not, with those
    /// that stand today.
    pub(super) fn of(amendment: &Amendment, changes: &[Change], standing: &Standing) -> Self {
        let mut fields = Self {
            title: amendment.title.clone(),
            summary: amendment.summary.clone(),
            values_fit: amendment.values_fit.clone(),
            base: amendment.base_version_id.to_string(),
            ..Self::default()
        };
        for change in changes {
            let place = change.act.place().map(|place| place_value(first_place(place, changes))).unwrap_or_default();
            match change.act {
                Act::Add(_) => {
                    fields.new_text.push(change.new_text.clone());
                    fields.new_place.push(place);
                }
                Act::Rule | Act::Name => {}
                act => {
                    let has_own_words = act != Act::Remove && change.new_text != change.old_text;
                    let now = standing.words_now(change).unwrap_or_else(|| change.old_text.clone());
                    let text = if has_own_words { change.new_text.clone() } else { now };
                    fields.push(change.clause.to_string(), act.as_str(), text, place);
                }
            }
        }
        if let Some(rule) = new_rule(changes) {
            fields.with_rule = "yes".to_owned();
            (fields.vote_base, fields.quorum) = (rule.base.as_str().to_owned(), rule.quorum.to_string());
        }
        if let Some(name) = new_name(changes) {
            (fields.with_name, fields.new_name) = ("yes".to_owned(), name.to_owned());
        }
        fields
    }

    fn push(&mut self, clause: String, act: impl Into<String>, text: String, place: String) {
        self.clause.push(clause);
        self.act.push(act.into());
        self.text.push(text);
        self.place.push(place);
    }

    /// The new clauses, each with its words and its place.
    pub(super) fn added(&self) -> Vec<(String, String)> {
        let place = |index: usize| self.new_place.get(index).cloned().unwrap_or_default();
        self.new_text.iter().enumerate().map(|(index, text)| (text.clone(), place(index))).collect()
    }

    /// The chosen clauses with what was typed, or as they stand where nothing was typed yet.
    pub(super) fn edited(&self, standing: &Standing) -> Vec<Edited> {
        let at = |values: &[String], index: usize| values.get(index).cloned();
        let chosen = self.clause.iter().enumerate();
        chosen
            .filter_map(|(index, id)| {
                let id: ClauseId = id.parse().ok()?;
                let clause = standing.clauses.iter().find(|clause| clause.id == id)?.clone();
                let text = at(&self.text, index).unwrap_or_else(|| clause.text.clone());
                let [act, place] = [&self.act, &self.place].map(|values| at(values, index).unwrap_or_default());
                Some(Edited { clause, act, text, place })
            })
            .collect()
    }

    /// What is to change. A draft also keeps the clauses that were chosen and have no new words yet.
    pub(super) fn edits(&self, standing: &Standing, is_for_draft: bool) -> Result<Vec<Edit>, Refusal> {
        let mut edits = Vec::new();
        for one in self.edited(standing) {
            let is_same = text::clean_line(&one.text) == one.clause.text;
            let (clause, name) = (one.clause.id, one.clause.name());
            match one.act.as_str() {
                "remove" => edits.push(Edit::Remove { clause }),
                "move" => {
                    let text = (!is_same).then_some(one.text);
                    edits.push(Edit::Move { clause, place: place_of(&one.place, &format!("clause {name}"))?, text });
                }
                "keep" => {}
                _ if !one.place.is_empty() && !is_for_draft => return Err(has_place_but_stays(&name)),
                _ if is_same && !is_for_draft => {}
                _ => edits.push(Edit::Reword { clause, text: one.text }),
            }
        }
        for (index, (typed, place)) in self.added().into_iter().enumerate() {
            if !text::clean(&typed).is_empty() {
                let place = place_of(&place, &format!("new clause {}", index + 1))?;
                edits.push(Edit::Add { place, text: typed });
            }
        }
        if !self.with_rule.is_empty() {
            edits.push(Edit::Rule(self.rule()?));
        }
        if !self.with_name.is_empty() {
            edits.push(Edit::Name(self.new_name.clone()));
        }
        Ok(edits)
    }

    fn rule(&self) -> Result<Rule, Refusal> {
        let no_number = || Refusal::field("quorum", "Please give a whole number; 0 asks for none.");
        let base = VoteBase::parse(&self.vote_base)?;
        let quorum = self.quorum.trim();
        let quorum = if quorum.is_empty() { 0 } else { quorum.parse().map_err(|_| no_number())? };
        Ok(Rule { base, quorum, ..Rule::default() })
    }

    /// Fields that nobody touched yet begin with what stands.
    pub(super) fn begin(&mut self, standing: &Standing) {
        if !self.with_rule.is_empty() && self.vote_base.is_empty() {
            self.vote_base = standing.rule.base.as_str().to_owned();
            self.quorum = standing.rule.quorum.to_string();
        }
        if !self.with_name.is_empty() && self.new_name.is_empty() {
            self.new_name.clone_from(&standing.community.1);
        }
    }

    /// Takes the clauses out that are in the document no more. What was written for one stays as a new clause,
    /// near to where it stood. Answers what happened to each, in words.
    pub(super) fn settle(&mut self, standing: &Standing, base: &[Clause]) -> Vec<String> {
        let mut told = Vec::new();
        let before = self.clone();
        for values in [&mut self.clause, &mut self.act, &mut self.text, &mut self.place] {
            values.clear();
        }
        for (index, id) in before.clause.iter().enumerate() {
            let Ok(parsed) = id.parse::<ClauseId>() else { continue };
            let at = |values: &[String]| values.get(index).cloned();
            let [act, place] = [&before.act, &before.place].map(|values| at(values).unwrap_or_default());
            let text = at(&before.text);
            if let Some(clause) = standing.clauses.iter().find(|clause| clause.id == parsed) {
                self.push(id.clone(), act, text.unwrap_or_else(|| clause.text.clone()), place);
                continue;
            }
            let was = base.iter().find(|clause| clause.id == parsed);
            let name = was.map_or_else(|| "One clause".to_owned(), |was| format!("Clause {}", was.name()));
            let Some(own) = text.filter(|text| is_own(text, &act, was)) else {
                told.push(format!("{name} is not in the document any more, so there is nothing to change about it."));
                continue;
            };
            self.new_text.push(own);
            self.new_place.push(if act == "move" { place } else { place_value(near(parsed, base, standing)) });
            told.push(format!(
                "{name} is not in the document any more. What you wrote for it stands below as new clause {}; take its \
                 words out to let it go.",
                self.new_text.len()
            ));
        }
        told
    }
}

/// Whether words are worth keeping when the clause that they were written for went away.
fn is_own(text: &str, act: &str, was: Option<&Clause>) -> bool {
    let is_new = was.is_none_or(|was| text::clean_line(text) != was.text);
    !text::clean(text).is_empty() && (is_new || act == "move") && !matches!(act, "remove" | "keep")
}

/// Where a clause that went away would stand today: after the last clause before it that is still there and was
/// beside it, or first in the one that it stood in.
fn near(gone: ClauseId, base: &[Clause], standing: &Standing) -> Place {
    let stands = |id: ClauseId| standing.clauses.iter().any(|clause| clause.id == id);
    let mut below = gone;
    while let Some(at) = base.iter().position(|clause| clause.id == below) {
        let parent = base.get(at).and_then(|clause| clause.parent);
        let before = base.iter().take(at).rev().filter(|clause| clause.parent == parent && !clause.number.is_empty());
        if let Some(beside) = before.map(|clause| clause.id).find(|id| stands(*id)) {
            return Place::After(beside);
        }
        match parent {
            Some(parent) if stands(parent) => return Place::FirstIn(Some(parent)),
            Some(parent) => below = parent,
            None => break,
        }
    }
    Place::FirstIn(None)
}

/// Where a row of new clauses begins: they are kept as one after another, and chosen by the clause before them all.
fn first_place(place: Place, changes: &[Change]) -> Place {
    let mut first = place;
    for _ in changes {
        let Place::After(anchor) = first else { break };
        match changes.iter().find(|change| change.clause == anchor).map(|change| change.act) {
            Some(Act::Add(before)) => first = before,
            _ => break,
        }
    }
    first
}

/// A place as the value of an option.
pub(super) fn place_value(place: Place) -> String {
    match place {
        Place::After(id) => format!("after:{id}"),
        Place::FirstIn(Some(id)) => format!("in:{id}"),
        Place::FirstIn(None) => "in:".to_owned(),
    }
}

/// Which of two things was meant cannot be guessed, and a move that is dropped without a word would be missed.
fn has_place_but_stays(name: &str) -> Refusal {
    Refusal::field(
        "changes",
        format!(
            "You chose a place for clause {name}, but not that it goes there. Please choose “It goes to another place”, \
             or “Please choose” as its place."
        ),
    )
}

fn place_of(value: &str, name: &str) -> Result<Place, Refusal> {
    let found = match value.split_once(':') {
        Some(("in", "")) => Some(Place::FirstIn(None)),
        Some(("in", id)) => id.parse().ok().map(|id| Place::FirstIn(Some(id))),
        Some(("after", id)) => id.parse().ok().map(Place::After),
        _ => None,
    };
    found.ok_or_else(|| Refusal::field("changes", format!("Please choose where {name} goes.")))
}
