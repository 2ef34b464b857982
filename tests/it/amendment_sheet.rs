//! The sheet on which an amendment is written: it shows the change while one writes, loses nothing, and leads
//! through what votes changed meanwhile (A2, A15).

use crate::support::TestApp;
use crate::support::proposals::request;
use crate::support::town::{Town, path_of};
use caucus::db::amendments;
use caucus::domain::amendment::AmendmentState;
use caucus::ids::{AmendmentId, MemberId};
use serde_json::{Value, json};

/// The acts and words of an amendment's changes, in their order.
async fn changes_of(app: &TestApp, id: AmendmentId) -> Vec<(String, String, String)> {
    let changes = app.app.read(move |conn| amendments::list_changes(conn, id)).await.unwrap();
    changes.into_iter().map(|c| (c.act.as_str().to_owned(), c.number, c.new_text)).collect()
}

/// Proposes `theirs` as Ada and carries it with Bea's vote.
async fn carry(app: &TestApp, (ada, bea): (MemberId, MemberId), theirs: Value) {
    let id = app.propose_changes(ada, theirs).await;
    app.back(bea, id).await.unwrap();
    let poll = app.open(ada, id).await.unwrap();
    app.carry(poll, &[ada, bea]).await;
}

#[tokio::test]
async fn the_change_is_shown_while_one_writes_as_the_preview_shows_it() {
    let mut town = Town::new().await;
    let clause = town.app.id_of("2.1").await;
    let sheet = town.ada.get(&format!("/documents/agreement/amend?clause={clause}")).await;
    let form = sheet.form("/amend").fill("text", "Everybody has one <b>voice</b>.");
    let form = form.fill("new_text", "We count twice.").fill("new_place", &format!("after:{clause}"));

    let live = town.ada.submit(&form.clone().choose("step", "live")).await;

    assert_eq!(live.status, 200);
    live.assert_guarded();
    assert_eq!(live.texts("[data-told]"), ["This changes 2 things."]);
    let whole = form.fill("title", "T").fill("summary", "S").fill("values_fit", "V").choose("step", "preview");
    let preview = town.ada.submit(&whole).await;
    assert_eq!(live.texts(".change"), preview.texts(".change"));
    assert!(live.texts("ins")[0].contains("<b>voice</b>.") && live.texts("del")[0].contains("vote."), "{}", live.body);
    assert!(live.body.contains("New clause 2.2"), "{}", live.body);
}

#[tokio::test]
async fn the_preview_names_cited_clauses_that_are_not_there_and_will_not_be() {
    let mut town = Town::new().await;
    let clause = town.app.id_of("2.1").await;
    let sheet = town.ada.get(&format!("/documents/agreement/amend?clause={clause}")).await;
    let form = sheet.form("/amend").fill("text", "Everybody has a voice.").fill("title", "T");
    let form = form.fill("new_text", "We count twice.").fill("new_place", &format!("in:{clause}"));
    let form =
        form.fill("summary", "See 2.1.1 and clause 2.1, but not clause 7.").fill("values_fit", "As 2.1.9 <b> says.");

    let preview = town.ada.submit(&form.choose("step", "preview")).await;

    preview.assert_sound();
    assert!(preview.text().contains("You name clauses that are not in our documents: 7, 2.1.9."), "{}", preview.text());
}

