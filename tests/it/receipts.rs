//! Receipts by direct message (A13): once for each voter and vote, without the choice, and gone from
//! here at the close even when they never arrived (A12).

use crate::support::TestApp;
use crate::support::rows::{dump, of_type, on_their_way, updates_of_questions};
use caucus::ids::PollId;
use caucus::workers::timers;
use chrono::TimeDelta;

fn letters_to(app: &TestApp, actor: &str) -> Vec<String> {
    of_type(&on_their_way(app), "Create")
        .into_iter()
        .filter(|(inbox, create)| inbox == &format!("{actor}/inbox") && create["to"] == serde_json::json!([actor]))
        .map(|(_, create)| create["object"]["content"].as_str().unwrap().to_owned())
        .collect()
}

fn receipt_of(app: &TestApp, poll: PollId) -> String {
    let poll = poll.to_string();
    let rows = dump(app);
    let link = rows["ballot_links"].iter().find(|row| row.starts_with(&poll)).unwrap();
    link.split(" | ").nth(2).unwrap().to_owned()
}

#[tokio::test]
async fn a_voter_from_elsewhere_gets_one_receipt_for_each_vote_without_the_choice() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    let (first, second) = (app.linked(ada, "ada1").await, app.linked(ada, "ada2").await);

    app.vote(poll, &first, "Against").await;
    app.vote(poll, &second, "Against").await;
    app.vote(poll, &first, "For").await;

    let letters = letters_to(&app, &first);
    assert_eq!(letters.len(), 1);
    let others = letters_to(&app, &second);
    assert!(
        others.len() == 1 && !others[0].contains("receipt"),
        "once for the voter, not for each account: {others:?}"
    );
    assert!(letters[0].contains(&receipt_of(&app, poll)) && letters[0].contains(&app.app.urls.secrecy(poll)));
    let words = letters[0].to_lowercase().replace("for, against or abstain", "");
    assert!(!words.contains("against") && !words.contains("abstain"), "{words}");
    // On the web the receipt is on the page; nothing is sent.
    app.vote_on_the_web(poll, bea, &[0]).await.unwrap();
    assert_eq!(of_type(&on_their_way(&app), "Create").len(), 2);
}

#[tokio::test]
async fn a_vote_that_a_server_made_up_for_a_member_is_told_on_their_page_and_can_be_replaced_there() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    let hers = app.linked(ada, "ada").await;
    let told = async || {
        let notices = app.notices(ada).await;
        notices.into_iter().filter(|notice| notice.contains("If you did not send it, please vote on its page")).count()
    };
    app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
    assert_eq!(told().await, 0, "the page said so already");

    app.vote(poll, &hers, "Against").await;
    app.vote(poll, &hers, "Abstain").await;

    assert_eq!(told().await, 1, "once (V-30)");
    assert!(app.signed_in("ada").await.get("/account").await.body.contains(&format!("/polls/{poll}")));
    app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
    app.advance(TimeDelta::weeks(1));
    timers::step(&app.app).await.unwrap();
    let totals: Vec<u32> = app.poll_row(poll).await.options.iter().map(|option| option.total).collect();
    assert_eq!(totals, [1, 0, 0]);
}

#[tokio::test]
async fn supporters_late_voters_and_advisory_polls_get_no_receipt() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let cabal = app.cabal(ada, "tea").await;
    let advisory = app.poll(ada, cabal, false, false).await;
    let (_, poll) = app.open_vote(ada, bea).await;
    let (hers, supporter) = (app.linked(ada, "ada").await, app.remote("sam").await);
    app.vote(advisory, &hers, "Tea").await;
    app.vote(poll, &supporter, "For").await;
    app.advance(TimeDelta::weeks(1));
    timers::step(&app.app).await.unwrap();
    app.vote(poll, &hers, "For").await;

    let told: Vec<String> = [letters_to(&app, &hers), letters_to(&app, &supporter)].concat();
    assert_eq!(told.len(), 3, "that it came too late, that it is a sounding, and how the vote came out: {told:?}");
    assert!(told.iter().all(|letter| !letter.contains("receipt")), "{told:?}");
}

#[tokio::test]
async fn a_receipt_that_never_arrived_is_forgotten_at_the_close() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    let hers = app.linked(ada, "ada").await;
    app.vote(poll, &hers, "For").await;
    let code = receipt_of(&app, poll);
    assert!(dump(&app)["outbox_activities"].iter().any(|row| row.contains(&code)));

    app.advance(TimeDelta::weeks(1));
    timers::step(&app.app).await.unwrap();

    let left = letters_to(&app, &hers);
    assert!(left.len() == 1 && left[0].contains("is over"), "only how the vote came out: {left:?}");
    for (table, rows) in dump(&app) {
        let holds_code = rows.iter().any(|row| row.contains(&code));
        assert_eq!(holds_code, table == "ballots" || table == "results", "{table}");
    }
    assert_eq!(updates_of_questions(&app).len(), 1, "the final numbers are on their way");
}
