//! CRC32c, the checksum of a packet (RFC 9260, appendix A).

use ::crc32c::{crc32c, crc32c_append};

/// The checksum of a packet of at least 12 bytes, as if its checksum field were zero.
pub(crate) fn checksum(packet: &[u8]) -> u32 {
    let (before, rest) = packet.split_at(packet.len().min(8));
    let after = rest.get(4..).unwrap_or_default();
    crc32c_append(crc32c_append(crc32c(before), &[0; 4]), after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_rfc_3720() {
        // RFC 3720, appendix B.4.
        let ascending: Vec<u8> = (0..32).collect();
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c(&ascending), 0x46dd_794e);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn the_field_itself_counts_as_zero() {
        let packet: Vec<u8> = (0..40).collect();
        let mut zeroed = packet.clone();
        zeroed[8..12].fill(0);
        assert_eq!(checksum(&packet), crc32c(&zeroed));
    }
}