#[tokio::test]
async fn what_is_shown_while_one_writes_says_what_to_do_and_counts_the_words() {
    let mut town = Town::new().await;
    let clause = town.app.id_of("2.1").await;
    let sheet = town.ada.get(&format!("/documents/agreement/amend?clause={clause}")).await;
    assert!(sheet.text().contains("At most 60 words."), "{}", sheet.text());
    let form = sheet.form("/amend").choose("step", "live");
    for (form, told) in [
        (form.clone(), "Nothing is changed so far."),
        (form.clone().fill("text", " "), "Clause 2.1 has no words."),
        (form.clone().fill("act", "move"), "Please choose where clause 2.1 goes."),
        (form.clone().fill("new_text", "New"), "Please choose where new clause 1 goes."),
        (form.clone().fill("place", "in:"), "You chose a place for clause 2.1, but not that it goes there."),
        (form.clone().fill("text", "One.").fill("place", "in:"), "You chose a place for clause 2.1, but not that"),
        (form.clone().fill("text", "One.").fill("summary", &"word ".repeat(61)), "The summary is too long."),
    ] {
        let live = town.ada.submit(&form).await;

        assert!(live.texts("[data-told]")[0].contains(told), "{told}: {}", live.body);
    }
    let long = form.fill("text", "One.").fill("summary", &"word ".repeat(61));
    let live = town.ada.submit(&long).await;
    assert_eq!(live.texts("[data-summary]"), ["At most 60 words; so far 61 words."]);
    let again = town.ada.submit(&long.forge("step", "preview")).await;
    assert!(again.text().contains("so far 61 words"), "it is counted without a script too");
}

#[tokio::test]
async fn the_script_of_the_sheet_is_our_own_file_and_every_other_page_has_none() {
    let mut town = Town::new().await;
    let clause = town.app.id_of("2.1").await;
    let sheet = town.ada.get(&format!("/documents/agreement/amend?clause={clause}")).await;

    sheet.assert_sound();
    let policy = sheet.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self';"), "{policy}");
    let script = town.ada.get(&sheet.attribute("script", "src").unwrap()).await;
    assert!(script.headers["content-type"].to_str().unwrap().contains("javascript"), "{:?}", script.headers);
    for path in [town.amendment.clone(), "/documents/agreement/amend".to_owned(), "/amendments".to_owned()] {
        let page = town.ada.get(&path).await;
        assert!(page.headers["content-security-policy"].to_str().unwrap().contains("script-src 'none'"), "{path}");
        assert!(!page.body.contains("<script"), "{path}");
    }
}

#[tokio::test]
async fn a_session_that_ended_is_told_to_the_script_and_loses_no_words_by_the_button() {
    let mut town = Town::new().await;
    let form = town.ada.get(&format!("{}/edit", town.amendment)).await.form("/edit");
    let form = form.fill("text", "Words that took an hour.");
    town.app.store.execute("DELETE FROM sessions");

    let live = town.ada.submit(&form.clone().choose("step", "live")).await;
    let button = town.ada.submit(&form.choose("step", "preview")).await;

    assert_eq!((live.status, button.status), (403, 403));
    assert!(button.text().contains("Words that took an hour."), "{}", button.text());
    assert!(
        !button.text().contains("Act") && !button.text().contains("Seen"),
        "only what was typed: {}",
        button.text()
    );
}

#[tokio::test]
async fn whoever_edits_finds_everything_again_and_it_stays_what_it_was() {
    let (app, ada) = TestApp::with_community().await;
    let (first, moved, second) = (app.id_of("1").await, app.id_of("2.1").await, app.id_of("2.2").await);
    let changes = json!([
        {"act": "move", "clause": moved, "place": {"where": "after", "clause": second}},
        {"act": "remove", "clause": second},
        {"act": "add", "place": {"where": "after", "clause": first}, "text": "One more."},
        {"act": "add", "place": {"where": "after", "clause": first}, "text": "And another."},
        {"act": "rule", "rule": {"base": "roll", "quorum": 1}},
        {"act": "name", "text": "The Other Commons"},
    ]);
    for is_draft in [true, false] {
        let mut body = request(&changes);
        body["is_draft"] = json!(is_draft);
        let id: AmendmentId = app.api_of(ada).await.post("/amendments", body).await.created().parse().unwrap();
        let before = changes_of(&app, id).await;
        let mut browser = app.signed_in("ada").await;

        let sheet = browser.get(&format!("/amendments/{id}/edit")).await;
        sheet.assert_sound();
        let form = sheet.form("/edit");
        assert_eq!(form.values("act"), ["move", "remove"]);
        assert_eq!(form.values("new_place")[..2], [format!("after:{first}"), format!("after:{first}")]);
        let step = if is_draft { "draft" } else { "preview" };
        let saved = browser.submit(&form.choose("step", step)).await;
        if !is_draft {
            browser.submit(&saved.form("/edit").choose("step", "propose")).await;
        }

        assert_eq!(changes_of(&app, id).await, before, "draft: {is_draft}");
    }
}

