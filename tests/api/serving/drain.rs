//! F19: the listener's end.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio_util::task::TaskTracker;

use astria_gateway::serve::listen::Listener;
use astria_gateway::serve::{Ended, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{Server, get, reply_head, until_closed};
use crate::harness::eventually;

async fn served(server: &mut Server) {
    let ended = tokio::time::timeout(Duration::from_secs(10), &mut server.served).await;
    ended.expect("the loop goes on").unwrap();
}

async fn refuses(server: &Server) {
    eventually("no more connections", || std::net::TcpStream::connect(server.address).is_err()).await;
}

#[tokio::test]
async fn f19_idle_connections_end_at_once_and_requests_in_flight_are_answered() {
    let mut server = Server::start(|_| ()).await;
    let mut idle = server.connect().await;
    idle.write_all(get("/", "").as_bytes()).await.unwrap();
    let head = reply_head(&mut idle).await;
    assert!(!head.contains("connection: close"), "{head}");
    let mut busy = server.connect().await;
    busy.write_all(get("/wait", "").as_bytes()).await.unwrap();
    eventually("both requests", || server.asked() == 2).await;
    let stopped = std::time::Instant::now();

    server.stop.cancel();

    until_closed(&mut idle).await;
    assert!(stopped.elapsed() < Duration::from_millis(900), "it waited for the grace of new connections");
    refuses(&server).await;
    assert!(!server.served.is_finished());
    server.page.gate.add_permits(1);
    let reply = until_closed(&mut busy).await;
    assert!(reply.starts_with("HTTP/1.1 200 ") && reply.ends_with("released"), "{reply}");
    assert!(reply.contains("connection: close"), "{reply}");
    served(&mut server).await;
    assert!(server.seen.ended.lock().unwrap().iter().all(|how| *how == Ended::Stopped));
}

#[tokio::test]
async fn f19_a_connection_that_stays_silent_ends_after_a_short_grace() {
    for h2c in [true, false] {
        let mut server = Server::start(|server| server.h2c = h2c).await;
        let mut silent = server.connect().await;
        let mut slow = server.connect().await;
        slow.write_all(b"GET / HTTP/1.1\r\nHost: a").await.unwrap();
        eventually("both connections", || server.seen.opened.load(Ordering::SeqCst) == 2).await;

        let stopped = std::time::Instant::now();

        server.stop.cancel();

        assert_eq!(until_closed(&mut silent).await, "");
        assert_eq!(until_closed(&mut slow).await, "");
        assert!(stopped.elapsed() < Duration::from_secs(5), "the head's own time went by");
        served(&mut server).await;
        assert_eq!(*server.seen.ended.lock().unwrap(), [Ended::Stopped, Ended::Stopped]);
    }
}

#[tokio::test]
async fn f19_the_first_request_of_an_accepted_connection_is_answered_although_it_comes_late() {
    for (h2c, before) in [(true, 0), (true, 20), (false, 0), (false, 20)] {
        let mut server = Server::start(|server| server.h2c = h2c).await;
        let request = get("/", "");
        let (early, late) = request.as_bytes().split_at(before);
        let mut client = server.connect().await;
        client.write_all(early).await.unwrap();
        eventually("the connection", || server.seen.opened.load(Ordering::SeqCst) == 1).await;
        server.stop.cancel();
        refuses(&server).await;

        client.write_all(late).await.unwrap();

        let reply = until_closed(&mut client).await;
        assert!(reply.starts_with("HTTP/1.1 200 ") && reply.contains("connection: close"), "{reply}");
        served(&mut server).await;
    }
}

#[tokio::test]
async fn f19_a_next_request_that_has_arrived_is_answered() {
    let mut server = Server::start(|_| ()).await;
    let mut client = server.connect().await;
    client.write_all(get("/", "Content-Length: 0\r\n").as_bytes()).await.unwrap();
    reply_head(&mut client).await;
    let mut client = client.into_std().unwrap();
    // Nothing else runs between these two: the gateway learns of both at once.
    client.write_all(get("/", "").as_bytes()).unwrap();
    server.stop.cancel();

    let mut client = TcpStream::from_std(client).unwrap();
    let reply = until_closed(&mut client).await;
    assert!(reply.starts_with("HTTP/1.1 200 ") && reply.contains("connection: close"), "{reply}");
    served(&mut server).await;
}

#[tokio::test]
async fn f19_a_connection_that_waits_in_the_kernels_queue_is_answered() {
    let mut server = Server::start(|_| ()).await;
    server.assert_serves().await;
    // Nothing else runs between these: nobody has accepted it.
    let mut client = std::net::TcpStream::connect(server.address).unwrap();
    client.write_all(get("/", "").as_bytes()).unwrap();
    server.stop.cancel();

    client.set_nonblocking(true).unwrap();
    let reply = until_closed(&mut TcpStream::from_std(client).unwrap()).await;
    assert!(reply.starts_with("HTTP/1.1 200 ") && reply.contains("connection: close"), "{reply}");
    served(&mut server).await;
}

#[tokio::test]
async fn f19_the_queue_of_a_socket_of_the_service_manager_is_left_to_the_next_process() {
    let server = Server::start(|_| ()).await;
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    held.set_nonblocking(true).unwrap();
    let given = Listener::given(TcpListener::from_std(held.try_clone().unwrap()).unwrap());
    let (page, control) = (server.page.clone(), Arc::clone(&server.control));
    let _client = std::net::TcpStream::connect(held.local_addr().unwrap()).unwrap();
    server.stop.cancel();

    // It is told to stop before it begins: what is in the queue stays there.
    let serving = serve(given, page, control, Arc::clone(&server.seen), server.stop.clone());
    tokio::time::timeout(Duration::from_secs(10), serving).await.unwrap();

    assert_eq!(server.seen.opened.load(Ordering::SeqCst), 0);
    held.accept().unwrap();
}

#[tokio::test]
async fn f19_http2_streams_in_flight_are_answered_and_the_connection_ends() {
    let mut server = Server::start(|_| ()).await;
    let client = reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    let url = format!("http://{}", server.address);
    client.get(&url).send().await.unwrap();
    let waiting = TaskTracker::new().spawn(client.get(format!("{url}/wait")).send());
    eventually("both requests", || server.asked() == 2).await;

    server.stop.cancel();

    eventually("no more connections", || std::net::TcpStream::connect(server.address).is_err()).await;
    server.page.gate.add_permits(1);
    let reply = waiting.await.unwrap().unwrap();
    assert_eq!((reply.version(), reply.text().await.unwrap().as_str()), (http::Version::HTTP_2, "released"));
    served(&mut server).await;
}

/// Requests on a new connection each, until none is taken: how many whole replies came.
async fn restless(address: std::net::SocketAddr) -> usize {
    let mut answered = 0;
    while let Ok(mut stream) = TcpStream::connect(address).await {
        let mut reply = Vec::new();
        let whole = async {
            stream.write_all(get("/", "").as_bytes()).await.ok()?;
            let peer = stream.local_addr().ok()?.to_string();
            while !reply.ends_with(peer.as_bytes()) {
                stream.read_buf(&mut reply).await.ok().filter(|size| *size > 0)?;
            }
            Some(())
        };
        answered += usize::from(whole.await.is_some());
    }
    answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn f19_each_accepted_connection_has_its_request_answered_while_the_gateway_stops() {
    for _ in 0..20 {
        let mut server = Server::start(|_| ()).await;
        let clients = TaskTracker::new();
        let running: Vec<_> = (0..16).map(|_| clients.spawn(restless(server.address))).collect();
        eventually("some requests", || server.asked() > 200).await;

        server.stop.cancel();

        let mut answered = 0;
        for client in running {
            answered += client.await.unwrap();
        }
        served(&mut server).await;
        assert_eq!(answered, server.seen.opened.load(Ordering::SeqCst));
    }
}
