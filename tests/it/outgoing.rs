//! Where the one HTTP client goes and where it does not, and what it takes for an answer.

use crate::support::{FaultPeer, Peer, Reaction, TestApp};
use bytes::Bytes;
use caucus::domain::canonical::Strictness;
use caucus::federation::address::{Lookup, SystemLookup};
use caucus::federation::http::{Budget, ClientParts, FetchError, HttpClient, LONGEST_REQUEST};
use serde_json::{Value, json};
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use url::Url;

/// A client like that of `app`, with another resolver.
fn client(app: &TestApp, strictness: Strictness, lookup: impl Lookup) -> HttpClient {
    client_with_patience(app, strictness, lookup, LONGEST_REQUEST)
}

fn client_with_patience(app: &TestApp, strictness: Strictness, lookup: impl Lookup, patience: Duration) -> HttpClient {
    HttpClient::new(ClientParts {
        strictness,
        urls: Arc::clone(&app.app.urls),
        clock: Arc::clone(&app.app.clock),
        db: app.app.db.clone(),
        lookup: Arc::new(lookup),
        patience,
    })
}

/// Answers every name with the next of some lists of addresses.
struct Table {
    lists: Vec<Vec<IpAddr>>,
    asked: Arc<AtomicUsize>,
}

impl Table {
    fn of(lists: &[&[&str]]) -> Self {
        let parse = |list: &&[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
        Self { lists: lists.iter().map(parse).collect(), asked: Arc::default() }
    }
}

impl Lookup for Table {
    fn lookup(&self, _: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        let answer = self.lists[self.asked.fetch_add(1, Ordering::SeqCst) % self.lists.len()].clone();
        Box::pin(async move { Ok(answer) })
    }
}

async fn get(client: &HttpClient, url: &str) -> Result<Value, FetchError> {
    let url = Url::parse(url).map_err(|_| FetchError::Refused)?;
    client.get_document(&url, &mut Budget::for_one_act()).await.map(|document| document.json)
}

fn note(base: &str, path: &str) -> Value {
    json!({ "id": format!("{base}{path}"), "type": "Note" })
}

#[tokio::test]
async fn addresses_of_private_networks_are_never_called() {
    let app = TestApp::start().await;
    let literals = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "0.1.2.3",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2001::1]",
        "[fe80::1]",
        "[fc00::1]",
        "[fec0::1]",
        "[ff02::1]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "100.64.0.1",
        "100.100.100.200",
        "192.0.0.8",
        "192.88.99.1",
        "198.18.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "8.8.8.8",
        "localhost",
        "localhost.",
        "x.localhost",
        "ip6-localhost",
        "metadata.google.internal",
        "postgres",
        "printer.local",
        "1.0.0.127.in-addr.arpa",
    ];
    let strict = client(&app, Strictness::Public, Table::of(&[&["127.0.0.1"]]));
    let local = client(&app, Strictness::Local, SystemLookup);
    for host in literals {
        for url in [format!("https://{host}/x"), format!("http://{host}/x"), format!("https://{host}:8443/x")] {
            assert_eq!(get(&strict, &url).await, Err(FetchError::Refused), "{url}");
        }
        // Local mode opens this machine and nothing else.
        let Ok(url) = Url::parse(&format!("http://{host}:1/x")) else { continue };
        let is_address = matches!(url.host(), Some(url::Host::Ipv4(_) | url::Host::Ipv6(_)));
        let is_this_machine = match url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            _ => false,
        };
        if is_address && !is_this_machine {
            assert_eq!(get(&local, url.as_str()).await, Err(FetchError::Refused), "{url}");
        }
    }
}

#[tokio::test]
async fn urls_open_to_two_readings_and_other_schemes_are_refused() {
    let app = TestApp::start().await;
    let strict = client(&app, Strictness::Public, Table::of(&[&["127.0.0.1"]]));
    for url in [
        "http://peer.example/x",
        "ftp://peer.example/x",
        "file:///etc/passwd",
        "data:application/json,{}",
        "gopher://peer.example/x",
        "javascript:alert(1)",
        "https://peer.example:22/x",
        "https://peer.example:25/x",
        "https://peer.example:6379/",
        "https://peer.example:0/",
        "https://peer.example:65536/",
        "https://good.example@127.0.0.1/",
        "https://127.0.0.1#@good.example/",
        "https://u:p@peer.example/",
        "https://good.example\\@evil.example/",
    ] {
        assert_eq!(get(&strict, url).await.err(), Some(FetchError::Refused), "{url}");
    }
}

