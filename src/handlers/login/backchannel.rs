//! `POST /gateway/login/{provider}/backchannel`: a provider says that somebody has signed out there.
//!
//! Source: OpenID Connect Back-Channel Logout 1.0 sections 2.5 to 2.8 (read 2026-11-22).

use std::sync::Arc;

use http::StatusCode;
use http::header::CONTENT_TYPE;

use super::failed;
use super::returned::unreadable;
use crate::call::{Answer, Call, Visitor};
use crate::handlers::session::check_enabled;
use crate::middleware::read_body::read_body;
use crate::principal::EndUserId;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::sessions::Ended;

/// See the module. The sessions have ended when it answers.
pub async fn receive(call: Call<Visitor>) -> Answer {
    check_enabled(&call.state)?;
    let (call, body) = call.split();
    let (name, provider) =
        call.state.providers.get(call.path.get("provider")).ok_or_else(Problem::not_found)?;
    let is_form = call.headers().get(CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes().to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded")
    });
    if !is_form {
        return Err(unreadable());
    }
    let body = read_body(&call.state, &call.facts, call.headers(), body).await?;
    let mut tokens = form_urlencoded::parse(&body.bytes).filter(|(name, _)| name == "logout_token");
    let (Some((_, token)), None) = (tokens.next(), tokens.next()) else { return Err(unreadable()) };
    let said =
        provider.verify_logout_token(&token).await.map_err(|error| failed(&call.state, name, &error))?;
    let end_user = said
        .subject
        .as_ref()
        .map(|subject| EndUserId { issuer: Arc::from(&*said.issuer), subject: Arc::from(&**subject) });
    let session = said.provider_session.clone();
    let which = Ended::OfProvider { provider: Arc::clone(name), end_user, session };
    let ended = call.state.sessions.end(which).await?;
    provider.logged_out(&said);
    (0..ended).for_each(|_| call.state.metrics.session("signed_out_at_provider"));
    let mut reply = Reply::default();
    *reply.status_mut() = StatusCode::OK;
    Ok(reply)
}
