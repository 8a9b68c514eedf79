//! Streams: flat memory, no hold on others, and an end for each of them.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::storage::{Stored, png};
use super::{AT_ASTRIA, AT_STORAGE, World};
use crate::harness::{eventually, logs};

const HUGE: u64 = 100 * 1024 * 1024;
/// What may lie between the storage and a client that does not read: both kernels' buffers and our pieces. Far less
/// than a picture, and the same for any.
const BETWEEN: u64 = 24 * 1024 * 1024;

/// A client that has asked, and reads nothing beyond the head.
async fn asks(world: &World) -> TcpStream {
    let mut stream = TcpStream::connect(world.gw.host()).await.unwrap();
    let request = format!("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", world.signed(AT_ASTRIA), world.gw.host());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 200 OK\r\n"), "{}", String::from_utf8_lossy(&head));
    stream
}

/// Waits until the storage can write no more.
async fn comes_to_rest(world: &World) -> u64 {
    let mut before = u64::MAX;
    loop {
        let now = world.storage.written_bytes();
        if now == before {
            return now;
        }
        before = now;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn all_over(world: &World) {
    eventually("the last stream's end", || world.gw.state().blobs.streams() == 0).await;
}

#[tokio::test]
async fn a_huge_picture_comes_whole_and_never_lies_in_memory() {
    let world = World::with(Stored::Huge(HUGE)).await;
    let mut client = asks(&world).await;

    let between = comes_to_rest(&world).await;

    assert!(between < BETWEEN, "{between} bytes were taken for a client that reads nothing");
    assert_eq!(world.gw.state().blobs.streams(), 1);
    let (mut read, mut piece) = (0, vec![0; 256 * 1024]);
    while read < HUGE {
        read += client.read(&mut piece).await.unwrap() as u64;
    }
    assert_eq!(read, HUGE);
    all_over(&world).await;
}

#[tokio::test]
async fn a_huge_picture_of_astrias_own_comes_whole_too() {
    let world = World::start(|spawn| spawn).await;
    world.astria.put(AT_ASTRIA, Stored::Huge(HUGE));
    assert_eq!(world.get().await.body.len() as u64, HUGE);
    assert!(world.storage.asked().is_empty());
    // Other replies over that connection are bounded as ever.
    assert_eq!(world.gw.own_account().upstream.reading().in_flight, 0);
}

#[tokio::test]
async fn a_slow_reader_holds_nobody_and_is_cut() {
    let world = World::start(|spawn| spawn.config(|config| config.server.write_timeout_ms = 400)).await;
    world.storage.put(AT_STORAGE, Stored::Huge(HUGE));
    let other = "/rails/active_storage/blobs/redirect/other/dog.png";
    world.astria.put(other, Stored::Bytes("image/png", png(500)));
    let mut slow = Vec::new();
    for _ in 0..20 {
        slow.push(asks(&world).await);
    }

    assert_eq!(world.browser().get(&world.signed(other)).await.body.len(), 500);

    assert_eq!(world.gw.own_account().upstream.reading().in_flight, 0, "a stream holds no place of a call");
    all_over(&world).await;
    eventually("the storage's connections' end", || world.storage.open_connections() == 0).await;
}

#[tokio::test]
async fn a_client_that_leaves_frees_everything_and_is_written_down() {
    let world = World::with(Stored::Huge(HUGE)).await;
    let client = asks(&world).await;
    assert_eq!(world.gw.state().blobs.streams(), 1);

    drop(client);

    all_over(&world).await;
    eventually("the storage's connection's end", || world.storage.open_connections() == 0).await;
    eventually("its line", || logs::access_lines("status=499").iter().any(|line| line.contains("get_image")))
        .await;
    let lines = logs::access_lines("get_image");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("status=499") && !lines[0].contains("sent_bytes=0 "), "{lines:?}");
}

#[tokio::test]
async fn a_storage_that_stalls_or_breaks_ends_the_stream() {
    let world = World::start(|spawn| spawn.config(|config| config.images.idle_timeout_ms = 200)).await;
    for (stored, code) in [(Stored::Stalling, "upstream_timeout"), (Stored::Broken, "upstream_reply_invalid")]
    {
        world.storage.put(AT_STORAGE, stored);
        let mut client = asks(&world).await;
        let mut came = Vec::new();
        // However the connection ends, it ends, and before all that was announced came.
        let _ = client.read_to_end(&mut came).await;
        assert_eq!(came, png(1024));
        all_over(&world).await;
        eventually("its line", || !logs::access_lines(code).is_empty()).await;
    }
}

#[tokio::test]
async fn a_storage_that_says_nothing_is_a_timeout() {
    let world = World::start(|spawn| {
        spawn.config(|config| {
            config.images.idle_timeout_ms = 200;
            config.upstream.connect_timeout_ms = 200;
        })
    })
    .await;
    world.storage.put(AT_STORAGE, Stored::Silent);
    world.get().await.problem(504, "upstream_timeout");
    all_over(&world).await;
}

#[tokio::test]
async fn one_address_takes_its_part_of_the_places_and_no_more() {
    let world = World::start(|spawn| {
        spawn.config(|config| {
            config.images.max_streams_per_ip = 1;
            config.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        })
    })
    .await;
    world.storage.put(AT_STORAGE, Stored::Huge(HUGE));
    let _client = asks(&world).await;

    let from = |address: &str| world.browser().header("x-forwarded-for", address);
    let other = "/rails/active_storage/blobs/redirect/other/dog.png";
    world.astria.put(other, Stored::Bytes("image/png", png(500)));

    from("127.0.0.1").get(&world.signed(other)).await.problem(503, "overloaded");
    assert_eq!(from("203.0.113.7").get(&world.signed(other)).await.status, 200);
}

#[tokio::test]
async fn over_http_2_a_huge_picture_comes_whole_and_one_that_is_left_ends() {
    let world = World::start(|spawn| spawn.config(|config| config.server.h2c = true)).await;
    world.storage.put(AT_STORAGE, Stored::Huge(HUGE));
    let client = reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    let url = format!("{}{}", world.gw.url, world.signed(AT_ASTRIA));
    let left = client.get(&url).send().await.unwrap();
    assert!(comes_to_rest(&world).await < BETWEEN);
    assert_eq!(world.gw.state().blobs.streams(), 1);

    drop(left);

    all_over(&world).await;
    let whole = client.get(&url).send().await.unwrap();
    assert_eq!(whole.bytes().await.unwrap().len() as u64, HUGE);
    all_over(&world).await;
}

#[tokio::test]
async fn beyond_the_places_of_streams_a_picture_is_refused_at_once() {
    let world = World::start(|spawn| spawn.config(|config| config.images.max_streams = 1)).await;
    world.storage.put(AT_STORAGE, Stored::Huge(HUGE));
    let client = asks(&world).await;

    world.get().await.problem(503, "overloaded");

    drop(client);
    all_over(&world).await;
    assert_eq!(world.head().await.status, 200);
    all_over(&world).await;
}
