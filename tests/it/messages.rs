//! What people write to a cabal that is neither offer nor vote, and what the inbound worker does
//! with what it cannot deal with.

use crate::support::rows::dump;
use crate::support::{Fediverse, Reach, TestApp};
use caucus::db::inbox::{self, NewReceived};
use caucus::db::local_actors::find_community;
use caucus::db::messages::list_messages;
use caucus::db::{DbError, Tx, inbox::count_waiting};
use caucus::domain::visibility::Visibility;
use caucus::federation::inbound::note::InboundNote;
use caucus::services::ServiceError;
use caucus::services::publish_statement::{Author, publish_statement};
use caucus::services::receive_note::{Arrival, receive, receive_edit};
use caucus::workers::{inbound, tidy};
use chrono::TimeDelta;
use diesel::connection::SimpleConnection as _;
use serde_json::{Value, json};

#[tokio::test]
async fn replies_to_progress_mentions_and_direct_messages_are_messages() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    let (ada, cabal) = (world.ada, world.cabal);
    let new = caucus::domain::statement::NewStatement { text: "It works".into(), language: "en".into() };
    let publish = move |tx: &mut Tx<'_>| publish_statement(tx, ada, Author::Cabal(cabal), &new);
    let progress: Result<_, ServiceError> = world.app.app.write(publish).await;
    let parent = world.app.app.urls.progress(progress.unwrap());

    let reply = world.reply(&bob, &parent, "Well done", Reach::Public);
    world.take(&bob, &world.act("Create", &bob, &reply)).await;
    let mut mention = world.reply(&bob, &parent, "Look", Reach::Unlisted);
    mention.as_object_mut().unwrap().remove("inReplyTo");
    world.take(&bob, &world.act("Create", &bob, &mention)).await;
    let mut direct = world.reply(&bob, &parent, "Hello", Reach::Direct);
    direct["inReplyTo"] = Value::Null;
    world.take(&bob, &world.act("Create", &bob, &direct)).await;

    let messages = world.messages();
    let seen: Vec<Visibility> = messages.iter().rev().map(|message| message.visibility).collect();
    assert_eq!(seen, [Visibility::Public, Visibility::Unlisted, Visibility::Direct]);
    assert_eq!(messages.last().unwrap().in_reply_to.as_deref(), Some(parent.as_str()));
    assert_eq!(world.on_their_way().len(), 0, "messages are not answered by themselves");
}

#[tokio::test]
async fn a_note_to_several_of_us_reaches_each_and_one_to_nobody_reaches_none() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    let mut both = world.reply(&bob, "https://elsewhere.example/1", "Hello all", Reach::Direct);
    both["to"] = json!([world.cabal_url(), world.app.url("/c/commons"), world.app.url("/c/nobody")]);
    world.take(&bob, &world.act("Create", &bob, &both)).await;
    let mut none = world.reply(&bob, "https://elsewhere.example/1", "Hello world", Reach::Public);
    none["cc"] = json!([]);
    none["tag"] = json!([]);
    world.take(&bob, &world.act("Create", &bob, &none)).await;

    assert_eq!(world.messages().len(), 1);
    let mut connection = world.app.store.connect();
    let community = find_community(&mut connection).unwrap().unwrap();
    assert_eq!(list_messages(&mut connection, community.id, None, None, 10).unwrap().len(), 1);

    world.take(&bob, &world.act("Delete", &bob, &both["id"])).await;
    assert_eq!(world.messages().len(), 0);
    assert_eq!(list_messages(&mut connection, community.id, None, None, 10).unwrap().len(), 0);
}

#[tokio::test]
async fn a_note_that_names_nobody_belongs_to_the_owner_of_the_inbox() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    let mut note = world.reply(&bob, "https://elsewhere.example/1", "Psst", Reach::Direct);
    note["to"] = json!([]);
    note["tag"] = json!([]);
    let create = world.act("Create", &bob, &note);

    let (status, _) = world.peer.send(&bob, &format!("{}/inbox", world.cabal_url()), &create).await;
    world.work().await;

    assert_eq!((status, world.messages().len()), (202, 1));
}

#[tokio::test]
async fn an_edited_message_changes_and_a_deleted_one_never_returns() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    let mut note = world.reply(&bob, "https://elsewhere.example/1", "Hello", Reach::Direct);
    world.take(&bob, &world.act("Create", &bob, &note)).await;
    note["content"] = json!("<p>Good day</p>");
    note["updated"] = json!("2026-03-01T12:00:00Z");
    world.take(&bob, &world.act("Update", &bob, &note)).await;
    assert_eq!(world.messages()[0].content_html, "<p>Good day</p>");

    world.take(&bob, &world.act("Delete", &bob, &note["id"])).await;
    for kind in ["Create", "Update"] {
        world.take(&bob, &world.act(kind, &bob, &note)).await;
    }

    assert_eq!(world.messages().len(), 0);
}

#[tokio::test]
async fn a_deletion_that_overtakes_its_message_wins() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    let note = world.reply(&bob, "https://elsewhere.example/1", "Hello", Reach::Direct);

    world.take(&bob, &world.act("Delete", &bob, &note["id"])).await;
    world.take(&bob, &world.act("Create", &bob, &note)).await;

    assert_eq!(world.messages().len(), 0);
}

