//! One request on its way: what the steps of `stack.rs` found out about it, and what a handler is given.
//!
//! A handler asks for a [`Call`] of the kind of caller that it serves, so a route's access is part of its
//! handler's type: what takes `Call` cannot be reached without a proven [`Caller`].

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use http::HeaderMap;
use http::request::Parts;
use hyper::body::{Body as _, Incoming};

use crate::accounts::Account;
use crate::cookies::Cookies;
use crate::ids::RequestId;
use crate::operation::Operation;
use crate::people::Override;
use crate::plans::ActivePlan;
use crate::principal::Principal;
use crate::problem::{Code, Problem};
use crate::quota::{Grants, Holder, QuotaRule};
use crate::reply::Reply;
use crate::sessions::Found;
use crate::state::AppState;
use crate::streams::Ticket;
use crate::trace::TraceContext;
use crate::upstream::Spent;

/// What a handler answers.
pub type Answer = Result<Reply, Problem>;

/// What proved who is calling.
#[derive(Clone)]
pub enum Proof {
    /// A verified token.
    Token,
    /// A ticket for a stream of events.
    Ticket,
    /// A service key.
    Service,
    /// A session's cookie.
    Session(Arc<Found>),
    /// A guest's cookie, with the name in it.
    Guest(Arc<str>),
    /// Nothing: everybody without a proof, together.
    Nothing,
}

/// Who is calling, proven; under which plan, on which of the operator's accounts.
#[derive(Clone)]
pub struct Caller {
    /// Proven.
    pub principal: Principal,
    /// By what.
    pub proof: Proof,
    /// What else the browser sent of cookies that are ours.
    pub cookies: Option<Arc<Cookies>>,
    /// The plan that counts: one that config knows.
    pub plan: Arc<ActivePlan>,
    /// Where their objects live and whose key pays.
    pub account: Arc<Account>,
    /// What the operator said about them, if anything: more quota, say.
    pub said: Option<Arc<Override>>,
}

impl Caller {
    /// Whose quota what they make counts in, and under which rules.
    pub fn holder(&self) -> Held<'_> {
        let rules = self.plan.rules.quotas.iter().chain(&self.account.ceiling).copied().collect();
        Held { caller: self, rules }
    }
}

/// Somebody who is not proven, before sign-in.
pub struct Visitor {
    /// What the browser sent of cookies that are ours.
    pub cookies: Cookies,
    /// Sign-ins that this browser has begun at login providers: name and value.
    pub login_cookies: Vec<(String, String)>,
}

/// Who listens to events: a caller, and the ticket that proved it, if one did.
pub struct Listener {
    /// Proven.
    pub caller: Caller,
    /// Opens one stream.
    pub ticket: Option<Ticket>,
}

/// See [`Caller::holder`].
pub struct Held<'a> {
    caller: &'a Caller,
    rules: Vec<QuotaRule>,
}

impl Held<'_> {
    /// For the ledger.
    pub fn of(&self) -> Holder<'_> {
        let Caller { principal, account, said, .. } = self.caller;
        Holder {
            user: principal.id(),
            tenant: principal.tenant(),
            is_guest: matches!(principal, Principal::Guest(_)),
            account: &account.key,
            rules: &self.rules,
            grants: said.as_deref().map(|said| said as &dyn Grants),
        }
    }
}

/// A request whose caller is known as a `W`, with its body or, once that was read, without.
pub struct Call<W = Caller, B = LimitedBody> {
    /// What all requests share, as it was when this one came.
    pub state: AppState,
    /// What is known about the request beside its bytes.
    pub facts: Arc<Facts>,
    /// Who is calling.
    pub who: W,
    /// What stood for the route's `{names}`.
    pub path: PathValues,
    /// Method, target and headers; no credential and no forwarded address is left among them.
    pub head: Parts,
    /// Its bytes, and how many may come.
    pub body: B,
}

impl<W, B> Call<W, B> {
    /// The headers that are left.
    pub const fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The query, without its question mark.
    pub fn query(&self) -> &str {
        self.head.uri.query().unwrap_or_default()
    }

    /// The same call with its caller known.
    pub fn of<V>(self, who: V) -> Call<V, B> {
        let Self { state, facts, who: _, path, head, body } = self;
        Call { state, facts, who, path, head, body }
    }

    /// The call and its caller apart.
    pub fn apart(self) -> (Call<(), B>, W) {
        let Self { state, facts, who, path, head, body } = self;
        (Call { state, facts, who: (), path, head, body }, who)
    }

    /// The call and its body apart.
    pub fn split(self) -> (Call<W, ()>, B) {
        let Self { state, facts, who, path, head, body } = self;
        (Call { state, facts, who, path, head, body: () }, body)
    }
}

/// A body that has not been read, and the bytes it may have.
pub struct LimitedBody {
    /// At most.
    pub max_bytes: usize,
    incoming: Incoming,
    /// The CSRF token that its parameters must hold.
    owed: Option<String>,
}

impl LimitedBody {
    /// A body of at most so many bytes.
    pub const fn new(incoming: Incoming, max_bytes: usize) -> Self {
        Self { max_bytes, incoming, owed: None }
    }

    /// Nothing but its parameters can prove the request: they must hold this.
    pub fn owe(&mut self, csrf_token: String) {
        self.owed = Some(csrf_token);
    }

    /// Whether nothing but its parameters can prove the request.
    pub const fn is_owed(&self) -> bool {
        self.owed.is_some()
    }

