//! Who leads a cabal: handed over by agreement, or voted on by the cabal (C3).

use crate::support::TestApp;
use crate::support::rows::{dump, of_type, on_their_way};
use crate::support::votes::{refusal_code, vote_at};
use caucus::db::cabals::list_cabal_members;
use caucus::db::lead_nominations::nomination;
use caucus::domain::ballot::{Uncounted, VoteOutcome};
use caucus::domain::nomination::{NominationState, Way};
use caucus::ids::{CabalId, MemberId, NominationId, PollId};
use caucus::services::ServiceError;
use caucus::services::close_ballot::settle;
use caucus::services::hand_over_lead::{Naming, accept, decline, nominate};
use caucus::services::join_cabal::{join_cabal, leave_cabal};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;

/// The cabal of ada, who leads it, with bea and cai in it; dan is a member of the community only.
struct Bees {
    app: TestApp,
    cabal: CabalId,
    ada: MemberId,
    bea: MemberId,
    cai: MemberId,
    dan: MemberId,
}

impl Bees {
    async fn new() -> Self {
        let (app, ada) = TestApp::with_community().await;
        let (bea, cai, dan) = (app.member("bea").await, app.member("cai").await, app.member("dan").await);
        let cabal = app.cabal(ada, "bees").await;
        let bees = Self { app, cabal, ada, bea, cai, dan };
        bees.join(bea).await;
        bees.join(cai).await;
        bees
    }

    async fn join(&self, member: MemberId) {
        let cabal = self.cabal;
        self.app.app.write(move |tx| join_cabal(tx, member, cabal, "I count.")).await.unwrap();
    }

    async fn leave(&self, member: MemberId) {
        let cabal = self.cabal;
        self.app.app.write(move |tx| leave_cabal(tx, member, cabal)).await.unwrap();
    }

    async fn name(&self, by: MemberId, nominee: MemberId, way: Way) -> Result<NominationId, ServiceError> {
        let naming = Naming { cabal: self.cabal, nominee, way, publish_name: true };
        self.app.app.write(move |tx| nominate(tx, by, naming)).await
    }

    async fn accept(&self, by: MemberId, id: NominationId) -> Result<Option<PollId>, ServiceError> {
        self.app.app.write(move |tx| accept(tx, by, id, true)).await
    }

    /// An open vote on whether this member shall lead.
    async fn vote_on(&self, nominee: MemberId) -> (NominationId, PollId) {
        let id = self.name(nominee, nominee, Way::Vote).await.unwrap();
        (id, self.app.app.read(move |conn| nomination(conn, id)).await.unwrap().poll_id.unwrap())
    }

    async fn close(&self, poll: PollId) {
        self.app.advance(TimeDelta::hours(72));
        assert!(settle(&self.app.app, poll).await.unwrap());
    }

    async fn leads(&self) -> Vec<MemberId> {
        let cabal = self.cabal;
        let members = self.app.app.read(move |conn| list_cabal_members(conn, cabal)).await.unwrap();
        members.into_iter().filter(|member| member.is_lead).map(|member| member.member_id).collect()
    }

    async fn state(&self, id: NominationId) -> NominationState {
        self.app.app.read(move |conn| nomination(conn, id)).await.unwrap().state
    }
}

#[tokio::test]
async fn a_lead_hands_over_at_once_when_the_one_named_accepts() {
    let bees = Bees::new().await;
    assert_eq!(refusal_code(bees.name(bees.bea, bees.cai, Way::Agreement).await), "forbidden");
    assert_eq!(refusal_code(bees.name(bees.ada, bees.dan, Way::Agreement).await), "invalid_fields");
    let id = bees.name(bees.ada, bees.bea, Way::Agreement).await.unwrap();
    assert_eq!(refusal_code(bees.name(bees.ada, bees.bea, Way::Agreement).await), "already_named");
    assert_eq!(refusal_code(bees.accept(bees.cai, id).await), "forbidden");
    assert_eq!(bees.leads().await, [bees.ada]);
    assert_eq!(bees.app.notices(bees.bea).await, ["You are named to lead The bees. Please say whether you accept."]);

    assert_eq!(bees.accept(bees.bea, id).await.unwrap(), None);

    assert_eq!(bees.app.notices(bees.ada).await[0], "Whom you named has accepted, and leads The bees now.");

    assert_eq!(bees.leads().await, [bees.bea]);
    assert_eq!(refusal_code(bees.accept(bees.bea, id).await), "not_waiting");
    let log = dump(&bees.app)["cabal_log"].join("\n");
    assert!(log.contains("named a lead") && log.contains("took the lead over from"), "{log}");
    assert!(of_type(&on_their_way(&bees.app), "Create").is_empty(), "an agreement publishes no name");
}

