//! What senders and receivers know after a negotiation: codecs, header extensions, encodings. And DTMF, which depends
//! on all of it.

mod stage;

use std::time::Duration;

use peer::MediaKind::{Audio, Video};
use peer::{
    Codec, CodecParameters, EncodingParameters, ErrorName, Event, MediaKind, SdpType, SetParameterOptions,
    TransceiverDirection, TransceiverId, TransceiverInit, capabilities,
};
use stage::network::Call;
use stage::pair::{Side, offer_answer, track};
use stage::{A, B};

use SdpType::{Answer, Offer, Rollback};

const ONE: TransceiverId = TransceiverId(1);

fn pair() -> (Side, Side) {
    (Side::new(1), Side::new(2))
}

fn send_codecs(side: &mut Side) -> Vec<CodecParameters> {
    side.run();
    side.pc.sender_parameters(ONE).expect("parameters").codecs
}

fn receive_codecs(side: &Side) -> Vec<CodecParameters> {
    side.pc.receiver_parameters(ONE).expect("parameters").codecs
}

fn codec(kind: MediaKind, name: &str) -> Codec {
    let codecs = capabilities(kind, true).codecs;
    codecs.into_iter().find(|codec| codec.mime_type == format!("{kind}/{name}")).expect("a codec")
}

fn others(kind: MediaKind, name: &str) -> Vec<Codec> {
    let mut codecs = capabilities(kind, true).codecs;
    codecs.retain(|codec| codec.mime_type != format!("{kind}/{name}"));
    codecs
}

fn prefer(side: &mut Side, codecs: &[Codec]) {
    side.pc.set_codec_preferences(ONE, codecs).expect("among the capabilities");
}

/// The codecs of a section's `a=rtpmap` lines, in the order of its payload types.
fn rtpmaps(sdp: &str) -> Vec<String> {
    let line = sdp.lines().find(|line| line.starts_with("m=")).expect("an m-section");
    let name = |pt: &str| {
        let prefix = format!("a=rtpmap:{pt} ");
        let line = sdp.lines().find_map(|line| line.strip_prefix(&prefix)).expect("a codec");
        line.split('/').next().unwrap_or_default().to_owned()
    };
    line.split(' ').skip(3).map(name).collect()
}

#[test]
fn codecs_are_known_once_they_are_answered() {
    for kind in [Audio, Video] {
        let (mut a, mut b) = pair();
        a.add_transceiver(kind, Default::default());
        let offer = a.offer();
        a.set_local(Offer, &offer);
        assert_eq!((send_codecs(&mut a), receive_codecs(&a)), (vec![], vec![]));
        b.set_remote(Offer, &offer);
        assert_eq!((send_codecs(&mut b), receive_codecs(&b)), (vec![], vec![]));
        let answer = b.answer();
        assert_eq!((send_codecs(&mut b), receive_codecs(&b)), (vec![], vec![]));
        b.set_local(Answer, &answer);
        a.set_remote(Answer, &answer);
        for side in [&mut a, &mut b] {
            let local = rtpmaps(&side.local());
            let names = |codecs: Vec<CodecParameters>| -> Vec<String> {
                let name = |codec: &CodecParameters| {
                    codec.codec.mime_type.split('/').nth(1).unwrap_or_default().to_owned()
                };
                codecs.iter().map(name).collect()
            };
            assert_eq!(names(send_codecs(side)), local);
            // The offerer too, though the answerer has no track for now.
            assert_eq!(names(receive_codecs(side)), local);
            let parameters = side.pc.receiver_parameters(ONE).expect("parameters");
            assert!(!parameters.header_extensions.is_empty());
            assert!(parameters.rtcp.reduced_size);
            let parameters = side.pc.sender_parameters(ONE).expect("parameters");
            assert!(parameters.rtcp.reduced_size && parameters.rtcp.cname.is_some());
        }
    }
}

