//! Where pictures come from, with what, and what of the storage's reply is shown.

use super::storage::{Stored, png};
use super::{AT_ASTRIA, AT_STORAGE, World};
use crate::harness::logs;

fn is_dressed(reply: &crate::harness::Reply) {
    let header = |name: &str| reply.header(name).unwrap_or_else(|| panic!("no {name}"));
    assert_eq!(header("content-type"), "image/png");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("cross-origin-resource-policy"), "cross-origin");
    assert_eq!(header("accept-ranges"), "bytes");
    assert_eq!(header("etag"), "\"5d41402a\"");
    assert_eq!(header("last-modified"), "Fri, 20 Nov 2026 10:00:00 GMT");
    let age = header("cache-control").strip_prefix("private, max-age=").unwrap();
    let age: u64 = age.strip_suffix(", immutable").unwrap().parse().unwrap();
    assert!((1799..=3600).contains(&age), "{age}");
    for name in ["content-disposition", "set-cookie", "server", "location", "x-amz-id"] {
        assert_eq!(reply.header(name), None, "{name}");
    }
}

#[tokio::test]
async fn l_11_a_picture_is_shown_whole_and_dressed_anew() {
    let picture = png(300_000);
    let world = World::with(Stored::Bytes("text/html", picture.clone())).await;

    let reply = world.get().await;

    assert_eq!((reply.status.as_u16(), reply.header("content-length")), (200, Some("300000")));
    assert_eq!(reply.body, picture);
    is_dressed(&reply);
    let head = world.head().await;
    assert_eq!(
        (head.status.as_u16(), head.header("content-length"), head.body.len()),
        (200, Some("300000"), 0)
    );
    is_dressed(&head);
    let id = reply.header("x-request-id").unwrap();
    let [line] = logs::access_lines(id).try_into().unwrap();
    for said in [
        "status=200",
        "sent_bytes=300000",
        "operation=\"get_image\"",
        "route=\"/rails/active_storage/blobs/{*rest}\"",
    ] {
        assert!(line.contains(said), "{said}: {line}");
    }
    let logged = logs::text();
    assert!(
        !logged.contains("X-Amz-Signature") && !logged.contains("s3cr3t"),
        "the storage's address was logged"
    );
}

#[tokio::test]
async fn l_13_the_storage_sees_no_credential_and_nothing_of_the_client() {
    let world = World::with(Stored::Bytes("image/png", png(500))).await;
    let browser = world
        .browser()
        .header("authorization", "Bearer client-token")
        .header("cookie", "session=client-cookie")
        .header("referer", "https://app.example/client-page")
        .header("x-forwarded-for", "203.0.113.9");

    assert_eq!(browser.get(&world.signed(AT_ASTRIA)).await.status, 200);

    let [astria] = world.astria.asked().try_into().unwrap();
    let names = |head: &str| {
        let mut names: Vec<_> = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .map(|(name, _)| name.to_owned())
            .collect();
        names.sort();
        names
    };
    assert!(astria.starts_with(&format!("get {} http/1.1", AT_ASTRIA.to_ascii_lowercase())), "{astria}");
    assert!(astria.contains(&format!("authorization: bearer {}", world.gw.api_key)), "{astria}");
    assert_eq!(names(&astria), ["accept", "authorization", "host", "user-agent", "x-workspace-id"]);
    let [storage] = world.storage.asked().try_into().unwrap();
    assert_eq!(names(&storage), ["accept", "host", "user-agent"], "{storage}");
    world.gw.assert_no_secret(&storage, "what the storage saw");
    assert!(!storage.contains("client"), "{storage}");
}

