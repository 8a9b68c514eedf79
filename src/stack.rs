//! The request's path, on one page: three lists, outermost first. Read this first.
//!
//! The first list, [`inbound`], is one function that calls its steps in order: no step is called anywhere
//! else, and none boxes, clones or hides another (ADR 0013 says why they are no tower layers). The second,
//! what a handler that creates something calls, is code that handlers import, so it stands in `spend/mod.rs`;
//! its steps are repeated here. The third, [`upstream`], is made of tower layers.
//!
//! ```text
//! inbound   browser → handler      [`inbound`], `routed`, `private` | `listening` | `signed`
//! spend     handler that creates   allowed, params, policy, ownership, (idempotent), reserve, upstream,
//!                                  settle | release | leave unknown
//! upstream  gateway → Astria       [`upstream`]
//! ```

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use arc_swap::ArcSwap;
use http::header::{CONTENT_LENGTH, HeaderValue, SET_COOKIE};
use http::{Method, Request};
use hyper::body::Incoming;
use tower::ServiceBuilder;
use tower_http::cors::CorsLayer;

use crate::call::{Answer, Call, Caller, Facts, LimitedBody, Listener, Visitor};
use crate::clock::Clock;
use crate::cookies::Cookies;
use crate::images::SignedImage;
use crate::middleware::access_log::Begun;
use crate::middleware::authenticate::{Proven, identify, visitor};
use crate::middleware::body_limit::body_limit;
use crate::middleware::callback_gate::callback_gate;
use crate::middleware::canonical_path::canonical_path;
use crate::middleware::catch_panic::catch_panic;
use crate::middleware::client_ip::client_ip;
use crate::middleware::cors::cors;
use crate::middleware::credentials::Credentials;
use crate::middleware::csrf::csrf;
use crate::middleware::host::unambiguous;
use crate::middleware::image_gate::{image_gate, names_image};
use crate::middleware::ip_limit::IpLimit;
use crate::middleware::limit_headers;
use crate::middleware::operator_gate::operator_gate;
use crate::middleware::overload::overload;
use crate::middleware::request_id::finish;
use crate::middleware::session_gate::{by_cookie, renewed};
use crate::middleware::ticket_gate::ticket_gate;
use crate::middleware::trace_context::trace_context;
use crate::middleware::user_limit::user_limit;
use crate::problem::Problem;
use crate::reply::{Reply, ReplyBody};
use crate::router::Router;
use crate::routes::{Answering, Handler, Route};
use crate::serve;
use crate::state::AppState;
use crate::upstream::Stack;
use crate::upstream::account::AccountState;
use crate::upstream::backoff::BackoffLayer;
use crate::upstream::breaker::BreakerLayer;
use crate::upstream::client::Client;
use crate::upstream::fair_share::FairShareLayer;
use crate::upstream::measure::{MeasureLayer, Observer};
use crate::upstream::retry::RetryLayer;
use crate::upstream::set_credential::SetCredentialLayer;
use crate::upstream::set_workspace::SetWorkspaceLayer;

/// What the inbound list works with: made anew by each reload.
pub struct Edge {
    /// What all requests share.
    pub state: AppState,
    /// Where paths lead.
    pub router: Router,
    /// Whose pages may read replies.
    pub cors: Option<CorsLayer>,
    /// The address limit.
    pub ip_limit: IpLimit,
}

/// Browser → handler: one request in, one reply out, whatever happens below.
///
/// Cancel safe: what must not be cancelled runs in tasks of its own.
pub async fn inbound(edge: &Edge, peer: SocketAddr, mut request: Request<Incoming>) -> Reply {
    let state = &edge.state;
    let ip = client_ip(&state.trusted_proxies, peer, request.headers_mut()); // 2 nobody below reads X-Forwarded-For
    let incoming = trace_context(&state.trusted_proxies, peer, request.headers()); // 2 nor a stranger's trace
    let trace = state.spans.begin(incoming);
    let facts = Arc::new(Facts::new(state.clock.monotonic(), ip, trace)); // 1 everything below can name the request
    let (method, version) = (request.method().clone(), request.version());
    let begun = Begun::new(state, &facts, &method, version, incoming); // 3 one line a request, also for what is refused below
    let answering = pin!(cors(edge.cors.as_ref(), request, |request| routed(edge, &facts, request))); // 5 a page can read a 401 or 429
    let mut reply = catch_panic(&state.metrics, &facts, answering).await; // 4 a bug becomes a Problem, never a dropped connection
    finish(&facts.id, &mut reply);
    begun.end(&mut reply);
    if method == Method::HEAD { without_body(reply) } else { reply }
}

/// Each request meets the edge that is in force when it comes.
impl serve::Answer for Arc<ArcSwap<Edge>> {
    type Body = ReplyBody;

    async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Reply {
        inbound(&self.load_full(), peer, request).await
    }
}

