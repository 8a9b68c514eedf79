//! Tunes: make one, read, change, and delete one's own. A shared one can be read in part.

mod create;
mod run_pack;
mod update;

use http::{Method, StatusCode};

use super::shown::{done, failed, own_tune, read_tune, show_tune, view_on};
use crate::ask::ask;
use crate::call::{Answer, Call};
use crate::objects::Tune;
use crate::operation::Operation;
use crate::ownership::Usable;
use crate::params::{Value, parse_query};
use crate::reply;
use crate::upstream::{Path, UpstreamError, UpstreamRequest};

pub use create::create;
pub use run_pack::run_pack;
pub use update::update;

/// `GET /tunes/{id}`
pub async fn get(call: Call) -> Answer {
    let id = read_tune(&call, "id")?;
    if let Some(shared) = call.state.rules.shared.find(id) {
        // Its maker may be an end user: own is more than shared.
        return match own_tune(&call, id).await {
            Ok(held) => show_tune(&call, &held).await,
            Err(_) => get_shared(&call, Usable::Shared(shared)).await,
        };
    }
    let held = own_tune(&call, id).await?;
    show_tune(&call, &held).await
}

async fn get_shared(call: &Call, tune: Usable) -> Answer {
    let operation = Operation::GetTune;
    let request = UpstreamRequest::get(operation, Path::new().literal("tunes").tune(tune));
    let reply = ask(&call.state, &call.facts, &call.who.account, request).await;
    let reply = reply.map_err(|error| failed(&error, operation))?;
    let unreadable = || failed(&UpstreamError::Unreadable, operation);
    let found = Tune::find(&reply).filter(|found| found.id == tune.id()).ok_or_else(unreadable)?;
    let view = view_on(&call.state, &call.who.account.key, None);
    Ok(reply::json_bytes(StatusCode::OK, found.show_shared(&view).into()))
}

/// `DELETE /tunes/{id}`. What was made on it stays its owner's until Astria does not have it any more.
pub async fn delete(call: Call) -> Answer {
    let operation = Operation::DeleteTune;
    let held = own_tune(&call, read_tune(&call, "id")?).await?;
    let path = Path::new().literal("tunes").own_tune(held.owned);
    let request = UpstreamRequest::bare(operation, Method::DELETE, path);
    let answer = ask(&call.state, &call.facts, &call.who.account, request).await;
    if matches!(answer, Ok(_) | Err(UpstreamError::NotFound)) {
        call.state.ownership.index().forget(&call.who.account.key, held.record.object).await?;
    }
    answer.map_err(|error| failed(&error, operation))?;
    Ok(done(call.state.config.replies.delete_tune_status, "Tune successfully deleted"))
}

/// `GET /gallery/tunes`, `GET /gallery.json`: what Astria shows to everybody, in part.
pub async fn gallery(call: Call) -> Answer {
    let operation = Operation::ListGalleryTunes;
    let sent = parse_query(call.query(), &call.state.param_limits)?;
    let (mut query, mut dropped) = (Vec::new(), Vec::new());
    for (name, value) in sent.root {
        let number = match value {
            Value::Text(text) => text.parse::<u64>().ok(),
            _ => None,
        };
        match (name.as_str(), number) {
            ("offset", Some(offset)) if offset <= 200 => query.push(("offset", offset.to_string())),
            ("limit", Some(limit)) if limit > 0 => query.push(("limit", limit.min(120).to_string())),
            _ => dropped.push(name),
        }
    }
    let path = Path::new().literal("gallery/tunes");
    let request = UpstreamRequest::get(operation, path).query(&query);
    let reply = ask(&call.state, &call.facts, &call.who.account, request).await;
    let reply = reply.map_err(|error| failed(&error, operation))?;
    let tunes = Tune::find_all(&reply).ok_or_else(|| failed(&UpstreamError::Unreadable, operation))?;
    let view = view_on(&call.state, &call.who.account.key, None);
    let mut list = vec![b'['];
    for tune in tunes {
        if list.len() > 1 {
            list.push(b',');
        }
        list.extend(tune.show_shared(&view));
    }
    list.push(b']');
    let mut reply = reply::json_bytes(StatusCode::OK, list.into());
    reply::name_dropped(&mut reply, &dropped);
    Ok(reply)
}
