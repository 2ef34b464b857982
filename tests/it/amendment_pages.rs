//! The page of an amendment and the list of all: who waits for whom, words that a refusal does not lose, a second
//! try for what came to nothing, and the feed (A3, A14, A15).

use crate::support::TestApp;
use crate::support::browser::Page;
use crate::support::rows::dump;
use crate::support::town::Town;
use caucus::ids::AmendmentId;
use caucus::services::propose_amendment::withdraw_amendment;
use caucus::services::raise_objection::raise_objection;
use chrono::TimeDelta;
use serde_json::json;
use std::collections::BTreeMap;

/// The ids on a page that stand there more than once.
fn repeated_ids(page: &Page) -> Vec<String> {
    let all: Vec<&str> = page.body.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let is_again = |id: &&&str| all.iter().filter(|other| *other == *id).count() > 1;
    all.iter().filter(is_again).map(|id| (*id).to_owned()).collect()
}

/// An amendment that Ada proposed, with the objections of Bea and Cai.
async fn objected() -> (TestApp, AmendmentId) {
    let (app, ada) = TestApp::with_community().await;
    let id = app.propose(ada, "2.1", "One vote each.").await;
    for (name, reason) in [("bea", "It forgets guests."), ("cai", "It is too short.")] {
        let member = app.member(name).await;
        app.app.write(move |tx| raise_objection(tx, member, id, reason)).await.unwrap();
    }
    (app, id)
}

#[tokio::test]
async fn a_refused_answer_comes_back_in_its_own_field_and_the_summary_leads_there() {
    let (app, id) = objected().await;
    let mut ada = app.signed_in("ada").await;
    let page = ada.get(&format!("/amendments/{id}")).await;
    page.assert_sound();
    assert_eq!(repeated_ids(&page), [""; 0]);
    assert_eq!(page.texts("label[for^=answer-to-]").len(), 2);
    assert!(page.texts("label[for^=answer-to-]")[1].contains("by cai"), "{:?}", page.texts("label"));
    let long = format!("Guests may speak. {}", "x".repeat(500));
    let second = page.form_nth("/objections", 3).fill("reply", &long).choose("act", "answer");

    let refused = ada.submit(&second).await;

    assert_eq!((refused.status, refused.trouble()), (422, vec!["answer".to_owned()]));
    refused.assert_sound();
    assert_eq!(repeated_ids(&refused), [""; 0]);
    assert_eq!(refused.texts("#answer"), [long.as_str()]);
    assert!(refused.texts("label[for=answer]")[0].contains("by cai"));
    assert!(refused.attribute("#answer", "aria-describedby").unwrap().contains("answer-problem"));
    assert!(refused.texts("title")[0].starts_with("Please mend:"));
    let mended = refused.form_nth("/objections", 3).fill("reply", "Guests may speak.").choose("act", "answer");
    assert!(ada.submit(&mended).await.text().contains("Your answer stands below the objection."));
}

#[tokio::test]
async fn an_answer_to_an_objection_that_was_taken_back_meanwhile_is_not_lost() {
    let (app, id) = objected().await;
    let mut ada = app.signed_in("ada").await;
    let form = ada.get(&format!("/amendments/{id}")).await.form_nth("/objections", 1);
    let mut bea = app.signed_in("bea").await;
    let own = bea.get(&format!("/amendments/{id}")).await.form_nth("/objections", 0).choose("act", "withdraw");
    bea.submit(&own).await;

    let page = ada.submit(&form.fill("reply", "Guests may speak.").choose("act", "answer")).await;

    assert_eq!(page.status, 409);
    page.assert_sound();
    assert!(page.text().contains("it was taken back meanwhile"), "{}", page.text());
    assert_eq!(page.texts("#left-over-words"), ["Guests may speak."]);
}

