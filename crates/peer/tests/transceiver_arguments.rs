//! What the methods of connections, transceivers, senders and receivers refuse, and with which error.

mod stage;

use peer::{
    Codec, Configuration, EncodingParameters, ErrorName, HeaderExtensionCapability, MediaKind,
    PeerConnection, ResolutionRestriction, SendParameters, SetParameterOptions, StatsSelector, Track,
    TrackOrKind, TransceiverDirection, TransceiverId, TransceiverInit, capabilities,
};
use stage::{connection, start};

type Result<T> = std::result::Result<T, peer::Error>;

fn name<T>(result: Result<T>) -> Option<ErrorName> {
    result.err().map(|error| error.name)
}

fn pc() -> PeerConnection {
    connection(Configuration::default(), 1)
}

fn track(id: &str, kind: MediaKind) -> Track {
    Track { id: id.to_owned(), kind }
}

fn run(pc: &mut PeerConnection) -> Vec<peer::Event> {
    while pc.run_task(start()) {}
    std::iter::from_fn(|| pc.poll_event()).collect()
}

fn encoding() -> EncodingParameters {
    EncodingParameters::default()
}

fn with_rid(rid: &str) -> EncodingParameters {
    EncodingParameters { rid: Some(rid.to_owned()), ..encoding() }
}

fn add(
    pc: &mut PeerConnection,
    kind: MediaKind,
    send_encodings: Vec<EncodingParameters>,
) -> Result<TransceiverId> {
    pc.add_transceiver(TrackOrKind::Kind(kind), TransceiverInit { send_encodings, ..Default::default() })
}

/// The encodings that a new transceiver has.
fn encodings(kind: MediaKind, send_encodings: Vec<EncodingParameters>) -> Vec<EncodingParameters> {
    let mut pc = pc();
    let id = add(&mut pc, kind, send_encodings).expect("a transceiver");
    pc.sender_parameters(id).expect("parameters").encodings
}

fn refusal(kind: MediaKind, send_encodings: Vec<EncodingParameters>) -> Option<ErrorName> {
    name(add(&mut pc(), kind, send_encodings))
}

use MediaKind::{Audio, Video};

/// webrtc-pc, addTransceiver, steps 8.9 to 8.12.
#[test]
fn encodings_get_their_defaults() {
    assert_eq!(encodings(Audio, vec![]), [encoding()]);
    let scaled = |by| EncodingParameters { scale_resolution_down_by: Some(by), ..encoding() };
    assert_eq!(encodings(Video, vec![]), [scaled(1.0)]);
    assert_eq!(encodings(Video, vec![encoding()]), [scaled(1.0)]);
    assert_eq!(encodings(Video, vec![with_rid("lone")]), [scaled(1.0)]);
    let three = encodings(Video, ["q", "h", "f"].map(with_rid).to_vec());
    assert_eq!(
        three.iter().map(|e| e.scale_resolution_down_by).collect::<Vec<_>>(),
        [4.0, 2.0, 1.0].map(Some)
    );
    assert_eq!(three[2].rid.as_deref(), Some("f"));
    let some =
        encodings(Video, vec![with_rid("a"), EncodingParameters { rid: Some("b".into()), ..scaled(3.0) }]);
    assert_eq!(some.iter().map(|e| e.scale_resolution_down_by).collect::<Vec<_>>(), [1.0, 3.0].map(Some));
    let many = encodings(Video, (0..1000).map(|rid| with_rid(&rid.to_string())).collect());
    assert_eq!(many.len(), 3);
    assert_eq!(many[0].scale_resolution_down_by, Some(4.0));
}

#[test]
fn audio_has_one_encoding_and_nothing_of_video() {
    let odd = EncodingParameters {
        scale_resolution_down_by: Some(-1.0),
        max_framerate: Some(-10.0),
        scale_resolution_down_to: Some(ResolutionRestriction { max_width: 0, max_height: 0 }),
        ..encoding()
    };
    assert_eq!(encodings(Audio, vec![odd.clone()]), [encoding()]);
    assert_eq!(encodings(Audio, vec![with_rid("a"), with_rid("b")]), [encoding()]);
    assert_eq!(refusal(Video, vec![odd]), Some(ErrorName::OperationError));
}

