//! Blanks the GPS directory of an EXIF block.
//!
//! EXIF is a TIFF file: directories of 12-byte entries that point at each other. The position lies in
//! its own directory, which is emptied: values, entries and entry count become zero, while the entry
//! that points at it stays, so that no other offset moves. Readers then see a GPS directory without tags.
//! It does not read maker notes (tag 0x927C), which each vendor lays out differently.
//! Specified by CIPA DC-008 (Exif) and TIFF 6.0. That readers accept an empty directory was tried with
//! exiftool 12.57 and Pillow 13.0 (2026-11-21).

use std::ops::Range;

use super::blanking::{Blanking, Fault};
use super::fields::Endian;
use super::region::Region;

const ENTRY_BYTES: usize = 12;
/// More directories than any camera writes.
const MAX_DIRECTORIES: usize = 64;
/// More tags than a GPS directory has; EXIF 2.32 defines 32.
const MAX_GPS_ENTRIES: usize = 64;
/// An out-of-line value that ends outside the block is blanked up to this size.
const MAX_CUT_VALUE_BYTES: usize = 1024;
/// Pointers read from one entry.
const MAX_POINTERS: usize = 32;

const TAG_SUB_DIRECTORIES: usize = 0x014A;
const TAG_EXIF: usize = 0x8769;
const TAG_GPS: usize = 0x8825;
const TAG_INTEROP: usize = 0xA005;

/// How sure the caller is that an EXIF block begins there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// The container says so: read as far as a reader would.
    Declared,
    /// Four bytes looked like it: a directory with one odd entry is left alone.
    Found,
}

/// Blanks the GPS directories of the block at `block`. What is no TIFF header is left alone.
pub(super) fn blank(
    region: &Region<'_>,
    block: Range<usize>,
    trust: Trust,
    blanking: &mut Blanking<'_>,
) -> Result<(), Fault> {
    let Some(data) = region.bytes().get(block.clone()) else { return Ok(()) };
    let Some(endian) = byte_order(data) else { return Ok(()) };
    let walk = Walk { region, start: block.start, data, endian, trust };
    let mut waiting = vec![endian.uint(data, 4, 4).unwrap_or(0)];
    let mut seen = Vec::new();
    while let Some(at) = waiting.pop() {
        if at == 0 || seen.contains(&at) {
            continue;
        }
        if seen.len() >= MAX_DIRECTORIES {
            return Err(Fault::Tangled);
        }
        seen.push(at);
        walk.directory(at, &mut waiting, blanking)?;
    }
    Ok(())
}

/// The byte order that a TIFF header announces.
pub(super) fn byte_order(data: &[u8]) -> Option<Endian> {
    match data.get(..4)? {
        b"II*\0" => Some(Endian::Little),
        b"MM\0*" => Some(Endian::Big),
        _ => None,
    }
}

/// One entry of a directory.
struct Entry {
    tag: usize,
    format: usize,
    /// Size of the value; 0 when the format is unknown.
    value_bytes: usize,
    /// Where the value lies: inside the entry or elsewhere in the block.
    value_at: usize,
}

struct Walk<'r> {
    region: &'r Region<'r>,
    start: usize,
    data: &'r [u8],
    endian: Endian,
    trust: Trust,
}

