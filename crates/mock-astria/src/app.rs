//! One request from its parameters to its reply: read, record, fail if asked to, authenticate, act.
//!
//! The order is the upstream's: an unknown path is 404 whatever the key, unreadable parameters are 400 whatever the key, and
//! only then the key counts. It does not know sockets, beyond the switch that cuts one.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::calling::Calling;
use crate::faults::{self, Fault};
use crate::rails_params::{self, Parsed};
use crate::recording::{self, RecordedRequest};
use crate::reply::{self, Body, Content, Reply, ServerNoise};
use crate::router::{self, Action, Route};
use crate::state::Shared;
use crate::wire::CutSwitch;
use crate::{
    blobs, changes, control, create_prompt, create_tune, duplicate, inspection, jobs, listing, money,
    pack_run, packs, themes,
};

/// Answers one request. Not cancel safe: a request may be processed and its reply lost, as with the real one.
pub(crate) async fn answer(
    shared: &Arc<Shared>,
    switch: &CutSwitch,
    request: Request<Incoming>,
) -> Response<Body> {
    let started = Instant::now();
    let (head, body) = request.into_parts();
    let noise = |started: Instant| ServerNoise {
        serial: shared.next_serial(),
        runtime_s: started.elapsed().as_secs_f64(),
    };
    let Ok(body) = Limited::new(body, shared.settings.max_body_bytes).collect().await else {
        return send(&Reply::page(413, "Payload Too Large"), None, switch, &noise(started));
    };
    let body = body.to_bytes();
    let (method, path) = (head.method.as_str(), head.uri.path());
    if path.starts_with(control::PREFIX) && path != control::REDIRECT_TARGET {
        return send(&control::answer(shared, method, path, &body), None, switch, &noise(started));
    }
    let headers = joined(&head.headers);
    let query = head.uri.query().unwrap_or_default();
    let read = read(method, path, query, &headers, &body);
    let fault = record(shared, method, path, query, headers.clone(), &read);
    let reply = match fault {
        Some(Fault::Delay(pause)) => process_later(shared, pause, path, headers, read).await,
        _ => match fault.and_then(|fault| refusal(shared, fault)) {
            Some(refusal) => refusal,
            None => {
                let calling = Calling::of(fault);
                let reply = process(shared, path, &headers, read, &calling);
                jobs::finish_before_reply(shared, &calling).await;
                reply
            }
        },
    };
    let reply = match fault {
        Some(Fault::Status500AfterProcessing) => Reply::page(500, "We're sorry, but something went wrong"),
        Some(Fault::Status504AfterProcessing) => Reply::page(504, "Gateway Timeout"),
        Some(Fault::KeyInBody) => with_key(reply, head.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes)),
        Some(Fault::HugeHeaders) => {
            (0..300).fold(reply, |reply, _| reply.header("x-padding", "p".repeat(4096)))
        }
        _ => reply,
    };
    send(&reply, fault, switch, &noise(started))
}

type Read = Option<(Route, Result<Parsed, rails_params::RailsError>)>;

/// `Ok(None)`: no such route. `Err`: refused outside of the application.
fn read(
    method: &str,
    path: &str,
    query: &str,
    headers: &BTreeMap<String, String>,
    body: &[u8],
) -> Result<Read, rails_params::RailsError> {
    let unrouted = rails_params::read(
        method,
        query,
        header(headers, "content-type"),
        header(headers, "x-http-method-override"),
        body,
    )?;
    let Some(route) = router::recognise(&unrouted.method, path) else { return Ok(None) };
    let parsed = unrouted.with_path_params(&route.path_params);
    Ok(Some((route, parsed)))
}

/// Remembers the request and takes the fault that it hits, under one lock.
fn record(
    shared: &Shared,
    method: &str,
    path: &str,
    query: &str,
    headers: BTreeMap<String, String>,
    read: &Result<Read, rails_params::RailsError>,
) -> Option<Fault> {
    let (params, files) = match read {
        Ok(Some((_, Ok(parsed)))) => recording::describe(parsed),
        _ => (json!({}), Vec::new()),
    };
    let request = RecordedRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        params,
        files,
    };
    let template = match read {
        Ok(Some((route, _))) => route.template,
        _ => "",
    };
    let mut state = shared.lock();
    *state.counts.entry((method.to_owned(), template.to_owned())).or_default() += 1;
    state.log.push(request);
    faults::take(&mut state.faults, method, path)
}

/// The reply of a fault that keeps the request from being processed.
fn refusal(shared: &Shared, fault: Fault) -> Option<Reply> {
    Some(match fault {
        Fault::Status500 => Reply::page(500, "We're sorry, but something went wrong"),
        Fault::Status429 => Reply::error(429, "Too many requests").header("retry-after", "1".to_owned()),
        Fault::Status401 => Reply::denied(),
        Fault::Status402 => Reply::error(402, "The account may not pay for this"),
        Fault::Status403 => Reply::error(403, "Forbidden"),
        Fault::Status422 => Reply::json(
            422,
            json!({ "text": ["is too short"], "num_images": ["must be less than 9"], "trace": { "line": 1 } }),
        ),
        Fault::Page200 => Reply::page(200, "Sign in to this network"),
        Fault::Redirect => Reply::page(302, "Found")
            .header("location", format!("{}{}", shared.base_url, control::REDIRECT_TARGET)),
        _ => return None,
    })
}