/// webrtc-pc, addTransceiver, step 8.1.
#[test]
fn rids_are_letters_and_digits_for_all_or_none_and_each_once() {
    for rid in ["", "!?", "foo-bar", "foo_bar", "ü", &"a".repeat(17)] {
        assert_eq!(refusal(Video, vec![with_rid(rid)]), Some(ErrorName::TypeError), "{rid:?}");
        assert_eq!(refusal(Audio, vec![with_rid(rid)]), Some(ErrorName::TypeError), "{rid:?}");
    }
    assert_eq!(refusal(Video, vec![with_rid(&"a".repeat(16))]), None);
    assert_eq!(refusal(Video, vec![with_rid("foo"), with_rid("foo")]), Some(ErrorName::TypeError));
    assert_eq!(refusal(Video, vec![with_rid("foo"), encoding()]), Some(ErrorName::TypeError));
    assert_eq!(refusal(Video, vec![encoding(), encoding()]), None);
}

#[test]
fn numbers_of_encodings_have_their_ranges() {
    let scale = |scale| vec![EncodingParameters { scale_resolution_down_by: Some(scale), ..encoding() }];
    for bad in [-1.0, 0.0, 0.5] {
        assert_eq!(refusal(Video, scale(bad)), Some(ErrorName::RangeError));
    }
    let rate = |rate| vec![EncodingParameters { max_framerate: Some(rate), ..encoding() }];
    assert_eq!(refusal(Video, rate(-0.1)), Some(ErrorName::RangeError));
    assert_eq!(refusal(Video, rate(0.0)), None);
    for odd in [f64::NAN, f64::INFINITY] {
        assert_eq!(refusal(Video, rate(odd)), Some(ErrorName::TypeError));
        assert_eq!(refusal(Video, scale(odd)), Some(ErrorName::TypeError));
    }
    let adaptive = EncodingParameters { ptime: Some(20), adaptive_ptime: true, ..encoding() };
    assert_eq!(refusal(Audio, vec![adaptive]), Some(ErrorName::InvalidModificationError));
}

#[test]
fn resolutions_are_restricted_for_all_active_encodings_or_none() {
    let to = |width, height| EncodingParameters {
        scale_resolution_down_to: Some(ResolutionRestriction { max_width: width, max_height: height }),
        ..encoding()
    };
    assert_eq!(refusal(Video, vec![to(120, 0)]), Some(ErrorName::OperationError));
    assert_eq!(refusal(Video, vec![encoding(), to(120, 60)]), Some(ErrorName::OperationError));
    let inactive = EncodingParameters { active: false, ..encoding() };
    assert_eq!(refusal(Video, vec![inactive, to(120, 60)]), None);
}

fn codec(kind: MediaKind, mime_type: &str) -> Codec {
    let codecs = capabilities(kind, true).codecs;
    codecs.into_iter().find(|codec| codec.mime_type == mime_type).expect("a codec")
}

#[test]
fn codecs_and_scalability_modes_have_to_exist() {
    let with = |codec: Option<Codec>, mode: Option<&str>| {
        vec![EncodingParameters { codec, scalability_mode: mode.map(str::to_owned), ..encoding() }]
    };
    let opus = codec(Audio, "audio/opus");
    let vp8 = codec(Video, "video/VP8");
    let vp9 = codec(Video, "video/VP9");
    assert_eq!(refusal(Audio, with(Some(opus.clone()), None)), None);
    assert_eq!(refusal(Video, with(Some(opus), None)), Some(ErrorName::OperationError));
    let upper = Codec { mime_type: "VIDEO/vp8".to_owned(), ..vp8.clone() };
    assert_eq!(refusal(Video, with(Some(upper), None)), None);
    assert_eq!(refusal(Video, with(None, Some("L3T3"))), None);
    assert_eq!(refusal(Video, with(None, Some("TotalNonsense"))), Some(ErrorName::OperationError));
    assert_eq!(refusal(Audio, with(None, Some("L1T1"))), Some(ErrorName::OperationError));
    assert_eq!(refusal(Video, with(Some(vp8.clone()), Some("L1T3"))), None);
    assert_eq!(refusal(Video, with(Some(vp8), Some("L3T3"))), Some(ErrorName::OperationError));
    assert_eq!(refusal(Video, with(Some(vp9), Some("L3T3_KEY_SHIFT"))), None);
    let simulcast = |mode: &str, active| {
        let second = EncodingParameters { active, ..encoding() };
        [with(None, Some(mode)), vec![second]].concat()
    };
    assert_eq!(refusal(Video, simulcast("S2T1", true)), Some(ErrorName::OperationError));
    assert_eq!(refusal(Video, simulcast("S2T1", false)), None);
    assert_eq!(refusal(Video, simulcast("L1T3", true)), None);
}

