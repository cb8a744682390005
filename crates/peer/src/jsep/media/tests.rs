use sdp::MediaSection;

use super::Format;
use super::codec_match::{answer, has_media, matches};
use super::extensions::{ExtensionIds, extmaps, negotiated};
use super::payload_types::{PayloadTypes, wanted_codecs};
use crate::{Codec, HeaderExtensionCapability, MediaKind, TransceiverDirection};

fn section(lines: &str) -> MediaSection {
    let text = format!("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n{}", lines.replace('\n', "\r\n"));
    let mut parsed = sdp::SessionDescription::parse(&text).expect("a description");
    parsed.media.remove(0)
}

fn video(payload_types: &str, lines: &str) -> Vec<Format> {
    Format::of(&section(&format!("m=video 9 UDP/TLS/RTP/SAVPF {payload_types}\n{lines}")), MediaKind::Video)
}

fn ours(kind: MediaKind, preferred: &[Codec]) -> Vec<Format> {
    PayloadTypes::default().offer(&wanted_codecs(kind, preferred), &[])
}

/// Each payload type with its codec and parameters.
fn text(formats: &[Format]) -> Vec<String> {
    let line = |format: &Format| {
        let codec = format.codec();
        let parameters = codec.sdp_fmtp_line.as_deref().unwrap_or_default();
        format!("{} {} {parameters}", format.payload_type(), codec.name()).trim_end().to_owned()
    };
    formats.iter().map(line).collect()
}

fn codec(mime_type: &str, line: &str) -> Codec {
    let sdp_fmtp_line = (!line.is_empty()).then(|| line.to_owned());
    Codec { mime_type: mime_type.to_owned(), clock_rate: 90_000, channels: None, sdp_fmtp_line }
}

#[test]
fn h264_is_the_same_where_profile_and_packetization_mode_are() {
    let h264 = |line: &str| codec("video/H264", line);
    let baseline = h264("packetization-mode=1;profile-level-id=42e01f");
    // RFC 6184, section 8.1, table 5: other names of Constrained Baseline.
    for same in ["42c00a", "4d801f", "58c01f"] {
        assert!(
            matches(&baseline, &h264(&format!("profile-level-id={same};packetization-mode=1"))),
            "{same}"
        );
    }
    for other in ["42001f", "4d001f", "64001f", "640c1f", "nonsense", "42e0"] {
        assert!(
            !matches(&baseline, &h264(&format!("profile-level-id={other};packetization-mode=1"))),
            "{other}"
        );
    }
    assert!(!matches(&baseline, &h264("profile-level-id=42e01f")));
    // Nothing said is Baseline in mode 0.
    assert!(matches(&h264("packetization-mode=0;profile-level-id=42001f"), &h264("")));
}

#[test]
fn the_level_of_an_answer_is_the_lower_unless_both_allow_asymmetry() {
    let answered = |line: &str| {
        let theirs = video("100", &format!("a=rtpmap:100 H264/90000\na=fmtp:100 {line}\n"));
        text(&answer(&ours(MediaKind::Video, &[]), &theirs, false))
    };
    assert_eq!(
        answered("packetization-mode=1;profile-level-id=42e00a"),
        ["100 H264 packetization-mode=1;profile-level-id=42e00a"]
    );
    assert_eq!(
        answered("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e00a"),
        ["100 H264 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"]
    );
}

#[test]
fn h265_is_the_same_but_for_its_level_which_an_answer_does_not_raise() {
    let answered = |line: &str| {
        let theirs = video("100", &format!("a=rtpmap:100 H265/90000\na=fmtp:100 {line}\n"));
        text(&answer(&ours(MediaKind::Video, &[]), &theirs, false))
    };
    let with_level = |level: u8| [format!("100 H265 level-id={level};profile-id=1;tier-flag=0;tx-mode=SRST")];
    assert_eq!(answered("profile-id=1;level-id=30"), with_level(30));
    assert_eq!(answered("level-id=180;tier-flag=0;tx-mode=SRST"), with_level(93));
    assert_eq!(answered("max-br=1000"), with_level(93));
    for other in ["profile-id=2", "tier-flag=1", "tx-mode=MRST", "profile-space=1", "level-id=high"] {
        assert_eq!(answered(other), [""; 0], "{other}");
    }
}

#[test]
fn an_answer_has_the_offers_payload_types_in_the_offers_order() {
    let lines = "a=rtpmap:97 rtx/90000\na=fmtp:97 apt=98\na=rtpmap:98 VP8/90000\na=rtpmap:99 AV9/90000\n\
                 a=rtpmap:35 rtx/90000\na=fmtp:35 apt=99\na=rtcp-fb:98 nack\na=rtcp-fb:* nack pli\na=rtcp-fb:98 xyz\n";
    let answered = answer(&ours(MediaKind::Video, &[]), &video("96 97 98 99 35", lines), false);
    // The RTX of a codec that is not known is of no use.
    assert_eq!(text(&answered), ["97 rtx apt=98", "98 VP8"]);
    assert_eq!(answered[1].feedback, ["nack", "nack pli"]);
}

