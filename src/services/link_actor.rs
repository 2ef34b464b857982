//! Link a fediverse actor to a member by a code in a direct message (rule J3).

use super::ServiceError;
use crate::App;
use crate::db::Tx;
use crate::db::linked_actors::LinkedActor;
use crate::ids::MemberId;

/// Looks the handle up and sends its actor a direct message with a six-digit code.
/// Answers with the handle as it was found.
///
/// # Errors
/// Refused for our own host, an unknown handle or too many tries; conflict when the actor is
/// linked to another member.
pub async fn request_code(app: &App, by: MemberId, handle: &str) -> Result<String, ServiceError> {
    let _ = (app, by, handle);
    todo!()
}

/// Takes the code that the member typed.
///
/// # Errors
/// Refused when wrong, used or expired; conflict when the actor is linked to another member.
pub async fn confirm_code(app: &App, by: MemberId, code: &str) -> Result<LinkedActor, ServiceError> {
    let _ = (app, by, code);
    todo!()
}

/// Takes a link away. Ballots that were cast through it stay.
///
/// # Errors
/// Not found when the actor is not linked to the member.
pub fn unlink_actor(tx: &mut Tx<'_>, by: MemberId, actor_url: &str) -> Result<(), ServiceError> {
    let _ = (tx, by, actor_url);
    todo!()
}
