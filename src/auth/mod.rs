//! Verifies bearer tokens: proves which end user is calling.
//!
//! Everything else in the gateway (ownership, limits, quota) rests on this answer, so it errs towards no.
//! Several issuers stand side by side; a token's `iss` selects one, and only that issuer's keys,
//! algorithms, audiences and claim names count.
//!
//! ```text
//! let authenticator = Authenticator::new(settings, clock, tasks, None)?;
//! let principal = authenticator.verify(token).await?;
//! ```
//!
//! It does *not* know HTTP or sessions, and does not decide what a principal may do.

mod audience;
mod bearer;
mod cache;
mod claim_name;
mod claims;
mod discovery;
mod fingerprint;
mod json;
mod jwks;
mod jwks_fetch;
mod key_hashes;
mod key_set;
mod keys;
mod members;
mod mint;
mod operator_tokens;
mod pem;
mod presets;
mod provider;
mod refusal;
mod service_keys;
mod settings;
mod signed;
mod token;
mod wanted;

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
pub use claims::claim_faults;
pub use discovery::{DiscoveryFault, discovery_url, is_as_safe, key_set_url};
use jwks::{Answer, Jwks, Wait, Waited};
use jwks_fetch::{JwksSource, Place};
use keys::VerifyingKey;
pub use mint::{Claims, MintError, mint};
pub use operator_tokens::{OperatorName, OperatorTokenFault, OperatorTokens};
pub use presets::{Preset, PresetFault, PresetRules};
pub use provider::install_crypto_provider;
pub use refusal::Refusal;
pub use service_keys::{
    EndUserName, MAX_END_USER_BYTES, MAX_SERVICE_KEY_HASHES, SERVICE_KEY_PREFIX, ServiceKey, ServiceKeyFault,
    ServiceKeySettings, ServiceKeys, hash_service_key, is_service_key, new_service_key,
};
pub use settings::{
    AuthSettings, AuthSetupError, IssuerFault, IssuerSettings, JwksSettings, KeySource, MAX_LEEWAY_S,
    MAX_TOKEN_CACHE_S, MIN_SECRET_BYTES, OTHER_AUDIENCE_CLAIMS,
};
pub use signed::{PublishedKeys, Signed};
pub use token::MAX_TOKEN_BYTES;
use token::{Space, Unverified};
pub use wanted::ClaimValue;

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
    /// What the cache's tokens were verified by.
    fingerprint: [u8; 32],
    service_keys: ServiceKeys,
    guest: Option<Principal>,
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

/// What can be said of a token at once.
enum Proof {
    Given(Principal),
    Waits(Wait),
}

