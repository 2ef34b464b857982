//! Tables over the shapes that arrive, and over those that no honest server sends. The recorded
//! requests of real servers are gone through in `tests/it/recognised.rs`.

use super::*;
use crate::domain::visibility::{PUBLIC, Visibility};
use serde_json::json;
use url::Url;

const ADA: &str = "https://masto.example/users/ada";
const POLL: &str = "https://caucus.example/polls/0191f3a0-0000-7000-8000-000000000001";
const REQUEST: &str = "https://caucus.example/help-requests/0191f3a0-0000-7000-8000-000000000002";
const CABAL: &str = "https://caucus.example/c/search";
const ELSEWHERE: &str = "https://elsewhere.example/u/eve";

fn see(body: &Value) -> Recognised {
    recognise(body, ADA, &Urls::new(&Url::parse("https://caucus.example").unwrap()))
}

fn activity(kind: &str, object: Value) -> Value {
    json!({"type": kind, "id": format!("{ADA}#act"), "actor": ADA, "object": object})
}

fn note(changes: Value) -> Value {
    let mut note = json!({
        "type": "Note", "id": format!("{ADA}/statuses/1"), "attributedTo": ADA, "content": "<p>I can help</p>",
        "inReplyTo": REQUEST, "to": [PUBLIC], "cc": [CABAL],
    });
    for (key, value) in changes.as_object().unwrap() {
        note[key] = value.clone();
    }
    note
}

fn vote(changes: Value) -> Value {
    let mut vote = json!({
        "type": "Note", "id": format!("{ADA}#votes/55"), "attributedTo": ADA, "name": "Yes", "inReplyTo": POLL, "to": CABAL,
    });
    for (key, value) in changes.as_object().unwrap() {
        vote[key] = value.clone();
    }
    vote
}

fn create(object: Value) -> Recognised {
    see(&activity("Create", object))
}

fn is_vote_for(seen: &Recognised, choice: &str) -> bool {
    matches!(seen, Recognised::Votes(votes) if votes.len() == 1 && votes[0].choice == choice)
}

fn text(seen: Recognised) -> InboundNote {
    match seen {
        Recognised::Note(note) | Recognised::NoteUpdate(note) => *note,
        other => panic!("no text: {other:?}"),
    }
}

#[test]
fn follows_are_recognised_with_their_object_as_text_object_or_array() {
    for object in [json!(CABAL), json!({"id": CABAL, "type": "Group"}), json!([CABAL])] {
        let seen = see(&activity("Follow", object));
        assert_eq!(seen, Recognised::Follow { follow_id: format!("{ADA}#act"), target: Some("search".into()) });
    }
    assert!(matches!(
        see(&activity("Follow", json!("https://caucus.example/actor"))),
        Recognised::Follow { target: None, .. }
    ));
    for object in
        [json!("https://elsewhere.example/c/search"), json!(REQUEST), json!(null), json!(7), json!([CABAL, ADA])]
    {
        assert!(matches!(see(&activity("Follow", object)), Ignored(_)));
    }
}

#[test]
fn undo_is_recognised_in_all_its_shapes() {
    let follow = |id: Value| json!({"type": "Follow", "id": id, "actor": ADA, "object": CABAL});
    let undone = |object| see(&activity("Undo", object));
    let by_object = |id: Option<String>| Recognised::UndoFollow { target: "search".into(), follow_id: id };

    assert_eq!(undone(follow(json!(format!("{ADA}#f1")))), by_object(Some(format!("{ADA}#f1"))));
    assert_eq!(undone(follow(json!(null))), by_object(None));
    assert_eq!(undone(json!({"type": "Follow", "actor": ADA, "object": {"id": CABAL}})), by_object(None));
    assert_eq!(undone(json!(format!("{ADA}#f1"))), Recognised::UndoById { id: format!("{ADA}#f1") });
    assert_eq!(undone(json!({"id": format!("{ADA}#f1")})), Recognised::UndoById { id: format!("{ADA}#f1") });
    for kind in ["Like", "Announce", "Block", "Delete", "Accept"] {
        assert!(
            matches!(
                undone(json!({"type": kind, "id": format!("{ADA}#x"), "actor": ADA, "object": CABAL})),
                Ignored(_)
            ),
            "{kind}"
        );
    }
}

#[test]
fn nobody_undoes_what_somebody_else_did() {
    for object in [
        json!({"type": "Follow", "id": format!("{ADA}#f1"), "actor": "https://masto.example/users/bob", "object": CABAL}),
        json!({"type": "Follow", "id": format!("{ADA}#f1"), "actor": [ADA, "https://masto.example/users/bob"], "object": CABAL}),
        json!("https://other.example/follows/1"),
    ] {
        assert!(matches!(see(&activity("Undo", object)), Refused(Objection::Foreign(_))));
    }
}

