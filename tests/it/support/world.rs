//! People and places to begin with: a community, its members, a cabal. All through the services,
//! so that a test stands on what the program itself would have made.

use super::app::TestApp;
use caucus::App;
use caucus::domain::cabal::{CabalFields, NewCabal};
use caucus::domain::membership::NewMember;
use caucus::domain::tally::VoteBase;
use caucus::federation::keys::{KeyPair, new_key_pair};
use caucus::ids::{CabalId, MemberId};
use caucus::services::set_up::{NewCommunity, NewDocument, SetUp, set_up};
use caucus::services::{ServiceError, form_cabal, sign_up};
use std::path::Path;

/// The governing document of the community of tests.
pub const AGREEMENT: &str = "\
1. We help each other.
2. We decide together.
   2.1. Everybody has one vote.
   2.2. Two thirds carry.
";

/// The password of everybody in tests.
pub const PASSWORD: &str = "correct horse battery staple";

/// PASSWORD as the program keeps it, with the cheapest cost there is: tests sign in often.
fn password_hash() -> String {
    use argon2::password_hash::PasswordHasher as _;
    let cheap = argon2::Params::new(argon2::Params::MIN_M_COST, 1, 1, None).unwrap();
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, cheap)
        .hash_password(PASSWORD.as_bytes())
        .unwrap()
        .to_string()
}

/// Creates the community `commons` with the steward `ada` and one governing document.
pub async fn found_community(app: &App) -> MemberId {
    let new = SetUp {
        community: NewCommunity::parse("commons", "The Commons", "We look after things together.").unwrap(),
        first_member: NewMember::parse("ada", "Ada").unwrap(),
        password_hash: password_hash(),
        documents: vec![NewDocument { title: "Agreement".to_owned(), text: AGREEMENT.to_owned() }],
        vote_base: VoteBase::Cast,
    };
    app.write(move |tx| set_up(tx, new, &kept_pair(0))).await.unwrap()
}

/// Another member on the roll.
pub async fn kept_member(app: &App, handle: &str) -> MemberId {
    let new = NewMember::parse(handle, "").unwrap();
    app.write(move |tx| sign_up::add_member(tx, &new, &password_hash(), false)).await.unwrap()
}

impl TestApp {
    /// A running program with the community `commons` and its steward `ada`.
    pub async fn with_community() -> (Self, MemberId) {
        let app = Self::start().await;
        let ada = app.set_up().await;
        (app, ada)
    }

    /// Creates the community `commons` with the steward `ada` and one governing document.
    pub async fn set_up(&self) -> MemberId {
        found_community(&self.app).await
    }

    /// Another member on the roll.
    pub async fn member(&self, handle: &str) -> MemberId {
        kept_member(&self.app, handle).await
    }

    /// A cabal formed by `by`.
    pub async fn cabal(&self, by: MemberId, handle: &str) -> CabalId {
        let fields = CabalFields {
            name: format!("The {handle}"),
            purpose: format!("We look after {handle}."),
            handle: handle.to_owned(),
        };
        let new = NewCabal::parse(&fields).unwrap();
        let formed: Result<CabalId, ServiceError> =
            self.app.write(move |tx| form_cabal::form_cabal(tx, by, new, &kept_pair(1), 100)).await;
        formed.unwrap()
    }
}

/// One of a few key pairs that are kept between runs, because making one takes long.
pub fn kept_pair(number: u8) -> KeyPair {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pair-{number}.pem"));
    if let Ok(text) = std::fs::read_to_string(&file) {
        let (public, private) = text.split_once("=====\n").unwrap();
        return KeyPair { public_pem: public.to_owned(), private_pem: private.to_owned() };
    }
    let pair = new_key_pair().unwrap();
    let draft = file.with_extension(caucus::ids::random_receipt());
    std::fs::write(&draft, format!("{}=====\n{}", pair.public_pem, pair.private_pem)).unwrap();
    // Whoever is last wins; each pair is whole, and a test keeps the one that it read.
    std::fs::rename(draft, &file).unwrap();
    pair
}
