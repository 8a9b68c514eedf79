//! What the storage host and the proxied addresses serve: the picture of a key, or what a test wants instead.
//!
//! One range of bytes is honoured, with an `ETag` and `If-Range`; several at once are answered as none. A gateway must
//! survive the other contents: a page under an image's type, far too many bytes, a trickle, an error, one more redirect.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use crate::pictures;
use crate::pieces::Pieces;
use crate::recording::sha256_hex;
use crate::reply::Reply;
use crate::state::Shared;

const BUCKET: &str = "/mock-bucket/";

/// What is served for every key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StoredContent {
    /// The picture of the key, as PNG.
    #[default]
    Picture,
    /// These bytes under that type, whatever they are.
    Bytes {
        /// The `Content-Type`.
        content_type: String,
        /// The body.
        bytes: Bytes,
    },
    /// A PNG's beginning and a lot behind it; ranges are not honoured.
    Huge {
        /// How much.
        size_bytes: u64,
        /// In `Content-Length`; else it is sent in chunks.
        announced: bool,
    },
    /// The picture in pieces, with a pause before each; ranges are not honoured.
    Slow {
        /// The size of a piece.
        chunk_bytes: usize,
        /// The pause.
        pause_ms: u64,
    },
    /// An error page of that status.
    Status(u16),
    /// 302 on to this address; as a proxied address 502.
    Redirect(String),
}

impl StoredContent {
    /// An HTML page with a script in it, said to be a PNG.
    #[must_use]
    pub fn html_as_png() -> Self {
        let page =
            "<!DOCTYPE html><html><body><script>document.title = document.cookie</script></body></html>";
        Self::Bytes { content_type: "image/png".to_owned(), bytes: Bytes::from(page) }
    }
}

/// The storage host's address of a key, with the signature that such addresses have.
pub(crate) fn address(shared: &Shared, key: &str) -> String {
    let signature = sha256_hex(key.as_bytes());
    let base = &shared.storage_url;
    format!("{base}{BUCKET}{key}?X-Amz-Expires=300&X-Amz-SignedHeaders=host&X-Amz-Signature={signature}")
}

/// The key of a path of the storage host.
pub(crate) fn key(path: &str) -> Option<&str> {
    path.strip_prefix(BUCKET).filter(|key| !key.is_empty())
}

/// The reply for a key.
pub(crate) fn answer(
    content: &StoredContent,
    key: &str,
    headers: &BTreeMap<String, String>,
    proxied: bool,
) -> Reply {
    let picture = || pictures::png(&format!("pictures/{key}"));
    match content {
        StoredContent::Picture => whole_or_range("image/png", picture(), headers),
        StoredContent::Bytes { content_type, bytes } => whole_or_range(content_type, bytes.clone(), headers),
        StoredContent::Huge { size_bytes, announced } => {
            let pieces = Pieces::new(picture(), *size_bytes);
            Reply::pieces(if *announced { pieces } else { pieces.unannounced() })
        }
        StoredContent::Slow { chunk_bytes, pause_ms } => {
            let picture = picture();
            let size_bytes = u64::try_from(picture.len()).unwrap_or(u64::MAX);
            Reply::pieces(
                Pieces::new(picture, size_bytes).paced(*chunk_bytes, Duration::from_millis(*pause_ms)),
            )
        }
        StoredContent::Status(status) => Reply::page(*status, "The storage has a problem"),
        StoredContent::Redirect(_) if proxied => Reply::page(502, "The storage has a problem"),
        StoredContent::Redirect(url) => Reply::page(302, "Found").header("location", url.clone()),
    }
}

fn whole_or_range(kind: &str, bytes: Bytes, headers: &BTreeMap<String, String>) -> Reply {
    let etag: String = sha256_hex(&bytes).chars().take(32).collect();
    let etag = format!("\"{etag}\"");
    let length = bytes.len();
    let get = |name: &str| headers.get(name).map(String::as_str);
    let range = get("range").filter(|_| get("if-range").is_none_or(|wanted| wanted == etag));
    let reply = match range.map_or(Range::Whole, |range| Range::parse(range, length)) {
        _ if get("if-none-match").is_some_and(|known| known == etag) => Reply::empty(304),
        Range::Whole => Reply::text(200, kind, bytes),
        Range::Part(first, last) => Reply::text(206, kind, bytes.slice(first..=last))
            .header("content-range", format!("bytes {first}-{last}/{length}")),
        Range::Outside => Reply::empty(416).header("content-range", format!("bytes */{length}")),
    };
    reply.header("accept-ranges", "bytes".to_owned()).header("etag", etag)
}

/// The bytes that a request asks for.
#[derive(Debug, PartialEq, Eq)]
enum Range {
    Whole,
    /// The first and the last byte.
    Part(usize, usize),
    Outside,
}

impl Range {
    /// What cannot be read, or is more than one range, is as good as none.
    fn parse(header: &str, length: usize) -> Self {
        let Some((first, last)) = header.strip_prefix("bytes=").and_then(|range| range.split_once('-'))
        else {
            return Self::Whole;
        };
        let end = length.saturating_sub(1);
        match (first.trim().parse::<usize>(), last.trim().parse::<usize>()) {
            (Ok(first), Ok(last)) if first <= last && first < length => Self::Part(first, last.min(end)),
            (Ok(first), Ok(last)) if first <= last => Self::Outside,
            (Ok(first), Err(_)) if last.trim().is_empty() && first < length => Self::Part(first, end),
            (Ok(_), Err(_)) if last.trim().is_empty() => Self::Outside,
            (Err(_), Ok(0)) if first.trim().is_empty() => Self::Outside,
            (Err(_), Ok(_)) if first.trim().is_empty() && length == 0 => Self::Outside,
            (Err(_), Ok(count)) if first.trim().is_empty() => Self::Part(length.saturating_sub(count), end),
            _ => Self::Whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn one_range_is_read_and_everything_else_is_none() {
        for (header, range) in [
            ("bytes=0-9", Range::Part(0, 9)),
            ("bytes=90-200", Range::Part(90, 99)),
            ("bytes=50-", Range::Part(50, 99)),
            ("bytes=-10", Range::Part(90, 99)),
            ("bytes=-500", Range::Part(0, 99)),
            ("bytes=100-", Range::Outside),
            ("bytes=100-200", Range::Outside),
            ("bytes=-0", Range::Outside),
            ("bytes=9-0", Range::Whole),
            ("bytes=0-1,5-6", Range::Whole),
            ("items=0-1", Range::Whole),
            ("bytes=x", Range::Whole),
        ] {
            assert_eq!(Range::parse(header, 100), range, "{header}");
        }
    }
}
