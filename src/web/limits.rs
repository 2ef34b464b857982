//! How often the same person may try the same thing: per address and per account, by our clock.

use super::errors::PageError;
use crate::App;
use crate::clock::Clock as OurClock;
use actix_web::HttpRequest;
use governor::clock::{Clock, Reference as _};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// After so many keys the ones that are at rest are forgotten.
const KEYS_KEPT: usize = 10_000;

/// What is limited. Each thing counts by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A try to sign in.
    SignIn,
    /// A try to sign in from a browser in which the member did so before.
    SignInAgain,
    /// A new member.
    SignUp,
    /// Asking for or entering a code.
    Code,
    /// An offer by somebody who is not signed in.
    WebOffer,
    /// A try of the set-up link.
    SetUp,
}

type Keyed = RateLimiter<String, DashMapStateStore<String>, ClockOfOurs, NoOpMiddleware<Nanos>>;

/// All counters of this process.
pub struct Limits {
    /// How long the body of a request may take to come (RS-11).
    pub longest_body_wait: Duration,
    by_address: Keyed,
    by_account: Keyed,
}

#[derive(Clone)]
struct ClockOfOurs(Arc<dyn OurClock>);

impl Clock for ClockOfOurs {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let nanos = self.0.now().timestamp_nanos_opt().and_then(|n| u64::try_from(n).ok());
        Nanos::new(nanos.unwrap_or(0))
    }
}

impl Limits {
    /// Counters at rest.
    pub fn new(clock: &Arc<dyn OurClock>) -> Self {
        let clock = ClockOfOurs(Arc::clone(clock));
        Self {
            longest_body_wait: Duration::from_secs(15),
            // A household or an office shares an address.
            by_address: keyed(quota(30, Duration::from_secs(20)), clock.clone()),
            // Ten tries at once, then one every ten minutes (AC-7).
            by_account: keyed(quota(10, Duration::from_secs(600)), clock),
        }
    }

    /// Counts a try from this address.
    ///
    /// # Errors
    /// `TooMany` when there were too many.
    pub fn check_address(&self, act: Act, address: IpAddr) -> Result<(), PageError> {
        check(&self.by_address, &format!("{act:?} {}", network_of(address)))
    }

    /// Counts a try at this account, from whatever address.
    ///
    /// # Errors
    /// `TooMany` when there were too many.
    pub fn check_account(&self, act: Act, account: &str) -> Result<(), PageError> {
        check(&self.by_account, &format!("{act:?} {}", crate::ids::secret_hash(account)))
    }
}

fn quota(burst: u32, refill: Duration) -> Quota {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(refill).unwrap_or(Quota::per_minute(NonZeroU32::MIN)).allow_burst(burst)
}

fn keyed(quota: Quota, clock: ClockOfOurs) -> Keyed {
    RateLimiter::dashmap_with_clock(quota, clock)
}

fn check(limiter: &Keyed, key: &String) -> Result<(), PageError> {
    if limiter.len() > KEYS_KEPT {
        limiter.retain_recent();
    }
    limiter.check_key(key).map_err(|until| {
        let wait = until.earliest_possible().duration_since(limiter.clock().now());
        PageError::TooMany(Duration::from(wait).as_secs().max(1))
    })
}

/// One household is one network: an IPv6 /64 is what a provider gives to one customer (AC-8).
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        },
    }
}

/// The address of the person who asks. `X-Forwarded-For` counts only as far as proxies of ours
/// wrote it: read from the right, the first address that is no such proxy.
pub fn client_address(request: &HttpRequest, app: &App) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip());
    let trusted = &app.settings.trusted_proxies;
    if !trusted.contains(&peer) {
        return peer;
    }
    let lines: Vec<&str> = request.headers().get_all("x-forwarded-for").filter_map(|line| line.to_str().ok()).collect();
    let mut named = lines.iter().rev().flat_map(|line| line.rsplit(',')).map(|part| part.trim().parse::<IpAddr>());
    named.find(|address| !address.as_ref().is_ok_and(|a| trusted.contains(a))).and_then(Result::ok).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{FixedClock, SystemClock};
    use chrono::TimeDelta;

    #[test]
    fn the_eleventh_try_at_an_account_waits() {
        let clock = Arc::new(FixedClock::at(SystemClock.now()));
        let shared: Arc<dyn OurClock> = clock.clone();
        let limits = Limits::new(&shared);

        for _ in 0..10 {
            assert!(limits.check_account(Act::SignIn, "ada").is_ok());
        }
        assert!(matches!(limits.check_account(Act::SignIn, "ada"), Err(PageError::TooMany(540..=600))));
        assert!(limits.check_account(Act::SignIn, "bob").is_ok());
        assert!(limits.check_account(Act::Code, "ada").is_ok());

        clock.advance(TimeDelta::minutes(10));
        assert!(limits.check_account(Act::SignIn, "ada").is_ok());
        assert!(limits.check_account(Act::SignIn, "ada").is_err());
    }

    #[test]
    fn addresses_of_one_network_count_together() {
        let same = ["2001:db8::1", "2001:db8::ffff:2"].map(|text| network_of(text.parse().unwrap()));
        let other = network_of("2001:db8:0:1::1".parse().unwrap());

        assert_eq!(same[0], same[1]);
        assert_ne!(same[0], other);
        assert_eq!(network_of("::ffff:192.0.2.1".parse().unwrap()), network_of("192.0.2.1".parse().unwrap()));
    }
}