const REMOTE: &str = "v=0\r\no=- 1878890426675213188 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
m=video 9 UDP/TLS/RTP/SAVPF 116 117 120 124 119 123 122 121 118\r\nc=IN IP4 0.0.0.0\r\na=sendrecv\r\n\
a=fmtp:117 apt=116\r\na=fmtp:120 max-fs=12277;max-fr=50;unknownparam=foo\r\na=fmtp:124 apt=120\r\n\
a=fmtp:119 max-fs=12266;max-fr=40\r\na=fmtp:123 apt=119\r\na=fmtp:118 apt=121\r\n\
a=ice-pwd:60840251a559417c253d68478b0020fb\r\na=ice-ufrag:741347dd\r\n\
a=fingerprint:sha-256 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00\r\n\
a=setup:passive\r\na=mid:MID\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:116 flarglblurp/90000\r\n\
a=rtpmap:117 rtx/90000\r\na=rtpmap:120 VP9/90000\r\na=rtpmap:124 rtx/90000\r\na=rtpmap:119 VP8/90000\r\n\
a=rtpmap:123 rtx/90000\r\na=rtpmap:122 ulpfec/90000\r\na=rtpmap:121 red/90000\r\na=rtpmap:118 rtx/90000\r\n";

#[test]
fn send_codecs_are_what_the_peer_s_description_says() {
    let expected = [
        (120, "video/VP9", Some("max-fs=12277;max-fr=50;unknownparam=foo")),
        (124, "video/rtx", Some("apt=120")),
        (119, "video/VP8", Some("max-fs=12266;max-fr=40")),
        (123, "video/rtx", Some("apt=119")),
        (122, "video/ulpfec", None),
        (121, "video/red", None),
        (118, "video/rtx", Some("apt=121")),
    ];
    let check = |side: &mut Side| {
        let codecs = send_codecs(side);
        let short = codecs.iter().map(|codec| {
            let line = codec.codec.sdp_fmtp_line.as_deref();
            (codec.payload_type, codec.codec.mime_type.as_str(), line)
        });
        assert_eq!(short.collect::<Vec<_>>(), expected);
    };
    let mut offerer = Side::new(1);
    offerer.add_transceiver(Video, Default::default());
    let offer = offerer.offer();
    offerer.set_local(Offer, &offer);
    let mid = offerer.pc.transceiver(ONE).expect("a view").mid.expect("a mid");
    offerer.set_remote(Answer, &REMOTE.replace("MID", &mid));
    check(&mut offerer);
    let mut answerer = Side::new(2);
    answerer.set_remote(Offer, &REMOTE.replace("MID", "mid1").replace("setup:passive", "setup:actpass"));
    let answer = answerer.answer();
    answerer.set_local(Answer, &answer);
    check(&mut answerer);
}

#[test]
fn negotiated_codecs_are_read_only_and_the_only_ones_to_choose_from() {
    let (mut a, mut b) = pair();
    a.add_track(Audio, "a", &[]);
    let offer = a.offer();
    a.set_local(Offer, &offer);
    b.set_remote(Offer, &offer);
    prefer(&mut b, &others(Audio, "opus"));
    let answer = b.answer();
    b.set_local(Answer, &answer);
    a.set_remote(Answer, &answer);
    a.run();
    let refused = |a: &mut Side, edit: &dyn Fn(&mut peer::SendParameters)| {
        let mut parameters = a.pc.sender_parameters(ONE).expect("parameters");
        edit(&mut parameters);
        let result = a.pc.set_parameters(ONE, parameters, &SetParameterOptions::default());
        result.err().map(|error| error.name)
    };
    let modification = Some(ErrorName::InvalidModificationError);
    assert_eq!(refused(&mut a, &|p| p.codecs[0].payload_type += 1), modification);
    assert_eq!(refused(&mut a, &|p| p.codecs[0].codec.clock_rate += 1), modification);
    assert_eq!(refused(&mut a, &|p| p.codecs.reverse()), modification);
    assert_eq!(refused(&mut a, &|p| drop(p.codecs.pop())), modification);
    assert_eq!(refused(&mut a, &|p| p.header_extensions[0].id += 1), modification);
    assert_eq!(refused(&mut a, &|p| p.encodings[0].codec = Some(codec(Audio, "opus"))), modification);
    assert_eq!(refused(&mut a, &|p| p.encodings[0].codec = Some(codec(Audio, "PCMU"))), None);
}

