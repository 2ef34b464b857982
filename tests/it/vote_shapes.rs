//! What is a vote and what is none, from every channel (A6, A7, V-17, V-21 to V-24).

use super::voting::{counted, uncounted};
use crate::support::TestApp;
use crate::support::rows::dump;
use crate::support::votes::{refusal_code, vote_at};
use caucus::db::inbox::{NewReceived, store_once};
use caucus::domain::ballot::{Uncounted, VoteOutcome};
use caucus::domain::visibility::Visibility;
use caucus::federation::inbound::note::InboundNote;
use caucus::ids::PollId;
use caucus::services::ServiceError;
use caucus::services::cast_ballot::{self, FediverseVote};
use caucus::workers::inbound;

#[tokio::test]
async fn only_the_published_words_are_options() {
    let (app, ada) = TestApp::with_community().await;
    let cabal = app.cabal(ada, "tea").await;
    let poll = app.poll(ada, cabal, false, false).await;
    let wrong = ["Te", "Tea!", "0", "1", "Tea\u{200b}", "Tea&nbsp;", "&lt;Tea&gt;", "Tee", "T\u{435}a", "Tea Coffee"];
    for (n, sent) in wrong.iter().enumerate() {
        let voter = app.remote(&format!("wrong{n}")).await;
        let outcome = app.vote(poll, &voter, sent).await;
        assert_eq!(outcome, VoteOutcome::Uncounted(Uncounted::UnknownOption), "{sent:?}");
    }
    for (n, sent) in ["Tea", " Tea\n", "tea", "TEA"].iter().enumerate() {
        let voter = app.remote(&format!("right{n}")).await;
        assert_eq!(app.vote(poll, &voter, sent).await, VoteOutcome::Counted, "{sent:?}");
    }

    let question = app.fetch_question(poll).await;
    counted(&[4, 0, 0], &app, &question);
    assert_eq!(question["votersCount"], 4);
    assert_eq!(uncounted(&app, poll).await, [(Uncounted::UnknownOption, 10)]);
}

#[tokio::test]
async fn a_web_ballot_without_exactly_what_was_asked_changes_nothing() {
    let (app, ada) = TestApp::with_community().await;
    let cabal = app.cabal(ada, "tea").await;
    let single = app.poll(ada, cabal, false, false).await;
    let multiple = app.poll(ada, cabal, true, false).await;
    let before = dump(&app);
    for (poll, choices) in [
        (single, &[][..]),
        (single, &[3]),
        (single, &[u32::MAX]),
        (single, &[0, 1]),
        (multiple, &[]),
        (multiple, &[0, 3]),
    ] {
        assert_eq!(refusal_code(app.vote_on_the_web(poll, ada, choices).await), "invalid_fields", "{choices:?}");
    }
    let nowhere = PollId::from_uuid(uuid::Uuid::nil());
    assert_eq!(refusal_code(app.vote_on_the_web(nowhere, ada, &[0]).await), "not_found");
    assert_eq!(
        refusal_code(vote_at(&app.app, nowhere, ("https://far.example/users/bob", "Tea"), None).await),
        "not_found"
    );
    assert_eq!(dump(&app), before);

    // The same choice twice is one choice.
    app.vote_on_the_web(multiple, ada, &[1, 1]).await.unwrap();
    counted(&[0, 1, 0], &app, &app.fetch_question(multiple).await);
}

#[tokio::test]
async fn a_reply_of_a_single_word_is_a_ballot_in_an_amendment_and_a_text_elsewhere() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let cabal = app.cabal(ada, "tea").await;
    let elsewhere = app.linked(ada, "ada").await;
    let advisory = app.poll(ada, cabal, false, false).await;
    let (_, poll) = app.open_vote(ada, bea).await;
    let word = async |poll: PollId, html: &str| {
        let reply = InboundNote {
            id: format!("{elsewhere}/{}", html.len()),
            author: elsewhere.clone(),
            in_reply_to: Some(app.app.urls.poll(poll)),
            raw_html: html.to_owned(),
            visibility: Visibility::Direct,
            addressed: Vec::new(),
            updated: None,
        };
        let found: Result<_, ServiceError> = app
            .app
            .write(move |tx| {
                let Some(vote) = cast_ballot::ballot_word(tx, &reply)? else { return Ok(None) };
                let vote = FediverseVote::received(&vote, &reply.author, tx.now);
                cast_ballot::from_fediverse(tx, &vote).map(Some)
            })
            .await;
        found.unwrap()
    };

    let mention = "<p><span class=\"h-card\"><a href=\"x\">@<span>commons</span></a></span>";
    assert_eq!(word(poll, &format!("{mention} Against</p>")).await, Some(VoteOutcome::Counted));
    assert_eq!(word(poll, "<p>for</p>").await, Some(VoteOutcome::Changed));
    for text in ["<p>for sure</p>", "<p>I am against it</p>", "<p>yes</p>", "<p>for<br>against</p>", ""] {
        assert_eq!(word(poll, text).await, None, "{text}");
    }
    assert_eq!(word(advisory, "<p>For</p>").await, None);
}

