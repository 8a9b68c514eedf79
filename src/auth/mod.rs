//! Verifies bearer tokens: proves which end user is calling.
//!
//! Everything else in the gateway (ownership, limits, quota) rests on this answer, so it errs towards no.
//! Several issuers stand side by side; a token's `iss` selects one, and only that issuer's keys,
//! algorithms, audiences and claim names count.
//!
//! ```text
//! let authenticator = Authenticator::new(settings, clock, tasks)?;
//! let principal = authenticator.verify(token).await?;
//! ```
//!
//! It does *not* know HTTP, sessions, guests or services, does not decide what a principal may do, and does
//! not discover an issuer's settings.

mod bearer;
mod cache;
mod claims;
mod json;
mod jwks;
mod jwks_fetch;
mod key_set;
mod keys;
mod mint;
mod pem;
mod provider;
mod refusal;
mod settings;
mod token;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::Algorithm;
use tokio_util::task::TaskTracker;

pub use bearer::bearer;
use cache::{TokenCache, TokenHash};
use claims::ClaimRules;
use jwks::Jwks;
use jwks_fetch::JwksSource;
use keys::VerifyingKey;
pub use mint::{Claims, MintError, mint};
pub use provider::install_crypto_provider;
pub use refusal::Refusal;
pub use settings::{
    AuthSettings, AuthSetupError, IssuerFault, IssuerSettings, JwksSettings, KeySource, MAX_LEEWAY_S,
    MAX_TOKEN_CACHE_S, MIN_SECRET_BYTES,
};
pub use token::MAX_TOKEN_BYTES;
use token::Unverified;

use crate::clock::Clock;
use crate::principal::Principal;
use crate::secret::Secret;

/// Why a token proves nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The token is no proof. Callers must all get one and the same answer.
    #[error("the token is not valid")]
    Invalid {
        /// For a metric, never for the caller.
        reason: Refusal,
    },
    /// The token is longer than [`MAX_TOKEN_BYTES`]; nothing in it was looked at.
    #[error("the token is too long")]
    TooLong,
    /// The issuer's keys could not be fetched yet, or not for too long. Try again later.
    #[error("the issuer's keys are not available")]
    KeysUnavailable,
}

impl From<Refusal> for AuthError {
    fn from(reason: Refusal) -> Self {
        Self::Invalid { reason }
    }
}

/// Verifies tokens of the configured issuers. Share it as `Arc<Authenticator>`.
pub struct Authenticator {
    /// By name; an issuer that changes from a shared secret to published keys stands here twice for a while.
    issuers: HashMap<Arc<str>, Vec<Issuer>>,
    /// Absent if verified tokens are not to be remembered.
    cache: Option<TokenCache>,
    clock: Clock,
}

struct Issuer {
    rules: ClaimRules,
    keys: IssuerKeys,
}

enum IssuerKeys {
    Fixed(Vec<VerifyingKey>),
    Jwks(Jwks),
}

impl Authenticator {
    /// Checks the settings and parses the keys that they hold. Fetches nothing; key sets are fetched by
    /// tasks on `tasks` when the first token asks.
    ///
    /// Errors: the first setting that is unfit, with its issuer's place in the list.
    #[expect(clippy::needless_pass_by_value, reason = "a tracker is a handle, taken like the clock")]
    pub fn new(settings: AuthSettings, clock: Clock, tasks: TaskTracker) -> Result<Self, AuthSetupError> {
        if settings.token_cache_s > MAX_TOKEN_CACHE_S {
            return Err(AuthSetupError::TokenCacheTooLong);
        }
        check_jwks_limits(&settings.jwks)?;
        let mut issuers: HashMap<Arc<str>, Vec<Issuer>> = HashMap::new();
        for (index, issuer) in settings.issuers.into_iter().enumerate() {
            let at = |fault| AuthSetupError::Issuer { index, fault };
            let name = Arc::clone(&issuer.issuer);
            let rules = ClaimRules::new(&issuer).map_err(at)?;
            let keys = match issuer.keys {
                KeySource::Hs256 { current, previous } => IssuerKeys::Fixed(
                    [Some(current), previous]
                        .iter()
                        .flatten()
                        .map(shared_key)
                        .collect::<Result<_, _>>()
                        .map_err(at)?,
                ),
                KeySource::PublicKeys { pem } => IssuerKeys::Fixed(pem::public_keys(&pem).map_err(at)?),
                KeySource::Jwks { url } => {
                    check_key_set_url(&url).map_err(at)?;
                    let source = JwksSource::new(url, &settings.jwks)
                        .map_err(|source| AuthSetupError::JwksClient { index, source })?;
                    let (clock, tasks) = (clock.clone(), tasks.clone());
                    IssuerKeys::Jwks(Jwks::new(Arc::clone(&name), source, &settings.jwks, clock, tasks))
                }
            };
            let namesakes = issuers.entry(name).or_default();
            if namesakes.iter().any(|other| other.keys.is_shared_secret() == keys.is_shared_secret()) {
                return Err(at(IssuerFault::IssuerDuplicate));
            }
            namesakes.push(Issuer { rules, keys });
        }
        let keep = Duration::from_secs(settings.token_cache_s);
        let remembers = settings.token_cache_entries > 0 && settings.token_cache_s > 0;
        let cache = remembers.then(|| TokenCache::new(settings.token_cache_entries, keep, clock.clone()));
        Ok(Self { issuers, cache, clock })
    }

