//! Why a rule says no, in words for the person who asked. A refusal is never logged as a fault.

use std::fmt;

/// What is wrong with one field of a form or of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field's name in the form and in the JSON request.
    pub field: &'static str,
    /// One plain sentence that says what to do.
    pub sentence: String,
}

/// A rule's no: a stable code for programs and a plain sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Stable, lower-case with underscores; part of the API.
    pub code: &'static str,
    /// One or two plain, kind sentences that say what to do.
    pub sentence: String,
    /// The fields that have to change, in the order of the form.
    pub fields: Vec<FieldProblem>,
}

impl Refusal {
    /// A refusal that concerns the act as a whole.
    pub fn new(code: &'static str, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into(), fields: Vec::new() }
    }

    /// A refusal because of one field.
    pub fn field(field: &'static str, sentence: impl Into<String>) -> Self {
        Problems::default().with(field, sentence).refusal()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)?;
        for problem in &self.fields {
            write!(f, " {}: {}", problem.field, problem.sentence)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

/// Collects the problems of all fields, so that a person hears of them at once.
#[derive(Debug, Default)]
pub struct Problems(Vec<FieldProblem>);

impl Problems {
    /// Adds a problem.
    pub fn add(&mut self, field: &'static str, sentence: impl Into<String>) {
        self.0.push(FieldProblem { field, sentence: sentence.into() });
    }

    fn with(mut self, field: &'static str, sentence: impl Into<String>) -> Self {
        self.add(field, sentence);
        self
    }

    /// Keeps the value of a parsed field, or notes its problems and gives nothing.
    pub fn take<T>(&mut self, parsed: Result<T, Refusal>) -> Option<T> {
        parsed.map_err(|refusal| self.0.extend(refusal.fields)).ok()
    }

    /// `Ok` when nothing was added.
    ///
    /// # Errors
    /// The refusal that names every field with a problem.
    pub fn check(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(self.refusal()) }
    }

    /// The refusal that names every field with a problem.
    pub fn refusal(self) -> Refusal {
        let sentence = match self.0.as_slice() {
            [only] => only.sentence.clone(),
            many => format!("There are {} things to mend.", many.len()),
        };
        Refusal { code: "invalid_fields", sentence, fields: self.0 }
    }
}
