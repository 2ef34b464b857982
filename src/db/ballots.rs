//! Ballots, who took part, and votes that did not count. A ballot knows neither voter
//! nor time; while the poll is open a link leads from the voter to the ballot, and the close
//! destroys it (A12). The way of a vote is hot: few statements, each by primary key.

use super::connection::{AnyBackend, AnyConnection};
use super::polls::{Poll, count};
use super::schema::{ballot_links, ballots, linked_actors, poll_options, poll_voters, polls, uncounted_votes};
use super::{DbError, Tx, convert};
use crate::clock::Stamp;
use crate::domain::ballot::{Choices, Uncounted};
use crate::domain::chain::BallotSum;
use crate::ids::{MemberId, PollId, random_receipt};
use crate::on_each_backend;
use chrono::NaiveDateTime;
use diesel::dsl::{self, count_star};
use diesel::prelude::*;

/// Who votes: the key under which one person has one ballot, and the actor through whom.
#[derive(Debug, Clone)]
pub struct Voter {
    /// `member:<id>` for members, whatever their account; the actor's URL for others.
    pub key: String,
    /// The remote actor, if the vote came through one.
    pub actor_url: Option<String>,
}

impl Voter {
    /// A member, voting on the web or through a linked actor.
    pub fn member(id: MemberId, actor_url: Option<&str>) -> Self {
        Self { key: format!("member:{id}"), actor_url: actor_url.map(str::to_owned) }
    }

    /// The member, if it is one.
    pub fn member_id(&self) -> Option<MemberId> {
        self.key.strip_prefix("member:").and_then(|id| id.parse().ok())
    }

    /// Somebody of whom we know the actor only.
    pub fn actor(url: &str) -> Self {
        Self { key: url.to_owned(), actor_url: Some(url.to_owned()) }
    }
}

/// A ballot that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ballot {
    /// The random code by which it is found in the record.
    pub receipt: String,
    /// What it says.
    pub choices: Choices,
}

/// The ballot of a voter while the poll is open, with what leads to it.
#[derive(Clone)]
pub struct Standing {
    /// The ballot.
    pub ballot: Ballot,
    /// When the vote behind it was received; kept where the last one counts.
    pub received_at: Option<Stamp>,
    nonce: String,
}

/// What a vote makes of a ballot.
#[derive(Debug, Clone, Copy)]
pub struct Said {
    /// What it says from now on.
    pub choices: Choices,
    /// When the vote was received.
    pub received_at: Stamp,
}