#[tokio::test]
async fn a_refused_objection_or_comment_comes_back_as_it_was_typed() {
    let mut town = Town::new().await;
    let path = town.amendment.clone();
    for (action, field, typed) in [
        ("/objections", "reason", "x".repeat(501)),
        ("/objections", "reason", " ".to_owned()),
        ("/comments", "comment", "y".repeat(2_001)),
        ("/comments", "comment", String::new()),
    ] {
        let form = town.bob.get(&path).await.form(action).fill(field, &typed);

        let page = town.bob.submit(&form).await;

        assert_eq!((page.status, page.trouble()), (422, vec![field.to_owned()]));
        page.assert_sound();
        assert!(page.form(action).has(field, &typed), "{field} is lost");
        assert_eq!(page.attribute("details", "open").is_some(), field == "reason", "its form is open");
    }
    let opened = town.bob.get(&path).await.form("/objections").fill("reason", "It forgets guests.");
    town.bob.submit(&opened).await;
    let again = town.bob.get(&path).await.form("/comments").at(&format!("{path}/objections"));
    let page = town.bob.submit(&again.forge("reason", "And children.")).await;
    assert_eq!(page.status, 409, "one objection of each member");
    assert_eq!(page.texts("#reason"), ["And children."]);
}

#[tokio::test]
async fn an_answer_without_words_is_none_and_takes_an_earlier_one_back() {
    let mut town = Town::new().await;
    let path = town.amendment.clone();
    let objection = town.bob.get(&path).await.form("/objections").fill("reason", "It forgets guests.");
    town.bob.submit(&objection).await;
    let mut answer = async |words: &str| {
        let form = town.ada.get(&path).await.form_nth("/objections", 1).fill("reply", words).choose("act", "answer");
        town.ada.submit(&form).await
    };

    let empty = answer(" ").await;
    assert_eq!((empty.status, empty.trouble()), (422, vec!["answer".to_owned()]));
    assert!(answer("Guests may speak.").await.text().contains("Your answer stands below the objection"));
    let back = answer("").await;

    assert!(
        back.text().contains("Your answer is taken back") && !back.text().contains("Guests may speak"),
        "{}",
        back.text()
    );
}

#[tokio::test]
async fn whoever_sends_the_same_words_once_more_does_not_say_them_twice() {
    let mut town = Town::new().await;
    let path = town.amendment.clone();
    let form = town.bob.get(&path).await.form("/comments").fill("comment", "I like it.");
    town.bob.submit(&form.clone()).await;

    let again = town.bob.submit(&form).await;

    assert_eq!(again.status, 409);
    assert!(again.text().contains("You have written exactly this here already"), "{}", again.text());
    assert_eq!(dump(&town.app)["amendment_comments"].len(), 1);
    town.app.advance(TimeDelta::days(1));
    let later = town.bob.get(&path).await.form_nth("/comments", 1).fill("comment", "I like it.");
    assert_eq!(town.bob.submit(&later).await.status, 200, "a day later it may be meant so");
}

#[tokio::test]
async fn an_objection_that_comes_after_the_decision_is_shown_to_whoever_wrote_it() {
    let mut town = Town::new().await;
    let path = town.amendment.clone();
    let form = town.bob.get(&path).await.form("/objections").fill("reason", "Words that took an hour.");
    let throw = town.ada.get(&path).await.form("/withdraw");
    town.ada.submit(&throw).await;

    let page = town.bob.submit(&form).await;

    assert_eq!(page.status, 409);
    page.assert_sound();
    assert_eq!(page.texts("#left-over-words"), ["Words that took an hour."]);
}

#[tokio::test]
async fn words_for_an_objection_outlive_the_session_they_were_typed_in() {
    let (app, id) = objected().await;
    let mut ada = app.signed_in("ada").await;
    let page = ada.get(&format!("/amendments/{id}")).await;
    let forms = [
        page.form_nth("/objections", 1).fill("reply", "Words that took an hour.").choose("act", "answer"),
        page.form("/comments").fill("comment", "Words that took an hour."),
    ];
    app.store.execute("DELETE FROM sessions");

    for form in forms {
        let page = ada.submit(&form).await;

        assert_eq!(page.status, 403);
        assert!(page.texts("textarea").contains(&"Words that took an hour.".to_owned()), "{}", page.body);
    }
}