#[tokio::test]
async fn a_ballot_is_cast_by_a_bare_create_and_by_nothing_else() {
    let (app, ada) = TestApp::with_community().await;
    let cabal = app.cabal(ada, "tea").await;
    let poll = app.poll(ada, cabal, false, false).await;
    let bob = app.remote("bob").await;
    let question = app.app.urls.poll(poll);
    let note = |extra: serde_json::Value| {
        let mut note = serde_json::json!({
            "id": format!("{bob}#v"), "type": "Note", "name": "Tea", "attributedTo": bob, "to": app.url("/c/tea"),
            "inReplyTo": question,
        });
        note.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        note
    };
    let vote = note(serde_json::json!({}));
    let create = serde_json::json!({"id": format!("{bob}#c"), "type": "Create", "actor": bob, "object": vote});
    let foreign = note(serde_json::json!({"attributedTo": "https://far.example/users/eve"}));
    for (kind, object) in [
        ("Announce", vote.clone()),
        ("Announce", create.clone()),
        ("Update", vote.clone()),
        ("Add", vote.clone()),
        ("Undo", create.clone()),
        ("Delete", vote.clone()),
        ("Like", vote.clone()),
        ("Create", create),
        ("Create", foreign),
        ("Create", note(serde_json::json!({"content": "<p>I think so</p>"}))),
        ("Create", note(serde_json::json!({"name": null, "content": "<p>Tea</p>"}))),
        ("Create", note(serde_json::json!({"name": ""}))),
        ("Create", note(serde_json::json!({"name": " \u{200b}"}))),
        ("Create", note(serde_json::json!({"name": null}))),
        ("Create", note(serde_json::json!({"name": ["Tea"]}))),
        ("Create", note(serde_json::json!({"inReplyTo": "https://far.example/polls/1"}))),
        ("Create", note(serde_json::json!({"inReplyTo": question.replace("/polls/", "/notes/")}))),
    ] {
        let id = format!("{bob}#{}", caucus::ids::random_receipt());
        let body = serde_json::json!({"id": id, "type": kind, "actor": bob, "object": object}).to_string();
        receive(&app, &bob, &id, &body).await;
        assert_eq!(app.poll_row(poll).await.voters_count, 0, "{body}");
    }

    let id = format!("{bob}#good");
    receive(
        &app,
        &bob,
        &id,
        &serde_json::json!({"id": id, "type": "Create", "actor": bob, "object": vote}).to_string(),
    )
    .await;
    assert_eq!(app.poll_row(poll).await.voters_count, 1);
    // Taking a vote back is unknown on the fediverse, and nothing here.
    let id = format!("{bob}#del");
    receive(
        &app,
        &bob,
        &id,
        &serde_json::json!({"id": id, "type": "Delete", "actor": bob, "object": vote}).to_string(),
    )
    .await;
    counted(&[1, 0, 0], &app, &app.fetch_question(poll).await);
}

/// An activity that passed the front door, and the worker that takes it up.
async fn receive(app: &TestApp, actor: &str, id: &str, body: &str) {
    let new = NewReceived {
        actor_url: actor.to_owned(),
        activity_id: id.to_owned(),
        inbox_handle: None,
        body: body.to_owned(),
        signed_at: app.app.now(),
    };
    assert!(app.app.write(move |tx| store_once(tx, &new)).await.unwrap());
    assert_eq!(inbound::step(&app.app).await.unwrap(), 1);
}
