//! What members are told: a number in the menu until they say that they have read it.

use crate::support::api::Answer;
use crate::support::browser::Page;
use crate::support::{Browser, TestApp};
use caucus::ids::{AmendmentId, MemberId};
use serde_json::{Value, json};

/// Bea backs what Ada proposed, and Ada changes it so often.
async fn told(times: usize) -> (TestApp, [MemberId; 2], AmendmentId) {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let id = app.propose(ada, "2.1", "One vote each.").await;
    for time in 0..times {
        app.back(bea, id).await.unwrap();
        app.edit(ada, id, "2.1", &format!("Votes: {time}.")).await.unwrap();
    }
    (app, [ada, bea], id)
}

fn in_the_menu(page: &Page) -> String {
    page.texts("header nav li").last().unwrap().clone()
}

#[tokio::test]
async fn what_is_new_is_counted_in_the_menu_until_it_is_read() {
    let (app, [ada, bea], id) = told(2).await;
    let mut browser = app.signed_in("bea").await;

    let anywhere = browser.get("/cabals").await;
    assert_eq!(in_the_menu(&anywhere), "Your account 2 new");
    let account = browser.get("/account").await;
    account.assert_sound();
    assert!(account.texts("#news ~ ul li").len() == 2 && account.texts("details li").is_empty());

    // One more comes while she reads.
    app.back(bea, id).await.unwrap();
    app.edit(ada, id, "2.1", "Nobody votes.").await.unwrap();
    let read = browser.submit(&account.form("/account/news/read")).await;

    read.assert_sound();
    assert_eq!(in_the_menu(&read), "Your account 1 new");
    assert_eq!((read.texts("#news ~ ul li").len(), read.texts("details li").len()), (1, 2));
    let read = browser.submit(&read.form("/account/news/read")).await;
    assert_eq!(in_the_menu(&read), "Your account");
    assert!(read.text().contains("Nothing.") && read.texts("details li").len() == 3);
    // What Ada was told of the backings is still new for her, and visitors have no news.
    assert_eq!(in_the_menu(&app.signed_in("ada").await.get("/").await), "Your account 3 new");
    assert_eq!(in_the_menu(&Browser::new(&app.base).get("/").await), "Join");
}

#[tokio::test]
async fn nobody_reads_what_another_one_was_told() {
    let (app, [ada, bea], _) = told(2).await;
    let hers = app.api_of(bea).await;
    let ids = |told: &Value| -> Vec<Value> {
        told["items"].as_array().unwrap().iter().map(|notice| notice["id"].clone()).collect()
    };
    let told = hers.get("/me/notices").await.json();
    assert_eq!(told["items"][0]["is_new"], true);

    let by_ada = app.api_of(ada).await.post("/me/notices/read", json!({"notices": ids(&told)})).await;

    assert_eq!(by_ada.status, 204, "it says nothing of what others were told");
    assert_eq!(in_the_menu(&app.signed_in("bea").await.get("/").await), "Your account 2 new");
    for wrong in [json!({}), json!({"notices": "'; --"}), json!({"notices": [1]}), json!({"notices": [], "all": true})]
    {
        assert_eq!(hers.post("/me/notices/read", wrong.clone()).await.status, 422, "{wrong}");
    }
    let many = vec![told["items"][0]["id"].clone(); 201];
    assert_eq!(hers.post("/me/notices/read", json!({"notices": many})).await.status, 422);
    let mut browser = app.signed_in("bea").await;
    let form = browser.get("/account").await.form("/account/news/read");
    for wrong in ["", "x", "<script>", "019ca945-0a01-786e-9d4e"] {
        let refused = browser.submit(&form.clone().forge("notice", wrong)).await;
        assert_eq!(refused.status, 404, "{wrong}");
    }
    assert_eq!(in_the_menu(&browser.get("/").await), "Your account 2 new");
    assert_eq!(hers.post("/me/notices/read", json!({"notices": ids(&told)})).await.status, 204);
    let read = hers.get("/me/notices").await.json();
    assert!(read["items"].as_array().unwrap().iter().all(|notice| notice["is_new"] == false));
}

#[tokio::test]
async fn more_than_a_page_shows_is_read_page_by_page() {
    let (app, [_, bea], _) = told(1).await;
    let old = "00000000-0000-7000-8000-000000000";
    for number in 100..350 {
        app.store.execute(&format!(
            "INSERT INTO member_notices (id, member_id, sentence, about, told_at) \
             VALUES ('{old}{number}', '{bea}', 'Told {number}.', '/', '2026-01-01 12:00:00')"
        ));
    }
    let mut browser = app.signed_in("bea").await;
    let account = browser.get("/account").await;
    assert_eq!((in_the_menu(&account).as_str(), shown(&account)), ("Your account 251 new", 200));
    let api = app.api_of(bea).await;
    assert_eq!(api.get("/me/notices?new=maybe").await.status, 400);
    assert_eq!(count(&api.get("/me/notices?new=true").await), 200);

    let rest = browser.submit(&account.form("/account/news/read")).await;

    assert_eq!((in_the_menu(&rest).as_str(), shown(&rest)), ("Your account 51 new", 51));
    assert_eq!(rest.texts("details li").len(), 200);
    assert_eq!(count(&api.get("/me/notices?new=true").await), 51, "a program comes to them too");
    assert_eq!(count(&api.get("/me/notices").await), 200);
    assert_eq!(in_the_menu(&browser.submit(&rest.form("/account/news/read")).await), "Your account");
}

fn count(notices: &Answer) -> usize {
    notices.json()["items"].as_array().unwrap().len()
}

fn shown(page: &Page) -> usize {
    page.texts("#news ~ ul li").len()
}
