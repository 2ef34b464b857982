//! Amendments from proposal to opening (A2, A3, A4, A15).

use crate::support::TestApp;
use crate::support::rows::{dump, of_type, on_their_way};
use crate::support::votes::refusal_code;
use caucus::db::{amendments, documents};
use caucus::domain::amendment::{AmendmentForm, AmendmentState, Edit, NewAmendment};
use caucus::domain::record::sha256_hex;
use caucus::domain::tally::Rule;
use caucus::ids::{AmendmentId, ClauseId};
use caucus::services::{ServiceError, back_amendment, import_document, propose_amendment};
use caucus::workers::timers;
use chrono::TimeDelta;
use uuid::Uuid;

#[tokio::test]
async fn the_manifesto_is_stored_clause_by_clause_and_given_back_in_plain_text() {
    let (app, _) = TestApp::with_community().await;
    let manifesto = include_str!("../fixtures/documents/manifesto.txt");
    let imported: Result<_, ServiceError> = app
        .app
        .write(move |tx| {
            let new = import_document::NewDocument { slug: "", title: "Manifesto", text: manifesto };
            import_document::import_document(tx, &new, Rule::default())
        })
        .await;
    let id = imported.unwrap();

    let (document, clauses) = app
        .app
        .read(move |conn| {
            let document = documents::document(conn, id)?;
            let clauses = documents::list_clauses(conn, document.version.id)?;
            Ok::<_, ServiceError>((document, clauses))
        })
        .await
        .unwrap();

    assert_eq!((document.slug.as_str(), document.version.number), ("manifesto", 1));
    assert_eq!(clauses.iter().find(|c| c.number == "4.1.9").unwrap().text, "Research-based policy-making");
    let plain = caucus::domain::document::export_plain(&clauses);
    let squeezed = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.trim().is_empty()).map(|line| line.trim_end().to_owned()).collect()
    };
    assert_eq!(squeezed(&plain), squeezed(manifesto));
}

