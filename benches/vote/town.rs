//! A community with a roll of a given size, in this process: the program itself, its server on
//! loopback and a clock that the benchmark holds.

use anyhow::{Context as _, ensure};
use caucus::App;
use caucus::clock::{Clock, FixedClock};
use caucus::db::{Database, documents, members, results};
use caucus::domain::amendment::{AmendmentForm, Edit, NewAmendment};
use caucus::domain::membership::NewMember;
use caucus::domain::tally::VoteBase;
use caucus::ids::{AmendmentId, MemberId, PollId};
use caucus::services::set_up::{NewCommunity, NewDocument, SetUp, set_up};
use caucus::services::{ServiceError, back_amendment, cast_ballot, open_ballot, propose_amendment};
use caucus::settings::{Flags, Settings};
use caucus::workers::timers;
use chrono::{TimeDelta, TimeZone as _, Utc};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

const DOCUMENT: &str = include_str!("../../tests/fixtures/documents/manifesto.txt");

/// The community.
pub struct Town {
    app: Arc<App>,
    clock: Arc<FixedClock>,
    base: String,
    members: Vec<MemberId>,
    server: actix_web::dev::ServerHandle,
    _folder: tempfile::TempDir,
}

impl Town {
    /// A community of so many members, with its server running.
    pub async fn build(roll: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let base = format!("http://{}", listener.local_addr()?);
        let config = folder.path().join("caucus.toml");
        std::fs::write(&config, "")?;
        let flags = Flags {
            config: Some(config),
            data_dir: Some(folder.path().to_string_lossy().into_owned()),
            listen: Some("127.0.0.1:0".to_owned()),
            public_url: Some(base.clone()),
            database_url: std::env::var("BENCH_POSTGRES").ok(),
        };
        let settings = Settings::load(&flags, &BTreeMap::new()).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        let start = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).single().context("a date")?;
        let clock = Arc::new(FixedClock::at(start));
        let db = Database::open(&settings.database_url)?;
        let app = Arc::new(App::new(settings, Arc::clone(&clock) as Arc<dyn Clock>, db));
        let members = people(&app, roll).await?;
        let server = caucus::web::server(Arc::clone(&app), listener)?;
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Self { app, clock, base, members, server: handle, _folder: folder })
    }

    fn member(&self, number: usize) -> anyhow::Result<MemberId> {
        self.members.get(number).copied().context("no such member")
    }

    /// An amendment of the first clause that has a backer.
    pub async fn propose_and_back(&self) -> anyhow::Result<AmendmentId> {
        let (by, backer) = (self.member(0)?, self.member(1)?);
        let new: Result<_, ServiceError> = self
            .app
            .read(|conn| {
                let document = documents::list_documents(conn)?.remove(0);
                let clauses = documents::list_clauses(conn, document.version.id)?;
                let clause =
                    clauses.iter().find(|clause| clause.number == "8.2").ok_or(ServiceError::NotFound("8.2"))?;
                let form = AmendmentForm {
                    title: "Say it better".to_owned(),
                    summary: "It says the same in fewer words.".to_owned(),
                    values_fit: "We like few words.".to_owned(),
                    edits: vec![Edit::reword(clause.id, "Any member may propose amendments.")],
                };
                Ok(NewAmendment::parse(document.id, &form)?)
            })
            .await;
        let new = new?;
        let id = self.app.write(move |tx| propose_amendment::propose_amendment(tx, by, &new)).await?;
        self.app.write(move |tx| back_amendment::back_amendment(tx, backer, id)).await?;
        Ok(id)
    }

    /// Opens the vote.
    pub async fn open(&self, amendment: AmendmentId) -> anyhow::Result<PollId> {
        let by = self.member(0)?;
        Ok(self.app.write(move |tx| open_ballot::open_ballot(tx, by, amendment)).await?)
    }

    /// The ballot of one member: two in three are for it.
    pub async fn cast(&self, poll: PollId, voter: usize) -> anyhow::Result<()> {
        let choice = u32::from(voter.is_multiple_of(3));
        cast_ballot::on_the_web(&self.app, self.member(voter)?, poll, vec![choice]).await?;
        Ok(())
    }

    /// The ballots of many, some at the same time; how long each took.
    pub async fn cast_many(&self, poll: PollId, voters: Range<usize>, lanes: usize) -> anyhow::Result<Vec<Duration>> {
        let lane = async |lane: usize| {
            let mut times = Vec::new();
            for voter in voters.clone().skip(lane).step_by(lanes) {
                let started = Instant::now();
                self.cast(poll, voter).await?;
                times.push(started.elapsed());
            }
            anyhow::Ok(times)
        };
        let done = futures_util::future::try_join_all((0..lanes).map(lane)).await?;
        Ok(done.concat())
    }

    /// Reads of a page, each after a write, so that no ready answer serves.
    pub async fn read_between_ballots(&self, path: &str, accept: &str, count: usize) -> anyhow::Result<Vec<Duration>> {
        let client = reqwest::Client::new();
        let mut times = Vec::new();
        for _ in 0..count {
            self.app.write(|_| Ok::<_, ServiceError>(())).await?;
            let started = Instant::now();
            let answer = client.get(format!("{}{path}", self.base)).header("accept", accept).send().await?;
            ensure!(answer.status() == 200, "{path}: {}", answer.status());
            answer.bytes().await?;
            times.push(started.elapsed());
        }
        Ok(times)
    }

    /// Lets the week pass and closes the vote.
    pub async fn close(&self) -> anyhow::Result<()> {
        self.clock.advance(TimeDelta::days(7));
        ensure!(timers::step(&self.app).await? >= 1, "nothing was closed");
        Ok(())
    }

    /// Checks that every ballot was counted, so that no figure is of a vote that went wrong.
    pub async fn check(&self, poll: PollId, ballots: usize) -> anyhow::Result<()> {
        let result = self.app.read(move |conn| results::find_result(conn, poll)).await?.context("no result")?;
        let counted = result.tally.votes_for + result.tally.against + result.tally.abstain;
        ensure!(usize::try_from(counted)? == ballots, "{counted} of {ballots} ballots were counted");
        self.server.stop(true).await;
        Ok(())
    }
}

/// The first member by the set-up, the others straight into the store: joining is not what is
/// measured here.
async fn people(app: &App, roll: usize) -> anyhow::Result<Vec<MemberId>> {
    let new = SetUp {
        community: NewCommunity::parse("town", "The Town", "We build things together.")?,
        first_member: NewMember::parse("member0", "Member 0")?,
        password_hash: "none".to_owned(),
        documents: vec![NewDocument { title: "Manifesto".to_owned(), text: DOCUMENT.to_owned() }],
        vote_base: VoteBase::Cast,
    };
    let keys = app.federation.keys.take().await?;
    let mut all = vec![app.write(move |tx| set_up(tx, new, &keys)).await?];
    while all.len() < roll {
        let numbers = all.len()..roll.min(all.len() + 5_000);
        let some: Result<Vec<MemberId>, ServiceError> = app
            .write(move |tx| {
                Ok(numbers
                    .map(|n| members::create_member(tx, &format!("member{n}"), &format!("Member {n}"), false))
                    .collect::<Result<_, _>>()?)
            })
            .await;
        all.extend(some?);
    }
    Ok(all)
}
