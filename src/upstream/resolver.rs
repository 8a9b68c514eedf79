//! Names to addresses: asked again and again, but never waited for longer than needed.
//!
//! An answer is used for `fresh` (getaddrinfo tells no TTL), then asked for anew. Where the name service fails
//! or is slow, the last answer goes on being used for `stale`. `getaddrinfo` blocks, so it runs on tokio's
//! blocking threads, at most [`MAX_LOOKUPS`] at once: a name service that hangs holds two threads, not all.
//!
//! What it does *not* do: it is not asked for literal addresses.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use std::vec;

use futures_util::future::BoxFuture;
use hyper_util::client::legacy::connect::dns::Name;
use tokio::sync::Semaphore;
use tower::Service;

use crate::clock::Clock;

/// Lookups at once.
pub const MAX_LOOKUPS: usize = 2;

/// How many names are remembered; there is one an account's base URL.
const MAX_NAMES: usize = 64;

/// How long answers are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResolverSettings {
    /// Without asking again.
    pub fresh: Duration,
    /// When the name service fails or is slow.
    pub stale: Duration,
    /// How long a lookup is waited for.
    pub timeout: Duration,
}

impl Default for ResolverSettings {
    fn default() -> Self {
        Self {
            fresh: Duration::from_secs(30),
            stale: Duration::from_secs(3_600),
            timeout: Duration::from_secs(2),
        }
    }
}

/// Blocks until the name service has answered.
pub type Lookup = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// The machine's own name service.
pub fn system_lookup() -> Arc<Lookup> {
    Arc::new(|name| Ok((name, 0).to_socket_addrs()?.collect()))
}

#[derive(Clone)]
struct Answer {
    addresses: Vec<SocketAddr>,
    at: Duration,
}

struct Inner {
    settings: ResolverSettings,
    clock: Clock,
    lookup: Arc<Lookup>,
    lookups: Arc<Semaphore>,
    answers: Mutex<HashMap<Box<str>, Answer>>,
}

/// See the module.
#[derive(Clone)]
pub struct Resolver(Arc<Inner>);

impl Resolver {
    /// Knows no name yet.
    pub fn new(settings: ResolverSettings, clock: Clock, lookup: Arc<Lookup>) -> Self {
        let lookups = Arc::new(Semaphore::new(MAX_LOOKUPS));
        Self(Arc::new(Inner { settings, clock, lookup, lookups, answers: Mutex::default() }))
    }

    /// The addresses of a name, without ports. Cancel safe: a lookup that has begun still fills the memory.
    ///
    /// # Errors
    /// There is no answer, and none that is recent enough to be used instead.
    pub async fn resolve(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        let known = self.0.find(name);
        let age = known.as_ref().map(|answer| self.0.clock.monotonic().saturating_sub(answer.at));
        if let Some(answer) = &known
            && age < Some(self.0.settings.fresh)
        {
            return Ok(answer.addresses.clone());
        }
        let usable = known.filter(|_| age < Some(self.0.settings.stale));
        match tokio::time::timeout(self.0.settings.timeout, self.ask(name, usable.is_some())).await {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(error)) => usable.map(|answer| answer.addresses).ok_or(error),
            Err(_) => usable.map(|answer| answer.addresses).ok_or_else(|| io::ErrorKind::TimedOut.into()),
        }
    }

    /// Where others are asking already, whoever has an old answer does not wait behind them.
    async fn ask(&self, name: &str, has_old_answer: bool) -> io::Result<Vec<SocketAddr>> {
        let lookups = Arc::clone(&self.0.lookups);
        let permit = match Arc::clone(&lookups).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) if has_old_answer => return Err(io::ErrorKind::WouldBlock.into()),
            Err(_) => lookups.acquire_owned().await.map_err(io::Error::other)?,
        };
        let (inner, name) = (Arc::clone(&self.0), Box::<str>::from(name));
        // The permit is the thread's: nobody can end a lookup that hangs.
        let asking = tokio::task::spawn_blocking(move || {
            let answered = (inner.lookup)(&name);
            if let Ok(addresses) = &answered
                && !addresses.is_empty()
            {
                inner.remember(name, addresses.clone());
            }
            drop(permit);
            answered
        });
        let addresses = asking.await.map_err(io::Error::other)??;
        if addresses.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(addresses) }
    }
}

impl Inner {
    fn find(&self, name: &str) -> Option<Answer> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn remember(&self, name: Box<str>, addresses: Vec<SocketAddr>) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= MAX_NAMES && !answers.contains_key(&name) {
            answers.clear();
        }
        answers.insert(name, Answer { addresses, at: self.clock.monotonic() });
    }
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<vec::IntoIter<SocketAddr>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolver = self.clone();
        Box::pin(async move { Ok(resolver.resolve(name.as_str()).await?.into_iter()) })
    }
}
