//! Photo inspection: one photo goes up without its position, a flat object of traits comes back.

use astria_gateway::photo::{PhotoRules, admit};
use astria_gateway::quota::{Measure, Period, QuotaRule, SharedBy};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use mock_astria::{Fault, FaultRule, RecordedFile};
use serde_json::json;

use super::harness::{logs, photos, raw, spawn_gateway};

const INSPECT: &str = "/images/inspect";

const DOCUMENTED: [&str; 21] = [
    "name",
    "ethnicity",
    "age",
    "glasses",
    "eye_color",
    "hair_color",
    "hair_length",
    "hair_style",
    "facial_hair",
    "is_bald",
    "funny_face",
    "wearing_sunglasses",
    "wearing_hat",
    "blurry",
    "includes_multiple_people",
    "full_body_image_or_longshot",
    "selfie",
    "body_type",
    "headcover",
    "low_resolution",
    "low_quality",
];

pub fn bytes_of(file: &RecordedFile) -> Vec<u8> {
    STANDARD.decode(&file.base64).unwrap()
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// 47.606111 N stands in no form any more; the orientation and the length stay.
pub fn assert_position_is_blanked(original: &[u8], received: &[u8]) {
    assert_eq!(original.len(), received.len());
    // XMP; and EXIF's first rational, 47/1, in either byte order.
    let marks: [&[u8]; 3] = [b"47,36", &[0, 0, 0, 47, 0, 0, 0, 1], &[47, 0, 0, 0, 1, 0, 0, 0]];
    assert!(find(original, marks[0]).is_some(), "the sample has no position");
    for mark in marks {
        assert_eq!(find(received, mark), None, "a position went on");
    }
    // EXIF tag 0x0112 = 6, and XMP's tiff:Orientation.
    let orientations: [&[u8]; 2] = [&[1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6], b"Orientation>6"];
    let mut kept = 0;
    for orientation in orientations {
        if let Some(at) = find(original, orientation) {
            assert_eq!(find(received, orientation), Some(at), "the orientation is gone");
            kept += 1;
        }
    }
    assert!(kept > 0, "the sample has no orientation");
    let again = admit(Bytes::copy_from_slice(received), &PhotoRules::default()).unwrap();
    assert!(!again.position_blanked, "a position was left");
}

#[tokio::test]
async fn mp_08_every_kind_of_photo_reaches_astria_without_its_position_under_a_name_of_ours() {
    for (filename, sample) in photos::SAMPLES {
        let gw = spawn_gateway().start().await;

        let reply = gw.user("first").post_multipart(INSPECT, &[("name", "woman")], &[("file", sample)]).await;

        assert_eq!(reply.status, 200, "{filename}: {}", reply.text());
        let sent = &gw.mock.requests()[0];
        assert_eq!((sent.method.as_str(), sent.path.as_str()), ("POST", INSPECT));
        assert_eq!((sent.params["name"].as_str(), sent.query.as_str()), (Some("woman"), ""));
        let [file] = sent.files.as_slice() else { panic!("{filename}: {} files", sent.files.len()) };
        // MP-06: the client's own name (C:\secret\me.jpg) and type (image/jpeg) are not believed.
        assert_eq!((file.name.as_str(), file.filename.as_str()), ("file", filename));
        let kind = filename.strip_prefix("upload.").unwrap().replace("jpg", "jpeg");
        assert_eq!(file.content_type.as_deref(), Some(format!("image/{kind}").as_str()));
        assert_position_is_blanked(sample, &bytes_of(file));
    }
}

#[tokio::test]
async fn an_operator_may_keep_the_position() {
    let gw = spawn_gateway().config(|c| c.photos.keep_position = true).start().await;
    for (_, sample) in photos::SAMPLES {
        gw.user("first").post_multipart(INSPECT, &[("name", "man")], &[("file", sample)]).await.ok();
    }
    for (sent, (filename, sample)) in gw.mock.requests().iter().zip(photos::SAMPLES) {
        assert_eq!(bytes_of(&sent.files[0]), sample, "{filename}");
    }
}

#[tokio::test]
async fn l_17_the_answer_has_the_documented_fields_only_and_is_kept_nowhere() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let mut seen = Vec::new();
    for (_, sample) in photos::SAMPLES {
        let reply = user.post_multipart(INSPECT, &[("name", "woman")], &[("file", sample)]).await;
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("etag"), None);
        let traits = reply.ok();
        for name in traits.as_object().unwrap().keys() {
            assert!(DOCUMENTED.contains(&name.as_str()), "{name} is not documented");
        }
        assert!(traits["eye_color"].is_string() && traits["blurry"].is_boolean(), "{traits}");
        seen.push(traits);
    }
    user.post_multipart(INSPECT, &[("name", "woman")], &[("file", photos::SAMPLES[0].1)]).await.ok();

    assert_eq!(gw.mock.requests().len(), 6, "the same photo is asked about again");
    let logged = logs::text();
    for traits in seen {
        for word in ["eye_color", "ethnicity", traits["eye_color"].as_str().unwrap()] {
            assert!(!logged.contains(word), "the logs hold {word:?}");
        }
    }
}

