//! Whether to believe an activity: the signature is of a key that the actor's own document lists.

use super::envelope::Envelope;
use super::receive::Rejection;
use crate::app::App;
use crate::domain::canonical;
use crate::federation::actors::{self, KnownActor, LookupError};
use crate::federation::signatures::{Claim, Problem};
use std::net::IpAddr;
use std::sync::Arc;

/// How an authenticated activity is to be taken.
pub enum Verdict {
    /// This actor said it.
    Believed(Arc<KnownActor>),
    /// The farewell of somebody we never knew: nothing to check, nothing to do (IN-4).
    NothingToDo,
}

/// Checks that the actor of `envelope` made the signature `claim`.
///
/// # Errors
/// Why it is not believed.
pub async fn authenticate(app: &App, envelope: &Envelope, claim: &Claim, source: IpAddr) -> Result<Verdict, Rejection> {
    let key_id = canonical::parse_remote(&claim.key_id, app.federation.http.strictness())
        .map_err(|_| Rejection::Unverifiable("the keyId is no plain https URL"))?;
    if !canonical::same_origin(&key_id, &envelope.actor) {
        return Err(Rejection::Unverifiable("the key is not on the actor's server"));
    }
    let known = actors::find_known(app, envelope.actor.as_str()).await?;
    if known.is_none() && envelope.is_farewell {
        return Ok(Verdict::NothingToDo);
    }
    let is_new = known.is_none();
    let signer = actors::find(app, &envelope.actor, Some(source)).await?;
    if is_proven(app, &signer, claim) {
        return Ok(Verdict::Believed(signer));
    }
    // The key may have changed since. One that was fetched for this very request has not.
    let signer = if is_new { signer } else { actors::refresh(app, &envelope.actor, &signer).await? };
    if is_proven(app, &signer, claim) || (envelope.is_farewell && is_gone_for_good(&signer)) {
        // Of a farewell the origin itself says that it is true.
        return Ok(Verdict::Believed(signer));
    }
    Err(Rejection::Unverifiable(if signer.may_act(app.now()) {
        "the signature does not fit a key of the actor"
    } else {
        "the actor is gone or cannot be reached"
    }))
}

/// The origin answered 410. A 404 is not enough: it may be a fault that passes (fediverse.md 3.5).
fn is_gone_for_good(signer: &KnownActor) -> bool {
    signer.actor.gone_at.is_some() && signer.actor.unreachable_since.is_none()
}

fn is_proven(app: &App, signer: &Arc<KnownActor>, claim: &Claim) -> bool {
    signer.may_act(app.now()) && signer.key(&claim.key_id).is_some_and(|key| claim.is_made_by(key))
}

impl From<Problem> for Rejection {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Ambiguous(reason) => Self::Malformed(reason),
            Problem::Unverifiable(reason) => Self::Unverifiable(reason),
        }
    }
}

impl From<LookupError> for Rejection {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::TooMany => Self::TooMany,
            LookupError::Passing => Self::Busy("the actor's server does not answer at the moment"),
            LookupError::Db(error) => error.into(),
            LookupError::OurOwn => Self::Forbidden("an address of this server cannot come from another"),
            LookupError::NotAHandle | LookupError::NotFound | LookupError::Gone => {
                Self::Unverifiable("the actor or its key cannot be had")
            }
        }
    }
}
