//! The PROXY protocol's header, version 2: a load balancer says whose connection this is.
//!
//! Source: <https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt> section 2.2 (read 2026-11-20). The bytes
//! are parsed by `ppp`; this file reads exactly the header and not a byte behind it.
//!
//! What it does *not* do: version 1 (text), Unix sockets, and the header's extra values, which are skipped.

use std::net::SocketAddr;

use ppp::v2::{Addresses, Command, Header};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The signature, version and command, family, and the length of what follows.
const FIXED_BYTES: usize = 16;
/// Version 2, command LOCAL.
const LOCAL: u8 = 0x20;
/// Addresses and extra values; proxies send far less.
const MAX_REST_BYTES: usize = 4 * 1024;

/// Reads the header. `Ok(None)`: the proxy's own connection (a health check), so the socket's address stands.
///
/// # Errors
/// In words for the log: no header, not a good one, or the connection ended. Not cancel safe.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<SocketAddr>, &'static str> {
    let ended = |_| "the connection ended in it";
    let mut bytes = vec![0; FIXED_BYTES];
    stream.read_exact(&mut bytes).await.map_err(ended)?;
    if !bytes.starts_with(ppp::v2::PROTOCOL_PREFIX) {
        return Err("there is none");
    }
    let length = bytes.last_chunk().map_or(0, |length: &[u8; 2]| usize::from(u16::from_be_bytes(*length)));
    if length > MAX_REST_BYTES {
        return Err("it is too long");
    }
    bytes.resize(FIXED_BYTES + length, 0);
    stream.read_exact(bytes.get_mut(FIXED_BYTES..).unwrap_or_default()).await.map_err(ended)?;
    source(&bytes)
}

fn source(bytes: &[u8]) -> Result<Option<SocketAddr>, &'static str> {
    // The proxy's own: its family and addresses are to be ignored, whatever they are.
    if bytes.get(12) == Some(&LOCAL) {
        return Ok(None);
    }
    let header = Header::try_from(bytes).map_err(|_| "it cannot be parsed")?;
    match (header.command, header.addresses) {
        (Command::Local, _) => Ok(None),
        (Command::Proxy, Addresses::IPv4(pair)) => Ok(Some((pair.source_address, pair.source_port).into())),
        (Command::Proxy, Addresses::IPv6(pair)) => Ok(Some((pair.source_address, pair.source_port).into())),
        // An address that is not known is the proxy's own in no case: nobody could be charged for it.
        (Command::Proxy, _) => Err("it names no internet address"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = ppp::v2::PROTOCOL_PREFIX.to_vec();
        bytes.extend([command, family]);
        bytes.extend(u16::try_from(rest.len()).unwrap().to_be_bytes());
        bytes.extend(rest);
        bytes
    }

    const V4: [u8; 12] = [192, 0, 2, 7, 127, 0, 0, 1, 0x12, 0x34, 0, 80];

    async fn read_all(bytes: &[u8]) -> (Result<Option<SocketAddr>, &'static str>, Vec<u8>) {
        let mut left = bytes;
        let found = read(&mut left).await;
        (found, left.to_vec())
    }

    #[tokio::test]
    async fn the_source_is_read_and_not_a_byte_behind_the_header() {
        let with_extras = [&V4[..], &[0x04, 0, 1, 0xff]].concat();
        for rest in [&V4[..], &with_extras] {
            let bytes = [header(0x21, 0x11, rest), b"GET /".to_vec()].concat();
            let (found, left) = read_all(&bytes).await;
            assert_eq!(found, Ok(Some("192.0.2.7:4660".parse().unwrap())));
            assert_eq!(left, b"GET /");
        }
    }

    #[tokio::test]
    async fn ipv6_is_read_and_local_keeps_the_sockets_address() {
        let mut rest = [0; 36];
        rest[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
        rest[33] = 9;
        let (found, _) = read_all(&header(0x21, 0x21, &rest)).await;
        assert_eq!(found, Ok(Some("[2001:db8::]:9".parse().unwrap())));
        assert_eq!(read_all(&header(0x20, 0, &[])).await.0, Ok(None));
        assert_eq!(read_all(&header(0x20, 0x11, &[])).await.0, Ok(None));
    }

    #[tokio::test]
    async fn what_is_no_header_of_version_2_is_refused() {
        let version_1 = b"PROXY TCP4 192.0.2.7 127.0.0.1 4660 80\r\n".to_vec();
        let long = [header(0x21, 0x11, &V4)[..14].to_vec(), vec![0xff, 0xff], vec![0; 65_535]].concat();
        let good = header(0x21, 0x11, &V4);
        for bytes in [
            version_1,
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(),
            long,
            good[..20].to_vec(),
            header(0x31, 0x11, &V4),
            header(0x22, 0x11, &V4),
            header(0x21, 0x11, &V4[..8]),
            header(0x21, 0x00, &[]),
            header(0x21, 0x31, &[0; 216]),
            Vec::new(),
        ] {
            assert!(read_all(&bytes).await.0.is_err(), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_read_beyond_the_length(
            prefix in any::<bool>(),
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let all = if prefix { [ppp::v2::PROTOCOL_PREFIX, &bytes].concat() } else { bytes };
            let mut left = all.as_slice();
            let waker = std::task::Waker::noop();
            let mut reading = Box::pin(read(&mut left));
            let done = reading.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_ready();
            prop_assert!(done, "a slice is always ready");
        }
    }
}
