//! Publish a cabal's advisory poll, and show any Question as it stands.

use super::confirm_time::check_time_is_known;
use super::{ServiceError, ballot_words};
use crate::clock::iso_seconds;
use crate::db::local_actors::actor;
use crate::db::polls::{self, Poll, PollToInsert};
use crate::db::posts::{self, PostKind};
use crate::db::{AnyConnection, DbError, Tx, cabals};
use crate::domain::poll::NewPoll;
use crate::domain::visibility::Visibility;
use crate::federation::outbound::documents::{Extra, NoteParts, QuestionParts, question};
use crate::federation::outbound::publish::{Audience, NewPost, publish};
use crate::ids::{CabalId, MemberId, PollId};
use chrono::SubsecRound as _;
use serde_json::{Value, json};

/// Publishes an advisory poll of a cabal.
///
/// # Errors
/// Forbidden to others than members of the cabal; refused when it would close too soon or too late.
pub fn publish_poll(tx: &mut Tx<'_>, by: MemberId, cabal: CabalId, new: &NewPoll) -> Result<PollId, ServiceError> {
    super::found(cabals::cabal(tx.conn, cabal), "cabal")?;
    if !cabals::is_member(tx.conn, cabal, by)? {
        return Err(ServiceError::Forbidden("Only members of the cabal may publish its polls.".to_owned()));
    }
    check_time_is_known(tx)?;
    // Other servers are told whole seconds, so the poll begins and ends on one.
    let opens_at = tx.deadline().trunc_subsecs(0);
    let poll = PollToInsert {
        id: PollId::from_uuid(tx.next_id()),
        actor_id: cabal.into(),
        amendment_id: None,
        published_by: by,
        question: &new.question,
        options: &new.options,
        is_multiple: new.is_multiple,
        totals_hidden: new.totals_hidden,
        language: &new.language,
        opens_at,
        closes_at: new.closing.resolve(opens_at)?,
    };
    let content = ballot_words::advisory(&tx.urls.poll(poll.id), &poll);
    send_question(tx, &poll, &content, Extra::default())?;
    polls::insert_poll(tx, &poll)?;
    cabals::note_published(tx, cabal)?;
    cabals::log_act(tx, cabal, by, "published the poll", &new.question)?;
    Ok(poll.id)
}

/// Publishes the Question of a poll with these words, and with what programs may read beside them.
///
/// # Errors
/// The store's fault.
pub(super) fn send_question(
    tx: &mut Tx<'_>,
    poll: &PollToInsert<'_>,
    content: &str,
    extra: Extra,
) -> Result<(), ServiceError> {
    let author = actor(tx.conn, poll.actor_id)?;
    let url = tx.urls.poll(poll.id);
    let note = NoteParts {
        id: &url,
        author: &author.url(tx.urls),
        content_html: content,
        language: poll.language,
        published: poll.opens_at,
        updated: None,
        in_reply_to: None,
        visibility: Visibility::Public,
        mentions: Vec::new(),
        hashtags: Vec::new(),
        extra,
    };
    let parts = QuestionParts {
        note,
        options: poll.options.iter().map(|name| (name.clone(), 0)).collect(),
        is_multiple: poll.is_multiple,
        end_time: poll.closes_at,
        closed: None,
        voters_count: 0,
    };
    let post = NewPost {
        id: poll.id.into(),
        actor_id: poll.actor_id,
        kind: PostKind::Poll,
        visibility: Visibility::Public,
        in_reply_to: None,
        object: question(&parts, tx.urls),
        is_pinned: true,
    };
    publish(tx, post, &Audience::followers(poll.actor_id))?;
    Ok(())
}

/// The Question as it is to be served now: what was published, with the numbers that may be shown.
/// When [`Poll::is_due`], call [`settle`](super::close_ballot::settle) first: numbers are final and
/// `closed` is said once the poll is closed, and not before, however late it may be.
///
/// # Errors
/// The store's fault.
pub fn question_now(conn: &mut AnyConnection, poll: &Poll) -> Result<Value, ServiceError> {
    let published = posts::post(conn, poll.id.into())?.object;
    let published = serde_json::from_str(&published).map_err(|e| DbError::Broken(e.to_string()))?;
    let totals: Vec<u32> =
        poll.options.iter().map(|option| if poll.shows_totals() { option.total } else { 0 }).collect();
    Ok(with_numbers(published, poll, &totals, poll.voters_count, poll.closed_at.is_some()))
}

/// The published Question with these numbers; nothing else of it ever changes (V-38).
fn with_numbers(mut question: Value, poll: &Poll, totals: &[u32], voters: u32, is_over: bool) -> Value {
    let options = if poll.is_multiple { "anyOf" } else { "oneOf" };
    if let Some(options) = question.get_mut(options).and_then(Value::as_array_mut) {
        for (option, total) in options.iter_mut().zip(totals) {
            if let Some(items) = option.pointer_mut("/replies/totalItems") {
                *items = json!(total);
            }
        }
    }
    if let Some(object) = question.as_object_mut() {
        object.insert("votersCount".to_owned(), json!(voters));
        if is_over {
            // The same text as endTime, whoever worked the result out and when (fediverse.md 6.5).
            object.insert("closed".to_owned(), json!(iso_seconds(poll.closes_at)));
        }
    }
    question
}
