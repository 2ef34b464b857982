//! Reports by other servers (K2, security.md IN-8).

use crate::support::Fediverse;
use crate::support::api::Api;
use crate::support::peer::Person;
use crate::support::rows::dump;
use chrono::TimeDelta;
use serde_json::{Value, json};

fn flag(world: &Fediverse, by: &Person, object: &Value, content: &str) -> Value {
    json!({"type": "Flag", "id": world.peer.fresh_url("flags"), "actor": by.url, "object": object, "content": content})
}

#[tokio::test]
async fn a_report_is_shown_to_stewards_as_it_is_and_nothing_follows_by_itself() {
    let world = Fediverse::start().await;
    let server = world.peer.person("instance");
    let request = world.help_request().await;
    let url = world.app.app.urls.help_request(request);
    let object = json!([world.cabal_url(), url, "https://elsewhere.example/1"]);
    let before = (world.on_their_way().len(), dump(&world.app)["posts"].clone());

    world
        .take(&server, &flag(&world, &server, &object, "<p>Rude &amp; <script>alert(1)</script><b>wrong</b></p>"))
        .await;

    assert_eq!((world.on_their_way().len(), dump(&world.app)["posts"].clone()), before);
    let mut browser = world.app.signed_in("ada").await;
    let page = browser.get("/steward/reports").await;
    page.assert_sound();
    assert!(page.text().contains("Rude & wrong") && page.text().contains(&url), "{}", page.text());
    assert!(!page.text().contains("elsewhere.example"), "what is not ours is none of our business");
    let api: Api = world.app.api_of(world.ada).await;
    let listed = api.get("/reports").await.must_be(200).json();
    assert_eq!(listed["items"][0]["reporter"], json!(server.url));

    let page = browser.submit(&page.form("/settle")).await;
    assert!(page.text().contains("No report waits."), "{}", page.text());
    let id = listed["items"][0]["id"].as_str().unwrap();
    api.post(&format!("/reports/{id}/settle"), Value::Null).await.must_be(404);
    assert!(browser.get("/log").await.text().contains("settled a report"));
}

#[tokio::test]
async fn reports_about_others_are_not_kept_and_nobody_can_send_many() {
    let world = Fediverse::start().await;
    let (bob, eve) = (world.peer.person("bob"), world.peer.person("eve"));
    let ours = json!(world.cabal_url());
    for object in [json!("https://elsewhere.example/u/x"), json!([]), json!({}), json!(null), json!("x"), json!(7)] {
        world.take(&bob, &flag(&world, &bob, &object, "x")).await;
    }
    assert_eq!(dump(&world.app)["reports"].len(), 0);
    for _ in 0..15 {
        world.take(&bob, &flag(&world, &bob, &ours, &"long ".repeat(2_000))).await;
    }
    world.take(&eve, &flag(&world, &eve, &json!(vec![world.cabal_url(); 150]), "x")).await;

    let kept = dump(&world.app)["reports"].clone();
    assert_eq!(kept.len(), 11, "ten a day by one actor");
    assert!(kept.iter().all(|row| row.len() < 3_000), "{}", kept[0].len());
    world.app.advance(TimeDelta::days(1));
    world.take(&bob, &flag(&world, &bob, &ours, "x")).await;
    assert_eq!(dump(&world.app)["reports"].len(), 12);
}

#[tokio::test]
async fn only_stewards_read_reports() {
    let world = Fediverse::start().await;
    let bea = world.app.member("bea").await;
    let mut browser = world.app.signed_in("bea").await;
    assert_eq!(browser.get("/steward/reports").await.status, 403);
    world.app.api_of(bea).await.get("/reports").await.must_be(403);
    world.app.api().get("/reports").await.must_be(401);
}