/// Notes that the voter takes part; false when they did before. In an advisory poll the actor of the
/// first ballot stays noted: it has voted, linked or not.
///
/// # Errors
/// The store's fault.
pub fn add_voter(tx: &mut Tx<'_>, poll: &Poll, voter: &Voter) -> Result<bool, DbError> {
    let row = (
        poll_voters::poll_id.eq(poll.id.to_string()),
        poll_voters::voter.eq(&voter.key),
        poll_voters::actor_url.eq(voter.actor_url.as_deref().filter(|_| !poll.has_roll())),
    );
    let added = on_each_backend!(tx.conn, |c| diesel::insert_into(poll_voters::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(added == 1)
}

/// Puts a voter's first ballot in, and commits the vote to it.
///
/// # Errors
/// The store's fault.
pub fn add_ballot(tx: &mut Tx<'_>, poll: &Poll, voter: &Voter, said: Said) -> Result<Ballot, DbError> {
    let ballot = Ballot { receipt: random_receipt(), choices: said.choices };
    let nonce = new_nonce(poll);
    insert_ballot(tx, poll.id, &ballot)?;
    diesel::insert_into(ballot_links::table)
        .values((
            ballot_links::poll_id.eq(poll.id.to_string()),
            ballot_links::voter.eq(&voter.key),
            ballot_links::receipt.eq(&ballot.receipt),
            ballot_links::nonce.eq(&nonce),
            ballot_links::received_at.eq(received(poll, said)),
        ))
        .execute(tx.conn)?;
    diesel::update(polls::table.find(poll.id.to_string()))
        .set(polls::voters_count.eq(polls::voters_count + 1))
        .execute(tx.conn)?;
    if poll.has_roll() {
        tx.commit_to(poll.id, |sum| sum.with(&nonce, &ballot.receipt, ballot.choices.bits()));
    }
    Ok(ballot)
}

fn insert_ballot(tx: &mut Tx<'_>, poll: PollId, ballot: &Ballot) -> Result<(), DbError> {
    diesel::insert_into(ballots::table)
        .values((
            ballots::receipt.eq(&ballot.receipt),
            ballots::poll_id.eq(poll.to_string()),
            ballots::choices.eq(ballot.choices.bits()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// A vote with a roll is committed to its ballots; an advisory poll is not.
fn new_nonce(poll: &Poll) -> String {
    if poll.has_roll() { random_receipt() } else { String::new() }
}

fn received(poll: &Poll, said: Said) -> Option<NaiveDateTime> {
    poll.has_roll().then(|| said.received_at.naive_utc())
}

/// The ballot of a voter while the poll is open.
///
/// # Errors
/// The store's fault.
pub fn find_ballot(conn: &mut AnyConnection, poll: PollId, voter: &str) -> Result<Option<Standing>, DbError> {
    let row: Option<(String, i32, String, Option<NaiveDateTime>)> = ballot_links::table
        .inner_join(ballots::table.on(ballots::receipt.eq(ballot_links::receipt)))
        .filter(ballot_links::poll_id.eq(poll.to_string()))
        .filter(ballot_links::voter.eq(voter))
        .select((ballots::receipt, ballots::choices, ballot_links::nonce, ballot_links::received_at))
        .first(conn)
        .optional()?;
    Ok(row.map(|(receipt, bits, nonce, received_at)| Standing {
        ballot: Ballot { receipt, choices: Choices::stored(bits) },
        received_at: received_at.map(|at| at.and_utc()),
        nonce,
    }))
}

/// Whether a ballot keeps its receipt when it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptOf {
    /// The voter keeps the one that they have.
    Before,
    /// They get a new one, and the old one finds nothing any more.
    Now,
}

/// Makes a ballot say something else, or the same again later; gives it as it stands then. The
/// commitment is to a new nonce, so that no two entries of the chain tell of one ballot.
///
/// # Errors
/// The store's fault.
pub fn change_ballot(
    tx: &mut Tx<'_>,
    poll: &Poll,
    (voter, standing): (&Voter, &Standing),
    said: Said,
    receipt: ReceiptOf,
) -> Result<Ballot, DbError> {
    let (old, nonce) = (&standing.ballot, new_nonce(poll));
    let ballot = match receipt {
        ReceiptOf::Before => {
            let row = ballots::table.find(&old.receipt);
            diesel::update(row).set(ballots::choices.eq(said.choices.bits())).execute(tx.conn)?;
            Ballot { choices: said.choices, ..old.clone() }
        }
        ReceiptOf::Now => {
            let ballot = Ballot { receipt: random_receipt(), choices: said.choices };
            diesel::delete(ballots::table.find(&old.receipt)).execute(tx.conn)?;
            insert_ballot(tx, poll.id, &ballot)?;
            ballot
        }
    };
    diesel::update(ballot_links::table.find((poll.id.to_string(), &voter.key)))
        .set((
            ballot_links::receipt.eq(&ballot.receipt),
            ballot_links::nonce.eq(&nonce),
            ballot_links::received_at.eq(received(poll, said)),
        ))
        .execute(tx.conn)?;
    if poll.has_roll() {
        tx.commit_to(poll.id, |sum| {
            sum.without(&standing.nonce, &old.receipt, old.choices.bits()).with(
                &nonce,
                &ballot.receipt,
                ballot.choices.bits(),
            )
        });
    }
    Ok(ballot)
}

/// Notes that the same ballot was cast once more, so that no older vote replaces it.
///
/// # Errors
/// The store's fault.
pub fn confirm_ballot(tx: &mut Tx<'_>, poll: &Poll, voter: &Voter, said: Said) -> Result<(), DbError> {
    diesel::update(ballot_links::table.find((poll.id.to_string(), &voter.key)))
        .set(ballot_links::received_at.eq(received(poll, said)))
        .execute(tx.conn)?;
    Ok(())
}

/// Forgets whose the ballots of somebody are who leaves. While a vote is open its ballots need what they
/// are committed to, so what led to the voter leads to a random word then.
///
/// # Errors
/// The store's fault.
pub fn forget_voter(tx: &mut Tx<'_>, voter: &Voter) -> Result<(), DbError> {
    let open: Vec<String> =
        ballot_links::table.filter(ballot_links::voter.eq(&voter.key)).select(ballot_links::poll_id).load(tx.conn)?;
    for poll in open {
        diesel::update(ballot_links::table.find((poll, &voter.key)))
            .set(ballot_links::voter.eq(format!("left:{}", random_receipt())))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// The ballots of an open vote with a roll as the links lead to them.
pub struct Linked {
    /// The sum over them, to hold against the chain.
    pub sum: BallotSum,
    /// How many they are.
    pub total: u32,
    /// How many of the links lead from somebody who is not among those who took part. Of those who left
    /// the community while it ran nothing leads to a ballot any more.
    pub of_nobody: u32,
}

/// Reads all of them, once.
///
/// # Errors
/// The store's fault.
pub fn linked_ballots(conn: &mut AnyConnection, poll: PollId) -> Result<Linked, DbError> {
    let took_part = poll_voters::poll_id.eq(ballot_links::poll_id).and(poll_voters::voter.eq(ballot_links::voter));
    let is_of_nobody = poll_voters::voter.nullable().is_null().and(dsl::not(ballot_links::voter.like("left:%")));
    let standing = ballot_links::table
        .inner_join(ballots::table.on(ballots::receipt.eq(ballot_links::receipt)))
        .left_join(poll_voters::table.on(took_part))
        .filter(ballot_links::poll_id.eq(poll.to_string()))
        .filter(ballots::poll_id.eq(poll.to_string()))
        .select((ballots::receipt, ballots::choices, ballot_links::nonce, is_of_nobody));
    let mut linked = Linked { sum: BallotSum::nothing(), total: 0, of_nobody: 0 };
    for row in standing.load_iter::<(String, i32, String, bool), _>(conn)? {
        let (receipt, bits, nonce, is_of_nobody) = row?;
        linked.sum = linked.sum.with(&nonce, &receipt, bits);
        linked.total += 1;
        linked.of_nobody += u32::from(is_of_nobody);
    }
    Ok(linked)
}

/// Adds one to the live totals of options; only for polls that show them.
///
/// # Errors
/// The store's fault.
pub fn count_live(tx: &mut Tx<'_>, poll: PollId, positions: &[u32]) -> Result<(), DbError> {
    for position in positions {
        let position = i32::try_from(*position).map_err(|_| DbError::Broken("no such position".to_owned()))?;
        diesel::update(poll_options::table.find((poll.to_string(), position)))
            .set(poll_options::total.eq(poll_options::total + 1))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// Whether this voter's actor voted here under another key: before it was linked to the member, or
/// while it was. Whoever links or unlinks an account gains no second ballot by it.
///
/// # Errors
/// The store's fault.
pub fn has_voted_otherwise(conn: &mut AnyConnection, poll: PollId, voter: &Voter) -> Result<bool, DbError> {
    let mut voted = poll_voters::table
        .filter(poll_voters::poll_id.eq(poll.to_string()))
        .filter(poll_voters::voter.ne(&voter.key))
        .select(poll_voters::voter)
        .into_boxed::<AnyBackend>();
    voted = match (voter.member_id(), &voter.actor_url) {
        (Some(member), _) => {
            let actors = linked_actors::table
                .filter(linked_actors::member_id.eq(member.to_string()))
                .select(linked_actors::actor_url.nullable());
            voted.filter(poll_voters::actor_url.eq_any(actors))
        }
        (None, Some(actor)) => voted.filter(poll_voters::actor_url.eq(actor)),
        (None, None) => return Ok(false),
    };
    Ok(voted.first::<String>(conn).optional()?.is_some())
}

/// Counts a vote that does not count, by reason (A11).
///
/// # Errors
/// The store's fault.
pub fn count_uncounted(tx: &mut Tx<'_>, poll: PollId, reason: Uncounted) -> Result<(), DbError> {
    let row = (
        uncounted_votes::poll_id.eq(poll.to_string()),
        uncounted_votes::reason.eq(reason.as_str()),
        uncounted_votes::total.eq(1),
    );
    on_each_backend!(tx.conn, |c| diesel::insert_into(uncounted_votes::table)
        .values(row)
        .on_conflict((uncounted_votes::poll_id, uncounted_votes::reason))
        .do_update()
        .set(uncounted_votes::total.eq(uncounted_votes::total + 1))
        .execute(c))?;
    Ok(())
}

/// How many votes did not count, by reason.
///
/// # Errors
/// The store's fault.
pub fn list_uncounted(conn: &mut AnyConnection, poll: PollId) -> Result<Vec<(Uncounted, u32)>, DbError> {
    let rows: Vec<(String, i32)> = uncounted_votes::table
        .filter(uncounted_votes::poll_id.eq(poll.to_string()))
        .order(uncounted_votes::reason)
        .select((uncounted_votes::reason, uncounted_votes::total))
        .load(conn)?;
    rows.into_iter().map(|(reason, total)| Ok((convert::word(&reason, Uncounted::stored)?, count(total)?))).collect()
}

/// The positions that the member chose, while the poll is open; for that member's eyes only.
///
/// # Errors
/// The store's fault.
pub fn find_choice(conn: &mut AnyConnection, poll: PollId, member: MemberId) -> Result<Option<Vec<u32>>, DbError> {
    Ok(find_ballot(conn, poll, &Voter::member(member, None).key)?.map(|standing| standing.ballot.choices.positions()))
}

/// Whether the member took part.
///
/// # Errors
/// The store's fault.
pub fn has_voted(conn: &mut AnyConnection, poll: PollId, member: MemberId) -> Result<bool, DbError> {
    Ok(poll_voters::table
        .find((poll.to_string(), Voter::member(member, None).key))
        .select(poll_voters::voter)
        .first::<String>(conn)
        .optional()?
        .is_some())
}

/// How many took part.
///
/// # Errors
/// The store's fault.
pub fn count_voters(conn: &mut AnyConnection, poll: PollId) -> Result<u32, DbError> {
    let all: i64 = poll_voters::table.filter(poll_voters::poll_id.eq(poll.to_string())).count().get_result(conn)?;
    count(all)
}

/// How many ballots say what.
///
/// # Errors
/// The store's fault.
pub fn count_ballots(conn: &mut AnyConnection, poll: PollId) -> Result<Vec<(Choices, u32)>, DbError> {
    let rows: Vec<(i32, i64)> = ballots::table
        .filter(ballots::poll_id.eq(poll.to_string()))
        .group_by(ballots::choices)
        .select((ballots::choices, count_star()))
        .load(conn)?;
    rows.into_iter().map(|(bits, total)| Ok((Choices::stored(bits), count(total)?))).collect()
}
