//! Sends callbacks: one `POST` each, a time limit, no second try, as the upstream does.
//!
//! It does not follow redirects, speak TLS or look at the answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::calling::Due;

/// A callback that is due.
#[derive(Clone)]
pub(crate) struct Callback {
    pub(crate) url: String,
    pub(crate) body: Value,
    pub(crate) about: About,
}

/// What a callback tells of, in the order in which a create makes it: tunes have lower ids than prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum About {
    /// A tune or prompt.
    Object(u64),
    /// All prompts of a request.
    Set,
}

/// The client that posts them.
pub(crate) struct CallbackClient {
    is_on: bool,
    client: Client<HttpConnector, Full<Bytes>>,
    timeout: Duration,
}

impl CallbackClient {
    pub(crate) fn new(is_on: bool, timeout_ms: u64) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { is_on, client, timeout: Duration::from_millis(timeout_ms) }
    }

    /// Posts everything that is due. Not cancel safe: the rest is not sent.
    pub(crate) async fn send_all(self: &Arc<Self>, due: Due) {
        if !self.is_on {
            return;
        }
        tokio::time::sleep(due.pause).await;
        if !due.in_parallel {
            for callback in due.callbacks {
                self.send(callback).await;
            }
            return;
        }
        let mut exchanges = JoinSet::new();
        for callback in due.callbacks {
            let client = Arc::clone(self);
            exchanges.spawn(async move { client.send(callback).await });
        }
        while exchanges.join_next().await.is_some() {}
    }

    /// Posts once. Whatever goes wrong, nobody is told: the upstream does not tell either.
    async fn send(&self, callback: Callback) {
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