    /// The bytes that it announces, at least.
    pub fn announced_bytes(&self) -> u64 {
        self.incoming.size_hint().lower()
    }

    /// The body as it comes, and what its parameters must hold.
    pub fn open(self) -> (Incoming, Option<String>) {
        (self.incoming, self.owed)
    }

    /// The body of a request whose proof is complete.
    ///
    /// # Errors
    /// `csrf_refused`: only parameters could prove it.
    pub fn proven(self) -> Result<Incoming, Problem> {
        match self.owed {
            None => Ok(self.incoming),
            Some(_) => Err(Problem::csrf_refused()),
        }
    }

    /// The body that nobody will read.
    pub fn unread(self) -> Incoming {
        self.incoming
    }
}

/// What stood for a route's `{names}`.
#[derive(Default)]
pub struct PathValues {
    template: &'static str,
    values: Vec<String>,
}

impl PathValues {
    /// The values of the template's names, in its order.
    pub const fn new(template: &'static str, values: Vec<String>) -> Self {
        Self { template, values }
    }

    /// The value of a name; empty if the route has no such name.
    pub fn get(&self, name: &str) -> &str {
        self.place(name).and_then(|at| self.values.get(at)).map_or("", String::as_str)
    }

    /// Takes the value out.
    pub fn take(&mut self, name: &str) -> String {
        self.place(name).and_then(|at| self.values.get_mut(at)).map(std::mem::take).unwrap_or_default()
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.template.split('{').skip(1).position(|rest| rest.split('}').next() == Some(name))
    }
}

/// What a request turned out to be; written by the steps, read by the access log.
pub struct Facts {
    /// Its name.
    pub id: RequestId,
    /// On the monotonic clock.
    pub started: Duration,
    /// The address that it counts for.
    pub client_ip: IpAddr,
    /// Its place in a trace, if it belongs to one.
    pub trace: Option<TraceContext>,
    route: OnceLock<(&'static str, Option<Operation>)>,
    principal: AtomicU64,
    code: OnceLock<Code>,
    spent: OnceLock<Spent>,
    cache: OnceLock<&'static str>,
    upstream_us: AtomicU64,
    received_bytes: AtomicU64,
    is_endless: AtomicBool,
}

impl Facts {
    /// A request that begins now.
    pub fn new(started: Duration, client_ip: IpAddr, trace: Option<TraceContext>) -> Self {
        Self {
            id: RequestId::generate(),
            started,
            client_ip,
            trace,
            route: OnceLock::new(),
            principal: AtomicU64::new(0),
            code: OnceLock::new(),
            spent: OnceLock::new(),
            cache: OnceLock::new(),
            upstream_us: AtomicU64::new(0),
            received_bytes: AtomicU64::new(0),
            is_endless: AtomicBool::new(false),
        }
    }

    /// The route that matched, as its template.
    pub fn set_route(&self, template: &'static str, operation: Option<Operation>) {
        // Once a request; a second route cannot match.
        let _ = self.route.set((template, operation));
    }

    /// Who is calling, as a hash.
    pub fn set_principal(&self, hash: u64) {
        self.principal.store(hash, Ordering::Relaxed);
    }

    /// What the client is told about a failure.
    pub fn set_problem(&self, problem: &Problem) {
        // The first one counts.
        let _ = self.code.set(problem.code());
        if let Some(spent) = problem.spent() {
            self.set_spent(spent);
        }
    }

    /// Whether money was spent.
    pub fn set_spent(&self, spent: Spent) {
        // The first one counts.
        let _ = self.spent.set(spent);
    }

    /// Where a cached answer came from.
    pub fn set_cache(&self, outcome: &'static str) {
        // One look-up a request.
        let _ = self.cache.set(outcome);
    }

    /// Astria was waited for.
    pub fn add_upstream(&self, took: Duration) {
        self.upstream_us.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The reply goes on until its client leaves: that is no failure.
    pub fn set_endless(&self) {
        self.is_endless.store(true, Ordering::Relaxed);
    }

    /// The body was read.
    pub fn add_received(&self, size_bytes: usize) {
        self.received_bytes.fetch_add(size_bytes as u64, Ordering::Relaxed);
    }

    /// The route's template, or `none`.
    pub fn route(&self) -> &'static str {
        self.route.get().map_or("none", |(template, _)| template)
    }

    /// What it does upstream.
    pub fn operation(&self) -> Option<Operation> {
        self.route.get().and_then(|(_, operation)| *operation)
    }

    /// The caller's hash; 0 before anybody was proven.
    pub fn principal(&self) -> u64 {
        self.principal.load(Ordering::Relaxed)
    }

    /// The problem's code; empty on success.
    pub fn code(&self) -> &'static str {
        self.code.get().map_or("", |code| code.name())
    }

    /// `no`, `yes`, `unknown`; empty where money was no question.
    pub fn spent(&self) -> &'static str {
        self.spent.get().map_or("", |spent| spent.name())
    }

    /// The cache's outcome; empty where none was asked.
    pub fn cache(&self) -> &'static str {
        self.cache.get().copied().unwrap_or_default()
    }

    /// How long Astria was waited for.
    pub fn upstream(&self) -> Duration {
        Duration::from_micros(self.upstream_us.load(Ordering::Relaxed))
    }

    /// Whether the reply goes on until its client leaves.
    pub fn is_endless(&self) -> bool {
        self.is_endless.load(Ordering::Relaxed)
    }

    /// Bytes of the body that were read.
    pub fn received_bytes(&self) -> u64 {
        self.received_bytes.load(Ordering::Relaxed)
    }
}
