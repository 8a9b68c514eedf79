//! Reads a request's parameters: a whole body in memory, or an upload that spools its files to disk.
//!
//! Where only a parameter can prove that a request came from a page of ours, it is looked for here, before anybody has the
//! tree.
//!
//! - Answers: `csrf_refused`; as `read_body`; `bad_body`, `unsupported_media_type`, `photo_refused`, `body_too_large` for a photo.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};

use super::csrf::AUTHENTICITY_TOKEN;
use super::read_body::{ReceivedBody, pace, read_open};
use crate::call::{Facts, LimitedBody};
use crate::intake::{IntakeError, Share};
use crate::params::{
    BodyKind, ParamLimits, Params, SpoolRules, Value, body_kind, parse_body, spool_multipart,
};
use crate::photo::admit_spooled;
use crate::problem::{Code, Problem};
use crate::state::AppState;

/// A tune brings its prompts along, each with its own parameters.
const MAX_PARAMS_OF_UPLOADS: usize = 2_000;

/// The tree of a whole body and its place in the memory for bodies, to be held until the call upstream has ended.
///
/// Cancel safe: nothing was sent anywhere.
///
/// # Errors
/// The refusal.
pub async fn read_params(
    state: &AppState,
    facts: &Facts,
    headers: &HeaderMap,
    body: LimitedBody,
) -> Result<(Params, Share), Problem> {
    read_within(state, facts, headers, body, &state.param_limits).await
}

/// The same for uploads with many photos: in a multipart body they go to disk one after the other, each judged by
/// its header.
///
/// Cancel safe: what was spooled is gone with it.
///
/// # Errors
/// The refusal.
pub async fn read_upload(
    state: &AppState,
    facts: &Facts,
    headers: &HeaderMap,
    body: LimitedBody,
) -> Result<(Params, Share), Problem> {
    let limits = ParamLimits { max_params: MAX_PARAMS_OF_UPLOADS, ..state.param_limits };
    let kind = body_kind(headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes))?;
    let max_fields_bytes = state.config.limits.body_bytes;
    let BodyKind::Multipart { boundary } = kind else {
        let mut body = body;
        body.max_bytes = max_fields_bytes.min(body.max_bytes);
        return read_within(state, facts, headers, body, &limits).await;
    };
    let timeout = Duration::from_millis(state.config.limits.tune_upload_timeout_ms);
    let rules = SpoolRules {
        limits,
        max_bytes: body.max_bytes as u64,
        max_file_bytes: state.config.photos.max_bytes as u64,
        max_fields_bytes: max_fields_bytes as u64,
        pace: crate::intake::Pace { timeout, ..pace(&state.config.limits) },
    };
    if headers.get_all(CONTENT_TYPE).iter().nth(1).is_some() {
        return Err(Problem::new(Code::BadRequest, "Send one Content-Type header."));
    }
    let (incoming, owed) = body.open();
    let (mut params, share) =
        spool_multipart(incoming, &boundary, &rules, &state.spool, &state.bodies).await?;
    check_owed(&mut params, owed.as_deref())?;
    admit_spooled(&mut params, &state.rules.photo, &state.bodies).await?;
    let size_bytes: usize =
        params.files_mut().iter().map(|file| usize::try_from(file.size_bytes()).unwrap_or(usize::MAX)).sum();
    facts.add_received(size_bytes);
    Ok((params, share))
}

async fn read_within(
    state: &AppState,
    facts: &Facts,
    headers: &HeaderMap,
    body: LimitedBody,
    limits: &ParamLimits,
) -> Result<(Params, Share), Problem> {
    let max_bytes = body.max_bytes;
    let (incoming, owed) = body.open();
    let ReceivedBody { content_type, bytes, mut share } =
        read_open(state, facts, headers, incoming, max_bytes).await?;
    let mut params = parse_body(content_type.as_ref().map(HeaderValue::as_bytes), &bytes, limits)?;
    check_owed(&mut params, owed.as_deref())?;
    // From here on only the tree holds the body, so that a single photo can be blanked in place.
    drop(bytes);
    share.grow(params.copy_bytes()).map_err(IntakeError::from)?;
    let max_bytes = state.config.photos.max_bytes;
    if params.any_file(|upload| upload.size_bytes() > max_bytes as u64) {
        return Err(Problem::new(Code::BodyTooLarge, format!("Send photos of at most {max_bytes} bytes.")));
    }
    Ok((params, share))
}

/// Whether the parameters hold the CSRF token that they must; it goes no further.
fn check_owed(params: &mut Params, owed: Option<&str>) -> Result<(), Problem> {
    let Some(owed) = owed else { return Ok(()) };
    match params.take(AUTHENTICITY_TOKEN) {
        Some(Value::Text(sent)) if verify_slices_are_equal(sent.as_bytes(), owed.as_bytes()).is_ok() => {
            Ok(())
        }
        _ => Err(Problem::csrf_refused()),
    }
}