#[tokio::test]
async fn a_refusal_or_leaving_ends_a_nomination_and_nothing_changes() {
    let bees = Bees::new().await;
    let declined = bees.name(bees.ada, bees.bea, Way::Agreement).await.unwrap();
    let (cai, dan) = (bees.cai, bees.dan);
    assert_eq!(refusal_code(bees.app.app.write(move |tx| decline(tx, dan, declined)).await), "forbidden");
    let bea = bees.bea;
    bees.app.app.write(move |tx| decline(tx, bea, declined)).await.unwrap();
    assert_eq!(bees.app.notices(bees.ada).await[0], "Whom you named does not wish to lead The bees.");
    let left = bees.name(bees.bea, cai, Way::Vote).await.unwrap();
    let handed = bees.name(bees.ada, bea, Way::Agreement).await.unwrap();
    bees.leave(cai).await;
    bees.leave(bees.ada).await;

    for id in [declined, left, handed] {
        assert_eq!(bees.state(id).await, NominationState::Declined);
    }
    assert_eq!(refusal_code(bees.accept(bea, handed).await), "not_waiting");
    assert!(bees.leads().await.is_empty(), "nobody leads once the only lead has left");
    let (_, poll) = bees.vote_on(bea).await;
    bees.app.vote_on_the_web(poll, bea, &[0]).await.unwrap();
    bees.close(poll).await;
    assert_eq!(bees.leads().await, [bea], "in a cabal of one, one vote for is enough");
}

#[tokio::test]
async fn the_cabal_votes_for_72_hours_and_more_for_than_against_decides() {
    let bees = Bees::new().await;
    let id = bees.name(bees.bea, bees.cai, Way::Vote).await.unwrap();
    let cai = bees.cai;
    let silent = bees.app.app.write(move |tx| accept(tx, cai, id, false)).await;
    assert_eq!(refusal_code(silent), "invalid_fields", "the name is published, so it is asked for");
    let poll = bees.accept(cai, id).await.unwrap().unwrap();
    for member in [bees.ada, bees.bea, cai] {
        assert_eq!(bees.app.notices(member).await[0], "The vote on who leads The bees is open for 72 hours.");
    }
    assert_eq!(bees.app.notices(bees.dan).await.len(), 0, "whoever is not in the cabal has no part in it");
    assert_eq!(refusal_code(bees.name(bees.bea, bees.bea, Way::Vote).await), "lead_vote_open");
    let row = bees.app.poll_row(poll).await;
    assert_eq!(row.closes_at - row.opens_at, TimeDelta::seconds(259_200));
    assert_eq!(row.frozen.as_ref().map(|frozen| frozen.roll_size), Some(3));

    let elsewhere = bees.app.linked(bees.bea, "bea").await;
    bees.app.vote_on_the_web(poll, bees.ada, &[1]).await.unwrap();
    assert_eq!(bees.app.vote(poll, &elsewhere, "Against").await, VoteOutcome::Counted);
    assert_eq!(bees.app.vote(poll, &elsewhere, "For").await, VoteOutcome::Changed, "the last ballot counts");
    bees.app.set_clock(row.closes_at - TimeDelta::microseconds(1));
    assert!(!settle(&bees.app.app, poll).await.unwrap());
    assert!(TestApp::shown(&bees.app.fetch_question(poll).await).iter().all(|(_, total)| *total == 0));
    bees.app.vote_on_the_web(poll, cai, &[0]).await.unwrap();
    bees.app.set_clock(row.closes_at);
    let late = vote_at(&bees.app.app, poll, (&elsewhere, "Against"), None).await.unwrap();
    assert_eq!(late, VoteOutcome::Uncounted(Uncounted::Late));
    assert!(settle(&bees.app.app, poll).await.unwrap());

    assert_eq!(bees.leads().await, [cai], "the former lead is an ordinary member");
    assert_eq!(bees.app.notices(cai).await[0], "The vote has chosen you to lead The bees.");
    assert_eq!(bees.state(id).await, NominationState::Elected);
    let question = bees.app.fetch_question(poll).await;
    assert_eq!(TestApp::shown(&question).into_iter().map(|(_, total)| total).collect::<Vec<_>>(), [2, 1, 0]);
    assert!(dump(&bees.app)["ballot_links"].is_empty());
    let (_, feed) = bees.app.fetch("/feeds/amendments.atom", "*/*").await;
    assert!(feed.contains(&format!("<id>{}</id>", bees.app.app.urls.minutes(poll))), "{feed}");
    assert!(feed.contains("<title>Minutes: Shall cai lead The bees?</title>"), "{feed}");
    let told = dump(&bees.app)["posts"].join("\n");
    assert!(told.contains("Chosen to lead, from now on: <strong>Shall cai lead The bees?</strong>.</p><p>For 2, against 1, abstained 0."), "{told}");
}

