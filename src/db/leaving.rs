//! Erases a member: what is left says that somebody was here, and not who (rule J4).

use super::amendments::{delete_draft, list_drafts};
use super::ballots::{Voter, forget_voter};
use super::schema::{
    amendment_comments, api_tokens, backings, cabal_log, cabal_members, former_handles, link_codes, linked_actors,
    member_notices, members, passwords, poll_voters, polls, reset_links, sessions, signings, vote_senders,
};
use super::{AnyConnection, DbError, Tx};
use crate::ids::{MemberId, secret_hash};
use crate::on_each_backend;
use diesel::prelude::*;

/// How a person is called who has left.
pub const NAME_OF_WHO_LEFT: &str = "Somebody who left";

/// Takes a member off the roll and erases everything personal: handle, name, password, sessions,
/// tokens, signatures, linked actors, what they said they would do, and the way to their ballots.
///
/// # Errors
/// The store's fault.
pub fn erase_member(tx: &mut Tx<'_>, id: MemberId, handle: &str) -> Result<(), DbError> {
    let member = id.to_string();
    destroy_ways_to_ballots(tx, id)?;
    diesel::delete(passwords::table.find(&member)).execute(tx.conn)?;
    diesel::delete(sessions::table.filter(sessions::member_id.eq(&member))).execute(tx.conn)?;
    diesel::delete(api_tokens::table.filter(api_tokens::member_id.eq(&member))).execute(tx.conn)?;
    diesel::delete(reset_links::table.filter(reset_links::member_id.eq(&member))).execute(tx.conn)?;
    diesel::delete(signings::table.filter(signings::member_id.eq(&member))).execute(tx.conn)?;
    diesel::delete(link_codes::table.filter(link_codes::member_id.eq(&member))).execute(tx.conn)?;
    diesel::delete(linked_actors::table.filter(linked_actors::member_id.eq(&member))).execute(tx.conn)?;
    diesel::update(cabal_members::table.filter(cabal_members::member_id.eq(&member)))
        .set(cabal_members::contribution.eq(""))
        .execute(tx.conn)?;
    diesel::update(cabal_log::table.filter(cabal_log::member_id.eq(&member)).filter(cabal_log::act.eq("joined")))
        .set(cabal_log::subject.eq(""))
        .execute(tx.conn)?;
    forget_words(tx, &member)?;
    keep_handle(tx, handle)?;
    diesel::update(members::table.find(&member))
        .set((
            // No handle of a person begins like this.
            members::handle.eq(format!("-{member}")),
            members::name.eq(NAME_OF_WHO_LEFT),
            members::is_steward.eq(false),
            members::left_at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// What they wrote under amendments, what they were told, and by which reply they backed. Their
/// drafts go; objections stay beside the vote that they were part of, by somebody who left.
fn forget_words(tx: &mut Tx<'_>, member: &str) -> Result<(), DbError> {
    diesel::delete(member_notices::table.filter(member_notices::member_id.eq(member))).execute(tx.conn)?;
    diesel::update(amendment_comments::table.filter(amendment_comments::member_id.eq(member)))
        .set((amendment_comments::text.eq(""), amendment_comments::deleted_at.eq(Some(tx.now.naive_utc()))))
        .execute(tx.conn)?;
    diesel::update(backings::table.filter(backings::member_id.eq(member)))
        .set(backings::reply_id.eq(None::<String>))
        .execute(tx.conn)?;
    let author = member.parse().map_err(|_| DbError::Broken("a member without an id".to_owned()))?;
    for draft in list_drafts(tx.conn, author)? {
        delete_draft(tx, draft.id)?;
    }
    Ok(())
}

/// Their ballots stay and count; from now on nothing leads to them. In advisory polls it stays
/// known that an actor has voted, so that nobody votes twice; not that the actor was a member.
fn destroy_ways_to_ballots(tx: &mut Tx<'_>, id: MemberId) -> Result<(), DbError> {
    let voter = Voter::member(id, None);
    let key = &voter.key;
    let linked =
        linked_actors::table.filter(linked_actors::member_id.eq(id.to_string())).select(linked_actors::actor_url);
    diesel::delete(vote_senders::table.filter(vote_senders::actor_url.eq_any(linked))).execute(tx.conn)?;
    forget_voter(tx, &voter)?;
    let advisory = polls::table.filter(polls::roll_fingerprint.is_null()).select(polls::id);
    let through_actors: Vec<(String, Option<String>)> = poll_voters::table
        .filter(poll_voters::voter.eq(key))
        .filter(poll_voters::actor_url.is_not_null())
        .filter(poll_voters::poll_id.eq_any(advisory))
        .select((poll_voters::poll_id, poll_voters::actor_url))
        .load(tx.conn)?;
    for (poll, actor) in through_actors {
        diesel::update(poll_voters::table.find((poll, key)))
            .set(poll_voters::voter.eq(actor.unwrap_or_default()))
            .execute(tx.conn)?;
    }
    Ok(())
}

fn keep_handle(tx: &mut Tx<'_>, handle: &str) -> Result<(), DbError> {
    let row = former_handles::handle_hash.eq(secret_hash(handle));
    on_each_backend!(tx.conn, |c| diesel::insert_into(former_handles::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Whether a handle was that of a member who left (AC-20).
///
/// # Errors
/// The store's fault.
pub fn was_handle(conn: &mut AnyConnection, handle: &str) -> Result<bool, DbError> {
    let found: i64 =
        former_handles::table.filter(former_handles::handle_hash.eq(secret_hash(handle))).count().get_result(conn)?;
    Ok(found > 0)
}
