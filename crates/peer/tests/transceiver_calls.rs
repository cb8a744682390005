//! Whatever an application calls in whatever order: no panic, and slots that fit each other.

mod stage;

use peer::{
    Codec, Configuration, EncodingParameters, MediaKind, OfferOptions, PeerConnection, SdpType,
    SendParameters, SessionDescriptionInit, SetParameterOptions, Track, TrackOrKind, TransceiverDirection,
    TransceiverId, TransceiverInit, capabilities,
};
use proptest::prelude::*;
use stage::{connection, start};

#[derive(Clone, Debug)]
struct Call {
    what: u8,
    transceiver: u64,
    number: u8,
    value: f64,
    text: String,
}

fn call() -> impl Strategy<Value = Call> {
    let text = prop_oneof![Just("a".to_owned()), Just(String::new()), ".{0,8}"];
    let value = prop_oneof![Just(1.0), Just(-1.0), any::<f64>()];
    (0u8..26, 0u64..6, any::<u8>(), value, text).prop_map(|(what, transceiver, number, value, text)| Call {
        what,
        transceiver,
        number,
        value,
        text,
    })
}

const DIRECTIONS: [TransceiverDirection; 5] = [
    TransceiverDirection::SendRecv,
    TransceiverDirection::SendOnly,
    TransceiverDirection::RecvOnly,
    TransceiverDirection::Inactive,
    TransceiverDirection::Stopped,
];

impl Call {
    fn kind(&self) -> MediaKind {
        if self.number.is_multiple_of(2) { MediaKind::Audio } else { MediaKind::Video }
    }

    fn track(&self) -> Track {
        Track { id: format!("{}{}", self.text, self.number % 4), kind: self.kind() }
    }

    fn encodings(&self) -> Vec<EncodingParameters> {
        let encoding = |index: u8| EncodingParameters {
            rid: (!self.number.is_multiple_of(3)).then(|| format!("{}{index}", self.text)),
            scale_resolution_down_by: (self.number.is_multiple_of(5)).then_some(self.value),
            max_framerate: (self.number.is_multiple_of(7)).then_some(self.value),
            scalability_mode: (self.number.is_multiple_of(11)).then(|| self.text.clone()),
            codec: (self.number.is_multiple_of(13)).then(|| self.codec()),
            active: !self.number.is_multiple_of(4),
            ..EncodingParameters::default()
        };
        (0..self.number % 5).map(encoding).collect()
    }

    fn codec(&self) -> Codec {
        let codecs = capabilities(self.kind(), true).codecs;
        codecs[usize::from(self.number) % codecs.len()].clone()
    }

    fn direction(&self) -> TransceiverDirection {
        DIRECTIONS[usize::from(self.number) % DIRECTIONS.len()]
    }

    fn make(&self, pc: &mut PeerConnection, parameters: &mut Option<SendParameters>) {
        let id = TransceiverId(self.transceiver);
        match self.what {
            0 => drop(pc.add_track(self.track(), std::slice::from_ref(&self.text))),
            1 => drop(pc.remove_track(id)),
            2 | 3 => {
                let what = if self.what == 2 {
                    TrackOrKind::Kind(self.kind())
                } else {
                    TrackOrKind::Track(self.track())
                };
                let init = TransceiverInit {
                    direction: self.direction(),
                    streams: vec![self.text.clone()],
                    send_encodings: self.encodings(),
                };
                drop(pc.add_transceiver(what, init));
            }
            4 => drop(pc.set_direction(id, self.direction())),
            5 => drop(pc.stop_transceiver(id)),
            6 => drop(pc.set_codec_preferences(id, &[self.codec()])),
            7 => *parameters = pc.sender_parameters(id).or(parameters.take()),
            8 => {
                if let Some(mut parameters) = parameters.clone() {
                    if self.number.is_multiple_of(2) {
                        parameters.encodings = self.encodings();
                    }
                    drop(pc.set_parameters(id, parameters, &SetParameterOptions::default()));
                }
            }
            9 => drop(pc.replace_track(start(), id, (!self.number.is_multiple_of(3)).then(|| self.track()))),
            10 => drop(pc.set_streams(id, &[self.text.clone(), self.text.clone()])),
            11 => drop(pc.set_jitter_buffer_target(id, Some(self.value))),
            12 => drop(pc.insert_dtmf(id, &self.text, self.number.into(), self.number.into())),
            13 => {
                let mut extensions = pc.header_extensions_to_negotiate(id).unwrap_or_default();
                if let Some(extension) = extensions.first_mut() {
                    extension.direction = self.direction();
                }
                drop(pc.set_header_extensions_to_negotiate(id, extensions));
            }
            14 => drop(pc.create_offer(start(), OfferOptions::default())),
            15 => drop(pc.set_local_description(start(), None)),
            16 => drop(pc.receiver_parameters(id)),
            17 if self.number < 4 => pc.close(start()),
            18 => drop(pc.set_local_description(start(), rollback())),
            19 => drop(pc.set_remote_description(start(), rollback().unwrap_or_default())),
            20 => drop(pc.create_answer(start())),
            _ => drop(pc.run_task(start())),
        }
    }
}

