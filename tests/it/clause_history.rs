//! How a clause came to its words: who proposed, who backed, which vote, when and by how much; and
//! what is proposed about it now (A1, A15).

use crate::support::TestApp;
use crate::support::browser::Page;
use caucus::db::documents;
use caucus::domain::document::Clause;
use caucus::ids::{AmendmentId, MemberId};
use caucus::workers::timers;
use chrono::TimeDelta;
use serde_json::{Value, json};

struct Hall {
    app: TestApp,
    ada: MemberId,
    bea: MemberId,
    cai: MemberId,
}

impl Hall {
    async fn new() -> Self {
        let (app, ada) = TestApp::with_community().await;
        let (bea, cai) = (app.member("bea").await, app.member("cai").await);
        Self { app, ada, bea, cai }
    }

    async fn clauses(&self) -> Vec<Clause> {
        let read = self.app.app.read(|conn| {
            let document = documents::list_documents(conn)?.remove(0);
            documents::list_clauses(conn, document.version.id)
        });
        read.await.unwrap()
    }

    async fn id(&self, number: &str) -> String {
        self.clauses().await.iter().find(|clause| clause.number == number).unwrap().id.to_string()
    }

    async fn propose(&self, by: MemberId, title: &str, changes: Value) -> AmendmentId {
        let request = json!({
            "document": "agreement", "title": title, "summary": "Better.", "values_fit": "Well.", "changes": changes,
        });
        self.app.api_of(by).await.post("/amendments", request).await.created().parse().unwrap()
    }

    /// Carries a change: proposed by one, backed by another, two votes for and one as chosen.
    async fn carry(&self, by: MemberId, title: &str, changes: Value, third: u32) {
        let id = self.propose(by, title, changes).await;
        let backer = if by == self.bea { self.ada } else { self.bea };
        self.app.back(backer, id).await.unwrap();
        let poll = self.app.open(by, id).await.unwrap();
        for (voter, choice) in [(self.ada, 0), (self.bea, 0), (self.cai, third)] {
            self.app.vote_on_the_web(poll, voter, &[choice]).await.unwrap();
        }
        self.app.advance(TimeDelta::days(7));
        timers::step(&self.app.app).await.unwrap();
    }

