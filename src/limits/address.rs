//! Turns a client's address into the key that the address limiter counts, and bounds how many there are.
//!
//! The limiter at the edge keeps a state for every key that it ever saw, so the bound has to sit in front of
//! it: known addresses keep their own key, and once there are too many, new ones share 4096 keys.
//!
//! What it does *not* do: it does not count requests and does not find the address (see [`super::client_ip`]).

use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::Duration;

use super::bounded::{BoundedMap, Place, SHARED_BUCKETS};
use super::policy::RatePolicy;
use crate::clock::Clock;

/// How many keys the addresses share that came when the gate was full.
pub const SHARED_ADDRESS_BUCKETS: usize = SHARED_BUCKETS;

/// What an address is counted as. IPv4 is counted by address, IPv6 by /64: one customer holds a whole /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressKey {
    /// One IPv4 address (IPv4-mapped IPv6 included).
    V4(u32),
    /// The upper 64 bits of an IPv6 address.
    V6Prefix(u64),
    /// One of [`SHARED_ADDRESS_BUCKETS`] keys, shared by addresses that came when there was no room.
    Shared(u16),
}

impl AddressKey {
    /// The address's own key.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::V4(v4.to_bits()),
            IpAddr::V6(v6) => Self::V6Prefix(u64::try_from(v6.to_bits() >> 64).unwrap_or_default()),
        }
    }
}

/// Hands out at most `max_addresses` own keys at a time (but not fewer than 64), plus the shared ones.
///
/// It remembers by itself which keys it handed out and when they were last used, so it needs to know nothing
/// of the limiter behind it except when that one was swept.
pub struct AddressGate {
    clock: Clock,
    hash_key: RandomState,
    last_seen_ms: BoundedMap,
    forget_after: Duration,
}

impl AddressGate {
    /// A gate for a limiter that applies `policy`: a key is forgotten when its bucket has certainly been full
    /// again for a while, so that a client cannot gain anything by it.
    pub fn new(clock: Clock, policy: &RatePolicy, max_addresses: usize) -> Self {
        let refilled = Duration::from_secs(policy.window_s()).saturating_add(policy.period());
        Self {
            clock,
            hash_key: RandomState::new(),
            last_seen_ms: BoundedMap::new(max_addresses),
            // The limiter behind runs on a clock of its own.
            forget_after: refilled.saturating_add(Duration::from_secs(5)),
        }
    }

    /// The key that a request from `address` is counted under.
    pub fn key(&self, address: IpAddr) -> AddressKey {
        let own = AddressKey::of(address);
        let now_ms = self.now_ms();
        let Ok(place) =
            self.last_seen_ms
                .update::<_, Infallible>(self.hash_key.hash_one(own), None, |_, place| Ok((place, now_ms)));
        match place {
            Place::Own => own,
            Place::Shared(number) => AddressKey::Shared(number),
        }
    }

    /// From now on tells so many addresses apart. Those beyond a lower bound keep their key until they are quiet.
    pub fn set_max_addresses(&self, max_addresses: usize) {
        self.last_seen_ms.set_max_keys(max_addresses);
    }

    /// Forgets addresses that have been quiet for long enough. `sweep_limiter` must drop the limiter's own
    /// stale keys (`retain_recent`, `shrink_to_fit`); it runs first, so that the limiter never holds a key
    /// that the gate has given away again.
    pub fn sweep(&self, sweep_limiter: impl FnOnce()) {
        let now_ms = self.now_ms();
        sweep_limiter();
        let forget_after_ms = u64::try_from(self.forget_after.as_millis()).unwrap_or(u64::MAX);
        if let Some(stale_up_to) = now_ms.checked_sub(forget_after_ms) {
            self.last_seen_ms.sweep(stale_up_to);
        }
    }

    /// How many addresses have a key of their own.
    pub fn len(&self) -> usize {
        self.last_seen_ms.len()
    }

    /// Whether no address has a key of its own.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.clock.monotonic().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;
    use crate::clock::Timestamp;

    fn gate(max_addresses: usize) -> (Clock, AddressGate) {
        let clock = Clock::manual(Timestamp::from_unix_s(1_800_000_000));
        let policy = RatePolicy { requests_per_s: 1.0, burst: 60 };
        (clock.clone(), AddressGate::new(clock, &policy, max_addresses))
    }

    #[test]
    fn rl_07_ipv6_addresses_of_one_64_are_one_client_and_mapped_ipv4_is_ipv4() {
        let key = |text: &str| AddressKey::of(text.parse().unwrap());
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
    }

    #[test]
    fn rl_08_one_million_addresses_make_no_more_keys_than_the_cap_and_the_shared_ones() {
        let (_, gate) = gate(50_000);
        let mut limiter_would_hold = HashSet::new();
        for n in 0..500_000_u32 {
            limiter_would_hold.insert(gate.key(Ipv4Addr::from_bits(n).into()));
            limiter_would_hold.insert(gate.key(Ipv6Addr::from_bits(u128::from(n) << 64).into()));
        }
        assert!(gate.len() <= 50_000, "{}", gate.len());
        assert!(gate.len() > 49_000, "{}", gate.len());
        assert!(limiter_would_hold.len() <= 50_000 + SHARED_ADDRESS_BUCKETS, "{}", limiter_would_hold.len());
    }

    #[test]
    fn a_known_address_keeps_its_own_key_when_the_gate_is_full() {
        let (_, gate) = gate(1_000);
        let first = IpAddr::V4(Ipv4Addr::from_bits(1));
        assert_eq!(gate.key(first), AddressKey::of(first));
        for n in 2..100_000_u32 {
            gate.key(Ipv4Addr::from_bits(n).into());
        }
        assert_eq!(gate.key(first), AddressKey::of(first));
        assert!(matches!(gate.key(Ipv4Addr::from_bits(200_000).into()), AddressKey::Shared(_)));
    }

    #[test]
    fn a_sweep_clears_the_limiter_first_and_forgets_only_addresses_whose_bucket_is_full_again() {
        let (clock, gate) = gate(1_000);
        gate.key(Ipv4Addr::from_bits(1).into());
        clock.advance(Duration::from_secs(60));
        gate.key(Ipv4Addr::from_bits(2).into());
        gate.sweep(|| assert_eq!(gate.len(), 2));
        assert_eq!(gate.len(), 2, "60 s after 60 requests the bucket may just have filled");
        clock.advance(Duration::from_secs(10));
        gate.sweep(|| ());
        assert_eq!(gate.len(), 1);
        clock.advance(Duration::from_secs(70));
        gate.sweep(|| ());
        assert!(gate.is_empty());
    }
}
