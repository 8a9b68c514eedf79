//! The least that a gateway can do with hyper: verify the token, ask a rate limiter, swap the credential, and
//! forward the stream, or answer packs from memory. What the real gateway costs beyond it is what it does more.
//!
//! One thread. Verified tokens are remembered for a minute unless `FLOOR_TOKEN_CACHE=0`.
//!
//! It does *not* judge bodies, log, count, or build replies anew: it is no gateway to use.

use std::convert::Infallible;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http_body_util::{BodyExt as _, Either, Full};
use hyper::body::Incoming;
use hyper::header::{
    AUTHORIZATION, CONNECTION, CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue,
};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};

const MINUTE: Duration = Duration::from_secs(60);
const WORKSPACE: HeaderName = HeaderName::from_static("x-workspace-id");

type Reply = Response<Either<Incoming, Full<Bytes>>>;

#[derive(serde::Deserialize)]
struct Claims {
    sub: String,
    workspace: String,
    exp: u64,
}

struct Caller {
    subject: String,
    workspace: HeaderValue,
    expires_s: u64,
}

struct Floor {
    upstream: String,
    host: HeaderValue,
    credential: HeaderValue,
    hs256: (DecodingKey, Validation),
    rs256: (DecodingKey, Validation),
    tokens: Option<moka::sync::Cache<Bytes, Arc<Caller>>>,
    limiter: DefaultKeyedRateLimiter<String>,
    packs: moka::sync::Cache<String, Arc<(HeaderMap, Bytes)>>,
    client: Client<HttpConnector, Incoming>,
}

impl Floor {
    async fn answer(&self, request: Request<Incoming>) -> Result<Reply, Infallible> {
        Ok(self.try_answer(request).await.unwrap_or_else(refuse))
    }

    async fn try_answer(&self, request: Request<Incoming>) -> Result<Reply, StatusCode> {
        let caller = self.verify(request.headers()).ok_or(StatusCode::UNAUTHORIZED)?;
        self.limiter.check_key(&caller.subject).map_err(|_| StatusCode::TOO_MANY_REQUESTS)?;
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
        if request.method() != Method::GET {
            return self.forward(request, &target, &caller).await.map(|reply| reply.map(Either::Left));
        }
        if let Some(known) = self.packs.get(&target) {
            let mut reply = Response::new(Either::Right(Full::new(known.1.clone())));
            *reply.headers_mut() = known.0.clone();
            return Ok(reply);
        }
        let (head, body) = self.forward(request, &target, &caller).await?.into_parts();
        let bytes = body.collect().await.map_err(|_| StatusCode::BAD_GATEWAY)?.to_bytes();
        if head.status == StatusCode::OK {
            self.packs.insert(target, Arc::new((head.headers.clone(), bytes.clone())));
        }
        Ok(Response::from_parts(head, Either::Right(Full::new(bytes))))
    }

    fn verify(&self, headers: &HeaderMap) -> Option<Arc<Caller>> {
        let token = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        let Some(tokens) = &self.tokens else { return self.read(token).map(Arc::new) };
        if let Some(known) = tokens.get(token.as_bytes()) {
            let now_s = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
            return (now_s < known.expires_s).then_some(known);
        }
        let caller = Arc::new(self.read(token)?);
        tokens.insert(Bytes::copy_from_slice(token.as_bytes()), Arc::clone(&caller));
        Some(caller)
    }

    fn read(&self, token: &str) -> Option<Caller> {
        let (key, validation) = match decode_header(token).ok()?.alg {
            Algorithm::HS256 => &self.hs256,
            Algorithm::RS256 => &self.rs256,
            _ => return None,
        };
        let claims = decode::<Claims>(token, key, validation).ok()?.claims;
        Some(Caller { subject: claims.sub, workspace: claims.workspace.parse().ok()?, expires_s: claims.exp })
    }

    async fn forward(
        &self,
        mut request: Request<Incoming>,
        target: &str,
        caller: &Caller,
    ) -> Result<Response<Incoming>, StatusCode> {
        let uri = format!("http://{}{target}", self.upstream);
        *request.uri_mut() = Uri::try_from(uri).map_err(|_| StatusCode::BAD_REQUEST)?;
        let headers = request.headers_mut();
        headers.remove(CONNECTION);
        headers.remove(COOKIE);
        headers.insert(HOST, self.host.clone());
        headers.insert(AUTHORIZATION, self.credential.clone());
        headers.insert(WORKSPACE, caller.workspace.clone());
        let mut reply = self.client.request(request).await.map_err(|_| StatusCode::BAD_GATEWAY)?;
        reply.headers_mut().remove(CONNECTION);
        Ok(reply)
    }
}

fn refuse(status: StatusCode) -> Reply {
    let body = format!("{{\"status\":{}}}", status.as_u16());
    let mut reply = Response::new(Either::Right(Full::new(body.into())));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    reply
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

fn floor() -> Floor {
    let keys = variable("BENCH_KEYS");
    let read = |name: &str| std::fs::read(format!("{keys}/{name}")).expect("a key file");
    let validation = |algorithm, issuer: &str| {
        let mut validation = Validation::new(algorithm);
        validation.set_audience(&["gateway"]);
        validation.set_issuer(&[issuer]);
        validation
    };
    let upstream = variable("BENCH_UPSTREAM");
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let public_key = DecodingKey::from_rsa_pem(&read("rs256.pub.pem")).expect("a public key");
    Floor {
        host: upstream.parse().expect("a host"),
        upstream,
        credential: format!("Bearer {}", variable("BENCH_SERVER_KEY")).parse().expect("a key"),
        hs256: (
            DecodingKey::from_secret(&read("hs256.secret")),
            validation(Algorithm::HS256, "https://hs256.bench.test"),
        ),
        rs256: (public_key, validation(Algorithm::RS256, "https://rs256.bench.test")),
        tokens: (std::env::var("FLOOR_TOKEN_CACHE").as_deref() != Ok("0"))
            .then(|| moka::sync::Cache::builder().max_capacity(10_000).time_to_live(MINUTE).build()),
        limiter: RateLimiter::keyed(Quota::per_second(NonZeroU32::MAX)),
        packs: moka::sync::Cache::builder().max_capacity(100).time_to_live(MINUTE).build(),
        client: Client::builder(TokioExecutor::new())
            .pool_idle_timeout(MINUTE)
            .pool_timer(TokioTimer::new())
            .build(connector),
    }
}

fn main() {
    let floor = Rc::new(floor());
    let address = variable("BENCH_LISTEN");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, async move {
        let listener = tokio::net::TcpListener::bind(&address).await.expect("an address that is free");
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            let floor = Rc::clone(&floor);
            tokio::task::spawn_local(async move {
                let service = service_fn(|request| floor.answer(request));
                let _ = hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(Duration::from_secs(30))
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
}
