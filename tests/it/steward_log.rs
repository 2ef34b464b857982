//! The public log of what stewards did (K2): all of it, for everybody, without names for strangers.

use super::support::TestApp;
use caucus::db::steward_log::record_act;
use caucus::ids::MemberId;

const ACTS: usize = 130;

/// Stewards did something `ACTS` times more, each time to something with a number of its own.
async fn busy(app: &TestApp, steward: MemberId) {
    let acts = move |tx: &mut caucus::db::Tx<'_>| {
        (0..ACTS).try_for_each(|nth| record_act(tx, steward, "tried the log", &format!("number-{nth}-")))
    };
    app.app.write(move |tx| acts(tx)).await.unwrap();
}

fn numbers(text: &str) -> Vec<usize> {
    text.split("number-").skip(1).map(|rest| rest.split('-').next().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn the_page_leads_to_the_first_act_and_names_nobody_to_strangers() {
    let (app, ada) = TestApp::with_community().await;
    busy(&app, ada).await;
    let mut seen = Vec::new();
    let mut browser = app.browser();

    let newest = browser.get("/log").await;
    newest.assert_sound();
    seen.extend(numbers(&newest.text()));
    let older = browser.get(&newest.attribute("main a[rel=next]", "href").unwrap()).await;
    older.assert_sound();
    seen.extend(numbers(&older.text()));

    assert_eq!(seen, (0..ACTS).rev().collect::<Vec<_>>());
    assert!(older.text().contains("set up"), "{}", older.text());
    assert!(!older.body.contains("Older acts") && !newest.body.contains("ada"));
    assert!(app.signed_in("ada").await.get("/log").await.text().contains("ada tried the log"));
    for hostile in ["x", "", "1'%20or%20'1'='1", "%00", "00000000-0000-0000-0000-000000000000x"] {
        assert_eq!(app.browser().get(&format!("/log?before={hostile}")).await.status, 404, "{hostile}");
    }
}

#[tokio::test]
async fn a_program_reads_the_log_page_by_page() {
    let (app, ada) = TestApp::with_community().await;
    busy(&app, ada).await;
    let (stranger, member) = (app.api(), app.api_of(app.member("bea").await).await);
    let (mut seen, mut next) = (Vec::new(), String::new());

    loop {
        let page = stranger.get(&format!("/steward-log?limit=50{next}")).await.must_be(200).json();
        for act in page["items"].as_array().unwrap() {
            assert!(act["steward"].is_null() && act["by"] == "steward", "{act}");
            seen.extend(numbers(act["subject"].as_str().unwrap()));
        }
        let Some(before) = page["next"].as_str() else { break };
        next = format!("&before={before}");
    }

    assert_eq!(seen, (0..ACTS).rev().collect::<Vec<_>>());
    let named = member.get("/steward-log?limit=1").await.must_be(200).json();
    assert_eq!(named["items"][0]["steward"], "ada", "{named}");
    for hostile in ["before=x", "before=", "before=%00", "before=1'%20or%20'1'='1", "limit=x", "limit=-1", "by=ada"] {
        stranger.get(&format!("/steward-log?{hostile}")).await.must_be(400);
    }
    assert_eq!(
        stranger.get("/steward-log?limit=100000").await.must_be(200).json()["items"].as_array().unwrap().len(),
        100
    );
    stranger.with("caucus_wrong").get("/steward-log").await.must_be(401);
}