#[test]
fn votes_are_recognised_in_every_shape_that_servers_send() {
    for shape in [
        json!({}),
        json!({"to": [CABAL]}),
        json!({"to": [], "cc": [CABAL], "actor": ADA, "context": "x", "published": "2026-11-22T10:00:00Z", "tag": [], "attachment": []}),
        json!({"content": null}),
        json!({"content": ""}),
        json!({"content": "\n", "summary": ""}),
        json!({"content": "<p>&nbsp;<br></p>"}),
        json!({"inReplyTo": {"id": POLL}}),
        json!({"inReplyTo": [POLL]}),
        json!({"type": "Answer"}),
        json!({"attributedTo": {"id": ADA, "type": "Person"}}),
        json!({"attributedTo": [ADA]}),
        json!({"to": PUBLIC}),
    ] {
        assert!(is_vote_for(&create(vote(shape.clone())), "Yes"), "{shape}");
        assert!(is_vote_for(&create(json!([vote(shape.clone())])), "Yes"), "array of one: {shape}");
    }
    assert!(is_vote_for(&create(vote(json!({"name": " salt &amp; pepper "}))), "salt &amp; pepper"));
}

#[test]
fn the_choices_of_one_ballot_may_come_together() {
    let second = vote(json!({"id": format!("{ADA}#votes/56"), "name": "No"}));
    let Recognised::Votes(votes) = create(json!([vote(json!({})), second])) else { panic!() };
    assert_eq!(votes.iter().map(|v| v.choice.as_str()).collect::<Vec<_>>(), ["Yes", "No"]);
}

#[test]
fn several_objects_that_are_not_one_ballot_are_refused_whole() {
    let other_poll = "https://caucus.example/polls/0191f3a0-0000-7000-8000-000000000009";
    for objects in [
        json!([]),
        json!([vote(json!({})), note(json!({}))]),
        json!([vote(json!({})), vote(json!({"inReplyTo": other_poll}))]),
        json!([vote(json!({})), vote(json!({"attributedTo": "https://masto.example/users/bob"}))]),
        json!([[vote(json!({}))], [vote(json!({}))]]),
        Value::Array(vec![vote(json!({})); 21]),
    ] {
        assert!(matches!(create(objects), Refused(_)));
    }
}

#[test]
fn a_choice_with_a_text_is_a_reply_and_an_empty_choice_is_nothing() {
    let reply = text(create(vote(json!({"content": "<p>Yes, because…</p>"}))));
    assert_eq!(reply.in_reply_to.as_deref(), Some(POLL));
    assert!(!reply.raw_html.contains("<strong>"), "the name of a Note is no title");
    for empty in [
        json!({"name": ""}),
        json!({"name": "  "}),
        json!({"name": null}),
        json!({"name": 0}),
        json!({"name": ["Yes"]}),
    ] {
        assert!(matches!(create(vote(empty.clone())), Ignored(_)), "{empty}");
    }
    let mut plain = vote(json!({"content": "for"}));
    plain.as_object_mut().unwrap().remove("name");
    assert_eq!(text(create(plain)).raw_html, "for");
}

#[test]
fn a_vote_counts_only_under_the_one_spelling_of_the_poll() {
    for parent in [
        POLL.replace("/polls/", "/notes/"),
        POLL.to_uppercase(),
        format!("{POLL}?x"),
        format!("{POLL}#x"),
        POLL.replace("caucus.example", "caucus.example."),
        POLL.replace("https://", "https://u@"),
        POLL.replace("https", "http"),
        "https://elsewhere.example/polls/0191f3a0-0000-7000-8000-000000000001".into(),
    ] {
        assert!(!matches!(create(vote(json!({"inReplyTo": parent}))), Recognised::Votes(_)), "{parent}");
    }
    assert!(!matches!(create(vote(json!({"inReplyTo": [POLL, POLL]}))), Recognised::Votes(_)));
}

#[test]
fn a_ballot_is_cast_by_a_bare_create_and_by_nothing_else() {
    for wrapped in [
        activity("Announce", activity("Create", vote(json!({})))),
        activity("Update", vote(json!({}))),
        activity("Add", vote(json!({}))),
        activity("Undo", activity("Create", vote(json!({})))),
        activity("Delete", vote(json!({}))),
        activity("Create", activity("Create", vote(json!({})))),
        activity("Flag", vote(json!({}))),
    ] {
        assert!(!matches!(see(&wrapped), Recognised::Votes(_)), "{wrapped}");
    }
}

