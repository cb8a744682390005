//! What is refused of a peer's audio and video, and what is not.

mod stage;

use peer::{ErrorName, MediaKind, SdpType, TransceiverInit};
use stage::pair::{Side, offer_answer};

const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";

fn offer() -> String {
    let mut a = Side::new(1);
    a.add_transceiver(MediaKind::Audio, TransceiverInit::default());
    a.add_transceiver(MediaKind::Video, TransceiverInit::default());
    a.offer()
}

fn refusal(side: &mut Side, offer: &str) -> Option<ErrorName> {
    side.try_remote(SdpType::Offer, offer).err().map(|error| error.name)
}

/// RFC 8285, section 6.
#[test]
fn the_id_of_a_header_extension_stays_once_it_is_answered() {
    let known = offer();
    assert!(known.contains(MID));
    let unknown = known.replace(MID, "urn:example:unknown");
    // Nobody has taken the id for the first one.
    let mut b = Side::new(2);
    b.set_remote(SdpType::Offer, &unknown);
    let answer = b.answer();
    assert!(!answer.contains(MID) && !answer.contains("urn:example:unknown"));
    b.set_local(SdpType::Answer, &answer);
    assert_eq!(refusal(&mut b, &known), None);
    // Here it was answered.
    let mut b = Side::new(3);
    b.set_remote(SdpType::Offer, &known);
    let answer = b.answer();
    b.set_local(SdpType::Answer, &answer);
    assert_eq!(refusal(&mut b, &unknown), Some(ErrorName::InvalidAccessError));
}

/// RFC 9143, section 10.1.1, would not have it, but Firefox does it in m-sections that it adds to our bundle.
#[test]
fn a_payload_type_may_stand_for_another_codec_in_another_m_section() {
    let (mut a, mut b) = (Side::new(1), Side::new(2));
    a.add_transceiver(MediaKind::Video, TransceiverInit::default());
    offer_answer(&mut a, &mut b);
    a.add_transceiver(MediaKind::Video, TransceiverInit::default());
    let offer = a.offer();
    let codec = |section: &str, wanted: &str| {
        let lines = section.lines().filter_map(|line| line.strip_prefix("a=rtpmap:"));
        let mut named = lines.filter_map(|line| line.split_once(' ')).filter(|(_, codec)| *codec == wanted);
        named.next().expect("the codec is offered").0.to_owned()
    };
    let (one, two) = offer.rsplit_once("m=video").expect("two m-sections");
    let (vp8, av1) = (codec(two, "VP8/90000"), codec(two, "AV1/90000"));
    let swapped = two
        .replace(&format!("a=rtpmap:{vp8} VP8"), &format!("a=rtpmap:{vp8} AV1"))
        .replace(&format!("a=rtpmap:{av1} AV1"), &format!("a=rtpmap:{av1} VP8"));
    b.set_remote(SdpType::Offer, &format!("{one}m=video{swapped}"));
    let answer = b.answer();
    b.set_local(SdpType::Answer, &answer);
    for sdp in [answer, b.offer()] {
        let sections: Vec<&str> = sdp.split("m=video").collect();
        assert_eq!(codec(sections[1], "VP8/90000"), vp8, "{sdp}");
        assert_eq!(
            (codec(sections[2], "AV1/90000"), codec(sections[2], "VP8/90000")),
            (vp8.clone(), av1.clone())
        );
    }
}

/// RFC 8830, section 2.
#[test]
fn a_track_of_a_stream_is_in_one_m_section() {
    let offer = offer();
    let with = |first: &str, second: &str| {
        let mut sections: Vec<String> = offer.split("m=").map(str::to_owned).collect();
        for (section, msid) in sections[1..].iter_mut().zip([first, second]) {
            *section = section.replace("a=msid:-", msid);
        }
        sections.join("m=")
    };
    let refused = |first: &str, second: &str| refusal(&mut Side::new(2), &with(first, second));
    assert_eq!(refused("a=msid:s t", "a=msid:s t"), Some(ErrorName::OperationError));
    assert_eq!(refused("a=msid:s t", "a=msid:s u"), None);
    assert_eq!(refused("a=msid:s t", "a=msid:r t"), None);
    assert_eq!(refused("a=msid:s t\r\na=msid:s t", "a=msid:s u"), None);
    // Without a name of the track, as RFC 9429, section 5.2.1, has it.
    assert_eq!(refused("a=msid:s", "a=msid:s"), None);
    assert_eq!(refused("a=msid:- t", "a=msid:- t"), None);
}