/// webrtc-pc, addTrack, steps 6, 8.1 to 8.5 and 9.1 to 9.4; webrtc-pc, removeTrack, steps 4, 6 and 9 to 11.
#[test]
fn a_track_is_sent_once_and_an_unused_sender_is_used_first() {
    let mut pc = pc();
    let recvonly = TransceiverInit { direction: TransceiverDirection::RecvOnly, ..Default::default() };
    let unused = pc.add_transceiver(TrackOrKind::Kind(Audio), recvonly).expect("a transceiver");
    let streams = ["s1", "s2", "s1"].map(str::to_owned);
    assert_eq!(pc.add_track(track("1", Audio), &streams), Ok(unused));
    let view = pc.transceiver(unused).expect("a view");
    assert_eq!(view.direction, TransceiverDirection::SendRecv);
    assert_eq!(view.sender.streams, ["s1", "s2"]);
    assert_eq!(view.sender.track, Some(track("1", Audio)));
    assert_eq!(name(pc.add_track(track("1", Audio), &[])), Some(ErrorName::InvalidAccessError));
    let other = pc.add_track(track("2", Audio), &[]).expect("a sender");
    let video = pc.add_track(track("3", Video), &[]).expect("a sender");
    assert_eq!(pc.transceivers(), [unused, other, video]);

    assert_eq!(pc.remove_track(other), Ok(()));
    assert_eq!(pc.remove_track(other), Ok(()));
    assert_eq!(pc.transceiver(other).expect("a view").direction, TransceiverDirection::RecvOnly);
    assert_eq!(name(pc.remove_track(TransceiverId(77))), Some(ErrorName::InvalidAccessError));
    assert_eq!(pc.add_track(track("4", Video), &[]), Ok(TransceiverId(4)));
    assert_eq!(pc.stop_transceiver(other), Ok(()));
    assert_eq!(pc.add_track(track("5", Audio), &[]), Ok(TransceiverId(5)));
    assert_eq!(pc.remove_track(other), Ok(()));
}

#[test]
fn each_transceiver_has_its_own_receiving_track() {
    let mut pc = pc();
    let ids = [Audio, Video, Audio].map(|kind| add(&mut pc, kind, vec![]).expect("a transceiver"));
    let tracks = ids.map(|id| pc.transceiver(id).expect("a view").receiver.track.id);
    assert!(tracks[0] != tracks[1] && tracks[1] != tracks[2] && tracks[0] != tracks[2], "{tracks:?}");
    assert!(tracks.iter().all(|id| id.len() == 36 && id.as_bytes()[14] == b'4'), "{tracks:?}");
    let view = pc.transceiver(ids[1]).expect("a view");
    assert_eq!((view.mid, view.current_direction, view.is_attached), (None, None, true));
    assert!(view.receiver.muted && !view.receiver.ended && view.receiver.transport.is_none());
    assert!(view.sender.dtmf.is_none() && view.sender.transport.is_none());
    assert!(!pc.transceiver(ids[0]).expect("a view").sender.dtmf.expect("audio").can_insert_dtmf);
}

