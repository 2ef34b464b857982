//! The words of a text and the numbers among them that may be those of clauses.

/// A word of a text, and the number that it is, with where that begins in the text.
pub(super) struct Word<'a> {
    pub(super) raw: &'a str,
    pub(super) number: Option<(usize, &'a str)>,
}

impl Word<'_> {
    /// What follows the number.
    pub(super) fn tail(&self) -> &str {
        let number = self.number.map_or("", |(_, number)| number);
        self.raw.split_once(number).map_or("", |(_, tail)| tail)
    }

    pub(super) fn ends_sentence(&self) -> bool {
        self.raw.ends_with(['.', ';', '!', '?'])
    }

    fn is(&self, list: &[&str]) -> bool {
        list.contains(&plain(self.raw).as_str())
    }
}

/// Numbers that follow one another as in a list, from the first word that belongs to them to the last.
pub(super) struct Group {
    pub(super) begin: usize,
    pub(super) end: usize,
    pub(super) numbers: Vec<usize>,
    /// `Clauses 2.1, 4 and 7`.
    pub(super) is_of_clauses: bool,
}

const CLAUSE_WORDS: &[&str] = &["clause", "clauses", "section", "sections", "§", "§§"];
const PLURALS: &[&str] = &["clauses", "sections", "§§"];
const JOINING: &[&str] = &["and", "or", "to", "&"];
/// A number after one of these is none of a clause.
const OTHER_NUMBERS: &[&str] = &["version", "versions", "release", "releases", "v"];

/// Every word of a text, in order.
pub(super) fn read(text: &str) -> Vec<Word<'_>> {
    let mut at = 0;
    let mut words = Vec::new();
    for raw in text.split(char::is_whitespace) {
        if !raw.is_empty() {
            words.push(Word { raw, number: number(raw).map(|(start, number)| (at + start, number)) });
        }
        // White space is of one character here, whatever its length in bytes.
        at += raw.len();
        at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    words
}

/// The number that a word is, apart from the marks round it, and where it begins.
fn number(raw: &str) -> Option<(usize, &str)> {
    let inner = raw.trim_start_matches(['(', '[', '"', '\'', '“', '‘', '«', '§']);
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(inner.len());
    let (run, rest) = inner.split_at(end);
    let rest = rest.strip_prefix("'s").or_else(|| rest.strip_prefix("’s")).unwrap_or(rest);
    let is_closed = rest
        .chars()
        .all(|c| matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | ']' | '"' | '\'' | '”' | '’' | '»' | '…'));
    let number = run.trim_end_matches('.');
    (number.starts_with(|c: char| c.is_ascii_digit()) && is_closed).then_some((raw.len() - inner.len(), number))
}

/// A word as it is compared: in small letters, without the marks round it.
pub(super) fn plain(raw: &str) -> String {
    let word =
        raw.trim_matches(['(', ')', '[', ']', '"', '\'', '“', '”', '‘', '’', '«', '»', ',', ':', '.', ';', '!', '?']);
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word);
    word.to_lowercase()
}

/// The numbers of a text, those together that stand in one list.
pub(super) fn groups(words: &[Word<'_>]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for at in (0..words.len()).filter(|at| words.get(*at).is_some_and(|word| word.number.is_some())) {
        let before = |back: usize| at.checked_sub(back).and_then(|at| words.get(at));
        if before(1).is_some_and(|word| word.is(OTHER_NUMBERS)) {
            continue;
        }
        let is_marked = before(1).is_some_and(|word| word.is(CLAUSE_WORDS) && !word.ends_sentence());
        let first = if is_marked { at - 1 } else { at };
        match groups.last_mut().filter(|last| goes_on(words, last.end, first)) {
            Some(last) => {
                last.end = at;
                last.numbers.push(at);
            }
            None => {
                let is_of_clauses = is_marked && before(1).is_some_and(|word| word.is(PLURALS));
                groups.push(Group { begin: first, end: at, numbers: vec![at], is_of_clauses });
            }
        }
    }
    groups
}

/// Whether a list goes on from the number at `last` to the word at `first`.
fn goes_on(words: &[Word<'_>], last: usize, first: usize) -> bool {
    let tail = words.get(last).map_or("", Word::tail);
    let between: Vec<&Word<'_>> = words.get(last + 1..first).unwrap_or_default().iter().collect();
    let joins = |word: &Word<'_>| JOINING.contains(&word.raw);
    match between.as_slice() {
        [] => tail.ends_with(','),
        [word] => joins(word) && tail.chars().all(|c| c == ','),
        _ => false,
    }
}

/// Whether the word before a number says that it is one of a clause.
pub(super) fn follows_the_word(words: &[Word<'_>], at: usize) -> bool {
    let is_after = at
        .checked_sub(1)
        .and_then(|at| words.get(at))
        .is_some_and(|word| word.is(CLAUSE_WORDS) && !word.ends_sentence());
    is_after || words.get(at).is_some_and(|word| word.raw.contains('§'))
}
