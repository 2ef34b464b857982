//! Simple Markdown of our own members as HTML that every server shows. Whatever is not in the
//! allow-list for foreign HTML does not get out either.

use crate::federation::inbound::clean;
use pulldown_cmark::{Event, Parser, Tag, TagEnd, html};

/// Markdown as harmless HTML: headings become bold paragraphs, images their description, and
/// HTML in it is shown as the text that it is.
pub fn to_html(markdown: &str) -> String {
    let events = Parser::new(markdown).flat_map(|event| match event {
        Event::Start(Tag::Heading { .. }) => vec![Event::Start(Tag::Paragraph), Event::Start(Tag::Strong)],
        Event::End(TagEnd::Heading(_)) => vec![Event::End(TagEnd::Strong), Event::End(TagEnd::Paragraph)],
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) | Event::Rule => Vec::new(),
        Event::Start(Tag::HtmlBlock) => vec![Event::Start(Tag::Paragraph)],
        Event::End(TagEnd::HtmlBlock) => vec![Event::End(TagEnd::Paragraph)],
        Event::Html(text) | Event::InlineHtml(text) => vec![Event::Text(text)],
        Event::SoftBreak => vec![Event::HardBreak],
        other => vec![other],
    });
    let mut rendered = String::new();
    html::push_html(&mut rendered, events);
    clean::clean(rendered.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_markdown_becomes_the_html_that_other_servers_keep() {
        let html = to_html("# Done\n\nWe have *one* **index**:\n\n- fast\n- small\n\n> thanks\n\n`code`");
        for part in [
            "<p><strong>Done</strong></p>",
            "<em>one</em>",
            "<strong>index</strong>",
            "<li>fast</li>",
            "<blockquote>",
            "<code>code</code>",
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert!(!html.contains("<h1"));
    }

    #[test]
    fn html_and_dangerous_links_in_markdown_do_nothing() {
        for hostile in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "![x](https://evil.example/pixel.png)",
            "<a href='javascript:alert(1)'>x</a>",
            "[x](data:text/html,<script>alert(1)</script>)",
        ] {
            let html = to_html(hostile);
            let lower = html.to_lowercase();
            assert!(
                !lower.contains("<script") && !lower.contains("<img") && !lower.contains("href=\"javascript:"),
                "{html}"
            );
            assert!(!lower.contains("href=\"data:"), "{html}");
        }
    }

    #[test]
    fn deep_nesting_is_rendered_in_no_time_at_all() {
        for hostile in ["[".repeat(5_000), "*".repeat(5_000), "> ".repeat(2_500), "- ".repeat(2_500)] {
            let watch = crate::clock::Stopwatch::start();
            let _ = to_html(&hostile);
            assert!(watch.elapsed().as_millis() < 2_000);
        }
    }
}