#[tokio::test]
async fn a_document_that_cannot_be_read_leaves_nothing_behind() {
    let (app, _) = TestApp::with_community().await;
    let before = dump(&app);
    for (slug, title, text, field) in [
        ("", "Rules", "Only words.", "text"),
        ("", "Rules", "1. A\n3. C", "text"),
        ("", "", "1. A", "title"),
        ("Not a slug", "Rules", "1. A", "slug"),
        ("agreement", "Rules", "1. A", "slug"),
    ] {
        let new = import_document::NewDocument { slug, title, text };
        let refused = app.app.write(move |tx| import_document::import_document(tx, &new, Rule::default())).await;
        match refused.unwrap_err() {
            ServiceError::Refused(refusal) | ServiceError::Conflict(refusal) => {
                assert_eq!(refusal.fields[0].field, field, "{title} {text}");
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(dump(&app), before);
}

#[tokio::test]
async fn voting_cannot_open_before_another_member_has_backed_it() {
    let (app, ada) = TestApp::with_community().await;
    let (bea, cai) = (app.member("bea").await, app.member("cai").await);
    let id = app.propose(ada, "2.1", "One vote each.").await;

    assert_eq!(refusal_code(app.open(ada, id).await), "not_backed");
    assert_eq!(refusal_code(app.back(ada, id).await), "forbidden");
    app.back(bea, id).await.unwrap();
    app.back(bea, id).await.unwrap();
    assert_eq!(refusal_code(app.open(bea, id).await), "forbidden");
    app.app.write(move |tx| back_amendment::take_backing_back(tx, bea, id)).await.unwrap();
    assert_eq!(refusal_code(app.open(ada, id).await), "not_backed");
    let again = app.app.write(move |tx| back_amendment::take_backing_back(tx, bea, id)).await;
    assert_eq!(refusal_code(again), "not_backed");
    app.back(cai, id).await.unwrap();
    app.open(ada, id).await.unwrap();
    assert_eq!(app.state(id).await, AmendmentState::Open);
}

#[tokio::test]
async fn every_edit_cancels_all_backings() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let id = app.propose(ada, "2.1", "One vote each.").await;
    app.back(bea, id).await.unwrap();

    assert_eq!(refusal_code(app.edit(bea, id, "2.1", "No votes.").await), "forbidden");
    app.edit(ada, id, "2.2", "Two thirds decide.").await.unwrap();

    assert_eq!(app.state(id).await, AmendmentState::SeekingBacking);
    assert_eq!(refusal_code(app.open(ada, id).await), "not_backed");
    let changes = app.app.read(move |conn| amendments::list_changes(conn, id)).await.unwrap();
    assert_eq!(changes.iter().map(|c| c.number.as_str()).collect::<Vec<_>>(), ["2.2"]);
}

#[tokio::test]
async fn nothing_about_an_open_vote_can_be_changed() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (id, _) = app.open_vote(ada, bea).await;
    let before = dump(&app);

    assert_eq!(refusal_code(app.edit(ada, id, "2.1", "Other words.").await), "vote_is_open");
    assert_eq!(refusal_code(app.back(bea, id).await), "vote_is_open");
    assert_eq!(refusal_code(app.open(ada, id).await), "vote_is_open");
    let back = app.app.write(move |tx| back_amendment::take_backing_back(tx, bea, id)).await;
    assert_eq!(refusal_code(back), "vote_is_open");
    let withdrawn = app.app.write(move |tx| propose_amendment::withdraw_amendment(tx, ada, id)).await;
    assert_eq!(refusal_code(withdrawn), "vote_is_open");

    assert_eq!(dump(&app), before);
}

#[tokio::test]
async fn an_unbacked_proposal_lapses_after_thirty_days() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let lonely = app.propose(ada, "2.1", "One vote each.").await;
    let backed = app.propose(ada, "2.2", "Two thirds decide.").await;
    app.back(bea, backed).await.unwrap();

    app.advance(TimeDelta::days(30) - TimeDelta::microseconds(1));
    assert_eq!(timers::step(&app.app).await.unwrap(), 1, "its proposer is warned");
    assert_eq!(timers::step(&app.app).await.unwrap(), 0);
    app.advance(TimeDelta::microseconds(1));
    // The clock decides, before any timer does.
    assert_eq!(refusal_code(app.back(bea, lonely).await), "lapsed");
    assert_eq!(timers::step(&app.app).await.unwrap(), 1);

    assert_eq!(app.state(lonely).await, AmendmentState::Lapsed);
    assert_eq!(refusal_code(app.edit(ada, lonely, "2.1", "Again.").await), "lapsed");
    assert_eq!(app.state(backed).await, AmendmentState::Backed);
}

#[tokio::test]
async fn proposals_about_clauses_that_are_not_there_are_refused() {
    let (app, ada) = TestApp::with_community().await;
    let good = app.amending("2.1", "Everybody has one vote.").await;
    let unchanged = app.app.write(move |tx| propose_amendment::propose_amendment(tx, ada, &good)).await;
    assert_eq!(refusal_code(unchanged), "invalid_fields");

    let document = app.app.read(documents::list_documents).await.unwrap()[0].id;
    let form = AmendmentForm {
        title: "Elsewhere".to_owned(),
        summary: "Changes nothing here.".to_owned(),
        values_fit: "None.".to_owned(),
        edits: vec![Edit::reword(ClauseId::from_uuid(Uuid::from_u128(7)), "Words")],
    };
    let foreign = NewAmendment::parse(document, &form).unwrap();
    let refused = app.app.write(move |tx| propose_amendment::propose_amendment(tx, ada, &foreign)).await;
    assert_eq!(refusal_code(refused), "invalid_fields");
    let nowhere = NewAmendment::parse(caucus::ids::DocumentId::from_uuid(Uuid::nil()), &form).unwrap();
    let refused = app.app.write(move |tx| propose_amendment::propose_amendment(tx, ada, &nowhere)).await;
    assert_eq!(refusal_code(refused), "not_found");
    assert_eq!(refusal_code(app.open(ada, AmendmentId::from_uuid(Uuid::nil())).await), "not_found");
}

