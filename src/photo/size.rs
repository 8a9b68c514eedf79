//! The size of a picture as its header states it.
//!
//! Kept apart because the containers combine several statements: some by area, some by axis.
//! It does not know the limit; `admit` compares.

use super::fields::Endian;

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Size {
    /// Reads two neighbouring fields, width first, of `width_bytes` each.
    pub(super) fn read(endian: Endian, data: &[u8], at: usize, width_bytes: usize) -> Option<Self> {
        let width = endian.uint(data, at, width_bytes)?;
        let height = endian.uint(data, at.checked_add(width_bytes)?, width_bytes)?;
        Self::new(width, height)
    }

    /// A size from parsed numbers; `None` when one does not fit 32 bits.
    pub(super) fn new(width: usize, height: usize) -> Option<Self> {
        Some(Self { width: u32::try_from(width).ok()?, height: u32::try_from(height).ok()? })
    }

    /// Width times height.
    pub(super) fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The one of both with more pixels.
    pub(super) fn larger(self, other: Self) -> Self {
        if other.pixels() > self.pixels() { other } else { self }
    }

    /// The smallest size that holds both.
    pub(super) fn cover(self, other: Self) -> Self {
        Self { width: self.width.max(other.width), height: self.height.max(other.height) }
    }
}
