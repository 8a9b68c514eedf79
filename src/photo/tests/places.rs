//! Every place that a position can hide in.

use bytes::Bytes;

use super::samples::{self, SECRET, app1_xmp, chunk, gif, jpeg, png, xmp};
use super::{admitted, holds};
use crate::photo::{PhotoRules, admit, png_crc};

#[test]
fn no_position_survives_in_any_place() {
    for (name, file) in samples::all() {
        let photo = admitted(&file);

        assert_eq!((photo.width, photo.height), (16, 8), "{name}");
        assert!(photo.position_blanked, "{name}");
        assert_eq!(photo.bytes.len(), file.len(), "{name}");
        for spelling in [SECRET, b"5a5a5a5a", b"+47.", b"\xA9xyz", b"loci"] {
            assert!(!holds(&photo.bytes, spelling), "{name}: {}", String::from_utf8_lossy(spelling));
        }
        assert_eq!(
            holds(&photo.bytes, b"tiff:Orientation>6<"),
            holds(&file, b"tiff:Orientation>6<"),
            "{name}"
        );
        assert!(!admit(photo.bytes, &PhotoRules::default()).expect("a photo").position_blanked, "{name}");
    }
}

#[test]
fn an_exif_block_keeps_its_orientation_in_both_byte_orders() {
    for big in [false, true] {
        let block = samples::exif(big, samples::Holder::First);
        let photo = admitted(&jpeg(&[samples::app1_exif(&block)], b""));

        assert_eq!(super::exif_facts(&photo.bytes), (6, 0));
    }
}

#[test]
fn a_declared_exif_block_is_read_past_an_odd_entry() {
    let mut block = samples::exif(true, samples::Holder::First);
    // The format of the first entry.
    block[13] = 0x77;
    let prefixed = [b"Exif\0\0", block.as_slice()].concat();
    for file in [
        jpeg(&[samples::app1_exif(&block)], b""),
        png(&[chunk(b"eXIf", &block)], b""),
        samples::webp(true, &[(b"EXIF", prefixed)], b""),
        samples::heic(samples::Layout::File, &block, b""),
    ] {
        let photo = admitted(&file);

        assert!(photo.position_blanked && !holds(&photo.bytes, SECRET), "{}", photo.kind);
    }
}

#[test]
fn pixel_data_is_never_altered() {
    let file = jpeg(&[samples::app1_exif(&samples::exif(true, samples::Holder::First))], b"");
    let scan_at = memchr::memmem::find(&file, b"pixels").expect("the scan");

    assert_eq!(admitted(&file).bytes[scan_at..], file[scan_at..]);
}

#[test]
fn appended_bytes_that_only_look_like_metadata_are_left_alone() {
    let behind =
        b"\xFF\xD8 II*\0\x08\0\0\0\x02\0\x25\x88\xEE\xEE MM\0*\0\0\0\x08 GPS=1 loci data\0\0\0\x01+4 \xA9xyz";
    let file = Bytes::from(jpeg(&[], behind));

    let photo = admit(file.clone(), &PhotoRules::default()).expect("a photo");

    assert_eq!(photo.bytes.as_ptr(), file.as_ptr());
    assert!(!photo.position_blanked);
}

#[test]
fn every_spelling_of_an_xmp_position_is_blanked() {
    for property in [
        "exif:GPSLatitude=\"ZZZZ\">",
        "exif:GPSLatitude = 'ZZZZ'>",
        "other:GPSDestLongitude=\"ZZZZ\">",
        "drone-dji:GpsLatitude=\"ZZZZ\">",
        "drone-dji:GpsLongtitude=\"ZZZZ\">",
        "drone-dji:Longitude=\"ZZZZ\">",
        "><exif:GPSLatitude>ZZZZ</exif:GPSLatitude>",
        "><GPSLatitude xmlns='http://ns.adobe.com/exif/1.0/'>ZZZZ</GPSLatitude>",
        "><exif:GPSLatitude><![CDATA[ZZZZ]]></exif:GPSLatitude>",
        "><exif:GPSLatitude><!-- ZZZZ -->&#x5A;</exif:GPSLatitude>",
        "><exif:GPSLatitude xml:lang='x'>ZZZZ</exif:GPSLatitude>",
        "><exif:GPSLatitude rdf:value='ZZZZ'/>",
        "><exif:GPSLatitude rdf:parseType='Resource'><rdf:value>ZZZZ</rdf:value></exif:GPSLatitude>",
        "><exif:GPSPosition><rdf:Seq><rdf:li>ZZZZ</rdf:li><rdf:li rdf:resource='ZZZZ'/></rdf:Seq></exif:GPSPosition>",
        "><exif:GPSLatitude\n>\n ZZZZ\n</exif:GPSLatitude\n>",
        "geo:lat='ZZZZ' geo:long='ZZZZ'>",
        ">{\"exif:GPSLatitude\": \"ZZZZ\"}",
        "><exif:GPSLatitude>ZZZZ",
    ] {
        let photo = admitted(&jpeg(&[app1_xmp(xmp(property).as_bytes())], b""));

        assert!(photo.position_blanked && !holds(&photo.bytes, SECRET), "{property}");
        assert!(holds(&photo.bytes, b"<tiff:Orientation>6</tiff:Orientation>"), "{property}");
    }
}

