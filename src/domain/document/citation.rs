//! Citations of clauses in running text: `4.1.9`, or `clause 8` (rules A1, A2).

use super::Clause;
use crate::ids::ClauseId;

/// A stretch of a text that may cite clauses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cited {
    /// Words.
    Words(String),
    /// The number of a clause, as it was written.
    Clause {
        /// Which clause has that number.
        id: ClauseId,
        /// As it was written.
        number: String,
    },
}

/// Finds the numbers in a text that are numbers of these clauses. A number with one part only is
/// a citation when the word before it says so.
pub fn cite(text: &str, clauses: &[Clause]) -> Vec<Cited> {
    let mut found = Vec::new();
    let mut words = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        words.push_str(before);
        let end = from.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        let number = run.trim_end_matches('.');
        let stands_alone = !words.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | ',' | '-' | '/'))
            && !after.starts_with(char::is_alphanumeric);
        let is_named = number.contains('.') || follows_the_word(&words);
        match clauses.iter().find(|clause| clause.number == number) {
            Some(clause) if stands_alone && is_named => {
                if !words.is_empty() {
                    found.push(Cited::Words(std::mem::take(&mut words)));
                }
                found.push(Cited::Clause { id: clause.id, number: number.to_owned() });
                words.push_str(run.get(number.len()..).unwrap_or_default());
            }
            _ => words.push_str(run),
        }
        rest = after;
    }
    words.push_str(rest);
    if !words.is_empty() {
        found.push(Cited::Words(words));
    }
    found
}

fn follows_the_word(before: &str) -> bool {
    let last = before.split_whitespace().next_back().unwrap_or_default().to_lowercase();
    let last = last.trim_start_matches(|c: char| !c.is_alphanumeric());
    before.ends_with(char::is_whitespace) && matches!(last, "clause" | "clauses" | "section" | "sections" | "§")
        || before.ends_with('§')
}

#[cfg(test)]
mod tests {
    use super::super::tests::numbered;
    use super::*;

    fn cited(text: &str) -> Vec<String> {
        let manifesto = include_str!("../../../tests/fixtures/documents/manifesto.txt");
        let clauses = numbered(super::super::import(manifesto).unwrap());
        let pieces = cite(text, &clauses);
        let whole: String = pieces
            .iter()
            .map(|piece| match piece {
                Cited::Words(words) => words.as_str(),
                Cited::Clause { number, .. } => number.as_str(),
            })
            .collect();
        assert_eq!(whole, text, "nothing is lost");
        let number = |piece: Cited| match piece {
            Cited::Clause { id, number } => {
                assert!(clauses.iter().any(|clause| clause.id == id && clause.number == number));
                Some(number)
            }
            Cited::Words(_) => None,
        };
        pieces.into_iter().filter_map(number).collect()
    }

    #[test]
    fn numbers_of_clauses_are_citations() {
        assert_eq!(cited("It fits 4.1.9 and (6.5.3), see 2.1."), ["4.1.9", "6.5.3", "2.1"]);
        assert_eq!(cited("Clause 8 and section 2, clauses 7."), ["8", "2", "7"]);
        assert_eq!(cited("4.1.9"), ["4.1.9"]);
    }

    #[test]
    fn other_numbers_are_not() {
        for text in
            ["In 2 years, 8 times.", "It costs 4.1.99 or 12.1", "v4.1.9, 4.1.9a, 1,4.1", "", "1.2.3.4.5", "-4.1"]
        {
            assert_eq!(cited(text), Vec::<String>::new(), "{text}");
        }
    }
}
