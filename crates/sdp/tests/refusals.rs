//! What must be refused is refused, with the line and the reason.

use sdp::ParseErrorKind::{self, *};
use sdp::{ParseError, SessionDescription};

const HEAD: &str = "v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\n";

#[track_caller]
fn refused(text: &str, line: u32, kind: ParseErrorKind) {
    assert_eq!(SessionDescription::parse(text), Err(ParseError { line, kind }), "{text:?}");
}

#[test]
fn session_part_is_complete_and_in_order() {
    refused("", 1, Expected('v'));
    refused("o=- 1 1 IN IP4 0.0.0.0\n", 1, Expected('v'));
    refused("v=0\n", 2, Expected('o'));
    refused("v=0\ns=-\no=- 1 1 IN IP4 0.0.0.0\nt=0 0\n", 2, Expected('o'));
    refused("v=0\no=- 1 1 IN IP4 0.0.0.0\nt=0 0\n", 3, Expected('s'));
    refused("v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\n", 4, Expected('t'));
    refused("v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nm=audio 9 RTP/AVP 0\n", 4, Expected('t'));
    refused("v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nb=AS:1\nc=IN IP4 0.0.0.0\nt=0 0\n", 5, Expected('t'));
    refused(&format!("{HEAD}a=ice-lite\nc=IN IP4 0.0.0.0\n"), 6, Unexpected('c'));
    refused(&format!("{HEAD}v=0\n"), 5, Unexpected('v'));
    refused(&format!("{HEAD}m=audio 9 RTP/AVP 0\nt=0 0\n"), 6, Unexpected('t'));
    refused(&format!("{HEAD}m=audio 9 RTP/AVP 0\ni=one\ni=two\n"), 7, Unexpected('i'));
}

#[test]
fn lines_are_lines() {
    for text in ["bare text", "=x", "a", " a=x", "a =x", "1=x", "\u{feff}a=x", "aa=x", "{\"sdp\":\"\"}"] {
        refused(&format!("{HEAD}{text}\n"), 5, NotALine);
    }
    refused("hello", 1, NotALine);
    refused(&format!("{HEAD}a=x\0y\n"), 5, ForbiddenCharacter);
    refused(&format!("{HEAD}a=x\ry\r\n"), 5, ForbiddenCharacter);
    refused(&format!("{HEAD}a=x\r\r\n"), 5, ForbiddenCharacter);
}

#[test]
fn session_lines_are_well_formed() {
    refused("v=1\n", 1, InvalidVersion);
    for origin in [
        "",
        "- 1 1 IN IP4",
        "- x 1 IN IP4 a",
        "- 1 -1 IN IP4 a",
        "- 18446744073709551616 1 IN IP4 a",
        "- 1 1 IN IP4 a b",
    ] {
        refused(&format!("v=0\no={origin}\ns=-\nt=0 0\n"), 2, InvalidOrigin);
    }
    refused("v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nc=IN IP4\nt=0 0\n", 4, InvalidConnection);
    refused("v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nb=AS\nt=0 0\n", 4, InvalidBandwidth);
    refused("v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0\n", 4, InvalidTiming);
}

#[test]
fn media_lines_are_well_formed() {
    for (media, kind) in [
        ("", InvalidMedia),
        ("application 9 UDP/DTLS/SCTP", InvalidMedia),
        ("audio 65536 RTP/AVP 0", InvalidPort),
        ("audio -1 RTP/AVP 0", InvalidPort),
        ("audio +9 RTP/AVP 0", InvalidPort),
        ("audio 9/0 RTP/AVP 0", InvalidPort),
        ("audio 9/x RTP/AVP 0", InvalidPort),
        ("audio 9 UDP/TLS/RTP/SAVPF 111 128", InvalidPayloadType),
        ("audio 9 UDP/TLS/RTP/SAVPF opus", InvalidPayloadType),
    ] {
        refused(&format!("{HEAD}a=mid:x\nm={media}\n"), 6, kind);
    }
}

