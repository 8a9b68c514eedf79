//! The two listeners: bound here, or handed over by the service manager (`LISTEN_FDS`).
//!
//! systemd hands sockets over in the order of its units and names them (`FileDescriptorName=`): `public` and
//! `operator`. Where neither name occurs, the first is the public one and the second the operator's.
//!
//! Source: sd_listen_fds(3) (read 2026-11-20).

use std::io;
use std::net::SocketAddr;
use std::ops::Deref;

use listenfd::ListenFd;
use thiserror::Error;
use tokio::net::TcpListener;

/// An address cannot be listened on.
#[derive(Debug, Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ListenError {
    /// Which.
    pub address: SocketAddr,
    /// Why.
    pub source: io::Error,
}

/// A listening socket, and whether somebody else keeps it open after us.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    is_given: bool,
}

impl Listener {
    /// One that another process holds too: connections that we do not take are taken by the next process.
    pub const fn given(socket: TcpListener) -> Self {
        Self { socket, is_given: true }
    }

    /// The socket, if it ends with us. It does not block.
    pub(super) fn into_own(self) -> Option<std::net::TcpListener> {
        if self.is_given {
            return None;
        }
        self.socket.into_std().ok()
    }
}

impl From<TcpListener> for Listener {
    /// One that was bound here.
    fn from(socket: TcpListener) -> Self {
        Self { socket, is_given: false }
    }
}

impl Deref for Listener {
    type Target = TcpListener;

    fn deref(&self) -> &TcpListener {
        &self.socket
    }
}

/// Both listeners of the gateway.
#[derive(Debug)]
pub struct Listeners {
    /// Where end users reach it.
    pub public: Listener,
    /// Where the operator reaches it.
    pub operator: Listener,
}

impl Listeners {
    /// What was handed over, else these addresses. Call it once, at start: the variables are taken out of the
    /// environment.
    ///
    /// # Errors
    /// An address is taken, or what was handed over is no TCP listener. Cancel safe.
    pub async fn open(public: SocketAddr, operator: SocketAddr) -> Result<Self, ListenError> {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        // Looked at first: taking them changes the environment, which only a handed-over socket is worth.
        let mut given = match std::env::var_os("LISTEN_FDS") {
            Some(_) => ListenFd::from_env(),
            None => ListenFd::empty(),
        };
        let (of_public, of_operator) = places(&names);
        Ok(Self {
            public: one(&mut given, of_public, public).await?,
            operator: one(&mut given, of_operator, operator).await?,
        })
    }
}

async fn one(
    given: &mut ListenFd,
    place: Option<usize>,
    address: SocketAddr,
) -> Result<Listener, ListenError> {
    let failed = |source| ListenError { address, source };
    let taken = place.map_or(Ok(None), |place| given.take_tcp_listener(place)).map_err(failed)?;
    match taken {
        Some(listener) => {
            listener.set_nonblocking(true).map_err(failed)?;
            TcpListener::from_std(listener).map(Listener::given).map_err(failed)
        }
        None => TcpListener::bind(address).await.map(Listener::from).map_err(failed),
    }
}

/// Which handed-over sockets are the public and the operator's.
fn places(names: &str) -> (Option<usize>, Option<usize>) {
    let find = |wanted: &str| names.split(':').position(|name| name == wanted);
    match (find("public"), find("operator")) {
        (None, None) => (Some(0), Some(1)),
        named => named,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_told_apart_by_name_else_by_order() {
        assert_eq!(places("operator:public"), (Some(1), Some(0)));
        assert_eq!(places("public"), (Some(0), None));
        assert_eq!(places("other:operator"), (None, Some(1)));
        assert_eq!(places("astria-gateway.socket"), (Some(0), Some(1)));
        assert_eq!(places(""), (Some(0), Some(1)));
    }
}
