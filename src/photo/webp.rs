//! Reads the chunks of a WebP file.
//!
//! The size stands in the canvas header (VP8X) or in the first bytes of the bitstream (VP8, VP8L);
//! metadata in the chunks `EXIF` and `XMP `. No chunk has a checksum.
//! It does not decode pixels.
//! Specified by RFC 9649 and RFC 6386. Checked with files written by libwebp (2026-11-21).

use std::ops::Range;

use super::blanking::{Blanking, Fault};
use super::fields::Endian::Little;
use super::region::Region;
use super::size::Size;
use super::tiff::{self, Trust};
use super::{sweep, xmp};

const HEADER_BYTES: usize = 12;
const CHUNK_HEADER_BYTES: usize = 8;

/// The size of the picture; blanks positions on the way.
pub(super) fn inspect(source: &[u8], blanking: &mut Blanking<'_>) -> Result<Size, Fault> {
    let riff_bytes = Little.uint(source, 4, 4).ok_or(Fault::Truncated)?;
    let end = riff_bytes.saturating_add(8).min(source.len());
    let mut size: Option<Size> = None;
    let mut has_pixels = false;
    let mut at = HEADER_BYTES;
    while at.saturating_add(CHUNK_HEADER_BYTES) <= end {
        let body_at = at.saturating_add(CHUNK_HEADER_BYTES);
        let kind = source.get(at..at.saturating_add(4)).unwrap_or_default();
        let length_bytes = Little.uint(source, at.saturating_add(4), 4).ok_or(Fault::Truncated)?;
        let body = body_at..body_at.saturating_add(length_bytes).min(source.len());
        // Chunks are padded to an even length.
        at = body_at.saturating_add(length_bytes).saturating_add(length_bytes & 1);
        let data = source.get(body.clone()).unwrap_or_default();
        has_pixels |= matches!(kind, b"VP8 " | b"VP8L" | b"ANMF");
        match kind {
            b"VP8X" => add(&mut size, three_byte_size(data, 4))?,
            b"ANMF" => add(&mut size, three_byte_size(data, 6))?,
            b"VP8 " => add(&mut size, lossy_size(data))?,
            b"VP8L" => add(&mut size, lossless_size(data))?,
            b"ALPH" | b"ANIM" | b"ICCP" => {}
            _ => metadata(kind, body, blanking)?,
        }
    }
    sweep::appended(end.min(at)..source.len(), blanking)?;
    size.filter(|_| has_pixels).ok_or(Fault::Truncated)
}

fn metadata(kind: &[u8], body: Range<usize>, blanking: &mut Blanking<'_>) -> Result<(), Fault> {
    if !blanking.wanted() {
        return Ok(());
    }
    let region = Region::of(blanking.source(), body);
    match kind {
        b"EXIF" => tiff::blank(&region, exif_block(region.bytes()), Trust::Declared, blanking)?,
        // Some writers end the name with a zero byte.
        [b'X', b'M', b'P', _] => xmp::blank_packet(&region, blanking)?,
        _ => {}
    }
    sweep::metadata(&region, blanking)
}

/// Where the EXIF block begins: some writers keep the signature that it has in JPEG.
pub(super) fn exif_block(data: &[u8]) -> Range<usize> {
    let start = if data.starts_with(b"Exif\0") { 6.min(data.len()) } else { 0 };
    start..data.len()
}

fn add(size: &mut Option<Size>, stated: Option<Size>) -> Result<(), Fault> {
    let stated = stated.ok_or(Fault::Malformed)?;
    *size = Some(size.map_or(stated, |known| known.cover(stated)));
    Ok(())
}

/// Two fields of three bytes, each one less than the size.
fn three_byte_size(data: &[u8], at: usize) -> Option<Size> {
    let less = Size::read(Little, data, at, 3)?;
    Some(Size { width: less.width.saturating_add(1), height: less.height.saturating_add(1) })
}

/// Frame tag, start code, then 14 bits of size and 2 of scale for each axis.
fn lossy_size(data: &[u8]) -> Option<Size> {
    if data.get(3..6)? != b"\x9D\x01\x2A" {
        return None;
    }
    let scaled = Size::read(Little, data, 6, 2)?;
    Some(Size { width: scaled.width & 0x3FFF, height: scaled.height & 0x3FFF })
}

/// Signature, then 14 bits for each axis, one less than the size.
fn lossless_size(data: &[u8]) -> Option<Size> {
    if data.first()? != &0x2F {
        return None;
    }
    let bits = Little.uint(data, 1, 4)?;
    Size::new((bits & 0x3FFF).saturating_add(1), ((bits >> 14) & 0x3FFF).saturating_add(1))
}
