//! Open connections by address: one client must not take all places. IPv6 counts by /64, what one customer has.
//!
//! Bounded by the cap on connections: an address stands here only while it has one.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

type Counts = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// How many connections each address has.
#[derive(Clone, Default)]
pub(super) struct Addresses(Counts);

/// One connection of an address; counted until dropped.
pub(super) struct Counted {
    counts: Counts,
    key: IpAddr,
}

impl Addresses {
    /// Counts one more connection of this address; `None`: it has `max` already.
    pub(super) fn enter(&self, address: IpAddr, max: usize) -> Option<Counted> {
        let key = network(address);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let open = counts.entry(key).or_insert(0);
        if *open >= max {
            return None;
        }
        *open += 1;
        Some(Counted { counts: Arc::clone(&self.0), key })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = counts.get_mut(&self.key) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn f29_an_address_has_so_many_connections_and_no_more_until_one_ends() {
        let addresses = Addresses::default();
        let first = addresses.enter(ip("192.0.2.1"), 2).unwrap();
        let _second = addresses.enter(ip("::ffff:192.0.2.1"), 2).unwrap();
        assert!(addresses.enter(ip("192.0.2.1"), 2).is_none());
        assert!(addresses.enter(ip("192.0.2.2"), 2).is_some());
        drop(first);
        assert!(addresses.enter(ip("192.0.2.1"), 2).is_some());
    }

    #[test]
    fn f29_ipv6_counts_by_64_and_nothing_is_remembered_afterwards() {
        let addresses = Addresses::default();
        let first = addresses.enter(ip("2001:db8::1"), 1).unwrap();
        assert!(addresses.enter(ip("2001:db8::ffff:1"), 1).is_none());
        assert!(addresses.enter(ip("2001:db8:0:1::1"), 1).is_some());
        drop(first);
        assert!(addresses.0.lock().unwrap().is_empty());
    }
}
