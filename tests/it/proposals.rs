//! Proposals of every kind: clauses that come, go and move, the rule and the name, drafts, notice,
//! deadlines, conflicts (A2, A3, A9, A15).

use crate::support::rows::{dump, of_type, on_their_way};
use crate::support::votes::refusal_code;
use crate::support::{TestApp, Town};
use caucus::db::{amendments, documents};
use caucus::domain::amendment::AmendmentState;
use caucus::domain::tally::{Rule, VoteBase};
use caucus::ids::AmendmentId;
use caucus::services::back_amendment;
use caucus::services::propose_amendment::{renew_amendment, withdraw_amendment};
use caucus::workers::timers;
use chrono::TimeDelta;
use serde_json::json;

#[tokio::test]
async fn clauses_come_go_and_move_and_numbers_follow() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (first, second) = (app.id_of("2.1").await, app.id_of("2.2").await);
    let changes = json!([
        {"act": "move", "clause": first, "place": {"where": "after", "clause": second}},
        {"act": "add", "place": {"where": "first_in", "clause": app.id_of("1").await}, "text": "And our neighbours."},
    ]);

    let id = app.propose_changes(ada, changes).await;
    app.back(bea, id).await.unwrap();
    let page = app.browser().get(&format!("/amendments/{id}")).await;
    let poll = app.open(ada, id).await.unwrap();
    app.carry(poll, &[ada, bea]).await;

    page.assert_sound();
    assert!(page.text().contains("Clause 2.1 goes to another place It stands after clause 2.2."), "{}", page.text());
    assert!(page.text().contains("New clause 1.1 It stands first in clause 1."), "{}", page.text());
    let now: Vec<(String, String)> = app.clauses().await.into_iter().map(|c| (c.number, c.text)).collect();
    let expected = [
        ("1", "We help each other."),
        ("1.1", "And our neighbours."),
        ("2", "We decide together."),
        ("2.1", "Two thirds carry."),
        ("2.2", "Everybody has one vote."),
    ];
    assert_eq!(now, expected.map(|(number, text)| (number.to_owned(), text.to_owned())));
    assert_eq!(app.id_of("2.2").await, first, "a moved clause keeps its id");
    let history = app.api().get(&format!("/documents/agreement/clauses/{first}/history")).await.json();
    assert_eq!(
        (&history["history"][0]["step"], &history["history"][0]["new_number"]),
        (&"moved".into(), &"2.2".into())
    );
    let removal = app.propose_changes(ada, json!([{"act": "remove", "clause": app.id_of("1").await}])).await;
    app.back(bea, removal).await.unwrap();
    let poll = app.open(ada, removal).await.unwrap();
    app.carry(poll, &[ada, bea]).await;
    assert_eq!(app.id_of("1.2").await, first);
    assert_eq!(app.clauses().await.len(), 3, "with what was in it");
}

#[tokio::test]
async fn the_rule_and_the_name_change_by_a_vote_like_every_clause() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    app.follow_community("far.example", "fay").await;
    let changes = json!([
        {"act": "rule", "rule": {"base": "roll", "quorum": 2}},
        {"act": "name", "text": "The Greens & Commons"},
    ]);
    let id = app.propose_changes(ada, changes).await;
    let rival = app.propose_changes(bea, json!([{"act": "name", "text": "The Others"}])).await;
    app.back(bea, id).await.unwrap();
    app.back(ada, rival).await.unwrap();
    let page = app.browser().get(&format!("/amendments/{id}")).await;
    page.assert_sound();
    assert!(
        page.text().contains("The rule of voting") && page.text().contains("if 2 or more members vote"),
        "{}",
        page.text()
    );
    let poll = app.open(ada, id).await.unwrap();
    assert_eq!(refusal_code(app.open(bea, rival).await), "vote_on_clause_open");
    assert_eq!(app.poll_row(poll).await.frozen.unwrap().rule, Rule::default(), "the old rule decides");

    app.carry(poll, &[ada, bea]).await;

    let document = app.app.read(documents::list_documents).await.unwrap().remove(0);
    assert_eq!(document.rule, Rule { base: VoteBase::Roll, quorum: 2, ..Rule::default() });
    assert_eq!(document.version.number, 2);
    let first =
        app.app.read(move |conn| documents::find_version_numbered(conn, document.id, 1)).await.unwrap().unwrap();
    assert_eq!(first.rule, Rule::default(), "each version keeps its rule");
    let updates = of_type(&on_their_way(&app), "Update");
    let renamed = updates.iter().find(|(_, update)| update["object"]["type"] == "Group").unwrap();
    assert_eq!(renamed.1["object"]["name"], "The Greens & Commons");
    assert_eq!(renamed.1["object"]["attachment"][0]["name"], "Spokespeople", "the rest of the profile stays");
    assert!(app.browser().get("/").await.texts(".brand").concat().contains("The Greens & Commons"));
    assert_eq!(app.state(rival).await, AmendmentState::InConflict, "it wants to change a name that is gone");
}

