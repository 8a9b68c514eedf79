//! Which parser a `Content-Type` selects, as rack and Rails decide it.
//!
//! The two look at the header separately, and differ: rack picks forms by a short list, Rails picks JSON by the registered
//! names of `application/json`. It does not read bodies.

use super::error::{RailsError, RailsErrorKind};

const FORM: [&str; 4] =
    ["application/x-www-form-urlencoded", "multipart/form-data", "multipart/related", "multipart/mixed"];
const JSON: [&str; 3] = ["application/json", "application/jsonrequest", "text/x-json"];

/// Rack's view: lower-cased, without parameters; `None` for an absent or empty header.
fn media_type(content_type: Option<&str>) -> Option<String> {
    let header = content_type.filter(|header| !header.is_empty())?;
    Some(header.split([';', ',']).next().unwrap_or_default().trim_end().to_ascii_lowercase())
}

/// Whether rack reads the body as a form. `method` is the one on the request line, before any override.
pub(crate) fn is_form(method: &str, content_type: Option<&str>) -> bool {
    match media_type(content_type) {
        None => method == "POST",
        Some(name) => FORM.contains(&name.as_str()),
    }
}

/// Whether Rails reads the body as JSON.
///
/// # Errors
///
/// A present header that is no MIME type: Rails answers 406.
pub(crate) fn is_json(content_type: Option<&str>) -> Result<bool, RailsError> {
    let Some(header) = content_type else { return Ok(false) };
    let name = header.split([';', ',']).next().unwrap_or_default().trim().to_ascii_lowercase();
    if JSON.contains(&name.as_str()) {
        return Ok(true);
    }
    let valid = name.split_once('/').is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype));
    if valid || name == "*/*" {
        Ok(false)
    } else {
        Err(RailsError { status: 406, kind: RailsErrorKind::MimeType, outer: false })
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.len() <= 127
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
}

/// The boundary of a multipart header. `Ok(None)`: not multipart, or none given; rack then reads the body as urlencoded.
///
/// # Errors
///
/// Two boundaries, space before the `=`, or more than 70 characters.
pub(crate) fn boundary(content_type: Option<&str>) -> Result<Option<String>, RailsError> {
    let Some(header) = content_type else { return Ok(None) };
    let lower = header.to_ascii_lowercase();
    if !lower.starts_with("multipart/") {
        return Ok(None);
    }
    let unusable = || RailsError::outer(RailsErrorKind::Boundary);
    let mut found: Option<String> = None;
    for (at, word) in lower.match_indices("boundary") {
        let after = header.get(at + word.len()..).unwrap_or_default();
        let Some(value) = after.trim_start().strip_prefix('=') else { continue };
        if found.is_some() || after.starts_with(char::is_whitespace) {
            return Err(unusable());
        }
        let value = value.strip_prefix('"').unwrap_or(value);
        let value = value.split(['"', ';', ',']).next().unwrap_or_default();
        if value.is_empty() {
            continue;
        }
        if value.len() > 70 {
            return Err(unusable());
        }
        found = Some(value.to_owned());
    }
    Ok(found)
}
