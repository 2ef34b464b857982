//! Which requests the inboxes take and which they refuse, over real HTTP, with hostile senders.

use crate::support::fault::raw;
use crate::support::keys::Scheme;
use crate::support::letter::{Letter, date, digest, like, setting, waiting};
use crate::support::peer::Person;
use crate::support::{Peer, TestApp};
use chrono::TimeDelta;
use serde_json::json;

#[tokio::test]
async fn the_same_bytes_any_number_of_times_are_stored_once() {
    let (app, peer, bob) = setting().await;
    let wire = Letter::honest(&app, &bob, &like(&peer, &bob)).wire(&bob.key, &[]);
    for _ in 0..5 {
        let answers = futures_util::future::join_all((0..10).map(|_| raw(app.app.urls.host(), &wire))).await;
        assert!(answers.iter().all(|(status, _)| *status == 202), "{answers:?}");
    }
    assert_eq!(waiting(&app).await, 1);
}

#[tokio::test]
async fn what_must_be_signed_and_how_fresh_it_must_be() {
    let (app, peer, bob) = setting().await;
    let honest = || Letter::honest(&app, &bob, &like(&peer, &bob));
    let names = |names: &str| Letter { names: names.to_owned(), ..honest() };
    let dated = |seconds: i64| Letter { date: Some(date(&app, TimeDelta::seconds(seconds))), ..honest() };
    let date_text = |text: &str| Letter { date: Some(text.to_owned()), ..honest() };
    let more = |more: &str| Letter { more: more.to_owned(), ..honest() };
    let now = app.app.now().timestamp();
    let created = |at: i64| Letter {
        names: "(request-target) host (created) digest".to_owned(),
        more: format!(",algorithm=\"hs2019\",created={at}"),
        pseudo: vec![("(created)".to_owned(), at.to_string())],
        date: None,
        ..honest()
    };
    let many_names = format!("(request-target) host date digest{}", " x".repeat(10_000));
    for (what, letter, status) in [
        ("honest", honest(), 202),
        ("in another header", Letter { authorization: true, ..honest() }, 202),
        ("with capitals in the list", names("(request-target) Host Date Digest"), 202),
        ("without a label", more(""), 202),
        ("labelled hs2019", more(",algorithm=\"hs2019\""), 202),
        ("created, not dated", created(now), 202),
        ("almost too old", dated(-3599), 202),
        ("almost too early", dated(299), 202),
        ("too old", dated(-3601), 401),
        ("too early", dated(301), 401),
        ("of the year 2999", date_text("Tue, 01 Jan 2999 00:00:00 GMT"), 401),
        ("of the beginning", date_text("Thu, 01 Jan 1970 00:00:00 GMT"), 401),
        ("of no date", date_text("not a date"), 401),
        ("of an empty date", date_text(""), 401),
        ("undated", Letter { date: None, names: "(request-target) host digest".to_owned(), ..honest() }, 401),
        ("date not there", Letter { date: None, ..honest() }, 401),
        ("date not signed", names("(request-target) host digest"), 401),
        ("digest not signed", names("(request-target) host date"), 401),
        ("digest not there", Letter { digest: None, ..honest() }, 401),
        ("target not signed", names("host date digest"), 401),
        ("host not signed", names("(request-target) date digest"), 401),
        ("a name twice", names("(request-target) host date digest digest"), 401),
        ("an unknown name", names("(request-target) host date digest x-none"), 401),
        ("a tab in the list", names("(request-target) host\tdate digest"), 401),
        ("many names", names(&many_names), 400),
        ("created long ago", created(now - 3601), 401),
        ("created too early", created(now + 301), 401),
        (
            "fresh created, not signed, over an old date",
            Letter { more: format!(",created={now}"), ..dated(-3 * 86_400) },
            401,
        ),
        ("no algorithm", more(",algorithm=\"none\""), 401),
        ("hmac", more(",algorithm=\"hmac-sha256\""), 401),
        ("sha1", more(",algorithm=\"rsa-sha1\""), 401),
        ("sha512", more(",algorithm=\"rsa-sha512\""), 401),
        ("ed25519 with an RSA key", more(",algorithm=\"ed25519\""), 401),
        ("a parameter twice", more(",keyId=\"x\""), 400),
        ("signed for another inbox", Letter { signed_target: Some("post /actor/inbox".to_owned()), ..honest() }, 401),
        ("signed for another method", Letter { signed_target: Some("get /inbox".to_owned()), ..honest() }, 401),
        (
            "signed without the query",
            Letter { path: "/inbox?x=1".to_owned(), signed_target: Some("post /inbox".to_owned()), ..honest() },
            401,
        ),
        ("with a query, signed", Letter { path: "/inbox?x=1".to_owned(), ..honest() }, 202),
        ("for another host", Letter { host: "evil.example".to_owned(), ..honest() }, 401),
    ] {
        assert_eq!(letter.send(&app, &bob.key).await, status, "{what}");
    }
}

