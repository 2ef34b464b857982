//! Every proposal goes to all who follow the community, so there is a number of them that a day takes.

use crate::support::TestApp;
use crate::support::rows::dump;
use chrono::TimeDelta;
use serde_json::json;

#[tokio::test]
async fn nobody_writes_more_than_thirty_amendments_within_a_day() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    for round in 0..30 {
        app.propose(ada, "2.1", &format!("Everybody has {round} votes.")).await;
    }
    let before = dump(&app);
    let request = json!({
        "document": "agreement", "title": "One more", "summary": "S.", "values_fit": "V.",
        "changes": [{"act": "reword", "clause": app.id_of("2.1").await, "text": "One more."}],
    });

    for is_draft in [false, true] {
        let mut request = request.clone();
        request["is_draft"] = json!(is_draft);
        let refused = app.api_of(ada).await.post("/amendments", request).await.must_be(409).json();
        assert_eq!(refused["code"], "too_many_amendments");
    }
    assert_eq!(dump(&app)["amendments"], before["amendments"]);
    app.propose(bea, "2.1", "Others go on.").await;
    app.advance(TimeDelta::days(1) + TimeDelta::seconds(1));
    app.propose(ada, "2.1", "The next day.").await;
}

#[tokio::test]
async fn drafts_that_were_kept_are_not_proposed_beyond_thirty_within_a_day() {
    let (app, ada) = TestApp::with_community().await;
    let own = app.api_of(ada).await;
    let mut request = json!({
        "document": "agreement", "title": "Kept", "summary": "S.", "values_fit": "V.", "is_draft": true,
        "changes": [{"act": "reword", "clause": app.id_of("2.1").await, "text": "Kept words."}],
    });
    let mut drafts = Vec::new();
    for number in 0..2 {
        request["title"] = json!(format!("Kept {number}"));
        drafts.push(own.post("/amendments", request.clone()).await.created());
    }
    app.advance(TimeDelta::days(2));
    request["is_draft"] = json!(false);
    for number in 0..29 {
        request["title"] = json!(format!("Proposed {number}"));
        own.post("/amendments", request.clone()).await.created();
    }

    own.patch(&format!("/amendments/{}", drafts[0]), json!({"is_draft": false})).await.must_be(200);
    let before = dump(&app);
    let refused = own.patch(&format!("/amendments/{}", drafts[1]), json!({"is_draft": false})).await.must_be(409);

    assert_eq!(refused.json()["code"], "too_many_amendments");
    assert_eq!(dump(&app), before, "it is a draft still");
    own.patch(&format!("/amendments/{}", drafts[1]), json!({"title": "Kept and reworded"})).await.must_be(200);
}

#[tokio::test]
async fn the_very_same_is_neither_proposed_nor_kept_twice_by_one_member() {
    let (app, ada) = TestApp::with_community().await;
    let (own, bea) = (app.api_of(ada).await, app.member("bea").await);
    let clause = app.id_of("2.1").await;
    let request = |is_draft: bool, text: &str| {
        json!({
            "document": "agreement", "title": "T", "summary": "S.", "values_fit": "V.", "is_draft": is_draft,
            "changes": [{"act": "reword", "clause": clause, "text": text}],
        })
    };
    let first = own.post("/amendments", request(false, "New.")).await.created();
    own.post("/amendments", request(true, "New.")).await.created();
    let before = dump(&app);

    for is_draft in [false, true] {
        let again = own.post("/amendments", request(is_draft, "New.")).await.must_be(409).json();
        assert_eq!(again["code"], "proposed_already");
    }

    assert_eq!(dump(&app), before);
    let draft = own.post("/amendments", request(true, "Newer.")).await.created();
    own.post("/amendments", request(false, "Newer.")).await.created();
    let proposed = own.patch(&format!("/amendments/{draft}"), json!({"is_draft": false})).await.must_be(409).json();
    assert_eq!(proposed["code"], "proposed_already", "nor by a draft that was kept beside it");
    own.post("/amendments", request(false, "New!")).await.created();
    app.api_of(bea).await.post("/amendments", request(false, "New.")).await.created();
    own.delete(&format!("/amendments/{first}")).await.must_be(204);
    own.post("/amendments", request(false, "New.")).await.created();
}

#[tokio::test]
async fn what_differs_in_its_place_alone_is_not_the_same() {
    let (app, ada) = TestApp::with_community().await;
    let own = app.api_of(ada).await;
    let (first, second) = (app.id_of("2.1").await, app.id_of("2.2").await);
    for place in [&first, &second] {
        let request = json!({
            "document": "agreement", "title": "T", "summary": "S.", "values_fit": "V.", "is_draft": true,
            "changes": [
                {"act": "reword", "clause": first, "text": "One."},
                {"act": "reword", "clause": second, "text": "Two."},
                {"act": "add", "place": {"where": "after", "clause": place}, "text": "Three."},
            ],
        });
        own.post("/amendments", request).await.created();
    }
}
