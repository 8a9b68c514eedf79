//! The checksum of a PNG chunk.
//!
//! An edited chunk needs a new one, else decoders refuse the file.
//! Specified by W3C, PNG Specification (Third Edition), section 5.5 and annex D. Checked against the
//! checksums that libpng and exiftool 12.57 accept (2026-11-21).

/// The remainder for each value of one byte.
const TABLE: [u32; 256] = table();

#[expect(clippy::indexing_slicing, reason = "evaluated at compile time, where a bad index is an error")]
const fn table() -> [u32; 256] {
    let mut table = [0_u32; 256];
    let mut index = 0;
    let mut start = 0_u32;
    while index < 256 {
        let mut crc = start;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
        start += 1;
    }
    table
}

/// CRC-32 of a chunk's type and data.
pub(super) fn of(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |crc, byte| {
        let [low, ..] = crc.to_le_bytes();
        TABLE.get(usize::from(low ^ byte)).copied().unwrap_or(0) ^ (crc >> 8)
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_empty_end_chunk_has_its_well_known_checksum() {
        assert_eq!(super::of(b"IEND"), 0xAE42_6082);
    }
}
