//! The parameter tree that a Rails controller reads.
//!
//! It exists beside `serde_json::Value` because a form may carry uploaded files as leaves.
//! It does not cast: `"8"` stays a string until a model attribute asks for a number.

use std::sync::Arc;

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::{Map, Number, Value};

/// A hash of parameters, in the order in which they arrived.
pub type Hash = IndexMap<String, Param>;

/// A file that came as a part of a multipart body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedFile {
    /// The parameter's name as it was spelled, for example `prompt[input_image]`.
    pub name: String,
    /// The base name of the file, decoded.
    pub filename: String,
    /// The part's own `Content-Type`, if it had one.
    pub content_type: Option<String>,
    /// The bytes.
    pub content: Bytes,
}

/// One node of the tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Param {
    /// `nil`: a JSON null, or a form key without `=`.
    Null,
    /// A JSON boolean. Forms never make one.
    Bool(bool),
    /// A JSON number. Forms never make one.
    Number(Number),
    /// A string.
    String(String),
    /// An array; `nil` elements were removed, as Rails does.
    Array(Vec<Param>),
    /// A nested hash.
    Hash(Hash),
    /// An uploaded file.
    File(Arc<UploadedFile>),
}

impl Param {
    /// The node as JSON. A file reads `<file "name" type>`, as in the fixture.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(value) => Value::Number(value.clone()),
            Self::String(value) => Value::String(value.clone()),
            Self::Array(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Self::Hash(hash) => hash_to_json(hash),
            Self::File(file) => Value::String(format!(
                "<file {:?} {}>",
                file.filename,
                file.content_type.as_deref().unwrap_or_default()
            )),
        }
    }

    /// The class name that rack puts into its type errors.
    pub(crate) fn class_name(&self) -> &'static str {
        match self {
            Self::Null => "NilClass",
            Self::Bool(_) => "TrueClass",
            Self::Number(_) => "Numeric",
            Self::String(_) => "String",
            Self::Array(_) => "Array",
            Self::Hash(_) | Self::File(_) => "Hash",
        }
    }

    /// The string, if the node is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(value) => Some(value),
            _ => None,
        }
    }

    /// The nested hash, if the node is one.
    #[must_use]
    pub fn as_hash(&self) -> Option<&Hash> {
        match self {
            Self::Hash(hash) => Some(hash),
            _ => None,
        }
    }

    /// Every file at or below the node, in order.
    pub(crate) fn files(&self, into: &mut Vec<Arc<UploadedFile>>) {
        match self {
            Self::File(file) => into.push(Arc::clone(file)),
            Self::Array(items) => items.iter().for_each(|item| item.files(into)),
            Self::Hash(hash) => hash.values().for_each(|item| item.files(into)),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => {}
        }
    }
}

/// A whole hash as JSON.
#[must_use]
pub fn hash_to_json(hash: &Hash) -> Value {
    Value::Object(hash.iter().map(|(key, value)| (key.clone(), value.to_json())).collect::<Map<_, _>>())
}

/// Rails' "deep munge": `nil` vanishes from arrays, at every depth.
pub(crate) fn deep_munge(hash: Hash) -> Hash {
    hash.into_iter().map(|(key, value)| (key, munge(value))).collect()
}

fn munge(param: Param) -> Param {
    match param {
        Param::Array(items) => {
            Param::Array(items.into_iter().map(munge).filter(|item| *item != Param::Null).collect())
        }
        Param::Hash(hash) => Param::Hash(deep_munge(hash)),
        leaf => leaf,
    }
}
