//! The marks by which clauses are counted: 1 2 3, a b c, A B C, i ii iii, I II III.

use super::Clause;
use crate::ids::ClauseId;
use std::collections::HashMap;

/// How the clauses in one clause are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// `1`, `2`, `3`.
    Decimal,
    /// `a`, `b`, `c`.
    Letter,
    /// `A`, `B`, `C`.
    CapitalLetter,
    /// `i`, `ii`, `iii`.
    Roman,
    /// `I`, `II`, `III`.
    CapitalRoman,
}

const ROMAN: &[(u32, &str)] = &[
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
];

impl Mark {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Decimal, Self::Letter, Self::CapitalLetter, Self::Roman, Self::CapitalRoman];

    /// The mark of the clause with this place among its neighbours, from 1.
    pub fn label(self, place: u32) -> String {
        match self {
            Self::Decimal => place.to_string(),
            Self::Letter => letters(place),
            Self::CapitalLetter => letters(place).to_ascii_uppercase(),
            Self::Roman => roman(place),
            Self::CapitalRoman => roman(place).to_ascii_uppercase(),
        }
    }

    /// How a list is counted that begins with this.
    pub fn beginning_with(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mark| mark.label(1) == label)
    }
}

fn letters(place: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = place;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from_digit(10 + rest % 26, 36).unwrap_or('a'));
        rest /= 26;
    }
    letters.into_iter().rev().collect()
}

fn roman(place: u32) -> String {
    let (mut written, mut rest) = (String::new(), place);
    for (value, sign) in ROMAN {
        while rest >= *value {
            written.push_str(sign);
            rest -= value;
        }
    }
    written
}

/// How the clauses in each clause are counted; of none, the sections.
pub type Marks = HashMap<Option<ClauseId>, Mark>;

/// How the clauses in each clause of a version are counted: the first of them tells.
pub fn marks(clauses: &[Clause]) -> Marks {
    let mut marks = Marks::new();
    for clause in clauses.iter().filter(|clause| !clause.number.is_empty()) {
        let label = clause.number.rsplit('.').next().unwrap_or_default();
        marks.entry(clause.parent).or_insert_with(|| Mark::beginning_with(label).unwrap_or(Mark::Decimal));
    }
    marks
}

/// Numbers clauses as they follow one another, each level from its beginning and by the marks it
/// had; text without a number gets none.
pub fn number_anew(clauses: &mut [Clause], marks: &Marks) {
    let mut numbers: HashMap<Option<ClauseId>, (String, u32)> = HashMap::from([(None, (String::new(), 0))]);
    for (position, clause) in (0..).zip(clauses) {
        clause.position = position;
        if !clause.number.is_empty()
            && let Some((above, last)) = numbers.get_mut(&clause.parent)
        {
            *last += 1;
            let label = marks.get(&clause.parent).unwrap_or(&Mark::Decimal).label(*last);
            clause.number = if above.is_empty() { label } else { format!("{above}.{label}") };
            numbers.insert(Some(clause.id), (clause.number.clone(), 0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::import;
    use super::super::tests::numbered;
    use super::*;

    #[test]
    fn marks_count_as_people_do() {
        let written = |mark: Mark, places: &[u32]| places.iter().map(|place| mark.label(*place)).collect::<Vec<_>>();
        assert_eq!(written(Mark::Letter, &[1, 2, 26, 27, 52, 53]), ["a", "b", "z", "aa", "az", "ba"]);
        assert_eq!(written(Mark::Roman, &[1, 4, 9, 14, 40, 49, 90]), ["i", "iv", "ix", "xiv", "xl", "xlix", "xc"]);
        assert_eq!(written(Mark::CapitalRoman, &[3, 8]), ["III", "VIII"]);
        assert_eq!(written(Mark::CapitalLetter, &[3]), ["C"]);
        for mark in Mark::ALL {
            assert_eq!(Mark::beginning_with(&mark.label(1)), Some(mark));
        }
        assert_eq!(Mark::beginning_with("b"), None);
    }

    #[test]
    fn clauses_keep_their_kind_of_mark_when_others_come_and_go() {
        let mut clauses =
            numbered(import("1. Aims\n  a) Win\n    i. Wisely\n  b) Help\n  c) Ask\n2. Means\n  1. Meet\n").unwrap());
        let marks = marks(&clauses);
        // “Win” goes away with what is in it; “Meet” comes to the end of the aims.
        clauses.drain(1..3);
        let mut meet = clauses.remove(4);
        meet.parent = Some(clauses[0].id);
        clauses.insert(3, meet);

        number_anew(&mut clauses, &marks);

        let numbers: Vec<(&str, &str)> = clauses.iter().map(|c| (c.number.as_str(), c.text.as_str())).collect();
        assert_eq!(numbers, [("1", "Aims"), ("1.a", "Help"), ("1.b", "Ask"), ("1.c", "Meet"), ("2", "Means")]);
    }
}
