//! The request's path, on one page: three lists, outermost first. Read this first.
//!
//! No layer is put anywhere else. The second list, what a handler that creates something calls, is code
//! that handlers import, so it stands in `spend.rs`; its steps are repeated here:
//!
//! ```text
//! inbound   browser → handler      [`inbound`], [`private`], [`callback`]
//! spend     handler that creates   allowed, params, policy, ownership, (idempotent), reserve, upstream,
//!                                  settle | release | leave unknown
//! upstream  gateway → Astria       [`upstream`]
//! ```

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::MethodRouter;
use http::Request;
use tower::ServiceBuilder;
use tower::retry::RetryLayer;
use tower::util::BoxCloneSyncService;

use crate::clock::Clock;
use crate::middleware::access_log::{access_log, name_route};
use crate::middleware::authenticate::authenticate;
use crate::middleware::body_limit::{BodyLimit, body_limit};
use crate::middleware::callback_gate::callback_gate;
use crate::middleware::canonical_path::canonical_path;
use crate::middleware::catch_panic::catch_panic;
use crate::middleware::client_ip::client_ip;
use crate::middleware::cors::cors;
use crate::middleware::ip_limit::IpLimit;
use crate::middleware::overload::overload;
use crate::middleware::request_id::request_id;
use crate::middleware::user_limit::user_limit;
use crate::problem::{Code, Problem};
use crate::routes::{Access, BodyCap, Route};
use crate::state::AppState;
use crate::upstream::Stack;
use crate::upstream::backoff::BackoffLayer;
use crate::upstream::client::Client;
use crate::upstream::measure::{MeasureLayer, Observer};
use crate::upstream::retry::RetryReads;
use crate::upstream::set_credential::SetCredentialLayer;
use crate::upstream::set_workspace::SetWorkspaceLayer;

/// What the accept loop calls.
pub type Inbound = BoxCloneSyncService<Request<Body>, Response, Infallible>;

/// Browser → handler.
pub fn inbound(state: &AppState, ip_limit: &IpLimit, routes: Vec<Route>) -> Inbound {
    let layers = ServiceBuilder::new()
        .layer(from_fn(request_id)) // 1 everything below can name the request, and every reply carries the name
        .layer(from_fn_with_state(Arc::clone(state), client_ip)) // 2 nobody below reads X-Forwarded-For
        .layer(from_fn_with_state(Arc::clone(state), access_log)) // 3 one event a request, also for what is refused below
        .layer(from_fn(catch_panic)) // 4 a bug becomes a Problem, never a dropped connection
        .option_layer(cors(&state.config.cors.allowed_origins)) // 5 above authentication: browsers can read a 401 or 429
        .layer(from_fn(canonical_path)); // 6 one spelling a path, so that what is routed is what was judged
    BoxCloneSyncService::new(layers.service(router(state, ip_limit, routes)))
}

/// 6 route: unknown paths 404 and wrong methods 405, before authentication.
fn router(state: &AppState, ip_limit: &IpLimit, routes: Vec<Route>) -> Router {
    let mut router = Router::new();
    for route in routes {
        let base = if route.under_base_path { state.config.server.base_path.as_str() } else { "" };
        let path = format!("{base}{}", route.path);
        let named = from_fn_with_state((route.path, route.operation), name_route);
        let protected = match route.access {
            Access::Public => route.handler,
            Access::Callback => callback(state, ip_limit, route),
            Access::EndUser => private(state, ip_limit, route),
        };
        router = router.route(&path, protected.route_layer(named));
    }
    router
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async {
            Problem::new(Code::MethodNotAllowed, "Use a method that the Allow header names.")
        })
        .with_state(Arc::clone(state))
}

/// What stands before a private route's handler.
fn private(state: &AppState, ip_limit: &IpLimit, route: Route) -> MethodRouter<AppState> {
    let limit = body_limit_of(state, route.body);
    route.handler.route_layer(
        ServiceBuilder::new()
            .layer(from_fn_with_state(Arc::clone(state), overload)) // 7 shed before any work is done
            .layer(from_fn_with_state((Arc::clone(state), limit), body_limit)) // 8 413 before a byte is read
            .layer(ip_limit.layer()) // 9 protects token verification itself
            .layer(from_fn_with_state(Arc::clone(state), authenticate)) // 10 Authorization and Cookie end here
            // 11 csrf: comes with cookies; a bearer token cannot be forged across sites
            .layer(from_fn_with_state((Arc::clone(state), route.operation), user_limit)), // 12 who, plan, operation
    )
}

/// What stands before a callback's handler: its token first, no shedding, no limit for valid ones.
fn callback(state: &AppState, ip_limit: &IpLimit, route: Route) -> MethodRouter<AppState> {
    let limit = body_limit_of(state, route.body);
    route.handler.route_layer(
        ServiceBuilder::new()
            .layer(from_fn_with_state((Arc::clone(state), ip_limit.clone()), callback_gate))
            .layer(from_fn_with_state((Arc::clone(state), limit), body_limit)),
    )
}

/// Room for a multipart body's heads and short fields around its photos.
const AROUND_PHOTOS_BYTES: usize = 64 * 1024;

fn body_limit_of(state: &AppState, cap: BodyCap) -> BodyLimit {
    let photo_bytes = state.config.photos.max_bytes;
    BodyLimit(match cap {
        BodyCap::Small => 64 * 1024,
        BodyCap::Photo => photo_bytes.saturating_add(AROUND_PHOTOS_BYTES),
        BodyCap::Pictures => photo_bytes.saturating_mul(2).saturating_add(state.config.limits.body_bytes),
    })
}

/// What the upstream stack is made of.
pub struct UpstreamParts {
    /// Counts calls.
    pub observer: Arc<dyn Observer>,
    /// Time.
    pub clock: Clock,
    /// How often a failed read is tried again.
    pub read_retries: u32,
    /// The operator's workspace.
    pub workspace: SetWorkspaceLayer,
    /// The operator's key.
    pub credential: SetCredentialLayer,
    /// The pooled client.
    pub client: Client,
}

/// Gateway → Astria.
pub fn upstream(parts: UpstreamParts) -> Stack {
    let layers = ServiceBuilder::new()
        .layer(MeasureLayer::new(parts.observer, parts.clock.clone())) // 1 sees retries and pauses as callers do
        .layer(BackoffLayer::new(parts.clock)) // 2 one pause for everybody after a 429
        .layer(RetryLayer::new(RetryReads::new(parts.read_retries))) // 3 reads only; below the pause
        // 4 fair share of the account: comes with several accounts
        .layer(parts.workspace) // 5 nothing above can choose it
        .layer(parts.credential); // 6 nothing above can read it
    BoxCloneSyncService::new(layers.service(parts.client)) // 7
}
