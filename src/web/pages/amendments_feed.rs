//! The Atom feed of amendments and of the results of all votes, also of those on who leads a cabal.

use super::feed::{About, Entry, MOST, answer};
use super::view;
use crate::App;
use crate::clock::Stamp;
use crate::db::amendments::{Amendment, list_amendments};
use crate::db::local_actors::find_community;
use crate::db::results::{PollResult, find_result, list_decided_leads};
use crate::db::{AnyConnection, DbError, polls, posts};
use crate::domain::amendment::AmendmentState;
use crate::domain::outcome::Outcome;
use crate::services::ServiceError;
use crate::services::minutes::{find_outcome, outcome};
use crate::services::result_words::numbers;
use crate::web::errors::PageError;
use actix_web::{HttpResponse, web};

/// `GET /feeds/amendments.atom`
pub async fn show(app: web::Data<App>) -> Result<HttpResponse, PageError> {
    let (urls, now) = (std::sync::Arc::clone(&app.urls), app.now());
    let (community, entries) = app
        .read(move |conn| -> Result<_, ServiceError> {
            let community = find_community(conn)?.map_or_else(|| "Caucus".to_owned(), |community| community.name);
            let mut entries = Vec::new();
            for amendment in list_amendments(conn, None)? {
                let state = amendment.state_at(now);
                let (updated, result) = standing(conn, &amendment, state)?;
                if let Some(result) = result {
                    let outcome = outcome(&result, None);
                    entries.push(result_entry(&amendment.title, (&result, outcome), urls.minutes(result.poll_id)));
                }
                entries.push(Entry {
                    url: urls.amendment(amendment.id),
                    title: format!("{}: {}", capital(view::state_words(&state)), amendment.title),
                    text: amendment.summary,
                    updated,
                });
            }
            for id in list_decided_leads(conn, i64::try_from(MOST).unwrap_or(i64::MAX))? {
                let Some((result, outcome)) = find_outcome(conn, id)? else { continue };
                let question = polls::poll(conn, id)?.question;
                entries.push(result_entry(&question, (&result, outcome), urls.minutes(id)));
            }
            Ok((community, entries))
        })
        .await?;
    let about = About { about: "amendments and results", path: "/feeds/amendments.atom", page: "/amendments" };
    answer(&app, &about, community, entries)
}

/// When something about it changed last, and its result. What the community published of it is brought up to
/// date with every change of its state.
fn standing(
    conn: &mut AnyConnection,
    amendment: &Amendment,
    state: AmendmentState,
) -> Result<(Stamp, Option<PollResult>), DbError> {
    let mut updated = amendment.edited_at;
    if let Some(note) = amendment.note_id {
        let note = posts::post(conn, note)?;
        updated = updated.max(note.updated_at.unwrap_or(note.published_at));
    }
    if state == AmendmentState::Lapsed {
        updated = updated.max(amendment.lapses_at);
    }
    let Some(id) = amendment.poll_id else { return Ok((updated, None)) };
    let poll = polls::poll(conn, id)?;
    Ok((updated.max(poll.closed_at.unwrap_or(poll.opens_at)), find_result(conn, id)?))
}

/// The minutes in short: outcome, numbers, the three shares and what proves them (A8, A9).
fn result_entry(about: &str, (result, outcome): (&PollResult, Outcome), url: String) -> Entry {
    Entry {
        url,
        title: format!("Minutes: {about}"),
        text: format!(
            "{}. {} SHA-256 of the record of all ballots: {}",
            outcome.words(),
            numbers(result),
            result.record_sha256
        ),
        updated: result.closed_at,
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
