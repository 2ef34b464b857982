//! Small things that many pages show: times, excerpts, texts as paragraphs.

pub use crate::domain::document::anchor;

use crate::App;
use crate::clock::Stamp;
use crate::db::cabals::Cabal;
use crate::db::clause_history::ClauseEvent;
use crate::db::posts::find_post;
use crate::db::{AnyConnection, DbError};
use crate::domain::amendment::{Act, AmendmentState, Change, Place, rule_of_text};
use crate::domain::diff::{Piece, words};
use crate::domain::document::{Clause, ClauseStep, Compared, Shelf};
use crate::domain::offer::Viewer;
use crate::domain::tally::Rule;
use crate::domain::tally::Share;
use crate::domain::text::is_invisible;
use crate::ids::{CabalId, ClauseId, MemberId, PostId};
use crate::services::ServiceError;
use crate::services::sign_in::OpenedSession;
use crate::web::errors::PageError;
use crate::web::layout::Page;
use crate::web::session::{Session, device_cookie, member_cookie};
use actix_web::HttpResponse;
use actix_web::http::header::{HeaderValue, SET_COOKIE};

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

/// What a text without a title is called: its first line without marks, not too long.
pub fn title_of(text: &str) -> String {
    let first = text.lines().map(markdown_as_text).find(|line| !line.is_empty());
    excerpt(first.unwrap_or_else(|| text.to_owned()), 90)
}

/// Quarters of an hour as hours: `1.5 hours`.
pub fn hours(quarter_hours: &i32) -> String {
    let hours = crate::domain::help_request::hours_text(*quarter_hours);
    if hours == "1" { "1 hour".to_owned() } else { format!("{hours} hours") }
}

/// The beginning of a text in one line, cut at a word.
pub fn excerpt(text: impl AsRef<str>, max: usize) -> String {
    let line = text.as_ref().split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= max {
        return line;
    }
    let cut: String = line.chars().take(max).collect();
    let cut = cut.rsplit_once(' ').map_or(cut.as_str(), |(head, _)| head);
    format!("{cut} …")
}

/// `1 member`, `2 members`.
pub fn counted(number: impl ToString, one: &str, many: &str) -> String {
    let number = number.to_string();
    let noun = if number == "1" { one } else { many };
    format!("{number} {noun}")
}

/// A form of a member that an act was made of.
pub struct Sent<'a> {
    /// The program.
    pub app: &'a App,
    /// The visit.
    pub session: &'a Session,
    /// The title of the page on which the form stands.
    pub title: &'a str,
}

impl Sent<'_> {
    /// Ends a form that was sent: on to where its success leads and what is told there, or the
    /// same form `again` with what is wrong.
    ///
    /// # Errors
    /// When no form can mend what is wrong.
    pub async fn end<T>(
        self,
        outcome: Result<T, ServiceError>,
        leads: impl FnOnce(T) -> (String, &'static str),
        again: impl FnOnce(&Page) -> Result<HttpResponse, PageError>,
    ) -> Result<HttpResponse, PageError> {
        match outcome {
            Ok(made) => {
                let (path, notice) = leads(made);
                self.session.done(self.app, &path, notice).await
            }
            Err(error) => again(&self.session.page(self.app, self.title).refused(error)?),
        }
    }
}

/// Adds a `Set-Cookie` header to an answer.
pub fn add_cookie(answer: &mut HttpResponse, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
}

/// Signs a browser in: it gets the cookie of its session, and the one by which it is known later.
pub fn add_member_cookies(answer: &mut HttpResponse, app: &App, opened: &OpenedSession) {
    add_cookie(answer, member_cookie(app, opened));
    add_cookie(answer, device_cookie(app, opened));
}

/// True for the option that was chosen.
pub fn is_same(chosen: &str, option: &str) -> bool {
    chosen == option
}

/// Where an amendment stands, in words.
pub fn state_words(state: &AmendmentState) -> &'static str {
    match state {
        AmendmentState::Draft => "draft",
        AmendmentState::SeekingBacking => "looking for a backer",
        AmendmentState::Backed => "backed",
        AmendmentState::Announced => "vote announced",
        AmendmentState::Open => "vote open",
        AmendmentState::Carried => "carried",
        AmendmentState::Lost => "not carried",
        AmendmentState::Lapsed => "lapsed",
        AmendmentState::Withdrawn => "withdrawn",
        AmendmentState::InConflict => "the text has changed meanwhile",
    }
}

/// The class that colours the state.
pub fn state_class(state: &AmendmentState) -> &'static str {
    match state {
        AmendmentState::Open => "open",
        AmendmentState::Carried => "carried",
        _ => "",
    }
}

/// The difference between two states of a clause, word by word; one that is not there is empty.
fn difference(old: Option<&Clause>, new: Option<&Clause>) -> Vec<Piece> {
    let text = |clause: Option<&Clause>| clause.map(|clause| clause.text.clone()).unwrap_or_default();
    words(&text(old), &text(new))
}

/// What differs in a clause between two versions.
pub fn compared(one: &Compared) -> Vec<Piece> {
    difference(one.old.as_ref(), one.new.as_ref())
}

/// What a version did to the words of a clause.
pub fn event_diff(event: &ClauseEvent) -> Vec<Piece> {
    difference(event.old.as_ref(), event.new.as_ref())
}

/// A clause and what happened to it between two versions: `Clause 2.1 is reworded`.
pub fn step_words(one: &Compared) -> String {
    one.step.map_or_else(String::new, |step| happened(step, one.old.as_ref(), one.new.as_ref()))
}

/// What a version did to a clause, in words.
pub fn event_words(event: &ClauseEvent) -> String {
    happened(event.step, event.old.as_ref(), event.new.as_ref())
}

