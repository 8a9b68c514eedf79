//! Admits an uploaded photo: judges its kind and size by its header and blanks the photographer's position.
//!
//! What a client sends is forwarded to a service that decodes it and keeps it. So a file that is no
//! photo, or whose header announces more pixels than allowed, is refused without decoding anything, and
//! the place where the photo was taken does not leave with it.
//!
//! ```
//! use astria_gateway::photo::{PhotoError, PhotoRules, admit};
//!
//! let refused = admit("<svg/>".into(), &PhotoRules::default());
//! assert!(matches!(refused, Err(PhotoError::UnknownKind)));
//! ```
//!
//! Positions are looked for in EXIF (GPS directories), in XMP (GPS properties) and in videos and pictures
//! appended to the photo. They are blanked in place: the length, the order of all parts and every other
//! byte stay, the orientation among them; a photo without a position is passed on without a copy.
//!
//! It does not decode pixels, so a picture whose header is sound may still be broken. It does not read
//! maker notes, telemetry tracks, metadata tracks of image sequences, pictures in base64 inside XMP, nor
//! names of places (`photoshop:City`, IPTC): these stay as they are. The signature of content credentials
//! (C2PA) no longer matches a photo that was edited.

mod blanking;
mod fields;
mod gif;
mod heic;
mod heic_items;
mod jpeg;
mod kind;
mod place_boxes;
mod png;
mod png_crc;
mod region;
mod size;
mod spooled;
mod sweep;
#[cfg(test)]
mod tests;
mod tiff;
mod webp;
mod xmp;

use std::fmt;

use bytes::Bytes;

use self::blanking::{Blanking, Fault};
pub use self::kind::PhotoKind;
use self::size::Size;
pub use self::spooled::{SpooledPhotoError, admit_spooled};

/// How often a file is blanked and read again before it is refused. One pass is enough for any file
/// whose structures do not overlap.
const MAX_PASSES: usize = 4;

/// What an operator allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhotoRules {
    /// The most pixels, width times height of the picture as its header states them. The frames of an
    /// animation are not multiplied.
    pub max_pixels: u64,
    /// Passes the photographer's position on instead of blanking it.
    pub keep_position: bool,
}

impl Default for PhotoRules {
    fn default() -> Self {
        Self { max_pixels: 100_000_000, keep_position: false }
    }
}

/// An admitted photo.
#[derive(Clone)]
pub struct Photo {
    /// The file: as it came, or of the same length with the position blanked.
    pub bytes: Bytes,
    /// What it is.
    pub kind: PhotoKind,
    /// Width in pixels as the header states it: before any rotation, and for HEIC before the crop, so that
    /// it may include the encoder's padding.
    pub width: u32,
    /// Height in pixels, stated alike.
    pub height: u32,
    /// Whether a position, or compressed metadata that may hold one, was blanked.
    pub position_blanked: bool,
}

/// Without the content, so that a photo never lands in a log.
impl fmt::Debug for Photo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Photo")
            .field("size_bytes", &self.bytes.len())
            .field("kind", &self.kind)
            .field("width", &self.width)
            .field("height", &self.height)
            .field("position_blanked", &self.position_blanked)
            .finish()
    }
}

/// Why a photo is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    /// The first bytes are those of no accepted format.
    #[error("not a JPEG, PNG, WebP, HEIC or GIF file")]
    UnknownKind,
    /// The file ends before its header and first picture data.
    #[error("the {0} file ends too early")]
    Truncated(PhotoKind),
    /// The header contradicts the format.
    #[error("the {0} file has a malformed header")]
    Malformed(PhotoKind),
    /// The metadata overlaps itself, so that it cannot be read, or blanked, at a bounded cost.
    #[error("the {0} file has tangled metadata")]
    Tangled(PhotoKind),
    /// The header states a width or height of zero.
    #[error("the {0} file states a picture without pixels")]
    NoPixels(PhotoKind),
    /// The header states more pixels than allowed.
    #[error("the picture has {pixels} pixels, at most {max} are allowed")]
    TooManyPixels {
        /// Width times height.
        pixels: u64,
        /// The limit that applies.
        max: u64,
    },
}

/// Judges a photo by its header and blanks its position, unless `rules` keep it.
///
/// The result is `bytes` when nothing is to be blanked, or when nobody else holds them, which are then changed in
/// place; otherwise it is a copy of the same length. An edited photo is read again, so that an admitted photo holds nothing that a second call would blank.
/// The work is proportional to the length of the file, whatever it claims.
///
/// # Errors
///
/// [`PhotoError::UnknownKind`] when the first bytes are of no accepted format; `Truncated`, `Malformed`
/// or `NoPixels` when the header does not give a size; `TooManyPixels` when it exceeds the limit;
/// `Tangled` when the metadata cannot be blanked.
pub fn admit(bytes: Bytes, rules: &PhotoRules) -> Result<Photo, PhotoError> {
    let kind = PhotoKind::sniff(&bytes).ok_or(PhotoError::UnknownKind)?;
    let mut bytes = bytes;
    let mut position_blanked = false;
    for _ in 0..MAX_PASSES {
        let mut blanking = Blanking::new(&bytes, !rules.keep_position);
        let size = inspect(kind, &bytes, &mut blanking).map_err(|fault| match fault {
            Fault::Truncated => PhotoError::Truncated(kind),
            Fault::Malformed => PhotoError::Malformed(kind),
            Fault::Tangled => PhotoError::Tangled(kind),
        })?;
        check(kind, size, rules)?;
        let Some(edits) = blanking.into_edits() else {
            return Ok(Photo { bytes, kind, width: size.width, height: size.height, position_blanked });
        };
        bytes = edits.apply(bytes);
        position_blanked = true;
    }
    Err(PhotoError::Tangled(kind))
}

/// Reads a file of this kind.
fn inspect(kind: PhotoKind, source: &[u8], blanking: &mut Blanking<'_>) -> Result<Size, Fault> {
    match kind {
        PhotoKind::Jpeg => jpeg::inspect(source, blanking),
        PhotoKind::Png => png::inspect(source, blanking),
        PhotoKind::WebP => webp::inspect(source, blanking),
        PhotoKind::Heic => heic::inspect(source, blanking),
        PhotoKind::Gif => gif::inspect(source, blanking),
    }
}

fn check(kind: PhotoKind, size: Size, rules: &PhotoRules) -> Result<(), PhotoError> {
    match size.pixels() {
        0 => Err(PhotoError::NoPixels(kind)),
        pixels if pixels > rules.max_pixels => {
            Err(PhotoError::TooManyPixels { pixels, max: rules.max_pixels })
        }
        _ => Ok(()),
    }
}
