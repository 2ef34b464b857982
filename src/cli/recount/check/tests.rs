//! What a recount takes and what it refuses. The records are written by the domain, as the server
//! writes them, so that a change there shows here.

use super::*;
use crate::domain::record::{FrozenVote, Minutes, RecordWriter};
use crate::domain::rules::LEAD_VOTE;
use crate::domain::tally::{Majority, Rule, Tally, VoteBase};
use chrono::{TimeDelta, TimeZone as _, Utc};
use proptest::prelude::*;
use serde_json::json;

const NOTHING: Known<'static> = Known { sha256: None, receipt: None };

struct Vote {
    totals: [u64; 3],
    rule: Rule,
    roll: u32,
}

fn published(vote: &Vote) -> String {
    let opens_at = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap();
    let tally = Tally { votes_for: vote.totals[0], against: vote.totals[1], abstain: vote.totals[2] };
    let is_lead = vote.rule.majority == Majority::Simple;
    let decides = match is_lead {
        true => json!({"kind": "lead", "cabal": "https://caucus.example/c/bees", "nominee": "n".repeat(64)}),
        false => json!({"kind": "amendment", "changes": [
            {"number": "2.1", "old_text": "Zitate: \"so\"\n\u{7}\u{2028} & <b>", "new_text": "Ünïcode 🐝"},
        ]}),
    };
    let frozen = FrozenVote {
        decides,
        question: "One vote each?".to_owned(),
        options: OPTIONS.map(str::to_owned).to_vec(),
        rule: vote.rule,
        roll_size: vote.roll,
        roll_fingerprint: "r".repeat(64),
        opens_at,
        closes_at: opens_at + if is_lead { TimeDelta::hours(72) } else { TimeDelta::weeks(1) },
    };
    let is_carried = tally.is_carried(vote.rule, u64::from(vote.roll));
    let minutes = Minutes {
        poll: "https://caucus.example/polls/1",
        frozen: &frozen.json(),
        objections: &[("It says \"so\" too often.".to_owned(), Some("It does.".to_owned()))],
        took_part: u32::try_from(vote.totals.iter().sum::<u64>()).unwrap(),
        tally,
        uncounted: &[],
        soundings: None,
        faults: &[],
        is_carried,
        new_fingerprint: Some("f").filter(|_| is_carried && !is_lead),
        chain: Some("c"),
        incidents: &[],
        closed_at: frozen.closes_at,
    };
    let choices = OPTIONS.iter().zip(vote.totals).flat_map(|(option, total)| (0..total).map(move |_| *option));
    let mut record = RecordWriter::default();
    choices.enumerate().for_each(|(n, choice)| record.add(&format!("receipt-{n:04}"), choice));
    record.finish(&minutes.json())
}

fn small() -> String {
    published(&Vote {
        totals: [2, 1, 1],
        rule: Rule { majority: Majority::TwoThirds, base: VoteBase::Cast, quorum: 0 },
        roll: 5,
    })
}

fn lead() -> String {
    published(&Vote { totals: [2, 1, 0], rule: LEAD_VOTE, roll: 3 })
}

/// The record with hashes that fit again, as a forger would send it.
fn fitting(record: &mut Value) -> String {
    let fields = record.as_object_mut().unwrap();
    fields.remove("checksum");
    let frozen = sha256(canonical(&fields["frozen"]).unwrap().as_bytes());
    fields.insert("frozen_hash".to_owned(), frozen.into());
    let checksum = sha256(canonical(&Value::Object(fields.clone())).unwrap().as_bytes());
    fields.insert("checksum".to_owned(), checksum.into());
    canonical(record).unwrap()
}

#[test]
fn the_records_that_the_page_is_put_to_are_those_that_the_server_writes() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/records");
    for (name, record) in [("amendment.json", small()), ("lead.json", lead())] {
        if std::env::var("WRITE_FIXTURES").is_ok() {
            std::fs::write(folder.join(name), &record).unwrap();
        }
        assert_eq!(std::fs::read_to_string(folder.join(name)).unwrap(), record, "{name}");
    }
}

