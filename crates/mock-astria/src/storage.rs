//! The storage host: the second listener, to which the addresses of pictures redirect.
//!
//! It asks for no key, as such hosts do not: the signature in the address is all, and it is not checked here. What it
//! remembers of each request shows whether the key was sent to it all the same.

use std::sync::Arc;
use std::time::Instant;

use http::{Request, Response};
use hyper::body::Incoming;

use crate::app::joined;
use crate::recording::StorageRequest;
use crate::reply::{self, Body, Reply, ServerNoise};
use crate::state::Shared;
use crate::stored;

/// Answers one request. Cancel safe.
pub(crate) fn answer(shared: &Arc<Shared>, request: &Request<Incoming>) -> Response<Body> {
    let started = Instant::now();
    let (method, path) = (request.method().as_str(), request.uri().path());
    let headers = joined(request.headers());
    let content = {
        let mut state = shared.lock();
        state.storage_log.push_back(StorageRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            headers: headers.clone(),
        });
        while state.storage_log.len() > shared.settings.max_requests {
            state.storage_log.pop_front();
        }
        state.stored.clone()
    };
    let reply = match (method, stored::key(path)) {
        ("GET" | "HEAD", Some(key)) => stored::answer(&content, key, &headers, false),
        _ => Reply::page(403, "Forbidden"),
    };
    let noise = ServerNoise { serial: shared.next_serial(), runtime_s: started.elapsed().as_secs_f64() };
    reply::finish(&reply, reply.bytes(), &noise)
}
