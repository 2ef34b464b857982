//! What goes on the wire, byte for byte: a change here is a change for every other server.

use super::*;
use crate::federation::outbound::activities::{self, Head};
use crate::ids::{ActorId, PollId, PostId};
use chrono::{TimeDelta, TimeZone as _, Utc};
use insta::assert_json_snapshot;
use uuid::Uuid;

fn urls() -> Urls {
    Urls::new(&"https://caucus.example".parse().unwrap())
}

fn start() -> Stamp {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap() + TimeDelta::microseconds(123_456)
}

fn actor(kind: ActorKind, handle: &str) -> LocalActor {
    LocalActor {
        id: ActorId::from_uuid(Uuid::nil()),
        kind,
        handle: handle.to_owned(),
        name: "Search Cabal".to_owned(),
        summary: "<p>We keep the search index alive.</p>".to_owned(),
        public_key_pem: "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n".to_owned(),
        followers_count: 3,
        posts_count: 2,
        created_at: start(),
        updated_at: start() + TimeDelta::days(1),
        deleted_at: None,
    }
}

fn parts<'a>(id: &'a str, visibility: Visibility) -> NoteParts<'a> {
    NoteParts {
        id,
        author: "https://caucus.example/c/search",
        content_html: "<p>We need two people who know <b>Tantivy</b>.</p>",
        language: "en",
        published: start(),
        updated: None,
        in_reply_to: None,
        visibility,
        mentions: Vec::new(),
        hashtags: Vec::new(),
        extra: Extra::default(),
    }
}

fn ada() -> Mention {
    Mention { href: "https://masto.example/users/ada".to_owned(), name: "@ada@masto.example".to_owned() }
}

fn poll(options: &[(&str, u32)]) -> QuestionParts<'static> {
    let id = Box::leak(urls().poll(PollId::from_uuid(Uuid::nil())).into_boxed_str());
    QuestionParts {
        note: NoteParts { content_html: "<p>Rotate the desk monthly?</p>", ..parts(id, Visibility::Public) },
        options: options.iter().map(|(name, total)| ((*name).to_owned(), *total)).collect(),
        is_multiple: false,
        end_time: start() + TimeDelta::days(7),
        closed: None,
        voters_count: 0,
    }
}

#[test]
fn a_group() {
    let fields = [("Community".to_owned(), "<a href=\"https://caucus.example/c/commons\">Commons</a>".to_owned())];
    assert_json_snapshot!(actor_document(&actor(ActorKind::Cabal, "search"), &fields, &urls()));
}

#[test]
fn the_instance_actor() {
    assert_json_snapshot!(actor_document(&actor(ActorKind::Instance, "caucus.example"), &[], &urls()));
}

#[test]
fn the_instance_actor_at_the_root() {
    let document = root_document(&actor(ActorKind::Instance, "caucus.example"), &urls());

    assert_eq!(document["id"], "https://caucus.example/");
    assert_eq!(document["publicKey"]["id"], "https://caucus.example/#main-key");
    assert_eq!(document["publicKey"]["owner"], document["id"]);
    assert_eq!(document["inbox"], "https://caucus.example/actor/inbox");
}

#[test]
fn a_public_note_with_everything() {
    let id = urls().note(PostId::from_uuid(Uuid::nil()));
    let note = note(
        &NoteParts {
            updated: Some(start() + TimeDelta::hours(1)),
            in_reply_to: Some("https://masto.example/users/ada/statuses/1"),
            mentions: vec![ada()],
            hashtags: vec!["helpwanted".to_owned(), "rust".to_owned()],
            extra: Extra::default().with("hours", json!(0.25)).with("skills", json!(["rust"])),
            ..parts(&id, Visibility::Public)
        },
        &urls(),
    );
    assert_json_snapshot!(note);
}

#[test]
fn a_direct_note_names_its_reader_and_nobody_else() {
    let id = urls().note(PostId::from_uuid(Uuid::nil()));
    let note = note(&NoteParts { mentions: vec![ada()], ..parts(&id, Visibility::Direct) }, &urls());
    assert_json_snapshot!(note);
}

#[test]
fn each_visibility_has_its_addresses() {
    let addressed = |visibility| {
        let Addresses { to, cc } = addresses("https://caucus.example/c/search", visibility, &[ada()]);
        (to.join(" "), cc.join(" "))
    };
    let (followers, ada) = ("https://caucus.example/c/search/followers", "https://masto.example/users/ada");

    assert_eq!(addressed(Visibility::Public), (PUBLIC.to_owned(), format!("{followers} {ada}")));
    assert_eq!(addressed(Visibility::Unlisted), (followers.to_owned(), format!("{PUBLIC} {ada}")));
    assert_eq!(addressed(Visibility::Followers), (followers.to_owned(), ada.to_owned()));
    assert_eq!(addressed(Visibility::Direct), (ada.to_owned(), String::new()));
}

