//! Request parameters exactly as Rails 7.2 on rack 3.1 reads them.
//!
//! The upstream merges query and body into one tree by its own rules, and a gateway that reads them differently can be
//! smuggled past. This module is the reference that differential tests compare with; all cases of
//! `fixtures/rails-7.2-rack-3.1.txt` run against it.
//!
//! ```
//! let parsed = mock_astria::rails_params::parse(
//!     "POST",
//!     &[("tune_id".to_owned(), "1".to_owned())],
//!     "prompt[num_images]=8",
//!     Some("application/x-www-form-urlencoded"),
//!     None,
//!     b"prompt[num_images]=1&prompt[text]=x",
//! )?;
//! // The query wins, and replaces the whole `prompt`.
//! assert_eq!(parsed.to_json(), serde_json::json!({"prompt": {"num_images": "8"}, "tune_id": "1"}));
//! # Ok::<(), mock_astria::rails_params::RailsError>(())
//! ```
//!
//! It does not route: path parameters are given to it. See [`crate::router`] for those.

mod content_type;
mod disposition;
mod error;
mod form;
mod json;
mod multipart;
mod tree;

use std::sync::Arc;

use self::form::Form;

pub use self::error::{RailsError, RailsErrorKind};
pub use self::tree::{Hash, Param, UploadedFile, hash_to_json};

const METHODS: [&str; 9] = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "LINK", "UNLINK"];

/// A request's method and parameters, as a controller sees them.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The method after `_method` or `X-HTTP-Method-Override`.
    pub method: String,
    /// Body, then query, then path parameters, merged shallowly: later ones win. Without `controller` and `action`.
    pub params: Hash,
    /// The body's parameters alone: what Rails wraps under the model's name when a JSON root has none.
    pub body_params: Hash,
    /// The body was read as JSON.
    pub json: bool,
}

impl Parsed {
    /// The merged tree as JSON.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        hash_to_json(&self.params)
    }

    /// Every uploaded file in the merged tree, in order.
    #[must_use]
    pub fn files(&self) -> Vec<Arc<UploadedFile>> {
        let mut files = Vec::new();
        for param in self.params.values() {
            param.files(&mut files);
        }
        files
    }
}

/// A request whose method is known, and whose route is not yet.
#[derive(Debug)]
pub struct Unrouted {
    /// The method after any override: the one to route by.
    pub method: String,
    body: Result<(Hash, bool), RailsError>,
    query: Result<Hash, RailsError>,
}

impl Unrouted {
    /// Merges in the path parameters.
    ///
    /// # Errors
    ///
    /// The body's or the query's, held back until a route was found: an unknown path is 404 whatever its parameters.
    pub fn with_path_params(self, path_params: &[(String, String)]) -> Result<Parsed, RailsError> {
        let (body_params, json) = self.body?;
        let mut params = body_params.clone();
        params.extend(self.query?);
        for (key, value) in path_params {
            params.insert(key.clone(), Param::String(value.clone()));
        }
        // The route sets these two itself; whatever a client sent is overwritten.
        params.shift_remove("controller");
        params.shift_remove("action");
        Ok(Parsed { method: self.method, params, body_params, json })
    }
}

/// Reads a request before it is routed. `query` is what follows the `?`, undecoded.
///
/// # Errors
///
/// Only those that rack raises outside of the application, all with status 500: an unusable boundary, too many parts, a
/// part in a wide charset.
pub fn read(
    method: &str,
    query: &str,
    content_type: Option<&str>,
    method_override_header: Option<&str>,
    body: &[u8],
) -> Result<Unrouted, RailsError> {
    let form = content_type::is_form(method, content_type).then(|| form_body(content_type, body));
    let mut effective = method.to_owned();
    if method == "POST" {
        if let Some(Err(error)) = &form
            && error.outer
        {
            return Err(error.clone());
        }
        let from_form = match &form {
            Some(Ok(form)) => form.hash.get("_method").filter(|value| **value != Param::Null),
            _ => None,
        };
        let wanted = match from_form {
            Some(Param::String(name)) => Some(name.as_str()),
            Some(_) => Some(""),
            None => method_override_header,
        };
        let wanted = wanted.unwrap_or_default().to_uppercase();
        if METHODS.contains(&wanted.as_str()) {
            effective = wanted;
        }
    }
    Ok(Unrouted {
        method: effective,
        body: body_params(content_type, form, body),
        query: Form::urlencoded(query.as_bytes()).and_then(checked),
    })
}

/// Reads a request of which the path parameters are known.
///
/// # Errors
///
/// Everything that Rails or rack refuses: 400, 406 or 500.
pub fn parse(
    method: &str,
    path_params: &[(String, String)],
    query: &str,
    content_type: Option<&str>,
    method_override_header: Option<&str>,
    body: &[u8],
) -> Result<Parsed, RailsError> {
    read(method, query, content_type, method_override_header, body)?.with_path_params(path_params)
}

fn form_body(content_type: Option<&str>, body: &[u8]) -> Result<Form, RailsError> {
    if body.is_empty() {
        return Ok(Form::default());
    }
    match content_type::boundary(content_type)? {
        Some(boundary) => multipart::parse(body, &boundary),
        None => Form::urlencoded(body.strip_suffix(b"\0").unwrap_or(body)),
    }
}

fn body_params(
    content_type: Option<&str>,
    form: Option<Result<Form, RailsError>>,
    body: &[u8],
) -> Result<(Hash, bool), RailsError> {
    if !body.is_empty() && content_type::is_json(content_type)? {
        let root = match json::parse(body)? {
            Param::Hash(hash) => hash,
            other => Hash::from([("_json".to_owned(), other)]),
        };
        return Ok((tree::deep_munge(root), true));
    }
    match form {
        Some(form) => Ok((checked(form?)?, false)),
        None => Ok((Hash::new(), false)),
    }
}

/// Rails' checks on a tree that rack made.
fn checked(form: Form) -> Result<Hash, RailsError> {
    if form.bad_value {
        return Err(RailsError::bad_request(RailsErrorKind::ValueEncoding));
    }
    if form.bad_name {
        return Err(RailsError { status: 500, kind: RailsErrorKind::NameEncoding, outer: false });
    }
    Ok(tree::deep_munge(form.hash))
}
