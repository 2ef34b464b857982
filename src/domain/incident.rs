//! What happened to the server itself while people voted: the minutes tell it.

use crate::clock::{Stamp, iso_seconds};
use serde_json::{Value, json};

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncidentKind {
    /// No process of the server lived.
    Down,
    /// The clock jumped ahead, and nothing was closed meanwhile.
    Clock,
    /// The data was put back from a backup.
    Restored,
}

impl IncidentKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Down, Self::Clock, Self::Restored];

    /// As it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Clock => "clock",
            Self::Restored => "restored",
        }
    }

    /// Reads what was stored.
    pub fn stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One thing that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incident {
    /// What.
    pub kind: IncidentKind,
    /// Since when.
    pub began_at: Stamp,
    /// Until when; none while it lasts.
    pub ended_at: Option<Stamp>,
}

impl Incident {
    /// As it stands in the record of a vote.
    pub fn json(&self) -> Value {
        json!({
            "kind": self.kind.as_str(),
            "began_at": iso_seconds(self.began_at),
            "ended_at": self.ended_at.map(iso_seconds),
        })
    }
}
