//! How other servers find our actors and read what they publish.

use crate::support::TestApp;
use caucus::db::local_actors::{ActorKind, KeyPair, NewActor, create_actor};
use caucus::db::posts::{PostKind, set_pinned};
use caucus::db::{DbError, posts};
use caucus::domain::poll::{Closing, NewPoll, PollForm};
use caucus::domain::visibility::Visibility;
use caucus::federation::keys::ensure_instance_actor;
use caucus::federation::outbound::documents::{Extra, Mention, NoteParts, note};
use caucus::federation::outbound::publish::{self, Audience, NewPost};
use caucus::ids::{ActorId, PostId};
use caucus::services::cast_ballot;
use caucus::services::publish_poll::publish_poll;
use chrono::TimeDelta;
use serde_json::{Value, json};

const AJ: &str = "application/activity+json";
const LDP: &str = "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"";

/// An answer to a GET.
struct Answer {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[expect(clippy::disallowed_types, reason = "the test plays another server")]
async fn get(url: &str, accept: &str) -> Answer {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = client.get(url).header("accept", accept).send().await.unwrap();
    Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), body: answer.text().await.unwrap() }
}

async fn actor(app: &TestApp, kind: ActorKind, handle: &'static str) -> ActorId {
    let keys = KeyPair { public_pem: "PUBLIC".to_owned(), private_pem: "PRIVATE".to_owned() };
    app.app
        .write(move |tx| {
            create_actor(tx, &NewActor { kind, handle, name: "Search & find", summary: "<p>We find.</p>", keys: &keys })
        })
        .await
        .unwrap()
}