#[test]
fn what_cannot_be_sent_any_more_is_forgotten() {
    let (mut a, mut b) = pair();
    let encoding = EncodingParameters { codec: Some(codec(Video, "VP8")), ..Default::default() };
    a.add_transceiver(Video, TransceiverInit { send_encodings: vec![encoding], ..Default::default() });
    offer_answer(&mut a, &mut b);
    let encoding = |side: &mut Side| {
        side.run();
        side.pc.sender_parameters(ONE).expect("parameters").encodings[0].clone()
    };
    assert_eq!(encoding(&mut a).codec, Some(codec(Video, "VP8")));
    prefer(&mut b, &others(Video, "VP8"));
    offer_answer(&mut a, &mut b);
    assert_eq!(encoding(&mut a).codec, None);

    let (mut a, mut b) = pair();
    let svc = EncodingParameters { scalability_mode: Some("L3T3".to_owned()), ..Default::default() };
    a.add_transceiver(Video, TransceiverInit { send_encodings: vec![svc], ..Default::default() });
    let offer = a.offer();
    a.set_local(Offer, &offer);
    assert_eq!(encoding(&mut a).scalability_mode.as_deref(), Some("L3T3"));
    b.set_remote(Offer, &offer);
    prefer(&mut b, &[codec(Video, "VP8")]);
    let answer = b.answer();
    b.set_local(Answer, &answer);
    a.set_remote(Answer, &answer);
    assert_eq!(encoding(&mut a).scalability_mode.as_deref(), Some("L1T3"));
}

#[test]
fn preferences_order_and_limit_what_is_offered_and_answered() {
    for name in ["rtx", "red", "ulpfec"] {
        let mut a = Side::new(1);
        a.add_transceiver(Video, Default::default());
        assert!(rtpmaps(&a.offer()).iter().any(|codec| codec == name));
        prefer(&mut a, &others(Video, name));
        assert!(!rtpmaps(&a.offer()).iter().any(|codec| codec == name), "{name}");
        prefer(&mut a, &[]);
        assert!(rtpmaps(&a.offer()).iter().any(|codec| codec == name));
    }
    let (mut a, mut b) = pair();
    a.add_transceiver(Video, Default::default());
    let [vp8, vp9, h264] = ["VP8", "VP9", "H264"].map(|name| codec(Video, name));
    prefer(&mut a, &[vp8.clone(), vp9.clone()]);
    let offer = a.offer();
    assert_eq!(rtpmaps(&offer), ["VP8", "VP9"]);
    a.set_local(Offer, &offer);
    b.set_remote(Offer, &offer);
    prefer(&mut b, &[h264, vp9, Codec { mime_type: "VIDEO/vp8".to_owned(), ..vp8 }]);
    let answer = b.answer();
    b.set_local(Answer, &answer);
    a.set_remote(Answer, &answer);
    assert_eq!(rtpmaps(&answer), ["VP9", "VP8"]);
    let names: Vec<String> = send_codecs(&mut a).into_iter().map(|codec| codec.codec.mime_type).collect();
    assert_eq!(names, ["video/VP9", "video/VP8"]);
}

fn extensions(sdp: &str) -> Vec<String> {
    let lines = sdp.lines().filter_map(|line| line.strip_prefix("a=extmap:"));
    lines.filter_map(|line| line.split(' ').nth(1)).map(str::to_owned).collect()
}

