//! An amendment as a person types it, and what becomes of it (rule A2).

use super::apply::{Standing, apply, check_sound};
use super::change::{Act, Change, Place, Subject, rule_text};
use crate::domain::document::{Clause, clause_text};
use crate::domain::refusal::{Problems, Refusal};
use crate::domain::tally::Rule;
use crate::domain::text;
use crate::ids::{ClauseId, DocumentId};

const SUMMARY_WORDS: usize = 60;
const EDITS_MAX: usize = 50;
/// A quorum that no community of ours can reach would be a way to forbid all amendments.
const QUORUM_MAX: u32 = 1_000_000;

/// One thing that a person wants to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// New words for a clause.
    Reword {
        /// Which.
        clause: ClauseId,
        /// Its new words.
        text: String,
    },
    /// A new clause.
    Add {
        /// Where it goes.
        place: Place,
        /// Its words.
        text: String,
    },
    /// Another place for a clause and all that is in it.
    Move {
        /// Which.
        clause: ClauseId,
        /// Where it goes.
        place: Place,
        /// Its new words, when they change too.
        text: Option<String>,
    },
    /// A clause and all that is in it goes away.
    Remove {
        /// Which.
        clause: ClauseId,
    },
    /// Another rule for amending this document (A9).
    Rule(Rule),
    /// Another name for the community.
    Name(String),
}

impl Edit {
    /// New words for a clause.
    pub fn reword(clause: ClauseId, text: impl Into<String>) -> Self {
        Self::Reword { clause, text: text.into() }
    }

    fn clause(&self) -> Option<ClauseId> {
        match self {
            Self::Reword { clause, .. } | Self::Move { clause, .. } | Self::Remove { clause } => Some(*clause),
            Self::Add { .. } | Self::Rule(_) | Self::Name(_) => None,
        }
    }
}

/// An amendment as a person typed it.
#[derive(Debug, Clone)]
pub struct AmendmentForm {
    /// A short name.
    pub title: String,
    /// What it changes, in at most 60 plain words.
    pub summary: String,
    /// How it fits our values.
    pub values_fit: String,
    /// What is to change.
    pub edits: Vec<Edit>,
}

/// An amendment that may be proposed.
#[derive(Debug, Clone)]
pub struct NewAmendment {
    /// The document it changes.
    pub(crate) document: DocumentId,
    /// A short name.
    pub(crate) title: String,
    /// What it changes, in plain words.
    pub(crate) summary: String,
    /// How it fits our values.
    pub(crate) values_fit: String,
    /// What is to change.
    pub(crate) edits: Vec<Edit>,
    /// True while it is being written: then anything may be missing.
    pub(crate) is_draft: bool,
}

