//! Finds out which address the request comes from.
//!
//! Only hops that config trusts are believed, from the right; nobody below reads `X-Forwarded-For`.
//!
//! - Needs: [`PeerAddr`] from the accept loop.
//! - Adds: [`ClientIp`].
//! - Removes: `X-Forwarded-For`, `Forwarded`, `X-Real-IP`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{FORWARDED, HeaderName, HeaderValue};

use crate::limits::client_ip as find_client_ip;
use crate::state::AppState;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// The other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct PeerAddr(pub SocketAddr);

/// The address that the request counts for.
#[derive(Clone, Copy, Debug)]
pub struct ClientIp(pub IpAddr);

/// See the module.
pub async fn client_ip(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let peer =
        request.extensions().get::<PeerAddr>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let forwarded: Vec<&[u8]> =
        request.headers().get_all(X_FORWARDED_FOR).iter().map(HeaderValue::as_bytes).collect();
    let ip = find_client_ip(peer, &forwarded, &state.trusted_proxies);
    let headers = request.headers_mut();
    for name in [X_FORWARDED_FOR, FORWARDED, X_REAL_IP] {
        headers.remove(name);
    }
    request.extensions_mut().insert(ClientIp(ip));
    next.run(request).await
}