/// Processes in a task of its own: a client that gives up waiting does not stop the real upstream either.
async fn process_later(
    shared: &Arc<Shared>,
    pause: Duration,
    path: &str,
    headers: BTreeMap<String, String>,
    read: Result<Read, rails_params::RailsError>,
) -> Reply {
    let (job_shared, path) = (Arc::clone(shared), path.to_owned());
    let stop = shared.stop.clone();
    let job = shared.tasks.spawn(async move {
        stop.run_until_cancelled(tokio::time::sleep(pause)).await?;
        Some(process(&job_shared, &path, &headers, read, &Calling::Once))
    });
    job.await.ok().flatten().unwrap_or_else(|| Reply::page(503, "Stopped"))
}

fn process(
    shared: &Arc<Shared>,
    path: &str,
    headers: &BTreeMap<String, String>,
    read: Result<Read, rails_params::RailsError>,
    calling: &Calling,
) -> Reply {
    let (route, parsed) = match read {
        Err(error) => return Reply::page(error.status, "We're sorry, but something went wrong"),
        Ok(None) if path == control::REDIRECT_TARGET => return Reply::json(200, json!({ "followed": true })),
        Ok(None) => return Reply::page(404, "The page you were looking for doesn't exist"),
        Ok(Some((_, Err(error)))) => return Reply::page(error.status, "The request could not be read"),
        Ok(Some((route, Ok(parsed)))) => (route, parsed),
    };
    if !authorised(shared, headers) {
        return Reply::denied();
    }
    let tune_in_path = route.path_params.iter().any(|(name, _)| name == "tune_id");
    match route.action {
        Action::ListPacks => packs::list(shared, &parsed),
        Action::ListGalleryPacks => packs::gallery(shared, &parsed),
        Action::ShowPack => packs::show(shared, &parsed),
        Action::RunPack => pack_run::run(shared, &parsed, calling),
        Action::Inspect => inspection::inspect(&parsed),
        Action::CreateTune => create_tune::create(shared, &parsed, calling),
        Action::ListTunes => listing::tunes(shared, &parsed, false),
        Action::ListGalleryTunes => listing::tunes(shared, &parsed, true),
        Action::ShowTune => listing::tune(shared, &parsed),
        Action::UpdateTune => changes::update_tune(shared, &parsed),
        Action::DeleteTune => changes::delete_tune(shared, &parsed),
        Action::CreatePrompt => create_prompt::create(shared, &parsed, calling),
        Action::ListPrompts => listing::prompts(shared, &parsed, tune_in_path),
        Action::ShowPrompt => listing::prompt(shared, &parsed),
        Action::UpdatePrompt => changes::update_prompt(shared, &parsed),
        Action::DeletePrompt => changes::delete_prompt(shared, &parsed),
        Action::Like => changes::like(shared, &parsed),
        Action::DuplicatePrompt => duplicate::create(shared, &parsed, calling),
        Action::CreateTheme => themes::create(shared, &parsed),
        Action::RedirectBlob => blobs::redirect(shared, &parsed),
        Action::ShowAccount => money::show(shared),
        Action::ProxyBlob => blobs::proxy(shared, &parsed, headers),
    }
}

fn authorised(shared: &Shared, headers: &BTreeMap<String, String>) -> bool {
    let key = header(headers, "authorization").and_then(|value| value.strip_prefix("Bearer "));
    let workspace = header(headers, "x-workspace-id");
    let credentials = shared.credentials.lock().unwrap_or_else(PoisonError::into_inner);
    credentials.iter().any(|(accepted, wanted)| {
        key == Some(accepted) && wanted.as_deref().is_none_or(|wanted| workspace == Some(wanted))
    })
}

/// Names in lower case, repeated ones joined, as Puma does.
pub(crate) fn joined(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut joined = BTreeMap::<String, String>::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        joined
            .entry(name.as_str().to_owned())
            .and_modify(|before| {
                before.push_str(", ");
                before.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    joined
}

/// A header as Rack sees it: an underscore is as good as a hyphen.
fn header<'a>(headers: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    headers.get(name).or_else(|| headers.get(&name.replace('-', "_"))).map(String::as_str)
}

/// The key where no reply may have it: in a text that clients show, in a field of its own, in a header.
fn with_key(reply: Reply, authorization: Option<&[u8]>) -> Reply {
    let text = String::from_utf8_lossy(authorization.unwrap_or_default());
    let key = text.strip_prefix("Bearer ").unwrap_or(&text).to_owned();
    let mut reply = reply.header("x-debug-key", key.clone());
    if let Content::Json(value) = &mut reply.content {
        let object = match value {
            Value::Array(items) => items.first_mut(),
            other => Some(other),
        };
        if let Some(Value::Object(object)) = object {
            let shown =
                ["text", "title", "name", "error"].into_iter().find(|name| object.contains_key(*name));
            if let Some(name) = shown {
                object.insert(name.to_owned(), json!(format!("leaked {key}")));
            }
            object.insert("debug_key".to_owned(), json!(key));
        }
    }
    reply
}

fn send(reply: &Reply, fault: Option<Fault>, switch: &CutSwitch, noise: &ServerNoise) -> Response<Body> {
    let mut bytes: Bytes = reply.bytes();
    match fault {
        Some(Fault::CutBeforeReply) => switch.cut_now(),
        Some(Fault::CutMidReply) => match &reply.content {
            Content::Pieces(pieces) => switch.cut_after_head(pieces.size_bytes() / 2),
            _ => switch.cut_after_head(bytes.len() / 2),
        },
        Some(Fault::BrokenJson) => bytes.truncate(bytes.len() / 2),
        _ => {}
    }
    reply::finish(reply, bytes, noise)
}
