//! Finds a resource's fields in a body: wrapped (`prompt[text]`) or, where Rails would wrap them itself, unwrapped.
//!
//! Source: `ActionController::ParamsWrapper` of Rails 7.2: JSON only, and only where the key is absent.

use crate::params::{Object, Params, ParamsKind, Value};

use super::judge::Place;
use super::{FieldErrors, PolicyError};

/// A resource's fields.
pub(super) struct Unwrapped {
    pub(super) fields: Object,
    /// Whether the client wrote `resource[…]`.
    pub(super) is_wrapped: bool,
    /// What stood beside it; empty if the fields were unwrapped.
    pub(super) beside: Object,
}

impl Unwrapped {
    /// Where the fields stand.
    pub(super) const fn place<'a>(&self, resource: &'a str) -> Place<'a> {
        Place::of(resource, self.is_wrapped)
    }
}

/// Takes the fields out.
pub(super) fn unwrap(params: Params, resource: &str) -> Result<Unwrapped, PolicyError> {
    let Params { mut root, kind } = params;
    if kind == ParamsKind::Json && !root.contains_key(resource) {
        return Ok(Unwrapped { fields: root, is_wrapped: false, beside: Object::new() });
    }
    let fields = match root.shift_remove(resource) {
        Some(Value::Object(fields)) => fields,
        None | Some(Value::Null) => Object::new(),
        Some(_) => return Err(PolicyError::Invalid(FieldErrors::one(resource, "must be an object"))),
    };
    Ok(Unwrapped { fields, is_wrapped: true, beside: root })
}

/// The tree that is sent: one resource.
pub(super) fn wrap(resource: &str, fields: Object) -> Params {
    let mut params = Params::default();
    params.root.insert(resource.to_owned(), Value::Object(fields));
    params
}
