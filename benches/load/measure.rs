//! The measurements, one function each.

use crate::instance::Instance;
use crate::peer::{Actor, HANGING, Peer, SLOW};
use crate::table::{Aim, Table};
use crate::wire::Connection;
use anyhow::{Context as _, ensure};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Connections of the generator, as in the figures to be reached.
const CONNECTIONS: usize = 16;

/// What a run of prepared requests took.
struct Run {
    seconds: f64,
    refused: usize,
    /// Each answer's time in seconds, ascending.
    times: Vec<f64>,
}

impl Run {
    fn per_second(&self) -> f64 {
        rate(self.times.len(), self.seconds)
    }

    fn p99_ms(&self) -> f64 {
        self.times.get(self.times.len() * 99 / 100).copied().unwrap_or(0.0) * 1000.0
    }
}

fn rate(count: usize, seconds: f64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / seconds
}

/// Sends all requests over a fixed number of connections, each as soon as the last is answered.
async fn send_all(address: &str, requests: Vec<Vec<u8>>) -> anyhow::Result<Run> {
    let requests = Arc::new(requests);
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let mut lanes = Vec::new();
    for _ in 0..CONNECTIONS {
        let (requests, next, address) = (Arc::clone(&requests), Arc::clone(&next), address.to_owned());
        lanes.push(tokio::spawn(async move {
            let mut connection = Connection::open(&address).await?;
            let (mut times, mut refused) = (Vec::new(), 0);
            while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                let sent = Instant::now();
                let (status, _) = connection.exchange(request).await?;
                times.push(sent.elapsed().as_secs_f64());
                refused += usize::from(!(200..300).contains(&status));
            }
            Ok::<_, std::io::Error>((times, refused))
        }));
    }
    let mut run = Run { seconds: 0.0, refused: 0, times: Vec::new() };
    for lane in lanes {
        let (times, refused) = lane.await??;
        run.times.extend(times);
        run.refused += refused;
    }
    run.seconds = started.elapsed().as_secs_f64();
    run.times.sort_by(f64::total_cmp);
    Ok(run)
}

