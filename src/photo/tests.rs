//! What `admit` promises, on hand-made containers and on one real file of each format.

mod mutations;
mod places;
mod refusals;
mod samples;

use bytes::Bytes;
use memchr::memmem;

use super::fields::Endian;
use super::{Photo, PhotoKind, PhotoRules, admit, tiff};

/// One real file of each format, with EXIF and XMP written by exiftool.
fn fixtures() -> [(PhotoKind, &'static [u8]); 5] {
    macro_rules! photo {
        ($name:literal) => {
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/photos/", $name)).as_slice()
        };
    }
    [
        (PhotoKind::Jpeg, photo!("jpeg.jpg")),
        (PhotoKind::Png, photo!("png.png")),
        (PhotoKind::WebP, photo!("webp.webp")),
        (PhotoKind::Heic, photo!("heic.heic")),
        (PhotoKind::Gif, photo!("gif.gif")),
    ]
}

fn admitted(file: &[u8]) -> Photo {
    admit(Bytes::copy_from_slice(file), &PhotoRules::default()).expect("the sample is sound")
}

fn holds(data: &[u8], wanted: &[u8]) -> bool {
    memmem::find(data, wanted).is_some()
}

/// The orientation and the number of GPS tags of the first EXIF block.
fn exif_facts(data: &[u8]) -> (usize, usize) {
    let start = (0..data.len()).find(|at| tiff::byte_order(&data[*at..]).is_some()).expect("an EXIF block");
    let block = &data[start..];
    let endian = if block[0] == b'I' { Endian::Little } else { Endian::Big };
    let read = |at, width| endian.uint(block, at, width).expect("inside the block");
    let directory = read(4, 4);
    let find = |tag| {
        let entries = (0..read(directory, 2)).map(|index| directory + 2 + index * 12);
        entries.clone().find(|entry| read(*entry, 2) == tag).map(|entry| entry + 8)
    };
    (read(find(0x0112).expect("orientation"), 2), read(read(find(0x8825).expect("GPS pointer"), 4), 2))
}

#[test]
fn a_real_photo_of_each_format_loses_its_position_and_nothing_else() {
    for (kind, file) in fixtures() {
        let photo = admitted(file);

        assert_eq!(photo.kind, kind);
        assert_eq!(photo.bytes.len(), file.len(), "{kind}");
        assert!(photo.position_blanked, "{kind}");
        // The coded HEIC picture is padded to 64 by 64.
        let size = if kind == PhotoKind::Heic { (64, 64) } else { (48, 32) };
        assert_eq!((photo.width, photo.height), size, "{kind}");
        assert!(holds(file, b"47,36.") && !holds(&photo.bytes, b"47,36."), "{kind}: XMP");
        assert!(holds(&photo.bytes, b"tiff:Orientation"), "{kind}: XMP orientation");
        if kind != PhotoKind::Gif {
            assert_eq!(exif_facts(file), (6, 6), "{kind}: before");
            assert_eq!(exif_facts(&photo.bytes), (6, 0), "{kind}: after");
        }
        let changed = file.iter().zip(&photo.bytes).filter(|(old, new)| old != new).count();
        assert!(changed < 220, "{kind}: {changed} bytes differ");
    }
}

#[test]
fn a_blanked_photo_is_passed_on_without_a_copy() {
    for (kind, file) in fixtures() {
        let first = admitted(file).bytes;
        let second = admit(first.clone(), &PhotoRules::default()).expect("still a photo");

        assert_eq!(second.bytes.as_ptr(), first.as_ptr(), "{kind}");
        assert!(!second.position_blanked, "{kind}");
    }
}

#[test]
fn the_operator_may_keep_positions() {
    let rules = PhotoRules { keep_position: true, ..PhotoRules::default() };
    for (kind, file) in fixtures() {
        let photo = admit(Bytes::from_static(file), &rules).expect("a photo");

        assert_eq!(photo.bytes.as_ptr(), file.as_ptr(), "{kind}");
        assert!(!photo.position_blanked, "{kind}");
    }
}

#[test]
fn each_kind_has_its_media_type_and_file_name() {
    for (kind, file) in fixtures() {
        assert_eq!(PhotoKind::sniff(file), Some(kind));
        assert!(kind.content_type().starts_with("image/"));
        assert!(kind.file_name().starts_with("upload."));
    }
}