fn happened(step: ClauseStep, old: Option<&Clause>, new: Option<&Clause>) -> String {
    let name = |clause: Option<&Clause>| match clause {
        Some(clause) if !clause.number.is_empty() => format!("Clause {}", clause.number),
        _ => "Unnumbered text".to_owned(),
    };
    let old_number = old.map(|clause| clause.number.as_str()).filter(|number| !number.is_empty());
    let was = match old_number.filter(|number| new.is_some_and(|new| new.number != *number)) {
        Some(number) => format!(", was {number}"),
        None => String::new(),
    };
    match step {
        ClauseStep::Added => format!("{} is added", name(new)),
        ClauseStep::Removed => format!("{} is removed", name(old)),
        ClauseStep::Reworded => format!("{} is reworded{was}", name(new)),
        ClauseStep::Moved => format!("{} is moved{was}", name(new)),
        ClauseStep::RewordedAndMoved => format!("{} is reworded and moved{was}", name(new)),
        ClauseStep::Renumbered => format!("{} has a new number{was}", name(new)),
    }
}

/// The difference that a change makes, word by word.
pub fn diff(change: &Change) -> Vec<Piece> {
    words(&old_words(change), &new_words(change))
}

/// The words before a change; of a rule as a sentence.
pub fn old_words(change: &Change) -> String {
    words_of(change, &change.old_text)
}

/// The words after a change; of a rule as a sentence.
pub fn new_words(change: &Change) -> String {
    words_of(change, &change.new_text)
}

/// Words that a change is about, as people read them; a rule as a sentence.
pub fn words_of(change: &Change, text: &str) -> String {
    match change.act {
        Act::Rule => rule_of_text(text).map(|stored| rule(&stored)).unwrap_or_default(),
        _ => text.to_owned(),
    }
}

/// What a change concerns, and what it does to it: `Clause 2.1 goes away`.
pub fn change_heading(change: &Change) -> String {
    let name = match (change.number.as_str(), change.act) {
        (_, Act::Rule) => return "The rule of voting".to_owned(),
        (_, Act::Name) => return "The name of the community".to_owned(),
        ("", Act::Add(_)) => "New clause".to_owned(),
        (number, Act::Add(_)) => format!("New clause {number}"),
        ("", _) => "Unnumbered text".to_owned(),
        (number, _) => format!("Clause {number}"),
    };
    match change.act {
        Act::Move(_) => format!("{name} goes to another place"),
        Act::Remove => format!("{name} goes away"),
        _ => name,
    }
}

/// Where a clause goes, told by the numbers of today.
pub fn place_words(change: &Change, clauses: &[Clause]) -> Option<String> {
    let place = change.act.place()?;
    let name = |id: ClauseId| match clauses.iter().find(|clause| clause.id == id) {
        Some(clause) => format!("clause {}", clause.name()),
        None => "the new clause before it".to_owned(),
    };
    Some(match place {
        Place::After(id) => format!("It stands after {}.", name(id)),
        Place::FirstIn(Some(id)) => format!("It stands first in {}.", name(id)),
        Place::FirstIn(None) => "It stands at the very beginning.".to_owned(),
    })
}

/// Text with the characters that hide or reorder text made visible, so that nobody is deceived
/// about what they vote on (XS-9).
pub fn visible(text: &str) -> String {
    text.chars().map(|c| if is_invisible(c) { format!("[U+{:04X}]", u32::from(c)) } else { c.to_string() }).collect()
}

/// A share as it is printed; a dash when there is nothing to take a share of.
pub fn share(share: Option<Share>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| share.to_string())
}

/// Our members' Markdown as HTML, with links to the clauses of the shelf that it cites.
pub fn markdown(text: &str, shelf: &Shelf) -> String {
    clean_html(&crate::federation::outbound::markdown::to_html(text, shelf))
}

/// The words of our members' Markdown, without its marks.
pub fn markdown_as_text(text: &str) -> String {
    crate::federation::inbound::clean::plain_text(&markdown(text, &Shelf::default()).replace("</li>", " </li>"))
}

/// Remote HTML as it may stand on a page. It was cleaned when it came; it is cleaned again here,
/// so that no row of the store, however it got there, can put a script on a page (XS-1).
pub fn clean_html(html: &str) -> String {
    crate::federation::inbound::clean::clean(html)
}

/// True for addresses that may be linked to (XS-3).
pub fn is_web_url(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// What was found; of a post that was withdrawn the page says so instead of having never heard
/// of it (PV-11).
///
/// # Errors
/// `Gone` for a withdrawn post, or the error itself.
pub async fn or_gone<T>(app: &App, id: PostId, found: Result<T, ServiceError>) -> Result<T, PageError> {
    let Err(ServiceError::NotFound(what)) = found else { return Ok(found?) };
    let post = app.read(move |conn| find_post(conn, id)).await?;
    let was_there = post.is_some_and(|post| post.deleted_at.is_some());
    Err(if was_there { PageError::Gone(what) } else { PageError::not_found(what) })
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

/// The cabal with this handle, for one of its members.
///
/// # Errors
/// `NotFound`, `Forbidden` for others, or the store's fault.
pub async fn my_cabal(app: &App, handle: String, member: MemberId) -> Result<Cabal, ServiceError> {
    app.read(move |conn| {
        let cabal = cabal_named(conn, &handle)?;
        require_cabal_member(conn, &cabal, member)?;
        Ok(cabal)
    })
    .await
}

/// What carries an amendment, as one sentence (A9).
pub fn rule(rule: &Rule) -> String {
    format!("It is carried by {}.", rule.words())
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
