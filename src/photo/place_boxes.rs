//! Blanks positions in the boxes of a video that is appended to a photo.
//!
//! A "motion photo" carries an MP4 behind the picture, with its own position: `©xyz` (QuickTime), `loci`
//! (3GPP) or a `data` box in ISO 6709 notation (Apple). The first two become `free` boxes of zeros.
//! It does not follow the video's box tree, and does not read telemetry tracks (GoPro, dash cameras).
//! Source: exiftool 12.57, `QuickTime.pm`, tags `©xyz` and `loci` (read 2026-11-21).

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::blanking::{Blanking, Fault};
use super::fields::Endian;
use super::region::Region;

const MAX_BOX_BYTES: usize = 4096;
/// Size and type.
const HEADER_BYTES: usize = 8;
/// Smallest `loci` with an empty name.
const LOCI_BYTES: usize = 24;

static QUICKTIME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\xA9xyz"));
static THIRD_GENERATION: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"loci\0\0\0\0"));
static TEXT_VALUE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"data\0\0\0\x01"));

/// Blanks the boxes found anywhere in `region`.
pub(super) fn blank(region: &Region<'_>, blanking: &mut Blanking<'_>) -> Result<(), Fault> {
    let data = region.bytes();
    for hit in QUICKTIME.find_iter(data) {
        let Some(body) = body(data, hit) else { continue };
        let text_at = body.start.saturating_add(4);
        if begins_position(data, text_at) || data.get(text_at..).is_some_and(|rest| rest.starts_with(b"data"))
        {
            free(region, hit, body, blanking)?;
        }
    }
    for hit in THIRD_GENERATION.find_iter(data) {
        if let Some(body) = body(data, hit).filter(|body| body.len() >= LOCI_BYTES) {
            free(region, hit, body, blanking)?;
        }
    }
    for hit in TEXT_VALUE.find_iter(data) {
        let Some(body) = body(data, hit) else { continue };
        // Type and locale come first.
        let text = body.start.saturating_add(8).min(body.end)..body.end;
        if is_position(data.get(text.clone()).unwrap_or_default()) {
            region.fill(blanking, text, b' ')?;
        }
    }
    Ok(())
}

/// The content of the box whose type is at `kind_at`, if its size is credible.
fn body(data: &[u8], kind_at: usize) -> Option<Range<usize>> {
    let start = kind_at.checked_sub(4)?;
    let size_bytes = Endian::Big.uint(data, start, 4)?;
    let end = start.checked_add(size_bytes)?;
    let credible = (HEADER_BYTES..=MAX_BOX_BYTES).contains(&size_bytes) && end <= data.len();
    credible.then(|| start.saturating_add(HEADER_BYTES)..end)
}

/// Turns a box into free space.
fn free(
    region: &Region<'_>,
    kind_at: usize,
    body: Range<usize>,
    blanking: &mut Blanking<'_>,
) -> Result<(), Fault> {
    region.put(blanking, kind_at, b"free")?;
    region.fill(blanking, body, 0)
}

/// Whether a signed number begins at `at`.
fn begins_position(data: &[u8], at: usize) -> bool {
    matches!(data.get(at), Some(b'+' | b'-'))
        && data.get(at.saturating_add(1)).is_some_and(u8::is_ascii_digit)
}

/// Whether `text` reads as two or more signed numbers, as in `+47.6-122.3/`.
fn is_position(text: &[u8]) -> bool {
    begins_position(text, 0)
        && text.iter().filter(|byte| matches!(byte, b'+' | b'-')).count() >= 2
        && text.iter().take_while(|byte| byte.is_ascii_digit() || b"+-./".contains(byte)).count() >= 6
}