#[tokio::test]
async fn names_that_lead_to_a_private_address_are_refused_even_if_they_also_lead_elsewhere() {
    let app = TestApp::start().await;
    for list in [
        &["10.0.0.1"][..],
        &["169.254.169.254"],
        &["::ffff:10.0.0.1"],
        &["fd00::1"],
        &["100.64.0.1"],
        &["0.0.0.0"],
        &["127.0.0.1", "10.0.0.1"],
        &["10.0.0.1", "127.0.0.1"],
        &["::1", "192.168.0.1"],
    ] {
        let local = client(&app, Strictness::Local, Table::of(&[list]));
        assert_eq!(get(&local, "http://peer.example:1/x").await, Err(FetchError::Refused), "{list:?}");
    }
    for list in [&["127.0.0.1"][..], &["::1"], &["127.0.0.1", "1.1.1.1"]] {
        let strict = client(&app, Strictness::Public, Table::of(&[list]));
        assert_eq!(get(&strict, "https://peer.example/x").await, Err(FetchError::Refused), "{list:?}");
    }
}

#[tokio::test]
async fn a_name_that_changes_its_address_between_check_and_call_gains_nothing() {
    let app = TestApp::start().await;
    let peer = FaultPeer::start(|_, _| Reaction::of(404, "text/plain", "")).await;
    let port = Url::parse(&peer.base).unwrap().port().unwrap();
    // Loopback is what local mode allows; the other answer is what nobody may call.
    let table = Table::of(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let asked = Arc::clone(&table.asked);
    let local = client(&app, Strictness::Local, table);
    for round in 0..200 {
        let answer = get(&local, &format!("http://peer.example:{port}/x")).await;
        let expected = if round % 2 == 0 { FetchError::Status(404) } else { FetchError::Refused };
        assert_eq!(answer, Err(expected), "round {round}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 200, "one look-up for each connection, none besides");
}

#[tokio::test]
async fn a_redirect_is_followed_once_and_only_to_where_we_would_have_gone_ourselves() {
    let app = TestApp::start().await;
    let local = client(&app, Strictness::Local, SystemLookup);
    for target in [
        "http://10.0.0.1/",
        "http://169.254.169.254/",
        "https://[fd00::1]/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://u:p@127.0.0.1/",
        "http://127.0.0.1:0/",
        "//10.0.0.1/x",
        "\\\\127.0.0.1\\x",
    ] {
        let peer = FaultPeer::start(move |_, _| Reaction::redirect(target)).await;
        assert_eq!(get(&local, &format!("{}/x", peer.base)).await, Err(FetchError::Refused), "{target}");
        assert_eq!(peer.requests().len(), 1);
    }
    let ours = app.url("/actor");
    let home = FaultPeer::start(move |_, _| Reaction::redirect(&ours)).await;
    assert_eq!(get(&local, &format!("{}/x", home.base)).await, Err(FetchError::OurOwn));

    let circle = FaultPeer::start(|path, _| Reaction::redirect(if path == "/a" { "/b" } else { "/a" })).await;
    assert_eq!(get(&local, &format!("{}/a", circle.base)).await, Err(FetchError::Status(302)));
    assert_eq!(circle.requests().len(), 2);

    let peer = Peer::start(&app).await;
    peer.serve("/b", "application/activity+json", &note(&peer.base, "/b"));
    let there = format!("{}/b", peer.base);
    let moved = FaultPeer::start(move |_, _| Reaction::redirect(&there)).await;
    assert_eq!(get(&local, &format!("{}/a", moved.base)).await, Ok(note(&peer.base, "/b")));
}

#[tokio::test]
async fn a_redirect_of_a_delivery_is_an_answer_and_not_a_way() {
    let app = TestApp::start().await;
    let peer = Peer::start(&app).await;
    let there = format!("{}/inbox", peer.base);
    let moved = FaultPeer::start(move |_, _| {
        Reaction::Answer(format!(
            "HTTP/1.1 307 x\r\nlocation: {there}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ))
    })
    .await;
    let local = client(&app, Strictness::Local, SystemLookup);
    let inbox = Url::parse(&format!("{}/inbox", moved.base)).unwrap();

    let outcome = local.post(&inbox, Vec::new(), Bytes::from_static(b"{}")).await.unwrap();

    assert_eq!((outcome.status, peer.received().len()), (307, 0));
}

#[tokio::test]
async fn only_a_200_of_the_right_type_uncompressed_counts() {
    let app = TestApp::start().await;
    let peer = Peer::start(&app).await;
    let local = client(&app, Strictness::Local, SystemLookup);
    let (url, body) = (format!("{}/n", peer.base), note(&peer.base, "/n").to_string());
    for (content_type, is_taken) in [
        ("application/activity+json", true),
        ("application/activity+json;charset=utf-8", true),
        ("Application/Activity+JSON; charset=UTF-8", true),
        ("application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"", true),
        ("application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"; charset=utf-8", true),
        ("application/ld+json", false),
        ("application/json", false),
        ("text/plain", false),
        ("text/html", false),
        ("application/octet-stream", false),
        ("application/activity+json-x", false),
    ] {
        peer.serve_as("/n", 200, content_type, &body);
        assert_eq!(get(&local, &url).await.is_ok(), is_taken, "{content_type}");
    }
    for status in [201, 202, 203, 206, 400, 401, 403, 404, 410, 500, 503] {
        peer.serve_as("/n", status, "application/activity+json", &body);
        assert_eq!(get(&local, &url).await, Err(FetchError::Status(status)));
    }
    for head in ["content-encoding: gzip", "content-encoding: br", "x: y"] {
        let answer = format!("HTTP/1.1 200 OK\r\n{head}\r\nconnection: close\r\n\r\n{{}}");
        let odd = FaultPeer::start(move |_, _| Reaction::Answer(answer.clone())).await;
        assert!(matches!(get(&local, &format!("{}/n", odd.base)).await, Err(FetchError::NotADocument(_))), "{head}");
        assert!(!odd.requests()[0].to_lowercase().contains("accept-encoding"));
    }
}

#[tokio::test]
async fn endless_and_slow_answers_are_cut_off() {
    let app = TestApp::start().await;
    let local = client(&app, Strictness::Local, SystemLookup);
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/activity+json\r\n";
    let lie = FaultPeer::start(move |_, _| Reaction::Hang(format!("{head}content-length: 10000000000\r\n\r\n"))).await;
    assert!(matches!(get(&local, &format!("{}/x", lie.base)).await, Err(FetchError::NotADocument("it is too large"))));
    let endless = FaultPeer::start(move |_, _| Reaction::Endless(format!("{head}connection: close\r\n\r\n"))).await;
    assert!(matches!(
        get(&local, &format!("{}/x", endless.base)).await,
        Err(FetchError::NotADocument("it is too large"))
    ));
    let hasty = client_with_patience(&app, Strictness::Local, SystemLookup, Duration::from_millis(300));
    for sent in [String::new(), "HTTP/1.1 200".to_owned(), format!("{head}content-length: 99\r\n\r\n{{")] {
        let slow = FaultPeer::start(move |_, _| Reaction::Hang(sent.clone())).await;
        assert_eq!(get(&hasty, &format!("{}/x", slow.base)).await, Err(FetchError::TimedOut));
        let inbox = Url::parse(&format!("{}/inbox", slow.base)).unwrap();
        let posted = hasty.post(&inbox, Vec::new(), Bytes::new()).await;
        assert!(matches!(posted, Err(FetchError::TimedOut) | Ok(_)), "{posted:?}");
    }
}

#[tokio::test]
async fn a_document_is_what_stands_at_its_own_id() {
    let app = TestApp::start().await;
    let peer = Peer::start(&app).await;
    let other = Peer::start(&app).await;
    let local = client(&app, Strictness::Local, SystemLookup);
    let at = |path: &str| format!("{}{path}", peer.base);

    // Another id on the same host is asked once.
    peer.serve("/alias", "application/activity+json", &note(&peer.base, "/n"));
    peer.serve("/n", "application/activity+json", &note(&peer.base, "/n"));
    assert_eq!(get(&local, &at("/alias")).await, Ok(note(&peer.base, "/n")));
    // A chain of ids is not followed.
    peer.serve("/1", "application/activity+json", &note(&peer.base, "/2"));
    peer.serve("/2", "application/activity+json", &note(&peer.base, "/3"));
    peer.serve("/3", "application/activity+json", &note(&peer.base, "/3"));
    let before = peer.asked().len();
    assert!(get(&local, &at("/1")).await.is_err());
    assert_eq!(peer.asked().len() - before, 2);
    // An id on another host is not believed and not asked.
    other.serve("/n", "application/activity+json", &note(&other.base, "/n"));
    peer.serve("/evil", "application/activity+json", &note(&other.base, "/n"));
    assert!(get(&local, &at("/evil")).await.is_err());
    // Nor one of ours, nor none.
    peer.serve("/ours", "application/activity+json", &json!({ "id": app.url("/polls/1") }));
    peer.serve("/none", "application/activity+json", &json!({ "type": "Note" }));
    peer.serve("/odd", "application/activity+json", &json!({ "id": [at("/odd")] }));
    for path in ["/ours", "/none", "/odd"] {
        assert!(get(&local, &at(path)).await.is_err(), "{path}");
    }
    assert_eq!(other.asked().len(), 0);
}

#[tokio::test]
async fn one_act_has_ten_fetches() {
    let app = TestApp::start().await;
    let peer = Peer::start(&app).await;
    let local = client(&app, Strictness::Local, SystemLookup);
    let (url, mut budget) = (Url::parse(&format!("{}/x", peer.base)).unwrap(), Budget::for_one_act());
    for _ in 0..10 {
        assert_eq!(local.get_document(&url, &mut budget).await.unwrap_err(), FetchError::Status(404));
    }
    assert_eq!(local.get_document(&url, &mut budget).await.unwrap_err(), FetchError::OverBudget);
    assert_eq!(peer.asked().len(), 10);
}
