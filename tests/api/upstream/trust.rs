//! To whom the key is shown: to the configured host, over verified TLS, and to nobody who asks for it.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::raw::{Answer, RawUpstream};
use super::{before, create};
use crate::harness::spawn_gateway;

#[tokio::test]
async fn f14_up_10_a_redirect_is_not_followed_and_the_key_goes_nowhere_else() {
    let elsewhere = RawUpstream::start(Vec::new()).await;
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let location =
            format!("HTTP/1.1 {status}\r\nLocation: {}/tunes\r\nContent-Length: 0\r\n\r\n", elsewhere.url);
        let upstream =
            RawUpstream::start(vec![vec![Answer::good(), Answer::text(&location), Answer::text(&location)]])
                .await;
        let gw = before(&upstream).start().await;
        gw.expect_unknown();
        let user = gw.user("first");
        create(&user).await.ok();

        let reply = user.get("/prompts/7000000").await;
        let problem = create(&user).await.problem(504, "outcome_unknown");

        reply.problem(502, "upstream_failed");
        assert_eq!(reply.header("location"), None);
        assert_eq!(problem["spent"], "unknown");
        assert_eq!(gw.quota(&user, "images").await, (1, 1, 18));
        assert_eq!(upstream.seen().len(), 3);
    }
    assert_eq!(elsewhere.connections(), 0);
}

/// A TLS server with a certificate that nobody has signed; gives what each handshake came to.
fn self_signed() -> (u16, mpsc::Receiver<Result<String, String>>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let config = Arc::new(config);
        for stream in listener.incoming() {
            let came = shake_hands(stream.unwrap(), Arc::clone(&config));
            if tell.send(came).is_err() {
                break;
            }
        }
    });
    (port, told)
}

fn shake_hands(mut stream: TcpStream, config: Arc<rustls::ServerConfig>) -> Result<String, String> {
    let mut tls = rustls::ServerConnection::new(config).map_err(|error| error.to_string())?;
    while tls.is_handshaking() {
        tls.complete_io(&mut stream).map_err(|error| error.to_string())?;
    }
    let mut text = String::new();
    let _ = std::io::Read::read_to_string(&mut rustls::Stream::new(&mut tls, &mut stream), &mut text);
    Ok(text)
}

#[tokio::test]
async fn up_12_a_certificate_that_nobody_signed_is_refused_before_the_key_is_sent() {
    astria_gateway::auth::install_crypto_provider();
    let (port, told) = self_signed();
    let gw = spawn_gateway()
        .config(|config| config.upstream.base_url = format!("https://localhost:{port}"))
        .start()
        .await;
    let user = gw.user("first");

    let problem = create(&user).await.problem(502, "upstream_unreachable");

    assert_eq!(problem["spent"], "no");
    assert_eq!(gw.quota(&user, "images").await, (0, 0, 20));
    let came = told.recv().unwrap();
    assert!(came.is_err(), "the handshake was completed: {came:?}");
}
