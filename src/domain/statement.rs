//! Statements: what a cabal tells of its work (progress), and what a spokesperson says in the name of
//! the community (V1).

use super::refusal::{Problems, Refusal};
use super::text;

/// The form with which a statement is published or edited, as it was sent.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct StatementFields {
    /// What there is to say; simple Markdown.
    pub text: String,
    /// The language, `en` when blank.
    pub language: String,
}

/// A statement about to be published, or the new text of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStatement {
    /// What there is to say; simple Markdown.
    pub text: String,
    /// The language.
    pub language: String,
}

impl NewStatement {
    /// Reads the form.
    ///
    /// # Errors
    /// Names every field with a problem.
    pub fn parse(fields: &StatementFields) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let said = problems.take(text::paragraphs("text", &fields.text, 5_000));
        let language = problems.take(text::language(&fields.language));
        match (said, language) {
            (Some(text), Some(language)) => Ok(Self { text, language }),
            _ => Err(problems.refusal()),
        }
    }
}

/// As whom somebody speaks for the community.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Their name.
    pub name: String,
    /// For what they are spokesperson.
    pub purpose: String,
    /// Their last day, as people read it.
    pub until: String,
}

impl Role {
    fn words(&self) -> String {
        format!("{}, spokesperson for {} until {}", self.name, self.purpose, self.until)
    }
}

/// The line under every statement of the community: for whom it is said, by whom, and who changed it.
pub fn signature(community: &str, by: &Role, edited_by: Option<&Role>) -> String {
    let edited = edited_by.map(|role| format!("; edited by {}", role.words())).unwrap_or_default();
    format!("For {community}, by {}{edited}.", by.words())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_needs_a_text() {
        let fields = StatementFields { text: " \u{200b} ".into(), language: "English".into() };
        let refusal = NewStatement::parse(&fields).unwrap_err();
        assert_eq!(refusal.fields.iter().map(|p| p.field).collect::<Vec<_>>(), ["text", "language"]);
    }

    #[test]
    fn the_signature_says_for_whom_by_whom_and_who_changed_it() {
        let role = |name: &str| Role { name: name.into(), purpose: "the press".into(), until: "29 May 2026".into() };

        assert_eq!(
            signature("The Commons", &role("Ada"), None),
            "For The Commons, by Ada, spokesperson for the press until 29 May 2026."
        );
        assert!(signature("The Commons", &role("Ada"), Some(&role("Bea"))).contains("; edited by Bea, spokesperson"));
    }
}
