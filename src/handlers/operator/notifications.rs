//! `GET /operator/notifications`, `POST /operator/notifications/replay`.

use http::StatusCode;
use serde::Deserialize;

use super::asked::{self, Asked};
use crate::auth::OperatorName;
use crate::call::{Answer, Call};
use crate::notifications::Listing;
use crate::operate::{self, read_list_state};
use crate::reply;

/// `GET /operator/notifications?state=given_up&endpoint=&after=&limit=`
pub async fn notifications(call: Call<OperatorName>) -> Answer {
    let mut asked = Asked::read(&call)?;
    let listing = Listing {
        state: read_list_state(asked.text("state")?.as_deref())?,
        endpoint: asked.text("endpoint")?,
        after: asked.after()?.unwrap_or_default(),
        limit: asked.limit()?,
    };
    asked.end()?;
    Ok(reply::json(StatusCode::OK, &operate::notifications(&call.state, listing).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    ids: Vec<String>,
    endpoint: Option<String>,
    reason: String,
}

/// `POST /operator/notifications/replay`: those of these ids, or all of an endpoint, that were given up are sent again.
pub async fn replay(call: Call<OperatorName>) -> Answer {
    let (call, Wanted { ids, endpoint, reason }) = asked::body(call).await?;
    let replayed = operate::replay(&call.state, call.who.as_str(), ids, endpoint, &reason).await?;
    Ok(reply::json(StatusCode::OK, &replayed))
}
