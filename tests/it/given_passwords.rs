//! A steward who helps with a password could be signed in as the member: in votes that are open then nobody
//! votes with it, and every later vote is the member's as ever (V-54).

use super::support::TestApp;
use super::support::rows::updates_of_questions;
use caucus::db::linked_actors::insert_link;
use caucus::domain::ballot::{Uncounted, VoteOutcome};
use caucus::domain::membership::Password;
use caucus::ids::{AmendmentId, MemberId, PollId};
use caucus::services::can_i_vote::{can_i_vote, is_my_handle};
use caucus::services::sign_in::hash_password;
use caucus::services::work_at_the_server::{make_reset_link, set_password};
use caucus::services::{ServiceError, close_ballot};
use chrono::TimeDelta;
use serde_json::json;

const GIVEN: &str = "what a steward made up";

/// A vote is open; then a steward chooses a password for bea.
struct Scene {
    app: TestApp,
    ada: MemberId,
    bea: MemberId,
    /// An account that bea had linked before the vote.
    before: String,
    amendment: AmendmentId,
    poll: PollId,
}

impl Scene {
    async fn new() -> Self {
        let (app, ada) = TestApp::with_community().await;
        let bea = app.member("bea").await;
        let before = app.linked(bea, "bea").await;
        app.advance(TimeDelta::hours(1));
        let (amendment, poll) = app.open_vote(ada, bea).await;
        app.advance(TimeDelta::hours(1));
        Self { app, ada, bea, before, amendment, poll }
    }

    async fn steward_sets_the_password(&self) {
        let hash = hash_password(Password::parse(GIVEN, "bea").unwrap()).await.unwrap();
        self.app.app.write(move |tx| set_password(tx, "bea", &hash)).await.unwrap();
        self.app.advance(TimeDelta::hours(1));
    }

    async fn standing(&self, member: MemberId) -> &'static str {
        let (id, now) = (self.amendment, self.app.app.deadline());
        self.app.app.read(move |conn| can_i_vote(conn, id, Some(member), now)).await.unwrap().as_str()
    }

    async fn totals(&self) -> [u64; 3] {
        self.app.advance(TimeDelta::weeks(1));
        close_ballot::settle(&self.app.app, self.poll).await.unwrap();
        let tally = self.app.result(self.poll).await.unwrap().tally;
        [tally.votes_for, tally.against, tally.abstain]
    }
}

fn is_forbidden<T>(answer: Result<T, ServiceError>) -> bool {
    matches!(answer, Err(ServiceError::Forbidden(sentence)) if sentence.contains("A vote from an account that you had linked"))
}

#[tokio::test]
async fn nobody_votes_with_a_password_that_a_steward_chose_during_the_vote() {
    let scene = Scene::new().await;
    let app = &scene.app;
    scene.steward_sets_the_password().await;
    let mut steward = app.browser();
    let form = steward.get("/sign-in").await.form("/sign-in").fill("handle", "bea").fill("password", GIVEN);
    steward.submit(&form).await;

    let page = steward.get(&format!("/polls/{}", scene.poll)).await;
    page.assert_sound();
    assert!(page.text().contains("a steward helped with your password"), "{}", page.text());
    assert!(!page.body.contains("/ballot\""), "no ballot is offered");
    let forged = steward
        .get("/account")
        .await
        .form("/sign-out")
        .at(&format!("/polls/{}/ballot", scene.poll))
        .choose("choice", "1");
    assert_eq!(steward.submit(&forged).await.status, 403);
    let api = app.api_of(scene.bea).await;
    api.post(&format!("/polls/{}/ballot", scene.poll), json!({"choices": ["Against"]})).await.must_be(403);
    api.post(&format!("/amendments/{}/ballot", scene.amendment), json!({"choice": "Against"})).await.must_be(403);
    assert_eq!((scene.standing(scene.bea).await, scene.standing(scene.ada).await), ("password_given", "yes"));

    app.vote_on_the_web(scene.poll, scene.ada, &[0]).await.unwrap();
    assert_eq!(scene.totals().await, [1, 0, 0]);
}