async fn publish_note(app: &TestApp, actor_id: ActorId, visibility: Visibility, text: &'static str) -> PostId {
    app.app
        .write::<_, DbError>(move |tx| {
            let id = PostId::from_uuid(tx.next_id());
            let (url, author) = (tx.urls.note(id), tx.urls.actor("search"));
            let mentions = match visibility {
                Visibility::Direct => vec![Mention { href: "https://a.example/u".into(), name: "@u@a.example".into() }],
                _ => Vec::new(),
            };
            let parts = NoteParts {
                id: &url,
                author: &author,
                content_html: text,
                language: "en",
                published: tx.now,
                updated: None,
                in_reply_to: None,
                visibility,
                mentions,
                hashtags: Vec::new(),
                extra: Extra::default(),
            };
            let object = note(&parts, tx.urls);
            let kind = PostKind::Notice;
            let new = NewPost { id, actor_id, kind, visibility, in_reply_to: None, object, is_pinned: false };
            publish::publish(tx, new, &Audience::followers(actor_id))?;
            Ok(id)
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn webfinger_gives_one_canonical_answer_to_every_form() {
    let app = TestApp::start().await;
    actor(&app, ActorKind::Cabal, "search").await;
    let host = app.app.urls.host().to_owned();
    let finger = |resource: String| {
        let url = app.url(&format!("/.well-known/webfinger?resource={resource}"));
        async move { get(&url, "*/*").await }
    };

    for resource in [
        format!("acct:search@{host}"),
        format!("acct%3Asearch%40{}", host.replace(':', "%3A")),
        format!("acct:@SEARCH@{host}"),
        format!("search@{host}"),
        format!("{}/c/search", app.base),
        format!("{}/c/search&rel=self", app.base),
    ] {
        let answer = finger(resource.clone()).await;
        assert_eq!(answer.status, 200, "{resource}");
        assert_eq!(answer.header("content-type"), "application/jrd+json; charset=utf-8");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        let jrd = answer.json();
        assert_eq!(jrd["subject"], format!("acct:search@{host}"));
        let own: Vec<&Value> = jrd["links"].as_array().unwrap().iter().filter(|link| link["rel"] == "self").collect();
        assert_eq!(own.len(), 1);
        assert_eq!(own[0]["href"], app.url("/c/search"));
        assert_eq!(own[0]["type"], AJ);
    }
    for (resource, status) in [
        (format!("acct:nobody@{host}"), 404),
        ("acct:search@elsewhere.example".to_owned(), 404),
        (format!("acct%253Asearch%2540{host}"), 400),
        ("%FF%FE".to_owned(), 400),
        ("search".to_owned(), 400),
        (String::new(), 400),
        (format!("acct:{}@{host}", "a".repeat(5000)), 404),
        (format!("acct:search'--@{host}"), 404),
        (format!("acct:search%00@{host}"), 404),
    ] {
        assert_eq!(finger(resource.clone()).await.status, status, "{resource}");
    }
    assert_eq!(get(&app.url("/.well-known/webfinger"), "*/*").await.status, 400);
}

#[tokio::test]
async fn the_instance_is_found_by_its_bare_host_and_at_its_root() {
    let app = TestApp::start().await;
    let made = ensure_instance_actor(&app.app).await.unwrap();
    assert_eq!(ensure_instance_actor(&app.app).await.unwrap(), made);

    let host = app.app.urls.host().to_owned();
    let jrd = get(&app.url(&format!("/.well-known/webfinger?resource=acct:{host}@{host}")), "*/*").await.json();
    assert_eq!(jrd["aliases"], json!([app.url("/actor")]));
    let site = get(&app.url(&format!("/.well-known/webfinger?resource={}/", app.base)), "*/*").await.json();
    assert_eq!(site["links"][0]["rel"], "https://www.w3.org/ns/activitystreams#Service");

    let actor = get(&app.url("/actor"), "*/*").await;
    assert_eq!((actor.status, actor.header("content-type")), (200, AJ));
    assert_eq!((&actor.json()["type"], &actor.json()["preferredUsername"]), (&json!("Application"), &json!(host)));
    let root = get(&app.url("/"), AJ).await.json();
    assert_eq!((&root["type"], &root["id"]), (&json!("Application"), &json!(app.url("/"))));
    assert_eq!(root["publicKey"]["owner"], root["id"]);
    assert_eq!(get(&app.url("/actor/followers"), AJ).await.json()["totalItems"], 0);
}

#[tokio::test]
async fn an_actor_is_a_document_for_programs_at_the_url_of_its_page() {
    let app = TestApp::start().await;
    actor(&app, ActorKind::Community, "commons").await;
    let cabal = actor(&app, ActorKind::Cabal, "search").await;

    for accept in [AJ, LDP, "application/ld+json", "application/activity+json, text/html;q=0.1"] {
        let answer = get(&app.url("/c/search"), accept).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, AJ), "{accept}");
        assert_eq!(answer.header("vary"), "Accept");
        assert_eq!(answer.header("cache-control"), "public, max-age=180");
        let document = answer.json();
        assert_eq!(document["id"], app.url("/c/search"));
        assert_eq!(document["publicKey"]["owner"], document["id"]);
        assert_eq!(document["endpoints"]["sharedInbox"], app.url("/inbox"));
        assert!(document["attachment"][0]["value"].as_str().unwrap().contains(">Search &amp; find</a>"));
    }
    for accept in ["text/html", "*/*", "application/json"] {
        assert_ne!(get(&app.url("/c/search"), accept).await.header("content-type"), AJ, "{accept}");
    }
    assert_eq!(get(&app.url("/c/nobody"), AJ).await.status, 404);
    let community = get(&app.url("/c/commons"), AJ).await.json();
    assert_eq!(community["attachment"][0]["name"], "Spokespeople");
    assert!(community["attachment"][0]["value"].as_str().unwrap().contains(&app.url("/spokespeople")));

    app.app
        .write::<_, DbError>(move |tx| caucus::db::local_actors::describe_actor(tx, cabal, "Seek", "<p>New.</p>"))
        .await
        .unwrap();
    assert_eq!(get(&app.url("/c/search"), AJ).await.json()["name"], "Seek");
}

#[tokio::test]
async fn objects_for_everybody_are_served_and_others_do_not_exist() {
    let app = TestApp::start().await;
    let cabal = actor(&app, ActorKind::Cabal, "search").await;
    let public = publish_note(&app, cabal, Visibility::Public, "<p>Hello</p>").await;
    let unlisted = publish_note(&app, cabal, Visibility::Unlisted, "<p>Quiet</p>").await;
    let direct = publish_note(&app, cabal, Visibility::Direct, "<p>Secret</p>").await;

    let answer = get(&app.url(&format!("/notes/{public}")), AJ).await;
    assert_eq!((answer.status, answer.header("vary")), (200, "Accept"));
    assert_eq!(answer.json()["content"], "<p>Hello</p>");
    assert_eq!(get(&app.url(&format!("/notes/{unlisted}")), AJ).await.status, 200);
    for path in [
        format!("/notes/{direct}"),
        format!("/notes/{direct}/replies"),
        format!("/activities/{direct}"),
        format!("/progress/{public}"),
        format!("/notes/{}", ActorId::from_uuid(cabal.uuid())),
        "/notes/x".to_owned(),
        "/notes/..%2Factor".to_owned(),
    ] {
        assert_eq!(get(&app.url(&path), AJ).await.status, 404, "{path}");
    }
    let create = get(&app.url(&format!("/activities/{public}")), AJ).await.json();
    assert_eq!((&create["type"], &create["object"]["content"]), (&json!("Create"), &json!("<p>Hello</p>")));
    assert_eq!(get(&app.url(&format!("/notes/{public}/replies")), AJ).await.json()["totalItems"], 0);

    app.app.write(move |tx| publish::withdraw(tx, public, &Audience::followers(cabal))).await.unwrap();

    let gone = get(&app.url(&format!("/notes/{public}")), AJ).await;
    assert_eq!((gone.status, &gone.json()["type"]), (410, &json!("Tombstone")));
    assert!(!gone.body.contains("Hello"));
    assert_eq!(get(&app.url(&format!("/activities/{public}")), AJ).await.status, 410);
}

#[tokio::test]
async fn a_poll_shows_its_final_numbers_from_the_moment_of_its_end() {
    let (app, ada) = TestApp::with_community().await;
    let cabal = app.cabal(ada, "search").await;
    let new = NewPoll::parse(&PollForm {
        question: "Which?".to_owned(),
        options: vec!["One".to_owned(), "Two".to_owned()],
        is_multiple: false,
        totals_hidden: true,
        closing: Closing::parse("60", "").unwrap(),
        language: String::new(),
    })
    .unwrap();
    let id = app.app.write(move |tx| publish_poll(tx, ada, cabal, &new)).await.unwrap();
    cast_ballot::on_the_web(&app.app, ada, id, vec![0]).await.unwrap();
    let url = app.url(&format!("/polls/{id}"));

    let open = get(&url, AJ).await;
    assert_eq!((open.status, open.header("cache-control")), (200, "public, max-age=30"));
    assert_eq!(open.json()["oneOf"][0]["replies"]["totalItems"], 0);
    assert_eq!((&open.json()["votersCount"], open.json().get("closed")), (&json!(1), None));

    app.advance(TimeDelta::seconds(3_595));
    assert_eq!(get(&url, AJ).await.header("cache-control"), "public, max-age=5");

    app.advance(TimeDelta::seconds(5));
    let over = get(&url, AJ).await.json();
    assert_eq!(over["oneOf"][0]["replies"]["totalItems"], 1);
    assert_eq!(over["closed"], over["endTime"]);
    assert_eq!(over["endTime"], open.json()["endTime"]);
}

#[tokio::test]
async fn a_page_tells_where_its_document_is() {
    let (app, ada) = TestApp::with_community().await;
    app.cabal(ada, "search").await;

    let page = get(&app.url("/c/search"), "text/html").await;

    assert_eq!(page.status, 200);
    assert!(page.header("vary").split(", ").any(|name| name == "Accept"), "{}", page.header("vary"));
    assert!(page.header("content-type").starts_with("text/html"));
    assert_eq!(
        page.header("link"),
        format!("<{}>; rel=\"alternate\"; type=\"application/activity+json\"", app.url("/c/search"))
    );
    let missing = get(&app.url("/c/nobody"), "text/html").await;
    assert_eq!((missing.status, missing.header("link")), (404, ""));
    assert!(missing.header("vary").contains("Accept"));
}

#[tokio::test]
async fn collections_count_and_page_without_queries() {
    let app = TestApp::start().await;
    let cabal = actor(&app, ActorKind::Cabal, "search").await;
    let mut made = Vec::new();
    for _ in 0..21 {
        made.push(publish_note(&app, cabal, Visibility::Public, "<p>One of many</p>").await);
    }
    publish_note(&app, cabal, Visibility::Unlisted, "<p>Not in the outbox</p>").await;
    let first = made[0];
    app.app.write(move |tx| set_pinned(tx, first, true)).await.unwrap();

    let outbox = get(&app.url("/c/search/outbox"), AJ).await.json();
    assert_eq!((&outbox["type"], &outbox["totalItems"]), (&json!("OrderedCollection"), &json!(21)));
    let page = get(outbox["first"].as_str().unwrap(), AJ).await.json();
    assert_eq!(page["orderedItems"].as_array().unwrap().len(), 20);
    assert_eq!(page["orderedItems"][0]["object"]["id"], app.url(&format!("/notes/{}", made[20])));
    assert_eq!(page["orderedItems"][0]["id"], app.url(&format!("/activities/{}", made[20])));
    let last = get(page["next"].as_str().unwrap(), AJ).await.json();
    assert_eq!(last["orderedItems"].as_array().unwrap().len(), 1);
    assert!(last.get("next").is_none());
    assert_eq!(get(&app.url("/c/search/outbox/page/0"), AJ).await.status, 404);
    assert_eq!(get(&app.url("/c/search/outbox/page/x"), AJ).await.status, 404);

    let featured = get(&app.url("/c/search/featured"), AJ).await.json();
    assert_eq!(featured["orderedItems"], json!([app.url(&format!("/notes/{first}"))]));
    let followers = get(&app.url("/c/search/followers"), AJ).await.json();
    assert_eq!((&followers["totalItems"], followers.get("first")), (&json!(0), None));
    assert_eq!(get(&app.url("/c/search/following"), AJ).await.json()["totalItems"], 0);
    let stored = app.app.read(move |conn| posts::post(conn, first)).await.unwrap();
    assert!(stored.is_pinned);
}

#[tokio::test]
async fn nodeinfo_and_host_meta_tell_where_to_look() {
    let app = TestApp::start().await;
    actor(&app, ActorKind::Community, "commons").await;

    let links = get(&app.url("/.well-known/nodeinfo"), "*/*").await.json();
    for (version, index) in [("2.0", 0), ("2.1", 1)] {
        let answer = get(links["links"][index]["href"].as_str().unwrap(), "*/*").await;
        assert_eq!(
            answer.header("content-type"),
            format!("application/json; profile=\"http://nodeinfo.diaspora.software/ns/schema/{version}#\"")
        );
        let node = answer.json();
        assert_eq!((&node["version"], &node["software"]["name"]), (&json!(version), &json!("caucus")));
        assert_eq!(node["software"].get("repository").is_some(), version == "2.1");
        assert_eq!(node["metadata"]["nodeName"], "Search & find");
    }
    let xml = get(&app.url("/.well-known/host-meta"), "*/*").await;
    assert!(xml.body.contains(&format!("template=\"{}/.well-known/webfinger?resource={{uri}}\"", app.base)));
    let json = get(&app.url("/.well-known/host-meta.json"), "*/*").await.json();
    assert_eq!(json["links"][0]["rel"], "lrdd");
}
