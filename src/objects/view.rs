//! Through whose eyes an object is shown: what stands in for Astria's own addresses and titles.

use std::borrow::Cow;
use std::fmt::Arguments;

use crate::images::ImageSigner;
use crate::ownership::{TitlePrefix, words};

/// See the module.
pub struct View<'a> {
    /// Origin and base path of the gateway.
    pub gateway_url: &'a str,
    /// What stands before the owner's titles at Astria; without an owner, none.
    pub prefix: Option<TitlePrefix>,
    /// Signs the addresses of pictures that live at Astria.
    pub pictures: ImageSigner<'a>,
}

impl View<'_> {
    /// An address of the gateway.
    pub(super) fn address(&self, path: Arguments<'_>) -> String {
        format!("{}/{path}", self.gateway_url)
    }

    /// A title in JSON, as its owner wrote it. A tune that was made here (`is_ours`) may have the prefix of the guest that
    /// its owner once was.
    pub(super) fn title<'v>(&self, value: &'v str, is_ours: bool) -> Cow<'v, str> {
        let Some(prefix) = &self.prefix else { return value.into() };
        let Ok(title) = serde_json::from_str::<String>(value) else { return value.into() };
        let mut own = prefix.take_off(&title);
        if is_ours && own.len() == title.len() {
            own = words(own).unwrap_or(own);
        }
        if own.len() == title.len() {
            return value.into();
        }
        // A text always serializes.
        serde_json::to_string(own).map_or_else(|_| value.into(), Cow::Owned)
    }

    /// Addresses of pictures in JSON: a text, a list of texts, or nothing.
    pub(super) fn pictures<'v>(&self, value: &'v str) -> Cow<'v, str> {
        self.pictures.rewrite_json(value).map_or_else(|| value.into(), Cow::Owned)
    }
}
