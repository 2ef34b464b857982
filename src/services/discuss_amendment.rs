//! Write under an amendment on the web, and take it back. What people write elsewhere comes as
//! replies (see [`super::receive_note`]).

use super::{ServiceError, found};
use crate::db::Tx;
use crate::db::amendment_comments::{self, count_comments_by};
use crate::db::amendments::hold_amendment;
use crate::domain::amendment::AmendmentState;
use crate::domain::{Refusal, text};
use crate::ids::{AmendmentId, MemberId, RowId};
use chrono::TimeDelta;

/// The most characters of a comment.
const COMMENT_MAX: usize = 2_000;
/// The most comments of one member within a day, over all amendments.
const MOST_A_DAY: i64 = 100;

/// Writes a comment.
///
/// # Errors
/// Refused without words or with too many; conflict when written too often, or the same once more; not found
/// for a draft.
pub fn discuss_amendment(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId, words: &str) -> Result<RowId, ServiceError> {
    // Held, so that of the same words sent twice at once the second finds the first.
    if found(hold_amendment(tx, id), "amendment")?.state == AmendmentState::Draft {
        return Err(ServiceError::NotFound("amendment"));
    }
    let words = text::paragraphs("comment", words, COMMENT_MAX)?;
    if amendment_comments::has_written(tx.conn, (id, by), (&words, tx.now - TimeDelta::days(1)))? {
        // Whoever goes back in the browser and sends it once more gets no second one.
        let sentence = "You have written exactly this here already.";
        return Err(ServiceError::Conflict(Refusal::new("written_already", sentence)));
    }
    if count_comments_by(tx.conn, by, tx.now - TimeDelta::days(1))? >= MOST_A_DAY {
        let sentence = "You have written a lot today. Please go on tomorrow, so that others find their words too.";
        return Err(ServiceError::Conflict(Refusal::new("too_many_comments", sentence)));
    }
    Ok(amendment_comments::insert_comment(tx, id, by, &words)?)
}

/// Takes one's own comment back; answers under which amendment it stood.
///
/// # Errors
/// Forbidden to others than its writer.
pub fn take_comment_back(tx: &mut Tx<'_>, by: MemberId, id: RowId) -> Result<AmendmentId, ServiceError> {
    let comment = amendment_comments::find_comment(tx.conn, id)?.ok_or(ServiceError::NotFound("comment"))?;
    if comment.member_id != by {
        return Err(ServiceError::Forbidden("Only its writer can take a comment back.".to_owned()));
    }
    amendment_comments::erase_comment(tx, id)?;
    Ok(comment.amendment_id)
}
