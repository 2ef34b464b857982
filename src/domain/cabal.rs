//! Cabals: forming one, joining one, and how fresh one is (rules C1, C2, C6).

use super::handle::Handle;
use super::refusal::{Problems, Refusal};
use super::text;
use crate::clock::Stamp;
use chrono::TimeDelta;

/// The form with which a cabal is formed, as it was sent.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct CabalFields {
    /// What the cabal is called.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// Its handle; derived from the name when blank.
    pub handle: String,
}

/// A cabal about to be formed (C1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCabal {
    /// Its handle on the fediverse.
    pub handle: Handle,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub purpose: String,
}

impl NewCabal {
    /// Reads the form: two required fields; the handle may be left to us.
    ///
    /// # Errors
    /// Names every field with a problem.
    pub fn parse(fields: &CabalFields) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let name = problems.take(text::line("name", &fields.name, 80));
        let purpose = problems.take(text::paragraphs("purpose", &fields.purpose, 1_000));
        let handle = match (fields.handle.trim(), &name) {
            ("", None) => None,
            ("", Some(name)) => problems.take(derive_handle(name)),
            (chosen, _) => problems.take(Handle::parse("handle", chosen)),
        };
        match (handle, name, purpose) {
            (Some(handle), Some(name), Some(purpose)) => Ok(Self { handle, name, purpose }),
            _ => Err(problems.refusal()),
        }
    }
}

/// `Street Library` becomes `street_library`.
fn derive_handle(name: &str) -> Result<Handle, Refusal> {
    use unicode_normalization::UnicodeNormalization as _;
    let mut derived = String::new();
    for c in name.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)) {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => derived.push(c),
            _ if !derived.is_empty() && !derived.ends_with('_') => derived.push('_'),
            _ => {}
        }
    }
    let derived: String = derived.chars().take(30).collect();
    Handle::parse("handle", derived.trim_end_matches('_')).map_err(|_| {
        Refusal::field("handle", "We could not make a handle from this name. Please choose one: 2 to 30 of the letters a to z, digits and _.")
    })
}

/// What somebody who joins a cabal will do, in one line (C2).
///
/// # Errors
/// Names the field `contribution` when it is empty or too long.
pub fn parse_contribution(text: &str) -> Result<String, Refusal> {
    text::line("contribution", text, 200)
}

/// How lately a cabal published something (C6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Freshness {
    /// Within 30 days.
    Active,
    /// Not for 30 days.
    Quiet,
    /// Not for 60 days.
    Resting,
}

impl Freshness {
    /// Judges by the last time that something was published, or the forming.
    pub fn at(now: Stamp, last_sign: Stamp) -> Self {
        let silent_for = now.signed_duration_since(last_sign);
        if silent_for >= TimeDelta::days(60) {
            Self::Resting
        } else if silent_for >= TimeDelta::days(30) {
            Self::Quiet
        } else {
            Self::Active
        }
    }

    /// The word that is shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Quiet => "quiet",
            Self::Resting => "resting",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(name: &str, handle: &str) -> CabalFields {
        CabalFields { name: name.into(), purpose: "To find things.".into(), handle: handle.into() }
    }

    #[test]
    fn a_handle_is_derived_from_the_name_when_none_is_chosen() {
        for (name, handle) in [
            ("Street Library", "street_library"),
            ("  Café & Küche!  ", "cafe_kuche"),
            ("Search 2.0", "search_2_0"),
            (&"long ".repeat(10), "long_long_long_long_long_long"),
        ] {
            assert_eq!(NewCabal::parse(&fields(name, "")).unwrap().handle.as_str(), handle);
        }
    }

    #[test]
    fn a_name_that_gives_no_handle_asks_for_one() {
        for name in ["Поиск", "!", "Admin"] {
            let refusal = NewCabal::parse(&fields(name, "")).unwrap_err();
            assert_eq!(refusal.fields[0].field, "handle", "{name}");
        }
        assert!(NewCabal::parse(&fields("Поиск", "poisk")).is_ok());
    }

    #[test]
    fn every_missing_field_is_named_at_once() {
        let refusal = NewCabal::parse(&CabalFields::default()).unwrap_err();
        assert_eq!(refusal.fields.iter().map(|p| p.field).collect::<Vec<_>>(), ["name", "purpose"]);
    }

    #[test]
    fn a_cabal_grows_quiet_after_30_days_and_rests_after_60() {
        let start = chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        for (days, expected) in
            [(0, Freshness::Active), (29, Freshness::Active), (30, Freshness::Quiet), (60, Freshness::Resting)]
        {
            assert_eq!(Freshness::at(start + TimeDelta::days(days), start), expected);
        }
    }
}