fn rollback() -> Option<SessionDescriptionInit> {
    Some(SessionDescriptionInit { kind: Some(SdpType::Rollback), sdp: String::new() })
}

/// Hands the local description of one to the other, and runs both.
fn signal(from: &mut PeerConnection, to: &mut PeerConnection) {
    while from.run_task(start()) {}
    if let Some(description) = from.local_description() {
        let init = SessionDescriptionInit { kind: Some(description.kind), sdp: description.sdp.clone() };
        to.set_remote_description(start(), init);
    }
    while to.run_task(start()) {}
}

fn check(pc: &PeerConnection) {
    let attached = pc.transceivers();
    let mut tracks = Vec::new();
    for id in (0..=attached.len() as u64 + 1).map(TransceiverId) {
        let Some(view) = pc.transceiver(id) else { continue };
        assert_eq!(view.is_attached, attached.contains(&id));
        let is_stopped = view.current_direction == Some(TransceiverDirection::Stopped);
        assert!(!is_stopped || view.direction == TransceiverDirection::Stopped);
        assert!(!view.receiver.ended || view.direction == TransceiverDirection::Stopped);
        assert_eq!(view.sender.dtmf.is_some(), view.kind == MediaKind::Audio);
        assert!(view.sender.track.as_ref().is_none_or(|track| track.kind == view.kind));
        let streams = &view.sender.streams;
        assert!(streams.iter().all(|stream| streams.iter().filter(|other| *other == stream).count() == 1));
        tracks.push(view.receiver.track.id);
    }
    let mut mids: Vec<String> =
        attached.iter().filter_map(|&id| pc.transceiver(id)).filter_map(|view| view.mid).collect();
    let count = mids.len();
    mids.sort();
    mids.dedup();
    assert_eq!(mids.len(), count, "each has its own mid");
    let count = tracks.len();
    tracks.sort();
    tracks.dedup();
    assert_eq!(tracks.len(), count);
}

proptest! {
    #[test]
    fn no_sequence_of_calls_panics(calls in proptest::collection::vec((any::<bool>(), call()), 1..60)) {
        let mut pcs = [3, 4].map(|seed| connection(Configuration::default(), seed));
        let mut parameters = [None, None];
        for (second, call) in &calls {
            let side = usize::from(*second);
            if call.what > 20 {
                let [one, other] = &mut pcs;
                let (from, to) = if *second { (other, one) } else { (one, other) };
                signal(from, to);
            } else {
                call.make(&mut pcs[side], &mut parameters[side]);
            }
            pcs.iter().for_each(check);
        }
        for pc in &mut pcs {
            while pc.run_task(start()) {}
            check(pc);
            for id in pc.transceivers() {
                let encodings = pc.sender_parameters(id).expect("parameters").encodings;
                prop_assert!((1..=3).contains(&encodings.len()));
            }
        }
    }
}
