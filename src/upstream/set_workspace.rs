//! Names the operator's workspace on a request.
//!
//! - Adds: `X-Workspace-Id`, replacing any; removes it where no workspace is configured.

use std::task::{Context, Poll};

use http::Request;
use http::header::{HeaderName, HeaderValue};
use tower::{Layer, Service};

use super::body::Segments;

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
#[derive(Clone)]
pub struct SetWorkspace<S> {
    inner: S,
    workspace: Option<HeaderValue>,
}

impl<S: Service<Request<Segments>>> Service<Request<Segments>> for SetWorkspace<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Segments>) -> S::Future {
        match &self.workspace {
            Some(id) => drop(request.headers_mut().insert(WORKSPACE, id.clone())),
            None => drop(request.headers_mut().remove(WORKSPACE)),
        }
        self.inner.call(request)
    }
}
