//! A Question wherever other servers fetch it: its own address, the Create that brought it, the outbox
//! (A8). The numbers are those of now, and nobody may keep them across the end.

use crate::support::TestApp;
use chrono::TimeDelta;
use serde_json::Value;

/// What an address answers: how long it may be kept, and the Question in it.
#[expect(clippy::disallowed_types, reason = "the test plays another server")]
async fn fetch(app: &TestApp, path: &str, pointer: &str) -> (String, Value) {
    let answer =
        reqwest::Client::new().get(app.url(path)).header("accept", "application/activity+json").send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    let kept = answer.headers()["cache-control"].to_str().unwrap().to_owned();
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    (kept, body.pointer(pointer).unwrap_or_else(|| panic!("{path}: {body}")).clone())
}

fn seconds(kept: &str) -> u32 {
    kept.split("max-age=").nth(1).map_or(0, |rest| rest.split(',').next().unwrap().parse().unwrap())
}

#[tokio::test]
async fn every_address_shows_turnout_while_open_and_the_final_numbers_from_the_very_end() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
    app.vote_on_the_web(poll, bea, &[0]).await.unwrap();
    let addresses = [
        (format!("/polls/{poll}"), ""),
        (format!("/activities/{poll}"), "/object"),
        ("/c/commons/outbox/page/1".to_owned(), "/orderedItems/0/object"),
    ];
    for (path, pointer) in &addresses {
        let (kept, question) = fetch(&app, path, pointer).await;
        assert_eq!((question["votersCount"].as_u64(), question.get("closed")), (Some(2), None), "{path}");
        assert!(TestApp::shown(&question).iter().all(|(_, total)| *total == 0), "{path}");
        assert!(seconds(&kept) <= 30, "{path}: {kept}");
    }
    app.advance(TimeDelta::weeks(1) - TimeDelta::milliseconds(1_500));
    for (path, pointer) in &addresses {
        assert!(seconds(&fetch(&app, path, pointer).await.0) <= 1, "{path}: not kept across the end");
    }

    app.advance(TimeDelta::milliseconds(1_500));

    for (path, pointer) in &addresses {
        // The result was published meanwhile and stands first in the outbox.
        let (_, question) = fetch(&app, path, &pointer.replace("/orderedItems/0/", "/orderedItems/1/")).await;
        assert_eq!(TestApp::shown(&question)[0].1, 2, "{path}");
        assert!(question["closed"].is_string(), "{path}");
    }
}

#[tokio::test]
async fn whichever_address_is_read_first_after_the_end_closes_the_vote() {
    for path in ["/polls/{}", "/activities/{}", "/c/commons/outbox/page/1"] {
        let (app, ada) = TestApp::with_community().await;
        let bea = app.member("bea").await;
        let (_, poll) = app.open_vote(ada, bea).await;
        app.advance(TimeDelta::weeks(1));

        fetch(&app, &path.replace("{}", &poll.to_string()), "/type").await;

        assert!(app.result(poll).await.is_some(), "{path}");
    }
}
