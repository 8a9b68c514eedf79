//! Reads unsigned numbers out of a byte slice in either byte order.
//!
//! One function with bounds checks serves every container, so that no parser indexes a slice.
//! It does not keep a cursor: the caller owns its position.

/// The order of the bytes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endian {
    Big,
    Little,
}

impl Endian {
    /// The number of `width_bytes` (0 to 8) at `at`; `None` outside `data`. A width of 0 reads as 0.
    pub(super) fn uint(self, data: &[u8], at: usize, width_bytes: usize) -> Option<usize> {
        let field = data.get(at..at.checked_add(width_bytes)?)?;
        let push = |value: u64, byte: &u8| (value << 8) | u64::from(*byte);
        let value = match self {
            Self::Big => field.iter().fold(0, push),
            Self::Little => field.iter().rev().fold(0, push),
        };
        usize::try_from(value).ok()
    }
}
