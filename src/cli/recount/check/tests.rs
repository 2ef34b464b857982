//! What a recount takes and what it refuses. The records are written by the domain, as the server
//! writes them, so that a change there shows here.

use super::*;
use crate::domain::amendment::Change;
use crate::domain::record::{FrozenVote, Record as Published};
use crate::domain::tally::{Majority, Rule, Tally, VoteBase};
use crate::ids::{AmendmentId, ClauseId};
use chrono::{TimeDelta, TimeZone as _, Utc};
use proptest::prelude::*;

struct Vote {
    totals: [u64; 3],
    rule: Rule,
    roll: u32,
}

fn published(vote: &Vote) -> String {
    let opens_at = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap();
    let nil = uuid::Uuid::nil();
    let change = Change {
        clause: ClauseId::from_uuid(nil),
        number: "2.1".to_owned(),
        old_text: "Zitate: \"so\"\n\u{7}\u{2028} & <b>".to_owned(),
        new_text: "Ünïcode 🐝".to_owned(),
        act: crate::domain::amendment::Act::Reword,
    };
    let tally = Tally { votes_for: vote.totals[0], against: vote.totals[1], abstain: vote.totals[2] };
    let frozen = FrozenVote {
        amendment: AmendmentId::from_uuid(nil),
        base_fingerprint: "b".repeat(64),
        changes: &[change],
        rule: vote.rule,
        roll_size: vote.roll,
        roll_fingerprint: "r".repeat(64),
        opens_at,
        closes_at: opens_at + TimeDelta::weeks(1),
    };
    let choices = OPTIONS.iter().zip(vote.totals).flat_map(|(option, total)| (0..total).map(move |_| *option));
    let ballots: Vec<(String, &str)> =
        choices.enumerate().map(|(n, choice)| (format!("receipt-{n:04}"), choice)).collect();
    Published {
        poll: "https://caucus.example/polls/1",
        frozen: &frozen,
        took_part: u32::try_from(ballots.len()).unwrap(),
        ballots,
        tally,
        uncounted: &[],
        soundings: None,
        is_carried: tally.is_carried(vote.rule, u64::from(vote.roll)),
        new_fingerprint: None,
        chain: None,
        is_as_sealed: true,
        incidents: &[],
    }
    .canonical()
}

fn small() -> String {
    published(&Vote {
        totals: [2, 1, 1],
        rule: Rule { majority: Majority::TwoThirds, base: VoteBase::Cast, quorum: 0 },
        roll: 5,
    })
}

/// The record with a change inside and a checksum that fits again, as a forger would send it.
fn forged(change: impl FnOnce(&mut Map<String, Value>)) -> String {
    let mut record: Value = serde_json::from_str(&small()).unwrap();
    let fields = record.as_object_mut().unwrap();
    change(fields);
    fields.remove("checksum");
    let frozen = sha256(canonical(&fields["frozen"]).unwrap().as_bytes());
    fields.insert("frozen_hash".to_owned(), frozen.into());
    let checksum = sha256(canonical(&Value::Object(fields.clone())).unwrap().as_bytes());
    fields.insert("checksum".to_owned(), checksum.into());
    canonical(&record).unwrap()
}

#[test]
fn an_honest_record_holds_and_says_what_was_counted() {
    let record = small();

    let told = check(record.as_bytes(), Some(&sha256(record.as_bytes()))).unwrap().join("\n");

    for words in ["For 2, Against 1, Abstain 1", "carried", "roll of 5", "the hash that you gave is its hash"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn one_changed_byte_is_refused_wherever_it_is() {
    let record = small().into_bytes();
    for at in 0..record.len() {
        let mut changed = record.clone();
        changed[at] ^= 1;
        let refused = check(&changed, None).expect_err(&format!("byte {at}"));
        assert!(refused.ends_with('.') && refused.len() > 10, "{refused}");
    }
    assert!(check(&record[..record.len() - 1], None).is_err());
    assert!(check(&[record.as_slice(), b"\n"].concat(), None).is_err());
}

#[test]
fn a_forged_record_is_refused_although_its_checksum_fits() {
    type Forgery = fn(&mut Map<String, Value>);
    let forgeries: [(Forgery, &str); 11] = [
        (|r| r["ballots"][1] = r["ballots"][0].clone(), "twice or out of order"),
        (|r| r["ballots"].as_array_mut().unwrap().swap(0, 1), "twice or out of order"),
        (|r| r["ballots"][0][1] = "Maybe".into(), "no option"),
        (|r| r["ballots"][0] = 5.into(), "not a receipt and a choice"),
        (|r| r["totals"]["For"] = 3.into(), "total for For"),
        (|r| r["took_part"] = 3.into(), "do not go together"),
        (|r| r["took_part"] = 6.into(), "do not go together"),
        (|r| r["is_carried"] = false.into(), "result does not follow"),
        (|r| r["frozen"]["rule"]["quorum"] = 5.into(), "result does not follow"),
        (|r| r["frozen"]["closes_at"] = "2026-03-08T11:59:59Z".into(), "exactly one week"),
        (|r| r["is_as_sealed"] = false.into(), "changed in its database"),
    ];
    for (forgery, sentence) in forgeries {
        let refused = check(forged(forgery).as_bytes(), None).expect_err(sentence);
        assert!(refused.contains(sentence), "{sentence}: {refused}");
    }
    check(forged(|_| {}).as_bytes(), None).unwrap();
}

#[test]
fn what_is_no_record_is_refused_with_a_sentence() {
    let deep = "[".repeat(100_000);
    for bytes in [&b""[..], b"\xff", b"{}", b"[]", b"null", b"{\"kind\":\"caucus ballot record\"}", deep.as_bytes()] {
        assert!(check(bytes, None).is_err());
    }
    let with_float = forged_float();
    assert!(check(with_float.as_bytes(), None).is_err());
    assert!(check(small().as_bytes(), Some("00")).unwrap_err().contains("another file"));
}

fn forged_float() -> String {
    small().replace("\"took_part\":4", "\"took_part\":4.0")
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

proptest! {
    #[test]
    fn it_agrees_with_the_server_whatever_the_rule(
        totals in [0_u64..40, 0_u64..40, 0_u64..10], extra in 0_u32..40, of_roll in any::<bool>(), quorum in 0_u32..60,
    ) {
        let roll = u32::try_from(totals.iter().sum::<u64>()).unwrap() + extra;
        let base = if of_roll { VoteBase::Roll } else { VoteBase::Cast };
        let record = published(&Vote { totals, rule: Rule { majority: Majority::TwoThirds, base, quorum }, roll });
        prop_assert!(check(record.as_bytes(), None).is_ok());
        let lie = match record.contains("\"is_carried\":true") {
            true => record.replace("\"is_carried\":true", "\"is_carried\":false"),
            false => record.replace("\"is_carried\":false", "\"is_carried\":true"),
        };
        prop_assert!(check(lie.as_bytes(), None).is_err());
    }
}
