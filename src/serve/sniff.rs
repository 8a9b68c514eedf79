//! Which protocol a connection without TLS speaks: HTTP/2 begins with `PRI`, which begins no HTTP/1 method.
//!
//! It only looks (`MSG_PEEK`), once a connection, so that HTTP/1 reads from the socket itself afterwards. Where so
//! little came that it may be either, the one or two bytes are taken out and given to the reader first.

use std::io;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

const PREFACE: [u8; 3] = *b"PRI";

/// What begins the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Http1,
    Http2,
}

/// Bytes that were taken out of the socket before anybody reads.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    bytes: [u8; 3],
    size: usize,
}

impl Taken {
    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.size).unwrap_or_default()
    }
}

/// Waits for the first bytes. `None`: the client left first. Not cancel safe.
pub(super) async fn sniff(stream: &mut TcpStream) -> io::Result<Option<(Version, Taken)>> {
    let mut taken = Taken::default();
    loop {
        let mut seen = taken;
        let room = seen.bytes.get_mut(taken.size..).unwrap_or_default();
        let more = stream.peek(room).await?;
        if more == 0 {
            return Ok(None);
        }
        seen.size += more;
        if !PREFACE.starts_with(seen.as_slice()) {
            return Ok(Some((Version::Http1, taken)));
        }
        if seen.size == PREFACE.len() {
            return Ok(Some((Version::Http2, taken)));
        }
        let room = taken.bytes.get_mut(taken.size..seen.size).unwrap_or_default();
        stream.read_exact(room).await?;
        taken.size = seen.size;
    }
}
