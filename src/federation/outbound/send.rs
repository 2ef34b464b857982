//! One delivery: signed at the moment of sending, posted, judged. Signed anew for each attempt,
//! because a signature is good for minutes and a delivery may wait for days.

use crate::App;
use crate::clock::Stamp;
use crate::db::DbError;
use crate::db::outbox::SentActivity;
use crate::db::remote_hosts::SignatureScheme;
use crate::federation::http::{FetchError, PostOutcome};
use crate::federation::signatures::{Outgoing, SigningKey, sign_cavage, sign_rfc9421};
use activitypub_federation::FEDERATION_CONTENT_TYPE as CONTENT_TYPE;
use bytes::Bytes;
use std::time::Duration;
use url::Url;

/// An activity, ready to be sent to many.
pub struct Letter {
    /// Who sends it.
    pub activity: SentActivity,
    /// Its bytes, shared by all who get it.
    pub bytes: Bytes,
}

impl Letter {
    /// Makes the bytes of an activity ready.
    pub fn new(activity: SentActivity) -> Self {
        let bytes = Bytes::copy_from_slice(activity.body.as_bytes());
        Self { activity, bytes }
    }
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Taken.
    Arrived,
    /// Refused for good: this delivery is dropped, the next one may fare better.
    Dropped(String),
    /// The inbox is gone, and with it everybody behind it (410).
    Gone,
    /// Our signature was not accepted, with either scheme.
    NotBelieved,
    /// The server cannot just now; everything for it waits.
    Later {
        /// What happened, in plain words.
        problem: String,
        /// How long it asks us to wait.
        asked: Option<Duration>,
    },
}

/// What became of an attempt, and what was learned of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What became of it.
    pub verdict: Verdict,
    /// The scheme that the host understood, when it is another one than was tried first.
    pub learned: Option<SignatureScheme>,
}

/// Sends a letter to an inbox. A host that does not believe the first signature gets a second
/// one in the other scheme (fediverse.md 3.4).
///
/// # Errors
/// When the store fails; the letter was not sent then.
pub async fn deliver(app: &App, letter: &Letter, inbox: &str, scheme: SignatureScheme) -> Result<Attempt, DbError> {
    let key = app.federation.signers.of(app, letter.activity.actor_id).await?;
    let Ok(inbox) = Url::parse(inbox) else {
        return Ok(Attempt { verdict: Verdict::Dropped("the inbox is no URL".to_owned()), learned: None });
    };
    let post = async |scheme| {
        let headers = sign(&key, &inbox, &letter.bytes, app.clock.claimed(), scheme)?;
        app.federation.http.post(&inbox, headers, letter.bytes.clone()).await
    };
    let first = post(scheme).await;
    if !matches!(first, Ok(PostOutcome { status: 400 | 401, .. })) {
        return Ok(Attempt { verdict: judge(first), learned: None });
    }
    let second = post(scheme.other()).await;
    let is_understood = matches!(second, Ok(PostOutcome { status: 200..=299, .. }));
    let verdict = if is_understood { Verdict::Arrived } else { judge(first) };
    Ok(Attempt { verdict, learned: is_understood.then(|| scheme.other()) })
}

fn sign(
    key: &SigningKey,
    inbox: &Url,
    body: &[u8],
    date: Stamp,
    scheme: SignatureScheme,
) -> Result<Vec<crate::federation::signatures::Header>, FetchError> {
    let request = Outgoing { method: "POST", url: inbox, date, body: Some((body, CONTENT_TYPE)) };
    match scheme {
        SignatureScheme::Cavage => sign_cavage(key, &request),
        SignatureScheme::Rfc9421 => sign_rfc9421(key, &request),
    }
    .map_err(|_| FetchError::NotReady)
}

/// What an answer means (fediverse.md 3.8; security.md IN-16).
fn judge(answer: Result<PostOutcome, FetchError>) -> Verdict {
    let outcome = match answer {
        Ok(outcome) => outcome,
        Err(error @ (FetchError::Refused | FetchError::OurOwn)) => return Verdict::Dropped(error.to_string()),
        Err(error) => return Verdict::Later { problem: format!("{error}"), asked: None },
    };
    match outcome.status {
        200..=299 => Verdict::Arrived,
        401 => Verdict::NotBelieved,
        410 => Verdict::Gone,
        408 | 429 => Verdict::Later {
            problem: format!("the server asks us to come again later ({})", outcome.status),
            asked: outcome.retry_after,
        },
        // Some answer 400 to what they have already.
        status @ 400..=499 => Verdict::Dropped(format!("the server refuses it ({status})")),
        status => Verdict::Later { problem: format!("the server answers {status}"), asked: outcome.retry_after },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: u16) -> Verdict {
        judge(Ok(PostOutcome { status, retry_after: Some(Duration::from_secs(9)) }))
    }

    #[test]
    fn each_answer_has_its_meaning() {
        for status in [200, 201, 202, 204] {
            assert_eq!(verdict(status), Verdict::Arrived, "{status}");
        }
        for status in [400, 403, 404, 405, 406, 409, 413, 415, 422] {
            assert!(matches!(verdict(status), Verdict::Dropped(_)), "{status}");
        }
        for status in [301, 302, 307, 308, 408, 429, 500, 502, 503, 504, 100, 999] {
            assert!(matches!(verdict(status), Verdict::Later { asked: Some(_), .. }), "{status}");
        }
        assert_eq!((verdict(401), verdict(410)), (Verdict::NotBelieved, Verdict::Gone));
    }

    #[test]
    fn addresses_that_are_never_called_are_dropped_and_silence_is_waited_out() {
        assert!(matches!(judge(Err(FetchError::Refused)), Verdict::Dropped(_)));
        assert!(matches!(judge(Err(FetchError::OurOwn)), Verdict::Dropped(_)));
        for error in [FetchError::Unreachable, FetchError::TimedOut, FetchError::NotReady] {
            assert!(matches!(judge(Err(error)), Verdict::Later { asked: None, .. }));
        }
    }
}