#[test]
fn other_properties_and_names_of_places_stay() {
    for property in [
        "photoshop:City=\"Seattle\">",
        "exif:Flash=\"GPS\">",
        "dc:title=\"GPS and latitude\">",
        "drone-dji:FlightAltitude=\"10\">",
        "><dc:description>The longitude problem, GPSLatitude</dc:description>",
        "><exif:GPSLatitude> \n</exif:GPSLatitude>",
    ] {
        let file = jpeg(&[app1_xmp(xmp(property).as_bytes())], b"");

        assert_eq!(admitted(&file).bytes, file, "{property}");
    }
}

#[test]
fn packets_in_wider_encodings_are_blanked_alike() {
    let packet = xmp("exif:GPSLatitude='ZZZZ'><exif:GPSLongitude>ZZZZ</exif:GPSLongitude>");
    let encode = |unit: fn(char) -> Vec<u8>| packet.chars().flat_map(unit).collect::<Vec<u8>>();
    for (packet, secret) in [
        (encode(|c| vec![u8::try_from(c).unwrap_or(0), 0]), b"Z\0Z\0".as_slice()),
        (encode(|c| vec![0, u8::try_from(c).unwrap_or(0)]), b"Z\0Z"),
        (encode(|c| vec![0, 0, 0, u8::try_from(c).unwrap_or(0)]), b"Z\0\0\0Z"),
    ] {
        let photo = admitted(&jpeg(&[app1_xmp(&packet)], b""));

        assert!(holds(&packet, secret) && !holds(&photo.bytes, secret));
        assert!(photo.position_blanked);
        assert!(!admit(photo.bytes, &PhotoRules::default()).expect("a photo").position_blanked);
    }
}

#[test]
fn xmp_that_a_gif_cuts_into_sub_blocks_is_blanked_around_their_lengths() {
    let (left, right) = ("<rdf:Description exif:GPSLat", "itude='ZZZZ'/>");
    let length = |part: &str| u8::try_from(part.len()).expect("short");
    let blocks = [
        b"\x21\xFF\x0BXMP DataXMP".as_slice(),
        &[length(left)],
        left.as_bytes(),
        &[length(right)],
        right.as_bytes(),
        &[0],
    ]
    .concat();

    let photo = admitted(&gif(&blocks, b""));

    assert!(photo.position_blanked && !holds(&photo.bytes, SECRET));
    assert!(holds(&photo.bytes, right.replace("ZZZZ", "    ").as_bytes()));
}

#[test]
fn an_edited_png_keeps_valid_checksums() {
    for (name, file) in samples::all().into_iter().filter(|(name, _)| name.starts_with("PNG")) {
        let photo = admitted(&file);
        let mut rest = &photo.bytes[8..];
        while rest.len() >= 12 {
            let length =
                usize::try_from(u32::from_be_bytes(rest[..4].try_into().expect("four"))).expect("fits");
            let stored = u32::from_be_bytes(rest[8 + length..12 + length].try_into().expect("four"));
            assert_eq!(png_crc::of(&rest[4..8 + length]), stored, "{name}");
            if &rest[4..8] == b"IEND" {
                break;
            }
            rest = &rest[12 + length..];
        }
    }
}

#[test]
fn compressed_metadata_becomes_a_chunk_that_means_nothing() {
    let photo = admitted(&png(&[chunk(b"zTXt", b"Raw profile type APP1\0\0ZZZZ")], b""));

    assert!(holds(&photo.bytes, b"blNk\0\0\0\0") && !holds(&photo.bytes, b"zTXt"));
}

#[test]
fn other_compressed_text_stays() {
    let file =
        png(&[chunk(b"zTXt", b"Comment\0\0ZZZZ"), chunk(b"zTXt", b"Raw profile type icc\0\0ZZZZ")], b"");

    assert_eq!(admitted(&file).bytes, file);
}
