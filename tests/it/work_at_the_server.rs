//! What stewards do at the command line in the place of a member: everybody can read that it was
//! done (K2), the member is told, and nobody votes in their name (V-54).

use super::support::TestApp;
use super::support::process::{caucus, run};
use caucus::db::member_notices::{Notices, list_notices};
use caucus::db::steward_log::list_acts;
use caucus::ids::MemberId;
use serde_json::json;

/// Runs a command on the store of a running server; answers what it printed.
fn at_the_server(app: &TestApp, arguments: &[&str]) -> String {
    let output = run(caucus(&app.store).args(["--public-url", &app.base]).args(arguments), "another long phrase");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

async fn told(app: &TestApp, member: MemberId) -> Vec<String> {
    let notices = app.app.read(move |conn| list_notices(conn, member, Notices::All, 20)).await.unwrap();
    notices.into_iter().map(|notice| notice.sentence).collect()
}

#[tokio::test]
async fn every_act_in_the_place_of_a_member_is_public_and_told_to_them() {
    let (app, _) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let acts: [(&[&str], &str, &str); 6] = [
        (&["token", "create", "--member", "bea", "--name", "Secret plan"], "made a token", "act as you"),
        (&["member", "password", "bea", "--password-stdin"], "set the password", "set your password"),
        (&["member", "reset-link", "bea"], "link for a new password", "made a link"),
        (&["cabal", "form", "--by", "bea", "--name", "Wasps", "--purpose", "W."], "formed a cabal", "in your name"),
        (&["member", "add", "cleo", "--password-stdin"], "put a member on the roll", ""),
        (&["member", "add", "dora", "--password-stdin", "--steward"], "put a steward on the roll", ""),
    ];

    for (command, logged, sentence) in acts {
        at_the_server(&app, command);

        let newest = app.app.read(|conn| list_acts(conn, None, 1)).await.unwrap().remove(0);
        assert!(newest.act.contains(logged) && newest.steward.is_none(), "{newest:?}");
        assert!(told(&app, bea).await.iter().any(|told| told.contains(sentence)), "{sentence}");
    }
    at_the_server(&app, &["token", "create", "--member", "bea"]);
    let listed = at_the_server(&app, &["token", "list", "--member", "bea"]);
    let id = listed.lines().find(|line| line.contains("without a voice")).unwrap().split_whitespace().next().unwrap();
    at_the_server(&app, &["token", "revoke", id]);
    assert!(told(&app, bea).await[0].contains("revoked a token of yours"));

    let page = app.browser().get("/log").await;
    page.assert_sound();
    assert!(page.text().contains("somebody at the command line of the server set the password of a member"));
    for private in ["bea", "Bea", "cleo", "dora", "Secret plan"] {
        assert!(!page.body.contains(private), "{private} stands in the public log");
    }
}

#[tokio::test]
async fn a_token_that_a_steward_made_has_no_voice_until_its_member_confirms_it() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let cabal = app.cabal(bea, "bees").await;
    let (amendment, poll) = app.open_vote(ada, bea).await;
    let advisory = app.poll(bea, cabal, false, true).await;
    let proposed = app.propose(ada, "2.2", "Nobody has two.").await;
    let api = app.api().with(&at_the_server(&app, &["token", "create", "--member", "bea"]));

    api.post(&format!("/polls/{advisory}/ballot"), json!({"choices": ["Tea"]})).await.must_be(201);
    for (path, body) in [
        (format!("/polls/{poll}/ballot"), json!({"choices": ["For"]})),
        (format!("/amendments/{amendment}/ballot"), json!({"choice": "For"})),
        (format!("/amendments/{proposed}/backing"), json!(null)),
        (format!("/amendments/{proposed}/opening"), json!(null)),
        (format!("/amendments/{proposed}/announcement"), json!({"days": 3})),
        (format!("/amendments/{proposed}/objections"), json!({"reason": "No."})),
        ("/spokespeople".to_owned(), json!({"purpose": "the press", "ends_on": "2026-03-20", "publish_name": true})),
        ("/linked-actors".to_owned(), json!({"handle": "@mallory@far.example"})),
        ("/linked-actors/confirmation".to_owned(), json!({"code": "123456"})),
        ("/me/notices/read".to_owned(), json!({"notices": [amendment.to_string()]})),
    ] {
        let refused = api.post(&path, body).await.must_be(403).json();
        assert_eq!(refused["code"], "token_not_confirmed", "{path}: {refused}");
    }
    api.delete("/me").await.must_be(403);
    assert_eq!(api.get("/me").await.json()["has_voice"], false);

    // Nobody but its member confirms it.
    let mut ada = app.signed_in("ada").await;
    let confirming = ada.get("/account").await;
    let mut bea = app.signed_in("bea").await;
    let account = bea.get("/account").await;
    account.assert_sound();
    let action = account.attribute("form[action$='/confirm']", "action").unwrap();
    let forged = confirming.form("/sign-out").at(&action);
    assert_eq!(ada.submit(&forged).await.status, 404);
    assert_eq!(api.get("/me").await.json()["has_voice"], false);
    bea.submit(&account.form(&action)).await;

    assert_eq!(api.get("/me").await.json()["has_voice"], true);
    api.post(&format!("/polls/{poll}/ballot"), json!({"choices": ["For"]})).await.must_be(201);
    api.post(&format!("/amendments/{proposed}/backing"), json!(null)).await.must_be(201);
}
