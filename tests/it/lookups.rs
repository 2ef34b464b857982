//! Looking up actors of other servers: whom we ask, and what it takes to be believed.

use crate::support::peer::actor_document;
use crate::support::{FaultPeer, Peer, Reaction, TestApp, TestKey};
use caucus::db::local_actors;
use caucus::federation::actors::{LookupError, find_by_handle, find_by_url};
use caucus::federation::signatures::{self, Expected, RequestHead, VerifyingKey};
use serde_json::{Value, json};

fn note(base: &str, path: &str) -> Value {
    json!({ "id": format!("{base}{path}"), "type": "Note" })
}

#[tokio::test]
async fn we_never_fetch_from_ourselves() {
    let app = TestApp::start().await;
    let port = app.app.settings.public_url.port().unwrap();
    for url in [app.url("/actor"), app.url("/c/x").to_uppercase(), format!("http://127.1:{port}/actor")] {
        assert!(
            matches!(find_by_url(&app.app, &url).await, Err(LookupError::OurOwn | LookupError::NotAHandle)),
            "{url}"
        );
    }
    let handle = format!("@commons@{}", app.app.urls.host());
    assert!(matches!(find_by_handle(&app.app, &handle).await, Err(LookupError::OurOwn)));
}

#[tokio::test]
async fn every_fetch_is_signed_by_the_instance_actor() {
    let app = TestApp::start().await;
    let peer = Peer::start(&app).await;
    let bob = peer.person("bob");
    find_by_handle(&app.app, &bob.handle).await.unwrap();

    let instance = app.app.read(local_actors::instance_actor).await.unwrap();
    let key = VerifyingKey::from_rsa_pem(&instance.public_key_pem).unwrap();
    let asked = peer.asked();
    assert_eq!(asked.len(), 2, "WebFinger and the actor");
    for request in asked {
        // The peer keeps the query unescaped; only the fetch of the actor is put together again.
        if request.path.contains("webfinger") {
            assert!(request.headers.contains_key("signature"));
            continue;
        }
        let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let head = RequestHead::new("GET", &request.path, headers).unwrap();
        let expected = Expected { base: &peer.base, now: app.app.now(), certain: app.app.now() };
        let claim = signatures::read(&head, None, &expected).unwrap();
        assert_eq!(claim.key_id, app.url("/actor#main-key"));
        assert!(claim.is_made_by(&key));
    }
}

#[tokio::test]
async fn a_handle_is_believed_when_its_host_and_the_actors_host_agree() {
    let app = TestApp::start().await;
    let (peer, evil) = (Peer::start(&app).await, Peer::start(&app).await);
    let bob = peer.person("bob");
    let finger = |base: &Peer, user: &str, href: &str| {
        let jrd = json!({ "subject": "acct:admin@victim.example",
            "links": [{ "rel": "self", "type": "application/activity+json", "href": href }] });
        base.serve(&format!("/.well-known/webfinger?resource=acct:{user}@{}", base.host), "application/jrd+json", &jrd);
    };

    let found = find_by_handle(&app.app, &bob.handle).await.unwrap();
    assert_eq!((found.url.as_str(), found.handle()), (bob.url.as_str(), bob.handle.clone()));
    // A domain that lends its name to another host: that host stands behind it.
    finger(&evil, "bob", &bob.url);
    let lent = find_by_handle(&app.app, &format!("@bob@{}", evil.host)).await.unwrap();
    assert_eq!(lent.handle(), bob.handle);
    // The other host does not.
    let eve = peer.person("eve");
    finger(&peer, "eve", &bob.url);
    finger(&evil, "eve", &eve.url);
    assert!(matches!(find_by_handle(&app.app, &format!("@eve@{}", evil.host)).await, Err(LookupError::NotFound)));
    // Our own actors cannot be reached by way of others.
    finger(&evil, "commons", &app.url("/c/commons"));
    assert!(matches!(find_by_handle(&app.app, &format!("@commons@{}", evil.host)).await, Err(LookupError::OurOwn)));
    for handle in ["bob", "@bob@10.0.0.1", "@@x", "@bob@127.0.0.1:1234/secret.txt?", "a&resource=acct:x@y.example"] {
        assert!(matches!(find_by_handle(&app.app, handle).await, Err(LookupError::NotAHandle)), "{handle}");
    }
}

#[tokio::test]
async fn all_reasons_for_finding_nothing_look_the_same() {
    let app = TestApp::start().await;
    let peer = Peer::start(&app).await;
    peer.serve_as("/json", 200, "application/activity+json", "{");
    peer.serve_as("/type", 200, "text/html", "<p>");
    peer.serve("/note", "application/activity+json", &note(&peer.base, "/note"));
    let moved = FaultPeer::start(|_, _| Reaction::redirect("http://10.0.0.1/")).await;
    let mut answers = Vec::new();
    for url in [
        format!("{}/404", peer.base),
        format!("{}/json", peer.base),
        format!("{}/type", peer.base),
        format!("{}/note", peer.base),
        "http://127.0.0.1:1/closed".to_owned(),
        format!("{}/x", moved.base),
    ] {
        answers.push(find_by_url(&app.app, &url).await.unwrap_err().to_string());
    }
    answers.dedup();
    assert_eq!(answers, ["no account was found there"]);
}

#[tokio::test]
async fn an_actor_whose_inbox_is_on_another_host_is_not_taken() {
    let app = TestApp::start().await;
    let (peer, third) = (Peer::start(&app).await, Peer::start(&app).await);
    let pem = TestKey::kept(0).public_pem;
    let mut document = actor_document(&peer.base, "bob", &pem);
    document["inbox"] = json!(format!("{}/inbox", third.base));
    peer.serve("/users/bob", "application/activity+json", &document);
    assert!(find_by_url(&app.app, &format!("{}/users/bob", peer.base)).await.is_err());

    let mut document = actor_document(&peer.base, "eve", &pem);
    document["endpoints"]["sharedInbox"] = json!(format!("{}/inbox", third.base));
    peer.serve("/users/eve", "application/activity+json", &document);
    let eve = find_by_url(&app.app, &format!("{}/users/eve", peer.base)).await.unwrap();
    assert_eq!(eve.shared_or_own_inbox(), format!("{}/users/eve/inbox", peer.base));
}