/// webrtc-pc, direction setter, steps 3, 6 and 7; webrtc-pc, stop, steps 4 and 5; webrtc-pc, setParameters, step 4;
/// webrtc-pc, insertDTMF, step 4; webrtc-pc, replaceTrack, steps 5 and 6.1.
#[test]
fn a_stopping_transceiver_refuses_what_would_change_it() {
    let mut pc = pc();
    let id = add(&mut pc, Audio, vec![]).expect("a transceiver");
    let stopped = Some(ErrorName::TypeError);
    assert_eq!(name(pc.set_direction(id, TransceiverDirection::Stopped)), stopped);
    let init = TransceiverInit { direction: TransceiverDirection::Stopped, ..Default::default() };
    assert_eq!(name(pc.add_transceiver(TrackOrKind::Kind(Audio), init)), stopped);
    assert_eq!(pc.set_direction(id, TransceiverDirection::Inactive), Ok(()));

    let parameters = pc.sender_parameters(id).expect("parameters");
    assert_eq!(pc.stop_transceiver(id), Ok(()));
    assert_eq!(pc.stop_transceiver(id), Ok(()));
    let view = pc.transceiver(id).expect("a view");
    assert_eq!((view.direction, view.current_direction), (TransceiverDirection::Stopped, None));
    assert_eq!(pc.senders(), [id], "until it is negotiated");
    let invalid_state = Some(ErrorName::InvalidStateError);
    assert_eq!(name(pc.set_direction(id, TransceiverDirection::SendOnly)), invalid_state);
    assert_eq!(name(set(&mut pc, id, parameters)), invalid_state);
    assert_eq!(name(pc.insert_dtmf(id, "1", 100, 70)), invalid_state);
    pc.replace_track(start(), id, None);
    pc.replace_track(start(), id, Some(track("v", Video)));
    let events = run(&mut pc);
    let rejected = events.iter().filter_map(|event| match event {
        peer::Event::Settled(_, Err(error)) => Some(error.name),
        _ => None,
    });
    assert_eq!(rejected.collect::<Vec<_>>(), [ErrorName::InvalidStateError, ErrorName::TypeError]);
    let ended = peer::Event::TrackEnded(id);
    assert_eq!(events.iter().filter(|event| **event == ended).count(), 1);
    assert!(pc.transceiver(id).expect("a view").receiver.ended);
}

/// webrtc-pc, close the connection, step 4; webrtc-pc, addTrack, step 5; webrtc-pc, addTransceiver, step 7;
/// webrtc-pc, removeTrack, step 3; webrtc-pc, stop, step 3; webrtc-pc, setStreams, step 3.
#[test]
fn a_closed_connection_has_stopped_transceivers() {
    let mut pc = pc();
    let id = pc.add_track(track("1", Audio), &[]).expect("a sender");
    pc.close(start());
    let invalid_state = Some(ErrorName::InvalidStateError);
    assert_eq!(name(pc.add_track(track("2", Audio), &[])), invalid_state);
    assert_eq!(name(add(&mut pc, Video, vec![with_rid("!")])), invalid_state);
    assert_eq!(name(pc.remove_track(id)), invalid_state);
    assert_eq!(name(pc.stop_transceiver(id)), invalid_state);
    assert_eq!(name(pc.set_streams(id, &[])), invalid_state);
    assert_eq!(name(pc.set_direction(id, TransceiverDirection::SendOnly)), invalid_state);
    let view = pc.transceiver(id).expect("a view");
    assert_eq!(view.current_direction, Some(TransceiverDirection::Stopped));
    assert_eq!((pc.transceivers(), pc.senders(), pc.receivers()), (vec![id], vec![], vec![]));
    assert!(!pc.is_finished(), "the track has to end");
    assert_eq!(run(&mut pc), [peer::Event::TrackEnded(id)]);
    let operation = pc.replace_track(start(), id, None);
    match &run(&mut pc)[..] {
        [peer::Event::Settled(settled, Err(error))] => {
            assert_eq!((*settled, error.name), (operation, ErrorName::InvalidStateError));
        }
        other => panic!("{other:?}"),
    }
}

fn set(pc: &mut PeerConnection, id: TransceiverId, parameters: SendParameters) -> Result<peer::OperationId> {
    pc.set_parameters(id, parameters, &SetParameterOptions::default())
}

