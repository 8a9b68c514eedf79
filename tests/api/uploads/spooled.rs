//! Twenty photos through the disk to Astria, over real connections on both sides.
//!
//! No route does this yet, so a small server stands in for one: it spools, judges and forwards as a handler will.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use astria_gateway::intake::{Budget, Pace, Spool};
use astria_gateway::operation::Operation;
use astria_gateway::params::{BodyKind, ParamLimits, Params, SpoolRules, body_kind, encode, spool_multipart};
use astria_gateway::photo::{PhotoRules, admit_spooled};
use astria_gateway::problem::Problem;
use astria_gateway::upstream::{Path, Upstream, UpstreamRequest};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use mock_astria::{Fault, FaultRule};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::super::harness::{TestGateway, eventually, photos, spawn_gateway};
use super::super::inspect::{assert_position_is_blanked, bytes_of};

struct Taker {
    upstream: Upstream,
    spool: Spool,
    budget: Budget,
    rules: SpoolRules,
    /// Requests that have ended, for whatever reason.
    ended: std::sync::atomic::AtomicUsize,
}

impl Taker {
    fn new(gw: &TestGateway) -> Self {
        let pace =
            Pace { min_bytes_per_s: 1024, grace: Duration::from_secs(5), timeout: Duration::from_secs(60) };
        Self {
            upstream: gw.own_account().upstream.clone(),
            spool: Spool::new(PathBuf::new(), Budget::new(100_000_000)).unwrap(),
            budget: Budget::new(4_000_000),
            rules: SpoolRules {
                limits: ParamLimits::default(),
                max_bytes: 50_000_000,
                max_file_bytes: 2_000_000,
                max_fields_bytes: 100_000,
                pace,
            },
            ended: 0.into(),
        }
    }

    async fn take(&self, request: http::Request<Incoming>) -> Result<(), Problem> {
        let _ended = Ended(self);
        let kind = request.headers().get("content-type").map(http::HeaderValue::as_bytes);
        let BodyKind::Multipart { boundary } = body_kind(kind).unwrap() else { panic!("no multipart") };
        let body = request.into_body();
        let (mut params, _share) =
            spool_multipart(body, &boundary, &self.rules, &self.spool, &self.budget).await?;
        admit_spooled(&mut params, &PhotoRules::default(), &self.budget).await?;
        self.forward(params).await
    }

    async fn forward(&self, params: Params) -> Result<(), Problem> {
        let body = encode(&params);
        let path = Path::new().literal("tunes");
        let request = UpstreamRequest::post(Operation::CreateTune, path, body.content_type, body.segments);
        let reply = self.upstream.call(request).await;
        reply.map(drop).map_err(|error| Problem::of_upstream(&error, Operation::CreateTune))
    }

    /// Serves until the set is dropped.
    async fn serve(self: &Arc<Self>, tasks: &mut JoinSet<()>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let taker = Arc::clone(self);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let taker = Arc::clone(&taker);
                let service = service_fn(move |request| {
                    let taker = Arc::clone(&taker);
                    async move {
                        let status = match taker.take(request).await {
                            Ok(()) => http::StatusCode::OK,
                            Err(problem) => problem.code().status(),
                        };
                        let mut response = http::Response::new(Full::new(Bytes::new()));
                        *response.status_mut() = status;
                        Ok::<_, Infallible>(response)
                    }
                });
                let http = hyper::server::conn::http1::Builder::new();
                connections.spawn(async move {
                    let _ = http.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        address
    }

    fn is_clean(&self) -> bool {
        (self.spool.room().used_bytes(), self.budget.used_bytes()) == (0, 0)
    }
}

struct Ended<'a>(&'a Taker);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}

/// A photo of any size: what stands behind its end is looked at like the rest.
fn photo(size_bytes: usize) -> Vec<u8> {
    let mut photo = photos::SAMPLES[0].1.to_vec();
    photo.resize(size_bytes, 0x55);
    photo
}

fn form(photos: &[Vec<u8>]) -> reqwest::multipart::Form {
    let mut form = reqwest::multipart::Form::new().text("tune[title]", "me").text("tune[name]", "man");
    for photo in photos {
        let part = reqwest::multipart::Part::bytes(photo.clone()).file_name("evil.php");
        form = form.part("tune[images][]", part);
    }
    form
}