#[test]
fn header_extensions_are_negotiated_as_wanted() {
    let (mut a, mut b) = pair();
    a.add_transceiver(Video, Default::default());
    let uri = "urn:3gpp:video-orientation";
    let set = |side: &mut Side, direction| {
        let mut wanted = side.pc.header_extensions_to_negotiate(ONE).expect("extensions");
        wanted.iter_mut().filter(|extension| extension.uri == uri).for_each(|e| e.direction = direction);
        side.pc.set_header_extensions_to_negotiate(ONE, wanted).expect("taken");
    };
    let negotiated = |side: &Side| {
        let all = side.pc.negotiated_header_extensions(ONE).expect("extensions");
        assert_eq!(all.len(), side.pc.header_extensions_to_negotiate(ONE).expect("extensions").len());
        all.into_iter().find(|extension| extension.uri == uri).map(|extension| extension.direction)
    };
    let wanted = a.pc.header_extensions_to_negotiate(ONE).expect("extensions");
    let offered: Vec<String> = wanted
        .iter()
        .filter(|extension| extension.direction != TransceiverDirection::Stopped)
        .map(|extension| extension.uri.clone())
        .collect();
    assert_eq!(extensions(&a.offer()), offered);
    set(&mut a, TransceiverDirection::Stopped);
    assert!(!extensions(&a.offer()).contains(&uri.to_owned()));
    offer_answer(&mut a, &mut b);
    let stopped = Some(TransceiverDirection::Stopped);
    assert_eq!((negotiated(&a), negotiated(&b)), (stopped, stopped));
    // The other side may still want it, which this one refuses.
    offer_answer(&mut b, &mut a);
    assert_eq!((negotiated(&a), negotiated(&b)), (stopped, stopped));
    set(&mut a, TransceiverDirection::SendRecv);
    offer_answer(&mut a, &mut b);
    let both = Some(TransceiverDirection::SendRecv);
    assert_eq!((negotiated(&a), negotiated(&b)), (both, both));
    set(&mut b, TransceiverDirection::RecvOnly);
    offer_answer(&mut a, &mut b);
    let one_way = (Some(TransceiverDirection::SendOnly), Some(TransceiverDirection::RecvOnly));
    assert_eq!((negotiated(&a), negotiated(&b)), one_way);
}

fn rids(side: &mut Side) -> Vec<Option<String>> {
    side.run();
    let encodings = side.pc.sender_parameters(ONE).expect("parameters").encodings;
    encodings.into_iter().map(|encoding| encoding.rid).collect()
}

fn some(rids: &[&str]) -> Vec<Option<String>> {
    rids.iter().map(|&rid| Some(rid.to_owned())).collect()
}

fn simulcast(side: &mut Side) {
    let rid = |rid: &str| EncodingParameters { rid: Some(rid.to_owned()), ..Default::default() };
    let send_encodings = ["foo", "bar"].map(rid).to_vec();
    side.add_transceiver(Video, TransceiverInit { send_encodings, ..Default::default() });
}

/// What a peer adds to its description in order to receive these streams.
fn receiving(sdp: &str, rids: &str) -> String {
    let sdp: String = sdp
        .split_inclusive("\r\n")
        .filter(|line| !line.starts_with("a=rid:") && !line.starts_with("a=simulcast:"))
        .collect();
    let each = rids.split([';', ',']).map(|rid| format!("a=rid:{rid} recv\r\n"));
    let lines: String = each.collect();
    let (head, tail) = sdp.split_once("a=rtpmap:").expect("a codec");
    format!("{head}{lines}a=simulcast:recv {rids}\r\na=rtpmap:{tail}")
}

#[test]
fn an_answer_can_narrow_the_envelope_and_not_reorder_it() {
    for (answered, left) in [
        ("foo;bar", vec!["foo", "bar"]),
        ("bar;foo", vec!["foo", "bar"]),
        ("foo", vec!["foo"]),
        ("bar", vec!["bar"]),
    ] {
        let (mut a, mut b) = pair();
        simulcast(&mut a);
        let offer = a.offer();
        assert!(offer.contains("a=rid:foo send\r\n") && offer.contains("a=simulcast:send foo;bar\r\n"));
        a.set_local(Offer, &offer);
        b.set_remote(Offer, &offer);
        let answer = b.answer();
        b.set_local(Answer, &answer);
        a.set_remote(Answer, &receiving(&answer, answered));
        assert_eq!(rids(&mut a), some(&left), "{answered}");
        // A later one can narrow it further.
        let offer = a.offer();
        a.set_local(Offer, &offer);
        b.set_remote(Offer, &offer);
        let answer = b.answer();
        b.set_local(Answer, &answer);
        a.set_remote(Answer, &receiving(&answer, left[0]));
        assert_eq!(rids(&mut a), some(&left[..1]));
    }
}

