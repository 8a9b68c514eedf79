//! Claims that a token must have, and claims that it must not have, with their values.
//!
//! Providers sign several kinds of tokens with the same keys; some differ in a claim only (`token_use` at Cognito,
//! `typ` at Keycloak, `is_anonymous` at Supabase).
//!
//! It does *not* compare numbers or objects: no kind of token is told by one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::claim_name::ClaimName;
use super::members::Member;
use super::refusal::Refusal;
use super::settings::IssuerFault;
use super::token::Unverified;

/// A claim's value in a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ClaimValue {
    /// This boolean.
    Flag(bool),
    /// This text, or a list of texts that holds it; `"*"`: anything but an empty text. Empty: there is no rule.
    Text(String),
}

impl ClaimValue {
    /// Whether it says that there is no rule for its claim.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    fn is_any(&self) -> bool {
        matches!(self, Self::Text(text) if text == "*")
    }

    /// A required claim: only what is certainly right fits.
    fn fits(&self, member: &Member<'_>) -> bool {
        match (self, member) {
            (_, Member::Text(text)) if self.is_any() => !text.is_empty(),
            (_, _) if self.is_any() => true,
            (Self::Text(wanted), Member::Text(text)) => text == wanted,
            (Self::Text(wanted), Member::Texts(texts)) => texts.iter().any(|text| text == wanted),
            (Self::Flag(wanted), Member::Bool(flag)) => flag == wanted,
            _ => false,
        }
    }

    /// A refused claim: only what is certainly something else passes.
    fn differs(&self, member: &Member<'_>) -> bool {
        match (self, member) {
            (_, _) if self.is_any() => false,
            (Self::Text(refused), Member::Text(text)) => text != refused,
            (Self::Text(refused), Member::Texts(texts)) => texts.iter().all(|text| text != refused),
            (Self::Flag(refused), Member::Bool(flag)) => flag != refused,
            _ => false,
        }
    }
}

/// One issuer's rules.
pub(super) struct Wanted {
    required: Vec<(ClaimName, ClaimValue)>,
    refused: Vec<(ClaimName, ClaimValue)>,
}

impl Wanted {
    /// # Errors
    /// [`IssuerFault::ClaimName`]: see there.
    pub(super) fn new(
        required: &BTreeMap<String, ClaimValue>,
        refused: &BTreeMap<String, ClaimValue>,
    ) -> Result<Self, IssuerFault> {
        Ok(Self { required: parsed(required)?, refused: parsed(refused)? })
    }

    pub(super) fn check(&self, token: &Unverified<'_>) -> Result<(), Refusal> {
        let has = |(name, value): &(ClaimName, ClaimValue)| {
            name.find(token).is_some_and(|claim| value.fits(claim.member()))
        };
        let lacks = |(name, value): &(ClaimName, ClaimValue)| {
            name.find(token).is_none_or(|claim| value.differs(claim.member()))
        };
        if self.required.iter().all(has) && self.refused.iter().all(lacks) {
            Ok(())
        } else {
            Err(Refusal::Claim)
        }
    }
}

/// The rules of a table, without those that are none.
pub(super) fn parsed(
    rules: &BTreeMap<String, ClaimValue>,
) -> Result<Vec<(ClaimName, ClaimValue)>, IssuerFault> {
    let rules = rules.iter().filter(|(_, value)| !value.is_none());
    rules.map(|(name, value)| Ok((ClaimName::parse(name)?, value.clone()))).collect()
}
