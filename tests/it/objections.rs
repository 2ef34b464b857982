//! Objections to an amendment (A14).

use crate::support::TestApp;
use chrono::TimeDelta;
use serde_json::json;

#[tokio::test]
async fn an_objection_with_one_backer_stands_beside_the_ballot() {
    let (app, ada) = TestApp::with_community().await;
    let (bea, cai) = (app.member("bea").await, app.member("cai").await);
    let (id, poll) = app.open_vote(ada, bea).await;
    let (own, objector, third) = (app.api_of(ada).await, app.api_of(cai).await, app.api_of(bea).await);
    let path = format!("/amendments/{id}/objections");
    for reason in ["", "  ", &"x".repeat(501)] {
        objector.post(&path, json!({"reason": reason})).await.must_be(422);
    }
    let reason = "It forgets <b>guests</b>. ".to_owned() + &"x".repeat(450);
    let objection = objector.post(&path, json!({"reason": reason})).await.created();
    objector.post(&path, json!({"reason": "Again."})).await.must_be(409);
    let beside = format!("/objections/{objection}");
    assert_eq!(app.api().get(&format!("/amendments/{id}")).await.json()["objections"], json!([]));
    assert!(!app.browser().get(&format!("/amendments/{id}")).await.text().contains("It forgets"));
    let waiting = third.get(&format!("/amendments/{id}")).await.json()["objections"][0].clone();
    assert_eq!((&waiting["id"], &waiting["is_backed"]), (&json!(objection), &json!(false)), "or nobody could back it");
    assert_eq!((&waiting["raised_by"], &waiting["is_mine"]), (&json!("cai"), &json!(false)));
    let theirs = objector.get(&format!("/amendments/{id}")).await.json();
    assert_eq!(theirs["objections"][0]["is_mine"], true, "or they could not withdraw it");
    assert_eq!((&theirs["proposer"], &theirs["backers"]), (&json!("Ada"), &json!(["bea"])));
    objector.post(&format!("{beside}/backing"), json!({})).await.must_be(403);
    third.post(&format!("{beside}/backing"), json!({})).await.must_be(204);
    third.put(&format!("{beside}/answer"), json!({"answer": "No."})).await.must_be(403);
    own.put(&format!("{beside}/answer"), json!({"answer": "Guests may speak."})).await.must_be(204);
    third.delete(&beside).await.must_be(403);

    for path in [format!("/amendments/{id}"), format!("/polls/{poll}")] {
        let page = app.browser().get(&path).await;
        page.assert_sound();
        assert!(
            page.text().contains("It forgets <b>guests</b>.") && page.text().contains("Guests may speak."),
            "{path}"
        );
        assert!(!page.text().contains("cai"), "the roll is private");
    }
    let shown = app.api().get(&format!("/amendments/{id}")).await.json();
    assert_eq!(shown["objections"][0]["answer"], "Guests may speak.");
    assert_eq!(shown["objections"][0]["is_backed"], true);
    assert!(["raised_by", "is_mine"].iter().all(|key| shown["objections"][0].get(key).is_none()), "{shown}");
    assert!(["proposer", "backers"].iter().all(|key| shown.get(key).is_none()), "{shown}");
    let beside_the_ballot = app.api().get(&format!("/polls/{poll}")).await.json();
    assert_eq!(beside_the_ballot["objections"], shown["objections"]);
    assert!(app.notices(ada).await[0].contains("objects to your amendment"));
    assert!(app.notices(cai).await[0].contains("was answered"));
    app.advance(TimeDelta::days(7));
    objector.delete(&beside).await.must_be(409);
    objector.post(&path, json!({"reason": "Too late."})).await.must_be(409);
}
