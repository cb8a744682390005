use super::*;

#[track_caller]
fn read(text: &str) -> Attribute {
    let attribute = Attribute::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(attribute.to_string(), format!("a={text}"));
    attribute
}

#[test]
fn rtp_attributes_are_typed() {
    let Attribute::Rtpmap(rtpmap) = read("rtpmap:111 opus/48000/2") else { panic!("not typed") };
    assert_eq!((rtpmap.payload_type, rtpmap.clock_rate, rtpmap.channels()), (111, 48_000, 2));
    let Attribute::Fmtp(fmtp) = read("fmtp:98 packetization-mode=1; profile-level-id=42e01f;x") else {
        panic!("not typed")
    };
    let pairs: Vec<_> = fmtp.pairs().collect();
    assert_eq!(pairs, [("packetization-mode", "1"), ("profile-level-id", "42e01f"), ("x", "")]);
    assert_eq!(fmtp.payload_type(), Some(98));
    let Attribute::RtcpFb(feedback) = read("rtcp-fb:* nack pli") else { panic!("not typed") };
    assert_eq!((feedback.payload_type, feedback.parameter.as_deref()), (None, Some("pli")));
    let Attribute::Extmap(extmap) = read("extmap:4096/sendonly urn:x a b") else { panic!("not typed") };
    assert_eq!(
        (extmap.id, extmap.direction, extmap.uri.as_str()),
        (4096, Some(Direction::SendOnly), "urn:x")
    );
    assert_eq!(extmap.attributes.as_deref(), Some("a b"));
    let Attribute::Ssrc(ssrc) = read("ssrc:4294967295 msid:a b:c") else { panic!("not typed") };
    assert_eq!((ssrc.id, ssrc.value.as_deref()), (u32::MAX, Some("a b:c")));
    let Attribute::SsrcGroup(group) = read("ssrc-group:FID 1 2") else { panic!("not typed") };
    assert_eq!(group.ids, [1, 2]);
    let Attribute::Rtcp(rtcp) = read("rtcp:9 IN IP4 0.0.0.0") else { panic!("not typed") };
    assert_eq!((rtcp.port, rtcp.address), (9, Some(crate::Connection::unspecified())));
}

#[test]
fn simulcast_of_rfc_8853_is_typed() {
    let Attribute::Simulcast(simulcast) = read("simulcast:send 1,~4;2 recv 3") else { panic!("not typed") };
    let ids = |streams: &[Vec<SimulcastStream>]| -> Vec<Vec<(String, bool)>> {
        let pair = |stream: &SimulcastStream| (stream.rid.clone(), stream.paused);
        streams.iter().map(|alternatives| alternatives.iter().map(pair).collect()).collect()
    };
    let stream = |rid: &str, paused| (rid.to_owned(), paused);
    assert_eq!(ids(&simulcast.send), [vec![stream("1", false), stream("4", true)], vec![stream("2", false)]]);
    assert_eq!(ids(&simulcast.recv), [vec![stream("3", false)]]);
    let other_way = Attribute::parse("simulcast:recv 3 send 1,~4;2");
    assert_eq!(other_way, Ok(Attribute::Simulcast(simulcast)));
}

#[test]
fn rid_of_rfc_8851_is_typed() {
    let Attribute::Rid(rid) = read("rid:1 send pt=97,98;max-width=1280;max-height=720;x") else {
        panic!("not typed")
    };
    assert_eq!((rid.id.as_str(), rid.direction), ("1", RidDirection::Send));
    assert_eq!(rid.payload_types().collect::<Vec<_>>(), [97, 98]);
    assert_eq!(rid.restrictions[3], ("x".to_owned(), None));
}

#[test]
fn identity_and_transport_attributes_are_typed() {
    assert_eq!(read("group:BUNDLE"), Attribute::Group { semantics: "BUNDLE".to_owned(), mids: Vec::new() });
    assert!(matches!(read("tls-id:91bbf309c0990a6bec11e38ba2933cee"), Attribute::TlsId(_)));
    assert!(matches!(read("ice-pacing:50"), Attribute::IcePacing(50)));
    assert!(matches!(read("setup:holdconn"), Attribute::Setup(Setup::HoldConn)));
    assert!(matches!(read("max-message-size:0"), Attribute::MaxMessageSize(0)));
    let Attribute::Fingerprint(fingerprint) = read("fingerprint:x-new AB:00") else { panic!("not typed") };
    assert_eq!(fingerprint.value, [0xAB, 0]);
    let lower = Attribute::parse("fingerprint:X-New ab:00");
    assert_eq!(lower, Ok(Attribute::Fingerprint(fingerprint)));
}

#[test]
fn ice_credentials_of_every_allowed_length_are_read() {
    for (name, least) in [("ice-ufrag", 4), ("ice-pwd", 22)] {
        assert!(Attribute::parse(&format!("{name}:{}", "a".repeat(least - 1))).is_err());
        assert!(Attribute::parse(&format!("{name}:{}", "+".repeat(least))).is_ok());
        assert!(Attribute::parse(&format!("{name}:{}", "/".repeat(256))).is_ok());
        assert!(Attribute::parse(&format!("{name}:{}", "a".repeat(257))).is_err());
    }
}