#[test]
fn attributes_that_a_connection_needs_are_well_formed() {
    let ten = "AA:BB:CC:DD:EE:FF:00:11:22:33";
    for (attribute, kind) in [
        ("mid", InvalidMid),
        ("mid:", InvalidMid),
        ("mid:a b", InvalidMid),
        ("ice-ufrag:abc", InvalidIceUfrag),
        ("ice-ufrag:ab d", InvalidIceUfrag),
        ("ice-pwd:tooshort", InvalidIcePwd),
        ("ice-pwd", InvalidIcePwd),
        ("fingerprint:sha-256", InvalidFingerprint),
        ("fingerprint:", InvalidFingerprint),
        ("fingerprint:sha-256 AA:BB", InvalidFingerprint),
        ("fingerprint:x-hash AA:B", InvalidFingerprint),
        ("fingerprint:x-hash AA:+B", InvalidFingerprint),
        ("setup:both", InvalidSetup),
        ("setup", InvalidSetup),
        ("sctp-port:65536", InvalidSctpPort),
        ("max-message-size:-1", InvalidMaxMessageSize),
        ("max-message-size:18446744073709551616", InvalidMaxMessageSize),
        ("rtpmap:96", InvalidRtpmap),
        ("rtpmap:96 VP8", InvalidRtpmap),
        ("rtpmap:96 VP8/x", InvalidRtpmap),
        ("rtpmap:128 VP8/90000", InvalidPayloadType),
        ("rtcp-fb:128 nack", InvalidPayloadType),
        ("fmtp:128 apt=96", InvalidPayloadType),
        ("extmap:0 urn:x", InvalidExtmap),
        ("extmap:256 urn:x", InvalidExtmap),
        ("extmap:1", InvalidExtmap),
        ("extmap:1/both urn:x", InvalidExtmap),
    ] {
        refused(&format!("{HEAD}m=video 9 RTP/AVP 96\na=mid:0\na={attribute}\na=x\n"), 7, kind);
    }
    refused(&format!("{HEAD}a=fingerprint:sha-1 {ten}\n"), 5, InvalidFingerprint);
}

#[test]
fn malformed_values_that_nobody_needs_are_kept() {
    for attribute in [
        "candidate",
        "candidate:",
        "group",
        "ice-options:",
        "tls-id:short",
        "rtcp:x",
        "msid:",
        "msid:a b c",
        "rid:1",
        "rid:1 both",
        "rid:a.b send",
        "simulcast:",
        "simulcast:send",
        "simulcast:send 1 send 2",
        "simulcast: send rid=1",
        "ssrc:4294967296 cname:x",
        "ssrc:1",
        "ssrc-group:",
        "ssrc-group:FID x",
        "sctpmap:x",
        "sendrecv:x",
        "ice-lite:1",
        "rtcp-fb:96",
        "rtcp-fb:*",
        "fmtp:",
        "msid-semantic:",
        "ice-pacing:x",
        "identity:abc",
    ] {
        let text = format!("{HEAD}m=application 9 UDP/DTLS/SCTP x\na={attribute}\n");
        let description = SessionDescription::parse(&text).unwrap();
        assert!(matches!(description.media[0].attributes[..], [sdp::Attribute::Other { .. }]), "{attribute}");
        assert_eq!(description.to_string(), text.replace('\n', "\r\n"));
    }
}

#[test]
fn the_first_wrong_line_is_the_one_that_is_told() {
    refused(&format!("{HEAD}a=setup:both\nbare text\n"), 5, InvalidSetup);
    refused("v=1\nbare text\n", 1, InvalidVersion);
    refused(&format!("{HEAD}\n\n\na=setup:both\n"), 8, InvalidSetup);
}

#[test]
fn the_message_names_line_and_reason() {
    let error = SessionDescription::parse("v=0\n").unwrap_err();
    assert_eq!(error.to_string(), "SDP line 2: a line o= is expected here");
}
