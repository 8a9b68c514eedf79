//! Reads the chunks of a PNG file.
//!
//! The size stands in `IHDR`; metadata in `eXIf` and in text chunks, among them EXIF and XMP as
//! hexadecimal text ("Raw profile type …", ImageMagick). What is compressed cannot be edited in place:
//! such a chunk becomes one of a private kind (`blNk`) that decoders skip, and its data zeros; an
//! orientation that only it held goes with it. Checksums of edited chunks are computed anew.
//! It does not decompress, and other compressed text than EXIF, XMP and Photoshop profiles stays.
//! Source: PNG Specification 1.0, "File Structure" (libpng.org); exiftool 12.57, `PNG.pm`, for profiles in
//! digits (read 2026-11-21).

use std::ops::Range;

use memchr::memchr;

use super::blanking::{Blanking, Fault};
use super::fields::Endian::Big;
use super::region::Region;
use super::size::Size;
use super::tiff::{self, Trust};
use super::webp::exif_block;
use super::{sweep, xmp};

const SIGNATURE_BYTES: usize = 8;
/// Length and type.
const CHUNK_HEADER_BYTES: usize = 8;
const CHECKSUM_BYTES: usize = 4;
/// Ancillary, private, safe to copy: no decoder may object to it.
const BLANK_KIND: &[u8] = b"blNk";
const XMP_KEYWORD: &[u8] = b"XML:com.adobe.xmp";
const RAW_PROFILE: &[u8] = b"Raw profile type ";

/// The size of the picture; blanks positions on the way.
pub(super) fn inspect(source: &[u8], blanking: &mut Blanking<'_>) -> Result<Size, Fault> {
    if source.len() < SIGNATURE_BYTES + CHUNK_HEADER_BYTES {
        return Err(Fault::Truncated);
    }
    if source.get(12..16) != Some(b"IHDR") || Big.uint(source, 8, 4) != Some(13) {
        return Err(Fault::Malformed);
    }
    let size = Size::read(Big, source, 16, 4).ok_or(Fault::Truncated)?;
    let mut at = SIGNATURE_BYTES;
    let mut has_pixels = false;
    while at.saturating_add(CHUNK_HEADER_BYTES) <= source.len() {
        let length_bytes = Big.uint(source, at, 4).ok_or(Fault::Truncated)?;
        let kind_at = at.saturating_add(4);
        let body_at = at.saturating_add(CHUNK_HEADER_BYTES);
        let body = body_at..body_at.saturating_add(length_bytes);
        at = body.end.saturating_add(CHECKSUM_BYTES);
        let kind = source.get(kind_at..body_at).unwrap_or_default();
        if kind == b"IDAT" {
            has_pixels = true;
        } else if kind == b"IEND" {
            sweep::appended(at..source.len(), blanking)?;
            break;
        } else if at > source.len() {
            return Err(Fault::Truncated);
        } else if blanking.wanted() {
            let before = blanking.edits();
            metadata(kind, kind_at, body.clone(), blanking)?;
            if blanking.edits() > before {
                blanking.checksum(kind_at..body.end);
            }
        }
    }
    if has_pixels { Ok(size) } else { Err(Fault::Truncated) }
}

fn metadata(
    kind: &[u8],
    kind_at: usize,
    body: Range<usize>,
    blanking: &mut Blanking<'_>,
) -> Result<(), Fault> {
    match kind {
        b"eXIf" => {
            let region = Region::of(blanking.source(), body);
            tiff::blank(&region, exif_block(region.bytes()), Trust::Declared, blanking)?;
            sweep::metadata(&region, blanking)
        }
        // A draft of compressed EXIF that some readers know.
        b"zxIf" => neutralise(kind_at, body, blanking),
        b"tEXt" | b"zTXt" | b"iTXt" => text(kind, kind_at, body, blanking),
        b"IHDR" | b"PLTE" | b"tRNS" | b"iCCP" | b"sPLT" | b"hIST" | b"fdAT" | b"fcTL" | b"acTL" => Ok(()),
        _ => sweep::metadata(&Region::of(blanking.source(), body), blanking),
    }
}

/// What a keyword says of its text.
#[derive(PartialEq, Eq)]
enum Text {
    /// A packet.
    Xmp,
    /// EXIF, XMP or a Photoshop block in hexadecimal digits.
    Hex,
    /// One value of a position, as ImageMagick writes image properties (`exif:GPSLatitude`).
    Position,
    Other,
}

fn text(kind: &[u8], kind_at: usize, body: Range<usize>, blanking: &mut Blanking<'_>) -> Result<(), Fault> {
    let source = blanking.source();
    let data = source.get(body.clone()).unwrap_or_default();
    let Some(keyword_bytes) = memchr(0, data) else { return Ok(()) };
    let meaning = meaning(data.get(..keyword_bytes).unwrap_or_default());
    let after = keyword_bytes.saturating_add(1);
    let compressed = kind == b"zTXt" || (kind == b"iTXt" && data.get(after) != Some(&0));
    if compressed {
        return match meaning {
            Text::Other => Ok(()),
            _ => neutralise(kind_at, body, blanking),
        };
    }
    let offset = if kind == b"iTXt" { international_text_at(data, after) } else { Some(after) };
    let start = body.start.saturating_add(offset.unwrap_or(after)).min(body.end);
    let content = start..body.end;
    match meaning {
        Text::Xmp => xmp::blank_packet(&Region::of(source, content), blanking),
        Text::Position => blanking.fill(content, b' '),
        Text::Hex => hex_profile(content, blanking),
        Text::Other => sweep::metadata(&Region::of(source, content), blanking),
    }
}

fn meaning(keyword: &[u8]) -> Text {
    let local = keyword.rsplit(|byte| *byte == b':').next().unwrap_or_default();
    let profile = keyword.strip_prefix(RAW_PROFILE).map(<[u8]>::to_ascii_lowercase);
    match profile.as_deref() {
        Some(b"exif" | b"app1" | b"xmp" | b"8bim") => Text::Hex,
        _ if keyword.eq_ignore_ascii_case(XMP_KEYWORD) => Text::Xmp,
        _ if xmp::is_position(b"", local) => Text::Position,
        _ => Text::Other,
    }
}

/// The text of an `iTXt` behind flag, method, language and translated keyword.
fn international_text_at(data: &[u8], after_keyword: usize) -> Option<usize> {
    let language_at = after_keyword.checked_add(2)?;
    let translated_at = language_at.checked_add(memchr(0, data.get(language_at..)?)?)?.checked_add(1)?;
    translated_at.checked_add(memchr(0, data.get(translated_at..)?)?)?.checked_add(1)
}

/// A profile in digits: a line feed, a name, a line with its length, the digits.
fn hex_profile(content: Range<usize>, blanking: &mut Blanking<'_>) -> Result<(), Fault> {
    let source = blanking.source();
    let data = source.get(content.clone()).unwrap_or_default();
    blanking.spend(data.len())?;
    let lines_before = 3;
    let digits_at = data
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .nth(lines_before - 1)
        .map_or(0, |(place, _)| place.saturating_add(1));
    let region = Region::hex(source, content.start.saturating_add(digits_at)..content.end);
    tiff::blank(&region, exif_block(region.bytes()), Trust::Declared, blanking)?;
    xmp::blank_packet(&region, blanking)?;
    sweep::metadata(&region, blanking)
}

/// Turns a chunk into one that means nothing.
fn neutralise(kind_at: usize, body: Range<usize>, blanking: &mut Blanking<'_>) -> Result<(), Fault> {
    blanking.put(kind_at, BLANK_KIND)?;
    blanking.fill(body, 0)
}