#[tokio::test]
async fn whoever_gives_a_notice_that_cannot_be_finds_it_as_typed() {
    let mut town = Town::new().await;
    let path = town.amendment.clone();
    let backing = town.bob.get(&path).await.form("/backing");
    town.bob.submit(&backing).await;

    for days in ["31", "0", "", "soon"] {
        let form = town.ada.get(&path).await.form("/announcement").fill("days", days);
        let page = town.ada.submit(&form).await;

        assert_eq!((page.status, page.trouble()), (422, vec!["days".to_owned()]), "{days}");
        assert!(days.is_empty() || page.form("/announcement").has("days", days), "{}", page.body);
        assert!(page.body.contains("/opening"), "a notice that cannot be opens nothing");
    }
}

#[tokio::test]
async fn the_queue_on_a_clause_is_told_on_every_page_in_its_order() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let seeking = app.propose(bea, "2.1", "Nobody votes.").await;
    let announced = app.propose(bea, "2.1", "Everybody has two votes.").await;
    let apart = app.propose(bea, "2.2", "Three quarters carry.").await;
    let (open, _) = app.open_vote(ada, bea).await;
    app.back(ada, announced).await.unwrap();
    app.announce(bea, announced, 9).await.unwrap();
    let order = [open, announced, seeking].map(|id| id.to_string());

    for id in [open, announced, seeking] {
        let page = app.browser().get(&format!("/amendments/{id}")).await;

        page.assert_sound();
        let told = page.texts("section[aria-labelledby=queue] li");
        let states = ["vote open", "vote announced", "looking for a backer"];
        assert!(told.len() == 3 && told.iter().zip(states).all(|(line, state)| line.contains(state)), "{told:?}");
        assert_eq!(
            told.iter().position(|line| line.contains("This amendment")),
            order.iter().position(|o| *o == id.to_string())
        );
        assert!(told[0].contains("closes 8 March 2026") && told[1].contains("opens 10 March 2026"), "{told:?}");
        let api = app.api().get(&format!("/amendments/{id}")).await.json();
        assert_eq!(api["queue"], json!(order));
    }
    let alone = app.browser().get(&format!("/amendments/{apart}")).await;
    assert!(alone.texts("#queue").is_empty() && alone.status == 200);
    let list = app.browser().get("/amendments").await;
    list.assert_sound();
    let cards = list.texts("li.card");
    assert_eq!(cards.iter().filter(|card| card.contains("It waits for the vote on")).count(), 2, "{cards:?}");
    assert!(
        cards[0].contains("These wait for it, in this order:") && cards[0].contains("(vote announced),"),
        "{cards:?}"
    );
}

#[tokio::test]
async fn what_moves_into_a_clause_stands_in_its_queue() {
    let (app, ada) = TestApp::with_community().await;
    let (inside, second) = (app.id_of("2.1").await, app.id_of("2").await);
    let mine = json!([{"act": "move", "clause": app.id_of("1").await, "place": {"where": "after", "clause": inside}}]);
    let moved = app.propose_changes(ada, mine).await;
    let other = app.propose_changes(ada, json!([{"clause": second, "text": "We decide."}])).await;

    let page = app.browser().get(&format!("/amendments/{other}")).await;

    assert!(page.body.contains(&format!("/amendments/{moved}")), "its vote would hold clause 2: {}", page.text());
}

