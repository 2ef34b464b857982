//! What must hold after every act, read from the store; the names I-1 to I-12 are those of the invariants of a vote.

use super::model::Vote;
use super::town::Town;
use caucus::db::ballots::{count_ballots, count_voters};
use caucus::db::roll::fingerprint_of_entries;
use caucus::db::{AnyConnection, polls, results};
use caucus::domain::record::sha256_hex;
use caucus::ids::PollId;
use caucus::services::verify_votes::verify_votes;
use diesel::sql_types::BigInt;
use diesel::{OptionalExtension as _, RunQueryDsl as _};
use std::collections::BTreeMap;

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Panics with what does not hold; takes note of votes that are closed now.
pub fn hold(town: &mut Town) {
    for number in 0..town.model.votes.len() {
        let poll = town.model.votes[number].poll;
        let latest = town.latest();
        let result = results::find_result(town.conn(), poll).unwrap();
        if result.is_some() && !town.model.votes[number].is_closed {
            town.model.end(number);
        }
        let vote = town.model.votes[number].clone();
        let conn = town.conn();
        let record = match result {
            None => {
                look_at_open(conn, &vote);
                None
            }
            Some(result) => {
                assert!(latest >= vote.closes_at(), "nothing closes early (A4)");
                look_at_closed(conn, &vote, &result);
                results::find_record(conn, vote.poll).unwrap()
            }
        };
        let seen = town.model.results.get(&vote.poll);
        assert!(seen.is_none() || seen == record.as_ref(), "a result never changes (I-4, I-12)");
        if let Some(record) = record {
            town.model.results.insert(vote.poll, record);
        }
    }
}

fn look_at_open(conn: &mut AnyConnection, vote: &Vote) {
    let poll = polls::poll(conn, vote.poll).unwrap();
    assert_eq!((poll.opens_at, poll.closes_at), (vote.opens_at, vote.closes_at()), "the week stands (I-5)");
    assert!(poll.closed_at.is_none(), "a closed vote has a result (I-4)");
    let roll: Vec<String> = vote.roll.iter().map(ToString::to_string).collect();
    let expected = (u32::try_from(roll.len()).unwrap(), sha256_hex(&format!("{}\n", roll.join("\n"))));
    assert_eq!(fingerprint_of_entries(conn, vote.poll).unwrap(), expected, "the roll stands (I-2, I-5)");
    assert_eq!(totals(conn, vote.poll), vote.totals(), "every acknowledged ballot counts once (I-1, I-7)");
    let voters = usize::try_from(count_voters(conn, vote.poll).unwrap()).unwrap();
    assert_eq!(voters, vote.ballots.len(), "who took part");
    assert_eq!(usize::try_from(poll.voters_count).unwrap(), voters, "the live turnout");
    let untimely = format!(
        "ballot_links l JOIN polls p ON p.id = l.poll_id \
         WHERE p.id = '{}' AND (l.received_at < p.opens_at OR l.received_at >= p.closes_at)",
        vote.poll
    );
    assert_eq!(count(conn, &untimely), 0, "every ballot came within the week (I-3)");
    let receipts = "posts p JOIN ballot_links l ON p.object_json LIKE '%' || l.receipt || '%'";
    assert_eq!(count(conn, receipts), 0, "no post holds a ballot (I-11)");
}

fn look_at_closed(conn: &mut AnyConnection, vote: &Vote, result: &results::PollResult) {
    let tally = [result.tally.votes_for, result.tally.against, result.tally.abstain];
    assert_eq!(tally.map(|n| usize::try_from(n).unwrap()), vote.totals(), "the result is that of the ballots (I-4)");
    assert_eq!(result.is_carried, vote.is_carried(), "two thirds, and at least two (A9)");
    assert_eq!(totals(conn, vote.poll), vote.totals(), "the ballots stay as they were (I-4)");
    let poll = vote.poll;
    assert_eq!(count(conn, &format!("ballot_links WHERE poll_id = '{poll}'")), 0, "no link is left (A12)");
    let updates = format!("outbox_activities WHERE post_id = '{poll}' AND body LIKE '%\"type\":\"Update\"%'");
    assert_eq!(count(conn, &updates), 1, "one Update tells the end (I-9)");
    let notes = format!("posts WHERE kind = 'result' AND in_reply_to LIKE '%/{poll}'");
    assert_eq!(count(conn, &notes), 1, "one result (I-4)");
    let told = format!("outbox_activities WHERE post_id = '{}'", result.post_id);
    assert_eq!(count(conn, &told), 1, "the result is told once (I-9)");
}

/// The chains, what froze and what was published fit one another.
pub fn fits_together(town: &mut Town) {
    let urls = town.node().urls.clone();
    let verified = verify_votes(town.conn(), &urls).unwrap();
    assert_eq!(verified.faults, Vec::<String>::new(), "what is stored fits together (I-5, I-6)");
    assert_eq!(verified.votes, town.model.votes.len());
}

/// What must hold at the end of a history.
pub fn verify(town: &mut Town) {
    fits_together(town);
    assert!(town.model.votes.iter().all(|vote| vote.is_closed), "every vote was closed (A16)");
    town.model.counts.carried = town.model.votes.iter().filter(|vote| vote.is_carried()).count();
    town.model.counts.lost = town.model.votes.len() - town.model.counts.carried;
    assert_eq!(uncounted(town.conn()), town.model.uncounted, "what does not count is counted by reason (A11)");
    let kept = count(town.conn(), "inbox_activities WHERE body IS NOT NULL");
    assert_eq!(kept, 0, "no vote is kept as it came (A12)");
}

fn uncounted(conn: &mut AnyConnection) -> BTreeMap<&'static str, usize> {
    let sum = |reason| {
        format!("(SELECT SUM(total) AS count FROM uncounted_votes WHERE reason = '{reason}') t WHERE count > 0")
    };
    let mut counted = BTreeMap::new();
    for reason in ["late", "early", "off_roll", "duplicate", "unknown_option", "on_hold", "failed"] {
        let rows = diesel::sql_query(format!("SELECT count FROM {}", sum(reason)));
        let found: Option<Count> = rows.get_result(conn).optional().unwrap();
        counted.extend(found.map(|found| (reason, usize::try_from(found.count).unwrap())));
    }
    counted
}

fn totals(conn: &mut AnyConnection, poll: PollId) -> [usize; 3] {
    let mut totals = [0; 3];
    for (choices, count) in count_ballots(conn, poll).unwrap() {
        let positions = choices.positions();
        assert_eq!(positions.len(), 1, "one choice each");
        totals[usize::try_from(positions[0]).unwrap()] += usize::try_from(count).unwrap();
    }
    totals
}

/// How many rows a table has, or those that fulfil what follows its name.
pub fn count(conn: &mut AnyConnection, of: &str) -> usize {
    let counted: Count = diesel::sql_query(format!("SELECT COUNT(*) AS count FROM {of}")).get_result(conn).unwrap();
    usize::try_from(counted.count).unwrap()
}
