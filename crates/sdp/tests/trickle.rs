//! Fragments of trickle ICE, RFC 8840 section 9.

use sdp::{Attribute, Fragment, ParseError, ParseErrorKind, SessionDescription};

/// RFC 8840 section 9.2 (addresses and ids as there).
const RFC8840: &str = "a=ice-pwd:asd88fgpdd777uzjYhagZg\r\na=ice-ufrag:8hhY\r\na=ice-options:trickle\r\n\
    m=audio 9 RTP/AVP 0\r\na=mid:1\r\n\
    a=candidate:1 1 UDP 2130706432 2001:db8:a0b:12f0::1 5000 typ host\r\n\
    a=candidate:1 2 UDP 2130706432 2001:db8:a0b:12f0::1 5001 typ host\r\n\
    a=candidate:2 1 UDP 1694498815 192.0.2.3 5000 typ srflx raddr 10.0.1.1 rport 8998\r\n\
    a=end-of-candidates\r\n\
    m=audio 9 RTP/AVP 0\r\na=mid:2\r\n\
    a=candidate:1 1 UDP 2130706432 2001:db8:a0b:12f0::1 6000 typ host\r\n";

#[test]
fn example_is_read_and_printed() {
    let fragment = Fragment::parse(RFC8840).unwrap();
    assert_eq!((fragment.ice_ufrag(), fragment.ice_pwd()), (Some("8hhY"), Some("asd88fgpdd777uzjYhagZg")));
    let found: Vec<_> = fragment.all_candidates().map(|(mid, candidate)| (mid, candidate.port)).collect();
    assert_eq!(found, [(Some("1"), 5000), (Some("1"), 5001), (Some("1"), 5000), (Some("2"), 6000)]);
    assert_eq!(
        fragment.media.iter().map(|section| section.end_of_candidates()).collect::<Vec<_>>(),
        [true, false]
    );
    assert!(!fragment.end_of_candidates());
    assert_eq!(fragment.to_string(), RFC8840);
}

#[test]
fn end_of_all_candidates_stands_alone() {
    let fragment = Fragment::parse("a=ice-ufrag:8hhY\na=end-of-candidates\n").unwrap();
    assert!(fragment.end_of_candidates() && fragment.media.is_empty());
}

#[test]
fn candidates_without_section_belong_to_no_mid() {
    let fragment = Fragment::parse("a=candidate:1 1 udp 1 192.0.2.1 1 typ host").unwrap();
    assert_eq!(fragment.all_candidates().map(|(mid, _)| mid).collect::<Vec<_>>(), [None]);
}

#[test]
fn empty_fragment_is_one_and_a_description_is_none() {
    assert_eq!(Fragment::parse(""), Ok(Fragment::default()));
    let text = include_str!("../testdata/chromium_data_offer.sdp");
    assert!(SessionDescription::parse(text).is_ok());
    assert_eq!(Fragment::parse(text), Err(ParseError { line: 1, kind: ParseErrorKind::Unexpected('v') }));
    assert_eq!(
        Fragment::parse("a=mid:0\nnonsense"),
        Err(ParseError { line: 2, kind: ParseErrorKind::NotALine })
    );
}

#[test]
fn unknown_lines_stay() {
    let text = "a=x-y:z\r\nx=1\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\nz1=\r\n";
    assert_eq!(Fragment::parse(text).unwrap_err().line, 5);
    let text = "a=x-y:z\r\nx=1\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\ny=2\r\n";
    let fragment = Fragment::parse(text).unwrap();
    assert_eq!(fragment.attributes[1], Attribute::Line { letter: 'x', value: "1".to_owned() });
    assert_eq!(fragment.to_string(), text);
}