impl Walk<'_> {
    fn directory(
        &self,
        at: usize,
        waiting: &mut Vec<usize>,
        blanking: &mut Blanking<'_>,
    ) -> Result<(), Fault> {
        let Some((count, entries)) = self.entries(at, blanking)? else { return Ok(()) };
        for entry in &entries {
            match entry.tag {
                TAG_GPS => {
                    for target in self.pointers(entry) {
                        self.empty_position(target, blanking)?;
                    }
                }
                TAG_EXIF | TAG_INTEROP | TAG_SUB_DIRECTORIES => waiting.extend(self.pointers(entry)),
                _ => {}
            }
        }
        let next_at = at.saturating_add(2).saturating_add(count.saturating_mul(ENTRY_BYTES));
        waiting.extend(self.endian.uint(self.data, next_at, 4));
        Ok(())
    }

    /// Empties the GPS directory at `at`.
    fn empty_position(&self, at: usize, blanking: &mut Blanking<'_>) -> Result<(), Fault> {
        let Some((count, entries)) = self.entries(at, blanking)? else { return Ok(()) };
        let plausible = count <= MAX_GPS_ENTRIES;
        if count == 0 || (self.trust == Trust::Found && !plausible) {
            return Ok(());
        }
        for (index, entry) in entries.iter().enumerate() {
            if !plausible && entry.tag >= MAX_GPS_ENTRIES {
                continue;
            }
            let end = entry.value_at.saturating_add(entry.value_bytes);
            if end <= self.data.len() || entry.value_bytes <= MAX_CUT_VALUE_BYTES {
                self.zero(entry.value_at..end, blanking)?;
            }
            let entry_at = at.saturating_add(2).saturating_add(index.saturating_mul(ENTRY_BYTES));
            self.zero(entry_at..entry_at.saturating_add(ENTRY_BYTES), blanking)?;
        }
        // The count, and what readers now take for the offset of a next directory.
        self.zero(at..at.saturating_add(6), blanking)
    }

    /// The stated number of entries and those that fit; `None` where no directory can be.
    fn entries(&self, at: usize, blanking: &mut Blanking<'_>) -> Result<Option<(usize, Vec<Entry>)>, Fault> {
        let Some(count) = self.endian.uint(self.data, at, 2) else { return Ok(None) };
        let first = at.saturating_add(2);
        let fitting = count.min(self.data.len().saturating_sub(first) / ENTRY_BYTES);
        if self.trust == Trust::Found && fitting < count {
            return Ok(None);
        }
        blanking.spend(fitting.saturating_mul(ENTRY_BYTES))?;
        let entries: Vec<Entry> = (0..fitting)
            .filter_map(|index| self.entry(first.saturating_add(index.saturating_mul(ENTRY_BYTES))))
            .collect();
        if self.trust == Trust::Found && entries.iter().any(|entry| format_bytes(entry.format) == 0) {
            return Ok(None);
        }
        Ok(Some((count, entries)))
    }

    fn entry(&self, at: usize) -> Option<Entry> {
        let tag = self.endian.uint(self.data, at, 2)?;
        let format = self.endian.uint(self.data, at.checked_add(2)?, 2)?;
        let count = self.endian.uint(self.data, at.checked_add(4)?, 4)?;
        let value_bytes = count.saturating_mul(format_bytes(format));
        let inline_at = at.checked_add(8)?;
        let value_at =
            if value_bytes <= 4 { inline_at } else { self.endian.uint(self.data, inline_at, 4)? };
        Some(Entry { tag, format, value_bytes, value_at })
    }

    /// The offsets that an entry holds.
    fn pointers(&self, entry: &Entry) -> Vec<usize> {
        let width = if entry.format == 3 { 2 } else { 4 };
        let count = (entry.value_bytes / width).clamp(1, MAX_POINTERS);
        (0..count)
            .filter_map(|index| {
                self.endian.uint(self.data, entry.value_at.checked_add(index.checked_mul(width)?)?, width)
            })
            .collect()
    }

    fn zero(&self, range: Range<usize>, blanking: &mut Blanking<'_>) -> Result<(), Fault> {
        let end = range.end.min(self.data.len());
        if range.start >= end {
            return Ok(());
        }
        let shifted = self.start.saturating_add(range.start)..self.start.saturating_add(end);
        self.region.fill(blanking, shifted, 0)
    }
}

/// Bytes of one value of a TIFF format; 0 when unknown.
fn format_bytes(format: usize) -> usize {
    match format {
        // 129 is UTF-8 text, new in Exif 3.0.
        1 | 2 | 6 | 7 | 129 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 => 8,
        _ => 0,
    }
}
