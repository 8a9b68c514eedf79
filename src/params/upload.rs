//! A file of a body: its content, in memory or on disk, under a type and a name of ours.

use bytes::Bytes;

use crate::intake::SpooledFile;

/// Where a file's bytes are.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// A piece of the request's body, or a blanked copy of it.
    Memory(Bytes),
    /// A part of a spooled upload.
    Spooled(SpooledFile),
}

impl Content {
    /// How many bytes it has.
    pub fn size_bytes(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Spooled(file) => file.size_bytes(),
        }
    }
}

impl std::fmt::Debug for Content {
    /// Prints the size only: a photo must not end in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = if matches!(self, Self::Memory(_)) { "memory" } else { "disk" };
        write!(f, "{} bytes in {place}", self.size_bytes())
    }
}

/// A file's content under a type and a name of ours: the client's own are never kept (MP-06).
#[derive(Clone, PartialEq, Eq)]
pub struct Upload {
    /// The content.
    pub content: Content,
    /// What to call it upstream; [`UNJUDGED_TYPE`] until somebody has looked at the bytes.
    pub content_type: &'static str,
    /// What to call it upstream; `upload.bin` until somebody has looked at the bytes.
    pub file_name: &'static str,
}

/// The type of a file of which nothing is known.
pub const UNJUDGED_TYPE: &str = "application/octet-stream";

impl Upload {
    /// A file in memory of which nothing is known yet.
    pub const fn unjudged(bytes: Bytes) -> Self {
        Self::of(Content::Memory(bytes))
    }

    /// A file on disk of which nothing is known yet.
    pub const fn spooled(file: SpooledFile) -> Self {
        Self::of(Content::Spooled(file))
    }

    const fn of(content: Content) -> Self {
        Self { content, content_type: UNJUDGED_TYPE, file_name: "upload.bin" }
    }

    /// How many bytes it has.
    pub fn size_bytes(&self) -> u64 {
        self.content.size_bytes()
    }

    /// Bytes of memory that changing it would take beside those that are paid for: none where nobody shares them.
    pub fn copy_bytes(&self) -> u64 {
        match &self.content {
            Content::Memory(bytes) if !bytes.is_unique() => bytes.len() as u64,
            Content::Memory(_) | Content::Spooled(_) => 0,
        }
    }
}

impl std::fmt::Debug for Upload {
    /// Prints the size only: a photo must not end in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upload({} bytes, {})", self.size_bytes(), self.content_type)
    }
}
