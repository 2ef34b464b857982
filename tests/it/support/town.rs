//! A town in which everything has happened once, built through the forms as people would: what
//! the tests of pages walk through.

use super::app::TestApp;
use super::browser::Browser;

/// Everything there is to look at.
pub struct Town {
    pub app: TestApp,
    /// The steward, who formed the cabal `search`.
    pub ada: Browser,
    /// A member outside the cabal.
    pub bob: Browser,
    pub request: String,
    pub progress: String,
    pub poll: String,
    pub amendment: String,
}

impl Town {
    /// Builds the town.
    pub async fn new() -> Self {
        let (app, by) = TestApp::with_community().await;
        app.member("bob").await;
        app.cabal(by, "search").await;
        let (mut ada, bob) = (app.signed_in("ada").await, app.signed_in("bob").await);
        let request = ask_for_help(&mut ada, "Proof-read forty pages").await;
        let progress = tell_progress(&mut ada, "The **first** pages are read.").await;
        let poll = ask_question(&mut ada, "When shall we meet?", ["Early", "Late"]).await;
        let amendment = propose(&mut ada, "We help each other and our neighbours.").await;
        Self { app, ada, bob, request, progress, poll, amendment }
    }
}

/// Publishes a help request; answers its path.
pub async fn ask_for_help(ada: &mut Browser, what: &str) -> String {
    let form = ada.get("/c/search/help-requests/new").await.form("/help-requests/new");
    let page = ada.submit(&form.fill("what", what).fill("skills", "proofreading, Rust").fill("hours", "2.5")).await;
    path_of(&page.url, "/help-requests/")
}

/// Publishes progress; answers its path.
pub async fn tell_progress(ada: &mut Browser, text: &str) -> String {
    let form = ada.get("/c/search/progress/new").await.form("/progress/new");
    let page = ada.submit(&form.fill("text", text)).await;
    path_of(&page.url, "/progress/")
}

/// Publishes a poll; answers its path.
pub async fn ask_question(ada: &mut Browser, question: &str, options: [&str; 2]) -> String {
    let form =
        ada.get("/c/search/polls/new").await.form("/polls/new").fill("question", question).forge("option", options[0]);
    let page = ada.submit(&form.choose("option", options[1])).await;
    path_of(&page.url, "/polls/")
}

/// Proposes a new text for the first clause of the agreement; answers the amendment's path.
pub async fn propose(ada: &mut Browser, text: &str) -> String {
    let choose = ada.get("/documents/agreement/amend").await;
    let clause = choose.attribute("input[name=clause]", "value").unwrap();
    let edit = ada.get(&format!("/documents/agreement/amend?clause={clause}")).await;
    let form = edit.form("/documents/agreement/amend").fill("text", text).fill("title", "Include our neighbours");
    let form = form.fill("summary", "We help our neighbours too.").fill("values_fit", "Nobody is left alone.");
    let preview = ada.submit(&form.choose("step", "preview")).await;
    let page = ada.submit(&preview.form("/documents/agreement/amend").choose("step", "propose")).await;
    path_of(&page.url, "/amendments/")
}

/// The path of a page that was reached.
#[track_caller]
pub fn path_of(url: &str, begins: &str) -> String {
    let path = url::Url::parse(url).unwrap().path().to_owned();
    assert!(path.starts_with(begins), "{url} is not below {begins}");
    path
}