#[tokio::test]
async fn a_link_to_choose_a_password_counts_like_the_password_itself() {
    let scene = Scene::new().await;
    scene.app.vote_on_the_web(scene.poll, scene.bea, &[0]).await.unwrap();

    let _: String = scene.app.app.write(move |tx| make_reset_link(tx, "bea")).await.unwrap();

    assert!(is_forbidden(scene.app.vote_on_the_web(scene.poll, scene.bea, &[1]).await));
    assert!(scene.app.notices(scene.bea).await[0].contains("you can vote only from accounts that you had linked"));
    assert_eq!(scene.totals().await, [1, 0, 0], "what she had said before stands");
}

#[tokio::test]
async fn accounts_that_were_linked_before_vote_and_those_linked_since_do_not() {
    let scene = Scene::new().await;
    let app = &scene.app;
    scene.steward_sets_the_password().await;
    let since = app.remote_on("other.example", "mallory").await;
    let (actor, bea) = (since.clone(), scene.bea);
    assert!(app.app.write(move |tx| insert_link(tx, &actor, bea)).await.unwrap());

    let public = "https://www.w3.org/ns/activitystreams#Public";
    assert_eq!(app.remark(scene.poll, &since, public).await, 0, "it is not told that it has a ballot");
    assert_eq!(app.remark(scene.poll, &scene.before, public).await, 1);
    assert_eq!(app.vote(scene.poll, &since, "Against").await, VoteOutcome::Uncounted(Uncounted::OnHold));
    assert_eq!(app.vote(scene.poll, &scene.before, "For").await, VoteOutcome::Counted);
    assert_eq!(app.vote(scene.poll, &since, "Against").await, VoteOutcome::Uncounted(Uncounted::OnHold));

    let id = scene.amendment;
    for (handle, counts) in [(scene.before.clone(), true), (since, false)] {
        let says = app.app.read(move |conn| is_my_handle(conn, id, (bea, &handle))).await.unwrap();
        assert_eq!(says, counts);
    }
    let page = {
        let mut browser = app.browser();
        let form = browser.get("/sign-in").await.form("/sign-in").fill("handle", "bea").fill("password", GIVEN);
        browser.submit(&form).await;
        browser.get(&format!("/amendments/{id}/can-i-vote?handle=@mallory@other.example")).await
    };
    page.assert_sound();
    assert!(page.text().contains("do not count in this vote"), "{}", page.text());
    assert_eq!(scene.totals().await, [1, 0, 0]);
    let updates = updates_of_questions(app);
    assert!(
        updates.iter().any(|(inbox, _)| inbox.contains("other.example")),
        "who sent a vote learns the end: {updates:?}"
    );
}

#[tokio::test]
async fn a_second_password_makes_no_account_one_that_was_linked_before() {
    let scene = Scene::new().await;
    scene.steward_sets_the_password().await;
    let since = scene.app.linked(scene.bea, "mallory").await;
    scene.app.advance(TimeDelta::hours(1));

    scene.steward_sets_the_password().await;

    assert_eq!(scene.app.vote(scene.poll, &since, "Against").await, VoteOutcome::Uncounted(Uncounted::OnHold));
    assert_eq!(scene.app.vote(scene.poll, &scene.before, "For").await, VoteOutcome::Counted);
    assert_eq!(scene.totals().await, [1, 0, 0]);
}

#[tokio::test]
async fn whoever_is_not_on_the_roll_is_told_that_and_nothing_of_passwords() {
    let scene = Scene::new().await;
    let cai = scene.app.member("cai").await;
    let _: String = scene.app.app.write(move |tx| make_reset_link(tx, "cai")).await.unwrap();

    assert_eq!(scene.standing(cai).await, "joined_later");
    let page = scene.app.signed_in("cai").await.get(&format!("/polls/{}", scene.poll)).await;
    assert!(page.text().contains("You became a member after this vote was opened"), "{}", page.text());
}

#[tokio::test]
async fn the_next_vote_and_advisory_polls_are_the_members_as_ever() {
    let scene = Scene::new().await;
    let app = &scene.app;
    let cabal = app.cabal(scene.bea, "bees").await;
    scene.steward_sets_the_password().await;

    let advisory = app.poll(scene.bea, cabal, false, false).await;
    app.vote_on_the_web(advisory, scene.bea, &[0]).await.unwrap();
    let other = app.propose(scene.ada, "2.2", "Nobody has two.").await;
    app.back(scene.bea, other).await.unwrap();
    let next = app.open(scene.ada, other).await.unwrap();
    app.vote_on_the_web(next, scene.bea, &[0]).await.unwrap();
    assert!(is_forbidden(app.vote_on_the_web(scene.poll, scene.bea, &[0]).await));
}
