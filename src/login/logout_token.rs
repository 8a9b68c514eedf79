//! Judges a logout token whose signature holds: what a provider posts when a person has signed out there.
//!
//! It is told apart from an ID token by its `events` and by having no nonce: whoever got hold of an ID token must not
//! sign people out with it, and the other way round.
//! Source: OpenID Connect Back-Channel Logout 1.0 sections 2.4 and 2.6.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::LEEWAY;
use super::fault::TokenFault;
use super::id_token::{provider_session, time};
use super::settings::ProviderSettings;
use crate::auth::Signed;
use crate::clock::Timestamp;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How long ago it may have been made, beside [`LEEWAY`].
pub(super) const MAX_AGE: Duration = Duration::from_secs(600);
const MAX_JTI_BYTES: usize = 255;

/// Who has signed out at the provider. No `Debug`: it is personal.
pub struct LoggedOut {
    /// The provider's issuer.
    pub issuer: Arc<str>,
    /// The person; absent if only one session of theirs has ended.
    pub subject: Option<Arc<str>>,
    /// The provider's session (`sid`); absent if all sessions of the person have ended.
    pub provider_session: Option<String>,
    /// The token's own name.
    pub jti: String,
}

pub(super) fn judge(
    signed: &Signed,
    settings: &ProviderSettings,
    now: Timestamp,
) -> Result<LoggedOut, TokenFault> {
    if signed.text("iss") != Some(&settings.issuer) {
        return Err(TokenFault::Issuer);
    }
    // `JWT` is what providers wrote before the type had a name.
    let is_type = |name: &str| {
        ["logout+jwt", "application/logout+jwt", "jwt"].iter().any(|known| name.eq_ignore_ascii_case(known))
    };
    let is_event = signed
        .claim("events")
        .and_then(Value::as_object)
        .and_then(|events| events.get(EVENT))
        .is_some_and(Value::is_object);
    if !signed.token_type().is_none_or(is_type) || !is_event {
        return Err(TokenFault::Type);
    }
    if signed.claim("nonce").is_some() {
        return Err(TokenFault::Nonce);
    }
    let is_ours = match signed.claim("aud") {
        Some(Value::String(one)) => *one == settings.client_id,
        // It speaks of the provider's session; other clients of the person are told with the same token.
        Some(Value::Array(several)) => several.iter().any(|one| *one == settings.client_id.as_str()),
        _ => false,
    };
    if !is_ours {
        return Err(TokenFault::Audience);
    }
    let issued = signed.claim("iat").and_then(time).ok_or(TokenFault::Time)?;
    let expires = signed.claim("exp").and_then(time);
    let is_of_now = issued <= now.plus(LEEWAY)
        && issued.plus(MAX_AGE + LEEWAY) >= now
        // Required since the final version; older providers leave it out, and `iat` bounds it then.
        && signed.claim("exp").is_none_or(|_| expires.is_some_and(|at| now < at.plus(LEEWAY)));
    if !is_of_now {
        return Err(TokenFault::Time);
    }
    let jti = signed.text("jti").filter(|jti| (1..=MAX_JTI_BYTES).contains(&jti.len()));
    let (subject, provider_session) = (signed.subject().map(Arc::from), provider_session(signed));
    let is_fit = signed.claim("sub").is_some() == subject.is_some()
        && signed.claim("sid").is_some() == provider_session.is_some()
        && (subject.is_some() || provider_session.is_some());
    match jti {
        Some(jti) if is_fit => Ok(LoggedOut {
            issuer: settings.issuer.as_str().into(),
            subject,
            provider_session,
            jti: jti.to_owned(),
        }),
        _ => Err(TokenFault::Claims),
    }
}
