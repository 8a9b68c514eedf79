mod breaker;
mod fair_share;
mod resolver;
mod retry;

use bytes::Bytes;
use http::Response;

use super::*;
use crate::operation::Operation;

fn judged(status: u16, body: &'static str) -> UpstreamError {
    let reply = Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).unwrap();
    judge(&reply).unwrap_err()
}

#[test]
fn only_a_definite_refusal_of_a_create_is_known_to_have_cost_nothing() {
    let spent = |status| judged(status, "{}").spent(Operation::CreatePrompt);
    for definite in [400, 401, 402, 403, 404, 409, 422, 426] {
        assert_eq!(spent(definite), Spent::No, "{definite}");
    }
    for unclear in [301, 302, 500, 502, 503, 504] {
        assert_eq!(spent(unclear), Spent::Unknown, "{unclear}");
    }
    assert_eq!(judged(500, "").spent(Operation::GetPrompt), Spent::No);
}

#[test]
fn messages_keep_texts_and_nothing_else() {
    let UpstreamError::Invalid(messages) =
        judged(422, r#"{"text":["can't be blank"],"base":["no"],"html":{"a":1},"bad name":["x"],"n":3}"#)
    else {
        panic!("422 is Invalid")
    };
    let expected =
        [("text".to_owned(), vec!["can't be blank".to_owned()]), ("base".to_owned(), vec!["no".to_owned()])];
    let mut found = messages.fields().to_vec();
    found.sort_by(|a, b| b.cmp(a));
    assert_eq!(found, expected);
    assert_eq!(Messages::parse(b"<html>boom</html>"), Messages::default());
}

#[test]
fn a_path_takes_numbers_and_slugs_only() {
    let path = Path::new().literal("p").slug("corporate-headshots");
    assert_eq!(path, Some(Path::new().literal("p/corporate-headshots")));
    for odd in ["", "..", "a/b", "a%2f", "a?b", "A", "a.json", "a b"] {
        assert_eq!(Path::new().literal("p").slug(odd), None, "{odd:?}");
    }
}

#[tokio::test]
async fn a_body_streams_from_memory_and_disk_with_its_exact_size() {
    use http_body::Body as _;
    use http_body_util::BodyExt as _;

    use super::body::Segments;
    use crate::intake::{Budget, Spool};
    use crate::params::Segment;

    let spool = Spool::new(std::path::PathBuf::new(), Budget::new(10_000_000)).unwrap();
    let mut writer = spool.create(0).await.unwrap();
    let on_disk: Vec<u8> = (0..600_001_u32).map(|n| n.to_le_bytes()[0]).collect();
    writer.write(&on_disk).await.unwrap();
    let (empty, whole) = (writer.part(600_001).await.unwrap(), writer.part(0).await.unwrap());
    drop(writer);
    let memory = |text: &'static str| Segment::Memory(Bytes::from_static(text.as_bytes()));
    let pieces = vec![
        memory("a"),
        Segment::Spooled(whole.clone()),
        memory(""),
        Segment::Spooled(empty),
        Segment::Spooled(whole),
        memory("z"),
    ];

    let mut body = Segments::from(pieces);
    assert_eq!(body.size_hint().exact(), Some(2 + 2 * 600_001));
    let mut sent = Vec::new();
    while let Some(frame) = body.frame().await {
        let chunk = frame.unwrap().into_data().unwrap();
        assert!(!chunk.is_empty() && chunk.len() <= 256 * 1024);
        sent.extend_from_slice(&chunk);
        // A copy of a body that is under way is the rest of it.
        let left = body.clone().collect().await.unwrap().to_bytes();
        assert_eq!(sent.len() + left.len(), 2 + 2 * 600_001);
        assert_eq!(body.size_hint().exact(), Some(left.len() as u64));
    }
    assert!(body.is_end_stream());
    assert!(sent == [b"a".as_slice(), &on_disk, &on_disk, b"z"].concat());
    assert_eq!(spool.room().used_bytes(), 0);
}

fn headers_of(request: UpstreamRequest) -> (String, Vec<(String, String)>) {
    let target = Target::parse("https://astria.example:443/api/").unwrap();
    let request = build(&target, request).unwrap().request;
    let headers = request.headers().iter();
    let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
    let mut headers: Vec<_> = headers.map(|(name, value)| (name.to_string(), text(value))).collect();
    headers.sort();
    headers.retain(|(name, _)| name != "user-agent");
    (request.uri().to_string(), headers)
}

#[test]
fn a_request_is_built_from_nothing_and_traced_only_if_asked() {
    let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let path = || Path::new().literal("packs");
    let read = UpstreamRequest::get(Operation::ListPacks, path()).query(&[("q", "a b".to_owned())]);
    let (uri, headers) = headers_of(read);
    assert_eq!(uri, "https://astria.example:443/api/packs?q=a+b");
    assert_eq!(headers, [("accept", "application/json"), ("host", "astria.example")].map(pair));

    let context = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let create =
        UpstreamRequest::post(Operation::CreatePrompt, path(), "application/json".into(), Vec::new())
            .traced(HeaderValue::from_static(context));
    let (_, headers) = headers_of(create);
    let expected = [
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("host", "astria.example"),
        ("traceparent", context),
    ];
    assert_eq!(headers, expected.map(pair));
}

#[test]
fn a_base_url_is_a_target_or_nothing() {
    for good in ["http://127.0.0.1:8080", "https://api.astria.ai", "https://[::1]:8443/base/"] {
        assert!(Target::parse(good).is_some(), "{good}");
    }
    for bad in ["", "/packs", "ftp://a.example", "api.astria.ai"] {
        assert!(Target::parse(bad).is_none(), "{bad}");
    }
}
