//! Finds out which address the request comes from.
//!
//! Only hops that config trusts are believed, from the right; nobody below reads `X-Forwarded-For`.
//!
//! - Removes: `X-Forwarded-For`, `Forwarded`, `X-Real-IP`.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use http::header::{FORWARDED, HeaderName, HeaderValue};

use crate::limits::{TrustedProxies, client_ip as find_client_ip};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// See the module. `peer` is the other end of the connection.
pub fn client_ip(trusted: &TrustedProxies, peer: SocketAddr, headers: &mut HeaderMap) -> IpAddr {
    let forwarded: Vec<&[u8]> = headers.get_all(X_FORWARDED_FOR).iter().map(HeaderValue::as_bytes).collect();
    let ip = find_client_ip(peer.ip(), &forwarded, trusted);
    for name in [X_FORWARDED_FOR, FORWARDED, X_REAL_IP] {
        headers.remove(name);
    }
    ip
}
