//! The promises about signing in, against a provider on this machine that can be told to misbehave.

mod down;
mod fake;
mod forged;
mod logout;
mod refresh;
mod sign_in;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

use super::{Answer, Begun, LoginError, Pending, Provider, ProviderSettings, SignedIn};
use crate::auth::install_crypto_provider;
use crate::clock::{Clock, Timestamp};
use crate::secret::Secret;
use fake::{Fake, Reply, TOKEN};

const NOW_S: u64 = 1_800_000_000;
const CLIENT: &str = "gate:way";
const ACCESS_TOKEN: &str = "the-access-token";

/// The provider's signing key.
struct Key {
    id: &'static str,
    pair: EcdsaKeyPair,
}

impl Key {
    fn new(id: &'static str) -> Self {
        Self { id, pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap() }
    }

    fn jwk(&self) -> Value {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": self.id, "x": encode(x), "y": encode(y) })
    }

    fn token(&self, claims: &Value) -> String {
        self.token_with(&json!({ "alg": "ES256", "kid": self.id, "typ": "JWT" }), claims)
    }

    fn token_with(&self, header: &Value, claims: &Value) -> String {
        let input = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let signature = self.pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        format!("{input}.{}", encode(signature))
    }
}

/// A provider, a gateway before it, and a clock that stands still.
struct Fixture {
    fake: Fake,
    key: Key,
    provider: Arc<Provider>,
    clock: Clock,
    tasks: TaskTracker,
}

impl Fixture {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut ProviderSettings)) -> Self {
        install_crypto_provider();
        let fake = Fake::start().await;
        let key = Key::new("first");
        fake.publishes(&[key.jwk()]);
        let clock = Clock::manual(Timestamp::from_unix_s(NOW_S));
        let tasks = TaskTracker::new();
        let mut settings = settings(&fake.address);
        change(&mut settings);
        let provider = Provider::new(settings, clock.clone(), tasks.clone()).expect("fit settings");
        Self { fake, key, provider: Arc::new(provider), clock, tasks }
    }

    /// Claims that are accepted at a sign-in.
    fn claims(&self, pending: &Pending, changes: Value) -> Value {
        let now = self.clock.now().unix_s();
        let claims = json!({
            "iss": self.fake.address, "aud": CLIENT, "sub": "user-1", "nonce": pending.nonce,
            "iat": now, "exp": now + 3600,
        });
        merged(claims, changes)
    }

    async fn begin(&self) -> Begun {
        match self.provider.begin().await {
            Ok(begun) => begun,
            Err(error) => panic!("{error}"),
        }
    }

    /// From the beginning to the end, with an ID token whose claims are changed.
    async fn sign_in(&self, changes: Value) -> Result<SignedIn, LoginError> {
        let begun = self.begin().await;
        let token = self.key.token(&self.claims(&begun.pending, changes));
        self.sign_in_with(&begun, &token).await
    }

    /// With this ID token in the provider's answer.
    async fn sign_in_with(&self, begun: &Begun, id_token: &str) -> Result<SignedIn, LoginError> {
        self.fake.reply(TOKEN, Reply::Json(200, tokens(json!({ "id_token": id_token }))));
        self.provider.finish(&answer(begun), &begun.pending).await
    }

    fn advance_s(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Waits for what runs in the background.
    async fn tasks_end(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }
}

fn settings(issuer: &str) -> ProviderSettings {
    ProviderSettings {
        name: "test".into(),
        title: "Test".into(),
        issuer: issuer.into(),
        client_id: CLIENT.into(),
        client_secret: Some(Secret::from("s&cret".to_owned())),
        scopes: vec!["openid".into(), "offline_access".into()],
        plan_claim: "plan".into(),
        tenant_claim: "tenant".into(),
        redirect_uri: "https://app.example/gateway/login/test/callback".into(),
        post_logout_redirect_uri: "https://app.example/".into(),
        extra_params: BTreeMap::new(),
        timeout: Duration::from_secs(5),
    }
}

/// What the provider sends the browser back with.
fn answer(begun: &Begun) -> Answer {
    Answer { code: Some("the-code".into()), state: Some(begun.pending.state.clone()), ..Answer::default() }
}

/// An answer of the token endpoint, with some members added or replaced; `null` removes one.
fn tokens(changes: Value) -> Value {
    let tokens = json!({
        "access_token": ACCESS_TOKEN, "token_type": "bearer", "expires_in": 300, "refresh_token": "refresh-1",
    });
    merged(tokens, changes)
}

#[expect(clippy::needless_pass_by_value, reason = "reads better with json! at the call")]
fn merged(mut base: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        let members = base.as_object_mut().unwrap();
        match value {
            Value::Null => members.remove(name),
            other => members.insert(name.clone(), other.clone()),
        };
    }
    base
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn at_hash(token: &str) -> String {
    encode(&digest::digest(&digest::SHA256, token.as_bytes()).as_ref()[..16])
}

fn text(secret: &Secret) -> &str {
    std::str::from_utf8(secret.expose()).unwrap()
}
