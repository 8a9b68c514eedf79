//! Reads the segments of a JPEG file.
//!
//! The size stands in a frame header (SOF), metadata in application segments; behind the end marker
//! phones append further pictures and videos, whose positions count as well.
//! It does not decode: entropy-coded data is passed over from one 0xFF byte to the next.
//! Specified by ITU-T T.81, annex B, CIPA DC-008 and Adobe, XMP Specification Part 3. Source for EXIF in
//! several segments: exiftool 12.57, `ExifTool.pm` (read 2026-11-21).

use std::ops::Range;

use memchr::memchr_iter;

use super::blanking::{Blanking, Fault};
use super::fields::Endian;
use super::region::Region;
use super::size::Size;
use super::tiff::{self, Trust};
use super::{sweep, xmp};

const EXIF: &[u8] = b"Exif\0";
/// The signature and a pad byte of any value.
const EXIF_HEADER_BYTES: usize = 6;
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const EXTENDED_XMP: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
/// Digest of the whole, its length, and the offset of this part.
const EXTENDED_XMP_FIELDS_BYTES: usize = 40;
const DIGEST_BYTES: usize = 32;

/// The size of the picture; blanks positions on the way.
pub(super) fn inspect(source: &[u8], blanking: &mut Blanking<'_>) -> Result<Size, Fault> {
    let mut size: Option<Size> = None;
    let mut metadata = Metadata::default();
    let mut in_scans = false;
    let mut at = 2;
    while let Some((marker, behind)) = next_marker(source, at) {
        at = behind;
        if marker == 0xD9 {
            sweep::appended(at..source.len(), blanking)?;
            break;
        }
        let Some(segment) = segment(source, at) else {
            if in_scans {
                continue;
            }
            return Err(Fault::Truncated);
        };
        if segment.end < segment.start {
            return Err(Fault::Malformed);
        }
        at = segment.end;
        match marker {
            0xC4 | 0xC8 | 0xCC => {}
            0xC0..=0xCF => {
                let frame = frame_size(source, segment)?;
                size = Some(size.map_or(frame, |known| known.larger(frame)));
            }
            0xDA => in_scans = true,
            0xE0..=0xEF | 0xFE => metadata.segment(segment, blanking)?,
            _ => {}
        }
    }
    metadata.finish(blanking)?;
    size.filter(|_| in_scans).ok_or(Fault::Truncated)
}

/// The next marker from `at` on that begins something, and the place behind it. Stuffing, TEM, restarts and a start of
/// image stand alone; 0xFF bytes before a marker are fill.
fn next_marker(source: &[u8], at: usize) -> Option<(u8, usize)> {
    let rest = source.get(at..)?;
    // One search over all of them: coded data has a stuffed 0xFF in every 256 bytes.
    memchr_iter(0xFF, rest).find_map(|found| match rest.get(found.saturating_add(1))? {
        0x00 | 0x01 | 0xD0..=0xD8 | 0xFF => None,
        marker => Some((*marker, at.saturating_add(found).saturating_add(2))),
    })
}

/// The payload behind the length at `at`; `None` when the file ends first.
fn segment(source: &[u8], at: usize) -> Option<Range<usize>> {
    let length_bytes = Endian::Big.uint(source, at, 2)?;
    let end = at.checked_add(length_bytes)?;
    (end <= source.len()).then_some(at.saturating_add(2)..end)
}

fn frame_size(source: &[u8], segment: Range<usize>) -> Result<Size, Fault> {
    let data = source.get(segment).unwrap_or_default();
    let height = Endian::Big.uint(data, 1, 2).ok_or(Fault::Malformed)?;
    let width = Endian::Big.uint(data, 3, 2).ok_or(Fault::Malformed)?;
    Size::new(width, height).ok_or(Fault::Malformed)
}

/// Segments whose content goes on in the next one of their kind.
#[derive(Default)]
struct Metadata {
    exif: Vec<Vec<Range<usize>>>,
    extended_xmp: Vec<ExtendedPart>,
}

struct ExtendedPart {
    digest: Range<usize>,
    offset: usize,
    at: Range<usize>,
}

impl Metadata {
    fn segment(&mut self, at: Range<usize>, blanking: &mut Blanking<'_>) -> Result<(), Fault> {
        if !blanking.wanted() {
            return Ok(());
        }
        let source = blanking.source();
        let data = source.get(at.clone()).unwrap_or_default();
        if data.starts_with(EXIF) {
            let block = at.start.saturating_add(EXIF_HEADER_BYTES)..at.end;
            let begins = source.get(block.clone()).is_some_and(|block| tiff::byte_order(block).is_some());
            match self.exif.last_mut() {
                Some(group) if !begins => group.push(block),
                _ => self.exif.push(vec![block]),
            }
        } else if data.starts_with(EXTENDED_XMP) {
            let fields = at.start.saturating_add(EXTENDED_XMP.len());
            let content = fields.saturating_add(EXTENDED_XMP_FIELDS_BYTES);
            let offset = Endian::Big.uint(source, content.saturating_sub(4), 4).unwrap_or(0);
            let digest = fields..fields.saturating_add(DIGEST_BYTES);
            self.extended_xmp.push(ExtendedPart { digest, offset, at: content.min(at.end)..at.end });
        } else if data.starts_with(XMP) {
            return xmp::blank_packet(&Region::of(source, at), blanking);
        }
        sweep::metadata(&Region::of(source, at), blanking)
    }

    /// Reads what was cut into several segments.
    fn finish(mut self, blanking: &mut Blanking<'_>) -> Result<(), Fault> {
        for group in self.exif {
            let region = Region::joined(blanking, &group)?;
            tiff::blank(&region, 0..region.bytes().len(), Trust::Declared, blanking)?;
            if group.len() > 1 {
                sweep::metadata(&region, blanking)?;
            }
        }
        let source = blanking.source();
        let digest = |part: &ExtendedPart| source.get(part.digest.clone()).unwrap_or_default();
        self.extended_xmp.sort_by_key(|part| (digest(part), part.offset));
        for packet in self.extended_xmp.chunk_by(|left, right| digest(left) == digest(right)) {
            let parts: Vec<_> = packet.iter().map(|part| part.at.clone()).collect();
            xmp::blank_packet(&Region::joined(blanking, &parts)?, blanking)?;
        }
        Ok(())
    }
}
