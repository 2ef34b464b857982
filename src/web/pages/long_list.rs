//! Long lists: one page at a time, newest first, with a link to what is older.

use serde::Deserialize;

/// The query string of a page of a list: it begins after this id.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct From<Id> {
    /// The last id of the page before; none on the first page.
    pub before: Option<Id>,
}

/// What to ask the store for, to know whether anything comes after a page of this length.
pub fn one_more_than(on_a_page: usize) -> i64 {
    i64::try_from(on_a_page.saturating_add(1)).unwrap_or(i64::MAX)
}

/// Cuts what was found to one page; answers the id after which the next page begins, if there is one.
pub fn cut<T, Id>(found: &mut Vec<T>, on_a_page: usize, id: impl Fn(&T) -> Id) -> Option<Id> {
    let has_more = found.len() > on_a_page;
    found.truncate(on_a_page);
    found.last().filter(|_| has_more).map(id)
}