#[tokio::test]
async fn a_photo_may_be_named_by_its_address() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let url = "https://photos.example.com/me.jpg?size=512";
    user.post_form(INSPECT, &[("name", "man"), ("file_url", url)]).await.ok();
    user.post_json(INSPECT, &json!({"name": "man", "file_url": url})).await.ok();
    user.post_multipart(INSPECT, &[("name", "man"), ("file_url", url)], &[]).await.ok();

    for sent in gw.mock.requests() {
        assert_eq!(sent.params, json!({"name": "man", "file_url": url}));
    }
    assert_eq!(gw.quota(&user, "inspections").await, (3, 0, 47));
}

#[tokio::test]
async fn what_an_inspection_does_not_know_is_dropped_and_named() {
    let gw = spawn_gateway().start().await;
    let fields = [
        ("name", "woman"),
        ("authenticity_token", "abc"),
        ("_method", "put"),
        ("callback", "x"),
        ("extra[a]", "1"),
    ];
    let files = [("file", photos::SAMPLES[1].1), ("second", photos::SAMPLES[0].1)];

    let reply = gw
        .user("first")
        .post_multipart(&format!("{INSPECT}?name=x&file_url=http://evil"), &fields, &files)
        .await;

    assert_eq!(reply.status, 200, "{}", reply.text());
    let mut dropped: Vec<_> = reply.header("gateway-dropped-params").unwrap().split(", ").collect();
    dropped.sort_unstable();
    assert_eq!(dropped, ["_method", "authenticity_token", "callback", "extra", "second"]);
    let sent = &gw.mock.requests()[0];
    assert_eq!((sent.method.as_str(), sent.query.as_str(), sent.files.len()), ("POST", "", 1));
    assert_eq!(super::prompts::names(&sent.params), ["file", "name"]);
    assert_eq!(sent.params["name"], "woman");
}

#[tokio::test]
async fn l_08_addresses_that_astria_must_not_fetch_for_a_client_are_refused() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    for url in [
        "http://photos.example.com/a.jpg",
        "ftp://photos.example.com/a.jpg",
        "file:///etc/passwd",
        "data:image/png;base64,AA",
        "//photos.example.com/a.jpg",
        "https://127.0.0.1/a",
        "https://127.1/a",
        "https://0x7f000001/a",
        "https://2130706433/a",
        "https://0177.0.0.1/a",
        "https://10.0.0.1/a",
        "https://192.168.1.1/a",
        "https://172.31.255.255/a",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/a",
        "https://0/a",
        "https://[::1]/a",
        "https://[::ffff:127.0.0.1]/a",
        "https://[fd00::1]/a",
        "https://[64:ff9b::7f00:1]/a",
        "https://localhost/a",
        "https://LOCALHOST./a",
        "https://a.localhost/a",
        "https://metadata.google.internal/a",
        "https://intranet/a",
        "https://user:pw@photos.example.com/a",
        "https://photos.example.com\\@127.0.0.1/a",
        "https://photos.example.com/a\n",
        "https://api.astria.ai/tunes/1",
        "https://www.astria.ai./a",
        "https://sdbooth2-production.s3.amazonaws.com/a",
        "https://s3.amazonaws.com/sdbooth2-production/a",
    ] {
        let reply = user.post_form(INSPECT, &[("name", "man"), ("file_url", url)]).await;
        let problem = reply.problem(422, "validation_failed");
        assert!(problem["errors"]["file_url"].is_array(), "{url}: {problem}");
    }
    assert!(gw.mock.requests().is_empty());
    assert_eq!(gw.quota(&user, "inspections").await, (0, 0, 50));
}