/// Why an edit of the parameters of a new transceiver is refused.
fn edit_refused(kind: MediaKind, edit: impl FnOnce(&mut SendParameters)) -> Option<ErrorName> {
    let mut pc = pc();
    let rids = ["foo", "bar"].map(with_rid).to_vec();
    let id = add(&mut pc, kind, rids).expect("a transceiver");
    let mut parameters = pc.sender_parameters(id).expect("parameters");
    edit(&mut parameters);
    name(set(&mut pc, id, parameters))
}

#[test]
fn read_only_parameters_cannot_be_modified() {
    let modification = Some(ErrorName::InvalidModificationError);
    assert_eq!(edit_refused(Video, |_| ()), None);
    assert_eq!(edit_refused(Video, |p| p.encodings.clear()), modification);
    assert_eq!(edit_refused(Audio, |p| p.encodings.clear()), modification);
    assert_eq!(edit_refused(Video, |p| p.encodings.push(with_rid("baz"))), modification);
    assert_eq!(edit_refused(Video, |p| p.encodings.reverse()), modification);
    assert_eq!(edit_refused(Video, |p| p.encodings[0].rid = None), modification);
    assert_eq!(edit_refused(Video, |p| p.transaction_id.push('x')), modification);
    assert_eq!(edit_refused(Video, |p| p.rtcp.cname = Some("other".into())), modification);
    assert_eq!(edit_refused(Video, |p| p.rtcp.reduced_size ^= true), modification);
    let extension = || peer::HeaderExtensionParameters { uri: "urn:x".into(), id: 3, encrypted: false };
    assert_eq!(edit_refused(Video, |p| p.header_extensions.push(extension())), modification);
    let codec = || peer::CodecParameters { payload_type: 96, codec: codec(Video, "video/VP8") };
    assert_eq!(edit_refused(Video, |p| p.codecs.push(codec())), modification);
}

#[test]
fn encodings_are_checked_again_when_they_are_modified() {
    let modification = Some(ErrorName::InvalidModificationError);
    let vp8 = || codec(Video, "video/VP8");
    assert_eq!(edit_refused(Video, |p| p.encodings[0].codec = Some(vp8())), None);
    assert_eq!(edit_refused(Audio, |p| p.encodings[0].codec = Some(vp8())), modification);
    assert_eq!(edit_refused(Video, |p| p.encodings[0].scalability_mode = Some("L9T9".into())), modification);
    let restriction = |width| Some(ResolutionRestriction { max_width: width, max_height: 9 });
    let restrict =
        |p: &mut SendParameters, width| p.encodings[0].scale_resolution_down_to = restriction(width);
    assert_eq!(edit_refused(Video, |p| restrict(p, 9)), modification);
    assert_eq!(edit_refused(Audio, |p| restrict(p, 0)), None, "removed");
    assert_eq!(
        edit_refused(Video, |p| p.encodings[0].max_framerate = Some(-1.0)),
        Some(ErrorName::RangeError)
    );
    assert_eq!(edit_refused(Audio, |p| p.encodings[0].max_framerate = Some(-1.0)), None, "removed");
    assert_eq!(
        edit_refused(Video, |p| p.encodings[0].max_framerate = Some(f64::NAN)),
        Some(ErrorName::TypeError)
    );
    let scale = |p: &mut SendParameters, by| p.encodings[1].scale_resolution_down_by = Some(by);
    assert_eq!(edit_refused(Video, |p| scale(p, 0.5)), Some(ErrorName::RangeError));
    let adaptive =
        |p: &mut SendParameters| (p.encodings[0].adaptive_ptime, p.encodings[0].ptime) = (true, Some(1));
    assert_eq!(edit_refused(Audio, adaptive), modification);

    let mut pc = pc();
    let id = add(&mut pc, Video, vec![]).expect("a transceiver");
    let parameters = pc.sender_parameters(id).expect("parameters");
    let options = SetParameterOptions { encoding_options: vec![Default::default(); 2] };
    assert_eq!(name(pc.set_parameters(id, parameters, &options)), modification);
}

