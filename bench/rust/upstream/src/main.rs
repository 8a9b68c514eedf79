//! Astria's three answers that the benchmark needs, from memory, on one thread.
//!
//! It reads each body to its end, counts what arrived, and looks at the headers that a gateway must set: exactly
//! one `Authorization` with the server's key, exactly one `X-Workspace-Id` with the right workspace, and none
//! of the client's own. `GET /bench/counts` tells.
//!
//! It does *not* imitate Astria beyond that; `crates/mock-astria` does.

use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;

/// A place in a reply that takes an id, as wide as the ids that are put there.
const PROMPT_ID: &str = "1000000000";
const TUNE_ID: &str = "1504944";

struct Upstream {
    authorization: HeaderValue,
    workspace: HeaderValue,
    delay: Duration,
    packs: Bytes,
    prompt: String,
    inspection: Bytes,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    packs: Cell<u64>,
    prompts: Cell<u64>,
    inspections: Cell<u64>,
    others: Cell<u64>,
    body_bytes: Cell<u64>,
    bad_headers: Cell<u64>,
    in_flight: Cell<u64>,
    connections: Cell<u64>,
}

fn add(counter: &Cell<u64>, more: u64) {
    counter.set(counter.get() + more);
}

impl Upstream {
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let (head, mut body) = request.into_parts();
        if head.uri.path() == "/bench/counts" {
            return Ok(json(StatusCode::OK, self.counts.show().into()));
        }
        if !self.good_headers(&head.headers) {
            add(&self.counts.bad_headers, 1);
        }
        add(&self.counts.in_flight, 1);
        while let Some(Ok(frame)) = body.frame().await {
            add(&self.counts.body_bytes, frame.data_ref().map_or(0, |data| data.len() as u64));
        }
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        self.counts.in_flight.set(self.counts.in_flight.get() - 1);
        let segments: Vec<&str> = head.uri.path().split('/').skip(1).collect();
        Ok(match (head.method, segments.as_slice()) {
            (Method::GET, ["packs"]) => {
                add(&self.counts.packs, 1);
                let mut reply = json(StatusCode::OK, self.packs.clone());
                reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=600"));
                reply
            }
            (Method::POST, ["tunes", tune, "prompts"]) => {
                add(&self.counts.prompts, 1);
                let id = (1_000_000_000 + self.counts.prompts.get()).to_string();
                let reply = self.prompt.replace(PROMPT_ID, &id).replace(TUNE_ID, tune);
                json(StatusCode::CREATED, reply.into())
            }
            (Method::POST, ["images", "inspect"]) => {
                add(&self.counts.inspections, 1);
                json(StatusCode::OK, self.inspection.clone())
            }
            _ => {
                add(&self.counts.others, 1);
                json(StatusCode::NOT_FOUND, Bytes::from_static(b"{\"error\":\"not found\"}"))
            }
        })
    }

    fn good_headers(&self, headers: &HeaderMap) -> bool {
        let only = |name: &str, wanted: &HeaderValue| {
            let mut all = headers.get_all(name).iter();
            all.next() == Some(wanted) && all.next().is_none()
        };
        only(AUTHORIZATION.as_str(), &self.authorization)
            && only("x-workspace-id", &self.workspace)
            && !headers.contains_key(COOKIE)
    }
}

impl Counts {
    fn show(&self) -> String {
        format!(
            "{{\"packs\":{},\"prompts\":{},\"inspections\":{},\"others\":{},\"body_bytes\":{},\"bad_headers\":{},\
             \"in_flight\":{},\"connections\":{}}}",
            self.packs.get(),
            self.prompts.get(),
            self.inspections.get(),
            self.others.get(),
            self.body_bytes.get(),
            self.bad_headers.get(),
            self.in_flight.get(),
            self.connections.get(),
        )
    }
}

fn json(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut reply = Response::new(Full::new(body));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    reply
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

fn main() {
    let replies = variable("BENCH_REPLIES");
    let reply =
        |name: &str| std::fs::read_to_string(format!("{replies}/{name}.json")).expect("a canned reply");
    let upstream = Rc::new(Upstream {
        authorization: format!("Bearer {}", variable("BENCH_SERVER_KEY")).parse().expect("a key"),
        workspace: variable("BENCH_WORKSPACE").parse().expect("a workspace"),
        delay: Duration::from_millis(
            std::env::var("BENCH_DELAY_MS").map_or(0, |ms| ms.parse().expect("a number")),
        ),
        packs: reply("packs").into(),
        prompt: reply("prompt"),
        inspection: reply("inspection").into(),
        counts: Counts::default(),
    });
    let address = variable("BENCH_UPSTREAM");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, async move {
        let listener = tokio::net::TcpListener::bind(&address).await.expect("an address that is free");
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            add(&upstream.counts.connections, 1);
            let upstream = Rc::clone(&upstream);
            tokio::task::spawn_local(async move {
                let service = service_fn(|request| upstream.answer(request));
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
}
