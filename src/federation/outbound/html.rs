//! The small pieces of HTML that our posts are made of, in the forms that other servers keep
//! (fediverse.md 5.1, 5.3).

use super::documents::Mention;
use crate::domain::Urls;
use crate::domain::text::escape_html;

/// Plain text as paragraphs: an empty line parts them, a single line break stays one.
pub fn paragraphs(text: &str) -> String {
    text.split("\n\n")
        .map(str::trim)
        .filter(|paragraph| !paragraph.is_empty())
        .map(|paragraph| format!("<p>{}</p>", escape_html(paragraph).replace('\n', "<br>")))
        .collect()
}

/// A link that shows its own address.
pub fn link(url: &str) -> String {
    let url = escape_html(url);
    format!("<a href=\"{url}\" rel=\"noopener\">{url}</a>")
}

/// Somebody's name as a link that their server takes for a mention.
pub fn mention(mention: &Mention) -> String {
    let short = mention.name.trim_start_matches('@').split('@').next().unwrap_or_default();
    format!(
        "<span class=\"h-card\"><a href=\"{}\" class=\"u-url mention\">@<span>{}</span></a></span>",
        escape_html(&mention.href),
        escape_html(short)
    )
}

/// A hashtag as a link that other servers take for one.
pub fn hashtag(tag: &str, urls: &Urls) -> String {
    let (href, tag) = (escape_html(&urls.tag(tag)), escape_html(tag));
    format!("<a href=\"{href}\" class=\"mention hashtag\" rel=\"tag\">#<span>{tag}</span></a>")
}

/// The first words of a text on one line, for titles and for telling one thing from another.
pub fn first_words(text: &str) -> String {
    const MOST: usize = 80;
    let line = text.split('\n').next().unwrap_or_default().trim();
    if line.chars().count() <= MOST {
        return line.to_owned();
    }
    let cut: String = line.chars().take(MOST).collect();
    let whole_words = cut.rsplit_once(' ').map_or(cut.as_str(), |(head, _)| head);
    format!("{whole_words}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_paragraphs_and_never_markup() {
        assert_eq!(paragraphs("a\nb\n\n\n<i>c</i> & d"), "<p>a<br>b</p><p>&lt;i&gt;c&lt;/i&gt; &amp; d</p>");
        assert_eq!(paragraphs("  "), "");
    }

    #[test]
    fn names_of_others_cannot_break_out_of_a_mention() {
        let hostile = Mention { href: "https://x.example/\"><script>".into(), name: "@a<b>@x.example".into() };
        let html = mention(&hostile);
        assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
    }

    #[test]
    fn first_words_end_at_a_word() {
        assert_eq!(first_words("Index the minutes\nand more"), "Index the minutes");
        let long = first_words(&"word ".repeat(40));
        assert!(long.ends_with("word…") && long.chars().count() <= 81, "{long}");
        assert_eq!(first_words(&"x".repeat(100)).chars().count(), 81);
    }
}