#[test]
fn an_honest_record_holds_and_says_what_was_checked() {
    let record = small();
    let hash = sha256(record.as_bytes());

    let told =
        check(record.as_bytes(), Known { sha256: Some(&hash), receipt: Some(" receipt-0002 ") }).unwrap().join("\n");

    for words in [
        "For 2, Against 1, Abstain 1",
        "66.7 % of the votes for and against, 50.0 % of all ballots, 40.0 % of the roll",
        "exactly one week",
        "two thirds of the votes for and against, at least two votes for, at least 0 ballots): carried",
        "roll of 5",
        "beside it stands: Against.",
        "the hash that you gave is its hash",
        "everybody can look for their own receipt",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let told = check(lead().as_bytes(), Known { sha256: None, receipt: Some("x") }).unwrap().join("\n");
    for words in ["exactly 72 hours", "more votes for than against): carried", "is not in it", "Compare the SHA-256"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn one_changed_byte_is_refused_wherever_it_is() {
    let record = small().into_bytes();
    for at in 0..record.len() {
        let mut changed = record.clone();
        changed[at] ^= 1;
        let refused = check(&changed, NOTHING).expect_err(&format!("byte {at}"));
        assert!(refused.ends_with('.') && refused.len() > 10, "{refused}");
    }
    assert!(check(&record[..record.len() - 1], NOTHING).is_err());
    assert!(check(&[record.as_slice(), b"\n"].concat(), NOTHING).is_err());
}

#[test]
fn a_forged_record_is_refused_although_its_hashes_fit() {
    let table: Value = serde_json::from_str(include_str!("../../../../tests/fixtures/records/forgeries.json")).unwrap();
    let forgeries = table.as_array().unwrap();
    assert!(forgeries.len() > 20);
    for forgery in forgeries {
        let mut record: Value = serde_json::from_str(&small()).unwrap();
        for (pointer, value) in forgery["set"].as_object().unwrap() {
            *record.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value.clone();
        }
        let refused = check(fitting(&mut record).as_bytes(), NOTHING).expect_err(&forgery.to_string());
        assert!(refused.contains(forgery["refused"].as_str().unwrap()), "{forgery}: {refused}");
    }
    let mut honest: Value = serde_json::from_str(&small()).unwrap();
    check(fitting(&mut honest).as_bytes(), NOTHING).unwrap();
}

#[test]
fn nothing_may_be_missing() {
    let whole: Value = serde_json::from_str(&small()).unwrap();
    for path in [
        "/kind",
        "/version",
        "/faults",
        "/ballots",
        "/totals/For",
        "/took_part",
        "/closed_at",
        "/frozen/options",
        "/frozen/decides/kind",
        "/frozen/rule/quorum",
        "/frozen/roll/size",
        "/is_carried",
        "/new_fingerprint",
    ] {
        let (parent, key) = path.rsplit_once('/').unwrap();
        let mut record = whole.clone();
        record.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key).unwrap();
        let refused = check(fitting(&mut record).as_bytes(), NOTHING).expect_err(path);
        assert!(refused.ends_with("is missing in it."), "{path}: {refused}");
    }
}

#[test]
fn voters_without_a_ballot_are_told_of() {
    let mut record: Value = serde_json::from_str(&small()).unwrap();
    record["took_part"] = 5.into();

    let told = check(fitting(&mut record).as_bytes(), NOTHING).unwrap().join("\n");

    assert!(told.contains("1 of the 5 who took part have no ballot in it"), "{told}");
}

#[test]
fn what_is_no_record_is_refused_with_a_sentence() {
    let deep = "[".repeat(100_000);
    for bytes in [&b""[..], b"\xff", b"{}", b"[]", b"null", b"{\"kind\":\"caucus ballot record\"}", deep.as_bytes()] {
        assert!(check(bytes, NOTHING).is_err());
    }
    let with_float = small().replace("\"took_part\":4", "\"took_part\":4.0");
    assert!(check(with_float.as_bytes(), NOTHING).is_err());
    let other = Known { sha256: Some("00"), receipt: None };
    assert!(check(small().as_bytes(), other).unwrap_err().contains("another file"));
}

#[test]
fn it_shares_nothing_with_the_server() {
    let source = include_str!("../check.rs");
    let code: Vec<&str> = source.lines().map(|line| line.split("//").next().unwrap()).collect();

    let of_ours = ["crate", "super"].map(|word| format!("{word}::"));
    assert!(code.iter().all(|line| of_ours.iter().all(|path| !line.contains(path))), "{source}");
    let used: Vec<&&str> = code.iter().filter(|line| line.trim_start().starts_with("use ")).collect();
    let own = ["use serde_json::", "use sha2::", "use std::"];
    assert!(used.len() == 3 && used.iter().all(|line| own.iter().any(|known| line.starts_with(known))), "{used:?}");
}

fn rules() -> impl Strategy<Value = Rule> {
    let amendment = (any::<bool>(), 0_u32..60).prop_map(|(of_roll, quorum)| Rule {
        majority: Majority::TwoThirds,
        base: if of_roll { VoteBase::Roll } else { VoteBase::Cast },
        quorum,
    });
    prop_oneof![4 => amendment, 1 => Just(LEAD_VOTE)]
}

proptest! {
    #[test]
    fn it_agrees_with_the_server_whatever_the_rule(
        totals in [0_u64..40, 0_u64..40, 0_u64..10], extra in 0_u32..40, rule in rules(),
    ) {
        let roll = u32::try_from(totals.iter().sum::<u64>()).unwrap() + extra;
        let record = published(&Vote { totals, rule, roll });
        prop_assert!(check(record.as_bytes(), NOTHING).is_ok());
        let mut lie: Value = serde_json::from_str(&record).unwrap();
        lie["is_carried"] = (!lie["is_carried"].as_bool().unwrap()).into();
        prop_assert!(check(fitting(&mut lie).as_bytes(), NOTHING).is_err());
    }
}
