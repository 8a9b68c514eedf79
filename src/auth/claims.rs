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

use super::members::{Member, Members};
use super::refusal::Refusal;
use super::settings::{IssuerFault, IssuerSettings, MAX_LEEWAY_S};
use super::token::Unverified;
use crate::clock::Timestamp;
use crate::principal::{EndUser, EndUserId, OWN_ISSUER};

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
        if *settings.issuer == *OWN_ISSUER {
            return Err(IssuerFault::IssuerOwn);
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
            token_types: settings
                .token_types
                .iter()
                .map(|name| without_application(name).to_owned())
                .collect(),
            leeway: Duration::from_secs(settings.leeway_s),
        })
    }

    /// Whom the token speaks of, if its signature holds.
    pub(super) fn read<'a>(&self, token: &'a Unverified<'_>, now: Timestamp) -> Result<Spoken<'a>, Refusal> {
        let claims = &token.claims;
        if issuer(claims) != Some(&*self.issuer) {
            return Err(Refusal::Issuer);
        }
        self.check_type(token)?;
        self.check_audience(claims.get("aud"))?;
        let expires_at = self.check_times(claims, now)?;
        Ok(Spoken {
            subject: self.subject(claims)?,
            plan: attribute(claims, &self.plan_claim)?,
            tenant: attribute(claims, &self.tenant_claim)?,
            expires_at,
        })
    }

    /// The end user, for whom the signature held.
    pub(super) fn end_user(&self, spoken: &Spoken<'_>) -> EndUser {
        EndUser {
            id: EndUserId { issuer: Arc::clone(&self.issuer), subject: spoken.subject.into() },
            claimed_plan: spoken.plan.map(Arc::from),
            tenant: spoken.tenant.map(Arc::from),
            expires_at: spoken.expires_at,
        }
    }

    fn check_type(&self, token: &Unverified<'_>) -> Result<(), Refusal> {
        let claims = &token.claims;
        let says =
            |claim: &str, word: &str| claims.text(claim).is_some_and(|text| text.eq_ignore_ascii_case(word));
        let is_accepted = token.token_type.as_ref().is_none_or(|name| {
            let name = without_application(name);
            self.token_types.iter().any(|accepted| accepted.eq_ignore_ascii_case(name))
        });
        let is_event = claims.get("events").is_some();
        if !is_accepted || says("token_use", "id") || says("typ", "id") || is_event {
            return Err(Refusal::TokenType);
        }
        Ok(())
    }

    fn check_audience(&self, claim: Option<&Member<'_>>) -> Result<(), Refusal> {
        let is_ours = |name: &str| self.audiences.iter().any(|ours| ours == name);
        let fits = match claim {
            Some(Member::Text(one)) => is_ours(one),
            Some(Member::Texts(several)) if self.allow_other_audiences => {
                several.iter().any(|name| is_ours(name))
            }
            Some(Member::Texts(several)) => !several.is_empty() && several.iter().all(|name| is_ours(name)),
            _ => false,
        };
        if fits { Ok(()) } else { Err(Refusal::Audience) }
    }

    /// Gives back `exp`.
    fn check_times(&self, claims: &Members<'_>, now: Timestamp) -> Result<Timestamp, Refusal> {
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

    fn subject<'a>(&self, claims: &'a Members<'_>) -> Result<&'a str, Refusal> {
        let subject = claims.text(&self.subject_claim).ok_or(Refusal::Subject)?;
        if is_subject(subject) { Ok(subject) } else { Err(Refusal::Subject) }
    }
}

/// What a token says, still in the token's own text.
pub(super) struct Spoken<'a> {
    subject: &'a str,
    plan: Option<&'a str>,
    tenant: Option<&'a str>,
    pub(super) expires_at: Timestamp,
}

/// The issuer that the token names, unproven.
pub(super) fn issuer<'a>(claims: &'a Members<'_>) -> Option<&'a str> {
    claims.text("iss")
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
fn attribute<'a>(claims: &'a Members<'_>, name: &str) -> Result<Option<&'a str>, Refusal> {
    if name.is_empty() {
        return Ok(None);
    }
    match claims.get(name) {
        None | Some(Member::Null) => Ok(None),
        Some(Member::Text(text)) if is_attribute(text) => Ok(Some(text)),
        Some(_) => Err(Refusal::Attribute),
    }
}

/// Seconds since the epoch, whole or with a fraction. Fractions below a millisecond are dropped.
fn numeric_date_ms(claim: &Member<'_>) -> Option<Timestamp> {
    let Member::Number(claim) = claim else { return None };
    if let Some(seconds) = claim.as_u64() {
        return Some(Timestamp::from_unix_s(seconds));
    }
    let seconds = claim.as_f64().filter(|seconds| (0.0..=MAX_NUMERIC_DATE_S).contains(seconds))?;
    Some(Timestamp::from_unix_s(0).plus(Duration::from_secs_f64(seconds)))
}

/// A media type's name without the `application/` that may stand before it, in any case.
fn without_application(name: &str) -> &str {
    const PREFIX: &str = "application/";
    match name.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
        _ => name,
    }
}
