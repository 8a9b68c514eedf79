//! Stands between a sample and who answers it, and remembers what was asked and answered.
//!
//! It hands on what it gets, framing included (a length stays a length, chunks stay chunks), so that whoever answers sees
//! each client as it is.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Dropping it closes its port.
pub struct Tap {
    pub url: String,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    serving: JoinHandle<()>,
}

#[derive(Clone, Debug)]
pub struct Exchange {
    /// `POST /tunes/:id/prompts`: numbers stand as `:id`.
    pub operation: String,
    pub status: u16,
    /// For messages.
    pub reply: String,
}

impl Tap {
    pub async fn start(target: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let exchanges = Arc::new(Mutex::new(Vec::new()));
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let (target, noted) = (target.to_owned(), Arc::clone(&exchanges));
        let router = Router::new().fallback(move |request: Request| {
            let (target, noted, http) = (target.clone(), Arc::clone(&noted), http.clone());
            async move {
                let operation = format!("{} {}", request.method(), plain(request.uri().path()));
                let (status, response, reply) = hand_on(&http, &target, request).await;
                noted.lock().unwrap().push(Exchange { operation, status, reply });
                response
            }
        });
        #[expect(clippy::disallowed_methods, reason = "the server lives as long as its test")]
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, exchanges, serving }
    }

    /// What passed since the last time.
    pub fn exchanges(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.exchanges.lock().unwrap())
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn hand_on(http: &reqwest::Client, target: &str, request: Request) -> (u16, Response, String) {
    let (mut head, body) = request.into_parts();
    let has_body = head.headers.contains_key(CONTENT_LENGTH) || head.headers.contains_key(TRANSFER_ENCODING);
    for name in [HOST, CONNECTION, TRANSFER_ENCODING] {
        head.headers.remove(name);
    }
    let mut sent = http.request(head.method, format!("{target}{}", head.uri)).headers(head.headers);
    if has_body {
        sent = sent.body(reqwest::Body::wrap_stream(body.into_data_stream()));
    }
    let answer = sent.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let bytes = answer.bytes().await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response.headers_mut().remove(TRANSFER_ENCODING);
    (status.as_u16(), response, text)
}

/// A path with `:id` for its numbers and names of models (`@…`), and without its suffix.
pub fn plain(path: &str) -> String {
    let is_number = |segment: &str| !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    let is_id = |segment: &str| segment.starts_with('@') || is_number(segment);
    let path = path.strip_suffix(".json").unwrap_or(path);
    let segments: Vec<&str> =
        path.split('/').map(|segment| if is_id(segment) { ":id" } else { segment }).collect();
    segments.join("/")
}
