//! Citations of clauses lead to the clause of the right document as it stood on the day of the
//! text, wherever people read text (A1, A2).

use crate::support::TestApp;
use caucus::db::documents;
use caucus::ids::{MemberId, PollId};
use caucus::services::help_course::renew_help_request;
use caucus::services::import_document::{NewDocument, import_as_steward};
use caucus::workers::timers;
use chrono::TimeDelta;
use serde_json::{Value, json};

/// Shares 1.1, 2.1 with the agreement of tests; 3.1 is in this one only.
const CONDUCT: &str = "1. Kindness\n  1. Always.\n2. Care\n  1. Rest.\n3. Play\n  1. Often.\n";

/// A community with an agreement and a code of conduct.
struct Hall {
    app: TestApp,
    ada: MemberId,
    bea: MemberId,
}

impl Hall {
    async fn new() -> Self {
        let (app, ada) = TestApp::with_community().await;
        let bea = app.member("bea").await;
        let import = app.app.write(move |tx| {
            import_as_steward(tx, ada, &NewDocument { slug: "", title: "Code of Conduct", text: CONDUCT })
        });
        import.await.unwrap();
        app.cabal(ada, "bees").await;
        app.advance(TimeDelta::hours(1));
        Self { app, ada, bea }
    }

    /// Where a clause stands in a version of a document.
    async fn place(&self, slug: &'static str, version: i32, number: &'static str) -> String {
        let read = self.app.app.read(move |conn| {
            let document = documents::find_document_by_slug(conn, slug)?.unwrap();
            let version = documents::find_version_numbered(conn, document.id, version)?.unwrap();
            documents::list_clauses(conn, version.id)
        });
        let clause = read.await.unwrap().into_iter().find(|clause| clause.number == number).unwrap();
        self.app.url(&format!("/documents/{slug}/versions/{version}#clause-{}", clause.id))
    }

    async fn propose(&self, slug: &str, summary: &str, fit: &str) -> String {
        let clause = self.app.api().get(&format!("/documents/{slug}")).await.json();
        let clause = clause["clauses"].as_array().unwrap().iter().find(|c| c["number"] == "2.1").unwrap()["id"].clone();
        let request = json!({
            "document": slug, "title": "A change", "summary": summary, "values_fit": fit,
            "changes": [{"act": "reword", "clause": clause, "text": format!("Words of {summary}")}],
        });
        self.app.api_of(self.ada).await.post("/amendments", request).await.created()
    }

    async fn open(&self, id: &str) -> PollId {
        let id = id.parse().unwrap();
        self.app.back(self.bea, id).await.unwrap();
        self.app.open(self.ada, id).await.unwrap()
    }

    async fn carry(&self, poll: PollId) {
        for by in [self.ada, self.bea] {
            self.app.vote_on_the_web(poll, by, &[0]).await.unwrap();
        }
        self.app.advance(TimeDelta::days(7));
        timers::step(&self.app.app).await.unwrap();
    }

    /// Brings the second version of the agreement.
    async fn amend(&self) {
        let id = self.propose("agreement", "Once.", "It does.").await;
        let poll = self.open(&id).await;
        self.carry(poll).await;
    }

    /// The HTML of one of our posts as others get it.
    async fn note(&self, path: &str) -> String {
        let (status, body) = self.app.fetch(path, "application/activity+json").await;
        assert_eq!(status, 200, "{body}");
        let object: Value = serde_json::from_str(&body).unwrap();
        object["content"].as_str().unwrap().to_owned()
    }
}

/// The links of a text to clauses, as number and address.
fn citations(html: &str) -> Vec<(String, String)> {
    let document = scraper::Html::parse_fragment(html);
    let links = scraper::Selector::parse("a").unwrap();
    let pair = |link: scraper::ElementRef<'_>| {
        let href = link.attr("href")?.to_owned();
        href.contains("#clause-").then(|| (link.text().collect(), href))
    };
    document.select(&links).filter_map(pair).collect()
}

fn cites(html: &str, number: &str, place: &str) -> bool {
    citations(html).contains(&(number.to_owned(), place.to_owned()))
}

