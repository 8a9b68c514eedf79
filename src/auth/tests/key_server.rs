//! A provider's key set on this machine, which can rotate, fail, stall, redirect and count.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::super::KeySource;

#[derive(Clone)]
pub(super) enum Answer {
    Document(Vec<u8>),
    Status(u16),
    Redirect(String),
    /// Gives the document once [`KeyServer::release`] was called.
    Held(Vec<u8>),
}

impl Answer {
    pub(super) fn keys(keys: &[Value]) -> Self {
        Self::Document(json!({ "keys": keys }).to_string().into_bytes())
    }

    pub(super) fn held_keys(keys: &[Value]) -> Self {
        Self::Held(json!({ "keys": keys }).to_string().into_bytes())
    }
}

pub(super) struct KeyServer {
    address: String,
    state: Arc<State>,
    _connections: JoinSet<()>,
}

struct State {
    answer: Mutex<Answer>,
    /// What stands at the path of a discovery document.
    discovery: Mutex<Answer>,
    discoveries: AtomicUsize,
    connections: AtomicUsize,
    requests: AtomicUsize,
    arrived: Semaphore,
    released: Semaphore,
}

impl KeyServer {
    pub(super) async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let state = Arc::new(State {
            answer: Mutex::new(answer),
            discovery: Mutex::new(Answer::Status(404)),
            discoveries: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            arrived: Semaphore::new(0),
            released: Semaphore::new(0),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&state)));
        Self { address, state, _connections: tasks }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/keys", self.address)
    }

    /// An issuer whose discovery document stands here.
    pub(super) fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on this is the discovery document.
    pub(super) fn discovery(&self, answer: Answer) {
        *self.state.discovery.lock().expect("not poisoned") = answer;
    }

    /// A discovery document that names an issuer and the key set at this path.
    pub(super) fn document(&self, issuer: &str, path: &str) -> Answer {
        let address = format!("http://{}{path}", self.address);
        Answer::Document(json!({ "issuer": issuer, "jwks_uri": address }).to_string().into_bytes())
    }

    /// How often the discovery document was asked for.
    pub(super) fn discoveries(&self) -> usize {
        self.state.discoveries.load(Ordering::SeqCst)
    }

    pub(super) fn source(&self) -> KeySource {
        KeySource::Jwks { url: self.url().parse().expect("a url") }
    }

    pub(super) fn answer(&self, answer: Answer) {
        *self.state.answer.lock().expect("not poisoned") = answer;
    }

    pub(super) fn requests(&self) -> usize {
        self.state.requests.load(Ordering::SeqCst)
    }

    pub(super) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// Waits for one more request.
    pub(super) async fn arrived(&self) {
        self.state.arrived.acquire().await.expect("open").forget();
    }

    /// Lets one held answer go.
    pub(super) fn release(&self) {
        self.state.released.add_permits(1);
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        state.connections.fetch_add(1, Ordering::SeqCst);
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
    let answer = if request.uri().path().ends_with("/.well-known/openid-configuration") {
        state.discoveries.fetch_add(1, Ordering::SeqCst);
        state.discovery.lock().expect("not poisoned").clone()
    } else {
        state.requests.fetch_add(1, Ordering::SeqCst);
        state.arrived.add_permits(1);
        state.answer.lock().expect("not poisoned").clone()
    };
    let response = match answer {
        Answer::Document(document) => Response::new(Full::from(document)),
        Answer::Held(document) => {
            state.released.acquire().await.expect("open").forget();
            Response::new(Full::from(document))
        }
        Answer::Status(status) => {
            let body = Full::from("{\"keys\":[]}");
            Response::builder().status(status).body(body).expect("a response")
        }
        Answer::Redirect(to) => {
            Response::builder().status(302).header("location", to).body(Full::default()).expect("a response")
        }
    };
    Ok(response)
}