#[test]
fn preferences_of_the_answerer_put_the_offer_in_their_order() {
    let lines = "a=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\na=rtpmap:98 VP9/90000\n\
                 a=rtpmap:99 rtx/90000\na=fmtp:99 apt=98\n";
    let theirs = video("96 97 98 99", lines);
    let preferred = [codec("video/VP9", "profile-id=0"), codec("video/rtx", ""), codec("video/VP8", "")];
    let answered = answer(&ours(MediaKind::Video, &preferred), &theirs, true);
    assert_eq!(text(&answered), ["98 VP9 profile-id=0", "99 rtx apt=98", "96 VP8", "97 rtx apt=96"]);
    let answered = answer(&ours(MediaKind::Video, &preferred[..1]), &theirs, true);
    assert_eq!(text(&answered), ["98 VP9 profile-id=0"]);
}

#[test]
fn what_only_accompanies_media_is_no_media() {
    let lines = "a=rtpmap:126 telephone-event/8000\n";
    let section = section(&format!("m=audio 9 UDP/TLS/RTP/SAVPF 13 126\n{lines}"));
    let answered = answer(&ours(MediaKind::Audio, &[]), &Format::of(&section, MediaKind::Audio), false);
    assert_eq!(text(&answered), ["13 CN", "126 telephone-event"]);
    assert!(!has_media(&answered));
}

#[test]
fn payload_types_stay_what_they_were_in_the_session() {
    let mut types = PayloadTypes::default();
    // The peer calls VP8 so, and opus like our VP8.
    types.note(&section("m=video 9 UDP/TLS/RTP/SAVPF 100\na=rtpmap:100 VP8/90000\n"), MediaKind::Video);
    types.note(&section("m=audio 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 opus/48000/2\n"), MediaKind::Audio);
    let wanted = wanted_codecs(MediaKind::Video, &[codec("video/VP8", ""), codec("video/rtx", "")]);
    assert_eq!(text(&types.offer(&wanted, &[])), ["100 VP8", "97 rtx apt=100"]);
    let vp9 = wanted_codecs(MediaKind::Video, &[codec("video/VP9", "profile-id=2")]);
    // 100 is taken, and what comes next is free.
    assert_eq!(text(&types.offer(&vp9, &[])), ["98 VP9 profile-id=2"]);
    let audio = wanted_codecs(MediaKind::Audio, &[]);
    let audio = text(&types.offer(&audio, &[]));
    assert_eq!(audio[..2], ["96 opus minptime=10;useinbandfec=1", "63 red 96/96"]);
}

#[test]
fn an_m_section_s_own_payload_types_come_first() {
    let mut types = PayloadTypes::default();
    types.note(&section("m=video 9 UDP/TLS/RTP/SAVPF 100\na=rtpmap:100 VP8/90000\n"), MediaKind::Video);
    let standing = video("101", "a=rtpmap:101 VP8/90000\n");
    let wanted = wanted_codecs(MediaKind::Video, &[codec("video/VP8", "")]);
    assert_eq!(text(&types.offer(&wanted, &standing)), ["101 VP8"]);
}

#[test]
fn payload_types_that_run_out_leave_codecs_out() {
    let mut types = PayloadTypes::default();
    for payload_type in (96..=127).chain(35..=63) {
        let line =
            format!("m=video 9 UDP/TLS/RTP/SAVPF {payload_type}\na=rtpmap:{payload_type} other/90000\n");
        types.note(&section(&line), MediaKind::Video);
    }
    assert_eq!(types.offer(&wanted_codecs(MediaKind::Video, &[]), &[]), []);
}

#[test]
fn extensions_keep_their_ids_and_go_where_both_want_them() {
    let capability = |uri: &str, direction| HeaderExtensionCapability { uri: uri.to_owned(), direction };
    use TransceiverDirection::{RecvOnly, SendOnly, SendRecv, Stopped};
    let wanted = [capability("a", SendRecv), capability("b", RecvOnly), capability("c", Stopped)];
    let mut ids = ExtensionIds::default();
    ids.note(&section("m=video 9 UDP/TLS/RTP/SAVPF 96\na=extmap:1 x\na=extmap:7 b\n"));
    let offered: Vec<String> = ids.offer(&wanted).iter().map(ToString::to_string).collect();
    assert_eq!(offered, ["2 a", "7/recvonly b"]);
    let offer = section(
        "m=video 9 UDP/TLS/RTP/SAVPF 96\na=extmap:17 a\na=extmap:3/sendonly b\na=extmap:4 c\na=extmap:4096 a\n\
         a=extmap:5 y\n",
    );
    let answered: Vec<String> = ids.answer(&wanted, &offer).iter().map(ToString::to_string).collect();
    assert_eq!(answered, ["17 a", "3/recvonly b"]);
    // Both want to receive only: nobody sends it.
    let offer = section("m=video 9 UDP/TLS/RTP/SAVPF 96\na=extmap:3/recvonly b\n");
    assert_eq!(ids.answer(&wanted, &offer), []);
    let answer = section("m=video 9 UDP/TLS/RTP/SAVPF 96\na=extmap:2 a\na=extmap:7/sendonly b\n");
    let settled = negotiated(&wanted, &answer, true);
    assert_eq!(
        settled.iter().map(|settled| settled.direction).collect::<Vec<_>>(),
        [SendRecv, RecvOnly, Stopped]
    );
    assert_eq!(negotiated(&wanted, &answer, false)[1].direction, SendOnly);
    assert_eq!(extmaps(&answer).count(), 2);
}
