//! What a request offers as proof of who is calling, and what that proves.
//!
//! Two steps, because the address limit stands between them: [`Credentials::read`] is cheap and tells a valid service
//! key, which is exempt from the limit, from everything else; [`Credentials::prove`] verifies tokens.
//!
//! - Reads: `Authorization`, `Gateway-End-User`.
//! - Answers: `unauthenticated`, `invalid_token`, `auth_unavailable`, and `bad_request` for two `Authorization`
//!   headers, for `Gateway-End-User` from anybody but a service, and for a service without exactly one fit
//!   `Gateway-End-User`.

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName};

use crate::auth::{Authenticator, EndUserName, ServiceKey, bearer};
use crate::operation::Operation;
use crate::principal::Principal;
use crate::problem::{Code, Problem};

/// For whom a service acts.
pub const GATEWAY_END_USER: HeaderName = HeaderName::from_static("gateway-end-user");

/// See the module.
pub struct Credentials<'a>(Offer<'a>);

enum Offer<'a> {
    /// No `Authorization` at all.
    Nothing,
    /// A bearer credential that is no valid service key.
    Token(&'a str),
    Service(&'a ServiceKey, EndUserName<'a>),
    /// A valid service key, and nobody to act for.
    ServiceForNobody,
    /// `Authorization` of another scheme, or no token in it.
    Unreadable,
    TwoAuthorizations,
    /// `Gateway-End-User` without a service key.
    EndUserOfStranger,
}

impl<'a> Credentials<'a> {
    /// Costs one SHA-256 if a service key is offered, else next to nothing.
    pub fn read(authenticator: &'a Authenticator, headers: &'a HeaderMap) -> Self {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let Some(value) = values.next() else {
            let is_stranger = headers.contains_key(GATEWAY_END_USER);
            return Self(if is_stranger { Offer::EndUserOfStranger } else { Offer::Nothing });
        };
        if values.next().is_some() {
            return Self(Offer::TwoAuthorizations);
        }
        let Some(token) = bearer(value.as_bytes()) else { return Self(Offer::Unreadable) };
        if let Some(key) = authenticator.service_keys().find(token) {
            let mut names = headers.get_all(GATEWAY_END_USER).iter();
            let name = names.next().and_then(|name| EndUserName::parse(name.as_bytes()));
            return Self(match (name, names.next()) {
                (Some(name), None) => Offer::Service(key, name),
                _ => Offer::ServiceForNobody,
            });
        }
        // A wrong service key is told that it is wrong, as a wrong token is, whatever else it sends.
        if headers.contains_key(GATEWAY_END_USER) && !crate::auth::is_service_key(token) {
            return Self(Offer::EndUserOfStranger);
        }
        Self(Offer::Token(token))
    }

    /// Whether nothing is offered at all, so that a cookie may prove who it is.
    pub const fn is_nothing(&self) -> bool {
        matches!(self.0, Offer::Nothing)
    }

    /// Whether this is a service that proved itself, whose address is not to be charged.
    pub const fn is_service(&self) -> bool {
        matches!(self.0, Offer::Service(..) | Offer::ServiceForNobody)
    }

    /// The principal, for a route with this operation. Guests, if there are any, reach what costs nothing.
    ///
    /// # Errors
    /// See the module.
    ///
    /// Cancel safe.
    pub async fn prove(
        self,
        authenticator: &Authenticator,
        operation: Option<Operation>,
    ) -> Result<Principal, Problem> {
        let bad = |detail: &'static str| Err(Problem::new(Code::BadRequest, detail));
        match self.0 {
            Offer::Token(token) => Ok(authenticator.verify(token).await?),
            Offer::Service(key, end_user) => Ok(key.act_for(&end_user)),
            Offer::Nothing => match authenticator.guest() {
                Some(guest) if !operation.is_some_and(Operation::creates_cost) => Ok(guest.clone()),
                _ => Err(Problem::unauthenticated()),
            },
            Offer::Unreadable => Err(Problem::unauthenticated()),
            Offer::TwoAuthorizations => bad("Send one Authorization header."),
            Offer::EndUserOfStranger => bad("Gateway-End-User is for services with a key of their own."),
            Offer::ServiceForNobody => {
                bad("Name the end user in one Gateway-End-User header: 1 to 255 visible ASCII characters.")
            }
        }
    }
}
