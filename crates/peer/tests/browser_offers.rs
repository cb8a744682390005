//! Offers as browsers write them, with audio, video and data in one bundle: the answer takes what both know, with the
//! offer's numbers.

mod stage;

use peer::MediaKind::{Audio, Video};
use peer::SdpType::{Answer, Offer};
use peer::{TransceiverDirection, TransceiverId};
use stage::pair::Side;

/// The file as it goes over the wire.
fn read(text: &str) -> String {
    text.lines().map(|line| format!("{line}\r\n")).collect()
}

fn chrome() -> String {
    read(include_str!("testdata/chrome.sdp"))
}

fn firefox() -> String {
    read(include_str!("testdata/firefox.sdp"))
}

/// The m-sections of a description, each with its m-line.
fn sections(sdp: &str) -> Vec<Vec<String>> {
    let mut sections: Vec<Vec<String>> = Vec::new();
    for line in sdp.lines() {
        if line.starts_with("m=") {
            sections.push(Vec::new());
        }
        if let Some(section) = sections.last_mut() {
            section.push(line.to_owned());
        }
    }
    sections
}

fn values(section: &[String], prefix: &str) -> Vec<String> {
    section.iter().filter_map(|line| line.strip_prefix(prefix)).map(str::to_owned).collect()
}

/// Answers with a track of each kind; the m-sections of the answer.
fn answer(offer: &str) -> (Side, Vec<Vec<String>>) {
    let mut side = Side::new(1);
    side.add_track(Audio, "a", &["s"]);
    side.add_track(Video, "v", &["s"]);
    side.set_remote(Offer, offer);
    let answer = side.answer();
    side.set_local(Answer, &answer);
    assert!(answer.contains("a=group:BUNDLE 0 1 2\r\n"), "{answer}");
    let sections = sections(&answer);
    for (section, mid) in sections.iter().zip(["0", "1", "2"]) {
        assert_eq!(values(section, "a=mid:"), [mid]);
        assert!(!section[0].contains(" 0 UDP"), "{:?}", section[0]);
    }
    for section in &sections[..2] {
        assert_eq!(values(section, "a=sendrecv"), [""]);
        assert_eq!(values(section, "a=rtcp-mux"), [""; 1]);
        assert_eq!(values(section, "a=msid:"), ["s"]);
        check_formats(section);
    }
    // The transport is described once.
    assert_eq!(sections.iter().flat_map(|section| values(section, "a=ice-ufrag:")).count(), 1);
    (side, sections)
}

/// Every payload type has a codec, and what RTX and RED name is there too.
fn check_formats(section: &[String]) {
    let formats: Vec<&str> = section[0].split(' ').skip(3).collect();
    for format in &formats {
        assert_eq!(values(section, &format!("a=rtpmap:{format} ")).len(), 1, "{format}");
    }
    for line in values(section, "a=fmtp:") {
        let (format, parameters) = line.split_once(' ').expect("parameters");
        assert!(formats.contains(&format));
        let named =
            parameters.strip_prefix("apt=").unwrap_or(if parameters == "111/111" { "111" } else { format });
        assert!(formats.contains(&named), "{line}");
    }
    for line in values(section, "a=rtcp-fb:") {
        assert!(line.split(' ').next().is_some_and(|format| formats.contains(&format)), "{line}");
    }
}

#[test]
fn chrome_s_offer() {
    let (mut side, sections) = answer(&chrome());
    assert_eq!(sections[0][0], "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126");
    let offered = "96 97 103 104 107 108 109 114 115 116 117 118 39 40 45 46 98 99 100 101 119 120 49 50";
    assert_eq!(
        sections[1][0],
        format!("m=video 9 UDP/TLS/RTP/SAVPF {offered} 123 124 125"),
        "of H265 the main profile"
    );
    let ids: Vec<String> = values(&sections[1], "a=extmap:")
        .iter()
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(ids, ["14", "2", "13", "3", "5", "6", "7", "8", "4", "10", "11"]);
    assert_eq!(values(&sections[1], "a=rid:"), ["q recv", "h recv", "f recv"]);
    assert_eq!(values(&sections[1], "a=simulcast:"), ["recv q;h;f"]);
    assert_eq!(values(&sections[0], "a=rtcp-fb:"), ["111 transport-cc"]);
    assert_eq!(
        values(&sections[1], "a=rtcp-fb:96 "),
        ["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"]
    );
    let view = side.pc.transceiver(TransceiverId(2)).expect("a view");
    assert_eq!(view.current_direction, Some(TransceiverDirection::SendRecv));
    assert_eq!(view.receiver.streams, ["6b8a1f0e-1b1e-4b07-9a39-6c4b7e0c1d52"]);
    // What is offered next keeps the numbers.
    let offer = side.offer();
    assert!(
        offer.contains(&format!("m=video 9 UDP/TLS/RTP/SAVPF {offered}"))
            || offer.contains("a=rtpmap:45 AV1")
    );
    assert!(offer.contains("a=extmap:13 urn:3gpp:video-orientation\r\n"));
}

#[test]
fn firefox_s_offer() {
    let (mut side, sections) = answer(&firefox());
    assert_eq!(sections[0][0], "m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101");
    assert_eq!(sections[1][0], "m=video 9 UDP/TLS/RTP/SAVPF 120 124 121 125 126 127 97 98 123 122 119");
    let extensions = values(&sections[1], "a=extmap:");
    let delay = extensions.iter().find(|line| line.ends_with("playout-delay")).expect("playout-delay");
    assert!(delay.starts_with("6/sendonly "), "{delay}");
    assert!(!values(&sections[0], "a=extmap:").iter().any(|line| line.contains("csrc-audio-level")));
    assert!(
        values(&sections[1], "a=rtcp-rsize").len() == 1 && values(&sections[0], "a=rtcp-rsize").is_empty()
    );
    let codecs = side.pc.sender_parameters(TransceiverId(1)).expect("parameters").codecs;
    let opus = &codecs[0];
    assert_eq!(
        (opus.payload_type, opus.codec.sdp_fmtp_line.as_deref()),
        (109, Some("maxplaybackrate=48000;stereo=1;useinbandfec=1"))
    );
    // A second round, the other way, keeps the numbers.
    let offer = side.offer();
    for line in ["a=rtpmap:109 opus/48000/2", "a=rtpmap:101 telephone-event/8000", "a=rtpmap:120 VP8/90000"] {
        assert!(offer.contains(&format!("{line}\r\n")), "{line} in {offer}");
    }
    side.set_local(Offer, &offer);
}

#[test]
fn an_answer_without_tracks_receives() {
    for offer in [chrome(), firefox()] {
        let mut side = Side::new(1);
        side.set_remote(Offer, &offer);
        let answer = side.answer();
        side.set_local(Answer, &answer);
        assert_eq!(side.transceivers(), ["audio recvonly recvonly mid -", "video recvonly recvonly mid -"]);
        assert_eq!(answer.matches("a=recvonly\r\n").count(), 2);
        assert!(!answer.contains("a=msid:"));
        assert!(side.pc.sctp().is_some());
    }
}
