//! Where notifications are sent: to public addresses only, whatever a name says.

use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;

use astria_gateway::auth::install_crypto_provider;
use astria_gateway::clock::Clock;
use astria_gateway::config::{Environment, load_text};
use astria_gateway::notifications::{Endpoint, Failure, Filter, SigningKey, SigningKeys};
use astria_gateway::notify::Sender;
use astria_gateway::upstream::outside::OutsideSettings;
use astria_gateway::upstream::resolver::ResolverSettings;

use super::*;

/// Public by its form, and nobody's: that block is not given out.
const PUBLIC: &str = "[2fff::1]:0";

fn settings(allow_private: bool) -> OutsideSettings {
    OutsideSettings {
        allow_private,
        tls: true,
        connect_timeout: Duration::from_millis(300),
        // Every attempt asks anew.
        resolver: ResolverSettings {
            fresh: Duration::ZERO,
            stale: Duration::ZERO,
            ..ResolverSettings::default()
        },
        max_reply_bytes: 4096,
    }
}

fn endpoint(url: &str) -> Endpoint {
    let current = SigningKey::parse(SECRET.as_bytes()).unwrap();
    Endpoint {
        name: "app".into(),
        url: url.parse().unwrap(),
        filter: Filter::default(),
        keys: SigningKeys { current, previous: None },
    }
}

async fn post(sender: &Sender, url: &str) -> Result<(), Failure> {
    let body = br#"{"data":{"object":{"id":1}}}"#.to_vec();
    let at = Clock::system().now();
    sender.post(&endpoint(url), "msg_1", at, body).await.map_err(|not_taken| not_taken.failure)
}

#[tokio::test]
async fn cb_10_a_private_address_is_never_connected_to_unless_it_is_allowed() {
    install_crypto_provider();
    let app = App::start().await;
    let (timeout, clock) = (Duration::from_secs(2), Clock::system());
    let public_only = Sender::new(settings(false), timeout, &clock);
    let port = app.url().split(':').nth(2).unwrap().split('/').next().unwrap().to_owned();
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0"] {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}:{port}/hooks?key=of-the-app");
            assert_eq!(post(&public_only, &url).await, Err(Failure::Unreachable), "{url}");
        }
    }
    assert!(app.received().is_empty());

    let any = Sender::new(settings(true), timeout, &clock);
    post(&any, &app.url()).await.unwrap();
    assert_eq!(app.received().len(), 1);
}

#[tokio::test]
async fn cb_10_a_name_that_changes_from_a_public_to_a_private_address_is_not_followed_there() {
    install_crypto_provider();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let private = listener.local_addr().unwrap();
    let public: SocketAddr = PUBLIC.parse().unwrap();
    // As in an attack by rebinding: public when it is looked at, private when it is connected to.
    let answers =
        Mutex::new(vec![vec![private, private], vec![public, private], vec![private], vec![public]]);
    let lookup = move |_: &str| answers.lock().unwrap().pop().ok_or(io::Error::from(io::ErrorKind::NotFound));
    let (timeout, clock) = (Duration::from_secs(2), Clock::system());
    let sender = Sender::with_lookup(settings(false), timeout, &clock, std::sync::Arc::new(lookup));
    for _ in 0..4 {
        let answer = post(&sender, "https://app.example/hooks").await;
        assert!(matches!(answer, Err(Failure::Unreachable | Failure::TimedOut)), "{answer:?}");
    }
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "somebody connected");
}

#[test]
fn cb_10_an_endpoint_at_a_private_address_is_refused_with_the_configuration() {
    for url in ["http://app.example/", "https://192.168.1.1/", "https://user@app.example/"] {
        let text = format!("[notifications.endpoints.app]\nurl = \"{url}\"\n");
        let errors = load_text(&text, &Environment::default()).unwrap_err();
        assert_eq!(errors[0].key, "notifications.endpoints.app.url", "{url}");
        assert!(!errors[0].message.contains("user@"), "an address may hold a secret");
    }
}
