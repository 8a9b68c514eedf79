//! Writes a tree as the one body that goes upstream.
//!
//! Without a file it is compact JSON: no name is parsed again, and types stay what they are. With a file it is
//! multipart under a random boundary of our own, with part headers of our own; the file's bytes are handed on
//! without a copy.

use bytes::Bytes;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::{Object, Params, Upload, Value};

/// A body to send, and what to say about it.
#[derive(Clone, Debug)]
pub struct CanonicalBody {
    /// For the Content-Type header.
    pub content_type: String,
    /// The body's bytes in order; files are segments of their own.
    pub segments: Vec<Bytes>,
    /// The sum of the segments, in bytes, for Content-Length.
    pub size_bytes: u64,
}

/// Writes a tree. Equal trees without files give equal bodies; with files only the boundary differs.
pub fn encode(params: &Params) -> CanonicalBody {
    if params.any_file(|_| true) { multipart(&params.root) } else { json(&params.root) }
}

fn json(root: &Object) -> CanonicalBody {
    // Keys are strings and numbers finite, so this cannot fail; an empty object would still be a safe body.
    let body = serde_json::to_vec(&Json(root)).unwrap_or_else(|_| b"{}".to_vec());
    finish("application/json".to_owned(), vec![body.into()])
}

fn multipart(root: &Object) -> CanonicalBody {
    let mut writer = Writer {
        boundary: format!("gateway-{}", uuid::Uuid::new_v4().simple()),
        pending: Vec::new(),
        segments: Vec::new(),
    };
    for (key, value) in root {
        writer.value(&safe(key), value);
    }
    let Writer { boundary, mut pending, mut segments } = writer;
    pending.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    segments.push(pending.into());
    finish(format!("multipart/form-data; boundary={boundary}"), segments)
}

fn finish(content_type: String, segments: Vec<Bytes>) -> CanonicalBody {
    let size_bytes = segments.iter().map(|segment| segment.len() as u64).sum();
    CanonicalBody { content_type, segments, size_bytes }
}

/// A key that cannot leave its quotes or its brackets. Parsed keys are so already; this holds for any tree.
fn safe(key: &str) -> String {
    key.replace(|c: char| c.is_control() || ['"', '\\', '[', ']'].contains(&c), "_")
}

struct Writer {
    boundary: String,
    pending: Vec<u8>,
    segments: Vec<Bytes>,
}

impl Writer {
    fn value(&mut self, name: &str, value: &Value) {
        match value {
            // A form has no null; the policy takes nulls out before this.
            Value::Null => {}
            Value::Bool(bool) => self.text(name, if *bool { "true" } else { "false" }),
            Value::Number(number) => self.text(name, &number.to_string()),
            Value::Text(text) => self.text(name, text),
            Value::File(upload) => self.file(name, upload),
            Value::Object(object) => {
                for (key, value) in object {
                    self.value(&format!("{name}[{}]", safe(key)), value);
                }
            }
            Value::List(list) => {
                for (index, element) in list.iter().enumerate() {
                    // With `[]`, Rails would merge neighbours whose keys differ; an index keeps them apart.
                    let nested = matches!(element, Value::Object(_) | Value::List(_));
                    self.value(
                        &if nested { format!("{name}[{index}]") } else { format!("{name}[]") },
                        element,
                    );
                }
            }
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        self.head(name, "");
        self.pending.extend_from_slice(text.as_bytes());
        self.pending.extend_from_slice(b"\r\n");
    }

    fn file(&mut self, name: &str, upload: &Upload) {
        self.head(
            name,
            &format!("; filename=\"{}\"\r\nContent-Type: {}", upload.file_name, upload.content_type),
        );
        self.segments.push(std::mem::take(&mut self.pending).into());
        self.segments.push(upload.bytes.clone());
        self.pending.extend_from_slice(b"\r\n");
    }

    fn head(&mut self, name: &str, more: &str) {
        let head =
            format!("--{}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n", self.boundary);
        self.pending.extend_from_slice(head.as_bytes());
    }
}

/// The root as JSON.
struct Json<'a>(&'a Object);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl Serialize for Value {
    /// Writes JSON. A file has no place in JSON and becomes null; [`encode`] never lets it come to that.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null | Self::File(_) => serializer.serialize_unit(),
            Self::Bool(bool) => serializer.serialize_bool(*bool),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Object(object) => Json(object).serialize(serializer),
            Self::List(list) => {
                let mut seq = serializer.serialize_seq(Some(list.len()))?;
                for value in list {
                    seq.serialize_element(value)?;
                }
                seq.end()
            }
        }
    }
}
