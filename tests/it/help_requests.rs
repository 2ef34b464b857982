//! What a cabal publishes: help requests and progress as they leave for other servers, their
//! edits and their end; forming, joining and leaving a cabal (C1-C3, C6, H1, F1).

use crate::support::Fediverse;
use crate::support::world::kept_pair;
use caucus::db::cabals::{is_member, list_acts, list_cabal_members};
use caucus::db::posts::{list_pinned, post};
use caucus::domain::cabal::{CabalFields, Freshness, NewCabal};
use caucus::domain::help_request::{HelpRequestFields, HelpRequestState, NewHelpRequest};
use caucus::domain::statement::{NewStatement, StatementFields};
use caucus::domain::visibility::PUBLIC;
use caucus::ids::{ActorId, CabalId, HelpRequestId, MemberId, PostId};
use caucus::services::ServiceError;
use caucus::services::form_cabal::form_cabal;
use caucus::services::join_cabal::{join_cabal, leave_cabal};
use caucus::services::publish_help_request::{edit_help_request, publish_help_request, withdraw_help_request};
use caucus::services::publish_statement::{Author, edit_statement, publish_statement, withdraw_statement};
use chrono::TimeDelta;
use serde_json::{Value, json};

/// A world with one follower, so that everything published is promised to somebody.
async fn with_follower() -> Fediverse {
    let world = Fediverse::start().await;
    let fan = world.peer.person("fan");
    world.take(&fan, &world.follow(&fan)).await;
    world
}

async fn edit(world: &Fediverse, by: MemberId, id: HelpRequestId, what: &str) -> Result<(), ServiceError> {
    let new = world.new_help_request(what);
    world.app.app.write(move |tx| edit_help_request(tx, by, id, &new)).await
}

async fn withdraw(world: &Fediverse, by: MemberId, id: HelpRequestId) -> Result<(), ServiceError> {
    world.app.app.write(move |tx| withdraw_help_request(tx, by, id)).await
}

async fn join(world: &Fediverse, by: MemberId, line: &str) -> Result<(), ServiceError> {
    let (cabal, line) = (world.cabal, line.to_owned());
    world.app.app.write(move |tx| join_cabal(tx, by, cabal, &line)).await
}

async fn progress(world: &Fediverse, by: MemberId, text: &str) -> Result<PostId, ServiceError> {
    let new = NewStatement::parse(&StatementFields { text: text.into(), language: "en".into() }).unwrap();
    let cabal = world.cabal;
    world.app.app.write(move |tx| publish_statement(tx, by, Author::Cabal(cabal), &new)).await
}

fn served(world: &Fediverse, id: HelpRequestId) -> Value {
    serde_json::from_str(&post(&mut world.app.store.connect(), id.into()).unwrap().object).unwrap()
}

fn pinned(world: &Fediverse) -> usize {
    list_pinned(&mut world.app.store.connect(), ActorId::from(world.cabal)).unwrap().len()
}

