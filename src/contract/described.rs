//! One operation in words: what the route table and the policy tables cannot know.

use serde_json::Value;

use crate::operation::Operation;
use crate::problem::Code;
use crate::routes::Access;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Described {
    pub(super) method: &'static str,
    /// As in the route table.
    pub(super) path: &'static str,
    /// The name that generated clients call it by.
    pub(super) id: &'static str,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    /// An older spelling of another operation.
    pub(super) is_deprecated: bool,
    /// Parameters in the query.
    pub(super) query: Vec<Query>,
    /// Request headers, by their names in `components.parameters`.
    pub(super) headers: &'static [&'static str],
    pub(super) body: Body,
    /// What a success looks like: one entry a status.
    pub(super) replies: Vec<Success>,
    /// Problems beside those that follow from access, operation and body.
    pub(super) also: &'static [Code],
}

/// A parameter in the query.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) name: &'static str,
    pub(super) schema: Value,
    pub(super) words: &'static str,
}

/// What a body may be.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// None.
    None,
    /// The parameters of a policy table.
    Params {
        of: Operation,
        /// The schema of the JSON form.
        name: &'static str,
        /// Left out, because the path says it.
        without: &'static [&'static str],
        /// In JSON.
        example: Value,
    },
    /// Anything else: media type and schema.
    Other { media_type: &'static str, schema: Value, is_required: bool, example: Value },
}

/// A success.
#[derive(Clone, Debug)]
pub(super) struct Success {
    pub(super) status: u16,
    pub(super) words: &'static str,
    /// Reply headers beside those of every reply, by their names in `components.headers`.
    pub(super) headers: Vec<&'static str>,
    pub(super) content: Option<Content>,
}

/// A reply's body.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) media_types: &'static [&'static str],
    pub(super) schema: Value,
    pub(super) example: Option<Value>,
}

/// Begins a description; the rest is chained.
pub(super) const fn operation(
    (method, path): (&'static str, &'static str),
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    description: &'static str,
) -> Described {
    Described {
        method,
        path,
        id,
        tag,
        summary,
        description,
        is_deprecated: false,
        query: Vec::new(),
        headers: &[],
        body: Body::None,
        replies: Vec::new(),
        also: &[],
    }
}

impl Described {
    /// An older spelling: the same at another path or by another method, under a name of its own.
    pub(super) fn also_at(&self, (method, path): (&'static str, &'static str), id: &'static str) -> Self {
        Self { method, path, id, is_deprecated: true, ..self.clone() }
    }

    /// Whether it reads its query as Rails would, and leaves out what it does not know.
    pub(super) const fn drops_params(&self, access: Access) -> bool {
        !self.query.is_empty() && matches!(access, Access::EndUser)
    }

    /// Another path to the same, as good as the first.
    pub(super) const fn not_deprecated(mut self) -> Self {
        self.is_deprecated = false;
        self
    }

    pub(super) fn query(mut self, name: &'static str, schema: Value, words: &'static str) -> Self {
        self.query.push(Query { name, schema, words });
        self
    }

    pub(super) const fn headers(mut self, headers: &'static [&'static str]) -> Self {
        self.headers = headers;
        self
    }

    pub(super) fn params(self, of: Operation, name: &'static str, example: Value) -> Self {
        Self { body: Body::Params { of, name, without: &[], example }, ..self }
    }

    pub(super) fn params_without(
        self,
        of: Operation,
        name: &'static str,
        without: &'static [&'static str],
        example: Value,
    ) -> Self {
        Self { body: Body::Params { of, name, without, example }, ..self }
    }

    pub(super) fn replies(mut self, success: Success) -> Self {
        self.replies.push(success);
        self
    }

    pub(super) const fn also(mut self, codes: &'static [Code]) -> Self {
        self.also = codes;
        self
    }
}

/// A reply without a body.
pub(super) const fn empty(status: u16, words: &'static str) -> Success {
    Success { status, words, headers: Vec::new(), content: None }
}

/// A reply of JSON.
pub(super) const fn json(status: u16, words: &'static str, schema: Value, example: Value) -> Success {
    let content = Some(Content { media_types: &["application/json"], schema, example: Some(example) });
    Success { status, words, headers: Vec::new(), content }
}

impl Success {
    pub(super) fn header(mut self, name: &'static str) -> Self {
        self.headers.push(name);
        self
    }
}