    /// Proves who presents this token, from memory if it was verified a moment ago.
    ///
    /// Waits only if the issuer's key set has to be fetched. What costs little is checked before what costs
    /// much, so that an expired or misdirected token causes neither a fetch nor a signature check; nothing
    /// read from a token is given out before its signature holds.
    ///
    /// Errors: [`AuthError`]; failures are never remembered.
    ///
    /// Cancel safe: a fetch under way goes on for the next caller.
    pub async fn verify(&self, token: &str) -> Result<Principal, AuthError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(AuthError::TooLong);
        }
        let hash = TokenHash::of(token);
        if let Some(principal) = self.cache.as_ref().and_then(|cache| cache.get(&hash)) {
            return Ok(principal);
        }
        let unverified = Unverified::parse(token)?;
        let issuer = claims::issuer(&unverified.claims)
            .and_then(|name| self.issuers.get(name))
            .and_then(|namesakes| match namesakes.as_slice() {
                [only] => Some(only),
                several => several.iter().find(|issuer| {
                    issuer.keys.is_shared_secret() == (unverified.algorithm == Algorithm::HS256)
                }),
            })
            .ok_or(Refusal::Issuer)?;
        let end_user = issuer.rules.read(&unverified, self.clock.now())?;
        issuer.keys.check(&unverified).await?;
        let expires_at = end_user.expires_at;
        let principal = Principal::EndUser(Arc::new(end_user));
        if let Some(cache) = &self.cache {
            cache.insert(hash, &principal, expires_at);
        }
        Ok(principal)
    }

    /// For each issuer with a key set: seconds since the set in use was fetched, or `None` before the
    /// first success. In no particular order.
    pub fn jwks_age_s(&self) -> Vec<(Arc<str>, Option<u64>)> {
        let published = self.issuers.values().flatten().filter_map(|issuer| match &issuer.keys {
            IssuerKeys::Jwks(jwks) => Some((Arc::clone(jwks.issuer()), jwks.age_s())),
            IssuerKeys::Fixed(_) => None,
        });
        published.collect()
    }
}

impl IssuerKeys {
    /// Whether HS256 tokens are this source's; all others are the others'.
    fn is_shared_secret(&self) -> bool {
        matches!(self, Self::Fixed(keys) if keys.iter().any(|key| key.may(Algorithm::HS256)))
    }

    /// Cancel safe.
    async fn check(&self, token: &Unverified<'_>) -> Result<(), AuthError> {
        let is_signed = match self {
            Self::Fixed(keys) => {
                if !keys.iter().any(|key| key.may(token.algorithm)) {
                    return Err(Refusal::Algorithm.into());
                }
                keys.iter().any(|key| key.signed(token))
            }
            Self::Jwks(jwks) => jwks.find(token.key_id.as_deref(), token.algorithm).await?.signed(token),
        };
        if is_signed { Ok(()) } else { Err(Refusal::Signature.into()) }
    }
}

fn shared_key(secret: &Secret) -> Result<VerifyingKey, IssuerFault> {
    if secret.size_bytes() < MIN_SECRET_BYTES {
        return Err(IssuerFault::SecretTooShort);
    }
    if secret.expose().trim_ascii_start().starts_with(b"-----BEGIN ") {
        return Err(IssuerFault::SecretIsPem);
    }
    Ok(VerifyingKey::hs256(secret))
}

/// Whether a key set may be fetched from there.
///
/// # Errors
/// [`IssuerFault::UrlHasCredentials`], [`IssuerFault::UrlNotHttps`]: see there.
pub fn check_key_set_url(url: &reqwest::Url) -> Result<(), IssuerFault> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(IssuerFault::UrlHasCredentials);
    }
    let is_this_machine = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_this_machine => Ok(()),
        _ => Err(IssuerFault::UrlNotHttps),
    }
}

fn check_jwks_limits(limits: &JwksSettings) -> Result<(), AuthSetupError> {
    let fits = [
        ("cooldown_s", limits.cooldown_s > 0),
        ("refresh_s", limits.refresh_s > 0),
        ("max_stale_s", limits.max_stale_s >= limits.refresh_s),
        ("timeout_ms", limits.timeout_ms > 0),
        ("max_bytes", limits.max_bytes > 0),
        ("max_keys", limits.max_keys > 0),
    ];
    match fits.iter().find(|(_, fits)| !fits) {
        Some((key, _)) => Err(AuthSetupError::JwksLimit { key }),
        None => Ok(()),
    }
}
