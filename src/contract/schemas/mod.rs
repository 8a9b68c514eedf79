//! What replies look like, by the names that generated clients give them.

mod account;
mod objects;
mod service;
mod sessions;

use serde_json::{Map, Value, json};

/// `components.schemas`, but for those of request bodies.
pub(super) fn all() -> Map<String, Value> {
    let mut all = Map::new();
    for part in [objects::all(), account::all(), sessions::all(), service::all()] {
        all.extend(part.into_iter().map(|(name, schema)| (name.to_owned(), schema)));
    }
    all
}

/// Schemas by name.
type Schemas = Vec<(&'static str, Value)>;

/// One member of an object: name, type, words.
type Member = (&'static str, Type, &'static str);

/// The type of a member that Astria shows. What it has not said yet is null or not there.
#[derive(Clone, Copy)]
enum Type {
    Id,
    /// An id, or null.
    IdOrNull,
    Text,
    Whole,
    /// A number, or the text of one: Rails writes decimals so.
    Decimal,
    Flag,
    /// A point in time.
    Time,
    /// Thousandths of a cent.
    Money,
    /// Addresses.
    Urls,
    Url,
    Object,
    /// A number or a text.
    Either,
}

impl Type {
    fn schema(self) -> Value {
        match self {
            Self::Id => json!({ "type": "integer", "format": "int64", "minimum": 1 }),
            Self::IdOrNull => json!({ "type": ["integer", "null"], "format": "int64" }),
            Self::Text => json!({ "type": ["string", "null"] }),
            Self::Whole => json!({ "type": ["integer", "null"], "format": "int64" }),
            Self::Decimal | Self::Either => json!({ "type": ["number", "string", "null"] }),
            Self::Flag => json!({ "type": ["boolean", "null"] }),
            Self::Time => json!({ "type": ["string", "null"], "format": "date-time" }),
            Self::Money => json!({ "type": ["integer", "null"], "format": "int64", "minimum": 0 }),
            Self::Urls => json!({ "type": "array", "items": { "type": "string", "format": "uri" } }),
            Self::Url => json!({ "type": "string", "format": "uri" }),
            Self::Object => json!({ "type": ["object", "string", "null"], "additionalProperties": true }),
        }
    }
}

/// An object with these members, some of which are always there.
fn object(words: &str, members: &[Member], required: &[&str]) -> Value {
    let properties: Map<String, Value> = members
        .iter()
        .map(|(name, kind, words)| {
            let mut schema = kind.schema();
            super::params::set(&mut schema, "description", (*words).into());
            ((*name).to_owned(), schema)
        })
        .collect();
    json!({ "type": "object", "description": words, "properties": properties, "required": required })
}
