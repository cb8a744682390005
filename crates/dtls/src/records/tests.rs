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

/// A fragment of a Certificate.
fn fragment(length: u32, message: u16, offset: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![11];
    bytes.extend(&length.to_be_bytes()[1..]);
    bytes.extend(message.to_be_bytes());
    bytes.extend(&offset.to_be_bytes()[1..]);
    bytes.extend(&(body.len() as u32).to_be_bytes()[1..]);
    bytes.extend(body);
    bytes
}

const ALL: [Expected; 3] = [Expected::ClientHello, Expected::Handshake, Expected::Data];

fn verdicts(datagram: &[u8], expected: Expected) -> Vec<(&[u8], Verdict)> {
    let mut records = records(datagram);
    std::iter::from_fn(|| records.next(expected)).collect()
}

fn passes(datagram: &[u8], expected: Expected) -> bool {
    verdicts(datagram, expected) == [(datagram, Verdict::Accept)]
}

#[test]
fn plaintext_alerts_never_pass_and_protected_ones_do() {
    for expected in ALL {
        let [fatal, warning] = [record(ALERT, 0, &[2, 40]), record(ALERT, 0, &[1, 0])];
        assert_eq!(verdicts(&fatal, expected), [(&fatal[..], Verdict::DropAlert)]);
        assert_eq!(verdicts(&warning, expected), [(&warning[..], Verdict::Drop)]);
        assert!(passes(&record(ALERT, 1, &[0; 26]), expected));
    }
}

#[test]
fn what_is_good_in_a_datagram_survives_what_is_bad() {
    let hello = record(HANDSHAKE, 0, &fragment(3, 0, 0, b"abc"));
    let alert = record(ALERT, 0, &[2, 40]);
    let short = [0x2f, 0, 9, 0, 2, b'a', b'b'];
    let long = [0x23, 9, b'c', b'd'];
    let datagram = [&alert[..], &hello, &short, &long].concat();
    let expected = [
        (&alert[..], Verdict::DropAlert),
        (&hello[..], Verdict::Accept),
        (&short[..], Verdict::Accept),
        (&long[..], Verdict::Accept),
    ];
    assert_eq!(verdicts(&datagram, Expected::Handshake), expected);
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
        assert!(!passes(&record(HANDSHAKE, 0, &bad), Expected::Handshake), "{bad:?}");
    }
    assert!(
        passes(&record(HANDSHAKE, 0, &fragment(0, 5, 0, b"")), Expected::Handshake),
        "ServerHelloDone is empty"
    );
    assert!(passes(&record(HANDSHAKE, 0, &fragment(9, 0, 3, b"abc")), Expected::Data));
}

#[test]
fn plaintext_data_never_passes() {
    for expected in ALL {
        assert!(!passes(&record(APPLICATION_DATA, 0, b"x"), expected));
    }
    assert!(passes(&[&[0x2f][..], b"ciphertext of 1.3"].concat(), Expected::Handshake));
}

proptest! {
    #[test]
    fn any_bytes_are_filtered_without_panic_or_loss(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        expected in proptest::sample::select(ALL.to_vec()),
    ) {
        let parts = verdicts(&bytes, expected);
        prop_assert_eq!(parts.iter().map(|(record, _)| *record).collect::<Vec<_>>().concat(), bytes.clone());
        prop_assert!(parts.iter().all(|(record, _)| !record.is_empty()));
    }
}

#[test]
fn a_server_that_has_answered_nothing_takes_a_client_hello_alone() {
    let mut hello = fragment(3, 0, 0, b"abc");
    assert!(!passes(&record(HANDSHAKE, 0, &hello), Expected::ClientHello));
    hello[0] = 1;
    assert!(passes(&record(HANDSHAKE, 0, &hello), Expected::ClientHello));
    hello[5] = 1;
    assert!(!passes(&record(HANDSHAKE, 0, &hello), Expected::ClientHello));
    assert!(passes(&record(HANDSHAKE, 0, &hello), Expected::Handshake), "after a HelloRetryRequest");
    hello[5] = 2;
    assert!(!passes(&record(HANDSHAKE, 0, &hello), Expected::Handshake), "the third message is none");
}
