//! Reads who a token speaks of, and refuses tokens that are not meant for us, not now, or of another type.
//!
//! Times come from the gateway's clock; `exp`, `iss`, `aud` and the subject are required, where libraries
//! let them be absent. A person is the pair (issuer, subject).
//!
//! An ID token has the app as its audience, not this gateway, and is refused by that; beyond it, tokens that
//! call themselves an ID token (`token_use: id` at Cognito, `typ: ID` at Keycloak) or that carry the
//! `events` of a logout or security event token are refused.
//! Source: RFC 7519 section 4.1, RFC 8725 section 3, RFC 8417 section 2.2, OpenID Connect Back-Channel
//! Logout 1.0 section 2.4 (read 2026-11-21).
//!
//! It does *not* verify a signature.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::json::Object;
use super::refusal::Refusal;
use super::settings::{IssuerFault, IssuerSettings, MAX_LEEWAY_S};
use super::token::Unverified;
use crate::clock::Timestamp;
use crate::principal::{EndUser, EndUserId};

const MAX_SUBJECT_BYTES: usize = 255;
const MAX_ATTRIBUTE_BYTES: usize = 128;
/// Largest time that every JSON reader understands alike: 2^53.
const MAX_NUMERIC_DATE_S: f64 = 9_007_199_254_740_992.0;

/// Claims that a person can change, or that someone else can have later.
const MUTABLE_CLAIMS: &[&str] =
    &["email", "preferred_username", "username", "unique_name", "upn", "name", "nickname", "phone_number"];

/// How one issuer's claims are read.
pub(super) struct ClaimRules {
    issuer: Arc<str>,
    audiences: Vec<String>,
    allow_other_audiences: bool,
    subject_claim: String,
    plan_claim: String,
    tenant_claim: String,
    token_types: Vec<String>,
    leeway: Duration,
}

impl ClaimRules {
    pub(super) fn new(settings: &IssuerSettings) -> Result<Self, IssuerFault> {
        let holds_none = |names: &[String]| names.is_empty() || names.iter().any(String::is_empty);
        if settings.issuer.is_empty() {
            return Err(IssuerFault::IssuerEmpty);
        }
        if holds_none(&settings.audiences) {
            return Err(IssuerFault::AudienceEmpty);
        }
        if holds_none(&settings.token_types) {
            return Err(IssuerFault::TokenTypeEmpty);
        }
        if settings.leeway_s > MAX_LEEWAY_S {
            return Err(IssuerFault::LeewayTooLong);
        }
        if settings.subject_claim.is_empty() {
            return Err(IssuerFault::SubjectClaimEmpty);
        }
        if MUTABLE_CLAIMS.contains(&settings.subject_claim.to_ascii_lowercase().as_str()) {
            return Err(IssuerFault::SubjectClaimMutable);
        }
        Ok(Self {
            issuer: Arc::clone(&settings.issuer),
            audiences: settings.audiences.clone(),
            allow_other_audiences: settings.allow_other_audiences,
            subject_claim: settings.subject_claim.clone(),
            plan_claim: settings.plan_claim.clone(),
            tenant_claim: settings.tenant_claim.clone(),
            token_types: settings.token_types.iter().map(|name| media_type(name)).collect(),
            leeway: Duration::from_secs(settings.leeway_s),
        })
    }

    /// Whom the token speaks of, if its signature holds.
    pub(super) fn read(&self, token: &Unverified<'_>, now: Timestamp) -> Result<EndUser, Refusal> {
        let claims = &token.claims;
        if issuer(claims) != Some(&*self.issuer) {
            return Err(Refusal::Issuer);
        }
        self.check_type(token)?;
        self.check_audience(claims.get("aud"))?;
        let expires_at = self.check_times(claims, now)?;
        Ok(EndUser {
            id: EndUserId { issuer: Arc::clone(&self.issuer), subject: self.subject(claims)? },
            claimed_plan: attribute(claims, &self.plan_claim)?,
            tenant: attribute(claims, &self.tenant_claim)?,
            expires_at,
        })
    }