#[test]
fn an_open_question() {
    assert_json_snapshot!(question(&poll(&[("Yes", 0), ("No", 0), ("Abstain", 0)]), &urls()));
}

#[test]
fn a_closed_question_differs_in_its_numbers_and_the_word_closed_alone() {
    let open = poll(&[("Yes", 0), ("No", 0)]);
    let closed = QuestionParts { closed: Some(open.end_time), voters_count: 41, ..poll(&[("Yes", 30), ("No", 11)]) };
    let (before, after) = (question(&open, &urls()), question(&closed, &urls()));

    assert_eq!(after["closed"], "2026-03-08T12:00:00Z");
    assert_eq!((&after["endTime"], before.get("closed")), (&before["endTime"], None));
    assert_eq!((&after["votersCount"], &after["oneOf"][0]["replies"]["totalItems"]), (&json!(41), &json!(30)));
    let differing: Vec<&String> = after
        .as_object()
        .unwrap()
        .iter()
        .filter(|(key, value)| before.get(key.as_str()) != Some(value))
        .map(|(key, _)| key)
        .collect();
    assert_eq!(differing, ["closed", "votersCount", "oneOf"]);
}

#[test]
fn a_question_has_one_kind_of_options_and_an_integer_for_each() {
    for is_multiple in [false, true] {
        let built = question(&QuestionParts { is_multiple, ..poll(&[("Yes", 0), ("No", 7)]) }, &urls());
        let (there, missing) = if is_multiple { ("anyOf", "oneOf") } else { ("oneOf", "anyOf") };

        assert!(built.get(missing).is_none());
        for option in built[there].as_array().unwrap() {
            assert_eq!(option["type"], "Note");
            assert!(option["replies"]["totalItems"].is_u64());
        }
    }
}

#[test]
fn a_tombstone() {
    assert_json_snapshot!(tombstone("https://caucus.example/notes/1", "Note", start(), start() + TimeDelta::days(2)));
}

#[test]
fn activities_wrap_an_object_and_take_over_its_context_and_addresses() {
    let id = urls().note(PostId::from_uuid(Uuid::nil()));
    let object = note(&parts(&id, Visibility::Public), &urls());
    let head = |kind| Head { kind, id: "https://caucus.example/activities/1", actor: object_author(), at: start() };

    let create = activities::wrap(head("Create"), &object);
    assert_eq!(create["@context"], object["@context"]);
    assert!(create["object"].get("@context").is_none());
    assert_eq!((&create["to"], &create["cc"]), (&object["to"], &object["cc"]));
    assert_eq!(create["object"]["content"], object["content"]);

    let buried = tombstone(&id, "Note", start(), start());
    let delete = activities::delete(head("Delete"), &buried, &object);
    assert_json_snapshot!(delete);
}

fn object_author() -> &'static str {
    "https://caucus.example/c/search"
}

#[test]
fn an_accept_gets_its_id_and_actor_and_keeps_the_follow() {
    let follow = json!({"id": "https://masto.example/1", "type": "Follow", "actor": ada().href, "object": "x"});
    let accept = json!({"type": "Accept", "to": [ada().href], "object": follow, "actor": "https://evil.example/"});
    assert_json_snapshot!(activities::complete(accept, "https://caucus.example/activities/1", object_author()));
}

/// Some programs read JSON-LD for good, others plain keys: each key must have one meaning for
/// both, so every term that ActivityStreams does not define is defined inline.
#[test]
fn every_term_that_activitystreams_lacks_is_defined_inline() {
    const OURS: &[&str] = &[
        "sensitive",
        "Hashtag",
        "interactionPolicy",
        "canQuote",
        "automaticApproval",
        "votersCount",
        "hours",
        "manuallyApprovesFollowers",
        "discoverable",
        "indexable",
        "featured",
        "postingRestrictedToMods",
        "webfinger",
        "PropertyValue",
        "value",
        "implements",
    ];
    let id = urls().note(PostId::from_uuid(Uuid::nil()));
    let extra = Extra::default().with("hours", json!(1));
    for document in [
        note(&NoteParts { extra, ..parts(&id, Visibility::Public) }, &urls()),
        question(&poll(&[("Yes", 0), ("No", 0)]), &urls()),
        actor_document(&actor(ActorKind::Cabal, "search"), &[("A".into(), "b".into())], &urls()),
    ] {
        let context = document["@context"].as_array().unwrap();
        assert_eq!(context[0], ACTIVITY_STREAMS);
        let terms = context.last().unwrap().as_object().unwrap();
        for term in OURS.iter().filter(|term| document.to_string().contains(&format!("\"{term}\":"))) {
            assert!(terms.contains_key(*term), "{term} in {}", document["type"]);
        }
    }
}
