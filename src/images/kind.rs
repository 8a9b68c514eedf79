//! Tells pictures and videos by their first bytes; whatever else came is not shown.
//!
//! What the storage says of a type is not believed: a page of HTML under the gateway's own address would run as the
//! app's page. It decodes nothing.

/// As many first bytes as [`ImageKind::sniff`] wants to see.
pub const SNIFFED_BYTES: usize = 64;

/// A format that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageKind {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// GIF 87a and 89a.
    Gif,
    /// WebP.
    WebP,
    /// HEIC and HEIF.
    Heic,
    /// AVIF.
    Avif,
    /// MPEG-4 and its relatives.
    Mp4,
    /// `QuickTime`.
    QuickTime,
    /// `WebM`.
    WebM,
}

impl ImageKind {
    /// The type that the client is told.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
            Self::Heic => "image/heic",
            Self::Avif => "image/avif",
            Self::Mp4 => "video/mp4",
            Self::QuickTime => "video/quicktime",
            Self::WebM => "video/webm",
        }
    }

    /// What the first bytes announce.
    pub fn sniff(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"\xFF\xD8\xFF") {
            Some(Self::Jpeg)
        } else if head.starts_with(b"\x89PNG\r\n\x1A\n") {
            Some(Self::Png)
        } else if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") {
            Some(Self::Gif)
        } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
            Some(Self::WebP)
        } else if head.get(4..8) == Some(b"ftyp") {
            of_brands(head)
        } else if head.starts_with(b"\x1A\x45\xDF\xA3") && head.windows(4).any(|word| word == b"webm") {
            Some(Self::WebM)
        } else {
            None
        }
    }
}

/// The first brand decides; a general one of HEIF leaves it to the others. Source: the MP4 registration authority's
/// list of brands (read 2026-11-21).
fn of_brands(head: &[u8]) -> Option<ImageKind> {
    let size = head.first_chunk().map_or(0, |size: &[u8; 4]| u32::from_be_bytes(*size));
    let end = usize::try_from(size).unwrap_or(usize::MAX).min(head.len());
    let has_brand =
        |wanted: &[u8]| head.get(16..end).is_some_and(|brands| brands.chunks_exact(4).any(|b| b == wanted));
    match head.get(8..12)? {
        b"avif" | b"avis" => Some(ImageKind::Avif),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"hevm" | b"hevs" => {
            Some(ImageKind::Heic)
        }
        b"mif1" | b"msf1" if has_brand(b"avif") || has_brand(b"avis") => Some(ImageKind::Avif),
        b"mif1" | b"msf1" => Some(ImageKind::Heic),
        b"qt  " => Some(ImageKind::QuickTime),
        b"isom" | b"iso2" | b"iso3" | b"iso4" | b"iso5" | b"iso6" | b"iso7" | b"iso8" | b"iso9" | b"mp41"
        | b"mp42" | b"avc1" | b"hvc1" | b"dash" | b"M4V " | b"M4VH" | b"M4VP" | b"MSNV" | b"3gp4"
        | b"3gp5" | b"3gp6" => Some(ImageKind::Mp4),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_and_videos_are_told_by_their_first_bytes_and_nothing_else_is_one() {
        for (head, kind) in [
            (&b"\xFF\xD8\xFF\xE0\0\x10JFIF"[..], "image/jpeg"),
            (b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", "image/png"),
            (b"GIF89a\x01\0\x01\0", "image/gif"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "image/heic"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0avifmif1", "image/avif"),
            (b"\0\0\0\x14ftypavif\0\0\0\0avif", "image/avif"),
            (b"\0\0\0\x14ftypisom\0\0\x02\0isom", "video/mp4"),
            (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video/quicktime"),
            (b"\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
        ] {
            assert_eq!(ImageKind::sniff(head).map(ImageKind::content_type), Some(kind), "{head:?}");
        }
        for head in [
            &b""[..],
            b"<html><script>alert(1)</script>",
            b"<svg xmlns='http://www.w3.org/2000/svg'>",
            b"%PDF-1.7",
            b"{\"error\":\"no\"}",
            b"RIFF\x10\0\0\0WAVEfmt ",
            b"\0\0\0\x14ftypM4A \0\0\0\0M4A ",
            b"\x1A\x45\xDF\xA3\x9F\x42\x82\x88matroska",
            b" \xFF\xD8\xFF",
            b"\xFF\xD8",
        ] {
            assert_eq!(ImageKind::sniff(head), None, "{head:?}");
        }
    }
}
