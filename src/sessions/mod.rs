//! Sessions: an opaque cookie stands for a sign-in, so that no token need live in a browser.
//!
//! A cookie holds 256 random bits and nothing else; the store knows their hash. What the store has of a session can
//! therefore open none, and what it has of a provider's refresh token is sealed under a key that only the cookie opens.
//! A session ends when its end user, its provider, the operator or time says so, and every process hears of it within
//! half a second ([`LiveSessions`]).
//!
//! What it does *not* do: it reads no cookie and writes none, and it does not know who may sign in; the edge does.

mod csrf;
mod device;
mod id;
mod live;
mod record;
mod renewals;
mod sealed;

pub use csrf::{CsrfTokens, TokenOf};
pub use device::device;
pub use id::SessionId;
pub use live::{LiveSessions, Rules, keep_sessions};
pub use record::{
    Claims, Ended, Found, Grant, NewCookie, NewSession, Refreshed, Session, SessionName, Sessions,
    SessionsError,
};
pub use renewals::{AGAIN_AFTER, Outcome, Renewals};
pub use sealed::GrantKey;