#[test]
fn what_is_wrapped_in_a_boost_has_no_effect() {
    for inner in [
        activity("Create", vote(json!({}))),
        activity("Follow", json!(CABAL)),
        activity("Undo", activity("Follow", json!(CABAL))),
        activity("Delete", json!(ADA)),
        activity("Move", json!(ADA)),
        activity("Update", note(json!({}))),
    ] {
        assert_eq!(see(&activity("Announce", inner)), Recognised::Reaction);
    }
}

#[test]
fn only_the_sender_speaks_for_the_sender() {
    let mut forged = activity("Create", vote(json!({})));
    for actor in [
        json!("https://masto.example/users/bob"),
        json!([ADA, "https://masto.example/users/bob"]),
        json!(null),
        json!({}),
    ] {
        forged["actor"] = actor;
        assert!(matches!(see(&forged), Refused(Objection::Foreign(_))));
    }
}

#[test]
fn an_object_of_another_author_or_origin_is_refused() {
    let bob = "https://masto.example/users/bob";
    for (changes, is_malformed) in [
        (json!({"attributedTo": bob}), false),
        (json!({"attributedTo": {"id": bob}}), false),
        (json!({"attributedTo": [bob]}), false),
        (json!({"attributedTo": [ADA, bob]}), true),
        (json!({"attributedTo": [[ADA]]}), true),
        (json!({"attributedTo": null}), true),
        (json!({"attributedTo": ""}), true),
        (json!({"attributedTo": 1}), true),
        (json!({"id": "https://victim.example/notes/1"}), false),
        (json!({"id": "https://caucus.example/help-requests/0191f3a0-0000-7000-8000-000000000002"}), false),
        (json!({"id": "https://masto.example:8443/users/ada/statuses/1"}), false),
        (json!({"id": "http://masto.example/users/ada/statuses/1"}), false),
        (json!({"id": "https://masto.example@evil.example/1"}), false),
        (json!({"id": "https://u:p@masto.example/users/ada/statuses/1"}), false),
        (json!({"id": "not a url"}), false),
        (json!({"id": format!("{ADA}/{}", "a".repeat(1_000))}), false),
        (json!({"id": format!("{ADA}/\u{0}")}), false),
        (json!({"id": format!("{ADA}/\u{202e}")}), false),
        (json!({"id": null}), true),
    ] {
        for object in [note(changes.clone()), vote(changes.clone())] {
            match create(object) {
                Refused(Objection::Malformed(_)) if is_malformed => {}
                Refused(Objection::Foreign(_)) if !is_malformed => {}
                other => panic!("{changes}: {other:?}"),
            }
        }
        if changes.get("id").is_none_or(|id| !id.is_null()) {
            assert!(matches!(see(&activity("Update", note(changes.clone()))), Refused(_)), "{changes}");
        }
    }
}

#[test]
fn nobody_updates_or_deletes_what_is_not_theirs() {
    let bob = "https://masto.example/users/bob";
    let person = json!({"id": bob, "type": "Person", "inbox": format!("{bob}/inbox")});
    for body in [
        activity("Update", person),
        activity("Update", json!({"id": CABAL, "type": "Group", "inbox": "x"})),
        activity("Update", json!({"id": POLL, "type": "Question", "attributedTo": CABAL})),
        activity("Delete", json!("https://other.example/notes/1")),
        activity("Delete", json!(CABAL)),
        activity("Delete", json!(POLL)),
        activity("Delete", json!({"id": format!("{ADA}/statuses/1"), "type": "Tombstone", "attributedTo": bob})),
        activity("Move", json!(bob)),
    ] {
        assert!(matches!(see(&body), Refused(Objection::Foreign(_))), "{body}");
    }
}

#[test]
fn deletions_come_as_tombstone_object_or_bare_id() {
    let id = format!("{ADA}/statuses/1");
    let gone = Recognised::NoteDelete { note_id: id.clone() };
    for object in [
        json!(id),
        json!({"id": id, "type": "Tombstone"}),
        json!({"id": id, "type": "Tombstone", "formerType": "Note", "attributedTo": ADA}),
        json!([{"id": id, "type": "Tombstone"}]),
        note(json!({})),
    ] {
        assert_eq!(see(&activity("Delete", object)), gone);
    }
    assert_eq!(see(&activity("Delete", json!(ADA))), Recognised::ActorDelete);
    assert_eq!(see(&activity("Delete", json!({"id": ADA, "type": "Person"}))), Recognised::ActorDelete);
}