#[tokio::test]
async fn citations_lead_to_the_document_that_is_meant_as_it_stood_that_day() {
    let hall = Hall::new().await;
    let fit = "It fits 2.1, the Code of Conduct's 2.1 and (3.1); agreement 2.2, not 9.9.";
    let old = hall.propose("code-of-conduct", "As 1.1 says.", fit).await;
    hall.amend().await;
    let new = hall.propose("code-of-conduct", "As 1.1 says again.", fit).await;

    let (old, new) = (format!("/amendments/{old}"), format!("/amendments/{new}"));
    let (old, new) = (hall.app.browser().get(&old).await, hall.app.browser().get(&new).await);

    old.assert_sound();
    let expected = |agreement: String, conduct: [String; 3]| {
        let [first, second, third] = conduct;
        [("1.1", first), ("2.1", second.clone()), ("2.1", second), ("3.1", third), ("2.2", agreement)]
            .map(|(number, place)| (number.to_owned(), place))
    };
    let conduct = [
        hall.place("code-of-conduct", 1, "1.1").await,
        hall.place("code-of-conduct", 1, "2.1").await,
        hall.place("code-of-conduct", 1, "3.1").await,
    ];
    assert_eq!(citations(&old.body), expected(hall.place("agreement", 1, "2.2").await, conduct.clone()));
    assert_eq!(citations(&new.body), expected(hall.place("agreement", 2, "2.2").await, conduct));
    assert!(old.text().contains("not 9.9."));
}

#[tokio::test]
async fn comments_objections_and_answers_cite_the_text_of_their_own_day() {
    let hall = Hall::new().await;
    let id = hall.propose("code-of-conduct", "Play.", "It does.").await;
    let path = format!("/amendments/{id}");
    let (bea, ada) = (hall.app.api_of(hall.bea).await, hall.app.api_of(hall.ada).await);
    let reason = json!({"reason": "See agreement 2.2."});
    let objection = bea.post(&format!("{path}/objections"), reason).await.created();
    ada.post(&format!("/objections/{objection}/backing"), json!({})).await.must_be(204);
    hall.amend().await;
    ada.put(&format!("/objections/{objection}/answer"), json!({"answer": "I see 2.2 of the agreement."}))
        .await
        .must_be(204);
    bea.post(&format!("{path}/comments"), json!({"text": "<i>2.1</i> 2.1 & agreement 2.2"})).await.created();
    let poll = hall.open(&id).await;
    let (old, new) = (hall.place("agreement", 1, "2.2").await, hall.place("agreement", 2, "2.2").await);
    let conduct = hall.place("code-of-conduct", 1, "2.1").await;

    let page = hall.app.browser().get(&path).await;
    let ballot = hall.app.browser().get(&format!("/polls/{poll}")).await;
    hall.carry(poll).await;
    let minutes = hall.app.browser().get(&format!("/polls/{poll}/minutes")).await;

    for page in [&page, &ballot, &minutes] {
        page.assert_sound();
        assert!(cites(&page.body, "2.2", &old) && cites(&page.body, "2.2", &new), "{}: {}", page.url, page.body);
    }
    let comment = [("2.1".to_owned(), conduct), ("2.2".to_owned(), new)];
    assert_eq!(citations(&page.body)[2..], comment, "in the order of the page");
    assert!(page.text().contains("<i>2.1</i> 2.1 & agreement 2.2"), "{}", page.text());
}

#[tokio::test]
async fn minutes_keep_the_citations_of_the_reasons() {
    let hall = Hall::new().await;
    let id = hall.propose("agreement", "It is as in 2.2.", "It fits 1.").await;
    let poll = hall.open(&id).await;
    let old = hall.place("agreement", 1, "2.2").await;
    hall.carry(poll).await;

    let minutes = hall.app.browser().get(&format!("/polls/{poll}/minutes")).await;

    assert_eq!(citations(&minutes.body), [("2.2".to_owned(), old)]);
}

