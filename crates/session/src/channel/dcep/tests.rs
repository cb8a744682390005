use std::time::Duration;

use proptest::prelude::*;
use sctp::Reliability;

use super::*;

fn open(ordered: bool, reliability: Reliability) -> Open {
    Open { ordered, reliability, priority: 256, label: "chat".to_owned(), protocol: "json".to_owned() }
}

fn written(open: &Open) -> Vec<u8> {
    let mut bytes = Vec::new();
    open.write(&mut bytes).expect("the names are short");
    bytes
}

#[test]
fn open_has_the_layout_of_rfc_8832_section_5_1() {
    let bytes = written(&open(false, Reliability::MaxRetransmits(3)));
    assert_eq!(bytes, b"\x03\x81\x01\x00\x00\x00\x00\x03\x00\x04\x00\x04chatjson");
    assert_eq!(Ack::BYTES, [0x02]);
}

#[test]
fn every_channel_type_survives_and_no_other_is_taken() {
    let kinds = [
        (0x00, true, Reliability::Reliable),
        (0x80, false, Reliability::Reliable),
        (0x01, true, Reliability::MaxRetransmits(7)),
        (0x81, false, Reliability::MaxRetransmits(0)),
        (0x02, true, Reliability::MaxLifetime(Duration::from_millis(1500))),
        (0x82, false, Reliability::MaxLifetime(Duration::ZERO)),
    ];
    for (byte, ordered, reliability) in kinds {
        let message = open(ordered, reliability);
        let bytes = written(&message);
        assert_eq!(bytes[1], byte);
        assert_eq!(parse(&bytes), Ok(Dcep::Open(message)));
    }
    let mut bytes = written(&open(true, Reliability::Reliable));
    for byte in (0..=u8::MAX).filter(|byte| byte & 0x7f > 2) {
        bytes[1] = byte;
        assert_eq!(parse(&bytes), Err(ParseError::ChannelType(byte)));
    }
}

#[test]
fn lengths_must_fit_the_message() {
    let whole = written(&open(true, Reliability::Reliable));
    for end in 0..whole.len() {
        assert_eq!(parse(&whole[..end]), Err(ParseError::Truncated), "{end}");
    }
    assert_eq!(parse(&[&whole[..], b"x"].concat()), Err(ParseError::TrailingBytes));
    let mut too_long = whole.clone();
    too_long[8..10].copy_from_slice(&u16::MAX.to_be_bytes());
    assert_eq!(parse(&too_long), Err(ParseError::Truncated));
}

#[test]
fn names_are_utf_8_of_at_most_65535_bytes() {
    let mut bytes = written(&open(true, Reliability::Reliable));
    *bytes.last_mut().unwrap() = 0xff;
    assert_eq!(parse(&bytes), Err(ParseError::NotUtf8));
    let mut longest = Open { label: "x".repeat(65_535), ..open(true, Reliability::Reliable) };
    assert_eq!(parse(&written(&longest)), Ok(Dcep::Open(longest.clone())));
    longest.label.push('x');
    assert_eq!(longest.write(&mut Vec::new()), None);
}

#[test]
fn a_reliable_channels_parameter_is_ignored_and_a_large_count_is_as_good_as_the_largest() {
    let mut bytes = written(&open(true, Reliability::Reliable));
    bytes[4..8].copy_from_slice(&[9; 4]);
    assert_eq!(parse(&bytes), Ok(Dcep::Open(open(true, Reliability::Reliable))));
    bytes[1] = 0x01;
    assert_eq!(parse(&bytes), Ok(Dcep::Open(open(true, Reliability::MaxRetransmits(u16::MAX)))));
}

#[test]
fn an_ack_may_be_padded_and_other_types_are_refused() {
    assert_eq!(parse(&[2]), Ok(Dcep::Ack));
    assert_eq!(parse(&[2, 0, 0, 0]), Ok(Dcep::Ack));
    assert_eq!(parse(&[]), Err(ParseError::Truncated));
    for kind in (0..=u8::MAX).filter(|kind| ![2, 3].contains(kind)) {
        assert_eq!(parse(&[kind]), Err(ParseError::MessageType(kind)));
    }
}

fn reliabilities() -> impl Strategy<Value = Reliability> {
    prop_oneof![
        Just(Reliability::Reliable),
        any::<u16>().prop_map(Reliability::MaxRetransmits),
        any::<u32>().prop_map(|ms| Reliability::MaxLifetime(Duration::from_millis(u64::from(ms)))),
    ]
}

proptest! {
    #[test]
    fn what_is_written_parses_back(
        ordered: bool,
        reliability in reliabilities(),
        priority: u16,
        label in "\\PC{0,40}",
        protocol in "\\PC{0,40}",
    ) {
        let message = Open { ordered, reliability, priority, label, protocol };
        prop_assert_eq!(parse(&written(&message)), Ok(Dcep::Open(message)));
    }

    /// Whatever a changed message still says, it says it the same way when written again: nothing is misread.
    #[test]
    fn mutated_bytes_are_refused_or_mean_what_they_say(
        at in 0_usize..20,
        value: u8,
        cut in 0_usize..30,
    ) {
        let mut bytes = written(&open(false, Reliability::MaxRetransmits(3)));
        let length = bytes.len();
        bytes[at % length] = value;
        bytes.truncate(cut);
        if let Ok(Dcep::Open(message)) = parse(&bytes) {
            let again = written(&message);
            prop_assert_eq!(again.len(), bytes.len());
            prop_assert_eq!(&again[8..], &bytes[8..]);
        }
    }

    #[test]
    fn any_bytes_are_taken_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(Dcep::Open(message)) = parse(&bytes) {
            prop_assert_eq!(12 + message.label.len() + message.protocol.len(), bytes.len());
        }
    }
}
