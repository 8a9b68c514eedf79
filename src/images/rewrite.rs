//! Puts signed URLs into an object that is about to be shown.
//!
//! Most values have nothing to rewrite; for these it costs one search of the text and no allocation.

use std::borrow::Cow;

use memchr::memmem;
use serde_json::value::RawValue;

use super::ImageUrls;
use super::path::{BLOBS, canonical};

/// Stands in every image's path, and has no character that JSON may escape.
const MARK: &[u8] = b"active_storage";

/// Signs the images of one account's objects, as of one moment.
pub struct ImageSigner<'a> {
    pub(super) urls: &'a ImageUrls,
    pub(super) tag: Cow<'a, str>,
    pub(super) expires_s: u64,
}

impl ImageSigner<'_> {
    /// The signed URL for a URL found in an object: relative or on Astria's own origin, below
    /// `/rails/active_storage/blobs/`. `None`: it is none of these, and stays as it is.
    pub fn rewrite(&self, url: &str) -> Option<String> {
        let path = self.at_upstream(url)?.split(['?', '#']).next()?;
        if !path.starts_with(BLOBS) {
            return None;
        }
        Some(self.sign(&canonical(path)?))
    }

    /// The same inside a member's text of JSON: a string, or a list of which some are strings. `None`: nothing
    /// changed.
    pub fn rewrite_json(&self, json: &str) -> Option<String> {
        memmem::find(json.as_bytes(), MARK)?;
        match json.as_bytes().first()? {
            b'"' => self.rewrite_text(json),
            b'[' => {
                let list: Vec<&RawValue> = serde_json::from_str(json).ok()?;
                let rewritten: Vec<_> = list.iter().map(|item| self.rewrite_text(item.get())).collect();
                if rewritten.iter().all(Option::is_none) {
                    return None;
                }
                let mut shown = String::with_capacity(json.len() + rewritten.len() * 128);
                shown.push('[');
                for (item, rewritten) in list.iter().zip(&rewritten) {
                    if shown.len() > 1 {
                        shown.push(',');
                    }
                    shown.push_str(rewritten.as_deref().unwrap_or(item.get()));
                }
                shown.push(']');
                Some(shown)
            }
            _ => None,
        }
    }

    /// Of a string's text of JSON.
    fn rewrite_text(&self, json: &str) -> Option<String> {
        if !json.starts_with('"') {
            return None;
        }
        let url: String = serde_json::from_str(json).ok()?;
        serde_json::to_string(&self.rewrite(&url)?).ok()
    }

    /// `path` is in its one spelling.
    fn sign(&self, path: &str) -> String {
        let Self { urls, tag, expires_s } = self;
        let said = format!("a={tag}&e={expires_s}");
        let mac = urls.sign(path, &said);
        format!("{}{path}?{said}&s={mac}", urls.gateway_url)
    }

    /// What follows Astria's base URL.
    fn at_upstream<'u>(&self, url: &'u str) -> Option<&'u str> {
        if url.starts_with('/') {
            return Some(url);
        }
        let base = &self.urls.upstream_url;
        let (start, rest) = url.split_at_checked(base.len())?;
        start.eq_ignore_ascii_case(base).then_some(rest)
    }
}
