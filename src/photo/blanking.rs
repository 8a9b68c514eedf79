//! Collects the bytes to overwrite and applies them, in place where nobody else holds the file.
//!
//! Edits are recorded first, so that a photo without a position is never copied and every parser reads
//! the original bytes. A budget, in bytes looked at, keeps a file whose structures overlap each other
//! from costing more than a fixed multiple of its length.
//! It does not know any format, and it cannot change a length.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

use super::png_crc;

/// Bytes of metadata work allowed for each byte of the file.
const WORK_PER_BYTE: usize = 32;
/// Work allowed on top, for small files.
const WORK_BASE_BYTES: usize = 256 * 1024;

/// Why a photo cannot be read; `admit` adds the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The file ends inside its header.
    Truncated,
    /// The header contradicts its format.
    Malformed,
    /// The metadata overlaps itself so much that reading it would cost more than the file is worth.
    Tangled,
}

/// One run of equal bytes to write.
struct Edit {
    at: Range<usize>,
    with: u8,
}

/// The edits to a file that is being read.
pub(super) struct Blanking<'a> {
    source: &'a [u8],
    wanted: bool,
    edits: Vec<Edit>,
    checksums: Vec<Range<usize>>,
    budget_bytes: usize,
}

impl<'a> Blanking<'a> {
    /// Starts with no edit; `wanted` false makes every reader of metadata return at once.
    pub(super) fn new(source: &'a [u8], wanted: bool) -> Self {
        let budget_bytes = source.len().saturating_mul(WORK_PER_BYTE).saturating_add(WORK_BASE_BYTES);
        Self { source, wanted, edits: Vec::new(), checksums: Vec::new(), budget_bytes }
    }

    /// The file as it came.
    pub(super) fn source(&self) -> &'a [u8] {
        self.source
    }

    /// Whether metadata is to be looked at.
    pub(super) fn wanted(&self) -> bool {
        self.wanted
    }

    /// How many edits stand; a caller compares two readings to learn whether a part changed.
    pub(super) fn edits(&self) -> usize {
        self.edits.len()
    }

    /// Pays for work of `bytes`.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), Fault> {
        self.budget_bytes = self.budget_bytes.checked_sub(bytes).ok_or(Fault::Tangled)?;
        Ok(())
    }

    /// Overwrites a range of the file; nothing is recorded when it holds these bytes already.
    pub(super) fn fill(&mut self, at: Range<usize>, with: u8) -> Result<(), Fault> {
        self.spend(at.len())?;
        if self.source.get(at.clone()).is_some_and(|old| old.iter().any(|byte| *byte != with)) {
            self.edits.push(Edit { at, with });
        }
        Ok(())
    }

    /// Overwrites the file from `at` on with `bytes`.
    pub(super) fn put(&mut self, at: usize, bytes: &[u8]) -> Result<(), Fault> {
        for (place, byte) in (at..).zip(bytes) {
            self.fill(place..place.saturating_add(1), *byte)?;
        }
        Ok(())
    }

    /// The four bytes behind `covered` are a PNG checksum of it, to be computed again.
    pub(super) fn checksum(&mut self, covered: Range<usize>) {
        self.checksums.push(covered);
    }

    /// What is to be done to the file, or `None` when nothing is.
    pub(super) fn into_edits(self) -> Option<Edits> {
        (!self.edits.is_empty()).then_some(Edits { edits: self.edits, checksums: self.checksums })
    }
}

/// What is to be done to a file that was read.
pub(super) struct Edits {
    edits: Vec<Edit>,
    checksums: Vec<Range<usize>>,
}

impl Edits {
    /// The edited file: the same memory if nobody else holds it, else a copy.
    pub(super) fn apply(self, file: Bytes) -> Bytes {
        let mut file = file.try_into_mut().unwrap_or_else(|shared| BytesMut::from(shared.as_ref()));
        for edit in self.edits {
            if let Some(old) = file.get_mut(edit.at) {
                old.fill(edit.with);
            }
        }
        for covered in self.checksums {
            let crc = file.get(covered.clone()).map(png_crc::of).unwrap_or_default();
            if let Some(stored) = file.get_mut(covered.end..covered.end.saturating_add(4)) {
                stored.copy_from_slice(&crc.to_be_bytes());
            }
        }
        file.freeze()
    }
}
