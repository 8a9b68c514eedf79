//! Images under the gateway's own address: their URLs are signed, expire, and name no one.
//!
//! Older objects name their pictures by paths at Astria (`/rails/active_storage/blobs/…`), which are worth nothing
//! without the operator's key; and an `<img>` can send no token. So the object that its owner sees has URLs like
//! `https://gateway/rails/active_storage/blobs/redirect/ID/cat.jpg?a=ACCOUNT&e=EXPIRY&s=MAC`. Whoever holds one may
//! look at that picture until then: it is handed to the owner alone, and the proof of ownership is the mac.
//!
//! ```
//! use astria_gateway::clock::Timestamp;
//! use astria_gateway::images::{ImageKey, ImageUrlParts, ImageUrls};
//! use astria_gateway::ownership::AccountKey;
//! use astria_gateway::secret::Secret;
//!
//! let account = AccountKey::new("-/7");
//! let urls = ImageUrls::new(ImageUrlParts {
//!     key: ImageKey::new(&Secret::new(vec![7; 32])).unwrap(),
//!     gateway_url: "https://gateway.example".into(),
//!     upstream_url: "https://api.astria.ai".into(),
//!     valid_s: 3600,
//!     accounts: vec![account.clone()],
//! });
//! let now = Timestamp::from_unix_s(1_800_000_000);
//! let url = urls.of(&account, now).rewrite("/rails/active_storage/blobs/redirect/x/cat.jpg").unwrap();
//! let (path, query) = url.strip_prefix("https://gateway.example").unwrap().split_once('?').unwrap();
//! assert_eq!(urls.verify(path, query, now).unwrap().account, account);
//! ```
//!
//! What it does *not* do: it fetches nothing (`upstream/blob.rs`), and it does not know whether the picture exists.

mod kind;
mod path;
mod range;
mod rewrite;

use std::borrow::Cow;
use std::collections::BTreeMap;

use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use kind::{ImageKind, SNIFFED_BYTES};
pub use path::{BLOBS, is_image_path};
pub use range::{ByteRange, ContentRange, whole_of_refusal};
pub use rewrite::ImageSigner;

use crate::clock::Timestamp;
use crate::ownership::AccountKey;
use crate::secret::Secret;

const MIN_KEY_BYTES: usize = 32;
/// 144 of HMAC-SHA256's 256 bits: a multiple of three bytes, so base64 has one spelling for it.
const MAC_BYTES: usize = 18;
/// Enough to tell accounts apart; what it hides is the workspace's id.
const TAG_BYTES: usize = 9;
/// Longer than any of ours.
const MAX_QUERY_BYTES: usize = 128;

/// What signs images' URLs. Cheap to clone.
#[derive(Clone)]
pub struct ImageKey(hmac::Key);

impl ImageKey {
    /// A key that serves nothing else; `None` if it has fewer than 32 bytes.
    pub fn new(secret: &Secret) -> Option<Self> {
        let long_enough = secret.size_bytes() >= MIN_KEY_BYTES;
        long_enough.then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, secret.expose())))
    }

    fn tag(&self, account: &AccountKey) -> String {
        self.mac(&["image-account/1\n", account.as_str()], TAG_BYTES)
    }

    fn mac(&self, pieces: &[&str], size_bytes: usize) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        for piece in pieces {
            context.update(piece.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(context.sign().as_ref().get(..size_bytes).unwrap_or_default())
    }
}

/// What [`ImageUrls`] are made of.
pub struct ImageUrlParts {
    /// Signs.
    pub key: ImageKey,
    /// Public origin and base path of the gateway.
    pub gateway_url: String,
    /// Astria's base URL, as configured.
    pub upstream_url: String,
    /// Seconds that a URL works at most; it works for at least half of them.
    pub valid_s: u64,
    /// The accounts whose images are shown.
    pub accounts: Vec<AccountKey>,
}

/// Makes and judges images' URLs.
pub struct ImageUrls {
    key: ImageKey,
    gateway_url: String,
    upstream_url: String,
    valid_s: u64,
    /// What an account is called in a URL.
    tags: BTreeMap<AccountKey, String>,
    by_tag: BTreeMap<String, AccountKey>,
}

/// A URL's proof: whoever made it showed the picture to its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedImage {
    /// Where the picture is, in its one spelling; without the gateway's base path.
    pub path: String,
    /// Of the account that it is of.
    pub account: AccountKey,
    /// Until when the URL works.
    pub expires_at: Timestamp,
}

impl ImageUrls {
    /// See [`ImageUrlParts`].
    pub fn new(parts: ImageUrlParts) -> Self {
        let ImageUrlParts { key, gateway_url, mut upstream_url, valid_s, accounts } = parts;
        let tags: BTreeMap<_, _> =
            accounts.into_iter().map(|account| (account.clone(), key.tag(&account))).collect();
        let by_tag = tags.iter().map(|(account, tag)| (tag.clone(), account.clone())).collect();
        upstream_url.truncate(upstream_url.trim_end_matches('/').len());
        Self { key, gateway_url, upstream_url, valid_s, tags, by_tag }
    }

    /// What signs: a reload carries it over, so that what clients hold goes on working.
    pub const fn key(&self) -> &ImageKey {
        &self.key
    }

    /// For the objects of one account: those that their owner is about to see, and nobody else.
    pub fn of(&self, account: &AccountKey, now: Timestamp) -> ImageSigner<'_> {
        // Every account is known; one that is not would have URLs that nobody believes.
        let tag = self.tags.get(account).map_or_else(|| Cow::Owned(self.key.tag(account)), Cow::from);
        // The same for half a lifetime, so that a browser's cache knows a picture again.
        let step_s = (self.valid_s / 2).max(1);
        let expires_s = (now.unix_s() / step_s).saturating_add(2).saturating_mul(step_s);
        ImageSigner { urls: self, tag, expires_s }
    }

    /// What a URL proves, if we signed it and it has not expired. `None` never tells which of these failed.
    ///
    /// `path` is without the gateway's base path.
    pub fn verify(&self, path: &str, query: &str, now: Timestamp) -> Option<SignedImage> {
        if query.len() > MAX_QUERY_BYTES || !is_image_path(path) {
            return None;
        }
        let (said, mac) = query.rsplit_once("&s=")?;
        let (tag, expiry_s) = said.strip_prefix("a=")?.split_once("&e=")?;
        // Compared as text: then a mac has exactly one spelling.
        let expected = self.sign(path, said);
        constant_time::verify_slices_are_equal(expected.as_bytes(), mac.as_bytes()).ok()?;
        let account = self.by_tag.get(tag)?.clone();
        let expires_at = Timestamp::from_unix_s(expiry_s.parse().ok()?);
        (now < expires_at).then(|| SignedImage { path: path.to_owned(), account, expires_at })
    }

    /// A path has no question mark, so the pieces can be told apart.
    fn sign(&self, path: &str, said: &str) -> String {
        self.key.mac(&["image-url/1\n", path, "?", said], MAC_BYTES)
    }
}

#[cfg(test)]
mod tests;
