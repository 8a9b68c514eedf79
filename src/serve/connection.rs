//! One connection from `accept` to its protocol: see the picture in the module above.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::addresses::Counted;
use super::ahead::Ahead;
use super::pulse::Pulse;
use super::sniff::{Taken, Version, sniff};
use super::stopping::Stopping;
use super::watched::Watched;
use super::{Answer, Ended, Observer, Settings, Shared, http1, http2, proxy, tls};
use crate::config::ProxyProtocol;

/// Serves it to its end. Not cancel safe.
pub(super) async fn run<A: Answer, O: Observer>(
    mut stream: TcpStream,
    peer: SocketAddr,
    shared: &Shared<A, O>,
) -> Ended {
    let began = Instant::now();
    let settings = shared.control.settings();
    // Without it small replies wait for an acknowledgement; where it fails they are only slower.
    let _ = stream.set_nodelay(true);
    let peer = match client(&mut stream, peer, &settings, &shared.stopping, began).await {
        Ok(peer) => peer,
        Err(ended) => return ended,
    };
    let _counted = match count(peer, &settings, shared) {
        Ok(counted) => counted,
        Err(ended) => return ended,
    };
    // What follows is boxed, so that a connection that has sent nothing yet holds only what it needs for that.
    if let Some(tls) = shared.control.tls() {
        return Box::pin(secure(stream, peer, shared, settings, tls)).await;
    }
    let (version, taken) = if settings.h2c {
        let deadline = began + settings.header_read_timeout;
        match before(deadline, Ended::HeadTimeout, &shared.stopping, sniff(&mut stream)).await {
            Ok(Ok(Some(found))) => found,
            Ok(Ok(None)) => return Ended::Closed,
            Ok(Err(_)) => return Ended::Broken,
            Err(ended) => return ended,
        }
    } else {
        (Version::Http1, Taken::default())
    };
    let pulse = Pulse::new(began, settings);
    let first = Bytes::copy_from_slice(taken.as_slice());
    pulse.came_before(first.len());
    let stream = Ahead { first, stream: Watched::new(stream, Arc::clone(&pulse)) };
    speak(version, stream, peer, shared, pulse).await
}

async fn speak<A: Answer, O: Observer>(
    version: Version,
    stream: Ahead<impl AsyncRead + AsyncWrite + Unpin>,
    peer: SocketAddr,
    shared: &Shared<A, O>,
    pulse: Arc<Pulse>,
) -> Ended {
    let answer = shared.answer.clone();
    match version {
        Version::Http1 => Box::pin(http1::run(stream, peer, answer, pulse, &shared.stopping)).await,
        Version::Http2 => {
            pulse.speaks_http2();
            let tasks = shared.tasks.clone();
            Box::pin(http2::run(stream, peer, answer, pulse, &shared.stopping, tasks)).await
        }
    }
}

/// Whose connection it is.
async fn client(
    stream: &mut TcpStream,
    peer: SocketAddr,
    settings: &Settings,
    stopping: &Stopping,
    began: Instant,
) -> Result<SocketAddr, Ended> {
    if settings.proxy_protocol == ProxyProtocol::Off {
        return Ok(peer);
    }
    if !settings.trusted_proxies.contains(peer.ip()) {
        tracing::debug!(reason = "it is not from a trusted proxy", "a connection's PROXY header was refused");
        return Err(Ended::ProxyHeader);
    }
    let deadline = began + settings.header_read_timeout;
    let header = before(deadline, Ended::ProxyHeader, stopping, proxy::read(stream)).await?;
    header.map(|source| source.unwrap_or(peer)).map_err(|reason| {
        tracing::debug!(reason, "a connection's PROXY header was refused");
        Ended::ProxyHeader
    })
}

fn count<A, O>(
    peer: SocketAddr,
    settings: &Settings,
    shared: &Shared<A, O>,
) -> Result<Option<Counted>, Ended> {
    if settings.max_connections_per_ip == usize::MAX || settings.trusted_proxies.contains(peer.ip()) {
        return Ok(None);
    }
    let counted = shared.addresses.enter(peer.ip(), settings.max_connections_per_ip);
    counted.map(Some).ok_or(Ended::TooManyOfAddress)
}

/// The same behind TLS.
async fn secure<A: Answer, O: Observer>(
    stream: TcpStream,
    peer: SocketAddr,
    shared: &Shared<A, O>,
    settings: Arc<Settings>,
    config: Arc<ServerConfig>,
) -> Ended {
    let began = Instant::now();
    let deadline = began + settings.tls_handshake_timeout;
    let pulse = Pulse::new(began, settings);
    let stream = Watched::new(stream, Arc::clone(&pulse));
    // Boxed on its own: what the handshake needed is gone afterwards.
    let handshake = Box::pin(TlsAcceptor::from(config).accept(stream));
    let stream = match before(deadline, Ended::Tls, &shared.stopping, handshake).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(_)) => return Ended::Tls,
        Err(ended) => return ended,
    };
    pulse.handshaken();
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(tls::HTTP2);
    // Boxed: it is large, and is handed on often.
    let stream = Ahead { first: Bytes::new(), stream: Box::new(stream) };
    let version = if is_http2 { Version::Http2 } else { Version::Http1 };
    speak(version, stream, peer, shared, pulse).await
}

/// What `step` gives, unless the deadline comes first, or the end of the grace that follows the listener's end.
async fn before<T>(
    deadline: Instant,
    late: Ended,
    stopping: &Stopping,
    step: impl Future<Output = T>,
) -> Result<T, Ended> {
    tokio::select! {
        biased;
        done = step => Ok(done),
        () = sleep_until(deadline) => Err(late),
        () = stopping.grace_over() => Err(Ended::Stopped),
    }
}
