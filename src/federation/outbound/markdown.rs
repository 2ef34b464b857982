//! Simple Markdown of our own members as HTML that every server shows. Whatever is not in the
//! allow-list for foreign HTML does not get out either.

use crate::domain::document::{Cited, Shelf};
use crate::federation::inbound::clean;
use pulldown_cmark::{CowStr, Event, LinkType, Parser, Tag, TagEnd, TextMergeStream, html};

/// Markdown as harmless HTML: headings become bold paragraphs, images their description, bare
/// addresses and cited clauses links, and HTML in it is shown as the text that it is.
pub fn to_html(markdown: &str, shelf: &Shelf) -> String {
    // Inside links and code an address stays the text that it is.
    let mut is_literal = false;
    let events = TextMergeStream::new(Parser::new(markdown)).flat_map(|event| match event {
        Event::Start(Tag::Link { .. } | Tag::CodeBlock(_)) | Event::End(TagEnd::Link | TagEnd::CodeBlock) => {
            is_literal = matches!(event, Event::Start(_));
            vec![event]
        }
        Event::Text(text) if !is_literal => with_links(&text, shelf),
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

fn plain<'e>(text: &str) -> Event<'e> {
    Event::Text(CowStr::from(text.to_owned()))
}

fn link<'e>(url: &str, text: &str) -> [Event<'e>; 3] {
    let dest_url = CowStr::from(url.to_owned());
    let tag = Tag::Link { link_type: LinkType::Autolink, dest_url, title: "".into(), id: "".into() };
    [Event::Start(tag), plain(text), Event::End(TagEnd::Link)]
}

/// Text in which the clauses that it cites are links.
fn with_citations<'e>(text: &str, shelf: &Shelf) -> Vec<Event<'e>> {
    let pieces = shelf.cite(text).into_iter();
    pieces
        .flat_map(|piece| match piece {
            Cited::Words(words) => vec![plain(&words)],
            Cited::Clause { url, number } => link(&url, &number).to_vec(),
        })
        .collect()
}

/// Text in which every web address and every citation is a link.
fn with_links<'e>(text: &str, shelf: &Shelf) -> Vec<Event<'e>> {
    let mut events = Vec::new();
    let mut rest = text;
    while let Some(start) = find_address(rest) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"')).unwrap_or(from.len());
        let (address, _) = from.split_at(end);
        // What ends a sentence does not belong to the address in it.
        let address = address.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '’', '”']);
        events.extend(with_citations(before, shelf));
        events.extend(link(address, address));
        rest = from.split_at(address.len()).1;
    }
    events.extend(with_citations(rest, shelf));
    events
}

/// Where the next address begins that has something behind its scheme.
fn find_address(text: &str) -> Option<usize> {
    let begins = |scheme: &str| {
        text.match_indices(scheme).map(|(at, _)| at).find(|at| {
            text.split_at(*at).1.trim_start_matches(scheme).starts_with(|c: char| c.is_alphanumeric() || c == '[')
        })
    };
    begins("https://").into_iter().chain(begins("http://")).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to_html(markdown: &str) -> String {
        super::to_html(markdown, &Shelf::default())
    }

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
    fn a_bare_address_is_a_link_and_the_sentence_round_it_is_not() {
        let html = to_html("See https://a.example/x_y_z?b=1&c=2, and (http://b.example).");
        for part in [
            "<a href=\"https://a.example/x_y_z?b=1&amp;c=2\"",
            ">https://a.example/x_y_z?b=1&amp;c=2</a>, and (",
            ">http://b.example</a>).",
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        for (text, links) in [
            ("[https://a.example](https://b.example)", 1),
            ("<https://a.example>", 1),
            ("`https://a.example`", 0),
            ("    https://a.example", 0),
            ("https:// http://", 0),
            ("xhttps://a.example", 1),
            ("javascript://a.example", 0),
        ] {
            assert_eq!(to_html(text).matches("<a ").count(), links, "{text}: {}", to_html(text));
        }
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

    /// Whatever would blow up with the depth never comes to an end here.
    #[test]
    fn deep_nesting_grows_no_faster_than_the_text() {
        for mark in ["[", "*", "> ", "- ", "`", "<b>"] {
            let html = |depth: usize| to_html(&format!("{}x", mark.repeat(depth))).len();

            assert!(html(5_000) <= 2 * html(2_500) + 100 && html(5_000) < 400_000, "{mark}: {}", html(5_000));
        }
    }
}
