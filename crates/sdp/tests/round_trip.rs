//! What is read is printed again, line for line.

use sdp::{Attribute, Direction, MediaKind, SessionDescription, Setup};

const DESCRIPTIONS: [(&str, &str); 10] = [
    ("chromium_data_offer", include_str!("../testdata/chromium_data_offer.sdp")),
    ("chromium_audio_video_offer", include_str!("../testdata/chromium_audio_video_offer.sdp")),
    ("chromium_2015_data_offer", include_str!("../testdata/chromium_2015_data_offer.sdp")),
    ("firefox_data_offer", include_str!("../testdata/firefox_data_offer.sdp")),
    ("firefox_video_answer", include_str!("../testdata/firefox_video_answer.sdp")),
    ("safari_data_answer", include_str!("../testdata/safari_data_answer.sdp")),
    ("aiortc_data_answer", include_str!("../testdata/aiortc_data_answer.sdp")),
    ("libdatachannel_offer", include_str!("../testdata/libdatachannel_offer.sdp")),
    ("rfc8866_example", include_str!("../testdata/rfc8866_example.sdp")),
    ("every_line", include_str!("../testdata/every_line.sdp")),
];

/// The canonical form: CRLF, and the space of msid-semantic, which Chromium sends and others do not.
/// A second `c=` stands where it stood, the rest of an m-section's head comes first.
fn canonical(text: &str) -> String {
    text.replace("msid-semantic:WMS", "msid-semantic: WMS").replace('\n', "\r\n")
}

#[test]
fn every_description_is_printed_as_it_was_read() {
    for (name, text) in DESCRIPTIONS {
        let description = SessionDescription::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(description.to_string(), canonical(text), "{name}");
    }
}

#[test]
fn line_ends_do_not_matter() {
    for (name, text) in DESCRIPTIONS {
        let with_lf = SessionDescription::parse(text);
        assert_eq!(SessionDescription::parse(&text.replace('\n', "\r\n")), with_lf, "{name}");
        assert_eq!(SessionDescription::parse(text.trim_end()), with_lf, "{name}");
        assert_eq!(
            SessionDescription::parse(&format!("\n{}\n\r\n", text.replace('\n', "\n\n"))),
            with_lf,
            "{name}"
        );
    }
}

#[test]
fn chromium_data_offer_has_its_transport() {
    let description = SessionDescription::parse(DESCRIPTIONS[0].1).unwrap();
    let section = &description.media[0];
    assert!(section.is_data_channel() && !section.is_rejected() && !section.is_rtp());
    assert_eq!(
        (section.mid(), section.sctp_port(), section.max_message_size()),
        (Some("0"), Some(5000), Some(262_144))
    );
    assert_eq!((section.ice_ufrag(), section.ice_pwd().map(str::len)), (Some("Qm1t"), Some(24)));
    assert_eq!(description.setup_for(section), Some(Setup::ActPass));
    assert!(description.has_ice_option_for(section, "trickle"));
    assert_eq!(section.candidates().count(), 3);
    assert!(!section.end_of_candidates());
    let fingerprints = description.fingerprints_for(section);
    assert_eq!((fingerprints.len(), fingerprints[0].algorithm.as_str()), (1, "sha-256"));
    assert_eq!(description.bundle_groups().collect::<Vec<_>>(), [["0".to_owned()]]);
}

#[test]
fn session_level_values_hold_for_sections_without_their_own() {
    let description = SessionDescription::parse(DESCRIPTIONS[3].1).unwrap();
    let section = description.media_by_mid("0").unwrap();
    assert_eq!(section.fingerprints().count(), 0);
    assert_eq!(description.fingerprints_for(section).len(), 1);
    assert!(!section.has_ice_option("trickle") && description.has_ice_option_for(section, "trickle"));
    assert!(section.end_of_candidates());
    assert_eq!((section.direction(), description.mid()), (Some(Direction::SendRecv), None));
}

#[test]
fn old_form_of_data_channels_is_understood() {
    let description = SessionDescription::parse(DESCRIPTIONS[2].1).unwrap();
    assert!(description.media[0].is_data_channel());
    assert_eq!(description.media[0].sctp_port(), Some(5000));
    assert_eq!(description.media[0].max_message_size(), None);
}

#[test]
fn bundle_only_is_not_rejected_and_port_zero_is() {
    let offer = SessionDescription::parse(DESCRIPTIONS[1].1).unwrap();
    assert!(offer.media[1].port == 0 && offer.media[1].is_bundle_only() && !offer.media[1].is_rejected());
    let answer = SessionDescription::parse(DESCRIPTIONS[4].1).unwrap();
    assert_eq!(answer.media.iter().map(sdp::MediaSection::is_rejected).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn nothing_that_webrtc_knows_stays_untyped_in_browsers_descriptions() {
    for (name, text) in &DESCRIPTIONS[..8] {
        let description = SessionDescription::parse(text).unwrap();
        let of_media = description.media.iter().flat_map(|section| &section.attributes);
        for attribute in description.attributes.iter().chain(of_media) {
            assert!(
                !matches!(attribute, Attribute::Other { .. } | Attribute::Line { .. }),
                "{name}: {attribute}"
            );
        }
    }
}

#[test]
fn what_is_not_understood_stays_in_place() {
    let description = SessionDescription::parse(DESCRIPTIONS[9].1).unwrap();
    assert_eq!(
        description.attributes[4],
        Attribute::Line { letter: 'x', value: "a line that is not known".to_owned() }
    );
    assert_eq!(description.other("keywds"), Some("one:two : three"));
    let section = &description.media[0];
    assert_eq!(section.connection.as_ref().map(|c| c.address.as_str()), Some("233.252.0.2/127"));
    assert_eq!(section.port_count, Some(2));
    assert_eq!(section.candidates().count(), 0);
    assert_eq!(section.other("candidate"), Some("this is not understood"));
    assert_eq!(description.media[2].kind, MediaKind::Other("message".to_owned()));
}

#[test]
fn head_of_a_section_is_read_wherever_it_stands() {
    let text = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\nb=AS:5\r\nc=IN IP4 0.0.0.0\r\n";
    let printed = SessionDescription::parse(text).unwrap().to_string();
    assert!(printed.ends_with("0\r\nc=IN IP4 0.0.0.0\r\nb=AS:5\r\na=mid:0\r\n"), "{printed}");
}

#[test]
fn debug_does_not_tell_secrets() {
    let description = SessionDescription::parse(DESCRIPTIONS[0].1).unwrap();
    let printed = format!("{description:?}");
    assert!(!printed.contains(description.media[0].ice_pwd().unwrap()) && printed.contains("Qm1t"));
}