    async fn page(&self, id: &str) -> Page {
        let page = self.app.browser().get(&format!("/documents/agreement/clauses/{id}")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        page.assert_sound();
        self.leads_somewhere(&page).await;
        page
    }

    /// Every link to a clause in a version leads to a page that has it.
    async fn leads_somewhere(&self, page: &Page) {
        let mut count = 0;
        for part in page.body.split("href=\"/documents/").skip(1) {
            let link = part.split('"').next().unwrap();
            let Some((path, anchor)) = link.split_once('#') else { continue };
            let target = self.app.browser().get(&format!("/documents/{path}")).await;
            assert_eq!(target.texts(&format!("[id='{anchor}']")).len(), 1, "{link} on {}", page.url);
            count += 1;
        }
        assert!(count > 0);
    }

    async fn history(&self, id: &str) -> Vec<Value> {
        let path = format!("/documents/agreement/clauses/{id}/history");
        self.app.api().get(&path).await.must_be(200).json()["history"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn a_clause_that_was_changed_twice_tells_of_both_votes() {
    let hall = Hall::new().await;
    let id = hall.id("2.1").await;
    hall.carry(hall.ada, "First <change>", json!([{"act": "reword", "clause": id, "text": "One voice each."}]), 1)
        .await;
    hall.carry(
        hall.bea,
        "Second change",
        json!([{"act": "reword", "clause": id, "text": "One voice and one vote each."}]),
        2,
    )
    .await;

    let page = hall.page(&id).await;
    let own = hall.app.signed_in("cai").await.get(&page.url).await;

    assert_eq!(page.texts("ol.cards h3"), ["Clause 2.1 is reworded", "Clause 2.1 is reworded", "Clause 2.1 is added"]);
    let cards = page.texts("ol.cards > li");
    assert!(
        cards[0].contains("Second change") && cards[0].contains("2 for, 0 against and 1 abstained: 100.0 %"),
        "{}",
        cards[0]
    );
    assert!(
        cards[1].contains("First <change>") && cards[1].contains("2 for, 1 against and 0 abstained: 66.7 %"),
        "{}",
        cards[1]
    );
    assert!(
        cards[0].contains("Version 3 since 15 March 2026") && cards[1].contains("Version 2 since 8 March 2026"),
        "{cards:?}"
    );
    assert!(!page.text().contains("by bea"), "the roll is private");
    let cards = own.texts("ol.cards > li");
    assert!(cards[0].contains("by bea on") && cards[0].contains("(Ada)"), "{}", cards[0]);
    assert!(cards[1].contains("by Ada on") && cards[1].contains("(bea)"), "{}", cards[1]);
    let api = hall.history(&id).await;
    assert_eq!(
        (&api[0]["version"], &api[0]["votes_abstain"], &api[0]["backings_count"]),
        (&3.into(), &1.into(), &1.into())
    );
    assert_eq!(
        (&api[1]["old_text"], &api[1]["new_text"]),
        (&"Everybody has one vote.".into(), &"One voice each.".into())
    );
}

#[tokio::test]
async fn clauses_that_come_move_and_go_tell_it_and_so_do_those_that_are_renumbered_by_that() {
    let hall = Hall::new().await;
    let (one_vote, two_thirds) = (hall.id("2.1").await, hall.id("2.2").await);
    let add = json!([{"act": "add", "place": {"where": "first_in", "clause": hall.id("2").await}, "text": "We meet."}]);
    hall.carry(hall.ada, "Meet", add, 0).await;
    let added = hall.id("2.1").await;
    let to_the_end = json!([{"act": "move", "clause": one_vote, "place": {"where": "after", "clause": two_thirds}}]);
    hall.carry(hall.ada, "To the end", to_the_end, 0).await;
    hall.carry(hall.ada, "Meet no more", json!([{"act": "remove", "clause": added}]), 0).await;

    let (gone, moved, renumbered) = (hall.page(&added).await, hall.page(&one_vote).await, hall.page(&two_thirds).await);

    assert_eq!(gone.texts("ol.cards h3"), ["Clause 2.1 is removed", "Clause 2.1 is added"]);
    assert!(gone.text().contains("not in the document any more") && gone.text().contains("it stood last in version 3"));
    assert_eq!(gone.attribute("ol.cards li a", "href").unwrap(), "/documents/agreement/versions/4");
    assert_eq!(
        moved.texts("ol.cards h3"),
        [
            "Clause 2.2 has a new number, was 2.3",
            "Clause 2.3 is moved, was 2.2",
            "Clause 2.2 has a new number, was 2.1",
            "Clause 2.1 is added"
        ]
    );
    assert_eq!(
        renumbered.texts("ol.cards h3"),
        [
            "Clause 2.1 has a new number, was 2.2",
            "Clause 2.2 has a new number, was 2.3",
            "Clause 2.3 has a new number, was 2.2",
            "Clause 2.2 is added"
        ]
    );
    let cards = renumbered.texts("ol.cards > li");
    for (card, title) in cards.iter().zip(["Meet no more", "To the end", "Meet"]) {
        assert!(card.contains(&format!("By the amendment {title} ,")) && card.contains("3 for, 0 against"), "{card}");
    }
    let steps: Vec<Value> = hall.history(&one_vote).await.iter().map(|event| event["step"].clone()).collect();
    assert_eq!(steps, ["renumbered", "moved", "renumbered", "added"]);
    let gone = hall.history(&added).await;
    assert_eq!(
        (&gone[0]["step"], &gone[0]["new_number"], &gone[0]["old_number"]),
        (&"removed".into(), &Value::Null, &"2.1".into())
    );
}

#[tokio::test]
async fn text_without_a_number_has_an_anchor_a_link_and_a_history_too() {
    let hall = Hall::new().await;
    let mut ada = hall.app.signed_in("ada").await;
    let form = ada.get("/documents/import").await.form("/documents/import").fill("title", "Rules");
    let form = form.fill("text", "We agree on what follows.\n\n1. Aims\n\n- to help\n\n- to win\n\n2. Means\n");
    ada.submit(&form.choose("step", "import")).await;

    let page = hall.app.browser().get("/documents/rules").await;

    page.assert_sound();
    let link = |at: usize| {
        let document = scraper::Html::parse_document(&page.body);
        let all = scraper::Selector::parse(".clause.plain").unwrap();
        let one = document.select(&all).nth(at).unwrap();
        let links = scraper::Selector::parse("a").unwrap();
        let href = one.select(&links).next().unwrap().attr("href").unwrap().to_owned();
        assert!(href.ends_with(one.attr("id").unwrap().strip_prefix("clause-").unwrap()));
        href
    };
    assert_eq!(
        page.texts(".clause.plain a .sr"),
        [
            "Text without a number: We agree on what follows.",
            "Text without a number: - to help",
            "Text without a number: - to win"
        ]
    );
    let history = ada.get(&link(1)).await;
    history.assert_sound();
    assert_eq!(history.texts("ol.cards h3"), ["Unnumbered text is added"]);
    let (help, win) = (link(1), link(2));
    let request = json!({
        "document": "rules", "title": "Win first", "summary": "Better.", "values_fit": "Well.",
        "changes": [{"act": "move", "clause": help.rsplit_once('/').unwrap().1, "place": {"where": "after", "clause": win.rsplit_once('/').unwrap().1}}],
    });
    let id: AmendmentId = hall.app.api_of(hall.ada).await.post("/amendments", request).await.created().parse().unwrap();
    hall.app.back(hall.bea, id).await.unwrap();
    let poll = hall.app.open(hall.ada, id).await.unwrap();
    for voter in [hall.ada, hall.bea] {
        hall.app.vote_on_the_web(poll, voter, &[0]).await.unwrap();
    }
    hall.app.advance(TimeDelta::days(7));
    timers::step(&hall.app.app).await.unwrap();
    let (help, win) = (ada.get(&help).await, ada.get(&win).await);
    let moved = help.texts("ol.cards h3").len() + win.texts("ol.cards h3").len();
    assert_eq!(moved, 3, "one of the two has moved: {} {}", help.text(), win.text());
}

#[tokio::test]
async fn the_page_of_a_clause_tells_what_is_proposed_about_it_and_the_document_all_amendments() {
    let hall = Hall::new().await;
    let (vote, thirds) = (hall.id("2.1").await, hall.id("2.2").await);
    let reword = |clause: &str| json!([{"act": "reword", "clause": clause, "text": "Other words."}]);
    hall.propose(hall.cai, "Waits", reword(&vote)).await;
    hall.propose(hall.cai, "Elsewhere", reword(&thirds)).await;
    let place = json!([{"act": "add", "place": {"where": "after", "clause": vote}, "text": "New."}]);
    let backed = hall.propose(hall.cai, "Put there", place).await;
    hall.app.back(hall.bea, backed).await.unwrap();
    let taken_back = hall.propose(hall.cai, "Taken back", reword(&vote)).await;
    hall.app.api_of(hall.cai).await.delete(&format!("/amendments/{taken_back}")).await.must_be(204);
    let open = hall.propose(hall.ada, "Is voted on", reword(&vote)).await;
    hall.app.back(hall.bea, open).await.unwrap();
    hall.app.open(hall.ada, open).await.unwrap();
    let draft = json!({"document": "agreement", "title": "A draft", "summary": "B", "values_fit": "V", "is_draft": true, "changes": reword(&vote)});
    hall.app.api_of(hall.cai).await.post("/amendments", draft).await.created();

    let (page, document) = (hall.page(&vote).await, hall.app.browser().get("/documents/agreement").await);

    assert_eq!(
        page.texts("#queue ~ ul li"),
        ["Is voted on vote open", "Put there backed", "Waits looking for a backer"],
        "in the order of the votes"
    );
    document.assert_sound();
    assert_eq!(
        document.texts("#proposed ~ ul li"),
        ["Is voted on vote open", "Put there backed", "Elsewhere looking for a backer", "Waits looking for a backer"]
    );
    assert_eq!(document.texts("details li"), ["Taken back withdrawn"]);
    assert!(document.text().contains("Any member may propose an amendment. Join or sign in"), "{}", document.text());
    let own = hall.app.signed_in("ada").await.get("/documents/agreement").await;
    assert!(own.text().contains("Propose an amendment") && !own.text().contains("Join or sign in"));
}
