//! What votes changed under an amendment: for each of its changes what it started from, what stands now and what
//! is proposed, and the way to the sheet on which it is written anew (A15).

use super::{amendment, view};
use crate::App;
use crate::clock::Stamp;
use crate::db::AnyConnection;
use crate::db::amendments::{Amendment, list_changes};
use crate::db::documents::{Document, document, list_clauses};
use crate::domain::amendment::{Act, Change, Move, Since, Standing};
use crate::domain::diff::{Piece, words};
use crate::domain::document::Clause;
use crate::ids::{AmendmentId, MemberId};
use crate::services::ServiceError;
use crate::services::standing::standing;
use crate::web::errors::PageError;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "amendment_rebase.html")]
struct Content {
    amendment: Amendment,
    document: Document,
    sides: Vec<Side>,
    /// Why its changes do not fit together any more, when each alone does.
    why: Option<String>,
    /// Whether the one who looks may edit it.
    may_edit: bool,
}

/// One change: what it started from, what stands now, what is proposed.
struct Side {
    change: Change,
    /// The words it started from; nothing for a clause that comes.
    before: Option<String>,
    /// The number that the clause had then.
    number_before: Option<String>,
    /// The words that stand now.
    now: Option<String>,
    number_now: Option<String>,
    /// Where it would put its clause, by the numbers of the text it was written against.
    place: Option<String>,
    since: Vec<Since>,
}

impl Side {
    fn of(change: Change, all: &[Change], (base, now): (&[Clause], &Standing)) -> Self {
        let number = |clauses: &[Clause]| {
            let found = clauses.iter().find(|clause| clause.id == change.clause);
            found.map(|clause| clause.number.clone()).filter(|number| !number.is_empty())
        };
        let is_new = matches!(change.act, Act::Add(_));
        Self {
            before: (!is_new).then(|| view::old_words(&change)),
            number_before: number(base),
            now: now.words_now(&change).map(|words| view::words_of(&change, &words)),
            number_now: number(&now.clauses),
            place: view::place_words(&change, base),
            since: now.since(&change, all),
            change,
        }
    }

    fn heading(&self) -> String {
        view::change_heading(&Change { number: self.number_before.clone().unwrap_or_default(), ..self.change.clone() })
    }

    /// What votes did to the words it started from; nothing when they stand as they stood.
    fn pieces_since(&self) -> Option<Vec<Piece>> {
        let (before, now) = (self.before.as_ref()?, self.now.as_ref()?);
        (before != now).then(|| words(before, now))
    }

    fn is_moved(&self) -> bool {
        self.now.is_some() && self.number_before.is_some() && self.number_before != self.number_now
    }

    /// What its proposer can do about each thing that happened.
    fn told(&self) -> Vec<String> {
        self.since.iter().map(since_words).collect()
    }
}

fn since_words(since: &Since) -> String {
    match since {
        Since::Reworded => "Its words have changed. You can propose yours against the new ones, adapt yours, or let \
                            the new ones stand."
            .to_owned(),
        Since::Gone => "It was removed. You can propose your words as a new clause, or let it go.".to_owned(),
        Since::PlaceGone => {
            "The place where it would stand is not there any more. You can choose another one.".to_owned()
        }
        Since::Grown(names) => format!(
            "Something has come into it since: {}. If it goes away, that goes too; you can propose so, move it elsewhere \
             first, or let it stay.",
            names.join(", ")
        ),
        Since::Fulfilled => "What it asks for stands already. You can leave it out.".to_owned(),
    }
}

/// `GET /amendments/{id}/rebase`
pub async fn show(
    app: web::Data<App>,
    session: Session,
    id: web::Path<AmendmentId>,
) -> Result<HttpResponse, PageError> {
    let (id, look) = (id.into_inner(), (session.member_id(), app.now()));
    let content = app.read(move |conn| load(conn, id, look)).await?;
    session.page(&app, "What has changed meanwhile").show(&content)
}

fn load(
    conn: &mut AnyConnection,
    id: AmendmentId,
    (viewer, now): (Option<MemberId>, Stamp),
) -> Result<Content, ServiceError> {
    let amendment = amendment::find(conn, id, viewer)?;
    let document = document(conn, amendment.document_id)?;
    let standing = standing(conn, &document)?;
    let base = list_clauses(conn, amendment.base_version_id)?;
    let changes = list_changes(conn, id)?;
    let of = |change: &Change| Side::of(change.clone(), &changes, (&base, &standing));
    let sides: Vec<Side> = changes.iter().map(of).collect();
    let is_told = sides.iter().any(|side| !side.since.is_empty());
    let why = standing.with(&changes).err().filter(|_| !is_told).map(|refusal| refusal.sentence);
    let may_edit = viewer == Some(amendment.proposer_id) && amendment.state_at(now).after(Move::Edit).is_ok();
    Ok(Content { amendment, document, sides, why, may_edit })
}
