//! Acts on proposals at the same moment, from two processes: whatever order the database gives them, what
//! stands afterwards fits together (A15, A16; security.md V-4, V-41).

use crate::support::TestApp;
use crate::support::races::while_held;
use crate::support::rows::force;
use crate::support::votes::refusal_code;
use crate::support::world::kept_member;
use caucus::App;
use caucus::db::roll::{fingerprint_of_entries, is_on_roll};
use caucus::db::{amendments, backings, documents};
use caucus::domain::amendment::{AmendmentForm, AmendmentState, Edit, NewAmendment, Place};
use caucus::domain::tally::Rule;
use caucus::ids::{AmendmentId, MemberId, PollId};
use caucus::services::back_amendment::{back_amendment, take_backing_back};
use caucus::services::close_ballot::{Closing, close_due, settle};
use caucus::services::import_document::{NewDocument, import_document};
use caucus::services::open_ballot::open_ballot;
use caucus::services::propose_amendment::{edit_amendment, propose_amendment};
use caucus::services::standing::standing;
use caucus::services::{ServiceError, verify_votes};
use chrono::TimeDelta;
use std::sync::Arc;

/// Two processes, and two members.
async fn scene() -> (TestApp, App, [MemberId; 2]) {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let other = app.second_process();
    (app, other, [ada, bea])
}

async fn open(app: &App, by: MemberId, id: AmendmentId) -> Result<PollId, ServiceError> {
    app.write(move |tx| open_ballot(tx, by, id)).await
}

/// Every proposal that waits for its vote fits what stands, or says that it does not.
async fn assert_fit(app: &TestApp) {
    let read = app.app.read(|conn| -> Result<_, ServiceError> {
        let mut found = Vec::new();
        for amendment in amendments::list_amendments(conn, None)? {
            let document = documents::document(conn, amendment.document_id)?;
            let now = standing(conn, &document)?;
            let changes = amendments::list_changes(conn, amendment.id)?;
            found.push((amendment.state, now.fits(&changes), amendment.title));
        }
        Ok(found)
    });
    for (state, fits, title) in read.await.unwrap() {
        let waits =
            matches!(state, AmendmentState::SeekingBacking | AmendmentState::Backed | AmendmentState::Announced);
        assert!(!waits || fits, "{title} is {state:?} and does not fit");
    }
}

/// A new clause at the very beginning: no two of these are in each other's way.
async fn addition(app: &App, words: &str) -> NewAmendment {
    let form = AmendmentForm {
        title: format!("Add {words}"),
        summary: "One more.".to_owned(),
        values_fit: "It helps.".to_owned(),
        edits: vec![Edit::Add { place: Place::FirstIn(None), text: words.to_owned() }],
    };
    let document = app.read(documents::list_documents).await.unwrap().remove(0).id;
    NewAmendment::parse(document, &form).unwrap()
}

#[tokio::test]
async fn of_two_openings_on_one_clause_one_waits() {
    let (app, other, [ada, bea]) = scene().await;
    for round in 0..6 {
        let words = |who: &str| format!("Said anew by {who}, {round} times.");
        let (one, two) = (app.propose(ada, "2.1", &words("ada")).await, app.propose(bea, "2.1", &words("bea")).await);
        app.back(bea, one).await.unwrap();
        app.back(ada, two).await.unwrap();

        let outcomes = tokio::join!(open(&app.app, ada, one), open(&other, bea, two));

        let refused = match outcomes {
            (Ok(_), refused @ Err(_)) | (refused @ Err(_), Ok(_)) => refused,
            both => panic!("{both:?}"),
        };
        assert_eq!(refusal_code(refused), "vote_on_clause_open");
        app.carry_nothing().await;
    }
}

#[tokio::test]
async fn of_two_openings_about_the_name_on_two_documents_one_waits() {
    let (app, other, [ada, bea]) = scene().await;
    let new = NewDocument { title: "Kindness", slug: "kindness", text: "1. Be kind.\n" };
    app.app.write(move |tx| import_document(tx, &new, Rule::default())).await.unwrap();
    // As when both were put in at the set-up.
    force(&app, "UPDATE documents SET is_founding = TRUE");
    for round in 0..4 {
        let mut ids = Vec::new();
        for (by, document) in [(ada, "agreement"), (bea, "kindness")] {
            let new = renaming(&app.app, document, &format!("Name {round} of {document}")).await;
            ids.push(app.app.write(move |tx| propose_amendment(tx, by, &new)).await.unwrap());
        }
        app.back(bea, ids[0]).await.unwrap();
        app.back(ada, ids[1]).await.unwrap();

        let outcomes = tokio::join!(open(&app.app, ada, ids[0]), open(&other, bea, ids[1]));

        assert!(outcomes.0.is_ok() != outcomes.1.is_ok(), "{outcomes:?}");
        app.carry_nothing().await;
    }
}

async fn renaming(app: &App, document: &str, name: &str) -> NewAmendment {
    let slug = document.to_owned();
    let found = app.read(move |conn| documents::find_document_by_slug(conn, &slug)).await.unwrap().unwrap();
    let form = AmendmentForm {
        title: name.to_owned(),
        summary: "A better name.".to_owned(),
        values_fit: "It fits.".to_owned(),
        edits: vec![Edit::Name(name.to_owned())],
    };
    NewAmendment::parse(found.id, &form).unwrap()
}

