//! Members with a browser, and pages looked at as a whole.

use super::app::TestApp;
use super::browser::{Browser, Page};
use super::world::PASSWORD;
use scraper::{ElementRef, Html, Selector};
use std::collections::HashSet;

impl TestApp {
    /// A browser in which this member has signed in by the form.
    pub async fn signed_in(&self, handle: &str) -> Browser {
        let mut browser = self.browser();
        let form = browser.get("/sign-in").await.form("/sign-in");
        let page = browser.submit(&form.fill("handle", handle).fill("password", PASSWORD)).await;
        assert_eq!(page.status, 200, "{}", page.body);
        browser
    }
}

impl Page {
    /// What every page must keep, whatever stands on it (K3, AC-5, AC-6).
    pub fn assert_sound(&self) {
        let (html, url) = (Html::parse_document(&self.body), &self.url);
        let count = |css: &str| html.select(&selector(css)).count();
        assert_eq!(count("h1"), 1, "{url} has one main heading");
        assert!(!self.texts("title").concat().is_empty(), "{url} has a title");
        assert_eq!(self.attribute("html", "lang").as_deref(), Some("en"), "{url}");
        assert_eq!(
            self.attribute("body > a:first-child", "href").as_deref(),
            Some("#content"),
            "{url} has a skip link"
        );
        assert_eq!(count("main#content"), 1, "{url}");
        assert!(count("footer a[href='/about']") == 1, "{url} leads to the source");
        // A script is one of our own files, and the policy of the page forbids every other.
        let unsafe_parts = "script:not([src^='/static/']), style, iframe, object, embed, base, [style], [onclick], [onload], [onerror]";
        assert_eq!(count(unsafe_parts), 0, "{url} holds nothing that runs");
        assert_headings_descend(&html, url);
        assert_fields_are_named(&html, url);
        self.assert_guarded();
    }

    /// The headers that keep a page to itself.
    pub fn assert_guarded(&self) {
        let header = |name: &str| self.headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let policy = header("content-security-policy");
        for part in [
            "default-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{}: {policy}", self.url);
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header("x-frame-options"), "DENY", "{}", self.url);
        assert_eq!(header("x-content-type-options"), "nosniff", "{}", self.url);
        assert_eq!(header("referrer-policy"), "same-origin", "{}", self.url);
    }

    /// The names of the fields to which the summary of errors leads.
    pub fn trouble(&self) -> Vec<String> {
        let html = Html::parse_document(&self.body);
        let summary = html
            .select(&selector("#trouble"))
            .next()
            .unwrap_or_else(|| panic!("{} tells no trouble: {}", self.url, self.body));
        assert_eq!(summary.value().attr("tabindex"), Some("-1"));
        assert!(summary.value().attr("autofocus").is_some(), "the summary takes the focus");
        let link = selector("a");
        summary
            .select(&link)
            .map(|link| link.value().attr("href").unwrap().trim_start_matches('#').to_owned())
            .collect()
    }
}

fn assert_headings_descend(html: &Html, url: &str) {
    let mut last = 0;
    let headings = selector("main h1, main h2, main h3, main h4");
    let mut levels: Vec<u8> = html.select(&headings).map(|h| h.value().name().as_bytes()[1] - b'0').collect();
    // The summary of errors stands before the main heading.
    if html.select(&selector("#trouble")).next().is_some() {
        levels.remove(0);
    }
    for level in levels {
        assert!(level <= last + 1, "{url} skips a level of headings");
        last = level;
    }
}

fn assert_fields_are_named(html: &Html, url: &str) {
    let ids: Vec<&str> = html.select(&selector("[id]")).filter_map(|e| e.value().attr("id")).collect();
    let known: HashSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), known.len(), "{url} has an id twice: {ids:?}");
    for field in html.select(&selector("input:not([type=hidden]), textarea, select")) {
        let id = field.value().attr("id").unwrap_or_else(|| panic!("{url}: a field without an id: {}", field.html()));
        let label = html.select(&selector(&format!("label[for='{id}']"))).next();
        assert!(label.is_some_and(|l| !l.text().collect::<String>().trim().is_empty()), "{url}: {id} has no label");
        for described in references(&field) {
            assert!(known.contains(described), "{url}: {id} is described by nothing");
        }
    }
    for form in html.select(&selector("form[method=post]")) {
        assert_eq!(form.select(&selector("input[name=form_token]")).count(), 1, "{url}: a form without a token");
    }
}

fn references<'a>(field: &ElementRef<'a>) -> Vec<&'a str> {
    field.value().attr("aria-describedby").map(|ids| ids.split_whitespace().collect()).unwrap_or_default()
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap()
}
