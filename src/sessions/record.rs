//! A session as the store keeps it, and what a store must do.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::BoxFuture;

use crate::clock::Timestamp;
use crate::principal::EndUserId;

/// The public name of a session: what its end user ends it by. It proves nothing.
pub type SessionName = Arc<str>;

/// Why a session cannot be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionsError {
    /// The store cannot be asked, or did not take it.
    #[error("the store is unavailable")]
    Unavailable,
}

/// Who is signed in, from where, until when.
pub struct Session {
    /// See [`SessionName`].
    pub name: SessionName,
    /// Whose it is.
    pub end_user: EndUserId,
    /// The plan that the proof of sign-in claimed.
    pub claimed_plan: Option<Arc<str>>,
    /// The tenant that it claimed.
    pub tenant: Option<Arc<str>>,
    /// The plan that the cookie was given out for.
    pub cookie_plan: Arc<str>,
    /// When that was.
    pub cookie_at: Timestamp,
    /// In a few words.
    pub device: String,
    /// When it began.
    pub created_at: Timestamp,
    /// It ends then, however much it is used.
    pub expires_at: Timestamp,
    /// The login provider's name in config, if it was signed in there.
    pub provider: Option<Arc<str>>,
    /// The provider's refresh token.
    pub grant: Option<Grant>,
    used_ms: AtomicU64,
    noted_ms: AtomicU64,
}

impl Session {
    /// A session as it was last used.
    #[expect(clippy::too_many_arguments, reason = "each is one column")]
    pub fn new(
        name: SessionName,
        end_user: EndUserId,
        (claimed_plan, tenant): Claims,
        (cookie_plan, cookie_at): (Arc<str>, Timestamp),
        device: String,
        (created_at, last_used_at, expires_at): (Timestamp, Timestamp, Timestamp),
        provider: Option<Arc<str>>,
        grant: Option<Grant>,
    ) -> Self {
        let used_ms = last_used_at.unix_ms();
        Self {
            name,
            end_user,
            claimed_plan,
            tenant,
            cookie_plan,
            cookie_at,
            device,
            created_at,
            expires_at,
            provider,
            grant,
            used_ms: AtomicU64::new(used_ms),
            noted_ms: AtomicU64::new(used_ms),
        }
    }