async fn send(address: &str, photos: &[Vec<u8>]) -> u16 {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let reply = client.post(format!("http://{address}/")).multipart(form(photos)).send().await.unwrap();
    reply.status().as_u16()
}

#[tokio::test]
async fn mp_01_mp_08_twenty_photos_go_through_the_disk_in_little_memory_and_without_their_position() {
    let gw = spawn_gateway().start().await;
    let taker = Arc::new(Taker::new(&gw));
    let mut tasks = JoinSet::new();
    let address = taker.serve(&mut tasks).await;
    // 20 MB, while the budget has 4.
    let photos: Vec<_> = (0..20).map(|n| photo(1_000_000 + n)).collect();

    assert_eq!(send(&address, &photos).await, 200);

    assert_eq!((taker.budget.refused(), taker.is_clean()), (0, true));
    let sent = &gw.mock.requests()[0];
    assert_eq!((sent.path.as_str(), sent.params["tune"]["title"].as_str()), ("/tunes", Some("me")));
    assert_eq!(sent.headers.get("transfer-encoding"), None);
    assert_eq!(sent.files.len(), 20);
    for (original, file) in photos.iter().zip(&sent.files) {
        assert_eq!((file.name.as_str(), file.filename.as_str()), ("tune[images][]", "upload.jpg"));
        assert_eq!(file.content_type.as_deref(), Some("image/jpeg"));
        assert_position_is_blanked(original, &bytes_of(file));
    }
}

#[tokio::test]
async fn mp_01_a_spooled_upload_beyond_a_limit_is_refused_and_leaves_nothing() {
    let gw = spawn_gateway().start().await;
    let mut taker = Taker::new(&gw);
    taker.spool = Spool::new(PathBuf::new(), Budget::new(3_000_000)).unwrap();
    let taker = Arc::new(taker);
    let mut tasks = JoinSet::new();
    let address = taker.serve(&mut tasks).await;

    for (photos, status) in [
        (vec![photo(2_000_001)], 413),
        (vec![photo(1_500_000), photo(1_600_000)], 503),
        (vec![photo(10_000), b"no photo at all".to_vec()], 422),
        (vec![photos::png(8, 8); 33], 400),
        (vec![photo(1_500_000), photo(1_400_000)], 200),
    ] {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let reply = client.post(format!("http://{address}/")).multipart(form(&photos)).send().await;
        // A refusal may come before everything was sent, and the client may see a reset for it.
        let got = reply.map_or(status, |reply| reply.status().as_u16());
        assert_eq!(got, status);
        eventually("everything was given back", || taker.is_clean()).await;
        assert_eq!(gw.mock.requests().len(), usize::from(status == 200));
    }
}

#[tokio::test]
async fn f16_mp_09_a_client_that_leaves_in_the_middle_of_a_spooled_upload_leaves_nothing() {
    let gw = spawn_gateway().start().await;
    let taker = Arc::new(Taker::new(&gw));
    let mut tasks = JoinSet::new();
    let address = taker.serve(&mut tasks).await;
    let part = b"--X\r\nContent-Disposition: form-data; name=\"tune[images][]\"; filename=\"a\"\r\n\r\n";
    let body = [part.as_slice(), &photo(900_000), b"\r\n", part, &photo(900_000)].concat();
    for cut in [body.len() / 3, body.len()] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=X\r\nContent-Length: 9999999\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body[..cut]).await.unwrap();
        eventually("something is on disk", || taker.spool.room().used_bytes() > 0).await;

        drop(stream);

        eventually("everything was given back", || taker.is_clean()).await;
    }
    assert!(gw.mock.requests().is_empty());
    eventually("both have ended", || taker.ended.load(std::sync::atomic::Ordering::SeqCst) == 2).await;
}

#[tokio::test]
async fn mp_09_an_upload_whose_call_fails_is_given_back_too() {
    let gw = spawn_gateway().start().await;
    let taker = Arc::new(Taker::new(&gw));
    let mut tasks = JoinSet::new();
    let address = taker.serve(&mut tasks).await;
    for (fault, status) in [(Fault::Status500, 502), (Fault::CutMidReply, 502)] {
        gw.mock.inject(FaultRule::new(fault));

        assert_eq!(send(&address, &[photo(1_500_000)]).await, status, "{fault:?}");

        eventually("everything was given back", || taker.is_clean()).await;
    }
}
