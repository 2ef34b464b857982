//! HTML of others, made harmless: an allow-list, so that whatever is not known is gone
//! (fediverse.md 5.3, security.md XS-1, XS-3, XS-7).

use ammonia::{Builder, UrlRelative};
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let tags = [
        "p",
        "br",
        "span",
        "a",
        "del",
        "s",
        "pre",
        "blockquote",
        "code",
        "b",
        "strong",
        "u",
        "i",
        "em",
        "ul",
        "ol",
        "li",
    ];
    let classes: HashSet<&str> = ["mention", "hashtag", "invisible", "ellipsis"].into();
    let mut builder = Builder::default();
    builder
        .tags(tags.into())
        .clean_content_tags(["script", "style", "svg", "math", "template", "noscript", "iframe", "object"].into())
        .generic_attributes(["lang"].into())
        .tag_attributes(HashMap::from([("a", ["href"].into())]))
        .allowed_classes(HashMap::from([("a", classes.clone()), ("span", classes)]))
        .url_schemes(["http", "https", "mailto"].into())
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("nofollow noopener noreferrer ugc"))
        .strip_comments(true);
    builder
});

static STRIPPER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder.tags(HashSet::new()).clean_content_tags(["script", "style"].into());
    builder
});

/// The HTML that may be shown.
pub fn clean(html: &str) -> String {
    CLEANER.clean(html).to_string()
}

/// The bare text, without the mentions at its head: what a person would say they wrote.
pub fn plain_text(html: &str) -> String {
    let spaced = html.replace("<br", " <br").replace("</p>", "</p> ");
    let stripped = STRIPPER.clean(&spaced).to_string();
    // What is left holds no tags, so only the escapes of text remain.
    let text = stripped
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&");
    let text = crate::domain::text::clean_line(&text);
    let words: Vec<&str> = text.split(' ').skip_while(|word| word.starts_with('@')).collect();
    words.join(" ")
}
