//! One event and one count a request, also for what is rejected or panics below.
//!
//! The event names the route's template, never the path (which can hold a callback's token), no query, no
//! header, no body; the end user only as a hash.
//!
//! - Needs: [`RequestId`].
//! - Adds: [`Facts`], which layers below fill in.

use std::sync::{Arc, OnceLock};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::ids::RequestId;
use crate::operation::Operation;
use crate::problem::Problem;
use crate::state::AppState;

/// What a request turned out to be. Cheap to clone.
#[derive(Clone, Default)]
pub struct Facts(Arc<FactsInner>);

#[derive(Default)]
struct FactsInner {
    route: OnceLock<(&'static str, Option<Operation>)>,
    principal: OnceLock<String>,
}

impl Facts {
    /// The route that matched.
    pub fn set_route(&self, template: &'static str, operation: Option<Operation>) {
        // Once a request; a second route cannot match.
        let _ = self.0.route.set((template, operation));
    }

    /// Who is calling, as a hash.
    pub fn set_principal(&self, hash: String) {
        // Once a request, as above.
        let _ = self.0.principal.set(hash);
    }
}

/// See the module.
pub async fn access_log(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let facts = Facts::default();
    let id = request.extensions().get::<RequestId>().cloned();
    let method = request.method().clone();
    request.extensions_mut().insert(facts.clone());
    let started = state.clock.monotonic();
    let response = next.run(request).await;
    let took = state.clock.monotonic().saturating_sub(started);
    let problem = response.extensions().get::<Problem>();
    let code = problem.map_or("", |problem| problem.code().name());
    let (route, operation) = facts.0.route.get().copied().unwrap_or(("none", None));
    let operation = operation.map_or("none", Operation::name);
    let status = response.status().as_u16();
    state.metrics.request(operation, status, code, took);
    let request_id = id.as_ref().map_or("", RequestId::as_str);
    let spent = problem.and_then(Problem::spent).map_or("", crate::upstream::Spent::name);
    let principal = facts.0.principal.get().map_or("", String::as_str);
    let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let method = method.as_str();
    tracing::info!(
        target: "astria_gateway::access",
        request_id, method, route, operation, status, code, spent, principal, took_us,
        "request"
    );
    response
}

/// Notes which route matched; stands right behind the router, outermost on each route.
pub async fn name_route(
    State((template, operation)): State<(&'static str, Option<Operation>)>,
    request: Request,
    next: Next,
) -> Response {
    if let Some(facts) = request.extensions().get::<Facts>() {
        facts.set_route(template, operation);
    }
    next.run(request).await
}