/// 6 route: one reading of a head, one spelling of a path; unknown paths 404 and wrong methods 405, before authentication.
async fn routed(edge: &Edge, facts: &Arc<Facts>, request: Request<Incoming>) -> Reply {
    let answering = async {
        unambiguous(&request)?;
        let (head, incoming) = request.into_parts();
        if !names_image(&edge.state, head.uri.path()) {
            canonical_path(head.uri.path())?;
        }
        let (route, path) = edge.router.find(&head.method, head.uri.path())?;
        facts.set_route(route.path, route.operation);
        let (state, facts) = (Arc::clone(&edge.state), Arc::clone(facts));
        let max_bytes = route.body.max_bytes(&state.config);
        let body = LimitedBody::new(incoming, max_bytes);
        let call = Call { state, facts, who: (), path, head, body };
        match &route.handler {
            Handler::Public(answer) => answer(call).await,
            Handler::Callback(answer) => {
                let call = callback_gate(call, &edge.ip_limit)?; // its token first: a valid one is never limited
                answer(body_limit(call)?).await
            }
            Handler::Signed(answer) => signed(edge, answer, call).await,
            Handler::Visitor(answer) => visiting(edge, answer, call).await,
            Handler::EndUser(answer) => private(edge, route, answer, call).await,
            Handler::Listener(answer) => listening(edge, route, answer, call).await,
            Handler::Operator(_) => Err(Problem::not_found()), // on its own listener only
        }
    };
    told(facts, answering.await)
}

/// What the client gets, and the access log notes, of an answer.
fn told(facts: &Facts, answer: Answer) -> Reply {
    answer.unwrap_or_else(|problem| {
        facts.set_problem(&problem);
        problem.into_reply(&facts.id)
    })
}

/// What stands before the handler of a route whose URLs are signed: an `<img>` sends no token.
async fn signed(edge: &Edge, answer: &Answering<SignedImage>, call: Call<()>) -> Answer {
    let _place = overload(&edge.state)?; // 7 until the reply begins: a stream has places of its own
    let call = body_limit(call)?; // 8
    edge.ip_limit.check(call.facts.client_ip)?; // 9
    answer(image_gate(call)?).await // 10 the signature is the proof
}

/// What stands before the handler of a page that comes before sign-in: nobody is proven yet, but an address is bounded.
async fn visiting(edge: &Edge, answer: &Answering<Visitor>, call: Call<()>) -> Answer {
    let _place = overload(&edge.state)?; // 7
    let call = body_limit(call)?; // 8
    edge.ip_limit.check(call.facts.client_ip)?; // 9
    answer(visitor(call)?).await // the cookies that are ours; all others end here
}

/// What stands before a private route's handler.
async fn private(edge: &Edge, route: &Route, answer: &Answering<Caller>, call: Call<()>) -> Answer {
    let facts = Arc::clone(&call.facts);
    let _place = overload(&edge.state)?; // 7 shed before any work is done
    let call = body_limit(call)?; // 8 413 before a byte is read
    let proven = credentials(edge, route, &call).await?; // 9, 10 who is calling
    let call = identify(call, proven)?; // 10 blocked? plan and account; Authorization and Cookie end here
    let call = csrf(call, route.reads_params())?; // 11 a cookie alone proves no page of ours
    let rate = user_limit(&edge.state, &call.who, route.operation)?; // 12 who, plan, operation
    let cookie = renewed(&edge.state, &call.who).await;
    let mut reply = told(&facts, answer(call).await);
    if let Some(cookie) = cookie {
        reply.headers_mut().entry(SET_COOKIE).or_insert(cookie);
    }
    limit_headers::insert(reply.headers_mut(), &rate);
    Ok(reply)
}

/// The same where a ticket in the query may stand for the token.
async fn listening(edge: &Edge, route: &Route, answer: &Answering<Listener>, call: Call<()>) -> Answer {
    let facts = Arc::clone(&call.facts);
    let _place = overload(&edge.state)?; // 7 until the reply begins: a stream has places of its own
    let mut call = body_limit(call)?; // 8
    let (proven, ticket) = match ticket_gate(&mut call, &edge.ip_limit)? {
        Some((proven, ticket)) => (proven, Some(ticket)), // 9, 10 and the ticket ends here
        None => (credentials(edge, route, &call).await?, None), // 9, 10
    };
    let call = csrf(identify(call, proven)?, route.reads_params())?; // 10, 11
    let (call, caller) = call.apart();
    let rate = user_limit(&edge.state, &caller, route.operation)?; // 12
    let mut reply = told(&facts, answer(call.of(Listener { caller, ticket })).await);
    limit_headers::insert(reply.headers_mut(), &rate);
    Ok(reply)
}

