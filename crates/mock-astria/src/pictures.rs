//! Pictures for the addresses in replies: soft colours with overlapping discs, the same for the same path.
//!
//! The demo shows them, and a test can fetch them and get a real PNG. Drawn with whole numbers and compressed lightly, since
//! they are made on each request. They show nothing and nobody.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use sha2::{Digest, Sha256};

const SIDE: u32 = 512;
const DISCS: usize = 6;

struct Disc {
    x: i32,
    y: i32,
    radius: i32,
    color: [i32; 3],
}

/// The PNG at a path.
pub(crate) fn png(path: &str) -> Bytes {
    // Writing into memory does not fail.
    Bytes::from(encode(&pixels(path)).unwrap_or_default())
}

/// Rows of RGB, each with its filter byte in front.
fn pixels(path: &str) -> Vec<u8> {
    let mut draw = Draw::new(path);
    let corners = [draw.color(), draw.color(), draw.color()];
    let discs: Vec<Disc> = (0..DISCS)
        .map(|_| Disc {
            x: draw.below(512),
            y: draw.below(512),
            radius: 60 + draw.below(150),
            color: draw.color(),
        })
        .collect();
    let side = i32::try_from(SIDE).unwrap_or(i32::MAX);
    let mut rows = Vec::new();
    for y in 0..side {
        // Filter 1: each byte is the difference to the pixel on the left. Gradients become runs of small numbers.
        rows.push(1);
        let mut left = [0_u8; 3];
        for x in 0..side {
            let mut color = [0_i32; 3];
            for ((channel, a), (b, c)) in
                color.iter_mut().zip(corners[0]).zip(corners[1].into_iter().zip(corners[2]))
            {
                *channel = (a * (side - x) + b * x + a * (side - y) + c * y) / (2 * side);
            }
            for disc in &discs {
                blend(&mut color, disc, x, y);
            }
            for (channel, previous) in color.into_iter().zip(&mut left) {
                let value = u8::try_from(channel.clamp(0, 255)).unwrap_or(u8::MAX);
                rows.push(value.wrapping_sub(*previous));
                *previous = value;
            }
        }
    }
    rows
}

/// Lays a disc over a pixel; it fades out over its last quarter.
fn blend(color: &mut [i32; 3], disc: &Disc, x: i32, y: i32) {
    let (dx, dy) = (x - disc.x, y - disc.y);
    let (distance, full) = (dx * dx + dy * dy, disc.radius * disc.radius);
    if distance >= full {
        return;
    }
    let fade = (full - distance).min(full / 4);
    let alpha = 160 * fade / (full / 4).max(1);
    for (channel, ink) in color.iter_mut().zip(disc.color) {
        *channel += (ink - *channel) * alpha / 256;
    }
}

struct Draw(std::vec::IntoIter<u8>);

impl Draw {
    fn new(path: &str) -> Self {
        let first = Sha256::digest(path);
        let second = Sha256::digest(first);
        let bytes: Vec<u8> = first.iter().chain(second.iter()).copied().collect();
        Self(bytes.into_iter())
    }

    fn byte(&mut self) -> i32 {
        i32::from(self.0.next().unwrap_or(128))
    }

    fn below(&mut self, limit: i32) -> i32 {
        self.byte() * limit / 256
    }

    fn color(&mut self) -> [i32; 3] {
        [70 + self.byte() * 170 / 255, 70 + self.byte() * 170 / 255, 70 + self.byte() * 170 / 255]
    }
}

fn encode(rows: &[u8]) -> io::Result<Vec<u8>> {
    let mut header = Vec::new();
    header.extend_from_slice(&SIDE.to_be_bytes());
    header.extend_from_slice(&SIDE.to_be_bytes());
    // 8 bits, RGB, the only compression, the only filter set, not interlaced.
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(rows)?;
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut png, b"IHDR", &header);
    chunk(&mut png, b"IDAT", &packed.finish()?);
    chunk(&mut png, b"IEND", &[]);
    Ok(png)
}

fn chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    png.extend_from_slice(&length.to_be_bytes());
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(kind);
    checksum.update(data);
    png.extend_from_slice(kind);
    png.extend_from_slice(data);
    png.extend_from_slice(&checksum.finalize().to_be_bytes());
}
