//! A stretch of metadata that reads as one slice, wherever its bytes lie in the file.
//!
//! Containers cut metadata into segments, extents and sub-blocks, or write it as hexadecimal text;
//! the readers of EXIF and XMP should not care. An edit of the region lands on the right file bytes.
//! It does not decompress anything.

use std::borrow::Cow;
use std::ops::Range;

use super::blanking::{Blanking, Fault};

/// Where the bytes of a region lie in the file.
enum Places {
    /// In one piece from this position on.
    One(usize),
    /// In several pieces, in order.
    Runs(Vec<Run>),
    /// Each as two hexadecimal digits, at these positions.
    Hex(Vec<[usize; 2]>),
}

/// One piece: region bytes from `from` on lie at `at` in the file.
struct Run {
    from: usize,
    at: Range<usize>,
}

/// A stretch of metadata.
pub(super) struct Region<'a> {
    bytes: Cow<'a, [u8]>,
    places: Places,
}

impl<'a> Region<'a> {
    /// One range of the file; empty when it lies outside.
    pub(super) fn of(source: &'a [u8], at: Range<usize>) -> Self {
        let bytes = source.get(at.clone()).unwrap_or_default();
        Self { bytes: Cow::Borrowed(bytes), places: Places::One(at.start) }
    }

    /// Several ranges of the file as one; ranges outside the file are left out. Copies, and pays for it.
    pub(super) fn joined(blanking: &mut Blanking<'a>, parts: &[Range<usize>]) -> Result<Self, Fault> {
        if let [only] = parts {
            return Ok(Self::of(blanking.source(), only.clone()));
        }
        let mut bytes = Vec::new();
        let mut runs = Vec::with_capacity(parts.len());
        for part in parts {
            let Some(piece) = blanking.source().get(part.clone()) else { continue };
            blanking.spend(piece.len().saturating_add(1))?;
            runs.push(Run { from: bytes.len(), at: part.clone() });
            bytes.extend_from_slice(piece);
        }
        Ok(Self { bytes: Cow::Owned(bytes), places: Places::Runs(runs) })
    }

    /// A range of the file that is hexadecimal text; what is not a digit is passed over.
    pub(super) fn hex(source: &'a [u8], at: Range<usize>) -> Self {
        let mut bytes = Vec::new();
        let mut places = Vec::new();
        let mut high: Option<(usize, u8)> = None;
        for (place, character) in at.clone().zip(source.get(at).unwrap_or_default()) {
            let Some(digit) = char::from(*character).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
            else {
                continue;
            };
            high = match high {
                None => Some((place, digit)),
                Some((first, value)) => {
                    bytes.push((value << 4) | digit);
                    places.push([first, place]);
                    None
                }
            };
        }
        Self { bytes: Cow::Owned(bytes), places: Places::Hex(places) }
    }

    /// The bytes to read.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Overwrites a range of the region, in the file.
    pub(super) fn fill(
        &self,
        blanking: &mut Blanking<'_>,
        range: Range<usize>,
        with: u8,
    ) -> Result<(), Fault> {
        let range = range.start..range.end.min(self.bytes.len());
        match &self.places {
            Places::One(at) => {
                blanking.fill(at.saturating_add(range.start)..at.saturating_add(range.end), with)
            }
            Places::Runs(runs) => {
                let first = runs.partition_point(|run| run.from.saturating_add(run.at.len()) <= range.start);
                for run in runs.iter().skip(first).take_while(|run| run.from < range.end) {
                    let start = range.start.saturating_sub(run.from);
                    let end = range.end.saturating_sub(run.from).min(run.at.len());
                    blanking
                        .fill(run.at.start.saturating_add(start)..run.at.start.saturating_add(end), with)?;
                }
                Ok(())
            }
            Places::Hex(digits) => {
                let high = hex_digit(with >> 4);
                let low = hex_digit(with & 0x0F);
                for [first, second] in digits.get(range).unwrap_or_default() {
                    blanking.put(*first, &[high])?;
                    blanking.put(*second, &[low])?;
                }
                Ok(())
            }
        }
    }

    /// Overwrites the region from `at` on with `bytes`.
    pub(super) fn put(&self, blanking: &mut Blanking<'_>, at: usize, bytes: &[u8]) -> Result<(), Fault> {
        for (place, byte) in (at..).zip(bytes) {
            self.fill(blanking, place..place.saturating_add(1), *byte)?;
        }
        Ok(())
    }
}

/// The lower-case digit of a value below 16.
fn hex_digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + (value - 10) }
}
