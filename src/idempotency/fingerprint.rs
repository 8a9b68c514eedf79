//! What a request asks for, in 32 bytes: equal for the same request however it is spelled.
//!
//! A retry comes with another multipart boundary, its fields in another order, or as JSON instead of a form; it is the same
//! request. One that differs in a single value is another, and may not get the first one's answer.
//!
//! Counted are the route, the values of its path, and the tree of parameters as the client sent it: names (their order does
//! not count), lists in order, values as text (`1` and `"1"` are equal: a form has no numbers), files by their bytes and
//! their place. File names and part headers do not count: nothing of them is ever kept.
//!
//! What it does *not* do: it knows no defaults and no policy, so `num_images = 1` and its absence are two requests. It is
//! no secret and needs no key.

use aws_lc_rs::digest::{Context, SHA256, digest};
use bytes::Bytes;

use crate::fingerprint::{self, Fingerprinter};
use crate::intake::{SpoolError, SpooledFile};
use crate::params::{Content, Object, Params, Upload, Value};

/// Stands first, so that another way of counting would never be taken for this one: fingerprints outlive an update.
const VERSION: &[u8] = b"astria-gateway request 1";
/// A file in memory beyond this is hashed off the async threads: some 0.1 ms.
const INLINE_BYTES: usize = 64 * 1024;
/// What is read from disk at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(fingerprint::Fingerprint);

impl Fingerprint {
    /// Of a request to the route of this template, whose path has these values. Ask before the policy changes the tree.
    ///
    /// Cancel safe: it changes nothing.
    ///
    /// # Errors
    /// A spooled file cannot be read.
    pub async fn of(
        route: &str,
        path_values: &[impl AsRef<str> + Sync],
        params: &Params,
    ) -> Result<Self, SpoolError> {
        let mut uploads = Vec::new();
        list_uploads(&params.root, &mut uploads);
        let mut digests = Vec::with_capacity(uploads.len());
        for upload in uploads {
            digests.push(of_content(&upload.content).await?);
        }
        let mut all = Fingerprinter::new();
        all.part(VERSION);
        all.part(route.as_bytes());
        all.number(path_values.len() as u64);
        for value in path_values {
            all.part(value.as_ref().as_bytes());
        }
        add_object(&mut all, &params.root, &mut digests.into_iter());
        Ok(Self(all.finish()))
    }

    /// For the store.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As the store kept it; `None` if it is none.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// The members in an order that does not depend on how they came.
fn sorted(object: &Object) -> Vec<(&String, &Value)> {
    let mut members: Vec<_> = object.iter().collect();
    members.sort_by_key(|(name, _)| *name);
    members
}

/// Every file, in the order in which [`add_object`] meets them.
fn list_uploads<'a>(object: &'a Object, found: &mut Vec<&'a Upload>) {
    for (_, value) in sorted(object) {
        list_uploads_of(value, found);
    }
}

fn list_uploads_of<'a>(value: &'a Value, found: &mut Vec<&'a Upload>) {
    match value {
        Value::File(upload) => found.push(upload),
        Value::List(list) => list.iter().for_each(|element| list_uploads_of(element, found)),
        Value::Object(object) => list_uploads(object, found),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}

type Digests = std::vec::IntoIter<fingerprint::Fingerprint>;

/// Each kind has a mark of its own and says how much follows, so that no two trees give the same bytes.
fn add_object(all: &mut Fingerprinter, object: &Object, digests: &mut Digests) {
    all.part(b"object");
    all.number(object.len() as u64);
    for (name, value) in sorted(object) {
        all.part(name.as_bytes());
        add(all, value, digests);
    }
}

fn add(all: &mut Fingerprinter, value: &Value, digests: &mut Digests) {
    let mut text = |text: &str| {
        all.part(b"text");
        all.part(text.as_bytes());
    };
    match value {
        Value::Null => all.part(b"null"),
        Value::Bool(bool) => text(if *bool { "true" } else { "false" }),
        Value::Number(number) => text(&number.to_string()),
        Value::Text(value) => text(value),
        Value::File(upload) => {
            all.part(b"file");
            all.number(upload.size_bytes());
            // One for each file, in this order.
            all.part(&digests.next().unwrap_or_default());
        }
        Value::List(list) => {
            all.part(b"list");
            all.number(list.len() as u64);
            for element in list {
                add(all, element, digests);
            }
        }
        Value::Object(object) => add_object(all, object, digests),
    }
}

async fn of_content(content: &Content) -> Result<fingerprint::Fingerprint, SpoolError> {
    match content {
        Content::Memory(bytes) if bytes.len() <= INLINE_BYTES => Ok(sha256(bytes)),
        Content::Memory(bytes) => {
            let bytes: Bytes = bytes.clone();
            // It panics nowhere; where the runtime ends, so does the request.
            tokio::task::spawn_blocking(move || sha256(&bytes)).await.map_err(|_| SpoolError::Failed)
        }
        Content::Spooled(file) => of_spooled(file).await,
    }
}

async fn of_spooled(file: &SpooledFile) -> Result<fingerprint::Fingerprint, SpoolError> {
    let mut context = Context::new(&SHA256);
    let mut at = 0;
    while at < file.size_bytes() {
        let chunk = file.read(at, CHUNK_BYTES).await?;
        at += chunk.len() as u64;
        context.update(&chunk);
    }
    Ok(array(context.finish().as_ref()))
}

fn sha256(bytes: &[u8]) -> fingerprint::Fingerprint {
    array(digest(&SHA256, bytes).as_ref())
}

/// A SHA-256 has 32 bytes.
fn array(digest: &[u8]) -> fingerprint::Fingerprint {
    digest.try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests;
