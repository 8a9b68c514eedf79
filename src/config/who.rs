//! From configuration to what the domain is told: who is believed, how often they may call, whose account serves them.
//!
//! The same text is read at start and at each reload, so what follows from it stands in one place.

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::Url;

use super::{Config, ConfigError, Issuer, IssuerKeys};
use crate::auth::{
    AuthSettings, IssuerSettings, JwksSettings, KeySource, OperatorTokenFault, OperatorTokens,
    ServiceKeySettings,
};
use crate::guests::{Caps, GuestId};
use crate::limits::RatePolicy;
use crate::operation::Operation;
use crate::principal::Guest;

/// Whose account at Astria serves a principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountChoice<'a> {
    /// That of `[upstream]`.
    Upstream,
    /// That of this tenant; the name is config's.
    Tenant(&'a str),
    /// Nobody's: the tenant is unknown, or there must be one and is not.
    Refused,
}

impl Config {
    /// Whose account serves a principal with this tenant.
    ///
    /// Without any `[tenants]` the claim means nothing. With some, a name that is not among them is refused: to
    /// pass over it would put a tenant's people on the operator's own account.
    pub fn account_of(&self, tenant: Option<&str>) -> AccountChoice<'_> {
        if self.tenants.is_empty() {
            return AccountChoice::Upstream;
        }
        match tenant {
            Some(name) => self
                .tenants
                .get_key_value(name)
                .map_or(AccountChoice::Refused, |(name, _)| AccountChoice::Tenant(name)),
            None if self.upstream.tenant_required => AccountChoice::Refused,
            None => AccountChoice::Upstream,
        }
    }
}

impl Config {
    /// A guest of its own; `None`: none are let in.
    pub fn trial_guest(&self, guest: GuestId) -> Option<Guest> {
        let Self { guest: section, .. } = self;
        let tenant = named(&section.tenant).map(Arc::from);
        section.trial.then(|| Guest::single(guest.end_user(), section.trial_plan.as_str().into(), tenant))
    }

    /// How many of these may begin in a day.
    pub const fn guest_caps(&self) -> Caps {
        Caps { per_network: self.guest.max_per_network_per_day, in_all: self.guest.max_per_day }
    }
}

/// What verification of tokens is told.
///
/// # Errors
/// A JWKS address that is none, which validation finds, too.
pub fn auth_settings(config: &Config, keys: Vec<IssuerKeys>) -> Result<AuthSettings, ConfigError> {
    let auth = &config.auth;
    let issuers = auth.issuers.iter().zip(keys).enumerate().map(|(i, (issuer, keys))| {
        let keys = match keys {
            IssuerKeys::Hs256 { current, previous } => KeySource::Hs256 { current, previous },
            IssuerKeys::PublicKeys(pem) => KeySource::PublicKeys { pem },
            IssuerKeys::Discovery => KeySource::Discovery,
            IssuerKeys::Jwks => KeySource::Jwks {
                url: Url::parse(&issuer.jwks_url).map_err(|error| {
                    ConfigError::new(format!("auth.issuers[{i}].jwks_url"), error.to_string())
                })?,
            },
        };
        Ok(issuer_settings(issuer, keys, auth.leeway_s))
    });
    let guest = &config.guest;
    let guest =
        guest.enabled.then(|| Guest::new(guest.plan.as_str().into(), named(&guest.tenant).map(Arc::from)));
    Ok(AuthSettings {
        issuers: issuers.collect::<Result<_, ConfigError>>()?,
        token_cache_entries: auth.token_cache_entries,
        token_cache_s: auth.token_cache_s,
        jwks: JwksSettings {
            cooldown_s: auth.jwks_cooldown_s,
            refresh_s: auth.jwks_refresh_s,
            max_stale_s: auth.jwks_max_stale_s,
            ..JwksSettings::default()
        },
        service_keys: service_key_settings(config),
        guest,
    })
}

/// One issuer, with its keys.
pub(super) fn issuer_settings(issuer: &Issuer, keys: KeySource, leeway_s: u64) -> IssuerSettings {
    IssuerSettings {
        issuer: issuer.issuer.as_str().into(),
        audiences: issuer.audiences.clone(),
        allow_other_audiences: issuer.allow_other_audiences,
        keys,
        subject_claim: issuer.subject_claim.clone(),
        plan_claim: issuer.plan_claim.clone(),
        tenant_claim: issuer.tenant_claim.clone(),
        token_types: issuer.token_types.clone(),
        leeway_s,
        audience_claim: issuer.audience_claim.clone(),
        other_audiences: issuer.other_audiences.clone(),
        authorized_parties: issuer.authorized_parties.clone(),
        authorized_party_claim: issuer.authorized_party_claim.clone(),
        required_claims: issuer.required_claims.clone(),
        refused_claims: issuer.refused_claims.clone(),
        plan_prefix: issuer.plan_prefix.clone(),
    }
}

pub(super) fn service_key_settings(config: &Config) -> Vec<ServiceKeySettings> {
    let keys = config.auth.service_keys.iter().map(|key| ServiceKeySettings {
        name: key.name.clone(),
        sha256: key.sha256.clone(),
        issuer: key.issuer.clone(),
        plan: named(&key.plan).map(str::to_owned),
        tenant: named(&key.tenant).map(str::to_owned),
    });
    keys.collect()
}

/// Who may use the operator's API.
///
/// # Errors
/// The first fault, with its token's place; validation finds it, too.
pub fn operator_tokens(config: &Config) -> Result<OperatorTokens, (usize, OperatorTokenFault)> {
    OperatorTokens::new(config.operator.tokens.iter().map(|token| (token.name.as_str(), &token.sha256[..])))
}

/// Each plan's rate, and those of single operations.
pub fn rate_policies(config: &Config) -> Vec<(Arc<str>, RatePolicy, BTreeMap<Operation, RatePolicy>)> {
    let plans = config.plans.iter().map(|(name, plan)| {
        let rate = RatePolicy { requests_per_s: plan.requests_per_s, burst: plan.burst };
        let overrides = plan.limits.iter().map(|(operation, rate)| {
            (*operation, RatePolicy { requests_per_s: rate.requests_per_s, burst: rate.burst })
        });
        (Arc::from(name.as_str()), rate, overrides.collect())
    });
    plans.collect()
}

/// Empty means none.
fn named(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