#[test]
fn an_offer_to_receive_simulcast_makes_simulcast() {
    let (mut a, mut b) = pair();
    a.add_track(Video, "a", &[]);
    b.add_track(Video, "b", &[]);
    let offer = receiving(&b.offer(), "foo;bar;foo");
    a.set_remote(Offer, &offer);
    assert_eq!(rids(&mut a), some(&["foo", "bar"]));
    a.set_remote(Rollback, "");
    assert_eq!(rids(&mut a), [None]);
    a.set_remote(Offer, &offer.replace("foo;bar;foo", "foo,bar;1,2"));
    assert_eq!(rids(&mut a), some(&["foo", "1"]));
    let answer = a.answer();
    assert!(answer.contains("a=simulcast:send foo;1\r\n"), "{answer}");
    a.set_local(Answer, &answer);
    assert_eq!(rids(&mut a), some(&["foo", "1"]));
    assert_eq!(a.pc.transceivers(), [ONE]);

    // A track that is added to what the offer brought outlives it with one encoding.
    let mut a = Side::new(1);
    a.set_remote(Offer, &offer);
    a.add_track(Video, "a", &[]);
    assert_eq!(rids(&mut a), some(&["foo", "bar"]));
    a.set_remote(Rollback, "");
    assert_eq!(rids(&mut a), [None]);

    // Not for audio.
    let (mut a, mut b) = pair();
    a.add_track(Audio, "a", &[]);
    b.add_track(Audio, "b", &[]);
    a.set_remote(Offer, &receiving(&b.offer(), "foo;bar"));
    let answer = a.answer();
    a.set_local(Answer, &answer);
    assert_eq!(rids(&mut a), [None]);
}

#[test]
fn parameters_set_during_a_negotiation_change_what_it_leaves() {
    let (mut a, mut b) = pair();
    simulcast(&mut a);
    let offer = a.offer();
    a.set_local(Offer, &offer);
    b.set_remote(Offer, &offer);
    let answer = b.answer();
    b.set_local(Answer, &answer);
    a.run();
    let mut parameters = a.pc.sender_parameters(ONE).expect("parameters");
    parameters.encodings[0].scale_resolution_down_by = Some(3.5);
    let init = peer::SessionDescriptionInit { kind: Some(Answer), sdp: receiving(&answer, "foo") };
    let set = a.pc.set_remote_description(stage::start(), init);
    let change = a.pc.set_parameters(ONE, parameters, &SetParameterOptions::default()).expect("same task");
    // webrtc-pc, set a session description, step 4.7.3: the description waits for the parameters.
    a.settle(change).expect("set");
    a.settle(set).expect("set");
    let encodings = a.pc.sender_parameters(ONE).expect("parameters").encodings;
    let left: Vec<_> = encodings.iter().map(|e| (e.rid.as_deref(), e.scale_resolution_down_by)).collect();
    assert_eq!(left, [(Some("foo"), Some(3.5))]);
}

#[test]
fn parameters_that_were_read_before_a_remote_offer_are_void_after_it() {
    let (mut a, mut b) = pair();
    simulcast(&mut a);
    offer_answer(&mut a, &mut b);
    let sdp = b.offer();
    a.run();
    let init = peer::SessionDescriptionInit { kind: Some(Offer), sdp };
    let set = a.pc.set_remote_description(stage::start(), init);
    let parameters = a.pc.sender_parameters(ONE).expect("parameters");
    a.settle(set).expect("set");
    let refused = a.pc.set_parameters(ONE, parameters, &SetParameterOptions::default());
    assert_eq!(refused.map_err(|error| error.name), Err(ErrorName::InvalidStateError));
}

#[test]
fn a_header_extension_keeps_its_id() {
    let (mut a, mut b) = pair();
    a.add_transceiver(Audio, Default::default());
    offer_answer(&mut a, &mut b);
    let offer = a.offer();
    a.set_local(Offer, &offer);
    b.set_remote(Offer, &offer);
    let answer = b.answer();
    let (level, mid) = ("urn:ietf:params:rtp-hdrext:ssrc-audio-level", "urn:ietf:params:rtp-hdrext:sdes:mid");
    let swapped = answer.replace(level, "xyzzy").replace(mid, level).replace("xyzzy", mid);
    let refused = a.try_remote(Answer, &swapped).map_err(|error| error.name);
    assert_eq!(refused, Err(ErrorName::InvalidAccessError));
    a.set_remote(Answer, &answer);
}