#[tokio::test]
async fn a_clause_that_was_chosen_for_a_draft_and_not_yet_reworded_stays_chosen() {
    let mut town = Town::new().await;
    let (one, two) = (town.app.id_of("2.1").await, town.app.id_of("2.2").await);
    let sheet = town.ada.get(&format!("/documents/agreement/amend?clause={one}&clause={two}")).await;
    let form = sheet.form("/amend").fill_nth("text", 1, "Three quarters carry.");

    let draft = town.ada.submit(&form.choose("step", "draft")).await;

    let again = town.ada.get(&format!("{}/edit", path_of(&draft.url, "/amendments/"))).await.form("/edit");
    assert_eq!(again.values("text"), ["Everybody has one vote.", "Three quarters carry."]);
}

#[tokio::test]
async fn further_things_are_changed_on_a_sheet_that_is_filled_already() {
    let mut town = Town::new().await;
    let (one, two) = (town.app.id_of("2.1").await, town.app.id_of("2.2").await);
    let form = town.ada.get(&format!("/documents/agreement/amend?clause={one}")).await.form("/amend");
    let draft = town.ada.submit(&form.fill("text", "One vote each.").choose("step", "draft")).await;
    let path = path_of(&draft.url, "/amendments/");
    let form = town.ada.get(&format!("{path}/edit")).await.form("/edit").fill("title", "Typed before");
    let ticked = form.choose("clause", &two).choose("with_rule", "yes").choose("with_name", "yes");

    let more = town.ada.submit(&ticked.choose("step", "more")).await;

    more.assert_sound();
    let form = more.form("/edit");
    assert!(form.has("title", "Typed before") && form.has("vote_base", "cast") && form.has("quorum", "0"));
    assert_eq!(form.values("text"), ["One vote each.", "Two thirds carry."]);
    let form = form.fill_nth("act", 1, "remove").fill("quorum", "2").fill("new_name", "Others");
    let saved = town.ada.submit(&form.choose("step", "draft")).await;
    let kept =
        changes_of(&town.app, path_of(&saved.url, "/amendments/")["/amendments/".len()..].parse().unwrap()).await;
    assert_eq!(kept.iter().map(|(act, ..)| act.as_str()).collect::<Vec<_>>(), ["reword", "remove", "rule", "name"]);
}

#[tokio::test]
async fn a_refused_sheet_comes_back_with_every_field_as_it_was_typed() {
    let mut town = Town::new().await;
    let (one, two) = (town.app.id_of("2.1").await, town.app.id_of("2.2").await);
    let sheet = town.ada.get(&format!("/documents/agreement/amend?clause={one}&clause={two}&with_rule=yes")).await;
    let form = sheet.form("/amend").fill_nth("act", 0, "remove").fill_nth("text", 0, "Typed, then removed.");
    let form = form.fill_nth("act", 1, "move").fill_nth("text", 1, "Moved words.");
    let form = form.fill("new_text", "New words.").fill("quorum", "many").fill("summary", "Short.");

    let page = town.ada.submit(&form.clone().choose("step", "preview")).await;

    assert_eq!(page.status, 422);
    let again = page.form("/amend");
    for name in ["clause", "act", "text", "place", "quorum", "vote_base", "summary", "with_rule"] {
        assert_eq!(again.values(name), form.values(name), "{name}");
    }
    assert_eq!(again.values("new_text")[0], "New words.");
}