#[tokio::test]
async fn a_draft_is_for_its_author_alone_until_it_is_proposed() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    app.follow_community("far.example", "fay").await;
    let (own, other) = (app.api_of(ada).await, app.api_of(bea).await);
    let draft = json!({"document": "agreement", "title": "Half", "changes": [], "is_draft": true});
    let id: AmendmentId = own.post("/amendments", draft).await.created().parse().unwrap();
    let (path, page) = (format!("/amendments/{id}"), format!("/amendments/{id}"));

    assert_eq!(own.get(&path).await.json()["state"], "draft");
    for api in [&other, &app.api()] {
        api.get(&path).await.must_be(404);
        assert_eq!(api.get("/amendments").await.json()["items"].as_array().unwrap().len(), 0);
        api.get(&format!("{path}/comments")).await.must_be(404);
    }
    other.get(&format!("{path}/can-i-vote")).await.must_be(404);
    assert_eq!(other.get("/me/drafts").await.json()["items"], json!([]));
    assert_eq!(own.get("/me/drafts").await.json()["items"][0]["id"], json!(id.to_string()));
    other.patch(&path, json!({"title": "Mine"})).await.must_be(404);
    other.delete(&path).await.must_be(404);
    other.post(&format!("{path}/backing"), json!({})).await.must_be(404);
    other.post(&format!("{path}/objections"), json!({"reason": "No."})).await.must_be(404);
    let (mut browser, mut author) = (app.signed_in("bea").await, app.signed_in("ada").await);
    for path in [page.clone(), format!("{page}/edit"), format!("{page}/rebase")] {
        assert_eq!(browser.get(&path).await.status, 404, "{path}");
        assert_eq!(app.browser().get(&path).await.status, if path.ends_with("edit") { 200 } else { 404 }, "{path}");
    }
    assert!(author.get("/amendments").await.text().contains("Half"));
    author.get(&page).await.assert_sound();
    app.advance(TimeDelta::days(40));
    timers::step(&app.app).await.unwrap();
    assert_eq!(app.state(id).await, AmendmentState::Draft, "a draft does not lapse");
    assert!(of_type(&on_their_way(&app), "Create").is_empty());
    let other_draft = own.post("/amendments", json!({"document": "agreement", "is_draft": true})).await.created();
    own.delete(&format!("/amendments/{other_draft}")).await.must_be(204);
    own.get(&format!("/amendments/{other_draft}")).await.must_be(404);
    let whole = json!({
        "summary": "Whole.", "values_fit": "Well.",
        "changes": [{"clause": app.id_of("2.1").await, "text": "Everybody has two votes."}],
    });
    own.patch(&path, json!({"title": "", "is_draft": false})).await.must_be(422);
    own.patch(&path, whole).await.must_be(200);
    assert_eq!(app.state(id).await, AmendmentState::Draft, "nothing is proposed that nobody asked to propose");
    own.patch(&path, json!({"is_draft": false})).await.must_be(200);

    assert_eq!(app.state(id).await, AmendmentState::SeekingBacking);
    let told = of_type(&on_their_way(&app), "Create");
    assert!(told[0].1["object"]["content"].as_str().unwrap().contains("#back"), "{}", told[0].1);
    other.post(&format!("{path}/backing"), json!({})).await.must_be(201);
}

#[tokio::test]
async fn an_announced_vote_opens_by_itself_and_falls_back_when_nobody_backs_it() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let id = app.propose(ada, "2.1", "Everybody has one vote, and one only.").await;
    let announce = async |days: u32| app.announce(ada, id, days).await;
    assert_eq!(refusal_code(announce(3).await), "not_backed");
    app.back(bea, id).await.unwrap();
    for days in [0, 31, u32::MAX] {
        assert_eq!(refusal_code(announce(days).await), "invalid_fields", "{days}");
    }
    announce(3).await.unwrap();
    assert_eq!(app.state(id).await, AmendmentState::Announced);
    app.app.write(move |tx| back_amendment::take_backing_back(tx, bea, id)).await.unwrap();
    assert_eq!(app.state(id).await, AmendmentState::SeekingBacking);
    app.advance(TimeDelta::days(3));
    timers::step(&app.app).await.unwrap();
    assert_eq!(app.state(id).await, AmendmentState::SeekingBacking, "nothing opens unbacked");
    app.back(bea, id).await.unwrap();
    announce(3).await.unwrap();
    let page = app.browser().get(&format!("/amendments/{id}")).await;
    page.assert_sound();
    assert!(page.text().contains("The vote opens by itself on 7 March 2026, 12:00 UTC"), "{}", page.text());

    app.advance(TimeDelta::days(3) - TimeDelta::seconds(1));
    assert_eq!(timers::step(&app.app).await.unwrap(), 0);
    app.advance(TimeDelta::seconds(1));
    timers::step(&app.app).await.unwrap();

    assert_eq!(app.state(id).await, AmendmentState::Open);
    assert_eq!(timers::step(&app.app).await.unwrap(), 0, "once");
}

