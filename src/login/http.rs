//! Asks a provider over HTTP, within limits: what the `openidconnect` crate is given as its client.
//!
//! Requests carry the client's secret, codes and refresh tokens, so they go where the discovery document said and
//! nowhere else: no proxy of the environment, no redirect, no second attempt. One deadline for all of an answer, and a
//! size limit.
//!
//! It does *not* say what an answer means. Statuses that no answer of the protocol has are faults here, so that a page
//! of some proxy is never read as the provider's word.

use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::{Client, Request, redirect, retry};

use super::fault::ProviderFault;

/// Largest answer, in bytes.
pub(super) const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// A client for one provider.
pub(super) struct Http {
    client: Client,
    timeout: Duration,
}

impl Http {
    /// Builds the client; fails if the system's certificates cannot be loaded.
    pub(super) fn new(is_https: bool, timeout: Duration) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .https_only(is_https)
            .timeout(timeout)
            // A connection that the provider closed would fail a request that must not be sent twice.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("astria-gateway/", env!("CARGO_PKG_VERSION")));
        // Without TLS there is no need for the system's certificates, which a container may lack.
        let client = if is_https { client } else { client.tls_certs_only([]) };
        Ok(Self { client: client.build()?, timeout })
    }

    /// Sends one request. Not cancel safe: it may have arrived.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ProviderFault> {
        let request = Request::try_from(request).map_err(|_| ProviderFault::Request)?;
        tokio::time::timeout(self.timeout, self.ask(request)).await.unwrap_or(Err(ProviderFault::Timeout))
    }

    async fn ask(&self, request: Request) -> Result<HttpResponse, ProviderFault> {
        let mut answer = self.client.execute(request).await?;
        let status = answer.status();
        // 4xx is how the protocol refuses; 429 is a proxy's word before it.
        let is_protocol = status.is_success() || status.is_client_error() && status.as_u16() != 429;
        if !is_protocol {
            return Err(ProviderFault::Status(status.as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(ProviderFault::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = HttpResponse::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

impl From<reqwest::Error> for ProviderFault {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() { Self::Timeout } else { Self::Connection(error.without_url()) }
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = ProviderFault;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, ProviderFault>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
