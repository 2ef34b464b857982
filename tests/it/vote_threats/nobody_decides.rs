//! Only the tally decides, and no door beside it has been left open (V-37, V-39, V-40, V-54).

use super::Hall;
use crate::support::rows::dump;
use caucus::domain::amendment::AmendmentState;
use serde_json::{Value, json};

/// Everything that the API changes about an amendment or a vote. Whoever adds to it has to think of what it does to an
/// open vote, and to say so in the test below.
const CHANGES: [&str; 15] = [
    "delete /amendments/{id}",
    "delete /amendments/{id}/announcement",
    "delete /amendments/{id}/backing",
    "delete /objections/{id}",
    "patch /amendments/{id}",
    "post /amendments/{id}/announcement",
    "post /amendments/{id}/backing",
    "post /amendments/{id}/ballot",
    "post /amendments/{id}/comments",
    "post /amendments/{id}/objections",
    "post /amendments/{id}/opening",
    "post /amendments/{id}/renewal",
    "post /objections/{id}/backing",
    "post /polls/{id}/ballot",
    "put /objections/{id}/answer",
];

fn changes_told(description: &Value) -> Vec<String> {
    let mut told = Vec::new();
    for (path, acts) in description["paths"].as_object().unwrap() {
        let concerns = ["/amendments/{", "/polls/{", "/objections/{"].iter().any(|part| path.contains(part));
        for kind in acts.as_object().unwrap().keys().filter(|kind| concerns && *kind != "get") {
            told.push(format!("{kind} {}", path.trim_start_matches("/api/v1")));
        }
    }
    told.sort_unstable();
    told
}

#[tokio::test]
async fn the_api_offers_no_way_to_decide_a_vote() {
    let hall = Hall::open().await;
    let (_, text) = hall.app.fetch("/api/openapi.json", "application/json").await;

    let told = changes_told(&serde_json::from_str(&text).unwrap());

    assert_eq!(told, CHANGES);
}

#[tokio::test]
async fn neither_steward_nor_proposer_carries_extends_or_ends_a_vote() {
    let hall = Hall::open().await;
    let steward = hall.app.api_of(hall.ada).await;
    let (amendment, poll) = (format!("/amendments/{}", hall.amendment), format!("/polls/{}", hall.poll));
    let tables =
        ["amendments", "amendment_changes", "polls", "poll_options", "roll_entries", "results", "document_versions"];
    let before = dump(&hall.app);

    for act in [
        "accept",
        "acceptance",
        "carry",
        "close",
        "closing",
        "decide",
        "decision",
        "publish",
        "reopen",
        "result",
        "extension",
    ] {
        for path in [&amendment, &poll] {
            let status = steward.post(&format!("{path}/{act}"), json!({"state": "carried"})).await.status;
            assert!(matches!(status, 404 | 405), "{path}/{act}: {status}");
        }
    }
    for path in [&amendment, &poll] {
        for body in
            [json!({"state": "carried"}), json!({"closes_at": "2026-12-01T00:00:00Z"}), json!({"title": "Other"})]
        {
            let status = steward.patch(path, body.clone()).await.status;
            assert!((400..500).contains(&status), "{path} {body}: {status}");
        }
        assert!((400..500).contains(&steward.delete(path).await.status), "{path}");
    }
    for path in ["opening", "announcement", "renewal"] {
        let status = steward.post(&format!("{amendment}/{path}"), json!({"days": 1})).await.status;
        assert_eq!(status, 409, "{path}");
    }
    assert_eq!(steward.delete(&format!("{amendment}/announcement")).await.status, 409);

    let after = dump(&hall.app);
    for table in tables {
        assert_eq!(after[table], before[table], "{table}");
    }
    assert_eq!(hall.app.state(hall.amendment).await, AmendmentState::Open);
}

#[tokio::test]
async fn the_page_of_an_open_vote_offers_a_steward_no_more_than_anybody() {
    let hall = Hall::open().await;
    let mut forms = Vec::new();
    for handle in ["ada", "bea"] {
        let mut member = hall.app.signed_in(handle).await;
        let page = member.get(&format!("/amendments/{}", hall.amendment)).await;
        let html = scraper::Html::parse_document(&page.body);
        let form = scraper::Selector::parse("main form").unwrap();
        let mut actions: Vec<String> =
            html.select(&form).filter_map(|form| form.value().attr("action")).map(str::to_owned).collect();
        actions.sort_unstable();
        forms.push(actions);
    }

    assert!(forms[1].iter().any(|action| action.ends_with("/ballot")), "{forms:?}");
    assert_eq!(forms[0], forms[1]);
}
