//! Finds the address that a request is charged to: the rightmost hop that is not a trusted proxy.
//!
//! Anyone can send `X-Forwarded-For`; only what a trusted proxy appended to it is evidence. So the walk
//! starts at the TCP peer and goes left only as long as each hop is itself trusted.
//!
//! What it does *not* do: it reads neither `Forwarded` nor `X-Real-IP`, and nothing else in the gateway
//! reads any of them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};

/// The networks whose word about `X-Forwarded-For` is taken. Empty by default: then the peer is the client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<IpNet>", into = "Vec<IpNet>")]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Trusts these networks; IPv4-mapped IPv6 networks count as the IPv4 networks that they map.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks.into_iter().map(without_mapping).collect())
    }

    /// Whether this address belongs to a trusted proxy.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether a network covers every address of a family: then any client could name any address, and
    /// configuration should refuse it.
    pub fn trusts_everyone(&self) -> bool {
        self.0.iter().any(|network| network.prefix_len() == 0)
    }
}

impl From<Vec<IpNet>> for TrustedProxies {
    fn from(networks: Vec<IpNet>) -> Self {
        Self::new(networks)
    }
}

impl From<TrustedProxies> for Vec<IpNet> {
    fn from(trusted: TrustedProxies) -> Self {
        trusted.0
    }
}

fn without_mapping(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else { return network };
    let mapped = v6.addr().to_ipv4_mapped().filter(|_| v6.prefix_len() >= 96);
    let v4 = mapped.and_then(|address: Ipv4Addr| Ipv4Net::new(address, v6.prefix_len() - 96).ok());
    v4.map_or(network, IpNet::V4)
}

/// The client's address: the rightmost hop that is not trusted.
///
/// `forwarded_for` holds the values of the `X-Forwarded-For` header lines in the order received. An untrusted
/// peer is the client, whatever it claims. Where an entry is not an address (empty included), the walk ends at
/// the last hop that was one. If every hop is trusted, the leftmost is the client. IPv4-mapped IPv6 comes out
/// as IPv4; an entry may carry a port.
pub fn client_ip(peer: IpAddr, forwarded_for: &[&[u8]], trusted: &TrustedProxies) -> IpAddr {
    let mut hop = peer.to_canonical();
    let from_the_right = forwarded_for.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    for entry in from_the_right {
        if !trusted.contains(hop) {
            break;
        }
        match parse_hop(entry) {
            Some(address) => hop = address,
            None => break,
        }
    }
    hop
}

fn parse_hop(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim_matches([' ', '\t']);
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = match bare {
        Some(inside) => IpAddr::V6(inside.parse().ok()?),
        None => text.parse().or_else(|_| text.parse::<SocketAddr>().map(|hop| hop.ip())).ok()?,
    };
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn trusted(networks: &[&str]) -> TrustedProxies {
        TrustedProxies::new(networks.iter().map(|network| network.parse().unwrap()).collect())
    }

    fn seen(peer: &str, lines: &[&str], networks: &[&str]) -> IpAddr {
        let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
        client_ip(ip(peer), &lines, &trusted(networks))
    }

    #[test]
    fn bff_11_nobody_is_trusted_by_default_so_a_claimed_address_is_ignored() {
        let claimed: &[&[u8]] = &[b"203.0.113.9"];
        assert_eq!(client_ip(ip("198.51.100.7"), claimed, &TrustedProxies::default()), ip("198.51.100.7"));
        assert_eq!(seen("198.51.100.7", &["203.0.113.9"], &["10.0.0.0/8"]), ip("198.51.100.7"));
    }

    #[test]
    fn bff_11_the_rightmost_untrusted_hop_is_the_client_whatever_stands_left_of_it() {
        let lines = &["1.1.1.1, 203.0.113.9 ,10.0.0.2"];
        assert_eq!(seen("10.0.0.1", lines, &["10.0.0.0/8"]), ip("203.0.113.9"));
    }

    #[test]
    fn several_header_lines_read_as_one_list() {
        let lines = &["1.1.1.1", "203.0.113.9", "10.0.0.3,10.0.0.2"];
        assert_eq!(seen("10.0.0.1", lines, &["10.0.0.0/8"]), ip("203.0.113.9"));
    }

    #[test]
    fn an_entry_that_is_no_address_ends_the_walk_at_the_last_valid_hop() {
        for garbage in
            ["unknown", "", " ", "_hidden", "10.0.0.256", "[::1", "fe80::1%eth0", "1.2.3.4:x", "\u{e9}"]
        {
            let line = format!("203.0.113.9, {garbage}, 10.0.0.2");
            assert_eq!(seen("10.0.0.1", &[&line], &["10.0.0.0/8"]), ip("10.0.0.2"), "{garbage:?}");
        }
        let not_text: &[&[u8]] = &[b"203.0.113.9,\xff"];
        assert_eq!(client_ip(ip("10.0.0.1"), not_text, &trusted(&["10.0.0.0/8"])), ip("10.0.0.1"));
    }

    #[test]
    fn an_entry_may_carry_a_port_or_brackets() {
        for (entry, address) in [
            ("203.0.113.9:4711", "203.0.113.9"),
            ("[2001:db8::9]:4711", "2001:db8::9"),
            ("[2001:db8::9]", "2001:db8::9"),
            ("2001:db8::9", "2001:db8::9"),
        ] {
            assert_eq!(seen("10.0.0.1", &[entry], &["10.0.0.0/8"]), ip(address), "{entry}");
        }
    }

    #[test]
    fn an_ipv4_mapped_address_is_the_ipv4_address_it_maps() {
        assert_eq!(seen("::ffff:10.0.0.1", &["::ffff:203.0.113.9"], &["10.0.0.0/8"]), ip("203.0.113.9"));
        assert_eq!(seen("10.0.0.1", &["203.0.113.9"], &["::ffff:10.0.0.0/104"]), ip("203.0.113.9"));
    }

    #[test]
    fn when_every_hop_is_trusted_the_leftmost_is_the_client() {
        assert_eq!(seen("10.0.0.1", &["10.0.0.3, 10.0.0.2"], &["10.0.0.0/8"]), ip("10.0.0.3"));
        assert_eq!(seen("10.0.0.1", &[], &["10.0.0.0/8"]), ip("10.0.0.1"));
    }

    #[test]
    fn a_network_that_covers_everyone_is_noticed() {
        assert!(trusted(&["10.0.0.0/8", "0.0.0.0/0"]).trusts_everyone());
        assert!(trusted(&["::/0"]).trusts_everyone());
        assert!(!trusted(&["10.0.0.0/8"]).trusts_everyone());
    }
}