#[test]
fn the_sender_may_update_their_own_profile() {
    for object in [json!({"id": ADA, "type": "Person", "name": "Ada"}), json!(ADA)] {
        assert_eq!(see(&activity("Update", object)), Recognised::ActorUpdate);
    }
}

#[test]
fn the_parent_of_a_reply_is_read_as_text_object_or_array_of_one() {
    for parent in [json!(REQUEST), json!({"id": REQUEST, "type": "Note"}), json!([REQUEST])] {
        assert_eq!(text(create(note(json!({"inReplyTo": parent})))).in_reply_to.as_deref(), Some(REQUEST));
    }
    for nothing in [json!(null), json!([]), json!([REQUEST, POLL]), json!(3)] {
        assert_eq!(text(create(note(json!({"inReplyTo": nothing})))).in_reply_to, None);
    }
}

#[test]
fn the_addressees_are_read_from_the_object_else_from_the_activity() {
    let seen = text(create(note(json!({}))));
    assert_eq!((seen.visibility, seen.addressed), (Visibility::Public, vec!["search".to_owned()]));

    let mut bare = note(json!({}));
    bare.as_object_mut().unwrap().retain(|key, _| key != "to" && key != "cc");
    let mut outer = activity("Create", bare);
    outer["to"] = json!(CABAL);
    let seen = text(see(&outer));
    assert_eq!((seen.visibility, seen.addressed), (Visibility::Direct, vec!["search".to_owned()]));
}

#[test]
fn a_mention_without_address_reaches_our_actor() {
    let mention = json!({"to": [PUBLIC], "cc": [], "tag": {"type": "Mention", "href": CABAL, "name": "@search"}});
    assert_eq!(text(create(note(mention))).addressed, ["search"]);
}

#[test]
fn hidden_addressees_are_not_kept() {
    let hidden = json!({"to": [], "cc": [], "bto": [CABAL], "bcc": ["https://caucus.example/c/other"]});
    let seen = text(create(note(hidden)));
    assert_eq!((seen.addressed, seen.visibility), (vec![], Visibility::Direct));
}

#[test]
fn titles_and_warnings_stand_above_the_text_as_plain_text() {
    let page = text(create(note(json!({"type": "Page", "name": "A <b>pot</b>", "summary": "food"}))));
    assert_eq!(
        page.raw_html,
        "<p><strong>A &lt;b&gt;pot&lt;/b&gt;</strong></p><p><strong>food</strong></p><p>I can help</p>"
    );
}

#[test]
fn a_text_of_monstrous_length_is_refused() {
    assert!(matches!(create(note(json!({"content": "a".repeat(60_000)}))), Refused(Objection::Malformed(_))));
}

#[test]
fn the_end_of_a_follow_of_ours_blocks_reports_and_moves_are_told_apart() {
    assert_eq!(see(&activity("Reject", json!({"type": "Follow"}))), Recognised::AnswerToFollow);
    assert_eq!(see(&activity("Accept", json!("https://caucus.example/activities/1"))), Recognised::AnswerToFollow);
    assert_eq!(see(&activity("Block", json!(CABAL))), Recognised::Block { target: "search".into() });
    assert!(matches!(see(&activity("Block", json!("https://other.example/u"))), Ignored(_)));
    let about = [CABAL, REQUEST].map(str::to_owned).to_vec();
    assert_eq!(
        see(&activity("Flag", json!([CABAL, REQUEST, ELSEWHERE]))),
        Recognised::Flag { about, words: String::new() }
    );
    assert!(matches!(see(&activity("Flag", json!(ELSEWHERE))), Recognised::Ignored(_)));
    assert_eq!(see(&activity("Move", json!(ADA))), Recognised::Move);
}

#[test]
fn unknown_and_odd_activities_ask_nothing() {
    for kind in ["Add", "Remove", "Listen", "QuoteRequest", "create", "https://www.w3.org/ns/activitystreams#Create"] {
        assert!(matches!(see(&activity(kind, json!(CABAL))), Ignored(_)), "{kind}");
    }
    let mut two = activity("Create", note(json!({})));
    two["type"] = json!(["Create", "Note"]);
    assert!(matches!(see(&two), Refused(Objection::Malformed(_))));
    assert!(matches!(see(&json!({"type": "Create", "actor": ADA})), Ignored(_)));
    assert!(matches!(create(note(json!({"type": "Video"}))), Ignored(_)));
    assert!(matches!(create(note(json!({"type": ["Note", "Create"]}))), Ignored(_)));
}
