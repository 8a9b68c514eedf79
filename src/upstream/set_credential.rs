//! Puts the operator's API key on a request, and keeps it from coming back.
//!
//! The only code that reads the key. It stands innermost, so that nothing above can log or forward it; and
//! because replies pass here first, it refuses one that repeats the key (an upstream's debug page, say).
//!
//! - Adds: `Authorization`, replacing any.
//! - Answers: [`UpstreamError::SecretEchoed`].

use std::sync::Arc;

use http::header::{AUTHORIZATION, HeaderValue, LOCATION};
use memchr::memmem;
use tower::Layer;

use super::error::UpstreamError;
use super::step::{Call, Reply, Step};
use crate::secret::Secret;

/// The operator's key, ready to be sent and to be found in replies.
struct Credential {
    header: HeaderValue,
    key: Secret,
}

/// Makes [`SetCredential`] services.
#[derive(Clone)]
pub struct SetCredentialLayer(Arc<Credential>);

impl SetCredentialLayer {
    /// `None` if the key cannot stand in a header.
    pub fn new(key: Secret) -> Option<Self> {
        let mut text = b"Bearer ".to_vec();
        text.extend_from_slice(key.expose());
        let mut header = HeaderValue::from_bytes(&text).ok()?;
        header.set_sensitive(true);
        Some(Self(Arc::new(Credential { header, key })))
    }
}

impl<S> Layer<S> for SetCredentialLayer {
    type Service = SetCredential<S>;

    fn layer(&self, inner: S) -> SetCredential<S> {
        SetCredential { inner, credential: Arc::clone(&self.0) }
    }
}

/// See the module.
pub struct SetCredential<S> {
    inner: S,
    credential: Arc<Credential>,
}

impl<S: Step> Step for SetCredential<S> {
    async fn call(&self, mut call: Box<Call>) -> Reply {
        call.request.headers_mut().insert(AUTHORIZATION, self.credential.header.clone());
        let reply = self.inner.call(call).await?;
        let repeats = |text: &[u8]| memmem::find(text, self.credential.key.expose()).is_some();
        // A picture's redirect is followed.
        let location = reply.headers().get(LOCATION);
        if repeats(reply.body()) || location.is_some_and(|to| repeats(to.as_bytes())) {
            Err(UpstreamError::SecretEchoed)
        } else {
            Ok(reply)
        }
    }
}
