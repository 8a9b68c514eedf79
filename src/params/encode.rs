//! Writes a tree as the one body that goes upstream.
//!
//! Without a file it is compact JSON: no name is parsed again, and types stay what they are. With a file it is
//! multipart under a random boundary of our own, with part headers of our own; the file's bytes are handed on
//! without a copy, or stay on disk until they are sent.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::{Content, Object, Params, Upload, Value};

/// A piece of a body: in memory, or to be read from disk when its turn comes.
pub type Segment = Content;

/// A body to send, and what to say about it.
#[derive(Clone, Debug)]
pub struct CanonicalBody {
    /// For the Content-Type header.
    pub content_type: String,
    /// The body's bytes in order; files are segments of their own.
    pub segments: Vec<Segment>,
    /// The sum of the segments, in bytes, for Content-Length.
    pub size_bytes: u64,
}

#[cfg(test)]
impl CanonicalBody {
    /// The whole body, in tests, where nothing is on disk.
    pub(crate) fn concat(&self) -> Vec<u8> {
        let bytes = |segment: &Segment| match segment {
            Segment::Memory(bytes) => bytes.to_vec(),
            Segment::Spooled(_) => panic!("a segment is on disk"),
        };
        self.segments.iter().flat_map(bytes).collect()
    }
}

/// Writes a tree. Equal trees without files give equal bodies; with files only the boundary differs.
pub fn encode(params: &Params) -> CanonicalBody {
    if params.any_file(|_| true) { multipart(&params.root) } else { json(&params.root) }
}

/// Room for an ordinary prompt, or the part heads of an ordinary upload: written without growing.
const ORDINARY_BYTES: usize = 512;

fn json(root: &Object) -> CanonicalBody {
    // Keys are strings and numbers finite, so this cannot fail; an empty object would still be a safe body.
    let mut body = Vec::with_capacity(ORDINARY_BYTES);
    if serde_json::to_writer(&mut body, &Json(root)).is_err() {
        body = b"{}".to_vec();
    }
    finish("application/json".to_owned(), vec![Segment::Memory(body.into())])
}

fn multipart(root: &Object) -> CanonicalBody {
    let mut boundary = [0; uuid::fmt::Simple::LENGTH];
    let boundary: &str = uuid::Uuid::new_v4().simple().encode_lower(&mut boundary);
    let mut writer = Writer { boundary, pending: Vec::with_capacity(ORDINARY_BYTES), segments: Vec::new() };
    let mut name = String::with_capacity(64);
    for (key, value) in root {
        name.clear();
        push_safe(&mut name, key);
        writer.value(&mut name, value);
    }
    writer.add(&["--", BOUNDARY_PREFIX, boundary, "--\r\n"]);
    let Writer { pending, mut segments, .. } = writer;
    segments.push(Segment::Memory(pending.into()));
    finish(["multipart/form-data; boundary=", BOUNDARY_PREFIX, boundary].concat(), segments)
}

/// Says in a dump whose boundary it is.
const BOUNDARY_PREFIX: &str = "gateway-";

fn finish(content_type: String, segments: Vec<Segment>) -> CanonicalBody {
    let size_bytes = segments.iter().map(Segment::size_bytes).sum();
    CanonicalBody { content_type, segments, size_bytes }
}

/// Adds a key that cannot leave its quotes or its brackets. Parsed keys are so already; this holds for any tree.
fn push_safe(name: &mut String, key: &str) {
    let safe = |c: char| if c.is_control() || ['"', '\\', '[', ']'].contains(&c) { '_' } else { c };
    name.extend(key.chars().map(safe));
}

struct Writer<'a> {
    boundary: &'a str,
    pending: Vec<u8>,
    segments: Vec<Segment>,
}

impl Writer<'_> {
    /// `name` is as it was when this returns.
    fn value(&mut self, name: &mut String, value: &Value) {
        let length = name.len();
        match value {
            // A form has no null; the policy takes nulls out before this.
            Value::Null => {}
            Value::Bool(bool) => self.text(name, if *bool { "true" } else { "false" }),
            Value::Number(number) => self.text(name, &number.to_string()),
            Value::Text(text) => self.text(name, text),
            Value::File(upload) => self.file(name, upload),
            Value::Object(object) => {
                for (key, value) in object {
                    name.push('[');
                    push_safe(name, key);
                    name.push(']');
                    self.value(name, value);
                    name.truncate(length);
                }
            }
            Value::List(list) => {
                for (index, element) in list.iter().enumerate() {
                    // With `[]`, Rails would merge neighbours whose keys differ; an index keeps them apart.
                    name.push('[');
                    if matches!(element, Value::Object(_) | Value::List(_)) {
                        name.push_str(&index.to_string());
                    }
                    name.push(']');
                    self.value(name, element);
                    name.truncate(length);
                }
            }
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        self.head(name, &[]);
        self.add(&[text, "\r\n"]);
    }

    fn file(&mut self, name: &str, upload: &Upload) {
        self.head(name, &["; filename=\"", upload.file_name, "\"\r\nContent-Type: ", upload.content_type]);
        self.segments.push(Segment::Memory(std::mem::take(&mut self.pending).into()));
        self.segments.push(upload.content.clone());
        self.add(&["\r\n"]);
    }

    fn head(&mut self, name: &str, more: &[&str]) {
        self.add(&[
            "--",
            BOUNDARY_PREFIX,
            self.boundary,
            "\r\nContent-Disposition: form-data; name=\"",
            name,
            "\"",
        ]);
        self.add(more);
        self.add(&["\r\n\r\n"]);
    }

    fn add(&mut self, texts: &[&str]) {
        for text in texts {
            self.pending.extend_from_slice(text.as_bytes());
        }
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
