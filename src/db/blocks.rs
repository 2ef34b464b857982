//! Blocked servers and accounts (K2), and the mark that every known actor of theirs bears. What
//! they wrote is kept and not shown, so that a block can be taken back.

use super::connection::AnyConnection;
use super::schema::{blocks, members, remote_actors};
use super::{DbError, Tx};
use crate::clock::Stamp;
use crate::domain::block::{BlockList, BlockSubject};
use crate::ids::MemberId;
use crate::on_each_backend;
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// A block in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Whom it is about.
    pub subject: BlockSubject,
    /// The handle of the steward who made it.
    pub steward: String,
    /// When.
    pub at: Stamp,
}

/// Writes a block down. False when it stands already.
///
/// # Errors
/// The store's fault.
pub fn add_block(tx: &mut Tx<'_>, subject: &BlockSubject, by: MemberId) -> Result<bool, DbError> {
    let row = (
        blocks::subject.eq(subject.name()),
        blocks::kind.eq(subject.kind()),
        blocks::blocked_by.eq(by.to_string()),
        blocks::blocked_at.eq(tx.now.naive_utc()),
    );
    let added = on_each_backend!(tx.conn, |c| diesel::insert_into(blocks::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(added > 0)
}

/// Takes a block back. False when there was none.
///
/// # Errors
/// The store's fault.
pub fn remove_block(tx: &mut Tx<'_>, subject: &BlockSubject) -> Result<bool, DbError> {
    Ok(diesel::delete(blocks::table.find(subject.name())).execute(tx.conn)? > 0)
}

/// All blocks, the newest first.
///
/// # Errors
/// The store's fault.
pub fn list_blocks(conn: &mut AnyConnection) -> Result<Vec<Block>, DbError> {
    let rows: Vec<(String, String, String, NaiveDateTime)> = blocks::table
        .inner_join(members::table)
        .order((blocks::blocked_at.desc(), blocks::subject))
        .select((blocks::kind, blocks::subject, members::handle, blocks::blocked_at))
        .load(conn)?;
    rows.into_iter()
        .map(|(kind, name, steward, at)| Ok(Block { subject: subject(&kind, name)?, steward, at: at.and_utc() }))
        .collect()
}

/// Everything that is blocked, for asking often.
///
/// # Errors
/// The store's fault.
pub fn load_list(conn: &mut AnyConnection) -> Result<BlockList, DbError> {
    let rows: Vec<(String, String)> = blocks::table.select((blocks::kind, blocks::subject)).load(conn)?;
    rows.into_iter().map(|(kind, name)| subject(&kind, name)).collect()
}

fn subject(kind: &str, name: String) -> Result<BlockSubject, DbError> {
    BlockSubject::stored(kind, name).ok_or_else(|| DbError::Broken(format!("unknown kind {kind} in blocks")))
}

/// Marks the known actors that a block is about as the list of blocks now says.
///
/// # Errors
/// The store's fault.
pub fn mark_actors(tx: &mut Tx<'_>, subject: &BlockSubject) -> Result<(), DbError> {
    let list = load_list(tx.conn)?;
    let concerned: Vec<(String, String)> = match subject {
        BlockSubject::Account(url) => remote_actors::table
            .filter(remote_actors::url.eq(url))
            .select((remote_actors::url, remote_actors::host))
            .load(tx.conn)?,
        // More than is meant, for a host may hold the name somewhere else: the list decides.
        BlockSubject::Server(name) => remote_actors::table
            .filter(remote_actors::host.like(format!("%{name}%")))
            .select((remote_actors::url, remote_actors::host))
            .load(tx.conn)?,
    };
    let (blocked, free): (Vec<_>, Vec<_>) =
        concerned.into_iter().partition(|(url, host)| list.has_account(url) || list.has_server(host));
    for (actors, is_blocked) in [(blocked, true), (free, false)] {
        let urls: Vec<String> = actors.into_iter().map(|(url, _)| url).collect();
        for some in urls.chunks(400) {
            diesel::update(remote_actors::table.filter(remote_actors::url.eq_any(some)))
                .set(remote_actors::is_blocked.eq(is_blocked))
                .execute(tx.conn)?;
        }
    }
    Ok(())
}

/// Whether a known actor is blocked, by itself or with its server.
///
/// # Errors
/// The store's fault.
pub fn is_blocked(conn: &mut AnyConnection, actor_url: &str) -> Result<bool, DbError> {
    let blocked =
        remote_actors::table.filter(remote_actors::url.eq(actor_url)).filter(remote_actors::is_blocked.eq(true));
    Ok(diesel::select(diesel::dsl::exists(blocked)).get_result(conn)?)
}

/// The URL of a known actor with this name at this server.
///
/// # Errors
/// The store's fault.
pub fn find_known_url(conn: &mut AnyConnection, username: &str, host: &str) -> Result<Option<String>, DbError> {
    Ok(remote_actors::table
        .filter(remote_actors::host.eq(host))
        .filter(remote_actors::username.eq(username))
        .order(remote_actors::fetched_at.desc())
        .select(remote_actors::url)
        .first(conn)
        .optional()?)
}
