//! Proxies that the environment names.

use super::super::harness::tokens;
use super::Site;
use astria_gateway::clock::Clock;

#[tokio::test]
async fn up_11_proxies_of_the_environment_never_see_the_key() {
    let site = Site::new().await;
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let variables = names.map(|name| (name, address.as_str()));
    let served = site.serve(&site.config(), &variables).await;
    let claims = tokens::claims(Clock::system().now(), "first", "free");

    served.with_token(&tokens::hs256(site.signing.as_bytes(), &claims)).get("/packs").await.ok();

    assert_eq!(site.mock.requests().len(), 1);
    let came = proxy.accept().map_err(|error| error.kind());
    assert_eq!(came.unwrap_err(), std::io::ErrorKind::WouldBlock, "somebody called the proxy");
}
