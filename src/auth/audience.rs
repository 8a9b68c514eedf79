//! Whom a token is meant for, and which app it was given to.
//!
//! A token for another service must not work here, even of the right issuer and person. Most issuers say so in `aud`;
//! Cognito's access tokens and Clerk's session tokens have none and name the app instead, so the claim is config's. There
//! is always one.
//! Source: RFC 7519 section 4.1.3, RFC 9068 section 4, OpenID Connect Core 1.0 section 2 (read 2026-11-22).
//!
//! It does *not* read scopes.

use super::members::{Member, Members};
use super::refusal::Refusal;
use super::settings::{IssuerFault, IssuerSettings, OTHER_AUDIENCE_CLAIMS};

const AUD: &str = "aud";

/// How one issuer's tokens name their audience.
pub(super) struct AudienceRules {
    claim: String,
    ours: Vec<String>,
    /// May stand beside ours.
    others: Vec<String>,
    any_others: bool,
    /// Empty: any.
    parties: Vec<String>,
    party_claim: String,
}

impl AudienceRules {
    /// # Errors
    /// [`IssuerFault::AudienceEmpty`]; what else [`faults`] finds is the caller's to refuse.
    pub(super) fn new(settings: &IssuerSettings) -> Result<Self, IssuerFault> {
        if settings.audiences.is_empty() || settings.audiences.iter().any(String::is_empty) {
            return Err(IssuerFault::AudienceEmpty);
        }
        Ok(Self {
            claim: settings.audience_claim.clone(),
            ours: settings.audiences.clone(),
            others: settings.other_audiences.clone(),
            any_others: settings.allow_other_audiences,
            parties: settings.authorized_parties.clone(),
            party_claim: settings.authorized_party_claim.clone(),
        })
    }

    pub(super) fn check(&self, claims: &Members<'_>) -> Result<(), Refusal> {
        // An `aud` that is there counts in any case: who does not find themselves in it must refuse the token.
        let is_for_others =
            self.claim != AUD && claims.get(AUD).is_some_and(|aud| !self.names_no_stranger(aud));
        if is_for_others || !claims.get(&self.claim).is_some_and(|audience| self.names_us(audience)) {
            return Err(Refusal::Audience);
        }
        let may_call = |party: &str| self.parties.iter().any(|known| known == party);
        if self.parties.is_empty() || claims.text(&self.party_claim).is_some_and(may_call) {
            Ok(())
        } else {
            Err(Refusal::AuthorizedParty)
        }
    }

    fn is_ours(&self, name: &str) -> bool {
        self.ours.iter().any(|ours| ours == name)
    }

    fn names_us(&self, audience: &Member<'_>) -> bool {
        match audience {
            Member::Text(one) => self.is_ours(one),
            Member::Texts(several) => {
                several.iter().any(|name| self.is_ours(name)) && self.names_no_stranger(audience)
            }
            _ => false,
        }
    }

    fn names_no_stranger(&self, audience: &Member<'_>) -> bool {
        let is_known = |name: &str| {
            self.any_others || self.is_ours(name) || self.others.iter().any(|other| other == name)
        };
        match audience {
            Member::Text(one) => is_known(one),
            Member::Texts(several) => !several.is_empty() && several.iter().all(|name| is_known(name)),
            _ => false,
        }
    }
}

/// What is wrong with the settings, each with its name; the audiences themselves aside.
pub(super) fn faults(settings: &IssuerSettings) -> Vec<(&'static str, IssuerFault)> {
    let is_other = |claim: &str| OTHER_AUDIENCE_CLAIMS.contains(&claim);
    let holds_empty = |names: &[String]| names.iter().any(String::is_empty);
    let claim = settings.audience_claim.as_str();
    let tells_kinds = settings.required_claims.values().any(|value| !value.is_none());
    let checks = [
        ("audience_claim", claim != AUD && !is_other(claim), IssuerFault::AudienceClaim),
        ("audience_claim", is_other(claim) && !tells_kinds, IssuerFault::AudienceClaimAlone),
        ("other_audiences", holds_empty(&settings.other_audiences), IssuerFault::NameEmpty),
        ("authorized_parties", holds_empty(&settings.authorized_parties), IssuerFault::NameEmpty),
        (
            "authorized_party_claim",
            !is_other(&settings.authorized_party_claim),
            IssuerFault::AuthorizedPartyClaim,
        ),
    ];
    checks.into_iter().filter(|(_, is_wrong, _)| *is_wrong).map(|(name, _, fault)| (name, fault)).collect()
}
