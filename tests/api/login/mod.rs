//! Signing in at a real OpenID provider: `oidc-provider` of npm, which is certified.

mod faults;
mod person;
mod provider;
mod refresh;
mod sign_in;
mod sign_out;

use std::time::Duration;

use astria_gateway::clock::Clock;
use astria_gateway::config::{Config, LoginProvider};
use serde_json::Value;

use super::harness::{Browser, Reply, Spawn, TestGateway, spawn_gateway};
use person::Person;
pub use provider::OidcProvider;

const COOKIE: &str = "__Host-astria_session";
/// Of an access token.
const LIFETIME_S: u64 = 300;

/// A gateway and its login provider, which goes by the machine's clock.
struct Scene {
    gw: TestGateway,
    provider: OidcProvider,
}

impl Scene {
    async fn new() -> Self {
        Self::with(|_, _| {}, 0).await
    }

    /// With another configuration, and a gateway whose clock is so many seconds ahead.
    async fn with(change: impl FnOnce(&mut Config, &str), ahead_s: i64) -> Self {
        Self::spawned(|spawn, issuer| spawn.config(|config| change(config, issuer)), ahead_s).await
    }

    async fn spawned(change: impl FnOnce(Spawn, &str) -> Spawn, ahead_s: i64) -> Self {
        let provider = OidcProvider::start().await;
        let now_s = Clock::system().now().unix_s().checked_add_signed(ahead_s).unwrap();
        let settings = LoginProvider {
            issuer: provider.url.clone(),
            title: "Test".into(),
            client_id: "gateway".into(),
            // Without it the standard has providers leave `offline_access` aside.
            params: [("prompt".to_owned(), "consent".to_owned())].into(),
            ..LoginProvider::default()
        };
        let spawn = spawn_gateway().manual_clock_at(now_s);
        let spawn = spawn.config(|config| drop(config.login.providers.insert("test".into(), settings)));
        let gw = change(spawn, &provider.url).start().await;
        provider.knows(&gw).await;
        Self { gw, provider }
    }

    /// Somebody with a browser of their own, who is not signed in anywhere.
    fn person(&self) -> Person<'_> {
        Person::new(self)
    }

    /// The same, signed in.
    async fn signed_in(&self, name: &str) -> Person<'_> {
        let person = self.person();
        person.signs_in(name).await;
        person
    }

    /// The access tokens of now are over.
    fn tokens_expire(&self) {
        self.gw.clock.advance(Duration::from_secs(LIFETIME_S + 1));
    }

    /// Until a session that could not be refreshed is tried again.
    fn a_moment_later(&self) {
        self.gw.clock.advance(Duration::from_secs(16));
    }
}

/// Whom the gateway takes this browser for.
async fn session(browser: &Browser) -> Value {
    browser.get("/gateway/session").await.ok()
}

/// No session, and no cookie of one.
fn signs_nobody_in(reply: &Reply, code: &str) {
    reply.problem(if code == "login_unavailable" { 503 } else { 400 }, code);
    assert!(!reply.cookies().iter().any(|(name, value)| name == COOKIE && !value.is_empty()));
}
