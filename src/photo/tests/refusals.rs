//! What is refused, and that a refusal costs no decoding.

use bytes::Bytes;

use super::samples::{app1_exif, chunk, gif, heic, jpeg, png, segment, webp};
use super::{admitted, fixtures, samples};
use crate::photo::{Photo, PhotoError, PhotoKind, PhotoRules, admit};

fn judged(file: impl Into<Vec<u8>>) -> Result<Photo, PhotoError> {
    admit(Bytes::from(file.into()), &PhotoRules::default())
}

#[test]
fn a_file_of_another_format_is_refused() {
    let avif = b"\0\0\0\x1Cftypavif\0\0\0\0mif1avifmiaf".as_slice();
    for file in [b"".as_slice(), b"<svg/>", b"BM", b"%PDF-1.7", b"II*\0", b"RIFF\0\0\0\0WAVE", avif] {
        assert_eq!(judged(file).err(), Some(PhotoError::UnknownKind));
    }
}

#[test]
fn a_file_that_ends_inside_its_header_is_refused() {
    for (kind, file) in fixtures() {
        for length in 12..40 {
            let refused = judged(&file[..length]).err();
            assert!(
                refused == Some(PhotoError::Truncated(kind))
                    || refused == Some(PhotoError::Malformed(kind))
                    || refused == Some(PhotoError::UnknownKind),
                "{kind} of {length} bytes: {refused:?}"
            );
        }
    }
}

#[test]
fn a_pixel_bomb_is_refused_by_its_header() {
    let side = 100_000_u32.to_be_bytes();
    let header = [side.as_slice(), &side, &[8, 2, 0, 0, 0]].concat();
    let bomb = [b"\x89PNG\r\n\x1A\n".to_vec(), chunk(b"IHDR", &header), chunk(b"IDAT", b"x")].concat();

    let expected = PhotoError::TooManyPixels { pixels: 10_000_000_000, max: 100_000_000 };
    assert_eq!(judged(bomb).err(), Some(expected));
}

#[test]
fn the_limit_is_the_largest_size_allowed() {
    for (kind, file) in fixtures() {
        let photo = admitted(file);
        let pixels = u64::from(photo.width) * u64::from(photo.height);
        let judge = |max_pixels| {
            let rules = PhotoRules { max_pixels, ..PhotoRules::default() };
            admit(Bytes::from_static(file), &rules).err()
        };

        assert_eq!(judge(pixels), None, "{kind}");
        assert_eq!(judge(pixels - 1), Some(PhotoError::TooManyPixels { pixels, max: pixels - 1 }), "{kind}");
    }
}

#[test]
fn a_gif_frame_beyond_the_screen_counts() {
    let mut file = gif(b"", b"");
    // The left edge of the only frame.
    file[14..16].copy_from_slice(&60_000_u16.to_le_bytes());

    let photo = judged(file).expect("a photo");

    assert_eq!((photo.width, photo.height), (60_016, 8));
}

#[test]
fn a_webp_canvas_and_its_bitstream_both_count() {
    let mut file = webp(true, &[], b"");
    // The height of the canvas, less one.
    file[27] = 99;

    assert_eq!(judged(file).expect("a photo").height, 100);
}

#[test]
fn a_picture_without_pixels_is_refused() {
    let mut png = png(&[], b"");
    png[19] = 0;
    let mut jpeg = jpeg(&[], b"");
    // The height in the frame header.
    jpeg[8] = 0;

    assert_eq!(judged(png).err(), Some(PhotoError::NoPixels(PhotoKind::Png)));
    assert_eq!(judged(jpeg).err(), Some(PhotoError::NoPixels(PhotoKind::Jpeg)));
}

#[test]
fn a_jpeg_without_a_frame_or_a_scan_is_refused() {
    let without_scan = [b"\xFF\xD8".to_vec(), segment(0xC0, &[8, 0, 8, 0, 16, 1, 1, 0x11, 0])].concat();
    let without_frame = [b"\xFF\xD8".to_vec(), segment(0xDA, &[1, 1, 0, 0, 63, 0])].concat();
    for file in [without_scan, without_frame, b"\xFF\xD8\xFF\xD9".to_vec()] {
        assert_eq!(judged(file).err(), Some(PhotoError::Truncated(PhotoKind::Jpeg)));
    }
    let short_length = b"\xFF\xD8\xFF\xE0\0\0rest".as_slice();
    assert_eq!(judged(short_length).err(), Some(PhotoError::Malformed(PhotoKind::Jpeg)));
}

#[test]
fn a_jpeg_cut_in_its_pixels_is_admitted() {
    let file = jpeg(&[], b"");

    assert!(judged(&file[..file.len() - 10]).is_ok());
}

#[test]
fn a_heic_reports_the_largest_of_its_tiles_and_pictures() {
    let photo = judged(heic(samples::Layout::File, b"", b"")).expect("a photo");

    assert_eq!((photo.width, photo.height), (16, 8));
}

#[test]
fn metadata_that_overlaps_itself_is_refused_instead_of_read_for_ever() {
    // Each twelve bytes begin a block whose directory states 256 entries, made of the blocks that follow.
    let hostile = b"MM\0*\0\0\0\x08\x01\0\0\x01".repeat(50_000);
    assert_eq!(judged(jpeg(&[], &hostile)).err(), Some(PhotoError::Tangled(PhotoKind::Jpeg)));

    // Directories that all point at one another, more than any camera writes.
    let mut block = b"MM\0*\0\0\0\x08".to_vec();
    for index in 1..200_u32 {
        block.extend([&[0, 0], (8 + index * 6).to_be_bytes().as_slice()].concat());
    }
    assert_eq!(judged(jpeg(&[app1_exif(&block)], b"")).err(), Some(PhotoError::Tangled(PhotoKind::Jpeg)));
}

#[test]
fn an_error_tells_the_format_and_no_content() {
    assert_eq!(PhotoError::Truncated(PhotoKind::Heic).to_string(), "the HEIC file ends too early");
}
