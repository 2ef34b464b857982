//! The few words that we put beside the text of a help request, in the language of that text.
//! What is in a language that we do not know has them in English.

use crate::domain::help_request::HelpRequestState;

/// The words of one language.
#[derive(Debug)]
pub struct Labels {
    /// Before the list of skills.
    pub skills: &'static str,
    /// Before and after the number of hours.
    pub effort: (&'static str, &'static str),
    /// What parts whole hours from quarters.
    pub decimal: &'static str,
    /// Before the deadline.
    pub until: &'static str,
    /// How a day is written, as chrono spells it.
    pub day: &'static str,
    /// Before the place.
    pub place: &'static str,
    /// When it can be done from anywhere.
    pub anywhere: &'static str,
    /// After a place, when it can also be done from anywhere.
    pub or_anywhere: &'static str,
    /// Before the names of helpers.
    pub thanks: &'static str,
    open: &'static str,
    taken: &'static str,
    done: &'static str,
    lapsed: &'static str,
    withdrawn: &'static str,
}

impl Labels {
    /// What a request says of its state.
    pub fn state(&self, state: HelpRequestState) -> &'static str {
        match state {
            HelpRequestState::Open => self.open,
            HelpRequestState::Taken => self.taken,
            HelpRequestState::Done => self.done,
            HelpRequestState::Lapsed => self.lapsed,
            HelpRequestState::Withdrawn => self.withdrawn,
        }
    }
}

const ENGLISH: Labels = Labels {
    skills: "Skills",
    effort: ("Effort: about", "hours"),
    decimal: ".",
    until: "By",
    day: "%-d %B %Y",
    place: "Where",
    anywhere: "from anywhere",
    or_anywhere: "or from anywhere",
    thanks: "Thank you,",
    open: "To offer help, reply to this post.",
    taken: "Somebody is on it.",
    done: "This is done.",
    lapsed: "This request has lapsed.",
    withdrawn: "This request was withdrawn.",
};

const GERMAN: Labels = Labels {
    skills: "Fähigkeiten",
    effort: ("Aufwand: etwa", "Stunden"),
    decimal: ",",
    until: "Bis",
    day: "%-d.%-m.%Y",
    place: "Wo",
    anywhere: "von überall",
    or_anywhere: "oder von überall",
    thanks: "Danke,",
    open: "Wer helfen möchte, antwortet auf diesen Beitrag.",
    taken: "Es kümmert sich schon jemand darum.",
    done: "Das ist erledigt.",
    lapsed: "Dieser Aufruf ist abgelaufen.",
    withdrawn: "Dieser Aufruf wurde zurückgezogen.",
};

const FRENCH: Labels = Labels {
    skills: "Compétences ",
    effort: ("Durée : environ", "heures"),
    decimal: ",",
    until: "Avant le ",
    day: "%-d/%-m/%Y",
    place: "Lieu ",
    anywhere: "de n’importe où",
    or_anywhere: "ou de n’importe où",
    thanks: "Merci,",
    open: "Pour proposer votre aide, répondez à ce message.",
    taken: "Quelqu’un s’en occupe.",
    done: "C’est fait.",
    lapsed: "Cet appel a expiré.",
    withdrawn: "Cet appel a été retiré.",
};

const SPANISH: Labels = Labels {
    skills: "Habilidades",
    effort: ("Tiempo: unas", "horas"),
    decimal: ",",
    until: "Antes del",
    day: "%-d/%-m/%Y",
    place: "Lugar",
    anywhere: "desde cualquier lugar",
    or_anywhere: "o desde cualquier lugar",
    thanks: "Gracias,",
    open: "Para ofrecer ayuda, responde a esta publicación.",
    taken: "Alguien se está ocupando.",
    done: "Ya está hecho.",
    lapsed: "Esta petición ha caducado.",
    withdrawn: "Esta petición fue retirada.",
};

/// The words for a language tag: `de`, `de-AT`.
pub fn labels(language: &str) -> &'static Labels {
    match language.split('-').next() {
        Some("de") => &GERMAN,
        Some("fr") => &FRENCH,
        Some("es") => &SPANISH,
        _ => &ENGLISH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_share_their_language_and_what_is_unknown_is_english() {
        for (tag, until) in [("de-AT", "Bis"), ("fr", "Avant le "), ("es-MX", "Antes del"), ("tlh", "By"), ("", "By")] {
            assert_eq!(labels(tag).until, until, "{tag}");
        }
    }
}