#[tokio::test]
async fn ranges_are_given_and_the_head_is_looked_at_once() {
    let picture = png(10_000);
    let world = World::with(Stored::Bytes("image/png", picture.clone())).await;

    for (asked, given, place) in [
        ("bytes=5000-5099", 5000..5100, "bytes 5000-5099/10000"),
        ("bytes=-100", 9900..10_000, "bytes 9900-9999/10000"),
        ("bytes=9000-", 9000..10_000, "bytes 9000-9999/10000"),
        ("bytes=0-1", 0..2, "bytes 0-1/10000"),
        ("bytes=0-99999", 0..10_000, "bytes 0-9999/10000"),
    ] {
        let reply = world.range(asked).await;
        assert_eq!((reply.status.as_u16(), reply.header("content-range")), (206, Some(place)), "{asked}");
        assert_eq!(reply.header("content-length"), Some(given.len().to_string().as_str()), "{asked}");
        assert_eq!(reply.body, picture[given], "{asked}");
        is_dressed(&reply);
    }
    assert_eq!(world.storage.asked().iter().filter(|head| head.contains("range: bytes=0-63")).count(), 1);
    assert_eq!(world.storage.asked().len(), 6);
    for whole in ["bytes=0-1,5-6", "items=0-1", "bytes=5-4", "x"] {
        let reply = world.range(whole).await;
        assert_eq!((reply.status.as_u16(), reply.body.len()), (200, 10_000), "{whole}");
    }
    let refusal = world.range("bytes=10000-").await;
    refusal.problem(416, "range_not_satisfiable");
    assert_eq!(refusal.header("content-range"), Some("bytes */10000"));
}

#[tokio::test]
async fn what_is_no_picture_is_not_shown_whatever_it_is_called() {
    let page = b"<html><script>alert(document.domain)</script></html>".repeat(20);
    let world = World::with(Stored::Bytes("image/png", page)).await;

    for reply in [
        world.get().await,
        world.range("bytes=0-").await,
        world.range("bytes=100-").await,
        world.range("bytes=0-5").await,
    ] {
        reply.problem(502, "upstream_reply_invalid");
        assert!(!reply.text().contains("script"), "{}", reply.text());
    }
    for odd in ["", "GIF", "%PDF-1.7", "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"x\"/>"] {
        world.storage.put(AT_STORAGE, Stored::Bytes("image/png", odd.into()));
        world.get().await.problem(502, "upstream_reply_invalid");
    }
}

#[tokio::test]
async fn l_13_a_redirect_to_where_nobody_should_go_is_not_followed() {
    // As operators run it: no private host is allowed, whatever the list says.
    let world = World::start(|spawn| {
        spawn.config(|config| {
            config.images.allow_private_hosts = false;
            config.images.hosts = vec!["127.0.0.1".into(), "localhost".into(), "*.astria.ai".into()];
        })
    })
    .await;
    let elsewhere = world.storage.url.clone();
    let port = elsewhere.rsplit(':').next().unwrap();
    for to in [
        elsewhere.clone(),
        format!("https://127.0.0.1:{port}{AT_STORAGE}"),
        format!("https://localhost:{port}{AT_STORAGE}"),
        "https://127.0.0.1/x".into(),
        "https://localhost/x".into(),
        "https://169.254.169.254/latest/meta-data/".into(),
        "http://cdn.astria.ai/x".into(),
        "https://evil.example/x".into(),
        AT_ASTRIA.into(),
        String::new(),
    ] {
        world.astria.put(AT_ASTRIA, Stored::To(302, to.clone()));
        let reply = world.get().await;
        assert_eq!(reply.status, 502, "{to}: {}", reply.text());
        assert_eq!(reply.header("location"), None);
    }
    assert!(world.storage.asked().is_empty(), "the storage was asked: {:?}", world.storage.asked());
    assert_eq!(world.astria.asked().len(), 10);
}

#[tokio::test]
async fn l_13_a_host_that_is_not_listed_is_not_asked_even_where_private_ones_may_be() {
    let world =
        World::start(|spawn| spawn.config(|config| config.images.hosts = vec!["localhost".into()])).await;
    world.storage.put(AT_STORAGE, Stored::Bytes("image/png", png(500)));
    world.get().await.problem(502, "upstream_reply_invalid");
    assert!(world.storage.asked().is_empty());

    let port = world.storage.url.rsplit(':').next().unwrap();
    for status in [301, 302, 303, 307, 308] {
        world.astria.put(AT_ASTRIA, Stored::To(status, format!("http://localhost:{port}{AT_STORAGE}")));
        assert_eq!(world.get().await.status, 200, "{status}");
    }
}

