//! The innermost step: sends one request over the pooled client and collects the bounded reply.
//!
//! Redirects are not followed (the pooled client never does), proxies of the environment are not used, and
//! a reply is complete and within its size before anybody sees a byte of it.

use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use tower::Service;

use super::body::{Joined, Segments};
use super::error::UpstreamError;

/// How patiently and how much the client reads.
#[derive(Clone, Copy, Debug)]
pub struct ClientSettings {
    /// To connect, TLS excluded.
    pub connect_timeout: Duration,
    /// For the whole call, from sending to the reply's last byte.
    pub timeout: Duration,
    /// Between two pieces of a reply's body.
    pub idle_timeout: Duration,
    /// A reply's body.
    pub max_reply_bytes: usize,
    /// Whether the upstream's base URL is https, so that root certificates are needed.
    pub tls: bool,
}

/// The pooled client as a tower service.
#[derive(Clone)]
pub struct Client {
    pool: Pool<HttpsConnector<HttpConnector>, Segments>,
    settings: ClientSettings,
}

impl Client {
    /// Prepares the pool; opens no connection.
    ///
    /// # Errors
    /// The machine's root certificates cannot be read, and TLS is wanted.
    pub fn new(settings: ClientSettings) -> io::Result<Self> {
        let mut http = HttpConnector::new();
        http.set_connect_timeout(Some(settings.connect_timeout));
        http.set_nodelay(true);
        http.enforce_http(false);
        let tls = if settings.tls {
            HttpsConnectorBuilder::new().with_native_roots()?
        } else {
            let none =
                ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth();
            HttpsConnectorBuilder::new().with_tls_config(none)
        };
        let connector = tls.https_or_http().enable_http1().wrap_connector(http);
        let pool = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .http1_max_buf_size(256 * 1024)
            .build(connector);
        Ok(Self { pool, settings })
    }
}

impl Service<Request<Segments>> for Client {
    type Response = Response<Bytes>;
    type Error = UpstreamError;
    type Future = BoxFuture<'static, Result<Response<Bytes>, UpstreamError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), UpstreamError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Segments>) -> Self::Future {
        let sending = self.pool.request(request);
        let settings = self.settings;
        Box::pin(async move {
            let call = async {
                let reply = sending.await.map_err(|error| {
                    if error.is_connect() { UpstreamError::Unreachable } else { UpstreamError::Cut }
                })?;
                let (head, body) = reply.into_parts();
                Ok(Response::from_parts(head, collect(body, settings).await?))
            };
            tokio::time::timeout(settings.timeout, call).await.unwrap_or(Err(UpstreamError::TimedOut))
        })
    }
}

/// The whole body, without a copy where it came in one piece.
async fn collect(mut body: Incoming, settings: ClientSettings) -> Result<Bytes, UpstreamError> {
    let max_bytes = settings.max_reply_bytes;
    if body.size_hint().lower() > max_bytes as u64 {
        return Err(UpstreamError::TooLarge);
    }
    let mut joined = Joined::default();
    loop {
        let next = tokio::time::timeout(settings.idle_timeout, body.frame()).await;
        let Some(frame) = next.map_err(|_| UpstreamError::TimedOut)? else { break };
        let Ok(data) = frame.map_err(|_| UpstreamError::Cut)?.into_data() else { continue };
        if joined.size_bytes() + data.len() > max_bytes {
            return Err(UpstreamError::TooLarge);
        }
        let announced = usize::try_from(body.size_hint().lower()).unwrap_or(0);
        joined.push(data, announced.min(max_bytes));
    }
    Ok(joined.finish())
}
