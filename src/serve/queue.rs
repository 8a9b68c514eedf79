//! The connections that the kernel has completed and nobody has accepted yet, when the listener ends.
//!
//! Closing a listening socket resets them, although their clients may have sent a request. What it does *not* do:
//! take them from a socket of the service manager, which stays open there: they wait for the next process.

use std::net::SocketAddr;

use tokio::net::TcpStream;

use super::listen::Listener;
use super::pause;

/// More than a queue holds (`net.core.somaxconn` is 4096): clients that keep coming do not keep the listener.
const MAX_QUEUED: usize = 4096;

/// Accepts them without waiting; the listener is closed with the iterator.
pub(super) fn queued(listener: Listener) -> impl Iterator<Item = (TcpStream, SocketAddr)> {
    let listener = listener.into_own();
    let accept = move || {
        loop {
            // Asked of the kernel: what it has just queued, the runtime may not know yet.
            match listener.as_ref()?.accept() {
                Ok((stream, peer)) => {
                    stream.set_nonblocking(true).ok()?;
                    return Some((TcpStream::from_std(stream).ok()?, peer));
                }
                Err(error) if pause::concerns_the_listener(&error) => return None,
                Err(_) => {}
            }
        }
    };
    std::iter::from_fn(accept).take(MAX_QUEUED)
}
