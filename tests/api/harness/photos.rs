//! Small pictures, made by hand or from the fixtures.

/// A PNG's header with these dimensions and no pixels: enough for whoever looks at headers only.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = width.to_be_bytes().to_vec();
    header.extend_from_slice(&height.to_be_bytes());
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    chunk(&mut bytes, *b"IHDR", &header);
    chunk(&mut bytes, *b"IDAT", &[0x78, 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01]);
    chunk(&mut bytes, *b"IEND", &[]);
    bytes
}

fn chunk(bytes: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    bytes.extend_from_slice(&u32::try_from(data.len()).unwrap().to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&kind);
    crc.update(data);
    bytes.extend_from_slice(&kind);
    bytes.extend_from_slice(data);
    bytes.extend_from_slice(&crc.sum().to_be_bytes());
}

/// A picture of each accepted kind, with a position and an orientation in it: (file name, content).
pub const SAMPLES: [(&str, &[u8]); 5] = [
    ("upload.jpg", include_bytes!("../../fixtures/photos/jpeg.jpg")),
    ("upload.png", include_bytes!("../../fixtures/photos/png.png")),
    ("upload.webp", include_bytes!("../../fixtures/photos/webp.webp")),
    ("upload.heic", include_bytes!("../../fixtures/photos/heic.heic")),
    ("upload.gif", include_bytes!("../../fixtures/photos/gif.gif")),
];
