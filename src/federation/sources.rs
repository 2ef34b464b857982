//! How many failed look-ups one network address may cause (RS-9). A look-up that succeeds costs
//! nothing, so that honest traffic of any volume passes; one that fails uses up a place for the
//! rest of the minute.

use crate::clock::Stamp;
use chrono::TimeDelta;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Failed look-ups that one source may cause in a minute; also how many it may have under way.
pub const MOST_FAILURES: usize = 60;
/// Sources remembered before those of past minutes are forgotten.
const MOST_SOURCES: usize = 10_000;

/// The places of all sources.
#[derive(Default)]
pub struct Sources(Mutex<HashMap<IpAddr, Source>>);

struct Source {
    since: Stamp,
    places: Arc<Semaphore>,
    failures: usize,
}

/// A place for one look-up. Dropped, it is free again; see [`Sources::failed`].
pub struct Place {
    source: IpAddr,
    since: Stamp,
    permit: OwnedSemaphorePermit,
}

impl Sources {
    /// Waits for a place. `None` when the source has used up its minute.
    pub async fn enter(&self, address: IpAddr, now: Stamp) -> Option<Place> {
        let source = network(address);
        let (since, places) = {
            let mut all = self.0.lock();
            if all.len() >= MOST_SOURCES {
                all.retain(|_, source| now - source.since < TimeDelta::minutes(1));
            }
            let entry = all.entry(source).or_insert_with(|| Source::new(now));
            let age = now - entry.since;
            if age >= TimeDelta::minutes(1) || age < TimeDelta::zero() {
                *entry = Source::new(now);
            }
            (entry.since, Arc::clone(&entry.places))
        };
        let permit = places.acquire_owned().await.ok()?;
        Some(Place { source, since, permit })
    }

    /// The look-up failed: its place stays taken until the minute is over.
    pub fn failed(&self, place: Place) {
        place.permit.forget();
        let mut all = self.0.lock();
        if let Some(entry) = all.get_mut(&place.source)
            && entry.since == place.since
        {
            entry.failures += 1;
            if entry.failures >= MOST_FAILURES {
                // Wakes those who wait: there is nothing to wait for.
                entry.places.close();
            }
        }
    }
}

impl Source {
    fn new(now: Stamp) -> Self {
        Self { since: now, places: Arc::new(Semaphore::new(MOST_FAILURES)), failures: 0 }
    }
}

/// One customer has a whole /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            v6.to_ipv4_mapped().map_or(IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)), IpAddr::V4)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock as _, SystemClock};

    #[tokio::test]
    async fn failures_use_up_the_minute_and_successes_do_not() {
        let (sources, now) = (Sources::default(), SystemClock.now());
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        for _ in 0..1_000 {
            drop(sources.enter(address, now).await.unwrap());
        }
        for _ in 0..MOST_FAILURES {
            let place = sources.enter(address, now).await.unwrap();
            sources.failed(place);
        }

        assert!(sources.enter(address, now).await.is_none());
        assert!(sources.enter("192.0.2.2".parse().unwrap(), now).await.is_some());
        assert!(sources.enter(address, now + TimeDelta::minutes(1)).await.is_some());
    }

    #[test]
    fn one_customer_of_ipv6_is_one_source() {
        let same = |a: &str, b: &str| network(a.parse().unwrap()) == network(b.parse().unwrap());
        assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
        assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1"));
        assert!(same("::ffff:192.0.2.1", "192.0.2.1"));
    }
}
