//! Tokens, made by hand: what a test of tokens needs to get wrong on purpose.

use astria_gateway::clock::Timestamp;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{AUDIENCE, ISSUER};

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Good claims, valid for a day.
pub fn claims(now: Timestamp, subject: &str, plan: &str) -> Value {
    let now_s = now.unix_s();
    json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": subject, "plan": plan, "iat": now_s, "exp": now_s + 86_400 })
}

pub fn hs256(secret: &[u8], claims: &Value) -> String {
    hs256_with_header(secret, &json!({ "alg": "HS256", "typ": "at+jwt" }), claims)
}

pub fn hs256_with_header(secret: &[u8], header: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
    format!("{signed}.{}", encode(tag))
}
