//! Finds the EXIF and XMP items of a HEIF file and blanks the positions in them.
//!
//! `iinf` names the items, `iloc` says where the bytes of each lie, in one extent or several, in the file
//! or in the `idat` box.
//! It does not read items that are built from other items (construction method 2), nor external files.
//! Source: exiftool 12.57, `QuickTime.pm`, `ParseItemLocation` and `ParseItemInfoEntry`
//! (read 2026-11-21); specified by ISO/IEC 14496-12 and 23008-12.

use std::collections::HashMap;
use std::ops::Range;

use super::blanking::{Blanking, Fault};
use super::fields::Endian::Big;
use super::heic::boxes;
use super::region::Region;
use super::tiff::{self, Trust};
use super::webp::exif_block;
use super::{sweep, xmp};

const FULL_BOX_BYTES: usize = 4;
/// The field in front of an EXIF item: how many bytes to pass over.
const EXIF_OFFSET_BYTES: usize = 4;
/// What reading one extent or item is worth.
const RECORD_BYTES: usize = 16;

/// An item that may hold a position.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Exif,
    /// XMP or another text.
    Text,
    /// A text that is compressed.
    Compressed,
    /// A whole JPEG.
    Jpeg,
}

/// Blanks the metadata items of the `meta` box whose children fill `content`.
pub(super) fn blank(content: Range<usize>, blanking: &mut Blanking<'_>) -> Result<(), Fault> {
    let source = blanking.source();
    let child = |kind: &[u8; 4]| boxes(source, content.clone()).find(|part| &part.kind == kind);
    let (Some(information), Some(locations)) = (child(b"iinf"), child(b"iloc")) else { return Ok(()) };
    let inline = child(b"idat").map_or(0..0, |part| part.body);
    let items = items(source, information.body);
    if items.is_empty() {
        return Ok(());
    }
    for (id, extents) in located(&items, locations.body, &inline, blanking)? {
        if let Some(item) = items.get(&id) {
            blank_item(*item, &extents, blanking)?;
        }
    }
    Ok(())
}

fn blank_item(item: Item, extents: &[Range<usize>], blanking: &mut Blanking<'_>) -> Result<(), Fault> {
    let region = Region::joined(blanking, extents)?;
    let data = region.bytes();
    match item {
        Item::Compressed => return region.fill(blanking, 0..data.len(), 0),
        Item::Exif => {
            let passed = Big.uint(data, 0, EXIF_OFFSET_BYTES).unwrap_or(0);
            let block_at = EXIF_OFFSET_BYTES.saturating_add(passed).min(data.len());
            let block = exif_block(data.get(block_at..).unwrap_or_default());
            let block = block_at.saturating_add(block.start)..data.len();
            tiff::blank(&region, block, Trust::Declared, blanking)?;
        }
        Item::Text => xmp::blank_packet(&region, blanking)?,
        Item::Jpeg => {}
    }
    sweep::metadata(&region, blanking)
}

/// The items of interest in an `iinf` box.
fn items(source: &[u8], body: Range<usize>) -> HashMap<usize, Item> {
    let wide = source.get(body.start).is_some_and(|version| *version > 0);
    let count_bytes = if wide { 4 } else { 2 };
    let entries = body.start.saturating_add(FULL_BOX_BYTES + count_bytes)..body.end;
    boxes(source, entries)
        .filter(|entry| &entry.kind == b"infe")
        .filter_map(|entry| item(source.get(entry.body)?))
        .collect()
}

/// The id and nature of one `infe` box.
fn item(data: &[u8]) -> Option<(usize, Item)> {
    let version = *data.first()?;
    let id_bytes = if version == 3 { 4 } else { 2 };
    let id = Big.uint(data, FULL_BOX_BYTES, id_bytes)?;
    // The protection index comes between.
    let after = FULL_BOX_BYTES + id_bytes + 2;
    if version < 2 {
        return Some((id, text_item(data.get(after..)?)));
    }
    let kind = data.get(after..after + 4)?;
    match kind {
        b"Exif" => Some((id, Item::Exif)),
        b"mime" => Some((id, text_item(data.get(after + 4..)?))),
        b"jpeg" => Some((id, Item::Jpeg)),
        _ => None,
    }
}

/// Name, content type and content encoding, each closed by a zero byte; the encoding may be missing.
fn text_item(strings: &[u8]) -> Item {
    let encoding = strings.split(|byte| *byte == 0).nth(2).unwrap_or_default();
    if encoding.is_empty() { Item::Text } else { Item::Compressed }
}

/// Reads fields one after the other.
struct Cursor<'a> {
    data: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn take(&mut self, width_bytes: usize) -> Result<usize, Fault> {
        let value = Big.uint(self.data, self.at, width_bytes).ok_or(Fault::Malformed)?;
        self.at = self.at.saturating_add(width_bytes);
        Ok(value)
    }
}

type Located = Vec<(usize, Vec<Range<usize>>)>;

/// Where the items of interest lie, by an `iloc` box.
fn located(
    items: &HashMap<usize, Item>,
    body: Range<usize>,
    inline: &Range<usize>,
    blanking: &mut Blanking<'_>,
) -> Result<Located, Fault> {
    let whole = 0..blanking.source().len();
    let mut fields = Cursor { data: blanking.source().get(body).unwrap_or_default(), at: 0 };
    let version = fields.take(1)?;
    fields.take(3)?;
    let widths = fields.take(2)?;
    let [offset_bytes, length_bytes, base_bytes, index_bytes] =
        [12, 8, 4, 0].map(|shift| ((widths >> shift) & 0xF).min(8));
    let id_bytes = if version < 2 { 2 } else { 4 };
    let count = fields.take(id_bytes)?;
    let mut found = Located::new();
    for _ in 0..count {
        blanking.spend(RECORD_BYTES)?;
        let id = fields.take(id_bytes)?;
        let method = if version == 0 { 0 } else { fields.take(2)? & 0xF };
        let reference = fields.take(2)?;
        let base = fields.take(base_bytes)?;
        let extent_count = fields.take(2)?;
        let mut extents = Vec::new();
        for _ in 0..extent_count {
            blanking.spend(RECORD_BYTES)?;
            if version > 0 {
                fields.take(index_bytes)?;
            }
            let offset = fields.take(offset_bytes)?;
            let length = fields.take(length_bytes)?;
            let within = if method == 1 { inline } else { &whole };
            extents.extend(extent(within, base.saturating_add(offset), length));
        }
        if items.contains_key(&id) && reference == 0 {
            if method > 1 {
                return Err(Fault::Malformed);
            }
            found.push((id, extents));
        }
    }
    Ok(found)
}

/// One extent; a length of 0 means up to the end.
fn extent(within: &Range<usize>, offset: usize, length_bytes: usize) -> Option<Range<usize>> {
    let start = within.start.saturating_add(offset);
    let end = if length_bytes == 0 { within.end } else { start.saturating_add(length_bytes).min(within.end) };
    (start < end).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::{Item, text_item};

    #[test]
    fn a_text_item_with_a_content_encoding_counts_as_compressed() {
        assert!(text_item(b"\0application/rdf+xml\0") == Item::Text);
        assert!(text_item(b"\0application/rdf+xml\0\0") == Item::Text);
        assert!(text_item(b"\0application/rdf+xml\0deflate\0") == Item::Compressed);
    }
}