#[tokio::test]
async fn an_announced_vote_waits_for_the_vote_on_the_same_clause() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let rival = app.propose(bea, "2.1", "Nobody votes.").await;
    app.back(ada, rival).await.unwrap();
    app.announce(bea, rival, 1).await.unwrap();
    let (first, poll) = app.open_vote(ada, bea).await;
    app.advance(TimeDelta::days(1));

    assert_eq!(timers::step(&app.app).await.unwrap(), 1);
    assert_eq!(timers::step(&app.app).await.unwrap(), 0, "its proposer is told once");
    assert!(app.notices(bea).await[0].contains("waits for the vote on “Change clause 2.1” to close"));
    let page = app.browser().get(&format!("/amendments/{rival}")).await;

    assert!(page.text().contains("It waits for the vote on Change clause 2.1 to end"), "{}", page.text());
    let api = app.api().get(&format!("/amendments/{rival}")).await.json();
    assert_eq!(api["waits_for"], json!([first.to_string()]));
    app.vote_on_the_web(poll, ada, &[1]).await.unwrap();
    app.advance(TimeDelta::days(6));
    timers::step(&app.app).await.unwrap();
    assert_eq!((app.state(first).await, app.state(rival).await), (AmendmentState::Lost, AmendmentState::Open));
}

#[tokio::test]
async fn the_proposer_is_warned_after_27_days_and_renews_with_one_press() {
    let (app, ada) = TestApp::with_community().await;
    let id = app.propose(ada, "2.1", "One vote each.").await;
    let renew = async || app.app.write(move |tx| renew_amendment(tx, ada, id)).await;
    app.advance(TimeDelta::days(27) - TimeDelta::seconds(1));
    assert_eq!(timers::step(&app.app).await.unwrap(), 0);
    app.advance(TimeDelta::seconds(1));

    assert_eq!(timers::step(&app.app).await.unwrap(), 1);
    assert_eq!(timers::step(&app.app).await.unwrap(), 0, "once");
    assert!(app.notices(ada).await[0].contains("lapses on 31 March 2026"));
    let mut browser = app.signed_in("ada").await;
    let page = browser.get(&format!("/amendments/{id}")).await;
    page.assert_sound();
    let renewed = browser.submit(&page.form("/renewal")).await;

    assert!(renewed.text().contains("another 30 days"), "{}", renewed.text());
    app.advance(TimeDelta::days(29));
    timers::step(&app.app).await.unwrap();
    assert_eq!(app.state(id).await, AmendmentState::SeekingBacking);
    app.advance(TimeDelta::days(1));
    assert_eq!(refusal_code(renew().await), "lapsed", "the clock decides before any timer");
    timers::step(&app.app).await.unwrap();
    assert_eq!(app.state(id).await, AmendmentState::Lapsed);
}

#[tokio::test]
async fn every_edit_tells_those_whose_backing_it_ends() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let linked = app.linked(bea, "bea").await;
    let id = app.propose(ada, "2.1", "One vote each.").await;
    app.back(bea, id).await.unwrap();

    app.edit(ada, id, "2.1", "Two votes each.").await.unwrap();

    assert!(app.notices(bea).await[0].contains("your backing has ended"));
    let told = of_type(&on_their_way(&app), "Create");
    let letter = told.iter().find(|(inbox, _)| *inbox == format!("{linked}/inbox")).unwrap();
    assert_eq!(letter.1["object"]["to"], json!([linked]));
    let account = app.signed_in("bea").await.get("/account").await;
    account.assert_sound();
    assert!(account.text().contains("your backing has ended"));
    let api = app.api_of(bea).await.get("/me/notices").await.json();
    assert!(api["items"][0]["url"].as_str().unwrap().ends_with(&format!("/amendments/{id}")));
    assert!(app.notices(ada).await.iter().all(|told| !told.contains("ended")), "who edits knows");
}