#[tokio::test]
async fn a_tie_abstentions_alone_and_silence_elect_nobody() {
    let bees = Bees::new().await;
    for ballots in [vec![(bees.ada, 1), (bees.bea, 0)], vec![(bees.ada, 2), (bees.bea, 2)], vec![]] {
        let (id, poll) = bees.vote_on(bees.bea).await;
        for (voter, choice) in ballots {
            bees.app.vote_on_the_web(poll, voter, &[choice]).await.unwrap();
        }
        bees.close(poll).await;

        assert_eq!(bees.state(id).await, NominationState::NotElected);
        assert!(bees.app.notices(bees.bea).await[0].contains("the lead stays as it was"));
        assert_eq!(bees.leads().await, [bees.ada]);
    }
}

#[tokio::test]
async fn only_those_in_the_cabal_at_the_opening_vote_and_no_wish_of_others_is_kept() {
    let bees = Bees::new().await;
    let (_, poll) = bees.vote_on(bees.bea).await;
    bees.join(bees.dan).await;
    let (stranger, linked) = (bees.app.remote("eve").await, bees.app.linked(bees.dan, "dan").await);

    assert_eq!(refusal_code(bees.app.vote_on_the_web(poll, bees.dan, &[1]).await), "forbidden");
    for actor in [&stranger, &linked, &stranger] {
        assert_eq!(bees.app.vote(poll, actor, "Against").await, VoteOutcome::Uncounted(Uncounted::OffRoll));
    }

    assert!(dump(&bees.app)["soundings"].is_empty());
    let told = of_type(&on_their_way(&bees.app), "Create");
    assert_eq!(told.len(), 2, "each is told once");
    for (_, activity) in &told {
        let words = activity.to_string();
        assert!(words.contains("Only those who were in the cabal when this vote opened"), "{words}");
        assert!(!words.contains("Against"));
    }
    bees.app.vote_on_the_web(poll, bees.cai, &[0]).await.unwrap();
    bees.close(poll).await;
    assert_eq!(bees.leads().await, [bees.bea]);
}

