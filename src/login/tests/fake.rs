//! A provider on this machine that says what it is told to, and counts.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// What stands at a path.
#[derive(Clone)]
pub(super) enum Reply {
    Json(u16, Value),
    Body(u16, &'static str, Vec<u8>),
    Redirect(String),
    /// Given once [`Fake::release`] was called.
    Held(Value),
    Never,
}

/// A request as it came.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) path: String,
    pub(super) authorization: Option<String>,
    pub(super) form: HashMap<String, String>,
}

pub(super) struct Fake {
    pub(super) address: String,
    state: Arc<State>,
    connections: JoinSet<()>,
}

struct State {
    replies: Mutex<HashMap<&'static str, Reply>>,
    seen: Mutex<Vec<Seen>>,
    arrived: Semaphore,
    released: Semaphore,
}

pub(super) const DISCOVERY: &str = "/.well-known/openid-configuration";
pub(super) const KEYS: &str = "/keys";
pub(super) const TOKEN: &str = "/token";
pub(super) const REVOKE: &str = "/revoke";

impl Fake {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            replies: Mutex::default(),
            seen: Mutex::default(),
            arrived: Semaphore::new(0),
            released: Semaphore::new(0),
        });
        let mut connections = JoinSet::new();
        connections.spawn(accept(listener, Arc::clone(&state)));
        let fake = Self { address, state, connections };
        fake.reply(DISCOVERY, Reply::Json(200, fake.document(json!({}))));
        fake
    }

    /// The discovery document with some members added or replaced; `null` removes one.
    pub(super) fn document(&self, changes: Value) -> Value {
        let at = |path: &str| format!("{}{path}", self.address);
        let document = json!({
            "issuer": self.address,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at(TOKEN),
            "jwks_uri": at(KEYS),
            "end_session_endpoint": at("/logout"),
            "revocation_endpoint": at(REVOKE),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256", "none", "X25519"],
        });
        super::merged(document, changes)
    }

    pub(super) fn reply(&self, path: &'static str, reply: Reply) {
        self.state.replies.lock().unwrap().insert(path, reply);
    }

    pub(super) fn publishes(&self, keys: &[Value]) {
        self.reply(KEYS, Reply::Json(200, json!({ "keys": keys })));
    }

    /// What came to a path.
    pub(super) fn seen(&self, path: &str) -> Vec<Seen> {
        self.state.seen.lock().unwrap().iter().filter(|seen| seen.path == path).cloned().collect()
    }

    pub(super) fn count(&self, path: &str) -> usize {
        self.seen(path).len()
    }

    pub(super) async fn arrived(&self) {
        self.state.arrived.acquire().await.unwrap().forget();
    }

    pub(super) fn release(&self) {
        self.state.released.add_permits(1);
    }

    /// Nobody listens from now on.
    pub(super) async fn stop(&mut self) {
        self.connections.shutdown().await;
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        connections.spawn(async move {
            let service = service_fn(|request| respond(request, &state));
            // A client that hangs up is part of the tests.
            let _gone = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn respond(request: Request<Incoming>, state: &State) -> Result<Response<Full<Bytes>>, Infallible> {
    assert!(request.headers().get("referer").is_none());
    let path = request.uri().path().to_owned();
    let authorization =
        request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let form = form_urlencoded::parse(&body).into_owned().collect();
    let reply = state.replies.lock().unwrap().get(path.as_str()).cloned();
    state.seen.lock().unwrap().push(Seen { path, authorization, form });
    state.arrived.add_permits(1);
    let answer = |status: u16, kind: &str, body: Vec<u8>| {
        let response = Response::builder().status(status).header("content-type", kind);
        Ok(response.body(Full::from(body)).unwrap())
    };
    match reply.unwrap_or(Reply::Json(404, json!({}))) {
        Reply::Json(status, value) => answer(status, "application/json", value.to_string().into_bytes()),
        Reply::Body(status, kind, body) => answer(status, kind, body),
        Reply::Redirect(to) => {
            let response = Response::builder().status(307).header("location", to);
            Ok(response.body(Full::default()).unwrap())
        }
        Reply::Held(value) => {
            state.released.acquire().await.unwrap().forget();
            answer(200, "application/json", value.to_string().into_bytes())
        }
        Reply::Never => std::future::pending().await,
    }
}
