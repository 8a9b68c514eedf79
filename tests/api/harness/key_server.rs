//! A provider's JWKS on this machine, which rotates and fails when told to, and counts who asks.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Dropping it closes its port.
pub struct KeyServer {
    url: String,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    /// `None`: the provider is broken.
    keys: Mutex<Option<Vec<Value>>>,
    fetches: AtomicUsize,
    /// The discovery document; `None`: there is none.
    document: Mutex<Option<Value>>,
}

impl KeyServer {
    pub async fn start(keys: &[Value]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let shared = Arc::new(Shared { keys: Mutex::new(Some(keys.to_vec())), ..Shared::default() });
        let router = Router::new()
            .route("/keys", get(answer))
            .route("/.well-known/openid-configuration", get(discovery))
            .with_state(Arc::clone(&shared));
        #[expect(clippy::disallowed_methods, reason = "the server lives as long as its test")]
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared, serving }
    }

    /// A provider that answers 503 until it is given keys.
    pub async fn start_broken() -> Self {
        let server = Self::start(&[]).await;
        *server.shared.keys.lock().unwrap() = None;
        server
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The issuer below whose address the discovery document stands.
    pub fn issuer(&self) -> String {
        self.url.strip_suffix("/keys").unwrap().to_owned()
    }

    /// From now on the discovery document names this issuer and the keys here.
    pub fn describe(&self, issuer: &str) {
        *self.shared.document.lock().unwrap() = Some(json!({ "issuer": issuer, "jwks_uri": self.url }));
    }

    /// From now on these are the published keys.
    pub fn publish(&self, keys: &[Value]) {
        *self.shared.keys.lock().unwrap() = Some(keys.to_vec());
    }

    pub fn fetches(&self) -> usize {
        self.shared.fetches.load(Ordering::SeqCst)
    }
}

impl Drop for KeyServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>) -> Response {
    shared.fetches.fetch_add(1, Ordering::SeqCst);
    match &*shared.keys.lock().unwrap() {
        Some(keys) => json!({ "keys": keys }).to_string().into_response(),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn discovery(State(shared): State<Arc<Shared>>) -> Response {
    match &*shared.document.lock().unwrap() {
        Some(document) => document.to_string().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