/// What Bea proposes, what Ada's vote makes of the text meanwhile, and what the page of the rebase then says.
async fn rebased(mine: Value, theirs: Value, says: &[&str]) -> (TestApp, AmendmentId) {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let id = app.propose_changes(bea, mine).await;
    carry(&app, (ada, bea), theirs).await;
    assert_eq!(app.state(id).await, AmendmentState::InConflict);

    let page = app.signed_in("bea").await.get(&format!("/amendments/{id}/rebase")).await;

    page.assert_sound();
    for part in says {
        assert!(page.text().contains(part), "{part}: {}", page.text());
    }
    assert!(page.body.contains(&format!("/amendments/{id}/edit")));
    assert!(!app.browser().get(&page.url).await.body.contains("/edit"), "for its proposer alone");
    (app, id)
}

#[tokio::test]
async fn a_change_of_the_rule_is_rebased_on_the_rule_of_today() {
    let rule = |quorum: u32| json!([{"act": "rule", "rule": {"base": "cast", "quorum": quorum}}]);
    let (app, id) = rebased(
        rule(1),
        rule(2),
        &[
            "The rule of voting Its words have changed",
            "As it was It is carried by two thirds",
            "if 2 or more members vote",
            "if 1 or more members vote",
        ],
    )
    .await;
    let mut bea = app.signed_in("bea").await;

    let sheet = bea.get(&format!("/amendments/{id}/edit")).await;

    sheet.assert_sound();
    assert!(sheet.text().contains("A vote has changed the rule since you wrote this."), "{}", sheet.text());
    assert!(sheet.form("/edit").has("quorum", "1"));
    let saved = bea.submit(&sheet.form("/edit").fill("quorum", "0").choose("step", "preview")).await;
    bea.submit(&saved.form("/edit").choose("step", "propose")).await;
    assert_eq!(app.state(id).await, AmendmentState::SeekingBacking);
}

#[tokio::test]
async fn a_change_of_the_name_is_rebased_on_the_name_of_today() {
    let name = |name: &str| json!([{"act": "name", "text": name}]);
    let says = ["As it was The Commons As it stands now", "[added: Meadow ]", "As it is proposed"];
    let (app, id) = rebased(name("The Valley"), name("The Meadow"), &says).await;

    let sheet = app.signed_in("bea").await.get(&format!("/amendments/{id}/edit")).await;

    assert!(sheet.text().contains("A vote has changed the name since you wrote this. Before: The Commons."));
    assert!(sheet.form("/edit").has("new_name", "The Valley"));
}

#[tokio::test]
async fn a_clause_whose_new_place_went_away_is_given_another() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (first, moved) = (app.id_of("1").await, app.id_of("2.1").await);
    let mine = json!([{"act": "move", "clause": moved, "place": {"where": "after", "clause": first}}]);
    let id = app.propose_changes(bea, mine).await;
    let theirs = json!([{"act": "remove", "clause": first}, {"clause": moved, "text": "Everybody has a voice."}]);
    carry(&app, (ada, bea), theirs).await;
    let mut bea = app.signed_in("bea").await;

    let page = bea.get(&format!("/amendments/{id}/rebase")).await;
    let sheet = bea.get(&format!("/amendments/{id}/edit")).await;

    for part in [
        "It stands after clause 1.",
        "The place where it would stand is not there any more",
        "It has the number 1.1 now.",
    ] {
        assert!(page.text().contains(part), "{part}: {}", page.text());
    }
    assert!(sheet.text().contains("The place that was chosen is not in the document any more."), "{}", sheet.text());
    assert!(sheet.form("/edit").has("text", "Everybody has a voice."), "it had no words of its own");
}

