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

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::audience::{self, AudienceRules};
use super::claim_name::ClaimName;
use super::members::{Member, Members};
use super::refusal::Refusal;
use super::settings::{IssuerFault, IssuerSettings, MAX_LEEWAY_S};
use super::token::Unverified;
use super::wanted::{self, Wanted};
use crate::clock::Timestamp;
use crate::principal::{EndUser, EndUserId, OWN_ISSUER};

const MAX_SUBJECT_BYTES: usize = 255;
const MAX_ATTRIBUTE_BYTES: usize = 128;
/// Largest time that every JSON reader understands alike: 2^53.
const MAX_NUMERIC_DATE_S: f64 = 9_007_199_254_740_992.0;

/// Claims that a person can change, or that someone else can have later.
const MUTABLE_CLAIMS: &[&str] =
    &["email", "preferred_username", "username", "unique_name", "upn", "name", "nickname", "phone_number"];

/// Objects into which people can write themselves, at Supabase and at Clerk.
/// Source: <https://supabase.github.io/splinter/0015_rls_references_user_metadata>,
/// <https://clerk.com/docs/core-1/users/metadata> (read 2026-11-22).
const MUTABLE_OBJECTS: &[&str] = &["user_metadata", "unsafe_metadata"];

/// How one issuer's claims are read.
pub(super) struct ClaimRules {
    issuer: Arc<str>,
    audience: AudienceRules,
    wanted: Wanted,
    subject_claim: String,
    plan_claim: Option<ClaimName>,
    plan_prefix: String,
    tenant_claim: Option<ClaimName>,
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
        let audience = AudienceRules::new(settings)?;
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
        if let Some((_, fault)) = claim_faults(settings).into_iter().next() {
            return Err(fault);
        }
        let named = |claim: &str| (!claim.is_empty()).then(|| ClaimName::parse(claim)).transpose();
        Ok(Self {
            issuer: Arc::clone(&settings.issuer),
            audience,
            wanted: Wanted::new(&settings.required_claims, &settings.refused_claims)?,
            subject_claim: settings.subject_claim.clone(),
            plan_claim: named(&settings.plan_claim)?,
            plan_prefix: settings.plan_prefix.clone(),
            tenant_claim: named(&settings.tenant_claim)?,
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
        self.audience.check(claims)?;
        let expires_at = self.check_times(claims, now)?;
        self.wanted.check(token)?;
        Ok(Spoken {
            subject: self.subject(claims)?,
            plan: self.plan(token)?,
            tenant: attribute(token, self.tenant_claim.as_ref())?,
            expires_at,
        })
    }

    /// The end user, for whom the signature held.
    pub(super) fn end_user(&self, spoken: &Spoken<'_>) -> EndUser {
        EndUser {
            id: EndUserId { issuer: Arc::clone(&self.issuer), subject: spoken.subject.into() },
            claimed_plan: spoken.plan.as_deref().map(Arc::from),
            tenant: spoken.tenant.as_deref().map(Arc::from),
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

    /// With a prefix, which marks plans among other roles, two different plans refuse the token: which one counts
    /// would be a guess about money.
    fn plan<'a>(&self, token: &'a Unverified<'_>) -> Result<Option<Cow<'a, str>>, Refusal> {
        if self.plan_prefix.is_empty() {
            return attribute(token, self.plan_claim.as_ref());
        }
        let Some(claim) = self.plan_claim.as_ref().and_then(|name| name.find(token)) else {
            return Ok(None);
        };
        let plan = match claim.member() {
            Member::Text(text) => text.strip_prefix(&self.plan_prefix),
            Member::Texts(texts) => {
                let mut plans = texts.iter().filter_map(|text| text.strip_prefix(&self.plan_prefix));
                let first = plans.next();
                if plans.any(|other| Some(other) != first) {
                    return Err(Refusal::Attribute);
                }
                first
            }
            _ => return Err(Refusal::Attribute),
        };
        match plan {
            Some(plan) if !is_attribute(plan) => Err(Refusal::Attribute),
            plan => Ok(plan.map(|plan| Cow::Owned(plan.to_owned()))),
        }
    }
}

/// What a token says, still in the token's own text.
pub(super) struct Spoken<'a> {
    subject: &'a str,
    plan: Option<Cow<'a, str>>,
    tenant: Option<Cow<'a, str>>,
    pub(super) expires_at: Timestamp,
}

/// What is wrong with the settings that say which claims are read and how, each with its setting's name.
pub fn claim_faults(settings: &IssuerSettings) -> Vec<(&'static str, IssuerFault)> {
    let mut faults = audience::faults(settings);
    for (setting, claim) in [("plan_claim", &settings.plan_claim), ("tenant_claim", &settings.tenant_claim)] {
        match ClaimName::parse(claim) {
            Ok(name) if MUTABLE_OBJECTS.contains(&name.first()) => {
                faults.push((setting, IssuerFault::AttributeMutable));
            }
            Err(fault) if !claim.is_empty() => faults.push((setting, fault)),
            _ => {}
        }
    }
    for (setting, rules) in
        [("required_claims", &settings.required_claims), ("refused_claims", &settings.refused_claims)]
    {
        if let Err(fault) = wanted::parsed(rules) {
            faults.push((setting, fault));
        }
    }
    faults
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
fn attribute<'a>(
    token: &'a Unverified<'_>,
    name: Option<&ClaimName>,
) -> Result<Option<Cow<'a, str>>, Refusal> {
    match name.and_then(|name| name.find(token)) {
        None => Ok(None),
        Some(claim) => {
            claim.into_text().filter(|text| is_attribute(text)).map(Some).ok_or(Refusal::Attribute)
        }
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
