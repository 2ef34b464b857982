//! Ballots, who took part, soundings and votes that did not count. A ballot knows neither voter
//! nor time; while the poll is open a link leads from the voter to the ballot, and the close
//! destroys it (A12). The way of a vote is hot: few statements, each by primary key.

use super::connection::{AnyBackend, AnyConnection};
use super::polls::{Poll, count};
use super::schema::{
    ballot_links, ballots, linked_actors, poll_options, poll_voters, polls, roll_entries, soundings, uncounted_votes,
    vote_notices,
};
use super::{DbError, Tx, convert};
use crate::domain::ballot::{Choices, Uncounted};
use crate::domain::chain::BallotSum;
use crate::ids::{MemberId, PollId, random_receipt};
use crate::on_each_backend;
use diesel::dsl::count_star;
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

/// Notes that the voter takes part; false when they did before.
///
/// # Errors
/// The store's fault.
pub fn add_voter(tx: &mut Tx<'_>, poll: PollId, voter: &Voter) -> Result<bool, DbError> {
    let row = (
        poll_voters::poll_id.eq(poll.to_string()),
        poll_voters::voter.eq(&voter.key),
        poll_voters::actor_url.eq(voter.actor_url.as_deref()),
    );
    let added = on_each_backend!(tx.conn, |c| diesel::insert_into(poll_voters::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(added == 1)
}

/// Puts a voter's first ballot in, and into what the poll's ballots are committed to.
///
/// # Errors
/// The store's fault.
pub fn add_ballot(tx: &mut Tx<'_>, poll: &Poll, voter: &Voter, choices: Choices) -> Result<Ballot, DbError> {
    let receipt = random_receipt();
    let sum = committed(poll, |sum, key| sum.with(key, &receipt, choices.bits()));
    let poll = poll.id.to_string();
    diesel::insert_into(ballots::table)
        .values((ballots::receipt.eq(&receipt), ballots::poll_id.eq(&poll), ballots::choices.eq(choices.bits())))
        .execute(tx.conn)?;
    diesel::insert_into(ballot_links::table)
        .values((
            ballot_links::poll_id.eq(&poll),
            ballot_links::voter.eq(&voter.key),
            ballot_links::receipt.eq(&receipt),
        ))
        .execute(tx.conn)?;
    diesel::update(polls::table.find(&poll))
        .set((polls::voters_count.eq(polls::voters_count + 1), polls::ballot_sum.eq(sum)))
        .execute(tx.conn)?;
    Ok(Ballot { receipt, choices })
}

/// The commitment after a change to the ballots, as it is to be stored.
fn committed(poll: &Poll, change: impl FnOnce(BallotSum, &str) -> BallotSum) -> Option<String> {
    let commitment = poll.commitment.as_ref()?;
    Some(
        match &commitment.key {
            Some(key) => change(commitment.sum.clone(), key),
            None => commitment.sum.clone(),
        }
        .hex(),
    )
}

/// The ballot of a voter while the poll is open.
///
/// # Errors
/// The store's fault.
pub fn find_ballot(conn: &mut AnyConnection, poll: PollId, voter: &str) -> Result<Option<Ballot>, DbError> {
    let row: Option<(String, i32)> = ballot_links::table
        .inner_join(ballots::table.on(ballots::receipt.eq(ballot_links::receipt)))
        .filter(ballot_links::poll_id.eq(poll.to_string()))
        .filter(ballot_links::voter.eq(voter))
        .select((ballots::receipt, ballots::choices))
        .first(conn)
        .optional()?;
    Ok(row.map(|(receipt, bits)| Ballot { receipt, choices: Choices::stored(bits) }))
}

/// Makes a ballot say something else.
///
/// # Errors
/// The store's fault.
pub fn change_ballot(tx: &mut Tx<'_>, poll: &Poll, ballot: &Ballot, choices: Choices) -> Result<(), DbError> {
    let receipt = ballot.receipt.as_str();
    diesel::update(ballots::table.find(receipt)).set(ballots::choices.eq(choices.bits())).execute(tx.conn)?;
    if let Some(sum) =
        committed(poll, |sum, key| sum.without(key, receipt, ballot.choices.bits()).with(key, receipt, choices.bits()))
    {
        diesel::update(polls::table.find(poll.id.to_string())).set(polls::ballot_sum.eq(Some(sum))).execute(tx.conn)?;
    }
    Ok(())
}

/// Remembers the actor through whom a voter voted last, for the final Update.
///
/// # Errors
/// The store's fault.
pub fn note_actor(tx: &mut Tx<'_>, poll: PollId, voter: &Voter) -> Result<(), DbError> {
    if let Some(actor) = &voter.actor_url {
        diesel::update(poll_voters::table.find((poll.to_string(), &voter.key)))
            .set(poll_voters::actor_url.eq(Some(actor)))
            .execute(tx.conn)?;
    }
    Ok(())
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

/// Keeps the vote of a supporter apart from the tally; their last one stands (A10).
///
/// # Errors
/// The store's fault.
pub fn save_sounding(tx: &mut Tx<'_>, poll: PollId, actor_url: &str, choices: Choices) -> Result<(), DbError> {
    let row = (
        soundings::poll_id.eq(poll.to_string()),
        soundings::actor_url.eq(actor_url),
        soundings::choices.eq(choices.bits()),
    );
    on_each_backend!(tx.conn, |c| diesel::insert_into(soundings::table)
        .values(row)
        .on_conflict((soundings::poll_id, soundings::actor_url))
        .do_update()
        .set(soundings::choices.eq(choices.bits()))
        .execute(c))?;
    Ok(())
}

/// Takes away what the member's linked actors said as supporters: one person stands in the tally
/// or in the soundings, never in both (A10).
///
/// # Errors
/// The store's fault.
pub fn remove_soundings_of(tx: &mut Tx<'_>, poll: PollId, member: MemberId) -> Result<(), DbError> {
    let actors =
        linked_actors::table.filter(linked_actors::member_id.eq(member.to_string())).select(linked_actors::actor_url);
    diesel::delete(
        soundings::table.filter(soundings::poll_id.eq(poll.to_string())).filter(soundings::actor_url.eq_any(actors)),
    )
    .execute(tx.conn)?;
    Ok(())
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

/// True the first time that the actor is to be told this about the poll.
///
/// # Errors
/// The store's fault.
pub fn note_told(tx: &mut Tx<'_>, poll: PollId, actor_url: &str, kind: &str) -> Result<bool, DbError> {
    let row = (
        vote_notices::poll_id.eq(poll.to_string()),
        vote_notices::actor_url.eq(actor_url),
        vote_notices::kind.eq(kind),
    );
    let added = on_each_backend!(tx.conn, |c| diesel::insert_into(vote_notices::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(added == 1)
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
    Ok(find_ballot(conn, poll, &Voter::member(member, None).key)?.map(|ballot| ballot.choices.positions()))
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

/// How many soundings say what. Those of actors that are linked to somebody on the frozen roll,
/// or through whom a ballot was cast, are left out: their person speaks in the tally (A10).
///
/// # Errors
/// The store's fault.
pub fn count_soundings(conn: &mut AnyConnection, poll: PollId) -> Result<Vec<(Choices, u32)>, DbError> {
    let poll = poll.to_string();
    let of_members = linked_actors::table
        .inner_join(roll_entries::table.on(roll_entries::member_id.eq(linked_actors::member_id)))
        .filter(roll_entries::poll_id.eq(&poll))
        .filter(linked_actors::actor_url.eq(soundings::actor_url));
    let of_voters = poll_voters::table
        .filter(poll_voters::poll_id.eq(&poll))
        .filter(poll_voters::actor_url.eq(soundings::actor_url.nullable()));
    let rows: Vec<(i32, i64)> = soundings::table
        .filter(soundings::poll_id.eq(&poll))
        .filter(diesel::dsl::not(diesel::dsl::exists(of_members)))
        .filter(diesel::dsl::not(diesel::dsl::exists(of_voters)))
        .group_by(soundings::choices)
        .select((soundings::choices, count_star()))
        .load(conn)?;
    rows.into_iter().map(|(bits, total)| Ok((Choices::stored(bits), count(total)?))).collect()
}
