//! The roll of a vote: a copy of who may vote, frozen at the opening (A4, C3).

use super::connection::AnyConnection;
use super::polls::{Frozen, count};
use super::schema::{cabal_members, members, poll_voters, polls, roll_entries};
use super::{DbError, Tx};
use crate::domain::record::RollFingerprint;
use crate::domain::tally::Rule;
use crate::ids::{CabalId, MemberId, PollId};
use crate::on_each_backend;
use diesel::prelude::*;
use diesel::sql_types::Text;

/// How many ids are read at once.
const PAGE: i64 = 1_000;

/// Whose members are the roll of a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollOf {
    /// All members of the community (A4).
    Community,
    /// Those of a cabal (C3).
    Cabal(CabalId),
}

/// Whether the member was on the roll when the vote opened.
///
/// # Errors
/// The store's fault.
pub fn is_on_roll(conn: &mut AnyConnection, id: PollId, member: MemberId) -> Result<bool, DbError> {
    Ok(roll_entries::table
        .find((id.to_string(), member.to_string()))
        .select(roll_entries::member_id)
        .first::<String>(conn)
        .optional()?
        .is_some())
}

/// The size and the fingerprint of the roll as it would freeze at this moment.
///
/// # Errors
/// The store's fault.
pub fn fingerprint_now(conn: &mut AnyConnection, of: RollOf) -> Result<(u32, String), DbError> {
    fingerprint(|after| {
        let ids = members::table.filter(members::left_at.is_null()).filter(members::id.gt(after)).order(members::id);
        Ok(match of {
            RollOf::Community => ids.limit(PAGE).select(members::id).load(conn)?,
            RollOf::Cabal(cabal) => ids
                .inner_join(cabal_members::table)
                .filter(cabal_members::left_at.is_null())
                .filter(cabal_members::cabal_id.eq(cabal.to_string()))
                .limit(PAGE)
                .select(members::id)
                .load(conn)?,
        })
    })
}

/// The size and the fingerprint of the frozen roll, worked out from its entries.
///
/// # Errors
/// The store's fault.
pub fn fingerprint_of_entries(conn: &mut AnyConnection, poll: PollId) -> Result<(u32, String), DbError> {
    fingerprint(|after| {
        Ok(roll_entries::table
            .filter(roll_entries::poll_id.eq(poll.to_string()))
            .filter(roll_entries::member_id.gt(after))
            .order(roll_entries::member_id)
            .limit(PAGE)
            .select(roll_entries::member_id)
            .load(conn)?)
    })
}

fn fingerprint(mut page: impl FnMut(&str) -> Result<Vec<String>, DbError>) -> Result<(u32, String), DbError> {
    let (mut fingerprint, mut last) = (RollFingerprint::default(), String::new());
    loop {
        let ids = page(&last)?;
        let Some(newest) = ids.last() else { return Ok(fingerprint.finish()) };
        last.clone_from(newest);
        if !ids.iter().all(|id| fingerprint.add(id)) {
            return Err(DbError::Broken("the database does not give ids in their order".to_owned()));
        }
    }
}

/// Copies the roll as it stands into the poll and freezes the rule with it (A4, C3).
///
/// # Errors
/// The store's fault.
pub fn freeze_roll(tx: &mut Tx<'_>, id: PollId, of: RollOf, rule: Rule) -> Result<Frozen, DbError> {
    let poll = id.to_string();
    match of {
        RollOf::Community => on_each_backend!(tx.conn, |c| members::table
            .filter(members::left_at.is_null())
            .select((poll.clone().into_sql::<Text>(), members::id))
            .insert_into(roll_entries::table)
            .into_columns((roll_entries::poll_id, roll_entries::member_id))
            .execute(c))?,
        RollOf::Cabal(cabal) => on_each_backend!(tx.conn, |c| members::table
            .inner_join(cabal_members::table)
            .filter(members::left_at.is_null())
            .filter(cabal_members::left_at.is_null())
            .filter(cabal_members::cabal_id.eq(cabal.to_string()))
            .select((poll.clone().into_sql::<Text>(), members::id))
            .insert_into(roll_entries::table)
            .into_columns((roll_entries::poll_id, roll_entries::member_id))
            .execute(c))?,
    };
    let (roll_size, roll_fingerprint) = fingerprint_of_entries(tx.conn, id)?;
    let (Ok(size), Ok(quorum)) = (i32::try_from(roll_size), i32::try_from(rule.quorum)) else {
        return Err(DbError::Broken("the roll or the quorum is out of range".to_owned()));
    };
    diesel::update(polls::table.find(&poll))
        .set((
            polls::roll_size.eq(Some(size)),
            polls::roll_fingerprint.eq(Some(&roll_fingerprint)),
            polls::vote_base.eq(Some(rule.base.as_str())),
            polls::quorum.eq(Some(quorum)),
            polls::majority.eq(rule.majority.as_str()),
        ))
        .execute(tx.conn)?;
    Ok(Frozen { roll_size, roll_fingerprint, rule })
}

/// How many took part without being on the frozen roll: none, unless somebody changed rows.
///
/// # Errors
/// The store's fault.
pub fn count_voters_off_roll(conn: &mut AnyConnection, poll: PollId) -> Result<u32, DbError> {
    // A voter is written as "member:" and the id. One condition, for PostgreSQL joins nothing beside an OR.
    let kind = diesel::dsl::sql::<Text>("substr(poll_voters.voter, 1, 7)");
    let member = diesel::dsl::sql::<Text>("substr(poll_voters.voter, 8)");
    let on_roll = roll_entries::table
        .filter(roll_entries::poll_id.eq(poll_voters::poll_id))
        .filter(roll_entries::member_id.eq(member))
        .filter(kind.eq("member:"));
    let off_roll: i64 = poll_voters::table
        .filter(poll_voters::poll_id.eq(poll.to_string()))
        .filter(diesel::dsl::not(diesel::dsl::exists(on_roll)))
        .count()
        .get_result(conn)?;
    count(off_roll)
}
