//! Sends callbacks: one `POST`, a time limit, no second try, as the upstream does.
//!
//! It does not follow redirects, speak TLS or look at the answer.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// A callback that is due.
pub(crate) struct Callback {
    pub(crate) url: String,
    pub(crate) body: Value,
}

/// The client that posts them.
pub(crate) struct CallbackClient {
    client: Client<HttpConnector, Full<Bytes>>,
    timeout: Duration,
}

impl CallbackClient {
    pub(crate) fn new(timeout_ms: u64) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client, timeout: Duration::from_millis(timeout_ms) }
    }

    /// Posts once. Whatever goes wrong, nobody is told: the upstream does not tell either.
    pub(crate) async fn send(&self, callback: Callback) {
        let Ok(uri) = callback.url.parse::<Uri>() else { return };
        let body = serde_json::to_vec(&callback.body).unwrap_or_default();
        let request = Request::builder()
            .method(Method::POST)
            .uri(uri)
            .header("content-type", "application/json")
            .header("user-agent", "mock-astria")
            .body(Full::new(Bytes::from(body)));
        let Ok(request) = request else { return };
        let exchange = async {
            if let Ok(response) = self.client.request(request).await {
                // Read to the end, so that the connection can be used again.
                let _ = response.into_body().collect().await;
            }
        };
        let _ = tokio::time::timeout(self.timeout, exchange).await;
    }
}
