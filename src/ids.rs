//! Identifiers: UUIDv7 as lower-case text, one type per kind of thing, made from the injected
//! clock. Secrets (receipts, tokens, codes) are random and carry no time.

use crate::clock::Stamp;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps an id made by [`Ids::next`].
            pub fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The bare UUID, to turn the id of one kind of row into that of its twin.
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id_type!(/// A local actor: the instance, the community or a cabal.
    ActorId);
id_type!(/// A member on the roll.
    MemberId);
id_type!(/// A cabal; the same UUID as its actor.
    CabalId);
id_type!(/// A published object.
    PostId);
id_type!(/// A help request; the same UUID as its post.
    HelpRequestId);
id_type!(/// An offer of help.
    OfferId);
id_type!(/// A message to a cabal or the community.
    MessageId);
id_type!(/// A poll; the same UUID as its post.
    PollId);
id_type!(/// A governing document.
    DocumentId);
id_type!(/// One version of a document.
    VersionId);
id_type!(/// A clause, the same through all versions.
    ClauseId);
id_type!(/// An amendment.
    AmendmentId);
id_type!(/// An objection to an amendment.
    ObjectionId);
id_type!(/// Somebody named to lead a cabal.
    NominationId);
id_type!(/// Somebody who volunteered to speak for the community.
    SpokespersonId);
id_type!(/// An activity that was received.
    InboxId);
id_type!(/// An activity that we send.
    OutboxId);
id_type!(/// One activity on its way to one inbox.
    DeliveryId);
id_type!(/// One act of a steward, in the public log.
    StewardActId);
id_type!(/// Any other row.
    RowId);

impl From<CabalId> for ActorId {
    fn from(id: CabalId) -> Self {
        Self(id.0)
    }
}
impl From<HelpRequestId> for PostId {
    fn from(id: HelpRequestId) -> Self {
        Self(id.0)
    }
}
impl From<PollId> for PostId {
    fn from(id: PollId) -> Self {
        Self(id.0)
    }
}

/// Makes ids. Ids made by one process strictly ascend, so that `ORDER BY id` is the order of
/// making even within one millisecond.
#[derive(Debug, Default)]
pub struct Ids {
    /// Milliseconds since 1970 in the upper 48 bits, a counter in the lower 16.
    last: AtomicU64,
}

impl Ids {
    /// A new id, later than every id made before by this process.
    pub fn next(&self, now: Stamp) -> Uuid {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        let wanted = millis << 16;
        let tick = self
            .last
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(wanted.max(last + 1)))
            .map_or(wanted, |last| wanted.max(last + 1));
        let [.., c1, c0] = tick.to_be_bytes();
        let mut random: [u8; 10] = rand::random();
        // 12 counter bits in rand_a and 4 more at the head of rand_b keep the order.
        random[0] = (c1 >> 4) & 0x0f;
        random[1] = (c1 << 4) | (c0 >> 4);
        random[2] = ((c0 & 0x0f) << 2) | (random[2] & 0x03);
        uuid::Builder::from_unix_timestamp_millis(tick >> 16, &random).into_uuid()
    }
}

/// A random secret of 128 bits for receipts, in URL-safe text of 22 characters.
pub fn random_receipt() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
}

/// A random secret of 256 bits for sessions, tokens and links, in URL-safe text of 43 characters.
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// A random code of six digits for people to type.
pub fn random_code() -> String {
    format!("{:06}", rand::random_range(0..1_000_000_u32))
}

/// What is stored of a secret: the hex SHA-256 of its text.
pub fn secret_hash(secret: &str) -> String {
    use sha2::Digest as _;
    hex(&sha2::Sha256::digest(secret.as_bytes()))
}

/// Bytes as lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, SystemClock};

    #[test]
    fn ids_ascend_even_within_one_instant() {
        let ids = Ids::default();
        let now = SystemClock.now();

        let made: Vec<Uuid> = (0..70_000).map(|_| ids.next(now)).collect();

        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(made[0].get_version_num(), 7);
    }
}
