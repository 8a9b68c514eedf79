//! Builds minimal containers around metadata that holds a recognisable position.

/// The four bytes that stand for a position; the same in both byte orders.
pub(super) const SECRET: &[u8] = b"ZZZZ";

/// Where an EXIF block keeps its GPS directory.
#[derive(Clone, Copy, Debug)]
pub(super) enum Holder {
    First,
    Thumbnail,
    SubDirectory,
    ExifDirectory,
}

/// An EXIF block with orientation 6 and a GPS directory of two tags.
pub(super) fn exif(big: bool, holder: Holder) -> Vec<u8> {
    let short = |n: u16| if big { n.to_be_bytes().to_vec() } else { n.to_le_bytes().to_vec() };
    let long = |n: u32| if big { n.to_be_bytes().to_vec() } else { n.to_le_bytes().to_vec() };
    let entry = |tag: u16, format: u16, count: u32, value: Vec<u8>| {
        [short(tag), short(format), long(count), value].concat()
    };
    // Header 8, first directory 8..38, second directory 38..56, GPS directory 56..86, latitude 86..110.
    let gps = entry(0x8825, 4, 1, long(56));
    let (tag, next) = match holder {
        Holder::First => (gps.clone(), 0),
        Holder::Thumbnail => (entry(0x011A, 4, 1, long(0)), 38),
        Holder::SubDirectory => (entry(0x014A, 4, 1, long(38)), 0),
        Holder::ExifDirectory => (entry(0x8769, 4, 1, long(38)), 0),
    };
    [
        if big { b"MM\0*".to_vec() } else { b"II*\0".to_vec() },
        long(8),
        short(2),
        entry(0x0112, 3, 1, [short(6), short(0)].concat()),
        tag,
        long(next),
        short(1),
        if matches!(holder, Holder::First) { entry(0x0128, 3, 1, long(0)) } else { gps },
        // A directory that names itself as the next one.
        long(38),
        short(2),
        entry(1, 2, 4, SECRET.to_vec()),
        entry(2, 5, 3, long(86)),
        long(0),
        SECRET.repeat(6),
    ]
    .concat()
}

/// An XMP packet with one property.
pub(super) fn xmp(property: &str) -> String {
    format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF><rdf:Description {property}</rdf:Description>\
         <tiff:Orientation>6</tiff:Orientation></rdf:RDF></x:xmpmeta>"
    )
}

pub(super) fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).expect("fits a segment");
    [&[0xFF, marker], length.to_be_bytes().as_slice(), content].concat()
}

/// A JPEG of 16 by 8 pixels: the given segments, a frame, a scan, then what follows its end.
pub(super) fn jpeg(segments: &[Vec<u8>], behind: &[u8]) -> Vec<u8> {
    [
        b"\xFF\xD8".to_vec(),
        segments.concat(),
        segment(0xC2, &[8, 0, 8, 0, 16, 1, 1, 0x11, 0]),
        segment(0xDA, &[1, 1, 0, 0, 63, 0]),
        b"pixels \xFF\x00 II*\0\x08\0\0\0 \xFF\xD0 exif:GPSLatitude=\"1\" \xFF\xD9".to_vec(),
        behind.to_vec(),
    ]
    .concat()
}

pub(super) fn app1_exif(block: &[u8]) -> Vec<u8> {
    segment(0xE1, &[b"Exif\0\0", block].concat())
}

pub(super) fn app1_xmp(packet: &[u8]) -> Vec<u8> {
    segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", packet].concat())
}

pub(super) fn extended_xmp(offset: usize, part: &[u8]) -> Vec<u8> {
    let offset = u32::try_from(offset).expect("small").to_be_bytes();
    let header = b"http://ns.adobe.com/xmp/extension/\0".as_slice();
    segment(0xE1, &[header, &[b'A'; 32], &[0, 0, 1, 0], &offset, part].concat())
}

pub(super) fn chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).expect("small").to_be_bytes();
    let covered = [kind, data].concat();
    [length.as_slice(), &covered, &super::super::png_crc::of(&covered).to_be_bytes()].concat()
}

/// A PNG of 16 by 8 pixels with these chunks before its pixels.
pub(super) fn png(chunks: &[Vec<u8>], behind: &[u8]) -> Vec<u8> {
    [
        b"\x89PNG\r\n\x1A\n".to_vec(),
        chunk(b"IHDR", &[0, 0, 0, 16, 0, 0, 0, 8, 8, 0, 0, 0, 0]),
        chunks.concat(),
        chunk(b"IDAT", b"pixels"),
        chunk(b"IEND", b""),
        behind.to_vec(),
    ]
    .concat()
}

