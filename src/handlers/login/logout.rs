//! `POST /gateway/logout`: signs out here, and says where to go to sign out at the provider.

use http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::see_other;
use crate::call::{Answer, Call, Proof};
use crate::handlers::session::{check_enabled, end_session, signed_out};
use crate::headers::SEC_FETCH_MODE;
use crate::middleware::read_params::read_params;
use crate::reply;
use crate::sign_in::revoke;

/// See the module. A form's browser is led there; a script is told the address.
pub async fn log_out(call: Call) -> Answer {
    check_enabled(&call.state)?;
    let (call, body) = call.split();
    if body.is_owed() {
        // Its parameters must prove that a page of ours sent it.
        read_params(&call.state, &call.facts, &call.head.headers, body).await?;
    }
    let mut logout_url = None;
    if let Proof::Session(found) = &call.who.proof {
        end_session(&call.state, &call.who, &found.session.name).await?;
        if let Some(id) = call.who.cookies.as_ref().and_then(|cookies| cookies.session.as_ref()?.as_ref()) {
            revoke(&call.state, found, id);
        }
        let provider = found.session.provider.as_deref().and_then(|name| call.state.providers.get(name));
        logout_url =
            provider.and_then(|(_, provider)| provider.logout_url(&Uuid::new_v4().simple().to_string()));
    }
    let is_navigation = call.headers().get(SEC_FETCH_MODE).is_some_and(|mode| mode == "navigate");
    let answer = if is_navigation {
        see_other(logout_url.as_ref().map_or(&*call.state.config.login.signed_out_path, url::Url::as_str))?
    } else {
        let url = logout_url.as_ref().map(url::Url::as_str);
        reply::json(StatusCode::OK, &json!({ "logout_url": url }))
    };
    Ok(signed_out(&call, answer))
}
