//! What happened to the server itself while people voted: the minutes tell it.

use crate::clock::{Stamp, iso_seconds};
use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncidentKind {
    /// No process of the server lived.
    Down,
    /// The clock was in doubt, and nothing was closed meanwhile.
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
    /// As far as it is known at this moment: what still lasts is told until then.
    #[must_use]
    pub fn until(self, now: Stamp) -> Self {
        Self { ended_at: self.ended_at.or(Some(now)), ..self }
    }

    /// As it stands in the record of a vote.
    pub fn json(&self) -> Value {
        json!({
            "kind": self.kind.as_str(),
            "began_at": iso_seconds(self.began_at),
            "ended_at": self.ended_at.map(iso_seconds),
        })
    }

    /// Reads one out of the record of a vote.
    pub fn read(json: &Value) -> Option<Self> {
        let text = |key: &str| json.get(key).and_then(Value::as_str);
        let moment = |text: &str| DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.to_utc());
        Some(Self {
            kind: IncidentKind::stored(text("kind")?)?,
            began_at: moment(text("began_at")?)?,
            ended_at: text("ended_at").and_then(moment),
        })
    }
}

/// Says once what several processes noted, or one noted twice: incidents of one kind that overlap are
/// one. Takes and gives them the first first.
pub fn merged(incidents: Vec<Incident>) -> Vec<Incident> {
    let mut all: Vec<Incident> = Vec::with_capacity(incidents.len());
    for incident in incidents {
        let same = all.iter_mut().rfind(|known| known.kind == incident.kind);
        match same.filter(|known| known.ended_at.is_none_or(|end| incident.began_at <= end)) {
            Some(known) => known.ended_at = known.ended_at.zip(incident.ended_at).map(|(one, other)| one.max(other)),
            None => all.push(incident),
        }
    }
    all
}

/// A stretch of time in words, in its largest unit.
pub fn stretch(time: TimeDelta) -> String {
    let (count, unit) = match (time.num_days(), time.num_hours(), time.num_minutes()) {
        (days, ..) if days > 0 => (days, "day"),
        (_, hours, _) if hours > 0 => (hours, "hour"),
        (_, _, minutes) if minutes > 0 => (minutes, "minute"),
        _ => (time.num_seconds().max(0), "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone as _, Utc};

    #[test]
    fn what_overlaps_is_told_once_and_what_lasts_lasts() {
        let at = |minute: u32| Utc.with_ymd_and_hms(2026, 3, 1, 12, minute, 0).unwrap();
        let (down, clock) = (IncidentKind::Down, IncidentKind::Clock);
        let incident = |kind, from, to: Option<u32>| Incident { kind, began_at: at(from), ended_at: to.map(at) };

        let told = merged(vec![
            incident(clock, 1, Some(5)),
            incident(down, 2, Some(3)),
            incident(clock, 4, Some(9)),
            incident(clock, 5, Some(6)),
            incident(down, 7, Some(8)),
            incident(clock, 10, Some(11)),
            incident(clock, 11, None),
            incident(clock, 20, Some(21)),
        ]);

        let wanted = [
            incident(clock, 1, Some(9)),
            incident(down, 2, Some(3)),
            incident(down, 7, Some(8)),
            incident(clock, 10, None),
        ];
        assert_eq!(told, wanted);
    }
}