impl NewAmendment {
    /// Reads the form.
    ///
    /// # Errors
    /// Names `title`, `summary`, `values_fit` and `changes`, whichever have to change.
    pub fn parse(document: DocumentId, form: &AmendmentForm) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let title = problems.take(text::line("title", &form.title, 120));
        let summary = problems.take(summary(&form.summary));
        let values_fit = problems.take(text::paragraphs("values_fit", &form.values_fit, 2_000));
        let edits = problems.take(edits(&form.edits));
        match (title, summary, values_fit, edits) {
            (Some(title), Some(summary), Some(values_fit), Some(edits)) => {
                Ok(Self { document, title, summary, values_fit, edits, is_draft: false })
            }
            _ => Err(problems.refusal()),
        }
    }

    /// Reads the form of an amendment that is still being written: anything may be missing, nothing
    /// may be too long.
    ///
    /// # Errors
    /// Names `title`, `summary`, `values_fit` and `changes`, whichever are too long.
    pub fn parse_draft(document: DocumentId, form: &AmendmentForm) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let title = problems.take(text::optional_line("title", &form.title, 120));
        let summary = problems.take(up_to("summary", &form.summary, 800));
        let values_fit = problems.take(up_to("values_fit", &form.values_fit, 2_000));
        let edits = problems.take(if form.edits.is_empty() { Ok(Vec::new()) } else { edits(&form.edits) });
        match (title, summary, values_fit, edits) {
            (Some(title), Some(summary), Some(values_fit), Some(edits)) => {
                let title = title.unwrap_or_default();
                Ok(Self { document, title, summary, values_fit, edits, is_draft: true })
            }
            _ => Err(problems.refusal()),
        }
    }

    /// Whether it gives the community another name.
    pub(crate) fn renames(&self) -> bool {
        self.edits.iter().any(|edit| matches!(edit, Edit::Name(_)))
    }

    /// The changes that this makes to what stands. New clauses get their ids here and keep them.
    ///
    /// # Errors
    /// Names `changes` and the clause that is not there, has no words, or would stay as it is.
    pub(crate) fn against(
        &self,
        standing: &Standing,
        mut next: impl FnMut() -> ClauseId,
    ) -> Result<Vec<Change>, Refusal> {
        let mut changes: Vec<Change> = Vec::with_capacity(self.edits.len());
        for edit in &self.edits {
            let change = match edit {
                Edit::Add { place, text } => self.addition(*place, text, &changes, next())?,
                Edit::Rule(rule) => rule_change(standing, *rule)?,
                Edit::Name(name) => name_change(standing, name)?,
                of_clause => self.of_clause(of_clause, standing)?,
            };
            changes.push(change);
        }
        remove_what_is_inside(&mut changes, &standing.clauses);
        if !self.is_draft {
            number_and_check(&mut changes, standing)?;
        }
        Ok(changes)
    }

    /// Words as they are kept; a draft may have none yet.
    fn words(&self, name: &str, typed: &str) -> Result<String, Refusal> {
        if self.is_draft {
            return up_to("changes", &text::clean_line(typed), crate::domain::document::CLAUSE_MAX);
        }
        if text::clean_line(typed).is_empty() {
            return refuse(format!("{name} has no words. Please write some, or choose that it goes away."));
        }
        clause_text("changes", typed)
    }

    fn addition(&self, place: Place, typed: &str, before: &[Change], id: ClauseId) -> Result<Change, Refusal> {
        // Clauses that are added in one place follow one another as they were written.
        let earlier = before.iter().rev().find(|change| change.act == Act::Add(place)).map(|change| change.clause);
        let first = earlier.map(|earlier| last_of_row(before, earlier));
        let place = first.map_or(place, Place::After);
        let new_text = self.words("The new clause", typed)?;
        Ok(Change { clause: id, number: String::new(), old_text: String::new(), new_text, act: Act::Add(place) })
    }

    fn of_clause(&self, edit: &Edit, standing: &Standing) -> Result<Change, Refusal> {
        let found = standing.clauses.iter().find(|clause| Some(clause.id) == edit.clause());
        let Some(clause) = found else {
            return refuse("One of these clauses is not in the document as it stands.".to_owned());
        };
        let name = format!("Clause {}", clause.name());
        let (act, new_text) = match edit {
            Edit::Move { place, text, .. } => {
                check_place(clause, *place, standing, &name)?;
                let typed = text.as_deref().filter(|typed| !typed.trim().is_empty());
                (Act::Move(*place), typed.map_or_else(|| Ok(clause.text.clone()), |typed| self.words(&name, typed))?)
            }
            Edit::Remove { .. } => (Act::Remove, String::new()),
            Edit::Reword { text, .. } => {
                let words = self.words(&name, text)?;
                if words == clause.text && !self.is_draft {
                    return refuse(format!("{name} stays as it is. Please change its words or leave it out."));
                }
                (Act::Reword, words)
            }
            Edit::Add { .. } | Edit::Rule(_) | Edit::Name(_) => (Act::Reword, clause.text.clone()),
        };
        let (number, old_text) = (clause.number.clone(), clause.text.clone());
        Ok(Change { clause: clause.id, number, old_text, new_text, act })
    }
}

fn refuse<T>(sentence: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::field("changes", sentence))
}

/// The last of the clauses that are added one after another from `first` on.
fn last_of_row(changes: &[Change], first: ClauseId) -> ClauseId {
    let mut last = first;
    while let Some(next) = changes.iter().find(|change| change.act == Act::Add(Place::After(last))) {
        last = next.clause;
    }
    last
}

fn check_place(clause: &Clause, place: Place, standing: &Standing, name: &str) -> Result<(), Refusal> {
    let mut above = place.anchor();
    while let Some(id) = above {
        if id == clause.id {
            return refuse(format!("{name} cannot go into or after itself. Please choose another place."));
        }
        above = standing.clauses.iter().find(|other| other.id == id).and_then(|other| other.parent);
    }
    Ok(())
}