#[test]
fn set_parameters_take_effect_and_scale_defaults_to_one() {
    let mut pc = pc();
    let id = add(&mut pc, Video, vec![]).expect("a transceiver");
    let mut parameters = pc.sender_parameters(id).expect("parameters");
    assert!(!parameters.rtcp.cname.as_ref().expect("a CNAME").is_empty());
    parameters.encodings[0].scale_resolution_down_by = Some(0.5);
    assert_eq!(name(set(&mut pc, id, parameters.clone())), Some(ErrorName::RangeError));
    parameters.encodings[0].scale_resolution_down_by = None;
    parameters.encodings[0].max_bitrate = Some(10_000);
    parameters.degradation_preference = Some(peer::DegradationPreference::Balanced);
    let operation = set(&mut pc, id, parameters).expect("still the same task");
    assert!(run(&mut pc).contains(&peer::Event::Settled(operation, Ok(peer::Outcome::Done))));
    let parameters = pc.sender_parameters(id).expect("parameters");
    assert_eq!(parameters.encodings[0].scale_resolution_down_by, Some(1.0));
    assert_eq!(parameters.encodings[0].max_bitrate, Some(10_000));
    assert_eq!(parameters.degradation_preference, Some(peer::DegradationPreference::Balanced));
    assert!(pc.sender_parameters(TransceiverId(9)).is_none());
}

#[test]
fn codec_preferences_are_among_the_capabilities() {
    for kind in [Audio, Video] {
        let mut pc = pc();
        let id = add(&mut pc, kind, vec![]).expect("a transceiver");
        let all = capabilities(kind, false).codecs;
        let mut prefer = |codecs: &[Codec]| name(pc.set_codec_preferences(id, codecs));
        assert_eq!(prefer(&[]), None);
        assert_eq!(prefer(&all), None);
        assert_eq!(prefer(&all.iter().rev().cloned().collect::<Vec<_>>()), None);
        assert_eq!(prefer(&[all[0].clone(), all[0].clone()]), None);
        let modification = Some(ErrorName::InvalidModificationError);
        let edit = |edit: fn(&mut Codec)| {
            let mut codec = all[0].clone();
            edit(&mut codec);
            [codec]
        };
        assert_eq!(prefer(&edit(|codec| codec.mime_type = codec.mime_type.to_uppercase())), None);
        assert_eq!(prefer(&edit(|codec| codec.mime_type = "data".into())), modification);
        assert_eq!(prefer(&edit(|codec| codec.clock_rate /= 2)), modification);
        assert_eq!(prefer(&edit(|codec| codec.channels = Some(13))), modification);
        assert_eq!(
            prefer(&edit(|codec| codec.sdp_fmtp_line = Some("modifiedparameter=1".into()))),
            modification
        );
        let helpers = ["rtx", "red", "ulpfec", "CN"].map(|name| format!("{kind}/{name}"));
        let only: Vec<Codec> =
            all.iter().filter(|codec| helpers.contains(&codec.mime_type)).cloned().collect();
        assert!(only.len() >= 2);
        assert_eq!(prefer(&only), modification);
    }
}

#[test]
fn rtx_is_one_capability_without_parameters() {
    let codecs = capabilities(Video, true).codecs;
    let rtx: Vec<_> = codecs.iter().filter(|codec| codec.mime_type == "video/rtx").collect();
    assert_eq!(rtx.len(), 1);
    assert_eq!(rtx[0].sdp_fmtp_line, None);
    let mut lines: Vec<_> = codecs.iter().map(|codec| (&codec.mime_type, &codec.sdp_fmtp_line)).collect();
    let count = lines.len();
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), count);
}

