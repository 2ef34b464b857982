//! A brake on following and unfollowing in turns: every Follow costs us an answer (IN-2).

use crate::clock::Stamp;
use crate::federation::bounded::BoundedMap;
use chrono::TimeDelta;
use parking_lot::Mutex;

/// How many Follows of one pair are answered in [`WINDOW`].
const MOST: u32 = 10;
const WINDOW: TimeDelta = TimeDelta::minutes(1);
/// Pairs kept in memory, in each of two generations.
const MOST_PAIRS: usize = 10_000;

/// When a window began and how many Follows came in it.
type Window = (Stamp, u32);

/// Counts the Follows of each pair of follower and followed.
pub struct FollowLimit(Mutex<BoundedMap<(String, String), Window>>);

impl Default for FollowLimit {
    fn default() -> Self {
        Self(Mutex::new(BoundedMap::new(MOST_PAIRS)))
    }
}

impl FollowLimit {
    /// Counts one more Follow; false when it is one too many.
    pub fn allows(&self, follower: &str, followed: &str, now: Stamp) -> bool {
        let pair = (follower.to_owned(), followed.to_owned());
        let mut pairs = self.0.lock();
        let (began, count) = pairs.get(&pair).filter(|(began, _)| (now - *began).abs() < WINDOW).unwrap_or((now, 0));
        pairs.insert(pair, (began, count.saturating_add(1)));
        count < MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pair_is_answered_a_few_times_a_minute_and_others_are_not_held_up() {
        let limit = FollowLimit::default();
        let start = Stamp::UNIX_EPOCH;
        let answered = (0..50).filter(|_| limit.allows("bob", "search", start)).count();
        assert_eq!(answered, 10);
        assert!(limit.allows("bob", "other", start) && limit.allows("eve", "search", start));
        assert!(!limit.allows("bob", "search", start + TimeDelta::seconds(59)));
        assert!(limit.allows("bob", "search", start + TimeDelta::seconds(60)));
    }
}
