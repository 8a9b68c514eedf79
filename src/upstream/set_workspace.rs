//! Names the operator's workspace on a request.
//!
//! - Adds: `X-Workspace-Id`, replacing any; removes it where no workspace is configured.

use http::header::{HeaderName, HeaderValue};
use tower::Layer;

use super::step::{Call, Reply, Step};

const WORKSPACE: HeaderName = HeaderName::from_static("x-workspace-id");

/// Makes [`SetWorkspace`] services.
#[derive(Clone)]
pub struct SetWorkspaceLayer(Option<HeaderValue>);

impl SetWorkspaceLayer {
    /// `id` empty: no workspace. `None` if the id cannot stand in a header.
    pub fn new(id: &str) -> Option<Self> {
        if id.is_empty() {
            return Some(Self(None));
        }
        let mut value = HeaderValue::from_str(id).ok()?;
        value.set_sensitive(true);
        Some(Self(Some(value)))
    }
}

impl<S> Layer<S> for SetWorkspaceLayer {
    type Service = SetWorkspace<S>;

    fn layer(&self, inner: S) -> SetWorkspace<S> {
        SetWorkspace { inner, workspace: self.0.clone() }
    }
}

/// See the module.
pub struct SetWorkspace<S> {
    inner: S,
    workspace: Option<HeaderValue>,
}

impl<S: Step> Step for SetWorkspace<S> {
    async fn call(&self, mut call: Box<Call>) -> Reply {
        let headers = call.request.headers_mut();
        match &self.workspace {
            Some(id) => drop(headers.insert(WORKSPACE, id.clone())),
            None => drop(headers.remove(WORKSPACE)),
        }
        self.inner.call(call).await
    }
}
