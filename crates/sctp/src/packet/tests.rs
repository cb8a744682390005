use proptest::prelude::*;

use super::*;

const HEADER_5000: Header =
    Header { source_port: 5000, destination_port: 5000, tag: 0x0102_0304, omits_checksum: false };

#[test]
fn a_written_packet_reads_back() {
    let mut packet = Vec::new();
    let mut writer = PacketWriter::new(&mut packet, HEADER_5000);
    writer.chunk(kind::COOKIE_ECHO, 0, b"12345").chunk(kind::DATA, 3, b"12345678");
    assert!(writer.finish());
    assert!(has_right_checksum(&packet));
    let (header, mut chunks) = parse(&packet).unwrap();
    assert_eq!(header, HEADER_5000);
    assert_eq!(chunks.next(), Some(Chunk { kind: kind::COOKIE_ECHO, flags: 0, value: b"12345" }));
    assert_eq!(chunks.next(), Some(Chunk { kind: kind::DATA, flags: 3, value: b"12345678" }));
    assert_eq!(chunks.next(), None);
    assert!(chunks.is_canonical);
}

#[test]
fn a_chunk_length_below_its_header_or_beyond_the_packet_ends_the_walk() {
    for length in [0, 1, 3, 9, u16::MAX] {
        let mut packet = single(HEADER_5000, kind::DATA, 0, b"1234");
        packet[HEADER + 2..HEADER + 4].copy_from_slice(&length.to_be_bytes());
        let (_, mut chunks) = parse(&packet).unwrap();
        assert_eq!(chunks.next(), None, "length {length}");
        assert!(!chunks.is_canonical);
    }
}

#[test]
fn missing_or_dirty_padding_is_noticed_and_forgiven() {
    let packet = single(HEADER_5000, kind::ERROR, 0, b"12345");
    let (_, mut chunks) = parse(&packet[..packet.len() - 3]).unwrap();
    assert_eq!(chunks.next().map(|chunk| chunk.value), Some(&b"12345"[..]));
    assert!(!chunks.is_canonical);
    let mut packet = packet;
    *packet.last_mut().unwrap() = 1;
    let (_, mut chunks) = parse(&packet).unwrap();
    assert!(chunks.next().is_some() && !chunks.is_canonical);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic_and_in_bounds(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = has_right_checksum(&bytes);
        if let Some((_, chunks)) = parse(&bytes) {
            let total: usize = chunks.map(|chunk| CHUNK_HEADER + chunk.value.len()).sum();
            prop_assert!(total + HEADER <= bytes.len());
        }
    }
}