#[tokio::test]
async fn a_help_request_reads_well_anywhere_and_tells_machines_the_rest() {
    let world = with_follower().await;
    let fields = HelpRequestFields {
        what: "Index the minutes\n\nAll of <them> & more".into(),
        skills: "Rust, full-text search, 42".into(),
        hours: "2.5".into(),
        deadline: "2026-03-31".into(),
        place: "Leeds".into(),
        remote: "on".into(),
        language: "de".into(),
    };
    let new = NewHelpRequest::parse(&fields, world.app.app.now()).unwrap();
    let (ada, cabal) = (world.ada, world.cabal);
    let id: Result<HelpRequestId, ServiceError> =
        world.app.app.write(move |tx| publish_help_request(tx, ada, cabal, &new)).await;

    let page = world.app.app.urls.help_request(id.unwrap());
    let creates = world.sent("Create");
    let [create] = creates.as_slice() else { panic!("{creates:?}") };
    let note = &create["object"];
    assert_eq!((&note["type"], &note["id"], &note["url"]), (&json!("Note"), &json!(page), &json!(page)));
    assert_eq!(note["to"], json!([PUBLIC]));
    assert_eq!(note["cc"], json!([format!("{}/followers", world.cabal_url())]));
    assert_eq!(note["attributedTo"], create["actor"]);
    let content = note["content"].as_str().unwrap();
    assert_eq!(note["contentMap"], json!({"de": content}));
    for part in [
        "<p>Index the minutes</p>\n<p>All of &lt;them&gt; &amp; more</p>",
        "Fähigkeiten: Rust, full-text search, 42",
        "2,5 Stunden",
        "31.3.2026",
        "Leeds, oder von überall",
        "#<span>FullTextSearch</span>",
    ] {
        assert!(content.contains(part), "{part} is not in {content}");
    }
    assert!(content.ends_with(&format!(">{page}</a></p>")), "the link to the page comes last: {content}");
    let tags: Vec<&str> = note["tag"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    assert_eq!(tags, ["#Rust", "#FullTextSearch"]);
    assert_eq!(note["skills"], json!(["Rust", "full-text search", "42"]));
    assert_eq!((&note["effortHours"], &note["place"], &note["isRemote"]), (&json!(2.5), &json!("Leeds"), &json!(true)));
    assert_eq!(note["deadline"], "2026-03-31T23:59:59Z");
    assert_eq!(note["requestState"], "open");
    assert!(note.get("updated").is_none() && note.get("name").is_none());
    let context = create["@context"].to_string();
    for term in ["skills", "effortHours", "place", "isRemote", "deadline", "requestState"] {
        assert!(context.contains(&format!("\"{term}\":\"caucus:{term}\"")), "{term} is not defined in {context}");
    }
}

#[tokio::test]
async fn an_edit_is_sent_as_update_and_marked_from_then_on() {
    let world = with_follower().await;
    let id = world.help_request().await;
    world.app.advance(TimeDelta::hours(1));

    edit(&world, world.ada, id, "Index the minutes and the letters").await.unwrap();

    let update = world.sent("Update").pop().unwrap();
    assert_eq!(update["object"]["updated"], "2026-03-01T13:00:00Z");
    assert_eq!(update["object"]["published"], "2026-03-01T12:00:00Z");
    assert!(update["object"]["content"].as_str().unwrap().contains("and the letters"));
    assert_eq!(served(&world, id)["content"], update["object"]["content"]);
    assert_eq!(world.request(id).what, "Index the minutes and the letters");
}

#[tokio::test]
async fn a_withdrawn_request_is_deleted_everywhere_for_good() {
    let world = with_follower().await;
    let id = world.help_request().await;
    assert_eq!(pinned(&world), 1);

    withdraw(&world, world.ada, id).await.unwrap();

    let delete = world.sent("Delete").pop().unwrap();
    assert_eq!(delete["object"]["type"], "Tombstone");
    assert_eq!(delete["object"]["id"], json!(world.app.app.urls.help_request(id)));
    assert_eq!(world.request(id).recorded, HelpRequestState::Withdrawn);
    assert_eq!(served(&world, id)["type"], "Tombstone");
    assert_eq!(pinned(&world), 0);
    for outcome in [withdraw(&world, world.ada, id).await, edit(&world, world.ada, id, "again").await] {
        assert!(matches!(outcome, Err(ServiceError::Conflict(refusal)) if refusal.code == "help_request_closed"));
    }
    assert_eq!(world.sent("Delete").len(), 1);
}

#[tokio::test]
async fn only_members_of_the_cabal_publish_and_change_and_any_of_them_may() {
    let world = with_follower().await;
    let id = world.help_request().await;
    let bea = world.app.member("bea").await;

    assert!(matches!(edit(&world, bea, id, "mine").await, Err(ServiceError::Forbidden(_))));
    assert!(matches!(withdraw(&world, bea, id).await, Err(ServiceError::Forbidden(_))));
    assert!(matches!(progress(&world, bea, "Done").await, Err(ServiceError::Forbidden(_))));
    let (cabal, new) = (world.cabal, world.new_help_request("mine"));
    let published: Result<HelpRequestId, ServiceError> =
        world.app.app.write(move |tx| publish_help_request(tx, bea, cabal, &new)).await;
    assert!(matches!(published, Err(ServiceError::Forbidden(_))));
    assert_eq!((world.sent("Update").len(), world.sent("Create").len()), (0, 1));

    join(&world, bea, "I keep the index.").await.unwrap();
    edit(&world, bea, id, "Index the letters").await.unwrap();

    let acts = list_acts(&mut world.app.store.connect(), world.cabal, 1).unwrap();
    assert_eq!((acts[0].member_id, acts[0].act.as_str()), (bea, "edited a help request"));
}

#[tokio::test]
async fn progress_is_published_edited_and_withdrawn() {
    let world = with_follower().await;
    let id = progress(&world, world.ada, "# Done\n\nThe *index* works. <script>alert(1)</script>").await.unwrap();
    let create = world.sent("Create").pop().unwrap();
    let content = create["object"]["content"].as_str().unwrap();
    assert!(content.contains("<strong>Done</strong>") && content.contains("<em>index</em>"), "{content}");
    assert!(!content.contains("<script"), "{content}");

    world.app.advance(TimeDelta::minutes(1));
    let (ada, new) = (world.ada, NewStatement { text: "It *really* works.".into(), language: "en".into() });
    let edited: Result<(), ServiceError> = world.app.app.write(move |tx| edit_statement(tx, ada, id, &new)).await;
    edited.unwrap();
    assert!(world.sent("Update").pop().unwrap()["object"]["content"].as_str().unwrap().contains("<em>really</em>"));

    let gone: Result<(), ServiceError> = world.app.app.write(move |tx| withdraw_statement(tx, ada, id)).await;
    gone.unwrap();
    assert_eq!(world.sent("Delete").pop().unwrap()["object"]["id"], json!(world.app.app.urls.progress(id)));
    let again: Result<(), ServiceError> = world.app.app.write(move |tx| withdraw_statement(tx, ada, id)).await;
    assert!(matches!(again, Err(ServiceError::NotFound(_))));
}

#[tokio::test]
async fn a_cabal_grows_quiet_until_it_publishes_again() {
    let world = Fediverse::start().await;
    world.app.advance(TimeDelta::days(61));
    assert_eq!(world.cabal().freshness(world.app.app.now()), Freshness::Resting);

    progress(&world, world.ada, "Back again").await.unwrap();

    assert_eq!(world.cabal().freshness(world.app.app.now()), Freshness::Active);
}

async fn form(world: &Fediverse, by: MemberId, handle: &str, per_day: u32) -> Result<CabalId, ServiceError> {
    let fields = CabalFields { name: "A cabal".into(), purpose: "To try".into(), handle: handle.into() };
    let new = NewCabal::parse(&fields).unwrap();
    world.app.app.write(move |tx| form_cabal(tx, by, new, &kept_pair(3), per_day)).await
}

#[tokio::test]
async fn who_forms_a_cabal_leads_it_and_may_form_a_few_a_day() {
    let world = Fediverse::start().await;
    let bea = world.app.member("bea").await;

    let first = form(&world, bea, "first", 2).await.unwrap();
    form(&world, bea, "second", 2).await.unwrap();
    let refused = form(&world, bea, "third", 2).await;

    assert!(matches!(refused, Err(ServiceError::Refused(refusal)) if refusal.code == "too_many_cabals"));
    let people = list_cabal_members(&mut world.app.store.connect(), first).unwrap();
    assert_eq!((people.len(), people[0].member_id, people[0].is_lead), (1, bea, true));
    form(&world, world.ada, "fourth", 2).await.unwrap();
    world.app.advance(TimeDelta::hours(25));
    form(&world, bea, "third", 2).await.unwrap();
}

#[tokio::test]
async fn a_handle_belongs_to_one_actor_or_member_for_ever() {
    let world = Fediverse::start().await;
    for taken in ["search", "commons", "ada"] {
        let refused = form(&world, world.ada, taken, 100).await;
        assert!(
            matches!(refused, Err(ServiceError::Refused(refusal)) if refusal.fields[0].field == "handle"),
            "{taken}"
        );
    }
}

#[tokio::test]
async fn joining_asks_one_line_and_leaving_is_one_act() {
    let world = Fediverse::start().await;
    let bea = world.app.member("bea").await;
    let is_in = || is_member(&mut world.app.store.connect(), world.cabal, bea).unwrap();

    assert!(matches!(join(&world, bea, " ").await, Err(ServiceError::Refused(_))));
    join(&world, bea, "I keep the index.").await.unwrap();
    assert!(is_in());
    assert!(matches!(join(&world, bea, "again").await, Err(ServiceError::Conflict(_))));

    let cabal = world.cabal;
    let left: Result<(), ServiceError> = world.app.app.write(move |tx| leave_cabal(tx, bea, cabal)).await;
    left.unwrap();
    assert!(!is_in());
    let again: Result<(), ServiceError> = world.app.app.write(move |tx| leave_cabal(tx, bea, cabal)).await;
    assert!(matches!(again, Err(ServiceError::Conflict(_))));
    join(&world, bea, "I am back.").await.unwrap();
    assert!(is_in());
    let people = list_cabal_members(&mut world.app.store.connect(), cabal).unwrap();
    assert_eq!(people.iter().find(|one| one.member_id == bea).unwrap().contribution, "I am back.");
}

#[tokio::test]
async fn acts_on_what_does_not_exist_say_so() {
    let world = Fediverse::start().await;
    let nothing = uuid::Uuid::from_u128(7);
    let cabal = CabalId::from_uuid(nothing);
    let ada = world.ada;

    assert!(matches!(edit(&world, ada, HelpRequestId::from_uuid(nothing), "x").await, Err(ServiceError::NotFound(_))));
    let joined: Result<(), ServiceError> = world.app.app.write(move |tx| join_cabal(tx, ada, cabal, "x")).await;
    assert!(matches!(joined, Err(ServiceError::NotFound("cabal"))));
}

#[tokio::test]
async fn a_request_keeps_the_shape_of_its_text_and_has_its_labels_in_its_language() {
    let world = with_follower().await;
    for (language, expected) in [
        ("de", ["Fähigkeiten: Rust", "Aufwand: etwa 2,5 Stunden", "Bis: 1.4.2026", "Wer helfen möchte"]),
        ("fr-CA", ["Compétences : Rust", "Durée : environ 2,5 heures", "Avant le : 1/4/2026", "proposer votre aide"]),
        ("es", ["Habilidades: Rust", "Tiempo: unas 2,5 horas", "Antes del: 1/4/2026", "Para ofrecer ayuda"]),
        ("tlh", ["Skills: Rust", "Effort: about 2.5 hours", "By: 1 April 2026", "To offer help"]),
    ] {
        let fields = HelpRequestFields {
            what: "Index the **minutes**:\n\n- read https://a.example/one\n- <b>sort</b>\n\nThank\nyou".to_owned(),
            skills: "Rust".to_owned(),
            hours: "2.5".to_owned(),
            deadline: "2026-04-01".to_owned(),
            language: language.to_owned(),
            ..HelpRequestFields::default()
        };
        let new = NewHelpRequest::parse(&fields, world.app.app.now()).unwrap();
        let (by, cabal) = (world.ada, world.cabal);
        let published: Result<HelpRequestId, ServiceError> =
            world.app.app.write(move |tx| publish_help_request(tx, by, cabal, &new)).await;
        let id = published.unwrap();

        let note = served(&world, id)["content"].as_str().unwrap().to_owned();
        let page = world.app.browser().get(&format!("/help-requests/{id}")).await;

        for words in expected {
            assert!(note.contains(words), "{words} is not in {note}");
        }
        assert!(note.contains("<strong>minutes</strong>") && note.contains("Thank<br>\nyou"), "{note}");
        assert_eq!(page.texts("h1"), ["Index the minutes:"]);
        assert_eq!(page.texts(".lead li"), ["read https://a.example/one", "<b>sort</b>"]);
        assert_eq!(page.attribute(".lead a", "href").as_deref(), Some("https://a.example/one"));
    }
}