#[tokio::test]
async fn what_a_vote_changed_underneath_is_in_conflict_at_once_and_is_rebased() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let late = app.propose(bea, "2.1", "Everybody has a vote and a voice.").await;
    let apart = app.propose(bea, "2.2", "Three quarters carry.").await;
    for id in [late, apart] {
        app.back(ada, id).await.unwrap();
    }
    let (_, poll) = app.open_vote(ada, bea).await;

    app.carry(poll, &[ada, bea]).await;

    assert_eq!(app.state(late).await, AmendmentState::InConflict);
    assert_eq!(app.state(apart).await, AmendmentState::Backed, "it changes another clause");
    let told = app.notices(bea).await;
    assert_eq!(told.iter().filter(|told| told.contains("was changed by a vote")).count(), 1, "{told:?}");
    assert_eq!(refusal_code(app.open(bea, late).await), "in_conflict");
    let rebase = app.browser().get(&format!("/amendments/{late}/rebase")).await;
    rebase.assert_sound();
    let text = rebase.text();
    for part in [
        "As it was Everybody has one vote.",
        "As it stands now",
        "and one only.",
        "a vote and ] [removed: vote. ] [added: a voice.",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    app.edit(bea, late, "2.1", "Everybody has one vote, one only, and a voice.").await.unwrap();
    assert_eq!(refusal_code(app.open(bea, late).await), "not_backed", "it needs backing again");
    app.back(ada, late).await.unwrap();
    app.open(bea, late).await.unwrap();
}

#[tokio::test]
async fn a_withdrawn_proposal_says_so_on_the_fediverse() {
    let (app, ada) = TestApp::with_community().await;
    app.follow_community("far.example", "fay").await;
    let id = app.propose(ada, "2.1", "One vote each.").await;

    app.app.write(move |tx| withdraw_amendment(tx, ada, id)).await.unwrap();

    let updates = of_type(&on_their_way(&app), "Update");
    assert!(updates[0].1["object"]["content"].as_str().unwrap().contains("It was withdrawn"), "{}", updates[0].1);
    assert_eq!(updates[0].1["object"]["amendmentState"], "withdrawn");
    let before = dump(&app);
    assert_eq!(refusal_code(app.app.write(move |tx| withdraw_amendment(tx, ada, id)).await), "withdrawn");
    assert_eq!(dump(&app), before);
}

#[tokio::test]
async fn the_sheet_says_what_to_do_when_nothing_is_ticked_or_a_clause_is_empty() {
    let mut town = Town::new().await;
    let nothing = town.ada.get("/documents/agreement/amend?step=write").await;
    assert_eq!(nothing.status, 422);
    assert!(nothing.text().contains("Please tick what you wish to change"), "{}", nothing.text());
    nothing.assert_sound();
    let clause = town.app.id_of("2.1").await;
    let sheet = town.ada.get(&format!("/documents/agreement/amend?clause={clause}&with_rule=yes&with_name=yes")).await;
    sheet.assert_sound();
    let form = sheet.form("/amend").fill("title", "T").fill("summary", "S").fill("values_fit", "V");
    let form = form.fill("vote_base", "roll").fill("quorum", "2").fill("new_name", "Other");

    let empty = town.ada.submit(&form.clone().fill("text", " ").choose("step", "preview")).await;

    assert_eq!((empty.status, empty.trouble()), (422, vec!["changes".to_owned()]));
    assert!(empty.text().contains("Clause 2.1 has no words."), "{}", empty.text());
    for (field, value, says) in [("quorum", "many", "whole number"), ("act", "move", "choose where")] {
        let page = town.ada.submit(&form.clone().fill(field, value).choose("step", "preview")).await;
        assert_eq!(page.status, 422, "{field}");
        assert!(page.text().contains(says), "{}", page.text());
    }
    let added = form
        .fill("text", "Everybody votes.")
        .fill("new_text", "A new one.")
        .fill("new_place", &format!("after:{clause}"));
    let preview = town.ada.submit(&added.choose("step", "preview")).await;
    preview.assert_sound();
    assert!(
        preview.text().contains("New clause 2.2") && preview.text().contains("The rule of voting"),
        "{}",
        preview.text()
    );
    let back = town.ada.submit(&preview.form("/amend").choose("step", "edit")).await;
    assert!(back.form("/amend").has("new_text", "A new one."));
    let more = town.ada.submit(&back.form("/amend").choose("step", "more")).await;
    assert!(more.text().contains("New clause 2"), "{}", more.text());
    let draft = town.ada.submit(&preview.form("/amend").choose("step", "draft")).await;
    assert!(draft.text().contains("This is your draft"), "{}", draft.text());
    let again = town.ada.get(&format!("{}/edit", crate::support::town::path_of(&draft.url, "/amendments/"))).await;
    assert!(again.form("/edit").has("quorum", "2") && again.form("/edit").has("new_name", "Other"));
    let id: AmendmentId = draft.url.rsplit('/').next().unwrap().parse().unwrap();
    let kept = town.app.app.read(move |conn| amendments::list_changes(conn, id)).await.unwrap();
    assert_eq!(kept.len(), 4);
}
