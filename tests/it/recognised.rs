//! Every recorded request of a real server is recognised as what it is. The recordings speak to
//! a server whose addresses look otherwise than ours, so these are put in their place first.

use caucus::domain::Urls;
use caucus::domain::visibility::Visibility;
use caucus::federation::inbound::note::InboundNote;
use caucus::federation::inbound::recognise::{Recognised, recognise};
use serde_json::Value;
use std::path::Path;
use url::Url;

const ID: &str = "0191f3a0-0000-7000-8000-000000000001";

/// One recorded activity with our addresses in it.
struct Recorded {
    program: String,
    kind: String,
    body: Value,
    urls: Urls,
}

/// Every recorded POST.
fn recorded() -> Vec<Recorded> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut all = Vec::new();
    for program in ["fedify", "gotosocial", "lemmy", "misskey", "mitra"] {
        for entry in std::fs::read_dir(root.join(program)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "json") {
                all.extend(read(program, &path));
            }
        }
    }
    all
}

fn read(program: &str, path: &Path) -> Option<Recorded> {
    let record: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let is_post = record["request_line"].as_str().unwrap().starts_with("POST ");
    let kind = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let base = match (program, kind.starts_with("noport_")) {
        ("lemmy", _) => "http://cabal.test:8080",
        (_, true) => "http://127.0.0.1",
        _ => "http://127.0.0.1:8080",
    };
    let place = if kind.contains("vote") { "polls" } else { "help-requests" };
    is_post.then(|| Recorded {
        program: program.to_owned(),
        body: serde_json::from_str(&with_our_addresses(record["body"].as_str().unwrap(), base, place)).unwrap(),
        kind,
        urls: Urls::new(&Url::parse(base).unwrap()),
    })
}

/// Puts our kinds of addresses for posts and actors in the place of the recording server's.
fn with_our_addresses(body: &str, base: &str, place: &str) -> String {
    let mut body = body.to_owned();
    for collection in ["statuses", "posts"] {
        let prefix = format!("{base}/users/cabal/{collection}/");
        let mut rewritten = String::new();
        let mut rest = body.as_str();
        while let Some((before, after)) = rest.split_once(&prefix) {
            rewritten.push_str(before);
            rewritten.push_str(&format!("{base}/{place}/{ID}"));
            rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
        }
        rewritten.push_str(rest);
        body = rewritten;
    }
    body.replace(&format!("{base}/users/"), &format!("{base}/c/"))
}

fn as_note(seen: &Recognised) -> Option<&InboundNote> {
    match seen {
        Recognised::Note(note) | Recognised::NoteUpdate(note) => Some(note),
        _ => None,
    }
}

/// What a recording must be recognised as, by its name.
fn is_as_expected(kind: &str, seen: &Recognised) -> bool {
    let kind = kind.trim_start_matches("cavage_").trim_start_matches("rfc9421_").trim_start_matches("noport_");
    let kind = kind.trim_end_matches("_v1_0");
    match kind {
        "follow" | "knock_post_1of2" | "knock_post_2of2" => {
            matches!(seen, Recognised::Follow { target: Some(_), .. })
        }
        "undo_follow" | "undo_follow_by_block" => {
            matches!(seen, Recognised::UndoFollow { follow_id: Some(_), .. })
        }
        "block" => matches!(seen, Recognised::Block { .. }),
        "accept_follow" | "reject_follow" => *seen == Recognised::AnswerToFollow,
        "flag" | "flag_comment" | "flag_post" => matches!(seen, Recognised::Flag { about, .. } if !about.is_empty()),
        "move" => *seen == Recognised::Move,
        "delete_actor" => *seen == Recognised::ActorDelete,
        "update_person" => *seen == Recognised::ActorUpdate,
        "undo_announce" | "undo_like" | "undo_block" | "undo_like_post" | "undo_delete_note" => {
            matches!(seen, Recognised::Ignored(_) | Recognised::UndoById { .. })
        }
        _ if kind.starts_with("vote") => matches!(seen, Recognised::Votes(votes) if votes.len() == 1),
        _ if kind.starts_with("delete_") => matches!(seen, Recognised::NoteDelete { .. }),
        _ if kind.contains("like") || kind.contains("reaction") || kind == "announce" => *seen == Recognised::Reaction,
        _ if kind.starts_with("create_") => matches!(seen, Recognised::Note(_)),
        _ if kind.starts_with("update_") => matches!(seen, Recognised::NoteUpdate(_)),
        _ => false,
    }
}

#[test]
fn every_recorded_request_is_recognised_as_what_it_is() {
    let all = recorded();
    assert!(all.len() > 90, "only {} recordings were found", all.len());
    for one in all {
        let actor = one.body["actor"].as_str().unwrap();
        let seen = recognise(&one.body, actor, &one.urls);
        assert!(is_as_expected(&one.kind, &seen), "{}/{}: {seen:?}", one.program, one.kind);
    }
}

#[test]
fn every_recorded_reply_names_its_parent_its_visibility_and_whom_it_addresses() {
    let mut seen_replies = 0;
    for one in recorded().into_iter().filter(|one| one.kind.contains("_reply_") && one.program != "lemmy") {
        let seen = recognise(&one.body, one.body["actor"].as_str().unwrap(), &one.urls);
        let note = as_note(&seen).unwrap();
        let name = format!("{}/{}", one.program, one.kind);
        let expected = match one.kind.rsplit('_').next().unwrap() {
            "unlisted" | "home" => Visibility::Unlisted,
            "followers" => Visibility::Followers,
            "direct" | "specified" => Visibility::Direct,
            _ => Visibility::Public,
        };
        assert_eq!(note.visibility, expected, "{name}");
        assert!(note.in_reply_to.as_deref().unwrap().ends_with(ID), "{name}");
        if !one.kind.ends_with("no_mention") {
            assert_eq!(note.addressed, ["cabal"], "{name}");
        }
        seen_replies += 1;
    }
    assert!(seen_replies >= 20, "only {seen_replies} replies were found");
}

#[test]
fn every_recorded_vote_keeps_the_name_of_its_option_as_it_was_sent() {
    let mut choices: Vec<String> = Vec::new();
    for one in recorded().into_iter().filter(|one| one.kind.contains("vote")) {
        let Recognised::Votes(votes) = recognise(&one.body, one.body["actor"].as_str().unwrap(), &one.urls) else {
            panic!("{}/{}", one.program, one.kind)
        };
        assert_eq!(votes[0].poll.to_string(), ID);
        choices.push(votes[0].choice.clone());
    }
    for expected in ["soup", "stew", "Fri", "Sun", "salt &amp; pepper"] {
        assert!(choices.iter().any(|c| c == expected), "{expected} is not among {choices:?}");
    }
}
