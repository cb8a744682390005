//! Descriptions that are meant to hurt: the limits are reached, and reaching them is told. Reading is one pass that
//! ends at the limit, so work is bounded by the limits and not by the sender.

use sdp::ParseErrorKind::{LineTooLong, TooLong, TooManyLines, TooManyMediaSections};
use sdp::{
    Fragment, MAX_INPUT_LEN, MAX_LINE_LEN, MAX_LINES, MAX_MEDIA_SECTIONS, ParseError, SessionDescription,
};

const HEAD: &str = "v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\n";

fn parse(tail: &str) -> Result<SessionDescription, ParseError> {
    SessionDescription::parse(&format!("{HEAD}{tail}"))
}

#[test]
fn input_is_bounded() {
    let filler = "a=x\n".repeat(MAX_INPUT_LEN * 10 / 4);
    assert_eq!(parse(&filler), Err(ParseError { line: 1, kind: TooLong }));
    assert_eq!(Fragment::parse(&filler), Err(ParseError { line: 1, kind: TooLong }));
}

#[test]
fn lines_are_bounded_and_empty_ones_count() {
    let room = MAX_LINES as usize - 4;
    assert_eq!(parse(&"a=x\n".repeat(room)).unwrap().attributes.len(), room);
    assert_eq!(parse(&"a=x\n".repeat(room + 1)), Err(ParseError { line: MAX_LINES + 1, kind: TooManyLines }));
    assert_eq!(parse(&"\n".repeat(900_000)), Err(ParseError { line: MAX_LINES + 1, kind: TooManyLines }));
}

#[test]
fn line_length_is_bounded() {
    let line = |length: usize| format!("a={}\n", "x".repeat(length - 2));
    assert!(parse(&line(MAX_LINE_LEN)).is_ok());
    assert_eq!(parse(&line(MAX_LINE_LEN + 1)), Err(ParseError { line: 5, kind: LineTooLong }));
    assert_eq!(parse(&line(1_000_000)), Err(ParseError { line: 5, kind: LineTooLong }));
}

#[test]
fn sections_are_bounded() {
    let sections = |count| "m=audio 9 RTP/AVP 0\n".repeat(count);
    assert_eq!(parse(&sections(MAX_MEDIA_SECTIONS)).unwrap().media.len(), MAX_MEDIA_SECTIONS);
    let line = u32::try_from(MAX_MEDIA_SECTIONS + 5).unwrap();
    assert_eq!(parse(&sections(10_000)), Err(ParseError { line, kind: TooManyMediaSections }));
}

#[test]
fn ten_thousand_of_a_kind_are_read() {
    for line in [
        "a=ssrc:1 cname:x",
        "a=rtpmap:96 VP8/90000",
        "a=extmap:1 urn:x",
        "a=candidate:1 1 udp 1 192.0.2.1 1 typ host",
    ] {
        let description =
            parse(&format!("m=video 9 RTP/AVP 96\n{}", format!("{line}\n").repeat(10_000))).unwrap();
        assert_eq!(description.media[0].attributes.len(), 10_000);
    }
}

#[test]
fn longest_lines_of_fields_are_read() {
    let mids = " 1".repeat(MAX_LINE_LEN / 2 - 10);
    let description = parse(&format!("a=group:BUNDLE{mids}\n")).unwrap();
    assert_eq!(description.bundle_groups().map(<[_]>::len).sum::<usize>(), MAX_LINE_LEN / 2 - 10);
}