#[tokio::test]
async fn times_beyond_all_reason_are_refused_and_the_server_lives() {
    let (app, peer, bob) = setting().await;
    for value in
        ["18446744073709551615", "9223372036854775807", "-1", "1e9", "\"\"", "99999999999", "0x10", "\"1 \"", "+1"]
    {
        for parameter in ["created", "expires"] {
            let mut letter = Letter::honest(&app, &bob, &like(&peer, &bob));
            for names in ["(request-target) host date digest", "(request-target) host (created) (expires) digest date"]
            {
                letter.names = names.to_owned();
                letter.more = format!(",{parameter}={value}");
                let status = letter.send(&app, &bob.key).await;
                // A time that is not signed and can be read at least is nobody's business.
                let is_unsigned = value == "99999999999" && !names.contains("(created)");
                assert!(matches!(status, 400 | 401) || is_unsigned, "{parameter}={value}: {status}");
            }
        }
    }
    assert_eq!(raw(app.app.urls.host(), b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.0, 200);
}

#[tokio::test]
async fn a_header_that_says_who_speaks_must_not_come_twice() {
    let (app, peer, bob) = setting().await;
    let letter = Letter::honest(&app, &bob, &like(&peer, &bob));
    let (good, evil) = (letter.digest.clone().unwrap(), digest("{}"));
    let signature = letter.signature(&bob.key);
    let host = letter.host.clone();
    for (name, value) in [
        ("Digest", evil.as_str()),
        ("digest", good.as_str()),
        ("Signature", signature.as_str()),
        ("Date", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("Host", "evil.example"),
        ("Host", host.as_str()),
        ("Content-Type", "application/activity+json"),
        ("Content-Length", "3"),
    ] {
        let (status, _) = raw(&host, &letter.wire(&bob.key, &[(name, value)])).await;
        assert_eq!(status, 400, "{name}: {value}");
    }
    // The other order: what fits the body of the attacker comes first.
    let mut swapped = letter.clone();
    swapped.body = "{}".to_owned();
    swapped.extra_headers = vec![("Digest".to_owned(), good)];
    swapped.digest = Some(evil);
    assert_eq!(swapped.send(&app, &bob.key).await, 400);
    // Signed in two headers.
    let both = letter.wire(&bob.key, &[("Authorization", &format!("Signature {signature}"))]);
    assert_eq!(raw(&host, &both).await.0, 400);
    assert_eq!(waiting(&app).await, 0);
    assert_eq!(letter.send(&app, &bob.key).await, 202);
}

#[tokio::test]
async fn a_request_that_was_made_for_another_server_is_worth_nothing_here() {
    let (app, peer, bob) = setting().await;
    let letter = Letter { host: "evil.example".to_owned(), ..Letter::honest(&app, &bob, &like(&peer, &bob)) };
    assert_eq!(letter.send(&app, &bob.key).await, 401);
    // The signature for the other host, sent with our name.
    let wire = String::from_utf8(letter.wire(&bob.key, &[])).unwrap();
    let replayed = wire.replace("Host: evil.example", &format!("Host: {}", app.app.urls.host()));
    assert_eq!(raw(app.app.urls.host(), replayed.as_bytes()).await.0, 401);
    // The same for RFC 9421, where the target holds the host.
    let bob = Person { scheme: Scheme::Rfc9421, ..peer.person("bob") };
    let activity = like(&peer, &bob).to_string();
    let request = crate::support::keys::Request { url: "http://evil.example/inbox", body: &activity };
    let headers = bob.key.post_headers(bob.scheme, &bob.key_id, &request, app.app.now());
    assert_eq!(crate::support::peer::post(&app.url("/inbox"), &headers, activity).await.0, 401);
    assert_eq!(waiting(&app).await, 0);
}

#[tokio::test]
async fn forms_of_requests_that_are_not_taken() {
    let (app, peer, bob) = setting().await;
    let honest = || Letter::honest(&app, &bob, &like(&peer, &bob));
    let host = app.app.urls.host().to_owned();
    for (name, value, status) in
        [("Content-Encoding", "gzip", 415), ("Content-Encoding", "br", 415), ("Content-Encoding", "identity", 202)]
    {
        assert_eq!(raw(&host, &honest().wire(&bob.key, &[(name, value)])).await.0, status, "{name}: {value}");
    }
    for (content_type, status) in [
        ("application/activity+json; charset=utf-8", 202),
        ("application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"", 202),
        ("application/ld+json", 202),
        ("application/json", 415),
        ("text/plain", 415),
        ("multipart/form-data", 415),
        ("", 415),
    ] {
        let wire = String::from_utf8(honest().wire(&bob.key, &[])).unwrap();
        let wire = wire.replace("Content-Type: application/activity+json", &format!("Content-Type: {content_type}"));
        assert_eq!(raw(&host, wire.as_bytes()).await.0, status, "{content_type}");
    }
    let large = Letter { body: format!("{{\"a\":\"{}\"}}", "x".repeat(256 * 1024)), ..honest() };
    assert_eq!(large.send(&app, &bob.key).await, 413);
    let unsigned = json!({}).to_string();
    for body in ["", "[]", "{", &unsigned, "{\"@graph\":[]}", "{\"id\":1,\"id\":1}"] {
        let letter = Letter { body: body.to_owned(), digest: Some(digest(body)), ..honest() };
        assert_eq!(letter.send(&app, &bob.key).await, 400, "{body}");
    }
    let nobody = Letter { path: "/c/nobody/inbox".to_owned(), ..honest() };
    assert_eq!(nobody.send(&app, &bob.key).await, 404);
    let instance = Letter { path: "/actor/inbox".to_owned(), ..honest() };
    assert_eq!(instance.send(&app, &bob.key).await, 202);
}

#[tokio::test]
async fn unsigned_requests_are_refused_in_words() {
    let (app, peer, bob) = setting().await;
    let body = like(&peer, &bob).to_string();
    let headers = [("content-type".to_owned(), "application/activity+json".to_owned())];

    let (status, text) = crate::support::peer::post(&app.url("/inbox"), &headers, body).await;

    assert_eq!((status, text.as_str()), (401, "the request is not signed\n"));
    assert_eq!(peer.asked().len(), 0);
}

#[tokio::test]
async fn a_personal_inbox_takes_what_the_shared_one_takes() {
    let (app, ada) = TestApp::with_community().await;
    app.cabal(ada, "bees").await;
    let peer = Peer::start(&app).await;
    let bob = peer.person("bob");
    let letter = |path: &str| Letter { path: path.to_owned(), ..Letter::honest(&app, &bob, &like(&peer, &bob)) };

    for (path, status) in [("/c/bees/inbox", 202), ("/c/commons/inbox", 202), ("/c/ants/inbox", 404)] {
        assert_eq!(letter(path).send(&app, &bob.key).await, status, "{path}");
    }
    let elsewhere = Letter { signed_target: Some("post /c/commons/inbox".to_owned()), ..letter("/c/bees/inbox") };
    assert_eq!(elsewhere.send(&app, &bob.key).await, 401);
}

#[tokio::test]
async fn of_two_signatures_only_the_newer_kind_counts() {
    let (app, peer, bob) = setting().await;
    let letter = Letter::honest(&app, &bob, &like(&peer, &bob));
    let input = format!(
        "sig1=(\"@method\" \"@target-uri\");created={};keyid=\"{}\"",
        app.app.clock.now().timestamp(),
        bob.key_id
    );
    // The draft-cavage signature is good; the RFC 9421 one does not cover the body.
    assert_eq!(raw(app.app.urls.host(), &letter.wire(&bob.key, &[("Signature-Input", &input)])).await.0, 401);
}
