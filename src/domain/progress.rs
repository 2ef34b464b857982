//! Progress: what a cabal tells of its work.

use super::refusal::{Problems, Refusal};
use super::text;

/// The form with which progress is published or edited, as it was sent.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct ProgressFields {
    /// What there is to tell; simple Markdown.
    pub text: String,
    /// The language, `en` when blank.
    pub language: String,
}

/// A progress update about to be published, or the new text of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProgress {
    /// What there is to tell; simple Markdown.
    pub text: String,
    /// The language.
    pub language: String,
}

impl NewProgress {
    /// Reads the form.
    ///
    /// # Errors
    /// Names every field with a problem.
    pub fn parse(fields: &ProgressFields) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let told = problems.take(text::paragraphs("text", &fields.text, 5_000));
        let language = problems.take(text::language(&fields.language));
        match (told, language) {
            (Some(text), Some(language)) => Ok(Self { text, language }),
            _ => Err(problems.refusal()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_progress_update_needs_a_text() {
        let fields = ProgressFields { text: " \u{200b} ".into(), language: "English".into() };
        let refusal = NewProgress::parse(&fields).unwrap_err();
        assert_eq!(refusal.fields.iter().map(|p| p.field).collect::<Vec<_>>(), ["text", "language"]);
    }
}