#[tokio::test]
async fn text_rule_and_roll_freeze_at_the_opening() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    app.advance(TimeDelta::milliseconds(700));
    let (id, poll_id) = app.open_vote(ada, bea).await;
    app.member("cai").await;

    let poll = app.poll_row(poll_id).await;
    assert_eq!((poll.closes_at - poll.opens_at).num_microseconds(), Some(604_800_000_000));
    assert_eq!(poll.closes_at.timestamp_subsec_micros(), 0);
    let frozen = poll.frozen.unwrap();
    let mut ids = [ada.to_string(), bea.to_string()];
    ids.sort();
    assert_eq!(frozen.roll_size, 2);
    assert_eq!(frozen.roll_fingerprint, sha256_hex(&format!("{}\n{}\n", ids[0], ids[1])));
    let question = app.fetch_question(poll_id).await;
    assert_eq!(question["rollSize"], 2);
    assert_eq!(question["rollFingerprint"], frozen.roll_fingerprint);
    let hash = app.app.read(move |conn| amendments::amendment(conn, id)).await.unwrap().frozen_hash.unwrap();
    assert_eq!(question["frozenHash"], hash);
    let cai_is_on_roll = app
        .app
        .read(move |conn| {
            let cai = caucus::db::members::find_member_by_handle(conn, "cai")?.unwrap().id;
            caucus::db::roll::is_on_roll(conn, poll_id, cai)
        })
        .await
        .unwrap();
    assert!(!cai_is_on_roll);
}

#[tokio::test]
async fn the_question_goes_to_the_followers_of_the_community_in_the_shape_that_all_programs_read() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    app.follow_community("far.example", "fay").await;
    let (_, poll) = app.open_vote(ada, bea).await;

    let mut sent = of_type(&on_their_way(&app), "Create");
    // The proposal was told before.
    assert_eq!(sent.remove(0).1["object"]["type"], "Note");
    assert_eq!(sent.len(), 1);
    let (inbox, create) = &sent[0];
    let object = &create["object"];
    assert_eq!(inbox, "https://far.example/inbox");
    assert_eq!(object["type"], "Question");
    assert_eq!(object["id"], app.url(&format!("/polls/{poll}")));
    assert_eq!(object["attributedTo"], app.url("/c/commons"));
    assert_eq!(object["endTime"], "2026-03-08T12:00:00Z");
    assert_eq!(object["votersCount"], 0);
    assert!(object.get("closed").is_none() && object.get("anyOf").is_none() && object.get("updated").is_none());
    let expected = [("For", 0), ("Against", 0), ("Abstain", 0)].map(|(name, total)| (name.to_owned(), total));
    assert_eq!(TestApp::shown(object), expected);
    assert!(object["oneOf"].as_array().unwrap().iter().all(|option| option["type"] == "Note"));
}

#[tokio::test]
async fn one_vote_is_open_on_a_clause_and_others_wait() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, _) = app.open_vote(ada, bea).await;
    let rival = app.propose(bea, "2.1", "Nobody votes.").await;
    let other = app.propose(bea, "2.2", "Three quarters carry.").await;
    app.back(ada, rival).await.unwrap();
    app.back(ada, other).await.unwrap();

    assert_eq!(refusal_code(app.open(bea, rival).await), "vote_on_clause_open");
    app.open(bea, other).await.unwrap();
}

#[tokio::test]
async fn backers_who_left_do_not_count_at_the_opening() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let id = app.propose(ada, "2.1", "One vote each.").await;
    app.back(bea, id).await.unwrap();
    app.leave("bea");

    assert_eq!(refusal_code(app.open(ada, id).await), "not_backed");
}

#[tokio::test]
async fn a_vote_on_a_text_that_was_amended_since_the_proposal_closes_well() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let late = app.propose(bea, "2.2", "Three quarters carry.").await;
    app.back(ada, late).await.unwrap();
    let (_, first) = app.open_vote(ada, bea).await;
    for by in [ada, bea] {
        app.vote_on_the_web(first, by, &[0]).await.unwrap();
    }
    app.advance(TimeDelta::days(7));
    timers::step(&app.app).await.unwrap();

    let second = app.open(bea, late).await.unwrap();
    for by in [ada, bea] {
        app.vote_on_the_web(second, by, &[0]).await.unwrap();
    }
    app.advance(TimeDelta::days(7));
    timers::step(&app.app).await.unwrap();

    assert!(app.result(second).await.is_some_and(|result| result.is_carried));
    assert!(app.browser().get("/documents/agreement/versions/3").await.text().contains("Three quarters carry."));
}