#[tokio::test]
async fn what_comes_from_others_is_stored_harmless() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    let mut note = world.reply(&bob, "https://elsewhere.example/1", "x", Reach::Direct);
    note["content"] = json!("<p onclick=\"x()\">Hello<script>alert(1)</script><img src=x onerror=alert(1)></p>");
    note["summary"] = json!("<svg onload=alert(1)>");
    world.take(&bob, &world.act("Create", &bob, &note)).await;

    assert_eq!(world.messages()[0].content_html, "<p><strong>&lt;svg onload=alert(1)&gt;</strong></p><p>Hello</p>");
}

const BOB: &str = "https://masto.example/users/bob";

#[tokio::test]
async fn what_cannot_be_dealt_with_is_tried_again_later_and_holds_up_nobody() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    let nobody = NewReceived {
        actor_url: BOB.to_owned(),
        activity_id: "https://masto.example/1".to_owned(),
        inbox_handle: None,
        body: "{ this is no JSON".to_owned(),
        signed_at: world.app.app.now(),
    };
    let stored: Result<bool, DbError> = world.app.app.write(move |tx| inbox::store_once(tx, &nobody)).await;
    assert!(stored.unwrap());

    world.take(&bob, &world.follow(&bob)).await;
    assert_eq!(world.followers_count(), 1, "the others are dealt with");
    assert_eq!(inbound::step(&world.app.app).await.unwrap(), 0, "it is not tried again at once");

    for _ in 0..12 {
        world.app.advance(TimeDelta::hours(30));
        world.work().await;
    }
    assert_eq!(count_waiting(&mut world.app.store.connect()).unwrap(), 0, "it is given up in the end");
}

#[tokio::test]
async fn what_is_given_up_keeps_no_body_is_told_to_stewards_and_forgotten_in_the_end() {
    let world = Fediverse::start().await;
    world.store(BOB, "https://masto.example/1", &json!("For, says bob")).await;
    // A body that is no activity any more, as after damage of the disk.
    let spoilt = "UPDATE inbox_activities SET body = '{ For, says bob'";
    world.app.store.connect().batch_execute(spoilt).unwrap();
    for _ in 0..10 {
        assert!(dump(&world.app)["inbox_activities"].concat().contains("says bob"), "it may be tried again");
        world.work().await;
        world.app.advance(TimeDelta::hours(6));
    }

    let rows = dump(&world.app)["inbox_activities"].concat();
    assert!(rows.contains("failed") && !rows.contains("says bob"), "{rows}");
    let page = world.app.signed_in("ada").await.get("/steward").await;
    assert!(page.text().contains("given up after ten tries: 1"), "{}", page.text());

    tidy::step(&world.app.app).await.unwrap();
    assert_eq!(dump(&world.app)["inbox_activities"].len(), 1, "its repetition is still known");
    world.app.advance(TimeDelta::days(7));
    tidy::step(&world.app.app).await.unwrap();
    assert_eq!(dump(&world.app)["inbox_activities"].len(), 0);
}

#[tokio::test]
async fn a_follow_by_somebody_we_never_met_waits_until_we_have() {
    let world = Fediverse::start().await;
    let follow = json!({
        "type": "Follow", "id": "https://masto.example/2", "actor": "https://masto.example/users/bob",
        "object": world.cabal_url(),
    });
    world.store(BOB, "https://masto.example/2", &follow).await;
    world.work().await;
    assert_eq!(world.followers_count(), 0);
    assert_eq!(count_waiting(&mut world.app.store.connect()).unwrap(), 1);
}

#[tokio::test]
async fn many_activities_are_taken_in_batches_and_none_is_left() {
    let world = Fediverse::start().await;
    for number in 0..450 {
        let like = json!({
            "type": "Like", "actor": "https://masto.example/users/bob", "object": world.cabal_url(),
        });
        world.store(BOB, &format!("https://masto.example/likes/{number}"), &like).await;
    }
    let mut steps = Vec::new();
    while let Ok(done @ 1..) = inbound::step(&world.app.app).await {
        steps.push(done);
    }
    assert_eq!(steps, [200, 200, 50]);
}

#[tokio::test]
async fn what_was_dealt_with_is_forgotten_after_a_week() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    let follow = world.follow(&bob);
    world.take(&bob, &world.act("Undo", &bob, &follow)).await;
    world.take(&bob, &follow).await;
    assert_eq!(world.followers_count(), 0);

    assert_eq!(tidy::step(&world.app.app).await.unwrap(), 0);
    world.app.advance(TimeDelta::days(8));
    while tidy::step(&world.app.app).await.unwrap() > 0 {}

    world.take(&bob, &follow).await;
    assert_eq!(world.followers_count(), 1, "neither the Follow nor its early Undo is known any more");
}

#[tokio::test]
async fn a_reply_that_becomes_a_choice_by_an_edit_is_not_kept_and_casts_nothing() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    let author = app.linked(ada, "ada").await;
    let reply = |html: &str| InboundNote {
        id: format!("{author}/1"),
        author: author.clone(),
        in_reply_to: Some(app.app.urls.poll(poll)),
        raw_html: html.to_owned(),
        visibility: Visibility::Direct,
        addressed: Vec::new(),
        updated: None,
    };
    let (first, edited) = (reply("<p>I am not sure yet</p>"), reply("<p>Against</p>"));
    let arrival = |received_at| Arrival { inbox_handle: None, received_at };
    app.app.write(move |tx| receive(tx, &first, arrival(tx.now))).await.unwrap();
    assert_eq!(dump(&app)["messages"].len(), 1);

    app.app.write(move |tx| receive_edit(tx, &edited, arrival(tx.now))).await.unwrap();

    assert!(!format!("{:?}", dump(&app)["messages"]).contains("Against"));
    assert_eq!(app.poll_row(poll).await.voters_count, 0);
}