#[tokio::test]
async fn a_loop_of_redirects_ends_after_three() {
    let world = World::start(|spawn| spawn).await;
    world.storage.put(AT_STORAGE, Stored::To(302, AT_STORAGE.into()));
    world.get().await.problem(502, "upstream_failed");
    assert_eq!((world.astria.asked().len(), world.storage.asked().len()), (1, 3));
}

#[tokio::test]
async fn l_13_a_redirect_that_repeats_our_key_leads_nowhere() {
    let world = World::start(|spawn| spawn).await;
    world.astria.put(AT_ASTRIA, Stored::To(302, format!("{}/?key={}", world.storage.url, world.gw.api_key)));
    world.get().await.problem(502, "upstream_reply_invalid");
    assert!(world.storage.asked().is_empty());
}

#[tokio::test]
async fn what_the_storage_refuses_is_not_found_and_what_it_cannot_is_its_failure() {
    let world = World::start(|spawn| spawn).await;
    for (status, ours, code) in [
        (401, 404, "not_found"),
        (403, 404, "not_found"),
        (404, 404, "not_found"),
        (410, 404, "not_found"),
        (429, 502, "upstream_failed"),
        (500, 502, "upstream_failed"),
        (503, 502, "upstream_failed"),
        (504, 504, "upstream_timeout"),
        (204, 502, "upstream_failed"),
    ] {
        let body = if status == 204 { String::new() } else { "Content-Length: 6\r\n".into() };
        let page = if status == 204 { "" } else { "<Code>" };
        world.storage.put(AT_STORAGE, Stored::Raw(format!("HTTP/1.1 {status} X\r\n{body}\r\n{page}")));
        let reply = world.get().await;
        reply.problem(ours, code);
        assert!(!reply.text().contains("<Code>"));
    }
    world.astria.put(AT_ASTRIA, Stored::Raw("HTTP/1.1 401 X\r\nContent-Length: 0\r\n\r\n".into()));
    world.get().await.problem(502, "upstream_credential_rejected");
}

#[tokio::test]
async fn a_part_that_was_not_asked_for_is_not_passed_off_as_another() {
    let world = World::start(|spawn| spawn).await;
    let part = |range: &str, length: usize| {
        let body = String::from_utf8_lossy(&png(length)[..0]).into_owned() + &"x".repeat(length);
        Stored::Raw(format!(
            "HTTP/1.1 206 P\r\nContent-Range: {range}\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
    };
    for odd in [
        part("bytes 0-99/1000", 100),
        part("bytes 500-599/1000", 100),
        part("bytes 0-9/10", 100),
        part("", 100),
    ] {
        world.storage.put(AT_STORAGE, odd);
        world.get().await.problem(502, "upstream_reply_invalid");
        world.range("bytes=100-199").await.problem(502, "upstream_reply_invalid");
    }
}

#[tokio::test]
async fn a_picture_above_the_bound_is_refused_and_one_of_unknown_length_is_cut_there() {
    let world = World::start(|spawn| spawn.config(|config| config.images.max_bytes = 1_000_000)).await;
    world.storage.put(AT_STORAGE, Stored::Bytes("image/png", png(1_000_000)));
    assert_eq!(world.get().await.body.len(), 1_000_000);
    world.storage.put(AT_STORAGE, Stored::Bytes("image/png", png(1_000_001)));
    world.get().await.problem(502, "upstream_reply_invalid");
    assert_eq!(world.range("bytes=0-999999").await.status, 206);

    // In chunks, so that nobody says how many come.
    let gif = format!("GIF89a{}", ".".repeat(994));
    let chunks = format!("3e8\r\n{gif}\r\n").repeat(1100);
    world.storage.put(
        AT_STORAGE,
        Stored::Raw(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n")),
    );
    let url = format!("{}{}", world.gw.url, world.signed(AT_ASTRIA));
    let reply = reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    let id = reply.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert!(reply.bytes().await.is_err(), "a picture that was cut must not look whole");
    crate::harness::eventually("its line", || !logs::access_lines(&id).is_empty()).await;
    let [line] = logs::access_lines(&id).try_into().unwrap();
    assert!(line.contains("status=200") && line.contains("code=\"upstream_reply_invalid\""), "{line}");
}
