//! The promises about bearer tokens, each test named after its id in the security checklist.

mod cached;
mod carried_over;
mod discovered;
mod forged;
mod forms;
mod key_server;
mod meaning;
mod minted;
mod named;
mod presets;
mod published;
mod services;
mod set_up;
mod signers;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

use super::{
    AuthError, AuthSettings, Authenticator, IssuerSettings, KeySource, Refusal, install_crypto_provider,
};
use crate::clock::{Clock, Timestamp};
use crate::principal::Principal;
use crate::secret::Secret;
use signers::Signer;

const NOW_S: u64 = 1_800_000_000;
const ISSUER: &str = "https://login.example";
const AUDIENCE: &str = "astria-gateway";
const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

/// An authenticator on a clock that stands still.
struct Fixture {
    authenticator: Authenticator,
    clock: Clock,
    tasks: TaskTracker,
}

impl Fixture {
    fn new(settings: AuthSettings) -> Self {
        install_crypto_provider();
        let clock = Clock::manual(Timestamp::from_unix_s(NOW_S));
        let tasks = TaskTracker::new();
        let authenticator =
            Authenticator::new(settings, clock.clone(), tasks.clone(), None).expect("fit settings");
        Self { authenticator, clock, tasks }
    }

    fn with_issuer(issuer: IssuerSettings) -> Self {
        Self::new(AuthSettings { issuers: vec![issuer], ..AuthSettings::default() })
    }

    /// One issuer with an HS256 secret.
    fn hs256() -> Self {
        Self::with_issuer(issuer_with(hs256_source()))
    }

    /// One issuer with a signer's public key in a file.
    fn with_file(signer: &Signer) -> Self {
        Self::with_issuer(issuer_with(KeySource::PublicKeys { pem: signer.pem().into_bytes() }))
    }

    async fn verify(&self, token: &str) -> Result<Principal, AuthError> {
        self.authenticator.verify(token).await
    }

    async fn accepts(&self, token: &str) {
        let answer = self.verify(token).await;
        assert!(answer.is_ok(), "refused: {:?}", answer.err());
    }

    async fn refuses(&self, token: &str, reason: Refusal) {
        let answer = self.verify(token).await.err();
        assert_eq!(answer, Some(AuthError::Invalid { reason }), "{token}");
    }

    fn advance_s(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Waits for the tasks that the authenticator started.
    async fn tasks_end(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }
}

fn hs256_source() -> KeySource {
    KeySource::Hs256 { current: Secret::new(SECRET.to_vec()), previous: None }
}

fn issuer_with(keys: KeySource) -> IssuerSettings {
    IssuerSettings::new(ISSUER, vec![AUDIENCE.to_owned()], keys)
}

/// Claims that the fixtures accept.
fn good_claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "user-1", "iat": NOW_S - 10, "exp": NOW_S + 3600, "plan": "pro",
    })
}

/// The good claims with some replaced; `null` removes one.
fn claims_with(changes: Value) -> Value {
    merged(good_claims(), changes)
}

/// A header with some members added or replaced; `null` removes one.
fn header_with(algorithm: &str, changes: Value) -> Value {
    merged(json!({ "alg": algorithm, "typ": "at+jwt" }), changes)
}

#[expect(clippy::needless_pass_by_value, reason = "reads better with json! at the call")]
fn merged(mut base: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().expect("an object") {
        let members = base.as_object_mut().expect("an object");
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

/// Signs header and payload exactly as written, by hand.
fn signed_text(header: &str, payload: &str, algorithm: &str, signer: &Signer) -> String {
    let input = format!("{}.{}", encode(header), encode(payload));
    let signature = encode(signer.sign(algorithm, input.as_bytes()));
    format!("{input}.{signature}")
}

#[expect(clippy::needless_pass_by_value, reason = "reads better with json! at the call")]
fn signed(header: Value, claims: Value, signer: &Signer) -> String {
    let algorithm = header.get("alg").and_then(Value::as_str).unwrap_or_default().to_owned();
    signed_text(&header.to_string(), &claims.to_string(), &algorithm, signer)
}

/// A good HS256 token.
fn hs256_token(claims: Value) -> String {
    signed(header_with("HS256", json!({})), claims, &Signer::hs256(SECRET))
}
