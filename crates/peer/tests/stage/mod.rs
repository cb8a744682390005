//! Plays W3C scripts on two connections without any IO, and writes down what the scripts would see.
#![allow(dead_code)] // Each test binary uses its own part.

pub(crate) mod network;
pub(crate) mod pair;
pub(crate) mod world;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use base::WallClock;
use peer::{
    ChannelEvent, Configuration, DataChannelInit, DtlsTransportEvent, Event, IceCandidateInit,
    IceTransportEvent, OfferOptions, OperationId, Outcome, PeerConnection, SdpType, SendParameters,
    SessionDescription, SessionDescriptionInit, Settings, Track, TransceiverId,
};

pub(crate) const A: usize = 0;
pub(crate) const B: usize = 1;

/// The date of every test: 2027-01-15.
pub(crate) const DATE: Duration = Duration::from_secs(1_800_000_000);

/// The start of virtual time. Nothing reads the clock again.
pub(crate) fn start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(|| sim::Clock::new().now())
}

pub(crate) fn certificate() -> Arc<dtls::Certificate> {
    let day = Duration::from_secs(86_400);
    Arc::new(dtls::Certificate::generate_ecdsa_p256(DATE, 30 * day).expect("a certificate"))
}

pub(crate) fn connection(configuration: Configuration, seed: u8) -> PeerConnection {
    connection_with(configuration, Settings::default(), seed)
}

pub(crate) fn connection_with(configuration: Configuration, settings: Settings, seed: u8) -> PeerConnection {
    let clock = WallClock::new(start(), DATE);
    let made = (configuration, settings);
    PeerConnection::with_settings(made, certificate(), start(), clock, [seed; 32]).expect("a connection")
}

