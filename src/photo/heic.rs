//! Reads the boxes of a HEIC or HEIF file.
//!
//! The size of each coded picture, tile and grid stands in an `ispe` property; the largest is the
//! photo's. EXIF and XMP are items that the `iloc` box locates anywhere in the file. Boxes beside the
//! pictures (a video, a vendor's own) are swept.
//! It does not decode, does not rotate, and does not follow the sample tables of a track.
//! Specified by ISO/IEC 14496-12 and 23008-12. Checked with files written by libheif (2026-11-21).

use std::ops::Range;

use super::blanking::{Blanking, Fault};
use super::fields::Endian::Big;
use super::size::Size;
use super::{heic_items, sweep};

/// Version and flags.
const FULL_BOX_BYTES: usize = 4;
/// Boxes at one level that are read; a photo has fewer than a hundred.
const MAX_PROPERTIES: usize = 65_536;

/// A box: its type and its content.
pub(super) struct BoxAt {
    pub(super) kind: [u8; 4],
    pub(super) body: Range<usize>,
}

/// The size of the picture; blanks positions on the way.
pub(super) fn inspect(source: &[u8], blanking: &mut Blanking<'_>) -> Result<Size, Fault> {
    let mut size: Option<Size> = None;
    let mut at = 0;
    while let Some(found) = next_box(source, at..source.len()) {
        at = found.body.end;
        match &found.kind {
            b"ftyp" | b"mdat" => {}
            b"meta" => {
                let content = found.body.start.saturating_add(FULL_BOX_BYTES)..found.body.end;
                for part in boxes(source, content.clone()).filter(|part| &part.kind == b"iprp") {
                    size = largest(source, part.body, size)?;
                }
                if blanking.wanted() {
                    heic_items::blank(content, blanking)?;
                }
            }
            _ => sweep::appended(found.body, blanking)?,
        }
    }
    sweep::appended(at..source.len(), blanking)?;
    size.ok_or(Fault::Truncated)
}

/// The largest of `size` and the `ispe` boxes among the properties at `body`.
fn largest(source: &[u8], body: Range<usize>, mut size: Option<Size>) -> Result<Option<Size>, Fault> {
    for list in boxes(source, body).filter(|list| &list.kind == b"ipco") {
        for property in boxes(source, list.body).filter(|property| &property.kind == b"ispe") {
            let data = source.get(property.body).unwrap_or_default();
            let stated = Size::read(Big, data, FULL_BOX_BYTES, 4).ok_or(Fault::Malformed)?;
            size = Some(size.map_or(stated, |known| known.larger(stated)));
        }
    }
    Ok(size)
}

/// The boxes that fill `within`, up to the first that is no box.
pub(super) fn boxes(source: &[u8], within: Range<usize>) -> impl Iterator<Item = BoxAt> {
    let mut at = within.start;
    std::iter::from_fn(move || {
        let found = next_box(source, at..within.end)?;
        at = found.body.end;
        Some(found)
    })
    .take(MAX_PROPERTIES)
}

/// The box at the start of `within`; one that claims to be longer is cut there.
fn next_box(source: &[u8], within: Range<usize>) -> Option<BoxAt> {
    let start = within.start;
    let kind_at = start.checked_add(4)?;
    let (header_bytes, size_bytes) = match Big.uint(source, start, 4)? {
        0 => (8, within.end.checked_sub(start)?),
        1 => (16, Big.uint(source, start.checked_add(8)?, 8)?),
        size_bytes => (8, size_bytes),
    };
    let body_at = start.checked_add(header_bytes)?;
    let kind = source.get(kind_at..kind_at.checked_add(4)?)?.try_into().ok()?;
    if size_bytes < header_bytes || body_at > within.end {
        return None;
    }
    Some(BoxAt { kind, body: body_at..start.saturating_add(size_bytes).min(within.end) })
}