fn rule_change(standing: &Standing, rule: Rule) -> Result<Change, Refusal> {
    if rule == standing.rule {
        return refuse("The rule of voting stays as it is. Please change it or leave it out.");
    }
    if rule.quorum > QUORUM_MAX {
        return refuse(format!("Please ask for at most {QUORUM_MAX} ballots."));
    }
    Ok(Change {
        clause: Subject::rule(standing.document),
        number: String::new(),
        old_text: rule_text(standing.rule),
        new_text: rule_text(rule),
        act: Act::Rule,
    })
}

fn name_change(standing: &Standing, typed: &str) -> Result<Change, Refusal> {
    let new_text = text::line("changes", typed, 80)?;
    let (community, name) = &standing.community;
    if new_text == *name {
        return refuse("The name of the community stays as it is. Please change it or leave it out.");
    }
    let clause = Subject::name(*community);
    Ok(Change { clause, number: String::new(), old_text: name.clone(), new_text, act: Act::Name })
}

/// Whoever removes a clause removes what is in it, named one by one, so that everybody sees it and
/// nothing goes away that came into it meanwhile.
fn remove_what_is_inside(changes: &mut Vec<Change>, clauses: &[Clause]) {
    let is_in = |changes: &[Change], id: ClauseId| changes.iter().any(|change| change.clause == id);
    let is_removed = |changes: &[Change], id: ClauseId| changes.iter().any(|c| c.clause == id && c.act == Act::Remove);
    for clause in clauses {
        let goes_too = clause.parent.is_some_and(|parent| is_removed(changes, parent)) && !is_in(changes, clause.id);
        if goes_too {
            let (number, old_text) = (clause.number.clone(), clause.text.clone());
            changes.push(Change { clause: clause.id, number, old_text, new_text: String::new(), act: Act::Remove });
        }
    }
}

/// Gives every change its number, and makes sure that a sound document comes of it.
fn number_and_check(changes: &mut [Change], standing: &Standing) -> Result<(), Refusal> {
    let Ok(clauses) = apply(changes, standing.clauses.clone()) else {
        return refuse(
            "These changes do not fit together: a place that you chose is not there, or something stays in a clause \
             that goes away. Please choose other places.",
        );
    };
    check_sound(&clauses)?;
    standing.number(changes, &clauses);
    Ok(())
}

fn summary(typed: &str) -> Result<String, Refusal> {
    let summary = text::paragraphs("summary", typed, 800)?;
    let words = summary.split_whitespace().count();
    if words > SUMMARY_WORDS {
        return Err(Refusal::field("summary", format!("Please use at most {SUMMARY_WORDS} words; there are {words}.")));
    }
    Ok(summary)
}

fn up_to(field: &'static str, typed: &str, max: usize) -> Result<String, Refusal> {
    if text::clean(typed).is_empty() { Ok(String::new()) } else { text::paragraphs(field, typed, max) }
}

