//! Two connections whose operations are played one by one, without IO and without a log.

use peer::{
    Configuration, Event, MediaKind, OfferOptions, OperationId, Outcome, PeerConnection, SdpType,
    SessionDescriptionInit, Track, TrackOrKind, TransceiverId, TransceiverInit,
};

use super::{connection, start};

/// A connection, and what has happened to it.
pub(crate) struct Side {
    pub(crate) pc: PeerConnection,
    /// The events since they were taken last.
    pub(crate) events: Vec<Event>,
}

/// A track by its id.
pub(crate) fn track(kind: MediaKind, id: &str) -> Track {
    Track { id: id.to_owned(), kind }
}

impl Side {
    pub(crate) fn new(seed: u8) -> Self {
        Side::with(Configuration::default(), seed)
    }

    pub(crate) fn with(configuration: Configuration, seed: u8) -> Self {
        Side { pc: connection(configuration, seed), events: Vec::new() }
    }

    /// Runs every task.
    pub(crate) fn run(&mut self) {
        while self.pc.run_task(start()) {
            while let Some(event) = self.pc.poll_event() {
                self.events.push(event);
            }
        }
    }

    /// Runs tasks until the promise settles, and no further.
    pub(crate) fn settle(&mut self, id: OperationId) -> Result<Outcome, peer::Error> {
        loop {
            assert!(self.pc.run_task(start()), "the promise does not settle");
            let mut settled = None;
            while let Some(event) = self.pc.poll_event() {
                match event {
                    Event::Settled(other, result) if other == id => settled = Some(result),
                    event => self.events.push(event),
                }
            }
            if let Some(result) = settled {
                return result;
            }
        }
    }

    pub(crate) fn add_track(&mut self, kind: MediaKind, id: &str, streams: &[&str]) -> TransceiverId {
        let streams: Vec<String> = streams.iter().map(|&stream| stream.to_owned()).collect();
        self.pc.add_track(track(kind, id), &streams).expect("a sender")
    }

    pub(crate) fn add_transceiver(&mut self, kind: MediaKind, init: TransceiverInit) -> TransceiverId {
        self.pc.add_transceiver(TrackOrKind::Kind(kind), init).expect("a transceiver")
    }

    pub(crate) fn replace_track(&mut self, id: TransceiverId, new: Option<Track>) {
        let id = self.pc.replace_track(start(), id, new);
        self.settle(id).expect("replaced");
    }

    /// The SDP of a new offer.
    pub(crate) fn offer(&mut self) -> String {
        let id = self.pc.create_offer(start(), OfferOptions::default());
        match self.settle(id) {
            Ok(Outcome::Description(description)) => description.sdp,
            other => panic!("{other:?}"),
        }
    }

    /// The SDP of a new answer.
    pub(crate) fn answer(&mut self) -> String {
        let id = self.pc.create_answer(start());
        match self.settle(id) {
            Ok(Outcome::Description(description)) => description.sdp,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn set_local(&mut self, kind: SdpType, sdp: &str) {
        let init = SessionDescriptionInit { kind: Some(kind), sdp: sdp.to_owned() };
        let id = self.pc.set_local_description(start(), Some(init));
        self.settle(id).expect("set");
    }

    pub(crate) fn try_remote(&mut self, kind: SdpType, sdp: &str) -> Result<Outcome, peer::Error> {
        let init = SessionDescriptionInit { kind: Some(kind), sdp: sdp.to_owned() };
        let id = self.pc.set_remote_description(start(), init);
        self.settle(id)
    }

    /// Sets a remote description; what happened in its task, in short.
    pub(crate) fn set_remote(&mut self, kind: SdpType, sdp: &str) -> Vec<String> {
        self.events.clear();
        self.try_remote(kind, sdp).expect("set");
        let short = self.events.iter().filter_map(|event| match event {
            Event::Track { transceiver, streams } => Some(format!("track {} {streams:?}", transceiver.0)),
            Event::TrackMute(id) => Some(format!("mute {}", id.0)),
            Event::StreamAddTrack { stream, transceiver } => Some(format!("add {} {stream}", transceiver.0)),
            Event::StreamRemoveTrack { stream, transceiver } => {
                Some(format!("remove {} {stream}", transceiver.0))
            }
            _ => None,
        });
        short.collect()
    }

    /// The local description, as it is to be signalled.
    pub(crate) fn local(&self) -> String {
        self.pc.local_description().expect("a local description").sdp.clone()
    }

    /// A line for each transceiver: kind, direction, current direction, whether it has a mid, and the sent track.
    pub(crate) fn transceivers(&self) -> Vec<String> {
        let views = self.pc.transceivers().into_iter().filter_map(|id| self.pc.transceiver(id));
        let line = |view: peer::TransceiverView| {
            format!(
                "{} {} {} {} {}",
                view.kind,
                view.direction,
                view.current_direction.map_or("-", |direction| direction.as_str()),
                view.mid.map_or("-", |_| "mid"),
                view.sender.track.map_or("-".to_owned(), |track| track.id),
            )
        };
        views.map(line).collect()
    }

    /// Takes whether negotiation was asked for since.
    pub(crate) fn needs_negotiation(&mut self) -> bool {
        self.run();
        let needed = self.events.contains(&Event::NegotiationNeeded);
        self.events.clear();
        needed
    }
}

/// An offer, and its answer, applied in the order in which the sides would have them over a fast network.
pub(crate) fn offer_answer(offerer: &mut Side, answerer: &mut Side) {
    let offer = offerer.offer();
    answerer.set_remote(SdpType::Offer, &offer);
    offerer.set_local(SdpType::Offer, &offer);
    let answer = answerer.answer();
    offerer.set_remote(SdpType::Answer, &answer);
    answerer.set_local(SdpType::Answer, &answer);
}
