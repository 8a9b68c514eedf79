//! Reads the blocks of a GIF file.
//!
//! The size stands in the logical screen; a frame may reach beyond it. XMP lies in an application
//! extension, as a raw packet closed by a run of descending bytes that leads any reader of sub-blocks to
//! its end, whatever the packet's bytes are; so they may be overwritten.
//! It does not decode pixels.
//! Specified by CompuServe, GIF89a. Source for XMP: Adobe, XMP Specification (September 2005), page 95
//! (read 2026-11-21).

use std::ops::Range;

use super::blanking::{Blanking, Fault};
use super::fields::Endian::Little;
use super::region::Region;
use super::size::Size;
use super::{sweep, xmp};

const HEADER_BYTES: usize = 13;
const IMAGE_DESCRIPTOR_BYTES: usize = 9;
/// Block size, identifier and authentication code of an application extension.
const XMP_APPLICATION: &[u8] = b"\x0BXMP DataXMP";
/// 0x01, then 0xFF down to 0x00, then the terminator.
const XMP_TRAILER_BYTES: usize = 258;

/// The size of the picture; blanks positions on the way.
pub(super) fn inspect(source: &[u8], blanking: &mut Blanking<'_>) -> Result<Size, Fault> {
    let mut size = Size::read(Little, source, 6, 2).ok_or(Fault::Truncated)?;
    let flags = *source.get(10).ok_or(Fault::Truncated)?;
    let mut at = HEADER_BYTES.saturating_add(colour_table_bytes(flags));
    let mut frames = 0_u32;
    while let Some(introducer) = source.get(at) {
        at = at.saturating_add(1);
        match introducer {
            0x2C => {
                let Some(frame) = frame_size(source, at) else { break };
                size = size.cover(frame);
                frames = frames.saturating_add(1);
                let flags = source.get(at.saturating_add(8)).copied().unwrap_or(0);
                // The minimum code size comes before the pixels.
                let pixels = at
                    .saturating_add(IMAGE_DESCRIPTOR_BYTES)
                    .saturating_add(colour_table_bytes(flags))
                    .saturating_add(1);
                at = blocks_end(source, pixels);
            }
            0x21 => {
                let first = at.saturating_add(1);
                let end = blocks_end(source, first);
                extension(source.get(at).copied().unwrap_or(0), first..end, blanking)?;
                at = end;
            }
            0x3B => {
                sweep::appended(at..source.len(), blanking)?;
                break;
            }
            // Decoders pass over stray zero bytes between blocks.
            0x00 => {}
            _ if frames > 0 => {
                sweep::appended(at..source.len(), blanking)?;
                break;
            }
            _ => return Err(Fault::Malformed),
        }
    }
    if frames == 0 { Err(Fault::Truncated) } else { Ok(size) }
}

/// Bytes of the colour table that these flags announce.
fn colour_table_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// The screen that the frame described at `at` needs.
fn frame_size(source: &[u8], at: usize) -> Option<Size> {
    let corner = Size::read(Little, source, at, 2)?;
    let frame = Size::read(Little, source, at.checked_add(4)?, 2)?;
    Some(Size {
        width: corner.width.checked_add(frame.width)?,
        height: corner.height.checked_add(frame.height)?,
    })
}

/// The place behind the sub-blocks that begin at `at`.
fn blocks_end(source: &[u8], mut at: usize) -> usize {
    while let Some(length_bytes) = source.get(at) {
        at = at.saturating_add(1).saturating_add(usize::from(*length_bytes));
        if *length_bytes == 0 {
            break;
        }
    }
    at.min(source.len())
}

fn extension(label: u8, blocks: Range<usize>, blanking: &mut Blanking<'_>) -> Result<(), Fault> {
    if !blanking.wanted() || !matches!(label, 0xFE | 0xFF) {
        return Ok(());
    }
    let source = blanking.source();
    let data = source.get(blocks.clone()).unwrap_or_default();
    let is_xmp = label == 0xFF && data.starts_with(XMP_APPLICATION);
    let packet_at = XMP_APPLICATION.len();
    let packet = data.len().checked_sub(XMP_TRAILER_BYTES).and_then(|end| data.get(packet_at..end));
    if let Some(packet) = packet.filter(|_| is_xmp && ends_with_trailer(data)) {
        let start = blocks.start.saturating_add(packet_at);
        let region = Region::of(source, start..start.saturating_add(packet.len()));
        return xmp::blank_packet(&region, blanking);
    }
    let mut parts = Vec::new();
    let mut at = blocks.start;
    while let Some(length_bytes) = source.get(at).filter(|length_bytes| **length_bytes != 0) {
        let start = at.saturating_add(1);
        at = start.saturating_add(usize::from(*length_bytes));
        parts.push(start..at.min(source.len()));
    }
    let region = Region::joined(blanking, &parts)?;
    if is_xmp {
        xmp::blank_packet(&region, blanking)?;
    }
    sweep::metadata(&region, blanking)
}

/// Whether sub-blocks end with the descending bytes that close a raw XMP packet.
fn ends_with_trailer(data: &[u8]) -> bool {
    let trailer = data.len().checked_sub(XMP_TRAILER_BYTES).and_then(|at| data.get(at..));
    trailer.is_some_and(|trailer| {
        trailer.first() == Some(&1)
            && trailer
                .iter()
                .skip(1)
                .zip((0..=u8::MAX).rev().chain([0]))
                .all(|(byte, wanted)| *byte == wanted)
    })
}
