//! What a person gives to join (J1): a handle, a name, a password. Nothing else is asked for.

use super::handle::Handle;
use super::refusal::{Problems, Refusal};
use super::text;

/// How long a name may be, in characters.
pub const NAME_MAX: usize = 60;
/// How short a password may be: long enough to withstand guessing, with no rule about its letters.
pub const PASSWORD_MIN: usize = 10;
/// How long a password may be.
pub const PASSWORD_MAX: usize = 200;

/// A person about to join, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember {
    /// The handle with which they will sign in.
    pub handle: Handle,
    /// How they wish to be called.
    pub name: String,
}

/// A password that meets the rules. It has no `Debug`, so that it cannot reach a log.
#[derive(Clone)]
pub struct Password(String);

impl NewMember {
    /// Checks handle and name. A name left out is the handle.
    ///
    /// # Errors
    /// Every field with a problem.
    pub fn parse(handle: &str, name: &str) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let handle = problems.take(Handle::parse("handle", handle));
        let name = problems.take(text::optional_line("name", name, NAME_MAX));
        match (handle, name) {
            (Some(handle), Some(name)) => {
                problems.check()?;
                let name = name.unwrap_or_else(|| handle.to_string());
                Ok(Self { handle, name })
            }
            _ => Err(problems.refusal()),
        }
    }
}

impl Password {
    /// Checks a password that a person chose. Only its length matters, and that it is not the
    /// handle. White space inside is theirs to choose.
    ///
    /// # Errors
    /// Names the field `password`.
    pub fn parse(text: &str, handle: &str) -> Result<Self, Refusal> {
        let length = text.chars().count();
        if length < PASSWORD_MIN {
            return Err(Refusal::field(
                "password",
                format!("Please choose at least {PASSWORD_MIN} characters. A few words in a row are easy to remember."),
            ));
        }
        if length > PASSWORD_MAX {
            return Err(Refusal::field("password", format!("Please choose at most {PASSWORD_MAX} characters.")));
        }
        let is_one_character = text.chars().next().is_some_and(|first| text.chars().all(|c| c == first));
        let is_handle = !handle.is_empty() && text.eq_ignore_ascii_case(handle);
        if is_one_character || is_handle {
            return Err(Refusal::field("password", "This is easy to guess. Please choose another password."));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text, for hashing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_left_out_is_the_handle() {
        let member = NewMember::parse("@Ada", "  ").unwrap();

        assert_eq!((member.handle.as_str(), member.name.as_str()), ("ada", "ada"));
    }

    #[test]
    fn every_field_with_a_problem_is_named_at_once() {
        let refusal = NewMember::parse("", &"x".repeat(61)).unwrap_err();

        assert_eq!(refusal.fields.iter().map(|p| p.field).collect::<Vec<_>>(), ["handle", "name"]);
    }

    #[test]
    fn short_long_and_obvious_passwords_are_refused() {
        for (text, handle) in [
            ("", "ada"),
            ("ninechars", "ada"),
            (&*"x".repeat(201), "ada"),
            ("aaaaaaaaaaaa", "ada"),
            ("Ada_Lovelace", "ada_lovelace"),
        ] {
            assert!(Password::parse(text, handle).is_err(), "{text}");
        }
        for text in ["ten chars!", "žluťoučký kůň", &*"ab".repeat(100)] {
            assert!(Password::parse(text, "ada").is_ok(), "{text}");
        }
    }
}
