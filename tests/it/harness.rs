//! The harness itself: a store is fresh, keys sign, peers answer.

use crate::support::keys::is_signed_by;
use crate::support::{Browser, Peer, TestApp, TestKey};
use caucus::db::DbError;
use chrono::TimeDelta;

#[tokio::test]
async fn every_program_has_a_store_and_a_clock_of_its_own() {
    let (one, two) = (TestApp::start().await, TestApp::start().await);

    one.advance(TimeDelta::days(1));

    assert_ne!(one.base, two.base);
    assert_eq!(one.app.now() - two.app.now(), TimeDelta::days(1));
    let written: Result<(), DbError> = one.app.write(|_| Ok(())).await;
    assert!(written.is_ok());
}

#[tokio::test]
async fn the_server_answers_on_its_public_address() {
    let app = TestApp::start().await;

    let page = app.browser().get("/readyz").await;

    assert_eq!((page.status, page.body.as_str()), (200, "ready\n"));
}

#[tokio::test]
async fn a_peer_serves_its_people() {
    let app = TestApp::start().await;
    let peer = Peer::start(&app).await;
    let ann = peer.person("ann");

    let page = Browser::new(&peer.base).get("/users/ann").await;

    assert_eq!(page.status, 200);
    assert!(page.body.contains(&ann.key_id));
    assert_eq!(peer.asked().len(), 1);
}

#[test]
fn a_signature_of_a_test_key_is_good_for_its_text_alone() {
    let key = TestKey::kept(0);

    let signature = key.sign("a vote");

    assert!(is_signed_by(&key.public_pem, "a vote", &signature));
    assert!(!is_signed_by(&key.public_pem, "another vote", &signature));
}
