//! What people say about an amendment: objections (A14), replies from the fediverse, and what
//! members write here. Names of members are for members (J5).

use super::view;
use crate::clock::Stamp;
use crate::db::amendment_comments::list_comments;
use crate::db::amendments::Amendment;
use crate::db::citations::Library;
use crate::db::members::member;
use crate::db::messages::{Answer, list_discussion};
use crate::db::objections::{Objection, list_all_objections};
use crate::db::{AnyConnection, DbError};
use crate::domain::Urls;
use crate::ids::{DocumentId, MemberId, RowId};

/// How many comments and replies one page shows.
const MOST: u16 = 200;

/// Objections and remarks.
pub(super) struct Talk {
    pub objections: Vec<Objected>,
    pub remarks: Vec<Remark>,
}

/// An objection as this person sees it.
pub(super) struct Objected {
    pub objection: Objection,
    pub html: ObjectionHtml,
    /// Who raised it, for members.
    pub name: Option<String>,
    pub is_mine: bool,
    /// It speaks of words that were edited since.
    pub is_about_earlier_text: bool,
}

impl Objected {
    /// Which it is, for those who hear the page: the day, and for members who raised it.
    pub fn told(&self) -> String {
        let day = view::day(&self.objection.raised_at);
        self.name.as_ref().map_or_else(|| day.clone(), |name| format!("{day} by {name}"))
    }
}

/// What an objection and its answer say, as HTML with links to the clauses that they cite.
pub(super) struct ObjectionHtml {
    pub reason: String,
    pub answer: Option<String>,
}

impl ObjectionHtml {
    /// Each cites the documents as they stood when it was written (A1).
    pub fn of(
        conn: &mut AnyConnection,
        said: Said<'_>,
        (library, about): (&mut Library, DocumentId),
    ) -> Result<Self, DbError> {
        let mut html = |(words, at): (&str, Stamp)| library.html(conn, words, (at, Some(about)));
        Ok(Self { reason: html(said.reason)?, answer: said.answer.map(html).transpose()? })
    }
}

/// The words of an objection and of its answer, each with the moment at which it was written.
pub(super) struct Said<'a> {
    pub reason: (&'a str, Stamp),
    pub answer: Option<(&'a str, Stamp)>,
}

impl<'a> From<&'a Objection> for Said<'a> {
    fn from(one: &'a Objection) -> Self {
        let answered_at = one.answered_at.unwrap_or(one.raised_at);
        Self { reason: (&one.reason, one.raised_at), answer: one.answer.as_deref().map(|answer| (answer, answered_at)) }
    }
}

/// Something said, here or elsewhere.
pub(super) struct Remark {
    pub at: Stamp,
    pub who: Who,
}

impl From<Answer> for Remark {
    fn from(Answer { message, handle }: Answer) -> Self {
        let who = Who::Remote { handle, html: message.content_html, url: message.note_id };
        Self { at: message.received_at, who }
    }
}

/// Who said what.
pub(super) enum Who {
    /// A member, here.
    Member { id: RowId, name: Option<String>, html: String, is_mine: bool },
    /// Somebody on the fediverse.
    Remote { handle: String, html: String, url: String },
}

/// Everything said about an amendment, the oldest first. Of objections without a backer only
/// members are told.
pub(super) fn load_talk(
    conn: &mut AnyConnection,
    amendment: &Amendment,
    viewer: Option<MemberId>,
    (library, urls): (&mut Library, &Urls),
) -> Result<Talk, DbError> {
    let mut objections = Vec::new();
    for objection in list_all_objections(conn, amendment.id)? {
        if objection.backer_id.is_some() || viewer.is_some() {
            let name = viewer.map(|_| member(conn, objection.member_id)).transpose()?.map(|member| member.name);
            let is_mine = viewer == Some(objection.member_id);
            let is_about_earlier_text = objection.raised_at < amendment.edited_at;
            let html = ObjectionHtml::of(conn, (&objection).into(), (library, amendment.document_id))?;
            objections.push(Objected { objection, html, name, is_mine, is_about_earlier_text });
        }
    }
    let mut remarks = written_here(conn, amendment, viewer, library)?;
    remarks.extend(list_discussion(conn, amendment.posts(urls), MOST.into())?.into_iter().map(Remark::from));
    remarks.sort_by_key(|remark| remark.at);
    Ok(Talk { objections, remarks })
}

fn written_here(
    conn: &mut AnyConnection,
    amendment: &Amendment,
    viewer: Option<MemberId>,
    library: &mut Library,
) -> Result<Vec<Remark>, DbError> {
    let mut remarks = Vec::new();
    for comment in list_comments(conn, amendment.id, MOST.into())? {
        let is_mine = viewer == Some(comment.member_id);
        let name = viewer.is_some().then_some(comment.name);
        let html = library.html(conn, &comment.text, (comment.written_at, Some(amendment.document_id)))?;
        let who = Who::Member { id: comment.id, name, html, is_mine };
        remarks.push(Remark { at: comment.written_at, who });
    }
    Ok(remarks)
}
