//! Tells the kind of a photo by its first bytes.
//!
//! A client's `Content-Type` and file name are claims; the first bytes are what a decoder goes by.
//! It does not look past the first box or chunk.

use std::fmt;

/// Bytes of an ISO media file that are searched for brands.
const BRANDS_SEARCHED_BYTES: usize = 256;

/// A photo format that the gateway accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PhotoKind {
    /// JPEG (JFIF, Exif or bare).
    Jpeg,
    /// PNG, animated or not.
    Png,
    /// WebP: lossy, lossless or extended.
    WebP,
    /// HEIC and HEIF: HEVC pictures in an ISO media file.
    Heic,
    /// GIF 87a and 89a.
    Gif,
}

impl PhotoKind {
    /// The media type to declare upstream.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Heic => "image/heic",
            Self::Gif => "image/gif",
        }
    }

    /// The file name to send upstream in place of the client's.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Jpeg => "upload.jpg",
            Self::Png => "upload.png",
            Self::WebP => "upload.webp",
            Self::Heic => "upload.heic",
            Self::Gif => "upload.gif",
        }
    }

    /// The kind that the first bytes announce.
    pub(super) fn sniff(data: &[u8]) -> Option<Self> {
        if data.starts_with(b"\xFF\xD8\xFF") {
            Some(Self::Jpeg)
        } else if data.starts_with(b"\x89PNG\r\n\x1A\n") {
            Some(Self::Png)
        } else if data.starts_with(b"GIF87a") || data.starts_with(b"GIF89a") {
            Some(Self::Gif)
        } else if data.starts_with(b"RIFF") && data.get(8..12) == Some(b"WEBP") {
            Some(Self::WebP)
        } else if data.get(4..8) == Some(b"ftyp") && has_heif_brand(data) {
            Some(Self::Heic)
        } else {
            None
        }
    }
}

impl fmt::Display for PhotoKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Heic => "HEIC",
            Self::Gif => "GIF",
        })
    }
}

/// Whether the `ftyp` box names HEVC, or HEIF in general and not AV1.
fn has_heif_brand(data: &[u8]) -> bool {
    let size_bytes = super::fields::Endian::Big.uint(data, 0, 4).unwrap_or(0);
    let end = size_bytes.min(BRANDS_SEARCHED_BYTES).min(data.len());
    let brands: &[u8] = data.get(8..end).unwrap_or_default();
    let names = |wanted: &[&[u8]]| brands.chunks_exact(4).any(|brand| wanted.contains(&brand));
    names(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"])
        || (names(&[b"mif1", b"msf1"]) && !names(&[b"avif", b"avis"]))
}
