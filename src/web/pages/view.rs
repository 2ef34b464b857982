//! Small things that many pages show: times, excerpts, texts as paragraphs.

use crate::clock::Stamp;
use crate::db::cabals::Cabal;
use crate::db::{AnyConnection, DbError};
use crate::domain::offer::Viewer;
use crate::ids::{CabalId, MemberId};
use crate::services::ServiceError;

/// A day, `22 November 2026`.
pub fn day(stamp: &Stamp) -> String {
    stamp.format("%-d %B %Y").to_string()
}

/// A moment, `22 November 2026, 18:30 UTC`.
pub fn moment(stamp: &Stamp) -> String {
    stamp.format("%-d %B %Y, %H:%M UTC").to_string()
}

/// A moment for the `datetime` attribute.
pub fn machine(stamp: &Stamp) -> String {
    crate::clock::iso_seconds(*stamp)
}

/// Quarters of an hour as hours: `1.5 hours`.
pub fn hours(quarter_hours: &i32) -> String {
    let hours = crate::domain::help_request::hours_text(*quarter_hours);
    if hours == "1" { "1 hour".to_owned() } else { format!("{hours} hours") }
}

/// The beginning of a text in one line, cut at a word.
pub fn excerpt(text: &str, max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= max {
        return line;
    }
    let cut: String = line.chars().take(max).collect();
    let cut = cut.rsplit_once(' ').map_or(cut.as_str(), |(head, _)| head);
    format!("{cut} …")
}

/// `1 member`, `2 members`.
pub fn counted(number: &impl ToString, one: &str, many: &str) -> String {
    let number = number.to_string();
    let noun = if number == "1" { one } else { many };
    format!("{number} {noun}")
}

/// The cabal with this handle.
///
/// # Errors
/// `NotFound`, or the store's fault.
pub fn cabal_named(conn: &mut AnyConnection, handle: &str) -> Result<Cabal, ServiceError> {
    crate::db::cabals::find_cabal_by_handle(conn, handle)?.ok_or(ServiceError::NotFound("cabal"))
}

/// With whose eyes a person looks at what belongs to a cabal.
///
/// # Errors
/// The store's fault.
pub fn viewer(conn: &mut AnyConnection, cabal: CabalId, member: Option<MemberId>) -> Result<Viewer, DbError> {
    let is_member = match member {
        Some(member) => crate::db::cabals::is_member(conn, cabal, member)?,
        None => false,
    };
    Ok(if is_member { Viewer::OfTheCabal } else { Viewer::Anybody })
}

/// Only for members of the cabal.
///
/// # Errors
/// `Forbidden` for others.
pub fn require_cabal_member(conn: &mut AnyConnection, cabal: &Cabal, member: MemberId) -> Result<(), ServiceError> {
    if crate::db::cabals::is_member(conn, cabal.id, member)? {
        return Ok(());
    }
    Err(ServiceError::Forbidden(format!("Only members of {} can do this. You can join it on its page.", cabal.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_are_cut_at_words() {
        assert_eq!(excerpt("one  two\nthree", 20), "one two three");
        assert_eq!(excerpt("one two three", 9), "one two …");
        assert_eq!(excerpt("ünüsüällylöng", 5), "ünüsü …");
    }
}