/// A profile as ImageMagick writes it.
pub(super) fn hex_profile(name: &str, profile: &[u8]) -> Vec<u8> {
    let digits: String = profile.iter().map(|byte| format!("{byte:02x}")).collect();
    let lines: Vec<&str> =
        digits.as_bytes().chunks(72).map(|line| std::str::from_utf8(line).expect("digits")).collect();
    format!("Raw profile type {name}\0\n{name}\n{:8}\n{}\n", profile.len(), lines.join("\n")).into_bytes()
}

/// A lossless WebP of 16 by 8 pixels, extended when `extended`, with these chunks behind its pixels.
pub(super) fn webp(extended: bool, chunks: &[(&[u8], Vec<u8>)], behind: &[u8]) -> Vec<u8> {
    let canvas = [0x0C, 0, 0, 0, 15, 0, 0, 7, 0, 0].to_vec();
    let bits = (15_u32 | (7 << 14)).to_le_bytes();
    let mut all: Vec<(&[u8], Vec<u8>)> = vec![(b"VP8L", [&[0x2F], bits.as_slice(), b"pixels"].concat())];
    if extended {
        all.insert(0, (b"VP8X", canvas));
    }
    all.extend_from_slice(chunks);
    let mut body = b"WEBP".to_vec();
    for (kind, data) in all {
        body.extend([kind, &u32::try_from(data.len()).expect("small").to_le_bytes(), &data].concat());
        body.resize(body.len().next_multiple_of(2), 0);
    }
    let length = u32::try_from(body.len()).expect("small").to_le_bytes();
    [b"RIFF", length.as_slice(), &body, behind].concat()
}

/// A GIF of 16 by 8 pixels with one extension of sub-blocks.
pub(super) fn gif(extension: &[u8], behind: &[u8]) -> Vec<u8> {
    let screen = b"GIF89a\x10\0\x08\0\0\0\0".as_slice();
    let frame = b"\x2C\0\0\0\0\x10\0\x08\0\0\x02\x03pix\0\x3B".as_slice();
    [screen, extension, frame, behind].concat()
}

/// The extension that holds a raw XMP packet and the bytes that close it.
pub(super) fn gif_xmp(packet: &[u8]) -> Vec<u8> {
    let trailer: Vec<u8> = [1].into_iter().chain((0..=255).rev()).chain([0]).collect();
    [b"\x21\xFF\x0BXMP DataXMP", packet, &trailer].concat()
}

fn iso_box(kind: &[u8], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).expect("small").to_be_bytes();
    [size.as_slice(), kind, body].concat()
}

/// How the items of a HEIC file lie.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layout {
    /// In the file, in one extent.
    File,
    /// In the file, cut into two extents.
    TwoExtents,
    /// In the `idat` box.
    Inline,
}

/// A HEIC of 16 by 8 pixels with an EXIF item and an XMP item.
pub(super) fn heic(layout: Layout, block: &[u8], packet: &[u8]) -> Vec<u8> {
    let exif = [&[0, 0, 0, 6], b"Exif\0\0".as_slice(), block].concat();
    let items = [exif.as_slice(), packet];
    let inline = matches!(layout, Layout::Inline);
    let cut = |length: usize| {
        if matches!(layout, Layout::TwoExtents) {
            vec![length / 3, length - length / 3]
        } else {
            vec![length]
        }
    };
    let infe = |id: u8, rest: &[u8]| iso_box(b"infe", &[&[2, 0, 0, 0, 0, id, 0, 0], rest].concat());
    let build = |data_at: usize| {
        let mut iloc = vec![1, 0, 0, 0, 0x44, 0, 0, 2];
        let mut at = data_at;
        for (id, item) in (1_u8..).zip(items) {
            let extents = cut(item.len());
            iloc.extend([0, id, 0, u8::from(inline), 0, 0, 0, u8::try_from(extents.len()).expect("two")]);
            for length in extents {
                // A gap between extents, so that they are not one stretch by chance.
                iloc.extend(u32::try_from(at).expect("small").to_be_bytes());
                iloc.extend(u32::try_from(length).expect("small").to_be_bytes());
                at += length + 3;
            }
        }
        let mut data = Vec::new();
        for item in items {
            let mut rest = item;
            for length in cut(item.len()) {
                let (part, left) = rest.split_at(length);
                data.extend([part, b"gap"].concat());
                rest = left;
            }
        }
        let iinf = [vec![0, 0, 0, 0, 0, 2], infe(1, b"Exif\0"), infe(2, b"mime\0application/rdf+xml\0")];
        let ispe = iso_box(b"ispe", &[0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 8]);
        let tile = iso_box(b"ispe", &[0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 8]);
        let meta = [
            vec![0; 4],
            iso_box(b"iloc", &iloc),
            iso_box(b"iinf", &iinf.concat()),
            iso_box(b"iprp", &iso_box(b"ipco", &[tile, ispe].concat())),
            if inline { iso_box(b"idat", &data) } else { Vec::new() },
        ];
        let head = [iso_box(b"ftyp", b"heic\0\0\0\0mif1heic"), iso_box(b"meta", &meta.concat())].concat();
        let body_at = head.len() + 8;
        (if inline { head } else { [head, iso_box(b"mdat", &data)].concat() }, body_at)
    };
    let (_, data_at) = build(0);
    build(if inline { 0 } else { data_at }).0
}

