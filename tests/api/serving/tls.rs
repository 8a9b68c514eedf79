//! TLS: protocols by ALPN, certificates that change, pairs that do not fit.

use std::sync::Arc;
use std::time::Duration;
use tokio_util::task::TaskTracker;

use astria_gateway::auth::install_crypto_provider;
use astria_gateway::config::Tls;
use astria_gateway::serve::tls::{Reloader, load};
use astria_gateway::serve::{Ended, Settings};
use http::Version;
use rcgen::generate_simple_self_signed;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::{Server, until_closed};

struct Pair {
    folder: TempDir,
    tls: Tls,
}

impl Pair {
    fn new() -> (Self, reqwest::Certificate) {
        install_crypto_provider();
        let folder = TempDir::new().unwrap();
        let tls = Tls {
            certificate_file: folder.path().join("certificate.pem"),
            key_file: folder.path().join("key.pem"),
        };
        let pair = Self { folder, tls };
        let certificate = pair.write();
        (pair, certificate)
    }

    /// Another certificate in the same files.
    fn write(&self) -> reqwest::Certificate {
        let made = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&self.tls.certificate_file, made.cert.pem()).unwrap();
        std::fs::write(&self.tls.key_file, made.signing_key.serialize_pem()).unwrap();
        reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap()
    }

    async fn serve(&self) -> Server {
        Server::start_with(|server| server.tls_handshake_timeout_ms = 400, load(&self.tls).unwrap()).await
    }
}

async fn version(server: &Server, trusted: &reqwest::Certificate, http1: bool) -> Option<Version> {
    let mut client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([trusted.clone()])
        .resolve("localhost", server.address);
    if http1 {
        client = client.http1_only();
    }
    let url = format!("https://localhost:{}/", server.address.port());
    let reply = client.build().unwrap().get(url).send().await.ok()?;
    assert_eq!(reply.status(), 200);
    Some(reply.version())
}

#[tokio::test]
async fn tls_speaks_http_2_and_http_1_by_alpn() {
    let (pair, certificate) = Pair::new();
    let server = pair.serve().await;
    assert_eq!(version(&server, &certificate, false).await, Some(Version::HTTP_2));
    assert_eq!(version(&server, &certificate, true).await, Some(Version::HTTP_11));
}

#[tokio::test]
async fn f15_a_handshake_that_does_not_end_or_is_none_ends_the_connection() {
    let (pair, certificate) = Pair::new();
    let server = pair.serve().await;
    for bytes in ["", "\u{16}\u{3}\u{1}", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
        let reply = super::exchange(&mut server.connect().await, bytes).await;
        assert!(!reply.contains("HTTP"), "{reply}");
    }
    server.ended(Ended::Tls).await;
    assert!(version(&server, &certificate, false).await.is_some());
}

#[tokio::test]
async fn a_changed_certificate_is_read_again_and_open_connections_stay() {
    let (pair, old) = Pair::new();
    let server = pair.serve().await;
    let reloader = Reloader::new(pair.tls.clone(), Arc::clone(&server.control));
    let stop = CancellationToken::new();
    let looking = TaskTracker::new().spawn(reloader.keep_looking(Duration::from_millis(20), stop.clone()));
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([old.clone()])
        .resolve("localhost", server.address)
        .build()
        .unwrap();
    let url = format!("https://localhost:{}/", server.address.port());
    let first = client.get(&url).send().await.unwrap().text().await.unwrap();

    let new = pair.write();

    let read_again = async { while version(&server, &new, false).await.is_none() {} };
    tokio::time::timeout(Duration::from_secs(10), read_again).await.unwrap();
    assert_eq!(version(&server, &old, false).await, None);
    // The page says the client's port: it is the same connection.
    assert_eq!(client.get(&url).send().await.unwrap().text().await.unwrap(), first);
    stop.cancel();
    looking.await.unwrap();
}

#[tokio::test]
async fn f38_a_pair_that_does_not_fit_changes_nothing_and_says_why() {
    let (pair, good) = Pair::new();
    let server = pair.serve().await;
    let mut reloader = Reloader::new(pair.tls.clone(), Arc::clone(&server.control));
    assert!(!reloader.look().unwrap(), "nothing changed");
    let other = generate_simple_self_signed(["localhost".to_owned()]).unwrap().signing_key.serialize_pem();
    let key = std::fs::read(&pair.tls.key_file).unwrap();
    for (bytes, why) in [
        (other.as_bytes(), "cannot be used"),
        (&b"no key"[..], "no private key"),
        (&b""[..], "no private key"),
    ] {
        std::fs::write(&pair.tls.key_file, bytes).unwrap();
        let error = reloader.look().unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        assert!(load(&pair.tls).is_err());
        assert!(!reloader.look().unwrap(), "said once");
        assert!(version(&server, &good, false).await.is_some());
    }
    std::fs::remove_file(&pair.tls.key_file).unwrap();
    assert!(reloader.look().unwrap_err().to_string().contains("cannot read"));
    std::fs::write(&pair.tls.key_file, key).unwrap();
    assert!(reloader.look().unwrap());
    drop(pair.folder);
}

#[tokio::test]
async fn a_gateway_with_a_certificate_speaks_tls_on_its_public_listener_only() {
    let (pair, certificate) = Pair::new();
    let gw =
        crate::harness::spawn_gateway().config(|config| config.server.tls = pair.tls.clone()).start().await;
    let port = gw.host().rsplit_once(':').unwrap().1;
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([certificate])
        .resolve("localhost", gw.host().parse().unwrap())
        .build()
        .unwrap();

    let reply = client.get(format!("https://localhost:{port}/healthz")).send().await.unwrap();

    assert_eq!((reply.status().as_u16(), reply.version()), (200, Version::HTTP_2));
    assert!(gw.operator("/metrics").await.contains("astria_gateway"));
    let mut plain = tokio::net::TcpStream::connect(gw.host()).await.unwrap();
    assert!(!super::exchange(&mut plain, &super::get("/healthz", "")).await.contains("HTTP"));
}

#[tokio::test]
async fn times_after_the_handshake_count_from_there() {
    let (pair, certificate) = Pair::new();
    let server = pair.serve().await;
    server
        .control
        .change(Settings { header_read_timeout: Duration::from_millis(300), ..server.settings.clone() });
    let mut roots = rustls::RootCertStore::empty();
    let pem = std::fs::read(&pair.tls.certificate_file).unwrap();
    use rustls::pki_types::pem::PemObject as _;
    roots.add(rustls::pki_types::CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
    let client = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(client));
    let stream = server.connect().await;
    let mut stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();

    assert_eq!(until_closed(&mut stream).await, "");

    server.ended(Ended::HeadTimeout).await;
    assert!(version(&server, &certificate, true).await.is_some());
}