    /// When it was last used, as far as this process knows.
    pub fn last_used_at(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.used_ms.load(Ordering::Relaxed))
    }

    /// It is used now. `true`: the store should be told, because it was last told before `noted_before`.
    pub(super) fn used(&self, now: Timestamp, noted_before: Timestamp) -> bool {
        self.used_ms.fetch_max(now.unix_ms(), Ordering::Relaxed);
        let noted = self.noted_ms.load(Ordering::Relaxed);
        noted < noted_before.unix_ms()
            && self
                .noted_ms
                .compare_exchange(noted, now.unix_ms(), Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}

/// A provider's refresh token, sealed.
#[derive(Clone)]
pub struct Grant {
    /// Under the sign-in's [`GrantKey`](super::GrantKey).
    pub sealed: Vec<u8>,
    /// When it should be used next; `None`: the provider did not say, so only when the session ends.
    pub refresh_at: Option<Timestamp>,
    /// Since when it should have been and could not.
    pub unrefreshed_since: Option<Timestamp>,
}

/// A session by one of its ids.
pub struct Found {
    /// The hash of the id.
    pub hash: [u8; 32],
    /// The session.
    pub session: Arc<Session>,
    /// A browser has shown this id before.
    pub is_confirmed: bool,
    /// The session has another id that no browser has shown yet.
    pub is_being_renewed: bool,
    /// The id proves nothing from then on.
    pub ends_at: Option<Timestamp>,
    /// The sign-in's key, sealed under this id.
    pub key_sealed: Option<Vec<u8>>,
}

/// A sign-in.
pub struct NewSession {
    /// The session itself; its times are those of the beginning.
    pub session: Session,
    /// What the provider knows it by (`sid`).
    pub provider_session: Option<String>,
    /// The hash of the id that the browser gets.
    pub hash: [u8; 32],
    /// See [`Found::key_sealed`].
    pub key_sealed: Option<Vec<u8>>,
    /// The id that the browser had before: it ends.
    pub replaces: Option<[u8; 32]>,
    /// Sessions of one end user; beyond it, those that were not used for longest end.
    pub max_each: u32,
}

/// A new cookie for a session.
pub struct NewCookie {
    /// Which session.
    pub name: SessionName,
    /// The plan that it is given out for.
    pub plan: Arc<str>,
    /// The hash of the new id.
    pub hash: [u8; 32],
    /// See [`Found::key_sealed`].
    pub key_sealed: Option<Vec<u8>>,
    /// Now.
    pub at: Timestamp,
    /// Only if no other was given out since: so that of many requests at once, one gets it.
    pub unless_since: Timestamp,
}

/// The plan and the tenant that a provider claims for somebody.
pub type Claims = (Option<Arc<str>>, Option<Arc<str>>);

/// What came of a refresh token's use.
pub struct Refreshed {
    /// Which session.
    pub name: SessionName,
    /// The token to use next time.
    pub grant: Grant,
    /// What the provider says of plan and tenant now; `None`: nothing new.
    pub claims: Option<Claims>,
}

/// Which sessions end.
#[derive(Clone, Debug)]
pub enum Ended {
    /// One of an end user's.
    One(EndUserId, SessionName),
    /// All of an end user's.
    AllOf(EndUserId),
    /// Those of one session at a provider, or, without it, of one person there.
    OfProvider {
        /// The provider's name in config.
        provider: Arc<str>,
        /// Whose.
        end_user: Option<EndUserId>,
        /// The provider's own name for the session.
        session: Option<String>,
    },
}

/// Asked of a store. What changes something is durable when it returns.
pub trait Sessions: Send + Sync + 'static {
    /// Begins a session.
    ///
    /// # Errors
    /// [`SessionsError`], here and below: it may be done or not.
    fn begin(&self, new: NewSession) -> BoxFuture<'_, Result<(), SessionsError>>;

    /// The session that has this id and was not ended, and the revision of which it is known.
    fn find(&self, hash: [u8; 32]) -> BoxFuture<'_, Result<(Option<Found>, u64), SessionsError>>;

    /// The revision now, and the sessions that changed after another one.
    fn changed(&self, since: u64) -> BoxFuture<'_, Result<(u64, Vec<SessionName>), SessionsError>>;

    /// All of an end user's that are not ended, the last used first.
    fn list<'a>(&'a self, owner: &'a EndUserId) -> BoxFuture<'a, Result<Vec<Session>, SessionsError>>;

    /// A session was used.
    fn touch(&self, name: SessionName, at: Timestamp) -> BoxFuture<'_, Result<(), SessionsError>>;

    /// A browser has shown a new id: the others of its session end at `others_end_at`.
    fn confirm(&self, hash: [u8; 32], others_end_at: Timestamp) -> BoxFuture<'_, Result<(), SessionsError>>;

    /// Adds an id to a session. `false`: another one was added meanwhile, or the session has ended.
    fn renew(&self, cookie: NewCookie) -> BoxFuture<'_, Result<bool, SessionsError>>;

    /// Ends sessions. Gives how many.
    fn end(&self, which: Ended, at: Timestamp) -> BoxFuture<'_, Result<u64, SessionsError>>;

    /// Takes the right to use a session's refresh token until `until`. `None`: another has it, or the session has
    /// ended; else the grant as it is now.
    fn claim_refresh(
        &self,
        name: SessionName,
        at: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<Option<Grant>, SessionsError>>;

    /// Writes down what came of it.
    fn refreshed(&self, refreshed: Refreshed) -> BoxFuture<'_, Result<(), SessionsError>>;

    /// Forgets what has ended or expired before this. Gives how many, of at most some thousands.
    fn forget(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, SessionsError>>;
}
