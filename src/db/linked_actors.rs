//! Proven fediverse actors of members, and the codes that prove them.

use super::{AnyConnection, DbError};
use crate::clock::Stamp;
use crate::ids::MemberId;

/// A member's proven actor.
#[derive(Debug, Clone)]
pub struct LinkedActor {
    /// The actor.
    pub actor_url: String,
    /// Whose it is.
    pub member_id: MemberId,
    /// Since when.
    pub linked_at: Stamp,
}

/// The member to whom an actor is linked; none for supporters.
pub fn find_member_of(conn: &mut AnyConnection, actor_url: &str) -> Result<Option<MemberId>, DbError> {
    let _ = (conn, actor_url);
    todo!()
}

/// A member's linked actors, the first first.
pub fn list_linked_actors(conn: &mut AnyConnection, member: MemberId) -> Result<Vec<LinkedActor>, DbError> {
    let _ = (conn, member);
    todo!()
}

/// Disables a link whose actor is gone: it signs in and votes no more; the member and the
/// ballots stay (security.md IN-6).
///
/// # Errors
/// The store's fault.
pub fn disable_link(tx: &mut super::Tx<'_>, actor_url: &str) -> Result<(), DbError> {
    use super::schema::linked_actors;
    use diesel::prelude::*;
    diesel::update(linked_actors::table.filter(linked_actors::actor_url.eq(actor_url)))
        .set(linked_actors::disabled_at.eq(tx.now.naive_utc()))
        .execute(tx.conn)?;
    Ok(())
}
