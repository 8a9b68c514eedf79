//! The cookies that the gateway knows: reads them from a request, and writes what a browser is to keep.
//!
//! A `__Host-` cookie comes from this very host over TLS, whatever other hosts of the same site set. For plain HTTP on
//! one's own machine it has another name, since browsers would not take it.
//!
//! - Reads: `Cookie`.
//! - Answers: `bad_request` for two cookies of one name that differ: nobody could say which was meant.

use std::time::Duration;

use cookie::{Cookie, SameSite};
use http::header::{COOKIE, HeaderMap, HeaderValue};

use crate::config;
use crate::problem::{Code, Problem};
use crate::sessions::SessionId;

/// Which cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind {
    /// A session's id.
    Session,
    /// Who a guest is, signed.
    Guest,
}

impl CookieKind {
    /// Its name, which depends on whether it is kept for TLS.
    pub const fn name(self, config: &config::Sessions) -> &'static str {
        match (self, config.insecure_http) {
            (Self::Session, false) => "__Host-astria_session",
            (Self::Session, true) => "astria_session",
            (Self::Guest, false) => "__Host-astria_guest",
            (Self::Guest, true) => "astria_guest",
        }
    }
}

/// What a browser sent of it. It has no `Debug`: whoever reads it is signed in.
#[derive(Default)]
pub struct Cookies {
    /// The session's id, if there was a cookie of that name; inside: if it can be one.
    pub session: Option<Option<SessionId>>,
    /// The guest's cookie, as it came.
    pub guest: Option<String>,
}

impl Cookies {
    /// Whether there was none that the gateway knows.
    pub const fn is_empty(&self) -> bool {
        self.session.is_none() && self.guest.is_none()
    }

    /// Those that a sign-in replaces.
    #[must_use]
    pub fn for_sign_in(&self) -> Self {
        let session =
            self.session.as_ref().map(|id| id.as_ref().and_then(|id| SessionId::parse(&id.expose())));
        Self { session, guest: self.guest.clone() }
    }

    /// Reads them. Costs nothing where there are no cookies.
    ///
    /// # Errors
    /// See the module.
    pub fn read(config: &config::Sessions, headers: &HeaderMap) -> Result<Self, Problem> {
        let session = one(headers, CookieKind::Session.name(config))?;
        let guest = one(headers, CookieKind::Guest.name(config))?;
        Ok(Self { session: session.map(SessionId::parse), guest: guest.map(str::to_owned) })
    }
}

/// The cookie of a name.
///
/// # Errors
/// There are two that differ.
pub fn one<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, Problem> {
    let mut found = None;
    for (of, value) in pairs(headers) {
        if of == name && found.replace(value).is_some_and(|before| before != value) {
            return Err(Problem::new(Code::BadRequest, "Send each cookie once."));
        }
    }
    Ok(found)
}

/// All cookies of a request, as they came.
pub fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    // Ours hold nothing that is encoded, and a name that is written in another way is not ours.
    texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim_matches([' ', '\t']).split_once('='))
}

/// Tells a browser to keep a cookie: no script reads it, and it goes nowhere else.
pub fn keep(config: &config::Sessions, name: &str, value: String, keep_for: Duration) -> Option<HeaderValue> {
    let max_age_s = i64::try_from(keep_for.as_secs()).unwrap_or(i64::MAX);
    written(config, name, value, max_age_s, same_site(config))
}

/// The same for what must come back when another site leads here, as a login provider does.
pub fn keep_for_return(
    config: &config::Sessions,
    name: &str,
    value: String,
    keep_for: Duration,
) -> Option<HeaderValue> {
    let max_age_s = i64::try_from(keep_for.as_secs()).unwrap_or(i64::MAX);
    written(config, name, value, max_age_s, SameSite::Lax)
}

/// Tells a browser to forget a cookie.
pub fn forget(config: &config::Sessions, name: &str) -> Option<HeaderValue> {
    written(config, name, String::new(), 0, same_site(config))
}

const fn same_site(config: &config::Sessions) -> SameSite {
    match config.same_site {
        config::SameSite::Lax => SameSite::Lax,
        config::SameSite::Strict => SameSite::Strict,
    }
}

fn written(
    config: &config::Sessions,
    name: &str,
    value: String,
    max_age_s: i64,
    same_site: SameSite,
) -> Option<HeaderValue> {
    let cookie = Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .secure(!config.insecure_http)
        .same_site(same_site)
        .max_age(cookie::time::Duration::seconds(max_age_s))
        .build();
    let mut value = HeaderValue::try_from(cookie.to_string()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// What the cookies of sign-ins under way at login providers begin with.
pub const fn login_prefix(config: &config::Sessions) -> &'static str {
    if config.insecure_http { "astria_login_" } else { "__Host-astria_login_" }
}

/// Sign-ins that a browser has begun: name and value. It sends back at most as many as heads have room for.
pub fn login_cookies(config: &config::Sessions, headers: &HeaderMap) -> Vec<(String, String)> {
    let prefix = login_prefix(config);
    let ours = pairs(headers).filter(|(name, _)| name.starts_with(prefix));
    ours.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
