//! People on other servers who follow, vote and offer help without pause, a member who publishes
//! without pause, and a ledger of what the server under test acknowledged.

use super::api::{Answer, Api};
use super::browser::Browser;
use super::peer::{Peer, Person};
use super::process::{Process, caucus, free_port, run};
use super::store::Store;
use super::world::PASSWORD;
use caucus::clock::SystemClock;
use parking_lot::Mutex;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// Where the load happens: peers on hosts of their own, a cabal with a poll and a help request.
pub struct Stage {
    pub base: String,
    pub peers: Vec<Peer>,
    pub poll: String,
    pub help_request: String,
    api: Api,
    next: AtomicU32,
    waiting: Mutex<VecDeque<Errand>>,
    ledger: Mutex<Ledger>,
    is_over: AtomicBool,
}

/// What the server acknowledged.
#[derive(Debug, Default, Clone)]
pub struct Ledger {
    /// Peer, actor and id of each Follow.
    pub follows: Vec<(usize, String, String)>,
    /// The actor of each vote.
    pub votes: Vec<String>,
    /// Peer and id of each reply to the help request.
    pub replies: Vec<(usize, String)>,
    /// The texts of progress updates, in the order in which they were published.
    pub posts: Vec<String>,
    /// Texts whose publishing was not answered: they may stand or not.
    pub unsure: Vec<String>,
}

impl Ledger {
    /// How many follows, votes, replies and posts.
    pub fn counts(&self) -> [usize; 4] {
        [self.follows.len(), self.votes.len(), self.replies.len(), self.posts.len()]
    }

    /// How many of the kind of which there are fewest.
    pub fn least(&self) -> usize {
        self.counts().into_iter().min().unwrap_or(0)
    }
}

/// Something that a person sends, again and again until it is acknowledged, as servers do.
struct Errand {
    peer: usize,
    person: Person,
    activity: Value,
    kind: Kind,
}

enum Kind {
    Follow,
    Vote,
    Reply,
}

/// Creates the community with its steward `ada` and the cabal `bees`; answers a token of hers.
pub fn set_up(store: &Store, base: &str) -> String {
    let document = store.folder.path().join("agreement.md");
    std::fs::write(&document, "# Agreement\n\n1. We help each other.\n2. We decide together.\n").unwrap();
    let document = document.to_string_lossy().into_owned();
    let setup = ["setup", "--name", "Commons", "--handle", "commons", "--mission", "Together.", "--steward", "ada"];
    command(store, base, &[&setup[..], &["--password-stdin", "--document", &document]].concat());
    command(store, base, &["cabal", "form", "--by", "ada", "--name", "Bees", "--purpose", "Bees.", "--handle", "bees"]);
    command(store, base, &["token", "create", "--member", "ada"])
}

/// A server that runs and keeps the most talkative log, over a store of its own, and a token of ada's.
pub async fn talkative() -> (Store, Process, String) {
    let (store, port) = (Store::fresh(), free_port());
    let base = format!("http://127.0.0.1:{port}");
    let token = set_up(&store, &base);
    let mut command = caucus(&store);
    command.env("RUST_LOG", "trace").args(["--public-url", &base]);
    let process = Process::start(command, &store, port).await;
    (store, process, token)
}

/// Signs the founder in and lets them confirm the token that the command line made, which has no voice in
/// votes before.
pub async fn confirm_token(base: &str) -> Browser {
    let mut browser = Browser::new(base);
    let form = browser.get("/sign-in").await.form("/sign-in").fill("handle", "ada").fill("password", PASSWORD);
    assert_eq!(browser.submit(&form).await.status, 200);
    let account = browser.get("/account").await;
    let action = account.attribute("form[action$='/confirm']", "action").unwrap();
    assert_eq!(browser.submit(&account.form(&action)).await.status, 200);
    browser
}