fn edits(typed: &[Edit]) -> Result<Vec<Edit>, Refusal> {
    if typed.is_empty() {
        return refuse("Please change at least one thing.");
    }
    if typed.len() > EDITS_MAX {
        return refuse(format!("Please change at most {EDITS_MAX} things at once."));
    }
    let mut ids: Vec<ClauseId> = typed.iter().filter_map(Edit::clause).collect();
    let named = ids.len();
    ids.sort_unstable();
    ids.dedup();
    let rules = typed.iter().filter(|edit| matches!(edit, Edit::Rule(_))).count();
    let names = typed.iter().filter(|edit| matches!(edit, Edit::Name(_))).count();
    if ids.len() < named || rules > 1 || names > 1 {
        return refuse("Please change each clause only once.");
    }
    Ok(typed.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::import;
    use crate::domain::document::tests::numbered;
    use crate::domain::tally::VoteBase;
    use crate::ids::ActorId;
    use uuid::Uuid;

    fn clause(number: u128) -> ClauseId {
        ClauseId::from_uuid(Uuid::from_u128(number))
    }

    fn form(edits: Vec<Edit>) -> AmendmentForm {
        AmendmentForm {
            title: " Rotate  the desk ".to_owned(),
            summary: "word ".repeat(60),
            values_fit: "It fits 4.1.2.".to_owned(),
            edits,
        }
    }

    /// 1 Aims (1.1 Win, 1.2 Help), 2 Means, with the ids 1 to 4.
    fn standing() -> Standing {
        Standing {
            document: DocumentId::from_uuid(Uuid::nil()),
            rule: Rule::default(),
            clauses: numbered(import("1. Aims\n  1. Win\n  2. Help\n2. Means\n").unwrap()),
            community: (ActorId::from_uuid(Uuid::from_u128(50)), "Commons".to_owned()),
        }
    }

    fn refused(edits: Vec<Edit>) -> String {
        let new = NewAmendment::parse(standing().document, &form(edits));
        let refusal = new.and_then(|new| new.against(&standing(), || clause(99))).unwrap_err();
        assert_eq!(refusal.fields.iter().map(|f| f.field).collect::<Vec<_>>(), ["changes"]);
        refusal.sentence
    }

    #[test]
    fn a_whole_form_is_read() {
        let new = NewAmendment::parse(standing().document, &form(vec![Edit::reword(clause(2), "New\nwords")])).unwrap();

        let changes = new.against(&standing(), || clause(99)).unwrap();

        assert_eq!(new.title, "Rotate the desk");
        assert_eq!((changes[0].new_text.as_str(), changes[0].number.as_str()), ("New words", "1.1"));
    }

    #[test]
    fn every_problem_of_a_form_is_told_at_once() {
        let empty = AmendmentForm {
            title: String::new(),
            summary: "x ".repeat(61),
            values_fit: " ".to_owned(),
            ..form(Vec::new())
        };

        let refusal = NewAmendment::parse(standing().document, &empty).unwrap_err();

        let fields: Vec<_> = refusal.fields.iter().map(|f| f.field).collect();
        assert_eq!(fields, ["title", "summary", "values_fit", "changes"]);
        assert!(refusal.fields[1].sentence.contains("at most 60 words; there are 61"));
    }

    #[test]
    fn changes_that_cannot_be_are_refused_with_the_clause_and_what_to_do() {
        let after = |number| Place::After(clause(number));
        let (one, two) = (clause(1), clause(2));
        for (edits, says) in [
            (vec![Edit::reword(two, " \u{200b}")], "Clause 1.1 has no words. Please write some"),
            (vec![Edit::reword(two, "Win")], "Clause 1.1 stays as it is"),
            (vec![Edit::reword(two, "x".repeat(10_001))], "shorten"),
            (vec![Edit::reword(two, "a"), Edit::Remove { clause: two }], "each clause only once"),
            (vec![Edit::reword(clause(77), "a")], "not in the document"),
            (vec![Edit::Add { place: after(2), text: String::new() }], "The new clause has no words"),
            (vec![Edit::Add { place: after(77), text: "a".to_owned() }], "do not fit together"),
            (vec![Edit::Move { clause: one, place: after(2), text: None }], "into or after itself"),
            (vec![Edit::Remove { clause: one }, Edit::Remove { clause: clause(4) }], "at least one numbered clause"),
            (vec![Edit::Rule(standing().rule)], "stays as it is"),
            (vec![Edit::Name("Commons".to_owned())], "stays as it is"),
            (vec![Edit::Name(String::new())], "fill this in"),
            (vec![Edit::Rule(Rule { base: VoteBase::Roll, quorum: u32::MAX, ..Rule::default() })], "at most 1000000"),
            ((0..51).map(|_| Edit::Add { place: after(2), text: "a".to_owned() }).collect(), "at most 50"),
        ] {
            let sentence = refused(edits);
            assert!(sentence.contains(says), "{says}: {sentence}");
        }
    }

    #[test]
    fn a_draft_may_be_half_written() {
        let blank =
            AmendmentForm { title: String::new(), summary: String::new(), values_fit: String::new(), edits: vec![] };
        NewAmendment::parse_draft(standing().document, &blank).unwrap();
        let started =
            form(vec![Edit::reword(clause(2), "Win"), Edit::Add { place: Place::FirstIn(None), text: String::new() }]);

        let draft = NewAmendment::parse_draft(standing().document, &started).unwrap();

        assert_eq!(draft.against(&standing(), || clause(99)).unwrap().len(), 2);
        let long = AmendmentForm { title: "x".repeat(121), ..started };
        assert!(NewAmendment::parse_draft(standing().document, &long).is_err());
    }
}
