//! Text that people and servers send, checked once at the edge.

use super::refusal::Refusal;
use unicode_normalization::UnicodeNormalization as _;

/// True for characters that hide or reorder text: bidirectional controls, zero-width and tag
/// characters, and controls other than line breaks and tabs (security.md XS-9, JS-6).
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
        || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// The same text without invisible characters and otherwise as it was typed. A page can carry it in
/// a hidden field and get it back unchanged, which is not so for some of those characters.
pub fn without_invisible(text: &str) -> String {
    text.chars().filter(|c| !is_invisible(*c)).collect()
}

/// NFC, without invisible characters, line ends as `\n`, trimmed.
pub fn clean(text: &str) -> String {
    let text: String = text.replace("\r\n", "\n").nfc().filter(|c| !is_invisible(*c)).collect();
    text.trim().to_owned()
}

/// One line: [`clean`], with every run of white space made one blank.
pub fn clean_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A required line of 1 to `max` characters.
///
/// # Errors
/// Names `field` when the text is empty or too long.
pub fn line(field: &'static str, text: &str, max: usize) -> Result<String, Refusal> {
    within(field, clean_line(text), max)
}

/// A required text of several lines, 1 to `max` characters.
///
/// # Errors
/// Names `field` when the text is empty or too long.
pub fn paragraphs(field: &'static str, text: &str, max: usize) -> Result<String, Refusal> {
    within(field, clean(text), max)
}

/// A line that may be left out; `None` when blank.
///
/// # Errors
/// Names `field` when the text is too long.
pub fn optional_line(field: &'static str, text: &str, max: usize) -> Result<Option<String>, Refusal> {
    let text = clean_line(text);
    if text.is_empty() { Ok(None) } else { within(field, text, max).map(Some) }
}

fn within(field: &'static str, text: String, max: usize) -> Result<String, Refusal> {
    let length = text.chars().count();
    if length == 0 {
        return Err(Refusal::field(field, "Please fill this in."));
    }
    if length > max {
        return Err(Refusal::field(field, format!("Please shorten this to {max} characters; it has {length}.")));
    }
    Ok(text)
}

/// Text as HTML: escaped, so that nothing in it is markup.
pub fn escape_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}

/// Plain text as HTML: a paragraph for each block between blank lines, line breaks kept.
pub fn paragraphs_as_html(text: &str) -> String {
    let blocks = text.split("\n\n").map(str::trim).filter(|block| !block.is_empty());
    blocks.map(|block| format!("<p>{}</p>", escape_html(block).replace('\n', "<br>"))).collect()
}

/// A language tag of the kind `en` or `pt-BR` (BCP 47, the short forms); `en` when absent.
///
/// # Errors
/// Names the field `language` when the tag has another form.
pub fn language(tag: &str) -> Result<String, Refusal> {
    let tag = tag.trim();
    let mut parts = tag.split('-');
    let first_fits =
        parts.next().is_some_and(|p| (2..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_lowercase()));
    let rest_fits = parts.all(|p| (2..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
    match tag {
        "" => Ok("en".to_owned()),
        _ if first_fits && rest_fits && tag.len() <= 20 => Ok(tag.to_owned()),
        _ => Err(Refusal::field("language", "Please give the language as a short tag, for example en or pt-BR.")),
    }
}