/// Runs a command of the program for the server at `base`; answers what it printed.
pub fn command(store: &Store, base: &str, arguments: &[&str]) -> String {
    let output = run(caucus(store).args(["--public-url", base]).args(arguments), &format!("{PASSWORD}\n"));
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Stage {
    /// Publishes what people act on, and lets somebody on each peer follow the cabal.
    pub async fn set(process: &Process, token: &str, hosts: &[&str]) -> Arc<Self> {
        let api = Api::at(&process.base).with(token);
        let poll = json!({"question": "When?", "options": ["Saturday", "Sunday"], "duration_minutes": 44_000});
        let poll = api.post("/cabals/bees/polls", poll).await.created();
        let help = json!({"what": "Build hives", "skills": ["carpentry"], "hours": 2});
        let help_request = api.post("/cabals/bees/help-requests", help).await.created();
        let mut peers = Vec::new();
        for host in hosts {
            peers.push(Peer::start_by(Arc::new(SystemClock), host).await);
        }
        let stage = Arc::new(Self {
            base: process.base.clone(),
            peers,
            poll,
            help_request,
            api,
            // The first followers below are number 0.
            next: AtomicU32::new(1),
            waiting: Mutex::default(),
            ledger: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        // Everything published from now on goes to each of the peers.
        for peer in 0..hosts.len() {
            let errand = stage.errand(peer, 0);
            stage.waiting.lock().push_back(errand);
        }
        stage.finish_errands().await;
        stage.until_followed_by(hosts.len()).await;
        stage
    }

    /// Taken is not yet dealt with: only what is published afterwards comes to these followers.
    async fn until_followed_by(&self, count: usize) {
        while self.api.get("/cabals/bees").await.must_be(200).json()["followers_count"] != count {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What was acknowledged so far.
    pub fn ledger(&self) -> Ledger {
        self.ledger.lock().clone()
    }

    /// How much was acknowledged so far.
    pub fn acknowledged(&self) -> usize {
        let ledger = self.ledger.lock();
        ledger.follows.len() + ledger.votes.len() + ledger.replies.len() + ledger.posts.len()
    }

    /// Waits until so much is acknowledged.
    pub async fn until_acknowledged(&self, enough: usize) {
        while self.acknowledged() < enough {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Runs everybody for as long as `until` takes, and answers what that answers.
    pub async fn while_busy<T>(self: &Arc<Self>, until: impl Future<Output = T>) -> T {
        self.is_over.store(false, Ordering::SeqCst);
        let people = (0..self.peers.len() * 2).map(|number| {
            let stage = Arc::clone(self);
            tokio::spawn(async move { stage.send_without_pause(number % stage.peers.len()).await })
        });
        let publisher = Arc::clone(self);
        let tasks: Vec<_> =
            people.chain([tokio::spawn(async move { publisher.publish_without_pause().await })]).collect();
        let outcome = until.await;
        self.is_over.store(true, Ordering::SeqCst);
        for task in tasks {
            task.await.unwrap();
        }
        outcome
    }

    /// Sends again whatever was not acknowledged, until all of it is.
    pub async fn finish_errands(&self) {
        loop {
            let Some(errand) = self.waiting.lock().pop_front() else { return };
            if !self.run_errand(errand).await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    async fn send_without_pause(&self, peer: usize) {
        while !self.is_over.load(Ordering::SeqCst) {
            let again = self.waiting.lock().pop_front();
            let errand = again.unwrap_or_else(|| {
                let number = self.next.fetch_add(1, Ordering::SeqCst);
                self.errand(peer, number)
            });
            if !self.run_errand(errand).await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }

    /// Sends it; true when it was acknowledged. Else it waits for another try.
    async fn run_errand(&self, errand: Errand) -> bool {
        let inbox = format!("{}/inbox", self.base);
        match self.peers[errand.peer].try_send(&errand.person, &inbox, &errand.activity).await {
            Ok((202, _)) => {
                self.acknowledge(&errand);
                true
            }
            Ok((status, words)) if status < 500 => panic!("{status} {words}: {}", errand.activity),
            // The server went away, or cannot take it now.
            _ => {
                self.waiting.lock().push_back(errand);
                false
            }
        }
    }

    fn acknowledge(&self, errand: &Errand) {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut ledger = self.ledger.lock();
        match errand.kind {
            Kind::Follow => {
                ledger.follows.push((errand.peer, errand.person.url.clone(), text(&errand.activity["id"])));
            }
            Kind::Vote => ledger.votes.push(errand.person.url.clone()),
            Kind::Reply => ledger.replies.push((errand.peer, text(&errand.activity["object"]["id"]))),
        }
    }

    /// The next thing that a person who was never seen before does.
    fn errand(&self, peer: usize, number: u32) -> Errand {
        let server = &self.peers[peer];
        let person = server.person(&format!("p{number}_{peer}"));
        let (cabal, me) = (format!("{}/c/bees", self.base), person.url.clone());
        let (activity, kind) = match number % 3 {
            0 => {
                let id = format!("{me}/follow");
                (json!({"id": id, "type": "Follow", "actor": me, "object": cabal}), Kind::Follow)
            }
            1 => {
                let poll = format!("{}/polls/{}", self.base, self.poll);
                let note = json!({"id": format!("{me}#vote"), "type": "Note", "attributedTo": me, "to": [cabal],
                    "inReplyTo": poll, "name": "Saturday"});
                (create(&me, note), Kind::Vote)
            }
            _ => {
                let request = format!("{}/help-requests/{}", self.base, self.help_request);
                let note = json!({"id": format!("{me}/note"), "type": "Note", "attributedTo": me,
                    "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": [cabal],
                    "inReplyTo": request, "content": "<p>I can help.</p>",
                    "tag": [{"type": "Mention", "href": cabal}]});
                (create(&me, note), Kind::Reply)
            }
        };
        Errand { peer, person, activity, kind }
    }

    async fn publish_without_pause(&self) {
        while !self.is_over.load(Ordering::SeqCst) {
            let text = format!("Update {}", self.next.fetch_add(1, Ordering::SeqCst));
            match try_publishing(&self.api, &text).await {
                Ok(answer) if answer.status == 201 => self.ledger.lock().posts.push(text),
                Ok(answer) if answer.status < 500 => panic!("{}", answer.text),
                _ => {
                    self.ledger.lock().unsure.push(text);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        }
    }
}

/// A progress update of the cabal; fails when nobody answers.
pub async fn try_publishing(api: &Api, text: &str) -> Result<Answer, reqwest::Error> {
    let body = json!({ "text": text }).to_string();
    api.try_send(Method::POST, "/cabals/bees/progress", Some(("application/json", &body))).await
}

fn create(actor: &str, note: Value) -> Value {
    json!({"@context": "https://www.w3.org/ns/activitystreams", "id": format!("{}/activity", note["id"].as_str().unwrap()),
           "type": "Create", "actor": actor, "to": note["to"], "object": note})
}
