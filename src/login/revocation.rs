//! Tells a provider that a refresh token is used no more.
//!
//! The crate's own request refuses http, which a provider on this machine may speak, so it is made here.
//! Source: RFC 7009 section 2.1.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use openidconnect::{AuthType, ClientId, ClientSecret, HttpRequest};
use url::Url;

use super::fault::ProviderFault;
use super::metadata::{Metadata, Proof};
use super::{Provider, text_of};
use crate::secret::Secret;

impl Provider {
    /// Tells the provider that a refresh token is used no more, if it wants to know. A failure is a line in the log:
    /// the token is forgotten here either way.
    ///
    /// Not cancel safe.
    pub async fn revoke(&self, refresh_token: &Secret) {
        let Some(metadata) = self.discovery.known() else { return };
        let (Some(url), Some(token)) = (&metadata.revocation, text_of(refresh_token)) else { return };
        let Some(request) = self.revocation(&metadata, url, &token) else { return };
        let fault = match self.discovery.http.send(request).await {
            Ok(answer) if answer.status().is_success() => return,
            Ok(answer) => ProviderFault::Status(answer.status().as_u16()),
            Err(fault) => fault,
        };
        let name = &self.settings().name;
        tracing::warn!(login.provider = %name, login.fault = %fault, "refresh token not revoked");
    }

    fn revocation(&self, metadata: &Metadata, url: &Url, token: &str) -> Option<HttpRequest> {
        let Proof { client_id, secret } = &self.discovery.proof;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", token).append_pair("token_type_hint", "refresh_token");
        let mut request = http::Request::post(url.as_str())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json");
        match (secret, &metadata.auth_type) {
            (Some(secret), AuthType::BasicAuth) => {
                request = request.header("authorization", basic(client_id, secret)?);
            }
            (secret, _) => {
                form.append_pair("client_id", client_id);
                if let Some(secret) = secret {
                    form.append_pair("client_secret", secret.secret());
                }
            }
        }
        request.body(form.finish().into_bytes()).ok()
    }
}

/// RFC 6749 section 2.3.1: both are encoded as in a form before they become a header.
fn basic(client_id: &ClientId, secret: &ClientSecret) -> Option<HeaderValue> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let both = format!("{}:{}", encoded(client_id), encoded(secret.secret()));
    let text = format!("Basic {}", STANDARD.encode(both));
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
