use proptest::prelude::*;

use super::*;

fn record(kind: u8, epoch: u16, fragment: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind, 0xfe, 0xfd];
    bytes.extend(epoch.to_be_bytes());
    bytes.extend([0; 6]);
    bytes.extend((fragment.len() as u16).to_be_bytes());
    bytes.extend(fragment);
    bytes
}

fn fragment(length: u32, message: u16, offset: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend(&length.to_be_bytes()[1..]);
    bytes.extend(message.to_be_bytes());
    bytes.extend(&offset.to_be_bytes()[1..]);
    bytes.extend(&(body.len() as u32).to_be_bytes()[1..]);
    bytes.extend(body);
    bytes
}

fn passes(datagram: &[u8], is_connected: bool) -> bool {
    filter(datagram, is_connected).datagram == datagram
}

#[test]
fn plaintext_alerts_never_pass_and_protected_ones_do() {
    for is_connected in [false, true] {
        let filtered = filter(&record(ALERT, 0, &[2, 40]), is_connected).has_plaintext_alert;
        assert!(filtered);
        assert!(!filter(&record(ALERT, 0, &[1, 0]), is_connected).has_plaintext_alert);
        assert!(passes(&record(ALERT, 1, &[0; 26]), is_connected));
    }
}

#[test]
fn what_is_good_in_a_datagram_survives_what_is_bad() {
    let hello = record(HANDSHAKE, 0, &fragment(3, 0, 0, b"abc"));
    let mut datagram = record(ALERT, 0, &[2, 40]);
    datagram.extend(&hello);
    let filtered = filter(&datagram, false);
    assert_eq!(filtered.datagram, hello);
    assert_eq!(filtered.dropped, 1);
}

#[test]
fn impossible_fragments_are_dropped() {
    for bad in [
        fragment(3, 0, 1, b"abc"),
        fragment(3, 0, 0, b""),
        fragment(16 << 20, 0, 0, b"abc"),
        fragment(3, 24, 0, b"abc"),
        fragment(3, 0, 0, b"abc")[..14].to_vec(),
        Vec::new(),
    ] {
        assert!(!passes(&record(HANDSHAKE, 0, &bad), false), "{bad:?}");
    }
    assert!(passes(&record(HANDSHAKE, 0, &fragment(0, 5, 0, b"")), false), "ServerHelloDone is empty");
    assert!(passes(&record(HANDSHAKE, 0, &fragment(9, 0, 3, b"abc")), true));
}

#[test]
fn plaintext_data_never_passes() {
    for is_connected in [false, true] {
        assert!(!passes(&record(APPLICATION_DATA, 0, b"x"), is_connected));
    }
    assert!(passes(&[&[0x2f][..], b"ciphertext of 1.3"].concat(), false));
}

proptest! {
    #[test]
    fn any_bytes_are_filtered_without_panic_and_only_shrink(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        is_connected: bool,
    ) {
        prop_assert!(filter(&bytes, is_connected).datagram.len() <= bytes.len());
    }
}