pub(crate) struct Stage {
    pub(crate) pcs: [PeerConnection; 2],
    pub(crate) now: Instant,
    /// The description that `create_offer` or `create_answer` gave last, by connection.
    pub(crate) created: [Option<SessionDescription>; 2],
    names: BTreeMap<(usize, OperationId), String>,
    log: String,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Stage::with(Configuration::default())
    }

    pub(crate) fn with(configuration: Configuration) -> Self {
        Stage {
            pcs: [connection(configuration.clone(), 1), connection(configuration, 2)],
            now: start(),
            created: [None, None],
            names: BTreeMap::new(),
            log: String::new(),
        }
    }

    fn name(&mut self, pc: usize, id: OperationId, name: &str) {
        self.names.insert((pc, id), name.to_owned());
    }

    pub(crate) fn channel(&mut self, pc: usize) {
        self.pcs[pc].create_data_channel(self.now, "chat", DataChannelInit::default()).expect("a channel");
    }

    pub(crate) fn create_offer(&mut self, pc: usize) {
        let id = self.pcs[pc].create_offer(self.now, OfferOptions::default());
        self.name(pc, id, "createOffer");
    }

    pub(crate) fn create_answer(&mut self, pc: usize) {
        let id = self.pcs[pc].create_answer(self.now);
        self.name(pc, id, "createAnswer");
    }

    pub(crate) fn set_local(&mut self, pc: usize) {
        let id = self.pcs[pc].set_local_description(self.now, None);
        self.name(pc, id, "setLocalDescription()");
    }

    pub(crate) fn set_local_as(&mut self, pc: usize, kind: SdpType, sdp: &str) {
        let init = SessionDescriptionInit { kind: Some(kind), sdp: sdp.to_owned() };
        let id = self.pcs[pc].set_local_description(self.now, Some(init));
        self.name(pc, id, &format!("setLocalDescription({kind})"));
    }

    pub(crate) fn set_remote_as(&mut self, pc: usize, kind: SdpType, sdp: &str) {
        let init = SessionDescriptionInit { kind: Some(kind), sdp: sdp.to_owned() };
        let id = self.pcs[pc].set_remote_description(self.now, init);
        self.name(pc, id, &format!("setRemoteDescription({kind})"));
    }

    /// Hands one side's local description to the other.
    pub(crate) fn signal(&mut self, from: usize, to: usize) {
        let description = self.pcs[from].local_description().cloned().expect("a local description");
        self.set_remote_as(to, description.kind, &description.sdp);
    }

    pub(crate) fn add_candidate(&mut self, pc: usize, init: Option<IceCandidateInit>) {
        let name = match &init {
            Some(init) => format!("addIceCandidate({:?})", init.candidate),
            None => "addIceCandidate(null)".to_owned(),
        };
        let id = self.pcs[pc].add_ice_candidate(self.now, init);
        self.name(pc, id, &name);
    }

    pub(crate) fn replace_track(&mut self, pc: usize, id: TransceiverId, track: Option<Track>) {
        let id = self.pcs[pc].replace_track(self.now, id, track);
        self.name(pc, id, "replaceTrack");
    }

    /// Writes a refusal down at once, as a promise that is rejected already.
    pub(crate) fn set_parameters(&mut self, pc: usize, id: TransceiverId, parameters: SendParameters) {
        match self.pcs[pc].set_parameters(id, parameters, &Default::default()) {
            Ok(id) => self.name(pc, id, "setParameters"),
            Err(error) => self.note(&format!("setParameters rejected: {}", error.name)),
        }
    }

    pub(crate) fn note(&mut self, line: &str) {
        let _ = writeln!(self.log, "-- {line}");
    }

    /// Runs every task of both, and writes down what comes out.
    pub(crate) fn run(&mut self) {
        while self.run_one() {}
    }

    /// One task of each.
    pub(crate) fn run_one(&mut self) -> bool {
        let mut ran = false;
        for pc in [A, B] {
            ran |= self.pcs[pc].run_task(self.now);
            while let Some(event) = self.pcs[pc].poll_event() {
                let line = self.line(pc, event);
                let _ = writeln!(self.log, "{}: {line}", ["a", "b"][pc]);
            }
        }
        ran
    }

    fn line(&mut self, pc: usize, event: Event) -> String {
        match event {
            Event::Settled(id, Ok(outcome)) => {
                if let Outcome::Description(description) = outcome {
                    self.created[pc] = Some(description);
                }
                format!("{} fulfilled", self.names[&(pc, id)])
            }
            Event::Settled(id, Err(error)) => {
                let detail = error.detail.map(|detail| format!(" {}", detail.as_str())).unwrap_or_default();
                let line = error.sdp_line_number.map(|line| format!(" line {line}")).unwrap_or_default();
                format!("{} rejected: {}{detail}{line}", self.names[&(pc, id)], error.name)
            }
            Event::NegotiationNeeded => "negotiationneeded".to_owned(),
            Event::SignalingStateChange(state) => format!("signalingstatechange {state}"),
            Event::IceGatheringStateChange(state) => format!("icegatheringstatechange {state}"),
            Event::IceConnectionStateChange(state) => format!("iceconnectionstatechange {state}"),
            Event::ConnectionStateChange(state) => format!("connectionstatechange {state}"),
            Event::IceCandidate(None) => "icecandidate null".to_owned(),
            Event::IceCandidate(Some(candidate)) => {
                let text = if candidate.candidate.is_empty() { "end-of-candidates" } else { "a candidate" };
                format!("icecandidate {text} mid {:?}", candidate.sdp_mid.unwrap_or_default())
            }
            Event::IceCandidateError(error) => {
                format!("icecandidateerror {} {}: {}", error.error_code, error.url, error.error_text)
            }
            Event::Channel(id, ChannelEvent::Message(_)) => format!("channel {} message", id.0),
            Event::Channel(id, event) => format!("channel {} {event:?}", id.0),
            Event::DataChannel(id) => format!("datachannel {}", id.0),
            Event::SctpStateChange(state) => format!("sctp statechange {state}"),
            Event::IceTransport(id, event) => {
                let text = match event {
                    IceTransportEvent::StateChange(state) => format!("statechange {state}"),
                    IceTransportEvent::GatheringStateChange(state) => format!("gatheringstatechange {state}"),
                    event => format!("{event:?}"),
                };
                format!("ice transport {} {text}", id.0)
            }
            Event::DtlsTransport(id, DtlsTransportEvent::StateChange(state)) => {
                format!("dtls transport {} statechange {state}", id.0)
            }
            Event::Track { transceiver, streams } => {
                format!("track of transceiver {} in {streams:?}", transceiver.0)
            }
            Event::StreamAddTrack { stream, transceiver } => {
                format!("addtrack {stream} transceiver {}", transceiver.0)
            }
            Event::StreamRemoveTrack { stream, transceiver } => {
                format!("removetrack {stream} transceiver {}", transceiver.0)
            }
            Event::TrackMute(id) => format!("mute transceiver {}", id.0),
            Event::TrackEnded(id) => format!("ended of transceiver {}", id.0),
            other => format!("{other:?}"),
        }
    }

    pub(crate) fn states(&mut self) {
        let line = format!("signaling {} {}", self.pcs[A].signaling_state(), self.pcs[B].signaling_state());
        self.note(&line);
    }

    /// A complete offer and answer, from `from` to `to`.
    pub(crate) fn negotiate(&mut self, from: usize, to: usize) {
        self.set_local(from);
        self.run();
        self.signal(from, to);
        self.run();
        self.set_local(to);
        self.run();
        self.signal(to, from);
        self.run();
    }
}

/// Plays a script and compares what it saw.
pub(crate) fn check(script: impl FnOnce(&mut Stage), expected: expect_test::Expect) {
    let mut stage = Stage::new();
    script(&mut stage);
    expected.assert_eq(&stage.log);
}