async fn until(what: &str, mut done: impl AsyncFnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let started = Instant::now();
    while !done().await? {
        ensure!(started.elapsed() < Duration::from_secs(120), "{what} did not happen within two minutes");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}

fn voters(count: usize) -> Vec<Actor> {
    (0..count).map(|number| Actor { host: [1, 0, u8::try_from(number % 4).unwrap_or(0) + 1], number }).collect()
}

fn vote(instance: &Instance, peer: &Peer, voter: Actor, poll: &str) -> anyhow::Result<Vec<u8>> {
    let (actor, cabal) = (peer.url(voter), instance.actor("votes"));
    let id = format!("{actor}#votes/{}", poll.rsplit('/').next().unwrap_or(""));
    let choice = if voter.number.is_multiple_of(2) { "one" } else { "two" };
    let body = format!(
        r#"{{"@context":"https://www.w3.org/ns/activitystreams","id":"{id}/activity","type":"Create","actor":"{actor}","to":"{cabal}","object":{{"id":"{id}","type":"Note","name":"{choice}","attributedTo":"{actor}","inReplyTo":"{poll}","to":"{cabal}"}}}}"#
    );
    peer.signed_post(voter, &instance.server.address, "/c/votes/inbox", &body)
}

/// Votes of 1 000 actors: first never seen, then known.
pub async fn votes(instance: &Instance, peer: &Peer, table: &Table) -> anyhow::Result<()> {
    instance.form_cabal("votes").await?;
    let everybody = voters(1_000);
    let mut polls = Vec::new();
    for _ in 0..6 {
        polls.push(instance.publish_poll("votes").await?);
    }
    let (first, later) = polls.split_first().context("a poll")?;
    let fetched_before = peer.fetches.load(Ordering::Relaxed);
    let (acknowledged, counted) = vote_in(instance, peer, &everybody, std::slice::from_ref(first)).await?;
    let fetches = rate(peer.fetches.load(Ordering::Relaxed) - fetched_before, 1_000.0);
    table.note("votes, 1 000 voters never seen, acknowledged", acknowledged, "/s", Aim::AtLeast(1_000.0));
    table.note("votes, 1 000 voters never seen, counted", counted, "/s", Aim::AtLeast(1_000.0));
    table.note("fetches for each voter never seen", fetches, "", Aim::AtMost(1.0));
    let (acknowledged, counted) = vote_in(instance, peer, &everybody, later).await?;
    table.note("votes, 1 000 voters known, acknowledged", acknowledged, "/s", Aim::AtLeast(3_000.0));
    table.note("votes, 1 000 voters known, counted", counted, "/s", Aim::AtLeast(3_000.0));
    Ok(())
}

async fn vote_in(
    instance: &Instance,
    peer: &Peer,
    voters: &[Actor],
    polls: &[(String, String)],
) -> anyhow::Result<(f64, f64)> {
    let mut requests = Vec::new();
    for (_, object_id) in polls {
        for voter in voters {
            requests.push(vote(instance, peer, *voter, object_id)?);
        }
    }
    let count = requests.len();
    let started = Instant::now();
    let run = send_all(&instance.server.address, requests).await?;
    ensure!(run.refused == 0, "{} votes were refused", run.refused);
    until("the count of all votes", async || {
        for (poll, _) in polls {
            if instance.voters(poll).await? < voters.len() {
                return Ok(false);
            }
        }
        Ok(true)
    })
    .await?;
    Ok((run.per_second(), rate(count, started.elapsed().as_secs_f64())))
}

fn follow(instance: &Instance, peer: &Peer, follower: Actor, cabal: &str) -> anyhow::Result<Vec<u8>> {
    let (actor, object) = (peer.url(follower), instance.actor(cabal));
    let body = format!(
        r#"{{"@context":"https://www.w3.org/ns/activitystreams","id":"{actor}#follows/{cabal}","type":"Follow","actor":"{actor}","object":"{object}"}}"#
    );
    peer.signed_post(follower, &instance.server.address, &format!("/c/{cabal}/inbox"), &body)
}

async fn follow_all(
    instance: &Instance,
    peer: &Peer,
    cabal: &str,
    followers: &[Actor],
    hanging: usize,
) -> anyhow::Result<f64> {
    let requests = followers.iter().map(|f| follow(instance, peer, *f, cabal)).collect::<Result<Vec<_>, _>>()?;
    let before = peer.deliveries.load(Ordering::Relaxed);
    let started = Instant::now();
    let run = send_all(&instance.server.address, requests).await?;
    ensure!(run.refused == 0, "{} follows were refused", run.refused);
    until(
        "the last Accept",
        async || Ok(peer.deliveries.load(Ordering::Relaxed) - before >= followers.len() - hanging),
    )
    .await?;
    Ok(rate(followers.len(), started.elapsed().as_secs_f64()))
}

/// Follows of 500 actors never seen on 4 hosts, until the last Accept arrived.
pub async fn follows(instance: &Instance, peer: &Peer, table: &Table) -> anyhow::Result<()> {
    instance.form_cabal("follows").await?;
    let followers: Vec<Actor> =
        (0..500).map(|n| Actor { host: [1, 1, u8::try_from(n % 4).unwrap_or(0) + 1], number: 10_000 + n }).collect();
    let per_second = follow_all(instance, peer, "follows", &followers, 0).await?;
    table.note("follows, 500 actors never seen on 4 hosts, all accepted", per_second, "/s", Aim::AtLeast(800.0));
    Ok(())
}

fn one_on_each_host(second: u8, hosts: usize) -> Vec<Actor> {
    let host = |n: usize| [second, u8::try_from(n / 250).unwrap_or(0), u8::try_from(n % 250).unwrap_or(0) + 1];
    (0..hosts).map(|n| Actor { host: host(n), number: n }).collect()
}

/// Publishes to the followers of `cabal`; gives the seconds until `expected` copies arrived.
async fn publish_to(instance: &Instance, peer: &Peer, cabal: &str, expected: usize) -> anyhow::Result<f64> {
    let before = peer.deliveries.load(Ordering::Relaxed);
    let started = Instant::now();
    instance.publish_help_request(cabal).await?;
    until("the last delivery", async || Ok(peer.deliveries.load(Ordering::Relaxed) - before >= expected)).await?;
    Ok(started.elapsed().as_secs_f64())
}

/// One post to 1 000 hosts that answer at once, to 200 slow ones, and to 200 of which 20 hang.
pub async fn deliveries(instance: &Instance, peer: &Peer, table: &Table) -> anyhow::Result<()> {
    instance.form_cabal("wide").await?;
    follow_all(instance, peer, "wide", &one_on_each_host(1, 1_000), 0).await?;
    let seconds = publish_to(instance, peer, "wide", 1_000).await?;
    table.note("one post to 1 000 hosts that answer at once", rate(1_000, seconds), "/s", Aim::AtLeast(2_500.0));
    table.note("… the last one after", seconds, "s", Aim::None);

    instance.form_cabal("slow").await?;
    follow_all(instance, peer, "slow", &one_on_each_host(SLOW, 200), 0).await?;
    let seconds = publish_to(instance, peer, "slow", 200).await?;
    table.note("one post to 200 hosts that answer after 100 ms, last", seconds, "s", Aim::AtMost(0.5));

    instance.form_cabal("stuck").await?;
    let mut hosts = one_on_each_host(4, 180);
    hosts.extend(one_on_each_host(HANGING, 20));
    follow_all(instance, peer, "stuck", &hosts, 20).await?;
    let seconds = publish_to(instance, peer, "stuck", 180).await?;
    table.note("one post to 200 hosts of which 20 hang, last of the others", seconds, "s", Aim::AtMost(0.5));
    Ok(())
}

/// Reads of one path for a few seconds.
pub async fn reads(instance: &Instance, table: &Table) -> anyhow::Result<()> {
    let address = &instance.server.address;
    let get = |path: &str, accept: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: {accept}\r\n\r\n").into_bytes()
    };
    let webfinger = format!("/.well-known/webfinger?resource=acct:votes@{address}");
    let cases = [
        ("actor JSON", get("/c/votes", "application/activity+json"), 100_000, 30_000.0, None),
        ("WebFinger", get(&webfinger, "application/jrd+json"), 100_000, 40_000.0, None),
        ("cabal page as HTML", get("/c/votes", "text/html"), 20_000, 5_000.0, Some(10.0)),
    ];
    for (what, request, count, target, p99_target) in cases {
        let run = send_all(address, vec![request; count]).await?;
        ensure!(run.refused == 0, "{what}: {} reads failed", run.refused);
        table.note(&format!("{what}, {CONNECTIONS} connections"), run.per_second(), "/s", Aim::AtLeast(target));
        table.note("… p99", run.p99_ms(), "ms", p99_target.map_or(Aim::None, Aim::AtMost));
    }
    Ok(())
}