impl Authenticator {
    /// Checks the settings and parses the keys that they hold. Fetches nothing; key sets are fetched by
    /// tasks on `tasks` when the first token asks.
    ///
    /// After a reload, `previous` is the one in force: key sets of issuers whose name, address and limits did not
    /// change go on with what was fetched, and verified tokens are remembered on if nothing about any issuer
    /// changed. `clock` and `tasks` must then be clones of the same.
    ///
    /// Errors: the first setting that is unfit, with its issuer's place in the list.
    #[expect(clippy::needless_pass_by_value, reason = "a tracker is a handle, taken like the clock")]
    pub fn new(
        settings: AuthSettings,
        clock: Clock,
        tasks: TaskTracker,
        previous: Option<&Self>,
    ) -> Result<Self, AuthSetupError> {
        if settings.token_cache_s > MAX_TOKEN_CACHE_S {
            return Err(AuthSetupError::TokenCacheTooLong);
        }
        check_jwks_limits(&settings.jwks)?;
        let service_keys = ServiceKeys::new(&settings.service_keys)
            .map_err(|(index, fault)| AuthSetupError::ServiceKey { index, fault })?;
        let fingerprint = fingerprint::of(&settings);
        let mut issuers: HashMap<Arc<str>, Vec<Issuer>> = HashMap::new();
        for (index, issuer) in settings.issuers.into_iter().enumerate() {
            let at = |fault| AuthSetupError::Issuer { index, fault };
            let name = Arc::clone(&issuer.issuer);
            let rules = ClaimRules::new(&issuer).map_err(at)?;
            let published = |place: Place| {
                if let Some(known) = previous.and_then(|old| old.jwks_like(&name, &place, &settings.jwks)) {
                    return Ok(IssuerKeys::Jwks(known));
                }
                let source = JwksSource::new(place, &settings.jwks)
                    .map_err(|source| AuthSetupError::JwksClient { index, source })?;
                let (clock, tasks) = (clock.clone(), tasks.clone());
                Ok(IssuerKeys::Jwks(Jwks::new(Arc::clone(&name), source, &settings.jwks, clock, tasks)))
            };
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
                    published(Place::KeySet(url))?
                }
                KeySource::Discovery => {
                    let document = discovery_url(&name).map_err(at)?;
                    published(Place::Discovered { issuer: Arc::clone(&name), document })?
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
        let known = previous.filter(|old| old.fingerprint == fingerprint).and_then(|old| old.cache.clone());
        let cache = remembers.then(|| {
            known.unwrap_or_else(|| TokenCache::new(settings.token_cache_entries, keep, clock.clone()))
        });
        let guest = settings.guest.map(|guest| Principal::Guest(Arc::new(guest)));
        Ok(Self { issuers, cache, fingerprint, service_keys, guest, clock })
    }

    /// Keys of servers that act for end users. To be asked before the address limit.
    pub const fn service_keys(&self) -> &ServiceKeys {
        &self.service_keys
    }

    /// Whether config has an issuer of this name: what it proved a while ago may still count.
    pub fn knows_issuer(&self, name: &str) -> bool {
        self.issuers.contains_key(name)
    }

    /// Who calls without a token, if anybody may. Not for what creates cost.
    pub const fn guest(&self) -> Option<&Principal> {
        self.guest.as_ref()
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
        let waits = match self.prove(token, None)? {
            Proof::Given(principal) => return Ok(principal),
            Proof::Waits(waits) => waits,
        };
        let waited = waits.over().await;
        match self.prove(token, Some(waited))? {
            Proof::Given(principal) => Ok(principal),
            Proof::Waits(_) => Err(AuthError::KeysUnavailable),
        }
    }

    /// Everything in one go, so that the future of [`Authenticator::verify`] holds nothing of the token.
    fn prove(&self, token: &str, waited: Option<Waited>) -> Result<Proof, AuthError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(AuthError::TooLong);
        }
        if is_service_key(token) {
            return Err(Refusal::ServiceKey.into());
        }
        let hash = self.cache.as_ref().map(|cache| (cache, TokenHash::of(token)));
        if let Some(principal) = hash.as_ref().and_then(|(cache, hash)| cache.get(hash)) {
            return Ok(Proof::Given(principal));
        }
        let mut space = Space::new();
        let unverified = Unverified::parse(token, &mut space)?;
        let issuer = claims::issuer(&unverified.claims)
            .and_then(|name| self.issuers.get(name))
            .and_then(|namesakes| match namesakes.as_slice() {
                [only] => Some(only),
                several => several.iter().find(|issuer| {
                    issuer.keys.is_shared_secret() == (unverified.algorithm == Algorithm::HS256)
                }),
            })
            .ok_or(Refusal::Issuer)?;
        let spoken = issuer.rules.read(&unverified, self.clock.now())?;
        if let Some(waits) = issuer.keys.check(&unverified, waited)? {
            return Ok(Proof::Waits(waits));
        }
        let principal = Principal::EndUser(Arc::new(issuer.rules.end_user(&spoken)));
        if let Some((cache, hash)) = hash {
            cache.insert(hash, &principal, spoken.expires_at);
        }
        Ok(Proof::Given(principal))
    }

    fn jwks_like(&self, issuer: &str, place: &Place, settings: &JwksSettings) -> Option<Jwks> {
        let known = self.issuers.get(issuer)?.iter().filter_map(|issuer| match &issuer.keys {
            IssuerKeys::Jwks(jwks) => Some(jwks),
            IssuerKeys::Fixed(_) => None,
        });
        known.into_iter().find(|jwks| jwks.is_like(issuer, place, settings)).cloned()
    }

    /// Begins to fetch the key sets that were never fetched, so that the first token need not wait for them.
    pub fn fetch_keys_early(&self) {
        for issuer in self.issuers.values().flatten() {
            if let IssuerKeys::Jwks(jwks) = &issuer.keys {
                jwks.fetch_early();
            }
        }
    }

    /// Whether at least one issuer's keys do not have to be fetched.
    pub fn has_static_keys(&self) -> bool {
        self.issuers.values().flatten().any(|issuer| matches!(issuer.keys, IssuerKeys::Fixed(_)))
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

    /// `None` if the signature holds, or what has to be waited for first.
    fn check(&self, token: &Unverified<'_>, waited: Option<Waited>) -> Result<Option<Wait>, AuthError> {
        let is_signed = match self {
            Self::Fixed(keys) => {
                if !keys.iter().any(|key| key.may(token.algorithm)) {
                    return Err(Refusal::Algorithm.into());
                }
                keys.iter().any(|key| key.signed(token))
            }
            Self::Jwks(jwks) => match jwks.find(token.key_id.as_deref(), token.algorithm, waited)? {
                Answer::Key(key) => key.signed(token),
                Answer::Wait(wait) => return Ok(Some(wait)),
            },
        };
        if is_signed { Ok(None) } else { Err(Refusal::Signature.into()) }
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