    fn check_type(&self, token: &Unverified<'_>) -> Result<(), Refusal> {
        let says = |claim: &str, word: &str| {
            token
                .claims
                .get(claim)
                .and_then(Value::as_str)
                .is_some_and(|text| text.eq_ignore_ascii_case(word))
        };
        let is_accepted =
            token.token_type.as_ref().is_none_or(|name| self.token_types.contains(&media_type(name)));
        if !is_accepted || says("token_use", "id") || says("typ", "id") || token.claims.contains_key("events")
        {
            return Err(Refusal::TokenType);
        }
        Ok(())
    }

    fn check_audience(&self, claim: Option<&Value>) -> Result<(), Refusal> {
        let named: Vec<&str> = match claim {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => {
                several.iter().map(Value::as_str).collect::<Option<_>>().ok_or(Refusal::Audience)?
            }
            _ => return Err(Refusal::Audience),
        };
        let is_ours = |name: &&str| self.audiences.iter().any(|ours| ours == name);
        let fits = if self.allow_other_audiences {
            named.iter().any(is_ours)
        } else {
            !named.is_empty() && named.iter().all(is_ours)
        };
        if fits { Ok(()) } else { Err(Refusal::Audience) }
    }

    /// Gives back `exp`.
    fn check_times(&self, claims: &Object, now: Timestamp) -> Result<Timestamp, Refusal> {
        let expires_at = claims.get("exp").and_then(numeric_date_ms).ok_or(Refusal::Expired)?;
        if now >= expires_at.plus(self.leeway) {
            return Err(Refusal::Expired);
        }
        for name in ["nbf", "iat"] {
            if let Some(claim) = claims.get(name) {
                let from = numeric_date_ms(claim).ok_or(Refusal::NotYetValid)?;
                if from > now.plus(self.leeway) {
                    return Err(Refusal::NotYetValid);
                }
            }
        }
        Ok(expires_at)
    }

    fn subject(&self, claims: &Object) -> Result<Arc<str>, Refusal> {
        let subject = claims.get(&self.subject_claim).and_then(Value::as_str).ok_or(Refusal::Subject)?;
        if is_name(subject, MAX_SUBJECT_BYTES) { Ok(subject.into()) } else { Err(Refusal::Subject) }
    }
}

/// The issuer that the token names, unproven.
pub(super) fn issuer(claims: &Object) -> Option<&str> {
    claims.get("iss").and_then(Value::as_str)
}

/// Whether a text may be a person's subject.
pub(super) fn is_subject(text: &str) -> bool {
    is_name(text, MAX_SUBJECT_BYTES)
}

/// Whether a text may be a plan or tenant.
pub(super) fn is_attribute(text: &str) -> bool {
    is_name(text, MAX_ATTRIBUTE_BYTES)
}

fn is_name(text: &str, max_bytes: usize) -> bool {
    !text.is_empty() && text.len() <= max_bytes && !text.chars().any(char::is_control)
}

/// Absent and `null` are no attribute; another type, or a text that cannot be a name, refuses the token:
/// to pass over it would put the person on the default plan or the default account.
fn attribute(claims: &Object, name: &str) -> Result<Option<Arc<str>>, Refusal> {
    if name.is_empty() {
        return Ok(None);
    }
    match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if is_attribute(text) => Ok(Some(text.as_str().into())),
        Some(_) => Err(Refusal::Attribute),
    }
}

/// Seconds since the epoch, whole or with a fraction. Fractions below a millisecond are dropped.
fn numeric_date_ms(claim: &Value) -> Option<Timestamp> {
    if let Some(seconds) = claim.as_u64() {
        return Some(Timestamp::from_unix_s(seconds));
    }
    let seconds = claim.as_f64().filter(|seconds| (0.0..=MAX_NUMERIC_DATE_S).contains(seconds))?;
    Some(Timestamp::from_unix_s(0).plus(Duration::from_secs_f64(seconds)))
}

fn media_type(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    name.strip_prefix("application/").map_or_else(|| name.clone(), str::to_owned)
}
