//! Votes of supporters, apart from the tally (A10).

use super::connection::AnyConnection;
use super::polls::count;
use super::schema::{linked_actors, roll_entries, soundings, vote_senders};
use super::{DbError, Tx};
use crate::domain::ballot::Choices;
use crate::ids::{MemberId, PollId};
use crate::on_each_backend;
use diesel::dsl::count_star;
use diesel::prelude::*;

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
    let of_voters = vote_senders::table
        .filter(vote_senders::poll_id.eq(&poll))
        .filter(vote_senders::is_voter)
        .filter(vote_senders::actor_url.eq(soundings::actor_url));
    let rows: Vec<(i32, i64)> = soundings::table
        .filter(soundings::poll_id.eq(&poll))
        .filter(diesel::dsl::not(diesel::dsl::exists(of_members)))
        .filter(diesel::dsl::not(diesel::dsl::exists(of_voters)))
        .group_by(soundings::choices)
        .select((soundings::choices, count_star()))
        .load(conn)?;
    rows.into_iter().map(|(bits, total)| Ok((Choices::stored(bits), count(total)?))).collect()
}
