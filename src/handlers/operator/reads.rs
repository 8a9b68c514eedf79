//! `GET /operator/users`, `/operator/user`, `/operator/reservations`, `/operator/audit`.

use http::StatusCode;

use super::asked::Asked;
use crate::auth::OperatorName;
use crate::call::{Answer, Call};
use crate::operate;
use crate::people::{HeldState, PeopleError, ReservationQuery, Search};
use crate::reply;

/// `GET /operator/users?search=&issuer=&after=&limit=`
pub async fn users(call: Call<OperatorName>) -> Answer {
    let mut asked = Asked::read(&call)?;
    let search = Search {
        text: asked.text("search")?.unwrap_or_default(),
        issuer: asked.text("issuer")?,
        after: asked.after()?.unwrap_or_default(),
        limit: asked.limit()?,
    };
    asked.end()?;
    Ok(reply::json(StatusCode::OK, &operate::users(&call.state, &search).await?))
}

/// `GET /operator/user?issuer=&subject=`
pub async fn user(call: Call<OperatorName>) -> Answer {
    let mut asked = Asked::read(&call)?;
    let (issuer, subject) = (asked.text("issuer")?, asked.text("subject")?.unwrap_or_default());
    asked.end()?;
    let id = operate::end_user(&call.state.config, issuer.as_deref(), &subject)?;
    Ok(reply::json(StatusCode::OK, &operate::user(&call.state, &id).await?))
}

/// `GET /operator/reservations?state=open,unknown,presumed&after=&limit=`
pub async fn reservations(call: Call<OperatorName>) -> Answer {
    let mut asked = Asked::read(&call)?;
    let states = match asked.text("state")? {
        None => HeldState::ALL.to_vec(),
        Some(text) => text.split(',').map(read_state).collect::<Result<_, _>>()?,
    };
    let query = ReservationQuery { states, after: asked.after()?.unwrap_or_default(), limit: asked.limit()? };
    asked.end()?;
    Ok(reply::json(StatusCode::OK, &operate::reservations(&call.state, &query).await?))
}

fn read_state(text: &str) -> Result<HeldState, PeopleError> {
    HeldState::parse(text)
        .ok_or(PeopleError::Word("state", "open, unknown, presumed, or several with commas"))
}

/// `GET /operator/audit?after=&limit=`
pub async fn audit(call: Call<OperatorName>) -> Answer {
    let mut asked = Asked::read(&call)?;
    let (after, limit) = (asked.after()?, asked.limit()?);
    asked.end()?;
    Ok(reply::json(StatusCode::OK, &operate::audit(&call.state, after, limit).await?))
}