#[tokio::test]
async fn words_for_a_clause_that_went_away_are_offered_as_a_new_one() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (one, two) = (app.id_of("2.1").await, app.id_of("2.2").await);
    let mine = json!([{"clause": two, "text": "Three quarters carry."}]);
    let id = app.propose_changes(bea, mine).await;
    carry(&app, (ada, bea), json!([{"act": "remove", "clause": two}])).await;
    let mut bea = app.signed_in("bea").await;

    let page = bea.get(&format!("/amendments/{id}/rebase")).await;
    let sheet = bea.get(&format!("/amendments/{id}/edit")).await;

    assert!(page.text().contains("It was removed. You can propose your words as a new clause"), "{}", page.text());
    assert!(sheet.text().contains("Clause 2.2 is not in the document any more."), "{}", sheet.text());
    let form = sheet.form("/edit");
    assert!(form.has("new_text", "Three quarters carry.") && form.has("new_place", &format!("after:{one}")));
    let preview = bea.submit(&form.choose("step", "preview")).await;
    bea.submit(&preview.form("/edit").choose("step", "propose")).await;
    assert_eq!(changes_of(&app, id).await, [("add".to_owned(), "2.2".to_owned(), "Three quarters carry.".to_owned())]);
}

#[tokio::test]
async fn a_removal_of_something_that_grew_says_what_came_into_it() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (removed, second) = (app.id_of("2").await, app.id_of("2.2").await);
    let id = app.propose_changes(bea, json!([{"act": "remove", "clause": removed}])).await;
    let theirs = json!([{"act": "add", "place": {"where": "after", "clause": second}, "text": "We count twice."}]);
    carry(&app, (ada, bea), theirs).await;

    let page = app.signed_in("bea").await.get(&format!("/amendments/{id}/rebase")).await;

    assert!(page.text().contains("Something has come into it since: 2.3."), "{}", page.text());
}

#[tokio::test]
async fn a_vote_that_closes_while_one_writes_is_shown_before_anything_is_kept() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (one, two) = (app.id_of("2.1").await, app.id_of("2.2").await);
    let mut browser = app.signed_in("bea").await;
    let sheet = browser.get(&format!("/documents/agreement/amend?clause={one}&clause={two}")).await;
    let form = sheet.form("/amend").fill_nth("text", 0, "One vote each.").fill_nth("text", 1, "Half is enough.");
    let form = form.fill("title", "T").fill("summary", "S").fill("values_fit", "V");
    let theirs = json!([{"clause": one, "text": "Everybody has a voice."}, {"act": "remove", "clause": two}]);
    carry(&app, (ada, bea), theirs).await;

    for step in ["preview", "propose", "draft"] {
        let page = browser.submit(&form.clone().choose("step", step)).await;

        assert_eq!(page.status, 409, "{step}");
        page.assert_sound();
        assert!(page.text().contains("A vote has changed these words since you wrote yours."), "{}", page.text());
        assert!(page.texts(".news ins").concat().contains("voice."), "what is new is marked");
        let again = page.form("/amend");
        assert!(
            again.has("text", "One vote each.") && again.has("new_text", "Half is enough.") && again.has("title", "T")
        );
        let preview = browser.submit(&again.choose("step", "preview")).await;
        assert_eq!(preview.status, 200, "{}", preview.text());
        assert!(preview.texts("del").concat().contains("voice."), "{}", preview.text());
    }
    let all = app.app.read(|conn| amendments::list_amendments(conn, None)).await.unwrap();
    assert_eq!(all.len(), 1, "nothing was kept unseen");
}

#[tokio::test]
async fn an_edit_that_comes_after_the_opening_loses_no_words() {
    let mut town = Town::new().await;
    let path = town.amendment.clone();
    let form = town.ada.get(&format!("{path}/edit")).await.form("/edit").fill("text", "Words that took an hour.");
    let backing = town.bob.get(&path).await.form("/backing");
    town.bob.submit(&backing).await;
    let opening = town.ada.get(&path).await.form("/opening");
    town.ada.submit(&opening).await;

    for step in ["preview", "propose"] {
        let page = town.ada.submit(&form.clone().choose("step", step)).await;

        assert_eq!(page.status, 409, "{step}");
        assert!(page.text().contains("The vote on this amendment is open."), "{}", page.text());
        assert!(page.form("/edit").has("text", "Words that took an hour."));
    }
}