/// 9 and 10 of whoever sends headers.
async fn credentials(edge: &Edge, route: &Route, call: &Call<()>) -> Result<Proven, Problem> {
    let credentials = Credentials::read(&edge.state.authenticator, call.headers());
    if !credentials.is_service() {
        edge.ip_limit.check(call.facts.client_ip)?; // 9 protects token verification itself; a service has proven itself
    }
    let cookies = Cookies::read(&edge.state.config.sessions, call.headers())?;
    let cookies = (!cookies.is_empty()).then(|| Arc::new(cookies));
    if let Some(cookies) = cookies.as_ref().filter(|_| credentials.is_nothing())
        && let Some(proven) = by_cookie(&edge.state, cookies).await?
    {
        return Ok(proven); // 10 a session, or a guest
    }
    let principal = credentials.prove(&edge.state.authenticator, route.operation).await?; // 10
    Ok(Proven::by_headers(principal, cookies))
}

/// The reply to HEAD: as to GET, its length included, without the body. A handler that streams leaves it out by itself.
fn without_body(mut reply: Reply) -> Reply {
    let body = std::mem::take(reply.body_mut());
    if let Some(length) = hyper::body::Body::size_hint(&body).exact().filter(|length| *length > 0) {
        reply.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    reply
}

/// The operator's private listener: health and metrics for whoever reaches it, the operator's API for whoever has one of
/// its tokens. Nothing of it is in the access log; what changes something is in the record of what the operator did.
pub struct OperatorEdge {
    edge: Arc<ArcSwap<Edge>>,
    router: Router,
}

impl OperatorEdge {
    /// Its routes beside the edge that they report on.
    ///
    /// # Errors
    /// Two of them cannot stand side by side.
    pub fn new(edge: Arc<ArcSwap<Edge>>, routes: Vec<Route>) -> Result<Self, matchit::InsertError> {
        Ok(Self { edge, router: Router::new("", routes)? })
    }
}

impl serve::Answer for Arc<OperatorEdge> {
    type Body = ReplyBody;

    async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Reply {
        let state = Arc::clone(&self.edge.load().state);
        let facts = Arc::new(Facts::new(state.clock.monotonic(), peer.ip(), None));
        let (is_head, metrics) = (request.method() == Method::HEAD, Arc::clone(&state.metrics));
        let answering = async {
            let has_one_meaning = unambiguous(&request);
            let (head, incoming) = request.into_parts();
            canonical_path(head.uri.path())?;
            let (route, path) = self.router.find(&head.method, head.uri.path())?;
            let max_bytes = route.body.max_bytes(&state.config);
            let (body, facts) = (LimitedBody::new(incoming, max_bytes), Arc::clone(&facts));
            let call = Call { state, facts, who: (), path, head, body };
            match &route.handler {
                Handler::Public(answer) => answer(call).await,
                Handler::Operator(answer) => {
                    has_one_meaning?;
                    answer(body_limit(operator_gate(call)?)?).await // its token first
                }
                Handler::Callback(_)
                | Handler::Signed(_)
                | Handler::Visitor(_)
                | Handler::EndUser(_)
                | Handler::Listener(_) => Err(Problem::not_found()),
            }
        };
        let answering =
            pin!(async { answering.await.unwrap_or_else(|problem| problem.into_reply(&facts.id)) });
        let mut reply = catch_panic(&metrics, &facts, answering).await;
        finish(&facts.id, &mut reply);
        if is_head { without_body(reply) } else { reply }
    }
}

/// What the upstream stack of one account is made of.
pub struct UpstreamParts {
    /// Counts calls.
    pub observer: Arc<dyn Observer>,
    /// Time.
    pub clock: Clock,
    /// Breaker, pause and places; a reload builds the new stack around the same.
    pub account: Arc<AccountState>,
    /// How often a failed read is tried again.
    pub read_retries: u32,
    /// The account's workspace.
    pub workspace: SetWorkspaceLayer,
    /// The account's key.
    pub credential: SetCredentialLayer,
    /// The pooled client, shared by all accounts.
    pub client: Client,
}

/// Gateway → Astria, once an account. Each step is a plain async function; see `upstream/step.rs`.
pub fn upstream(parts: UpstreamParts) -> Stack {
    let UpstreamParts { observer, clock, account, read_retries, workspace, credential, client } = parts;
    ServiceBuilder::new()
        .layer(MeasureLayer::new(Arc::clone(&observer), clock)) // 1 sees retries, waits and pauses as callers do
        .layer(BreakerLayer(Arc::clone(&account))) // 2 an account that fails is asked by one call, not by all
        .layer(BackoffLayer(Arc::clone(&account))) // 3 one pause for everybody after a 429
        .layer(RetryLayer::new(read_retries)) // 4 reads only; above the places, so that a pause holds none
        .layer(FairShareLayer { account, observer }) // 5 the one queue: end users take turns
        .layer(workspace) // 6 nothing above can choose it
        .layer(credential) // 7 nothing above can read it
        .service(client) // 8
}
