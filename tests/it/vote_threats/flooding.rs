//! The last minute of a vote: floods, votes on their way over the end, and many channels at once (V-8, V-9, V-42,
//! V-45).

use super::Hall;
use crate::support::letter::Letter;
use crate::support::peer::Person;
use caucus::clock::Stamp;
use caucus::ids::MemberId;
use caucus::services::close_ballot::settle;
use caucus::workers::timers;
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A request of which the server has begun to read the body, and the part of it that is still to come.
struct Begun {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl Begun {
    /// Sends the head and half of the body, once the server has said that it reads.
    async fn begin(host: &str, head: &str, body: &str) -> Self {
        let mut stream = TcpStream::connect(host).await.unwrap();
        let head = format!("{head}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 100");
        let (first, rest) = body.as_bytes().split_at(body.len() / 2);
        stream.write_all(first).await.unwrap();
        Self { stream, rest: rest.to_vec() }
    }

    /// Sends the rest; answers everything that came back.
    async fn finish(mut self) -> String {
        self.stream.write_all(&self.rest).await.unwrap();
        let mut answer = Vec::new();
        self.stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    }
}

fn head_of(hall: &Hall, bob: &Person, letter: &Letter) -> String {
    let mut head = format!("POST {} HTTP/1.1\r\nConnection: close\r\n", letter.path);
    for (name, value) in letter.headers() {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    assert_eq!(letter.host, hall.app.app.urls.host());
    head.push_str(&format!("Signature: {}\r\n", letter.signature(&bob.key)));
    head
}

#[tokio::test]
async fn a_vote_whose_last_byte_comes_after_the_end_is_late_however_early_its_first_one_came() {
    let hall = Hall::open().await;
    let bob = hall.account(hall.ada, "bob").await;
    let token = hall.app.token(hall.bea, caucus::domain::token::TokenScope::Write).await;
    let host = hall.app.app.urls.host().to_owned();
    hall.app.advance(TimeDelta::weeks(1) - TimeDelta::milliseconds(1));
    let letter = Letter::honest(&hall.app, &bob, &hall.vote(&bob, "For"));
    let from_afar = Begun::begin(&host, &head_of(&hall, &bob, &letter), &letter.body).await;
    let head = format!(
        "POST /api/v1/polls/{}/ballot HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nConnection: close\r\n",
        hall.poll
    );
    let by_api = Begun::begin(&host, &head, &json!({"choices": ["For"]}).to_string()).await;

    hall.app.advance(TimeDelta::milliseconds(1));

    let (from_afar, by_api) = (from_afar.finish().await, by_api.finish().await);
    assert!(from_afar.contains("HTTP/1.1 202"), "{from_afar}");
    assert!(by_api.contains("HTTP/1.1 409") && by_api.contains("poll_closed"), "{by_api}");
    hall.work().await;
    assert_eq!(hall.totals().await, [0, 0, 0]);
    assert_eq!(hall.uncounted("late"), 2);
}

#[tokio::test]
async fn a_flood_of_votes_in_the_last_minute_keeps_no_honest_one_out() {
    let (hall, members) = Hall::with(10).await;
    let mut honest = Vec::new();
    for (number, member) in members.iter().chain([&hall.ada, &hall.bea]).enumerate() {
        honest.push(hall.account(*member, &format!("voter{number}")).await);
    }
    let noise: Vec<Person> = (0..10).map(|number| hall.peer.person(&format!("noise{number}"))).collect();
    hall.app.advance(TimeDelta::weeks(1) - TimeDelta::seconds(1));

    // Twenty for each honest one, before it, and no worker comes to any of them before the end.
    for (number, voter) in honest.iter().enumerate() {
        let letters: Vec<_> = (0..20).map(|n| (&noise[(number + n) % 10], ["For", "Maybe"][n % 2])).collect();
        let flood =
            letters.iter().map(|(person, choice)| async { hall.send(person, &hall.vote(person, choice)).await });
        let statuses = join_all(flood).await;
        assert!(statuses.iter().all(|status| *status == 202), "{statuses:?}");
        assert_eq!(hall.send(voter, &hall.vote(voter, ["For", "For", "Against"][number % 3])).await, 202);
    }

    assert_eq!(hall.totals().await, [8, 4, 0]);
    assert_eq!(hall.app.store.count("inbox_activities", "state = 'failed'"), 0);
}

/// How a ballot that raced with the end was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Counted,
    Late,
    Taken,
}

async fn by_api(hall: &Hall, member: MemberId) -> Answer {
    let api = hall.app.api_of(member).await;
    match api.post(&format!("/polls/{}/ballot", hall.poll), json!({"choices": ["For"]})).await.status {
        201 => Answer::Counted,
        409 => Answer::Late,
        other => panic!("{other}"),
    }
}

async fn from_afar(hall: &Hall, person: &Person) -> Answer {
    assert_eq!(hall.send(person, &hall.vote(person, "Against")).await, 202);
    Answer::Taken
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_acknowledged_by_two_channels_at_once_over_the_end_is_what_counts() {
    let (hall, members) = Hall::with(40).await;
    let (on_the_web, afar) = members.split_at(20);
    let mut people = Vec::new();
    for (number, member) in afar.iter().enumerate() {
        people.push(hall.account(*member, &format!("voter{number}")).await);
    }
    let end: Stamp = hall.app.poll_row(hall.poll).await.closes_at;
    let other = hall.app.second_process();
    hall.app.set_clock(end - TimeDelta::microseconds(1));
    let answered = AtomicUsize::new(0);
    // The end comes when the twelfth is answered; some are only sent afterwards.
    let count = async |answer: Answer| {
        if answered.fetch_add(1, Ordering::SeqCst) == 11 {
            hall.app.set_clock(end);
            let (one, two) = futures_util::join!(settle(&hall.app.app, hall.poll), settle(&other, hall.poll));
            assert!(!(one.unwrap() && two.unwrap()), "it closes once");
        }
        answer
    };
    let api = |range: std::ops::Range<usize>| {
        join_all(on_the_web[range].iter().map(|member| async { count(by_api(&hall, *member).await).await }))
    };
    let wire = |range: std::ops::Range<usize>| {
        join_all(people[range].iter().map(|person| async { count(from_afar(&hall, person).await).await }))
    };

    let (first_api, first_wire) = futures_util::join!(api(0..14), wire(0..14));
    let (last_api, last_wire) = futures_util::join!(api(14..20), wire(14..20));
    while timers::step(&hall.app.app).await.unwrap() > 0 {}
    hall.work().await;

    assert!(last_api.iter().all(|answer| *answer == Answer::Late), "{last_api:?}");
    assert_eq!(first_wire.len() + last_wire.len(), 20);
    let counted = first_api.iter().filter(|answer| **answer == Answer::Counted).count();
    let in_time = hall.app.store.count("inbox_activities", &format!("received_at < '{}'", end.format("%F %T")));
    assert!(counted + in_time >= 12 && hall.uncounted("late") > 0, "both sides of the end had their votes");
    let totals = hall.totals().await;
    assert_eq!(totals, [u32::try_from(counted).unwrap(), u32::try_from(in_time).unwrap(), 0]);
    assert_eq!(hall.uncounted("late"), 40 - i32::try_from(counted + in_time).unwrap());
}
