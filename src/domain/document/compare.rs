//! Two versions of a document beside each other, clause by clause.

use super::Clause;
use crate::ids::ClauseId;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What happened to a clause between two versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClauseStep {
    /// It came.
    Added,
    /// Its words changed.
    Reworded,
    /// It went to another place.
    Moved,
    /// Its words changed and it went to another place.
    RewordedAndMoved,
    /// It got another number, because others came, went or moved.
    Renumbered,
    /// It went away.
    Removed,
}

impl ClauseStep {
    /// As it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Reworded => "reworded",
            Self::Moved => "moved",
            Self::RewordedAndMoved => "reworded_and_moved",
            Self::Renumbered => "renumbered",
            Self::Removed => "removed",
        }
    }
}

/// A clause in one of two versions, or in both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// As it was.
    pub old: Option<Clause>,
    /// As it is.
    pub new: Option<Clause>,
    /// What happened to it; nothing when it stands as before.
    pub step: Option<ClauseStep>,
}

/// What happened to one clause, seen for itself.
fn step(old: Option<&Clause>, new: Option<&Clause>, is_moved: bool) -> Option<ClauseStep> {
    match (old, new) {
        (None, None) => None,
        (None, Some(_)) => Some(ClauseStep::Added),
        (Some(_), None) => Some(ClauseStep::Removed),
        (Some(old), Some(new)) => match (old.text != new.text, is_moved || old.parent != new.parent) {
            (true, true) => Some(ClauseStep::RewordedAndMoved),
            (true, false) => Some(ClauseStep::Reworded),
            (false, true) => Some(ClauseStep::Moved),
            (false, false) => (old.number != new.number).then_some(ClauseStep::Renumbered),
        },
    }
}

/// All clauses of both versions, in the order of the new one; what was removed stands where it was.
pub fn compare(old: &[Clause], new: &[Clause]) -> Vec<Compared> {
    let before: HashMap<ClauseId, &Clause> = old.iter().map(|clause| (clause.id, clause)).collect();
    let after: HashSet<ClauseId> = new.iter().map(|clause| clause.id).collect();
    let moved = moved(old, new);
    let mut compared: Vec<Compared> = new
        .iter()
        .map(|clause| {
            let was = before.get(&clause.id).copied();
            let step = step(was, Some(clause), moved.contains(&clause.id));
            Compared { old: was.cloned(), new: Some(clause.clone()), step }
        })
        .collect();
    let mut previous = None;
    for clause in old {
        if !after.contains(&clause.id) {
            let at = previous.map_or(Some(0), |id| position_of(&compared, id).map(|index| index + 1));
            let gone = Compared { old: Some(clause.clone()), new: None, step: Some(ClauseStep::Removed) };
            compared.insert(at.unwrap_or(compared.len()), gone);
        }
        previous = Some(clause.id);
    }
    compared
}

fn position_of(compared: &[Compared], id: ClauseId) -> Option<usize> {
    compared.iter().position(|one| one.new.as_ref().or(one.old.as_ref()).is_some_and(|clause| clause.id == id))
}

/// The clauses that stand elsewhere among those that are beside them in both versions.
fn moved(old: &[Clause], new: &[Clause]) -> HashSet<ClauseId> {
    let (before, after) = (siblings(old), siblings(new));
    let mut moved = HashSet::new();
    for (parent, ids) in &before {
        let Some(others) = after.get(parent) else { continue };
        let was: Vec<ClauseId> = ids.iter().copied().filter(|id| others.contains(id)).collect();
        let is: Vec<ClauseId> = others.iter().copied().filter(|id| ids.contains(id)).collect();
        for op in capture_diff_slices(Algorithm::Lcs, &was, &is) {
            if !matches!(op, DiffOp::Equal { .. }) {
                moved.extend(was.get(op.old_range()).unwrap_or_default());
            }
        }
    }
    moved
}

fn siblings(clauses: &[Clause]) -> BTreeMap<Option<ClauseId>, Vec<ClauseId>> {
    let mut siblings: BTreeMap<Option<ClauseId>, Vec<ClauseId>> = BTreeMap::new();
    for clause in clauses {
        siblings.entry(clause.parent).or_default().push(clause.id);
    }
    siblings
}

#[cfg(test)]
mod tests {
    use super::super::import;
    use super::super::tests::numbered;
    use super::*;

    const OLD: &str = "1. Aims\n  1. Win\n  2. Help\n  3. Ask\n2. Means\n  1. Meet\n";

    fn steps(old: &[Clause], new: &[Clause]) -> Vec<(String, Option<ClauseStep>)> {
        let name = |one: &Compared| one.new.as_ref().or(one.old.as_ref()).unwrap().text.clone();
        compare(old, new).iter().map(|one| (name(one), one.step)).collect()
    }

    #[test]
    fn two_equal_versions_have_nothing_to_tell() {
        let clauses = numbered(import(OLD).unwrap());

        assert!(compare(&clauses, &clauses).iter().all(|one| one.step.is_none()));
        assert_eq!(compare(&clauses, &clauses).len(), 6);
    }

    #[test]
    fn every_kind_of_change_is_told_in_its_place() {
        let old = numbered(import(OLD).unwrap());
        let mut new = old.clone();
        new[1].text = "Win wisely".to_owned();
        let mut added = new[3].clone();
        added.id = crate::ids::ClauseId::from_uuid(uuid::Uuid::from_u128(99));
        added.text = "Listen".to_owned();
        new[3].number = "1.4".to_owned();
        new.insert(3, added);
        // “Meet” goes from 2.1 to the end of section 1, and “Help” is gone.
        let mut meet = new.remove(6);
        meet.parent = old[0].id.into();
        new.insert(5, meet);
        new.remove(2);

        let expected = [
            ("Aims", None),
            ("Win wisely", Some(ClauseStep::Reworded)),
            ("Help", Some(ClauseStep::Removed)),
            ("Listen", Some(ClauseStep::Added)),
            ("Ask", Some(ClauseStep::Renumbered)),
            ("Meet", Some(ClauseStep::Moved)),
            ("Means", None),
        ];
        assert_eq!(steps(&old, &new), expected.map(|(text, step)| (text.to_owned(), step)));
    }

    #[test]
    fn of_two_that_change_places_one_has_moved() {
        let old = numbered(import(OLD).unwrap());
        let mut new = old.clone();
        new.swap(1, 2);

        let moved = steps(&old, &new).into_iter().filter(|(_, step)| *step == Some(ClauseStep::Moved)).count();

        assert_eq!(moved, 1);
    }
}
