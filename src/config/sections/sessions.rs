//! How sessions are kept in browsers, and for how long.

use serde::{Deserialize, Serialize};

/// When a browser sends the cookie with requests that another site began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SameSite {
    /// Only when a link of theirs leads here.
    #[default]
    Lax,
    /// Never.
    Strict,
}

section! {
    /// `[sessions]`: sign-ins that a browser holds by a cookie.
    Sessions {
        /// Let tokens be exchanged for sessions.
        enabled: bool = true,
        /// Seconds without a request after which a session has ended.
        idle_s: u64 = 86_400,
        /// Seconds after which it has, however much it is used.
        max_s: u64 = 1_209_600,
        /// Sessions of one end user; a further one ends the one that was not used for longest.
        max_per_user: u32 = 20,
        /// See [`SameSite`].
        same_site: SameSite = SameSite::Lax,
        /// Cookies without `Secure`, for plain HTTP on this machine.
        insecure_http: bool = false,
    }
}