#[tokio::test]
async fn an_operator_may_list_the_hosts() {
    let gw = spawn_gateway().config(|c| c.policy.url_hosts = vec!["cdn.example.com".into()]).start().await;
    let user = gw.user("first");
    let ask = |url: &'static str| json!({"name": "man", "file_url": url});

    user.post_json(INSPECT, &ask("https://cdn.example.com/a")).await.ok();
    user.post_json(INSPECT, &ask("https://evil.example.com/a")).await.problem(422, "validation_failed");

    assert_eq!(gw.mock.requests().len(), 1);
}

#[tokio::test]
async fn a_missing_name_or_photo_is_named() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let photo = [("file", photos::SAMPLES[0].1)];
    for (fields, files, wrong) in [
        (vec![], &photo[..], "name"),
        (vec![("name", "")], &photo[..], "name"),
        (vec![("name", " ")], &photo[..], "name"),
        (vec![("name", "a<b>")], &photo[..], "name"),
        (vec![("name[]", "man")], &photo[..], "name"),
        (vec![("name", "man")], &[], "file"),
        (vec![("name", "man"), ("file", "text")], &[], "file"),
        (vec![("name", "man"), ("file_url", "https://a.example.com/b")], &photo[..], "file"),
    ] {
        let reply = user.post_multipart(INSPECT, &fields, files).await;
        let problem = reply.problem(422, "validation_failed");
        assert!(problem["errors"][wrong].is_array(), "{fields:?}: {problem}");
    }
    let nothing = user.post_json(INSPECT, &json!({})).await.problem(422, "validation_failed");
    assert!(nothing["errors"]["name"].is_array() && nothing["errors"]["file"].is_array(), "{nothing}");
    assert!(gw.mock.requests().is_empty());
    assert_eq!(gw.quota(&user, "inspections").await, (0, 0, 50));
}

#[tokio::test]
async fn mp_07_what_is_no_photo_is_refused_by_its_first_bytes() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let cut = &photos::SAMPLES[1].1[..20];
    for file in
        [b"".as_slice(), b"<svg/>", b"%PDF-1.7", b"BM000000", b"\xff\xd8\xff", b"RIFF0000WAVE", b"II*\0", cut]
    {
        let reply = user.post_multipart(INSPECT, &[("name", "man")], &[("file", file)]).await;
        reply.problem(422, "photo_refused");
    }
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn mp_07_a_pixel_bomb_is_refused_from_its_header() {
    let gw = spawn_gateway().config(|c| c.photos.max_pixels = 1_000_000).start().await;
    let user = gw.user("first");
    for (width, height, status) in
        [(60_000, 60_000, 422), (1_000, 1_001, 422), (0, 1_000, 422), (1_000, 1_000, 200)]
    {
        let photo = photos::png(width, height);
        let reply = user.post_multipart(INSPECT, &[("name", "man")], &[("file", &photo)]).await;
        assert_eq!(reply.status, status, "{width} × {height}: {}", reply.text());
        assert!(status == 200 || reply.json()["code"] == "photo_refused");
    }
    assert_eq!(gw.mock.requests().len(), 1);
}

#[tokio::test]
async fn a_photo_is_refused_by_the_first_byte_too_many() {
    let photo = photos::SAMPLES[0].1;
    for (max_bytes, status) in [(photo.len(), 200), (photo.len() - 1, 413)] {
        let gw = spawn_gateway().config(|c| c.photos.max_bytes = max_bytes).start().await;

        let reply = gw.user("first").post_multipart(INSPECT, &[("name", "man")], &[("file", photo)]).await;

        assert_eq!(reply.status, status, "{}", reply.text());
        assert!(status == 200 || reply.json()["code"] == "body_too_large");
        assert_eq!(gw.mock.requests().len(), usize::from(status == 200));
    }
}

