//! F19: the listener's end.

use std::time::Duration;
use tokio_util::task::TaskTracker;

use astria_gateway::serve::Ended;
use tokio::io::AsyncWriteExt as _;

use super::{Server, get, reply_head, until_closed};
use crate::harness::eventually;

async fn served(server: &mut Server) {
    let ended = tokio::time::timeout(Duration::from_secs(10), &mut server.served).await;
    ended.expect("the loop goes on").unwrap();
}

#[tokio::test]
async fn f19_idle_connections_end_at_once_and_requests_in_flight_are_answered() {
    let mut server = Server::start(|_| ()).await;
    let mut silent = server.connect().await;
    let mut idle = server.connect().await;
    idle.write_all(get("/", "").as_bytes()).await.unwrap();
    let head = reply_head(&mut idle).await;
    assert!(!head.contains("connection: close"), "{head}");
    let mut busy = server.connect().await;
    busy.write_all(get("/wait", "").as_bytes()).await.unwrap();
    eventually("both requests", || server.asked() == 2).await;

    server.stop.cancel();

    until_closed(&mut silent).await;
    until_closed(&mut idle).await;
    eventually("no more connections", || std::net::TcpStream::connect(server.address).is_err()).await;
    assert!(!server.served.is_finished());
    server.page.gate.add_permits(1);
    let reply = until_closed(&mut busy).await;
    assert!(reply.starts_with("HTTP/1.1 200 ") && reply.ends_with("released"), "{reply}");
    assert!(reply.contains("connection: close"), "{reply}");
    served(&mut server).await;
    assert!(server.seen.ended.lock().unwrap().iter().all(|how| *how == Ended::Stopped));
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