#[tokio::test]
async fn the_preview_shows_what_will_be_cited() {
    let hall = Hall::new().await;
    let mut ada = hall.app.signed_in("ada").await;
    let form = ada.get("/documents/agreement/amend").await;
    let clause = form.attribute("input[name=clause]", "value").unwrap();
    let form = ada.get(&format!("/documents/agreement/amend?clause={clause}")).await.form("/documents/agreement/amend");
    let form = form.fill("title", "T").fill("summary", "As 2.2 <says>.").fill("values_fit", "It fits 3.1.");

    let preview = ada.submit(&form.forge("text", "Other words.").choose("step", "preview")).await;

    preview.assert_sound();
    let (own, other) = (hall.place("agreement", 1, "2.2").await, hall.place("code-of-conduct", 1, "3.1").await);
    assert_eq!(citations(&preview.body), [("2.2".to_owned(), own), ("3.1".to_owned(), other)]);
    assert!(preview.text().contains("As 2.2 <says>."), "{}", preview.text());
}

#[tokio::test]
async fn posts_of_the_community_cite_by_links() {
    let hall = Hall::new().await;
    let fit = "It does.";
    let id = hall.propose("agreement", "It is as in code of conduct 2.1 <b>", fit).await;
    let shown = hall.app.api().get(&format!("/amendments/{id}")).await.json();
    let (own, other) = (hall.place("agreement", 1, "2.1").await, hall.place("code-of-conduct", 1, "2.1").await);
    let poll = hall.open(&id).await;
    hall.carry(poll).await;
    let result = hall.app.result(poll).await.unwrap();

    let note = hall.note(shown["note"].as_str().unwrap().strip_prefix(&hall.app.url("")).unwrap()).await;
    let question = hall.note(&format!("/polls/{poll}")).await;
    let told = hall.note(&format!("/notes/{}", result.post_id)).await;

    for html in [&note, &question] {
        assert_eq!(citations(html), [("2.1".to_owned(), own.clone()), ("2.1".to_owned(), other.clone())], "{html}");
        assert!(html.contains("&lt;b&gt;"), "{html}");
    }
    assert_eq!(citations(&told), [("2.1".to_owned(), own)], "{told}");
}

#[tokio::test]
async fn posts_of_cabals_cite_the_only_document_that_can_be_meant() {
    let hall = Hall::new().await;
    let api = hall.app.api_of(hall.ada).await;
    let progress =
        json!({"text": "We do *more* of 3.1 and agreement 2.2, not of 2.1, `3.1` or [3.1](https://x.example)."});
    let progress = format!("/progress/{}", api.post("/cabals/bees/progress", progress).await.created());
    let help = json!({"what": "Help with agreement 2.2", "skills": ["writing"], "hours": 1, "is_remote": true});
    let help = format!("/help-requests/{}", api.post("/cabals/bees/help-requests", help).await.created());
    let (first, play) = (hall.place("agreement", 1, "2.2").await, hall.place("code-of-conduct", 1, "3.1").await);
    hall.amend().await;
    let second = hall.place("agreement", 2, "2.2").await;
    let expected = [("3.1".to_owned(), play), ("2.2".to_owned(), first.clone())];

    assert_eq!(citations(&hall.note(&progress).await), expected);
    assert_eq!(citations(&hall.app.browser().get(&progress).await.body), expected);
    let request = [("2.2".to_owned(), first)];
    // The state of a request changes its post; its words are as old as they were.
    let (ada, id) = (hall.ada, help.rsplit_once('/').unwrap().1.parse().unwrap());
    hall.app.app.write(move |tx| renew_help_request(tx, ada, id)).await.unwrap();
    assert_eq!(citations(&hall.note(&help).await), request);
    assert_eq!(citations(&hall.app.browser().get(&help).await.body), request);
    api.patch(&help, json!({"what": "Help with agreement 2.2 now"})).await.must_be(200);
    let request = [("2.2".to_owned(), second)];
    assert_eq!(citations(&hall.note(&help).await), request);
    assert_eq!(citations(&hall.app.browser().get(&help).await.body), request);
}