#[tokio::test]
async fn a_client_that_waits_for_100_continue_gets_413_and_nothing_before_it() {
    let gw = spawn_gateway().start().await;
    let head = format!(
        "POST /images/inspect HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nExpect: 100-continue\r\n\
         Content-Type: multipart/form-data; boundary=X\r\nContent-Length: 99999999\r\n\r\n",
        gw.host(),
        gw.token("first", "free")
    );

    let reply = raw::exchange(gw.host(), head.as_bytes()).await;

    assert!(reply.starts_with("HTTP/1.1 413"), "{reply}");
}

#[tokio::test]
async fn an_announced_size_that_is_too_large_is_refused_before_the_body_is_sent() {
    let gw = spawn_gateway().start().await;
    let token = gw.token("first", "free");
    let too_many = 10 * 1024 * 1024 + 64 * 1024 + 1;
    for (length, expected) in [(too_many, "HTTP/1.1 413"), (1_u64 << 62, "HTTP/1.1 413")] {
        let head = format!(
            "POST {INSPECT} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: multipart/form-data; boundary=X\r\nContent-Length: {length}\r\n\r\n",
            gw.host()
        );

        let reply = raw::head(gw.host(), head.as_bytes()).await;

        assert!(reply.starts_with(expected), "{length}: {reply}");
    }
    assert!(gw.mock.requests().is_empty());

    assert_eq!(gw.quota(&gw.user("first"), "inspections").await, (0, 0, 50));
}

#[tokio::test]
async fn a_body_of_unknown_size_is_refused_when_it_has_grown_too_large_and_never_shortened() {
    let gw = spawn_gateway().config(|c| c.photos.max_bytes = 100_000).start().await;
    let start = b"--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n".to_vec();
    let chunks = std::iter::once(start).chain(std::iter::repeat_n(vec![b'x'; 10_000], 50));
    let stream = futures_util::stream::iter(chunks.map(Ok::<_, std::io::Error>));
    let body = reqwest::Body::wrap_stream(stream);

    let reply = gw.user("first").post(INSPECT, "multipart/form-data; boundary=X", body).await;

    reply.problem(413, "body_too_large");
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn inspections_have_a_quota_of_their_own() {
    let gw = spawn_gateway()
        .config(|c| {
            let rule = QuotaRule {
                of: Measure::Inspections,
                per: Period::Day,
                limit: 2,
                shared_by: SharedBy::EndUser,
            };
            c.plans.get_mut("free").unwrap().quotas = vec![rule];
        })
        .start()
        .await;
    let user = gw.user("first");
    let ask = json!({"name": "man", "file_url": "https://a.example.com/b"});
    for _ in 0..2 {
        user.post_json(INSPECT, &ask).await.ok();
    }

    let refused = user.post_json(INSPECT, &ask).await;

    refused.problem(429, "quota_exhausted");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(gw.mock.requests().len(), 2);
    assert_eq!(gw.quota(&user, "inspections").await, (2, 0, 0));
}

#[tokio::test]
async fn an_inspection_whose_end_nobody_knows_counts_as_used() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let ask = json!({"name": "man", "file_url": "https://a.example.com/b"});
    for (used, fault) in
        (1..).zip([Fault::Status500, Fault::Status504AfterProcessing, Fault::CutMidReply, Fault::BrokenJson])
    {
        gw.mock.inject(FaultRule::new(fault));
        let reply = user.post_json(INSPECT, &ask).await;
        assert_eq!(reply.json()["spent"], "unknown", "{fault:?}: {}", reply.text());
        assert_eq!(gw.quota(&user, "inspections").await, (used, 0, 50 - used), "{fault:?}");
    }
    // What was refused for certain is given back.
    gw.mock.inject(FaultRule::new(Fault::Status402));
    let reply = user.post_json(INSPECT, &ask).await;
    assert_eq!(reply.problem(503, "upstream_account_exhausted")["spent"], "no");
    assert_eq!(gw.quota(&user, "inspections").await, (4, 0, 46));
    assert_eq!(gw.mock.requests().len(), 5, "no inspection was tried again");
}