#[test]
fn header_extensions_keep_their_places() {
    let mut pc = pc();
    let id = add(&mut pc, Video, vec![]).expect("a transceiver");
    let all = pc.header_extensions_to_negotiate(id).expect("extensions");
    let stopped = TransceiverDirection::Stopped;
    let negotiated = pc.negotiated_header_extensions(id).expect("extensions");
    assert_eq!(negotiated.len(), all.len());
    assert!(negotiated.iter().all(|extension| extension.direction == stopped));
    let modification = Some(ErrorName::InvalidModificationError);
    let mut refused = |edit: &dyn Fn(&mut Vec<HeaderExtensionCapability>)| {
        let mut extensions = all.clone();
        edit(&mut extensions);
        name(pc.set_header_extensions_to_negotiate(id, extensions))
    };
    let mid = all.iter().position(|extension| extension.uri.ends_with("sdes:mid")).expect("mid");
    assert_eq!(refused(&|_| ()), None);
    assert_eq!(refused(&|all| all[0].uri.clear()), Some(ErrorName::TypeError));
    assert_eq!(refused(&|all| all[0].uri = "4711".into()), modification);
    assert_eq!(refused(&|all| all.truncate(1)), modification);
    assert_eq!(refused(&|all| all.push(all[0].clone())), modification);
    assert_eq!(refused(&|all| all.swap(0, 1)), modification);
    assert_eq!(refused(&|all| all[mid].direction = TransceiverDirection::SendOnly), modification);
    assert_eq!(refused(&|all| all[0].direction = stopped), None);
    assert_eq!(pc.header_extensions_to_negotiate(id).expect("extensions")[0].direction, stopped);
    // A new transceiver of the kind follows the first one.
    let next = add(&mut pc, Video, vec![]).expect("a transceiver");
    assert_eq!(pc.header_extensions_to_negotiate(next).expect("extensions")[0].direction, stopped);
}

/// webrtc-pc, jitterBufferTarget setter, steps 3 and 4.
#[test]
fn the_jitter_buffer_has_a_target_up_to_four_seconds() {
    let mut pc = pc();
    let id = add(&mut pc, Video, vec![]).expect("a transceiver");
    let target = |pc: &PeerConnection| pc.transceiver(id).expect("a view").receiver.jitter_buffer_target;
    assert_eq!(target(&pc), None);
    for good in [0.0, 4_000.0, 500.5] {
        assert_eq!(pc.set_jitter_buffer_target(id, Some(good)), Ok(()));
        assert_eq!(target(&pc), Some(good));
    }
    for bad in [-1.0, 4_000.1] {
        assert_eq!(name(pc.set_jitter_buffer_target(id, Some(bad))), Some(ErrorName::RangeError));
    }
    assert_eq!(name(pc.set_jitter_buffer_target(id, Some(f64::NAN))), Some(ErrorName::TypeError));
    assert_eq!(target(&pc), Some(500.5), "the last that was right");
    assert_eq!(pc.set_jitter_buffer_target(id, None), Ok(()));
    assert_eq!(target(&pc), None);
    let parameters = pc.receiver_parameters(id).expect("parameters");
    assert!(parameters.codecs.is_empty() && parameters.rtcp.cname.is_none());
}

#[test]
fn there_are_no_more_transceivers_than_m_sections() {
    let mut pc = pc();
    for _ in 0..1024 {
        add(&mut pc, Audio, vec![]).expect("a transceiver");
    }
    assert_eq!(name(add(&mut pc, Audio, vec![])), Some(ErrorName::OperationError));
    assert_eq!(name(pc.add_track(track("v", Video), &[])), Some(ErrorName::OperationError));
    assert!(pc.add_track(track("a", Audio), &[]).is_ok(), "into one that is there");
}

#[test]
fn a_track_selects_its_one_sender_or_receiver() {
    let mut pc = pc();
    let id = pc.add_track(track("one", Audio), &[]).expect("a sender");
    let own = pc.transceiver(id).expect("a view").receiver.track.id;
    let select = |pc: &PeerConnection, selector| name(pc.selected_stats(start(), &selector));
    let of = |track: &str| StatsSelector::Track(track.to_owned());
    for selector in [StatsSelector::Connection, StatsSelector::Sender(id), StatsSelector::Receiver(id)] {
        assert_eq!(select(&pc, selector), None);
    }
    assert_eq!(select(&pc, of("one")), None);
    assert_eq!(select(&pc, of(&own)), None);
    let access = Some(ErrorName::InvalidAccessError);
    assert_eq!(select(&pc, of("other")), access);
    assert_eq!(select(&pc, StatsSelector::Sender(TransceiverId(9))), access);
    // What is received goes back: two have it.
    pc.replace_track(start(), id, Some(track(&own, Audio)));
    run(&mut pc);
    assert_eq!(select(&pc, of(&own)), access);
    assert_eq!(pc.contributing_sources(id), Some(vec![]));
    assert_eq!(pc.synchronization_sources(TransceiverId(9)), None);
}