#[tokio::test]
async fn what_came_to_nothing_is_proposed_anew_against_the_text_of_today() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let id = app.propose(bea, "2.2", "Three quarters carry.").await;
    app.app.write(move |tx| withdraw_amendment(tx, bea, id)).await.unwrap();
    let theirs = app.propose_changes(ada, json!([{"clause": app.id_of("2.2").await, "text": "Half carries."}])).await;
    app.back(bea, theirs).await.unwrap();
    let poll = app.open(ada, theirs).await.unwrap();
    app.carry(poll, &[ada, bea]).await;
    let mut browser = app.signed_in("ada").await;
    let page = browser.get(&format!("/amendments/{id}")).await;

    let sheet = browser.get(&page.attribute("a[href*='like=']", "href").unwrap()).await;

    sheet.assert_sound();
    assert!(sheet.text().contains("A vote has changed these words since you wrote yours."), "{}", sheet.text());
    let form = sheet.form("/documents/agreement/amend");
    assert!(form.has("text", "Three quarters carry.") && !form.has("title", ""), "it is filled in");
    let preview = browser.submit(&form.choose("step", "preview")).await;
    let proposed = browser.submit(&preview.form("/documents/agreement/amend").choose("step", "propose")).await;
    assert!(proposed.text().contains("Your amendment is proposed."), "{}", proposed.text());
    assert!(!app.browser().get(&page.url).await.body.contains("like="), "for members");
    assert!(!browser.get(&format!("/amendments/{theirs}")).await.body.contains("like="), "it was carried");
    for strange in ["x", "00000000-0000-0000-0000-000000000000", "%00"] {
        assert_eq!(browser.get(&format!("/documents/agreement/amend?like={strange}")).await.status, 404, "{strange}");
    }
}

#[tokio::test]
async fn a_draft_is_proposed_anew_by_nobody_else() {
    let mut town = Town::new().await;
    let clause = town.app.id_of("2.1").await;
    let form = town.ada.get(&format!("/documents/agreement/amend?clause={clause}")).await.form("/amend");
    let draft = town.ada.submit(&form.fill("text", "My secret words.").choose("step", "draft")).await;
    let id = draft.url.rsplit('/').next().unwrap().to_owned();

    let page = town.bob.get(&format!("/documents/agreement/amend?like={id}")).await;

    assert_eq!(page.status, 404);
    assert!(!page.body.contains("My secret words."));
}

#[tokio::test]
async fn the_feed_says_where_each_amendment_stands_and_when_that_changed() {
    let (app, ada) = TestApp::with_community().await;
    let early = app.propose(ada, "2.1", "One vote each.").await;
    app.advance(TimeDelta::days(1));
    let lapsed = app.propose(ada, "2.2", "Half carries.").await;
    app.advance(TimeDelta::days(1));
    app.app.write(move |tx| withdraw_amendment(tx, ada, early)).await.unwrap();

    let (status, feed) = app.fetch("/feeds/amendments.atom", "*/*").await;

    assert_eq!(status, 200);
    let entries = entries(&feed);
    assert!(
        entries[0]["title"].starts_with("Withdrawn: ") && entries[1]["title"].starts_with("Looking for a backer: ")
    );
    assert!(
        entries[0]["id"].ends_with(&early.to_string()) && entries[0]["updated"].starts_with("2026-03-03T"),
        "{feed}"
    );
    assert!(
        entries[1]["id"].ends_with(&lapsed.to_string()) && entries[1]["updated"].starts_with("2026-03-02T"),
        "{feed}"
    );
    assert!(
        feed.contains("<updated>2026-03-03T12:00:00Z</updated>\n<author>"),
        "the feed is as new as its newest entry: {feed}"
    );
    app.advance(TimeDelta::days(40));
    let (_, feed) = app.fetch("/feeds/amendments.atom", "*/*").await;
    assert!(feed.contains("<title>Lapsed: "), "before any timer noted it: {feed}");
}

/// Title, id, link and time of each entry; every one must have them.
fn entries(feed: &str) -> Vec<BTreeMap<&'static str, String>> {
    let between = |text: &str, begin: &str, end: &str| {
        let found = text.split_once(begin).unwrap_or_else(|| panic!("no {begin} in {text}")).1;
        found.split_once(end).unwrap().0.to_owned()
    };
    let of = |entry: &str| {
        [
            ("title", "<title>", "</title>"),
            ("id", "<id>", "</id>"),
            ("link", "<link href=\"", "\""),
            ("updated", "<updated>", "</updated>"),
        ]
        .into_iter()
        .map(|(name, begin, end)| (name, between(entry, begin, end)))
        .collect()
    };
    feed.split("<entry>").skip(1).map(of).collect()
}