#[tokio::test]
async fn a_nominee_who_left_does_not_lead_whatever_the_vote_says() {
    let bees = Bees::new().await;
    let (id, poll) = bees.vote_on(bees.bea).await;
    bees.app.vote_on_the_web(poll, bees.bea, &[0]).await.unwrap();
    bees.app.vote_on_the_web(poll, bees.cai, &[0]).await.unwrap();
    bees.leave(bees.bea).await;

    bees.close(poll).await;

    assert_eq!(bees.leads().await, [bees.ada]);
    assert_eq!(bees.state(id).await, NominationState::NotElected);
    assert!(
        dump(&bees.app)["posts"].join("\n").contains("the nominee has left the cabal, so the lead stays as it was")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_who_close_one_vote_choose_one_lead_once() {
    let bees = Bees::new().await;
    let other = bees.app.second_process();
    let (_, poll) = bees.vote_on(bees.bea).await;
    bees.app.vote_on_the_web(poll, bees.cai, &[0]).await.unwrap();
    bees.app.advance(TimeDelta::hours(72));

    let closers = [&*bees.app.app, &other, &*bees.app.app, &other];
    let closed = join_all(closers.map(|process| settle(process, poll))).await;

    assert_eq!(closed.into_iter().filter(|closed| *closed.as_ref().unwrap()).count(), 1);
    assert_eq!(bees.leads().await, [bees.bea]);
    let results = dump(&bees.app)["posts"].iter().filter(|row| row.contains("| result |")).count();
    assert_eq!(results, 1);
}

#[tokio::test]
async fn by_pages_alone_somebody_is_named_accepts_and_is_voted_on() {
    let bees = Bees::new().await;
    let (mut ada, mut bea) = (bees.app.signed_in("ada").await, bees.app.signed_in("bea").await);
    let page = ada.get("/c/bees/lead").await;
    page.assert_sound();
    assert!(ada.get("/c/bees").await.body.contains("href=\"/c/bees/lead\""));
    let form = page.form("/c/bees/lead").fill("nominee", &bees.bea.to_string()).choose("way", "vote");
    ada.submit(&form).await.assert_sound();

    let asked = bea.get("/c/bees/lead").await;
    asked.assert_sound();
    assert!(asked.text().contains("My name may be published as the nominee"));
    let refused = bea.submit(&asked.form("/acceptance")).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    refused.assert_sound();
    let open = bea.submit(&asked.form("/acceptance").choose("publish_name", "yes")).await;
    let path = open.attribute("main a[href^='/polls/']", "href").unwrap();
    let ballot = bea.get(&path).await;
    ballot.assert_sound();
    assert!(ballot.text().contains("It is carried by more votes for than against."), "{}", ballot.text());
    let receipt = bea.submit(&ballot.form("/ballot").choose("choice", "0")).await;
    let code = receipt.texts(".code").remove(0);
    let dan = bees.app.signed_in("dan").await.get(&path).await;
    assert!(dan.text().contains("Only those who were in the cabal when this vote was opened"));
    let stranger = bees.app.browser().get("/c/bees/lead").await;
    stranger.assert_sound();
    assert!(!stranger.text().contains("Ada"), "who leads is for members");

    bees.app.advance(TimeDelta::hours(72));
    let closed = bea.get(&path).await;
    closed.assert_sound();
    assert!(closed.text().contains("Chosen to lead"), "{}", closed.body);
    let minutes = bea.get(&format!("{path}/minutes")).await;
    minutes.assert_sound();
    assert!(minutes.text().contains("All ballots by receipt") && minutes.body.contains(&code), "{}", minutes.body);
    assert!(bea.get("/c/bees/lead").await.texts("#now ~ ul").concat().contains("bea"));
}

#[tokio::test]
async fn a_program_names_accepts_votes_and_declines() {
    let bees = Bees::new().await;
    let (ada, bea, dan) =
        (bees.app.api_of(bees.ada).await, bees.app.api_of(bees.bea).await, bees.app.api_of(bees.dan).await);
    let path = "/cabals/bees/lead-nominations";
    dan.get(path).await.must_be(403);
    dan.post(path, json!({"nominee": "bea", "way": "vote"})).await.must_be(403);
    for wrong in [json!({"nominee": "nobody", "way": "vote"}), json!({"nominee": "bea", "way": "force"})] {
        ada.post(path, wrong).await.must_be(422);
    }
    let id = ada.post(path, json!({"nominee": "bea", "way": "agreement"})).await.created();
    dan.post(&format!("/lead-nominations/{id}/refusal"), json!({})).await.must_be(403);
    bea.post(&format!("/lead-nominations/{id}/refusal"), json!({})).await.must_be(204);
    let id = ada.post(path, json!({"nominee": "bea", "way": "vote"})).await.created();
    assert_eq!(bea.get(path).await.must_be(200).json()["items"][0]["is_me"], true);
    bea.post(&format!("/lead-nominations/{id}/acceptance"), json!({})).await.must_be(422);

    let open = bea.post(&format!("/lead-nominations/{id}/acceptance"), json!({"publish_name": true})).await;

    let poll = open.must_be(200).json()["poll"].as_str().unwrap().to_owned();
    bea.post(&format!("/polls/{poll}/ballot"), json!({"choices": ["For"]})).await.must_be(201);
    dan.post(&format!("/polls/{poll}/ballot"), json!({"choices": ["Against"]})).await.must_be(403);
    bees.app.advance(TimeDelta::hours(72));
    assert_eq!(ada.get(&format!("/polls/{poll}")).await.json()["options"][0]["total"], 1);
    assert_eq!(bees.leads().await, [bees.bea]);
}