#[test]
fn streams_are_found_at_the_sources_where_the_section_names_none() {
    let msid = |lines: &str| {
        let mut side = Side::new(1);
        let sdp = REMOTE.replace("MID", "0").replace("setup:passive", "setup:actpass");
        side.set_remote(Offer, &format!("{sdp}{lines}"))
    };
    let of = |stream: &str| vec![format!("add 1 {stream}"), format!("track 1 [\"{stream}\"]")];
    assert_eq!(msid("a=ssrc:3 cname:4\r\na=ssrc:3 msid:one two\r\n"), of("one"));
    assert_eq!(msid("a=msid:x y\r\na=ssrc:3 msid:one two\r\n"), of("x"));
    assert_eq!(msid("a=msid:-\r\n"), ["track 1 []"]);
    assert_eq!(msid("").len(), 2, "a stream of its own");
}

#[test]
fn tones_are_played_while_the_call_lasts_and_sends() {
    let mut call = Call::new();
    let streams = ["s".to_owned()];
    let id = call.with(A, |pc, _| pc.add_track(track(Audio, "a"), &streams)).expect("a sender");
    let can_insert = |call: &Call| {
        let view = call.peer(A).pc.transceiver(id).expect("a view");
        view.sender.dtmf.expect("audio").can_insert_dtmf
    };
    assert!(!can_insert(&call));
    call.negotiate(A, B).expect("a call");
    assert!(!can_insert(&call), "not connected yet");
    assert!(call.run_until(Duration::from_secs(10), can_insert));

    let wrong = call.with(A, |pc, _| pc.insert_dtmf(id, "12x", 100, 70));
    assert_eq!(wrong.map_err(|error| error.name), Err(ErrorName::InvalidCharacterError));
    call.with(A, |pc, _| pc.insert_dtmf(id, "1a,2", 100, 70)).expect("inserted");
    let buffer = |call: &Call| {
        let view = call.peer(A).pc.transceiver(id).expect("a view");
        view.sender.dtmf.expect("audio").tone_buffer
    };
    let start = call.network.now();
    let mut heard: Vec<(u128, String, String)> = Vec::new();
    while call.network.now() < start + Duration::from_secs(4) {
        let tones = call.peer(A).events.iter().filter_map(|event| match event {
            Event::ToneChange { transceiver, tone } if *transceiver == id => Some(tone.clone()),
            _ => None,
        });
        let at = call.network.now().duration_since(start).as_millis();
        for tone in tones.skip(heard.len()).collect::<Vec<_>>() {
            heard.push((at, tone, buffer(&call)));
        }
        call.network.run_for(Duration::from_millis(10));
    }
    let heard: Vec<(u128, &str, &str)> =
        heard.iter().map(|(at, tone, left)| (*at, &**tone, &**left)).collect();
    assert_eq!(
        heard,
        [(0, "1", "A,2"), (170, "A", ",2"), (340, ",", "2"), (2_340, "2", ""), (2_510, "", "")]
    );

    // An inactive encoding sends nothing, and so does a transceiver that only receives.
    for active in [false, true] {
        let result = call.settle(A, |pc, _| {
            let mut parameters = pc.sender_parameters(id).expect("parameters");
            parameters.encodings[0].active = active;
            pc.set_parameters(id, parameters, &SetParameterOptions::default()).expect("valid")
        });
        result.expect("set");
        assert_eq!(can_insert(&call), active);
    }
    call.with(A, |pc, _| pc.insert_dtmf(id, "123", 100, 70)).expect("inserted");
    call.network.run_for(Duration::from_millis(50));
    call.with(A, |pc, _| pc.set_direction(id, TransceiverDirection::RecvOnly)).expect("open");
    call.negotiate(A, B).expect("a call");
    let tones = |call: &Call| {
        call.peer(A).events.iter().filter(|event| matches!(event, Event::ToneChange { .. })).count()
    };
    let before = tones(&call);
    call.network.run_for(Duration::from_secs(2));
    assert_eq!(tones(&call), before);
    assert!(!can_insert(&call));
    let refused = call.with(A, |pc, _| pc.insert_dtmf(id, "1", 100, 70));
    assert_eq!(refused.map_err(|error| error.name), Err(ErrorName::InvalidStateError));
}