/// A vote of ada's that carries another text of clause 2.1 once its week is over, and it is; and a backed
/// proposal of bea's for the same clause.
async fn due_vote(app: &TestApp, [ada, bea]: [MemberId; 2]) -> (PollId, AmendmentId) {
    let first = app.propose(ada, "2.1", "Everybody has one vote, and one only.").await;
    let late = app.propose(bea, "2.1", "Everybody has a voice.").await;
    app.back(bea, first).await.unwrap();
    app.back(ada, late).await.unwrap();
    let poll = app.open(ada, first).await.unwrap();
    for voter in [ada, bea] {
        app.vote_on_the_web(poll, voter, &[0]).await.unwrap();
    }
    app.advance(TimeDelta::days(7));
    (poll, late)
}

#[tokio::test]
async fn what_is_proposed_beside_a_close_is_marked_or_fits() {
    let (app, other, [ada, bea]) = scene().await;
    let (poll, _) = due_vote(&app, [ada, bea]).await;
    let new = app.amending("2.1", "Everybody has a cup.").await;
    let (proposed, closed) =
        while_held(&app.store, other, move |tx| propose_amendment(tx, bea, &new), settle(&app.app, poll)).await;
    assert!(closed.unwrap());
    assert_eq!(app.state(proposed.unwrap()).await, AmendmentState::InConflict);
    assert_fit(&app).await;

    let (app, other, [ada, bea]) = scene().await;
    let (poll, _) = due_vote(&app, [ada, bea]).await;
    let new = app.amending("2.1", "Everybody has a cup.").await;
    let proposing = app.app.write(move |tx| propose_amendment(tx, bea, &new));
    let (closed, proposed) = while_held(&app.store, other, move |tx| close_due(tx, poll, None), proposing).await;
    assert_eq!(closed.unwrap(), Closing::Closed);
    let id = proposed.unwrap();
    assert_fit(&app).await;
    let changes = app.app.read(move |conn| amendments::list_changes(conn, id)).await.unwrap();
    assert_eq!(changes[0].old_text, "Everybody has one vote, and one only.", "it is based on the text of today");
}

#[tokio::test]
async fn what_is_edited_beside_a_close_is_marked_or_fits() {
    let (app, other, [ada, bea]) = scene().await;
    let (poll, late) = due_vote(&app, [ada, bea]).await;
    let new = app.amending("2.1", "Everybody has a say.").await;
    let (edited, closed) =
        while_held(&app.store, other, move |tx| edit_amendment(tx, bea, late, &new), settle(&app.app, poll)).await;
    edited.unwrap();
    assert!(closed.unwrap());
    assert_eq!(app.state(late).await, AmendmentState::InConflict);

    let (app, other, [ada, bea]) = scene().await;
    let (poll, late) = due_vote(&app, [ada, bea]).await;
    let new = app.amending("2.1", "Everybody has a say.").await;
    let editing = app.app.write(move |tx| edit_amendment(tx, bea, late, &new));
    let (closed, edited) = while_held(&app.store, other, move |tx| close_due(tx, poll, None), editing).await;
    assert_eq!(closed.unwrap(), Closing::Closed);
    edited.unwrap();
    assert_fit(&app).await;
}

#[tokio::test]
async fn a_vote_opens_if_and_only_if_somebody_backs_it_at_that_moment() {
    let (app, other, [ada, bea]) = scene().await;
    for round in 0..60 {
        // Nobody writes more than thirty within a day.
        let (ada, bea) = if round < 30 { (ada, bea) } else { (bea, ada) };
        let new = addition(&app.app, &format!("Round {round}.")).await;
        let id = app.app.write(move |tx| propose_amendment(tx, ada, &new)).await.unwrap();
        app.app.write(move |tx| back_amendment(tx, bea, id)).await.unwrap();

        // Either may come first.
        let (opening, withdrawal) = if round % 2 == 0 {
            tokio::join!(open(&app.app, ada, id), other.write(move |tx| take_backing_back(tx, bea, id)))
        } else {
            let (withdrawal, opening) =
                tokio::join!(other.write(move |tx| take_backing_back(tx, bea, id)), open(&app.app, ada, id));
            (opening, withdrawal)
        };

        assert!(opening.is_ok() != withdrawal.is_ok(), "{round}: {opening:?} {withdrawal:?}");
        let backers = app.app.read(move |conn| backings::list_backers(conn, id)).await.unwrap();
        let is_open = app.state(id).await == AmendmentState::Open;
        assert_eq!((is_open, is_open), (opening.is_ok(), !backers.is_empty()), "{round}");
    }
}

#[tokio::test]
async fn whoever_joins_beside_an_opening_is_on_the_roll_or_is_not() {
    let (app, other, [ada, bea]) = scene().await;
    for round in 0..10 {
        let new = addition(&app.app, &format!("Round {round}.")).await;
        let id = app.app.write(move |tx| propose_amendment(tx, ada, &new)).await.unwrap();
        app.back(bea, id).await.unwrap();
        let handle = format!("joiner{round}");

        let (opening, joined) = tokio::join!(open(&app.app, ada, id), kept_member(&other, &handle));

        let poll = match opening {
            Ok(poll) => poll,
            Err(error) => {
                assert_eq!(refusal_code(Err::<(), _>(error)), "roll_changed");
                app.open(ada, id).await.unwrap()
            }
        };
        let frozen = app.poll_row(poll).await.frozen.unwrap();
        let entries = app.app.read(move |conn| fingerprint_of_entries(conn, poll)).await.unwrap();
        assert_eq!((frozen.roll_size, frozen.roll_fingerprint), entries);
        let is_on_it = app.app.read(move |conn| is_on_roll(conn, poll, joined)).await.unwrap();
        assert_eq!(app.vote_on_the_web(poll, joined, &[0]).await.is_ok(), is_on_it);
    }
    let urls = Arc::clone(&app.app.urls);
    let verified = app.app.read(move |conn| verify_votes::verify_votes(conn, &urls)).await.unwrap();
    assert!(verified.faults.is_empty(), "{verified:?}");
}
