//! Which addresses we connect to. The check sits in the resolver that the client's connector
//! itself uses, so that the address checked is the address dialled: between the two there is no
//! second look-up that could answer otherwise (SS-3).

use crate::domain::canonical::Strictness;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

/// True when the IANA special-purpose registries call the address globally reachable (SS-1).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_special = match address.octets() {
        [0 | 10 | 127, ..] => true,
        [100, b, ..] => (64..128).contains(&b),
        [169, 254, ..] => true,
        [172, b, ..] => (16..32).contains(&b),
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [192, 168, ..] => true,
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        [a, ..] => a >= 224,
    };
    !is_special
}

/// Only the global unicast block 2000::/3, without what is carved out of it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let is_unicast = (0x2000..0x4000).contains(&a);
    let is_special = (a == 0x2001 && (b < 0x0200 || b == 0x0db8)) // protocol assignments, documentation
        || a == 0x2002 // 6to4 leads to any IPv4 address
        || (a == 0x3fff && b < 0x1000); // documentation
    is_unicast && !is_special
}

/// True when we may connect to the address.
pub fn may_connect(address: IpAddr, strictness: Strictness) -> bool {
    is_public(address) || (strictness == Strictness::Local && address.is_loopback())
}

/// Names to addresses. The machine's resolver in the program, a table in tests.
pub trait Lookup: Send + Sync + 'static {
    /// All addresses of a name.
    fn lookup(&self, name: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;
}

/// The resolver of the machine.
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, name: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            match found {
                Ok(addresses) => Ok(addresses.map(|address| address.ip()).collect()),
                // RFC 6761: these names are this machine, whatever its resolver knows of them.
                Err(_) if name.ends_with(".localhost") => Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]),
                Err(error) => Err(error),
            }
        })
    }
}

/// A name leads to an address that we do not connect to.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to an address that is not public")]
pub struct RefusedAddress;

/// The resolver of the client: all addresses of a name must be good, or none is used (SS-2).
pub(super) struct CheckedResolver {
    lookup: Arc<dyn Lookup>,
    strictness: Strictness,
}

impl CheckedResolver {
    pub(super) fn new(lookup: Arc<dyn Lookup>, strictness: Strictness) -> Self {
        Self { lookup, strictness }
    }
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (looking, strictness) = (self.lookup.lookup(name.as_str().to_owned()), self.strictness);
        Box::pin(async move {
            let found = looking.await?;
            if found.is_empty() {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
            if !found.iter().all(|address| may_connect(*address, strictness)) {
                return Err(RefusedAddress.into());
            }
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_addresses_are_not_public() {
        let special = [
            "127.0.0.1",
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for text in special {
            assert!(!is_public(text.parse().unwrap()), "{text}");
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(may_connect(address, Strictness::Local), address.is_loopback(), "{text}");
        }
    }

    #[test]
    fn ordinary_addresses_are_public() {
        for text in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "223.255.255.255",
            "2001:200::1",
            "2606:4700::1111",
            "2a00:1450::1",
            "3ffe::1",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }
}
