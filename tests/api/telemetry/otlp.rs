//! Spans reach a collector: a small HTTP server here, which keeps what was posted.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use astria_gateway::clock::Timestamp;
use astria_gateway::config::Otlp;
use astria_gateway::telemetry::{SpanKind, SpanParent, SpanRecord, Spans};
use astria_gateway::trace::TraceContext;

/// Takes one request and answers it; the head and the body come out of the channel.
fn collector() -> (String, mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let (posted, received) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
        loop {
            let read = stream.read(&mut piece).unwrap();
            bytes.extend_from_slice(&piece[..read]);
            let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
            let body = &bytes[end + 4..];
            if body.len() >= length.parse().unwrap() {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
                posted.send((head, body.to_vec())).unwrap();
                return;
            }
        }
    });
    (url, received)
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_and_its_call_become_spans_of_the_trace_that_came() {
    astria_gateway::auth::install_crypto_provider();
    let (endpoint, received) = collector();
    let spans = Spans::start(&Otlp { endpoint, ..Otlp::default() }).unwrap();
    let incoming = TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();

    let request = spans.begin(Some(incoming)).unwrap();
    let call = spans.call(request);
    let record = SpanRecord {
        place: call,
        parent: Some(SpanParent { span_id: request.span_id(), is_remote: false }),
        kind: SpanKind::Call,
        name: "create_prompt",
        method: "POST",
        status: 503,
        error: "failed",
        ended_at: Timestamp::from_unix_s(1_800_000_000),
        took: Duration::from_millis(20),
    };
    spans.record(&record);
    spans.record(&SpanRecord {
        place: request,
        parent: Some(SpanParent { span_id: incoming.span_id(), is_remote: true }),
        kind: SpanKind::Request,
        ..record
    });
    let flushed = spans.clone();
    tokio::task::spawn_blocking(move || flushed.finish()).await.unwrap();

    let (head, body) = received.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(head.starts_with("post /v1/traces "), "{head}");
    assert!(holds(&body, &incoming.trace_id().to_be_bytes()), "the trace's id");
    for id in [incoming.span_id(), request.span_id(), call.span_id()] {
        assert!(holds(&body, &id.to_be_bytes()), "{id:016x}");
    }
    for text in ["create_prompt", "astria-gateway", "error.type", "failed"] {
        assert!(holds(&body, text.as_bytes()), "{text}");
    }
}

#[test]
fn a_trace_that_is_not_sampled_and_a_share_of_none_send_nothing() {
    astria_gateway::auth::install_crypto_provider();
    let (endpoint, received) = collector();
    let spans = Spans::start(&Otlp { endpoint, sample_ratio: 0.0, ..Otlp::default() }).unwrap();
    for incoming in [None, Some(TraceContext::generate(false))] {
        let place = spans.begin(incoming).unwrap();
        assert!(!place.is_sampled());
        spans.record(&SpanRecord {
            place,
            parent: None,
            kind: SpanKind::Request,
            name: "list_packs",
            method: "GET",
            status: 200,
            error: "",
            ended_at: Timestamp::from_unix_s(1_800_000_000),
            took: Duration::ZERO,
        });
    }
    spans.finish();
    assert!(received.try_recv().is_err());
}
