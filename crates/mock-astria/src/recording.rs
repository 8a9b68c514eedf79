//! What the imitation remembers of each request, for tests to look at.
//!
//! A gateway's promises are about what it sends upstream; this is where they are checked. The log is bounded by count and
//! by bytes of uploaded files. It does not hold control or picture requests.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::rails_params::{Parsed, UploadedFile};

const MAX_BASE64_BYTES: usize = 16 * 1024 * 1024;

/// One API request as it arrived.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordedRequest {
    /// The method on the request line, before any override.
    pub method: String,
    /// The path, undecoded, without the query.
    pub path: String,
    /// The query, undecoded, without its `?`; empty if there was none.
    pub query: String,
    /// Header names in lower case; repeated ones joined by `", "`, as the upstream's server does.
    pub headers: BTreeMap<String, String>,
    /// The merged parameter tree, path parameters included; `{}` if it could not be read or no route was found.
    pub params: Value,
    /// Uploaded files, in the order of the tree.
    pub files: Vec<RecordedFile>,
}

/// One uploaded file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordedFile {
    /// The parameter as it was spelled, for example `prompt[input_image]`.
    pub name: String,
    /// The file name, without directories.
    pub filename: String,
    /// The part's own `Content-Type`.
    pub content_type: Option<String>,
    /// Length of the content.
    pub size_bytes: usize,
    /// SHA-256 of the content, in lower-case hexadecimal.
    pub sha256: String,
    /// The content in standard base64; empty if it was larger than 16 MiB.
    pub base64: String,
}

/// One request to the storage host, which wants no key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StorageRequest {
    /// The method.
    pub method: String,
    /// The path, undecoded.
    pub path: String,
    /// The query, undecoded, without its `?`.
    pub query: String,
    /// Header names in lower case; repeated ones joined by `", "`.
    pub headers: BTreeMap<String, String>,
}

impl StorageRequest {
    /// Whether it carried credentials that the storage host has no business with.
    #[must_use]
    pub fn has_authorization(&self) -> bool {
        ["authorization", "x-workspace-id", "cookie"].iter().any(|name| self.headers.contains_key(*name))
    }
}

impl RecordedFile {
    fn new(file: &UploadedFile) -> Self {
        let content = &file.content;
        let base64 = if content.len() > MAX_BASE64_BYTES { String::new() } else { STANDARD.encode(content) };
        Self {
            name: file.name.clone(),
            filename: file.filename.clone(),
            content_type: file.content_type.clone(),
            size_bytes: content.len(),
            sha256: sha256_hex(content),
            base64,
        }
    }
}

/// The SHA-256 of some bytes, in lower-case hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The parameters and files to remember of a parsed request.
pub(crate) fn describe(parsed: &Parsed) -> (Value, Vec<RecordedFile>) {
    (parsed.to_json(), parsed.files().iter().map(|file| RecordedFile::new(file)).collect())
}

/// The bounded log.
pub(crate) struct RequestLog {
    entries: VecDeque<Arc<RecordedRequest>>,
    file_bytes: usize,
    max_entries: usize,
    max_file_bytes: usize,
}

impl RequestLog {
    pub(crate) fn new(max_entries: usize, max_file_bytes: usize) -> Self {
        Self { entries: VecDeque::new(), file_bytes: 0, max_entries, max_file_bytes }
    }

    pub(crate) fn push(&mut self, request: RecordedRequest) {
        self.file_bytes += Self::weight(&request);
        self.entries.push_back(Arc::new(request));
        while self.entries.len() > self.max_entries
            || (self.file_bytes > self.max_file_bytes && self.entries.len() > 1)
        {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.file_bytes -= Self::weight(&oldest);
        }
    }

    pub(crate) fn all(&self) -> Vec<Arc<RecordedRequest>> {
        self.entries.iter().map(Arc::clone).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.file_bytes = 0;
    }

    fn weight(request: &RecordedRequest) -> usize {
        request.files.iter().map(|file| file.base64.len()).sum()
    }
}
