//! Fetches an issuer's key set over HTTP, within limits.
//!
//! The document decides whom the gateway believes, so it comes over https (or from this machine), from the
//! configured address and nowhere else: no proxy of the environment, no redirect, a deadline, a size limit.
//!
//! It does *not* decide when to fetch, or what to do when it fails.

use std::time::Duration;

use reqwest::{Client, StatusCode, Url, header, redirect, retry};

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
}

impl From<reqwest::Error> for FetchFault {
    fn from(error: reqwest::Error) -> Self {
        // The address is config's; its query may hold a credential.
        if error.is_timeout() { Self::Timeout } else { Self::Connection(error.without_url()) }
    }
}

/// One address and the client that asks it.
pub(super) struct JwksSource {
    client: Client,
    url: Url,
    max_bytes: usize,
    max_keys: usize,
}

impl JwksSource {
    /// Builds the client; fails if the system's certificates cannot be loaded.
    pub(super) fn new(url: Url, limits: &JwksSettings) -> Result<Self, reqwest::Error> {
        let timeout = Duration::from_millis(limits.timeout_ms);
        let is_https = url.scheme() == "https";
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .https_only(is_https)
            .timeout(timeout)
            // One request every few minutes: an idle connection would only go stale.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("astria-gateway/", env!("CARGO_PKG_VERSION")));
        // Without TLS there is no need for the system's certificates, which a container may lack.
        let client = if is_https { client } else { client.tls_certs_only([]) };
        Ok(Self { client: client.build()?, url, max_bytes: limits.max_bytes, max_keys: limits.max_keys })
    }

    /// Asks once. Cancel safe: nothing is kept.
    pub(super) async fn fetch(&self) -> Result<KeySet, FetchFault> {
        let accept = "application/jwk-set+json, application/json";
        let request = self.client.get(self.url.clone()).header(header::ACCEPT, accept);
        let mut answer = request.send().await?;
        if answer.status() != StatusCode::OK {
            return Err(FetchFault::Status(answer.status().as_u16()));
        }
        let mut document = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if document.len() + chunk.len() > self.max_bytes {
                return Err(FetchFault::TooLarge);
            }
            document.extend_from_slice(&chunk);
        }
        Ok(KeySet::parse(&document, self.max_keys)?)
    }
}
