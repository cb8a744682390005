//! CRC32c, the checksum of a packet (RFC 9260, appendix A).

/// Castagnoli's polynomial, bits reversed.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// What eight zero bits do to each byte, and what further zero bytes do to that: eight bytes a step.
static TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut step = 1;
    while step < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[step - 1][byte];
            tables[step][byte] = before >> 8 ^ tables[0][(before & 0xff) as usize];
            byte += 1;
        }
        step += 1;
    }
    tables
}

/// Takes `bytes` into a running checksum that began with `!0`.
fn update(mut crc: u32, bytes: &[u8]) -> u32 {
    let (steps, rest) = bytes.as_chunks::<8>();
    for [a, b, c, d, e, f, g, h] in steps {
        let low = crc ^ u32::from_le_bytes([*a, *b, *c, *d]);
        crc = TABLES[7][(low & 0xff) as usize]
            ^ TABLES[6][(low >> 8 & 0xff) as usize]
            ^ TABLES[5][(low >> 16 & 0xff) as usize]
            ^ TABLES[4][(low >> 24) as usize]
            ^ TABLES[3][usize::from(*e)]
            ^ TABLES[2][usize::from(*f)]
            ^ TABLES[1][usize::from(*g)]
            ^ TABLES[0][usize::from(*h)];
    }
    for byte in rest {
        crc = crc >> 8 ^ TABLES[0][((crc ^ u32::from(*byte)) & 0xff) as usize];
    }
    crc
}

/// The checksum of a packet of at least 12 bytes, as if its checksum field were zero.
pub(crate) fn checksum(packet: &[u8]) -> u32 {
    let (before, rest) = packet.split_at(packet.len().min(8));
    let after = rest.get(4..).unwrap_or_default();
    !update(update(update(!0, before), &[0; 4]), after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_rfc_3720() {
        // RFC 3720, appendix B.4.
        let ascending: Vec<u8> = (0..32).collect();
        assert_eq!(!update(!0, &[0; 32]), 0x8a91_36aa);
        assert_eq!(!update(!0, &[0xff; 32]), 0x62a8_ab43);
        assert_eq!(!update(!0, &ascending), 0x46dd_794e);
        assert_eq!(!update(!0, b"123456789"), 0xe306_9283);
    }
}