/// The boxes in which a video keeps its position.
pub(super) fn video() -> Vec<u8> {
    let quicktime = iso_box(b"\xA9xyz", b"\0\x10\x15\xC7+47.6061-122.3322/");
    let loci = iso_box(
        b"loci",
        &[&[0; 4], b"\x55\xC4Pier\0\0".as_slice(), &SECRET.repeat(3), b"earth\0\0"].concat(),
    );
    let apple = iso_box(b"data", b"\0\0\0\x01\0\0\0\0+47.6061-122.3322+010.000/");
    [iso_box(b"ftyp", b"mp42\0\0\0\0"), iso_box(b"moov", &[quicktime, loci, apple].concat())].concat()
}

/// One sample of each place that a position can hide in.
pub(super) fn all() -> Vec<(String, Vec<u8>)> {
    let mut samples: Vec<(String, Vec<u8>)> = Vec::new();
    let packet = xmp("exif:GPSLatitude=\"ZZZZ\" exif:GPSLongitude='ZZZZ'>");
    for big in [false, true] {
        for holder in [Holder::First, Holder::Thumbnail, Holder::SubDirectory, Holder::ExifDirectory] {
            let block = exif(big, holder);
            let prefixed = [b"Exif\0\0", block.as_slice()].concat();
            let mut add =
                |name: &str, file| samples.push((format!("{name}, big-endian {big}, {holder:?}"), file));
            add("JPEG", jpeg(&[app1_exif(&block)], b""));
            add("JPEG, later segment", jpeg(&[app1_exif(b"other"), app1_exif(&block)], b""));
            add("JPEG, cut in two", jpeg(&[app1_exif(&block[..50]), app1_exif(&block[50..])], b""));
            add("JPEG, in a thumbnail", jpeg(&[app1_exif(&jpeg(&[app1_exif(&block)], b""))], b""));
            add("JPEG, other segment", jpeg(&[segment(0xE7, &block)], b""));
            add("JPEG, second picture", jpeg(&[], &jpeg(&[app1_exif(&block)], b"")));
            add("PNG", png(&[chunk(b"eXIf", &block)], b""));
            add("PNG, digits", png(&[chunk(b"tEXt", &hex_profile("exif", &prefixed))], b""));
            add("PNG, appended", png(&[], &prefixed));
            add("WebP", webp(true, &[(b"EXIF", block.clone())], b""));
            add("WebP, signature", webp(true, &[(b"EXIF", prefixed.clone())], b""));
            add("WebP, appended", webp(false, &[], &prefixed));
            add("GIF, appended", gif(b"", &prefixed));
            for layout in [Layout::File, Layout::TwoExtents, Layout::Inline] {
                add(&format!("HEIC, {layout:?}"), heic(layout, &block, packet.as_bytes()));
            }
        }
    }
    let (first, second) = packet.split_at(packet.find("Latitude=").expect("the property") + 4);
    let at = first.len();
    let parts = [extended_xmp(at, second.as_bytes()), extended_xmp(0, first.as_bytes())];
    let mut add = |name: &str, file| samples.push((name.to_owned(), file));
    add("JPEG, XMP", jpeg(&[app1_xmp(packet.as_bytes())], b""));
    add("JPEG, extended XMP out of order", jpeg(&parts, b""));
    add("JPEG, video", jpeg(&[], &video()));
    add(
        "PNG, XMP",
        png(&[chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", packet.as_bytes()].concat())], b""),
    );
    add("PNG, XMP in digits", png(&[chunk(b"tEXt", &hex_profile("xmp", packet.as_bytes()))], b""));
    add("PNG, compressed EXIF", png(&[chunk(b"zTXt", b"Raw profile type exif\0\0ZZZZ")], b""));
    add("PNG, compressed XMP", png(&[chunk(b"iTXt", b"XML:com.adobe.xmp\0\x01\0\0\0ZZZZ")], b""));
    add("PNG, image property", png(&[chunk(b"tEXt", b"exif:GPSLatitude\0ZZZZ")], b""));
    add("WebP, XMP", webp(true, &[(b"XMP ", packet.clone().into_bytes())], b""));
    add("GIF, XMP", gif(&gif_xmp(packet.as_bytes()), b""));
    add("HEIC, video", [heic(Layout::File, b"", b""), video()].concat());
    samples
}
