//! Looks for positions where no container says that there is metadata.
//!
//! Thumbnails carry their own EXIF, programs write EXIF and XMP into segments of their own, and phones
//! append further pictures and videos. Only complete structures count, so that compressed pixels are
//! not altered by chance.
//! It does not decompress, and it does not look into the pixel data of the photo itself.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::blanking::{Blanking, Fault};
use super::fields::Endian;
use super::region::Region;
use super::tiff::{self, Trust};
use super::{place_boxes, xmp};

/// What stands between the marker of a JPEG segment and its EXIF block: length and signature.
const JPEG_EXIF_HEADER_BYTES: usize = 8;

static TIFF_HEADERS: LazyLock<[Finder<'static>; 2]> =
    LazyLock::new(|| [Finder::new(b"II*\0"), Finder::new(b"MM\0*")]);

/// Sweeps metadata of an unknown layout.
pub(super) fn metadata(region: &Region<'_>, blanking: &mut Blanking<'_>) -> Result<(), Fault> {
    if !blanking.wanted() || region.bytes().is_empty() {
        return Ok(());
    }
    blanking.spend(region.bytes().len())?;
    xmp::blank_spellings(region, blanking)?;
    for finder in TIFF_HEADERS.iter() {
        for hit in finder.find_iter(region.bytes()) {
            tiff::blank(region, hit..block_end(region.bytes(), hit), Trust::Found, blanking)?;
        }
    }
    Ok(())
}

/// Sweeps what lies outside the picture: appended files, boxes of a video.
pub(super) fn appended(at: Range<usize>, blanking: &mut Blanking<'_>) -> Result<(), Fault> {
    let region = Region::of(blanking.source(), at);
    if !blanking.wanted() || region.bytes().is_empty() {
        return Ok(());
    }
    metadata(&region, blanking)?;
    place_boxes::blank(&region, blanking)
}

/// Where the EXIF block at `at` ends: with its JPEG segment, if it lies in one, else with the data.
fn block_end(data: &[u8], at: usize) -> usize {
    let segment_end = || {
        let length_at = at.checked_sub(JPEG_EXIF_HEADER_BYTES)?;
        let before = data.get(length_at.checked_sub(2)?..at)?;
        let length_bytes = Endian::Big.uint(data, length_at, 2)?;
        let is_segment = before.starts_with(b"\xFF\xE1") && before.ends_with(b"Exif\0\0");
        is_segment.then(|| length_at.saturating_add(length_bytes))
    };
    segment_end().filter(|end| *end > at).unwrap_or(data.len()).min(data.len())
}
