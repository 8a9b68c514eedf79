//! Fetches an issuer's key set over HTTP, within limits.
//!
//! The document decides whom the gateway believes, so it comes over https (or from this machine), from the
//! configured address, or from the one that the issuer's discovery document names, and nowhere else: no proxy of
//! the environment, no redirect, one deadline for all of it, a size limit.
//!
//! It does *not* decide when to fetch, or what to do when it fails.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Client, StatusCode, Url, header, redirect, retry};

use super::discovery::{self, DiscoveryFault};
use super::key_set::{KeySet, KeySetFault};
use super::settings::JwksSettings;

/// Why a fetch brought no key set.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchFault {
    #[error("no answer in time")]
    Timeout,
    #[error("the connection failed")]
    Connection(#[source] reqwest::Error),
    #[error("the answer was status {0}")]
    Status(u16),
    #[error("the answer was too large")]
    TooLarge,
    #[error(transparent)]
    KeySet(#[from] KeySetFault),
    #[error(transparent)]
    Discovery(#[from] DiscoveryFault),
}

impl From<reqwest::Error> for FetchFault {
    fn from(error: reqwest::Error) -> Self {
        // The address is config's; its query may hold a credential.
        if error.is_timeout() { Self::Timeout } else { Self::Connection(error.without_url()) }
    }
}

/// Where a key set is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// There.
    KeySet(Url),
    /// Where the discovery document says.
    Discovered {
        /// The issuer that the document must name.
        issuer: Arc<str>,
        /// The document's address.
        document: Url,
    },
}

impl Place {
    const fn first_url(&self) -> &Url {
        match self {
            Self::KeySet(url) | Self::Discovered { document: url, .. } => url,
        }
    }
}

/// A discovered address.
#[derive(Clone)]
struct Found {
    url: Url,
    /// On the monotonic clock.
    at: Duration,
    /// It has brought a key set.
    is_good: bool,
}

/// One place and the client that asks there.
pub(super) struct JwksSource {
    client: Client,
    place: Place,
    limits: JwksSettings,
    found: Mutex<Option<Found>>,
}

impl JwksSource {
    /// Builds the client; fails if the system's certificates cannot be loaded.
    pub(super) fn new(place: Place, limits: &JwksSettings) -> Result<Self, reqwest::Error> {
        let is_https = place.first_url().scheme() == "https";
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .https_only(is_https)
            .timeout(Duration::from_millis(limits.timeout_ms))
            // One request every few minutes: an idle connection would only go stale.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("astria-gateway/", env!("CARGO_PKG_VERSION")));
        // Without TLS there is no need for the system's certificates, which a container may lack.
        let client = if is_https { client } else { client.tls_certs_only([]) };
        Ok(Self { client: client.build()?, place, limits: limits.clone(), found: Mutex::default() })
    }

    /// Whether a source made from these would do the same.
    pub(super) fn is_like(&self, place: &Place, limits: &JwksSettings) -> bool {
        self.place == *place && self.limits == *limits
    }

    /// Asks once, `now` on the monotonic clock. Cancel safe: at most a discovered address is kept.
    pub(super) async fn fetch(&self, now: Duration) -> Result<KeySet, FetchFault> {
        let deadline = Duration::from_millis(self.limits.timeout_ms);
        let both = async {
            match &self.place {
                Place::KeySet(url) => self.key_set(url).await,
                Place::Discovered { issuer, document } => self.discovered(issuer, document, now).await,
            }
        };
        tokio::time::timeout(deadline, both).await.unwrap_or(Err(FetchFault::Timeout))
    }

    /// The set from the address that is known, which is asked for again once in a while and when it does not answer.
    async fn discovered(&self, issuer: &str, document: &Url, now: Duration) -> Result<KeySet, FetchFault> {
        let age = |found: &Found| now.saturating_sub(found.at);
        let known = self.found().clone().filter(|found| age(found).as_secs() <= self.limits.max_stale_s);
        let is_due = known
            .as_ref()
            .is_none_or(|found| !found.is_good || age(found).as_secs() >= self.limits.discovery_refresh_s);
        let found = match (is_due.then_some(()), known) {
            (None, Some(known)) => known,
            (_, known) => match (self.discover(issuer, document).await, known) {
                (Ok(url), _) => Found { url, at: now, is_good: false },
                // The provider's bad hour must not be ours: the address that worked is tried on.
                (Err(fault), Some(known)) => {
                    tracing::warn!(auth.issuer = %issuer, auth.jwks.fault = %fault, "discovery document not fetched");
                    known
                }
                (Err(fault), None) => return Err(fault),
            },
        };
        let keys = self.key_set(&found.url).await;
        *self.found() = Some(Found { is_good: keys.is_ok(), ..found });
        keys
    }

    async fn discover(&self, issuer: &str, document: &Url) -> Result<Url, FetchFault> {
        Ok(discovery::key_set_url(&self.get(document, "application/json").await?, issuer)?)
    }

    async fn key_set(&self, url: &Url) -> Result<KeySet, FetchFault> {
        let document = self.get(url, "application/jwk-set+json, application/json").await?;
        Ok(KeySet::parse(&document, self.limits.max_keys)?)
    }

    async fn get(&self, url: &Url, accept: &'static str) -> Result<Vec<u8>, FetchFault> {
        let mut answer = self.client.get(url.clone()).header(header::ACCEPT, accept).send().await?;
        if answer.status() != StatusCode::OK {
            return Err(FetchFault::Status(answer.status().as_u16()));
        }
        let mut document = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if document.len() + chunk.len() > self.limits.max_bytes {
                return Err(FetchFault::TooLarge);
            }
            document.extend_from_slice(&chunk);
        }
        Ok(document)
    }

    fn found(&self) -> std::sync::MutexGuard<'_, Option<Found>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
