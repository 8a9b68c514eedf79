//! Judges an ID token whose signature holds: whether it is for this gateway, for this sign-in, and of now.
//!
//! The `openidconnect` crate checks the claims as the standard says. It is told not to check the signature, because the
//! gateway's own strict reader has done so before, with keys that have a cache of their own. What the crate leaves to
//! its users is checked here: `azp`, `at_hash`, `nbf`, and that the token is none of another kind.
//! Source: OpenID Connect Core 1.0 sections 3.1.3.7, 3.1.3.6 and 12.2.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use openidconnect::core::{CoreIdToken, CoreIdTokenClaims, CoreJsonWebKey};
use openidconnect::{ClaimsVerificationError, ClientId, IdTokenVerifier, IssuerUrl, JsonWebKeySet, Nonce};
use serde_json::Value;

use super::fault::TokenFault;
use super::settings::ProviderSettings;
use super::{LEEWAY, same};
use crate::auth::Signed;
use crate::clock::Timestamp;

/// How long before a sign-in its ID token may have been made, beside [`LEEWAY`].
pub(super) const MAX_AGE: Duration = Duration::from_secs(600);

/// Longest `sid` that is kept, in bytes.
const MAX_SESSION_BYTES: usize = 255;

/// What this token must fit.
pub(super) struct Expected<'a> {
    pub(super) access_token: &'a str,
    pub(super) now: Timestamp,
    pub(super) occasion: Occasion<'a>,
}

/// Why the provider made it.
#[derive(Clone, Copy)]
pub(super) enum Occasion<'a> {
    /// A sign-in, with this nonce.
    SignIn { nonce: &'a str },
    /// A refresh of this person's session.
    Refresh { subject: &'a str },
}

/// Whom the token speaks of. No `Debug`: it is personal.
pub(super) struct Identity {
    pub(super) subject: Arc<str>,
    pub(super) plan: Option<Arc<str>>,
    pub(super) tenant: Option<Arc<str>>,
    pub(super) provider_session: Option<String>,
    pub(super) auth_time: Option<Timestamp>,
}

/// Reads the token; `text` is what `signed` was proven from.
pub(super) fn judge(
    signed: &Signed,
    text: &str,
    settings: &ProviderSettings,
    expected: &Expected<'_>,
) -> Result<Identity, TokenFault> {
    if signed.text("iss") != Some(&settings.issuer) {
        return Err(TokenFault::Issuer);
    }
    if signed.claim("events").is_some() {
        return Err(TokenFault::Type);
    }
    let claims = checked_by_crate(text, settings, expected)?;
    // Several audiences may each use the token; it is ours only if it was made for us.
    let is_alone = claims.audiences().len() == 1;
    if claims.authorized_party().map_or(!is_alone, |party| party.as_str() != settings.client_id) {
        return Err(TokenFault::Audience);
    }
    check_not_before(signed, expected.now)?;
    if let Some(hash) = signed.claim("at_hash")
        && !hash.as_str().is_some_and(|hash| same(hash, &signed.half_hash(expected.access_token)))
    {
        return Err(TokenFault::AccessToken);
    }
    let subject = signed.subject().ok_or(TokenFault::Subject)?;
    if let Occasion::Refresh { subject: known } = expected.occasion
        && known != subject
    {
        return Err(TokenFault::Subject);
    }
    let attribute = |name: &str| signed.attribute(name).map_err(|_| TokenFault::Attribute);
    Ok(Identity {
        subject: subject.into(),
        plan: attribute(&settings.plan_claim)?,
        tenant: attribute(&settings.tenant_claim)?,
        provider_session: provider_session(signed),
        auth_time: claims
            .auth_time()
            .and_then(|time| u64::try_from(time.timestamp()).ok())
            .map(Timestamp::from_unix_s),
    })
}

/// `sid`, if it is fit to be kept.
pub(super) fn provider_session(signed: &Signed) -> Option<String> {
    let is_fit =
        |text: &&str| (1..=MAX_SESSION_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
    signed.text("sid").filter(is_fit).map(str::to_owned)
}

fn checked_by_crate(
    text: &str,
    settings: &ProviderSettings,
    expected: &Expected<'_>,
) -> Result<CoreIdTokenClaims, TokenFault> {
    let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(|_| TokenFault::Issuer)?;
    let client = ClientId::new(settings.client_id.clone());
    let Expected { now, occasion, .. } = *expected;
    let verifier: IdTokenVerifier<'_, CoreJsonWebKey> =
        IdTokenVerifier::new_public_client(client, issuer, JsonWebKeySet::default())
            // `Signed` is the proof.
            .insecure_disable_signature_check()
            // `azp` decides, in `judge`.
            .set_other_audience_verifier_fn(|_| true)
            .set_time_fn(move || (UNIX_EPOCH + Duration::from_millis(now.minus(LEEWAY).unix_ms())).into())
            .set_issue_time_verifier_fn(move |issued| {
                let is_of_now = u64::try_from(issued.timestamp()).is_ok_and(|issued| {
                    let issued = Timestamp::from_unix_s(issued);
                    // A refresh may give a token that was made before, as long as it has not expired.
                    let is_fresh = issued.plus(MAX_AGE + LEEWAY) >= now;
                    issued <= now.plus(LEEWAY) && (is_fresh || matches!(occasion, Occasion::Refresh { .. }))
                });
                is_of_now.then_some(()).ok_or_else(String::new)
            });
    let nonce = |found: Option<&Nonce>| match (occasion, found) {
        (Occasion::SignIn { nonce }, Some(found)) if same(found.secret(), nonce) => Ok(()),
        // Core 12.2: a refresh's token should have none, and one that it has says nothing that is known any more.
        (Occasion::Refresh { .. }, _) => Ok(()),
        (Occasion::SignIn { .. }, _) => Err(String::new()),
    };
    let token: CoreIdToken = text.parse().map_err(|_| TokenFault::Claims)?;
    token.into_claims(&verifier, nonce).map_err(|error| match error {
        ClaimsVerificationError::Expired(_) => TokenFault::Time,
        ClaimsVerificationError::InvalidAudience(_) => TokenFault::Audience,
        ClaimsVerificationError::InvalidIssuer(_) => TokenFault::Issuer,
        ClaimsVerificationError::InvalidNonce(_) => TokenFault::Nonce,
        ClaimsVerificationError::InvalidSubject(_) => TokenFault::Subject,
        ClaimsVerificationError::Unsupported(_) => TokenFault::Type,
        _ => TokenFault::Claims,
    })
}

fn check_not_before(signed: &Signed, now: Timestamp) -> Result<(), TokenFault> {
    match signed.claim("nbf") {
        None => Ok(()),
        Some(from) => {
            let from = time(from).ok_or(TokenFault::Time)?;
            if from <= now.plus(LEEWAY) { Ok(()) } else { Err(TokenFault::Time) }
        }
    }
}

/// A claim's time, whole seconds or with a fraction, which is dropped.
pub(super) fn time(claim: &Value) -> Option<Timestamp> {
    const MAX_S: f64 = 9_007_199_254_740_992.0;
    if let Some(seconds) = claim.as_u64() {
        return Some(Timestamp::from_unix_s(seconds));
    }
    let seconds = claim.as_f64().filter(|seconds| (0.0..=MAX_S).contains(seconds))?;
    Some(Timestamp::from_unix_s(0).plus(Duration::from_secs_f64(seconds)))
}
