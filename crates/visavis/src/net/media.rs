//! The media objects of a connection: the handles that stand for what the state machine knows by name.
//!
//! Tracks and streams point at no connection, so they may be kept here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use peer::{
    Error, ErrorName, Event, IdentityAssertion, MediaKind, OperationId, Outcome, SendParameters,
    SetParameterOptions, Track, TransceiverId, TransceiverView,
};

use crate::legacy::RtcStreamEvent;
use crate::net::connection::{Fate, Shared};
use crate::net::event_source::EventSource;
use crate::{MediaStream, MediaStreamTrack, RtcDtmfToneChangeEvent};

/// After so many new entries in the maps below, and as many again as there are, those are looked for that nobody needs
/// any more. The state machine remembers half as many transceivers.
const LOOK_AFTER: usize = 4096;

/// What the lock guards of it.
#[derive(Default)]
pub(crate) struct Media {
    /// The receivers' tracks, as far as anybody has asked for them.
    receiver_tracks: BTreeMap<TransceiverId, MediaStreamTrack>,
    /// The tracks that senders were given last.
    sender_tracks: BTreeMap<TransceiverId, MediaStreamTrack>,
    /// The tracks of `replaceTrack()` that wait for their turn. Bounded by the operations chain.
    replacing: BTreeMap<OperationId, (TransceiverId, MediaStreamTrack)>,
    /// What `getParameters()` returned last.
    returned: BTreeMap<TransceiverId, SendParameters>,
    /// The streams that tracks were added with.
    local_streams: BTreeMap<String, MediaStream>,
    /// The streams of the remote peer.
    remote_streams: BTreeMap<String, MediaStream>,
    /// The streams of each `track` event that waits in the connection's queue.
    track_events: VecDeque<Vec<MediaStream>>,
    tones: BTreeMap<TransceiverId, Arc<EventSource<RtcDtmfToneChangeEvent>>>,
    streams: Arc<EventSource<RtcStreamEvent>>,
    /// What `peerIdentity` settles with.
    identities: Arc<EventSource<Result<IdentityAssertion, Error>>>,
    /// How many entries may come until they are looked through.
    room: usize,
}

impl Shared {
    /// The attributes of a transceiver, its sender and its receiver; `None` if it is long gone.
    pub(crate) fn transceiver(&self, id: TransceiverId) -> Option<TransceiverView> {
        if self.fate == Fate::Broken { None } else { self.peer.transceiver(id) }
    }

    /// Takes what is about media; gives back what is not.
    pub(crate) fn take_media_event(&mut self, event: Event) -> Option<Event> {
        match event {
            Event::Track { transceiver, streams } => {
                self.fire_track(transceiver, streams);
                None
            }
            Event::TrackMute(id) | Event::TrackUnmute(id) => {
                let is_muted = matches!(event, Event::TrackMute(_));
                // Seen for the first time, it may say so already.
                let track = self.receiver_track_before(id, !is_muted);
                track.set_muted(is_muted, &mut self.awake);
                None
            }
            Event::TrackEnded(id) => {
                self.receiver_track_before(id, true).set_ended(&mut self.awake);
                None
            }
            Event::StreamAddTrack { stream, transceiver } => {
                let track = self.receiver_track(transceiver);
                self.remote_stream(stream).add_remote(&track, &mut self.awake);
                None
            }
            Event::StreamRemoveTrack { stream, transceiver } => {
                let track = self.receiver_track(transceiver);
                let stream = self.remote_stream(stream);
                stream.remove_remote(&track, &mut self.awake);
                if stream.get_tracks().is_empty() {
                    self.media.streams.push(RtcStreamEvent::RemoveStream(stream), &mut self.awake);
                }
                None
            }
            Event::ToneChange { transceiver, tone } => {
                let source = Arc::clone(self.tones(transceiver));
                source.push(RtcDtmfToneChangeEvent { tone }, &mut self.awake);
                None
            }
            Event::PeerIdentity(result) => {
                self.media.identities.push(result, &mut self.awake);
                None
            }
            event => Some(event),
        }
    }

    /// Where what `peerIdentity` settles with comes from.
    pub(crate) fn peer_identities(&self) -> Arc<EventSource<Result<IdentityAssertion, Error>>> {
        Arc::clone(&self.media.identities)
    }

    fn fire_track(&mut self, transceiver: TransceiverId, streams: Vec<String>) {
        self.receiver_track(transceiver);
        let handles = streams.iter().map(|id| self.remote_stream(id.clone())).collect();
        self.media.track_events.push_back(handles);
        self.push_event(Event::Track { transceiver, streams });
    }

    /// The streams of the `track` event that was taken from the queue.
    pub(crate) fn next_track_streams(&mut self) -> Vec<MediaStream> {
        self.media.track_events.pop_front().unwrap_or_default()
    }

    /// The track of a receiver: always the same.
    pub(crate) fn receiver_track(&mut self, id: TransceiverId) -> MediaStreamTrack {
        if let Some(track) = self.media.receiver_tracks.get(&id) {
            return track.clone();
        }
        let track = match self.transceiver(id) {
            Some(view) => {
                let is_ended = view.receiver.ended || self.fate != Fate::Open;
                MediaStreamTrack::remote(view.receiver.track, view.receiver.muted, is_ended)
            }
            None => MediaStreamTrack::remote(Track { id: String::new(), kind: MediaKind::Audio }, true, true),
        };
        self.keep_receiver_track(id, track)
    }

    /// The track of a receiver to which something has just happened.
    fn receiver_track_before(&mut self, id: TransceiverId, was_muted: bool) -> MediaStreamTrack {
        match self.media.receiver_tracks.get(&id) {
            Some(track) => track.clone(),
            None => {
                let Some(view) = self.transceiver(id) else { return self.receiver_track(id) };
                let track = MediaStreamTrack::remote(view.receiver.track, was_muted, false);
                self.keep_receiver_track(id, track)
            }
        }
    }

    fn keep_receiver_track(&mut self, id: TransceiverId, track: MediaStreamTrack) -> MediaStreamTrack {
        self.tidy();
        self.media.receiver_tracks.insert(id, track.clone());
        track
    }

    /// The track of a sender.
    pub(crate) fn sender_track(&self, id: TransceiverId) -> Option<MediaStreamTrack> {
        let track = self.transceiver(id)?.sender.track?;
        let replacing = || self.media.replacing.values().map(|(_, track)| track);
        let known = self.media.sender_tracks.get(&id).into_iter().chain(replacing());
        known.into_iter().find(|known| known.id() == track.id).cloned()
    }

    /// A sender was given a track and streams.
    pub(crate) fn keep_sent(
        &mut self,
        id: TransceiverId,
        track: Option<&MediaStreamTrack>,
        streams: &[MediaStream],
    ) {
        self.tidy();
        if let Some(track) = track {
            self.media.sender_tracks.insert(id, track.clone());
        }
        for stream in streams {
            self.media.local_streams.entry(stream.id().to_owned()).or_insert_with(|| stream.clone());
        }
    }

    /// `replaceTrack()` has begun.
    pub(crate) fn keep_replacing(
        &mut self,
        operation: OperationId,
        id: TransceiverId,
        track: MediaStreamTrack,
    ) {
        self.media.replacing.insert(operation, (id, track));
    }

    /// A promise settles. If it was of `replaceTrack()`, the sender has its new track.
    pub(crate) fn settle_media(&mut self, operation: OperationId, result: &Result<Outcome, Error>) {
        if let Some((id, track)) = self.media.replacing.remove(&operation)
            && result.is_ok()
        {
            self.media.sender_tracks.insert(id, track);
        }
    }

    /// The remote peer's stream of that name: always the same as long as anybody has it or it has tracks.
    fn remote_stream(&mut self, id: String) -> MediaStream {
        if let Some(stream) = self.media.remote_streams.get(&id) {
            return stream.clone();
        }
        self.tidy();
        let stream = MediaStream::named(id.clone());
        self.media.remote_streams.insert(id, stream.clone());
        self.media.streams.push(RtcStreamEvent::AddStream(stream.clone()), &mut self.awake);
        stream
    }

    /// The remote streams that have tracks.
    pub(crate) fn remote_streams(&self) -> Vec<MediaStream> {
        self.media.remote_streams.values().filter(|stream| !stream.get_tracks().is_empty()).cloned().collect()
    }

    /// The local stream of that name.
    pub(crate) fn local_stream(&self, id: &str) -> Option<MediaStream> {
        self.media.local_streams.get(id).cloned()
    }

    /// Where `addstream` and `removestream` come from.
    pub(crate) fn stream_events(&self) -> Arc<EventSource<RtcStreamEvent>> {
        Arc::clone(&self.media.streams)
    }

    /// Where a sender's `tonechange` events come from.
    pub(crate) fn tones(&mut self, id: TransceiverId) -> &Arc<EventSource<RtcDtmfToneChangeEvent>> {
        self.tidy();
        let source = self.media.tones.entry(id).or_default();
        if self.fate != Fate::Open {
            source.end(&mut self.awake);
        }
        source
    }

    /// `getParameters()` of a sender.
    pub(crate) fn sender_parameters(&mut self, id: TransceiverId) -> Option<SendParameters> {
        if self.fate == Fate::Broken {
            return None;
        }
        self.tidy();
        let parameters = self.peer.sender_parameters(id)?;
        self.media.returned.insert(id, parameters.clone());
        Some(parameters)
    }

    /// `setParameters()` of a sender. W3C wants the parameters from the same task. Here no task of the application is
    /// known, so they are good until something else has changed them.
    pub(crate) fn set_sender_parameters(
        &mut self,
        id: TransceiverId,
        mut parameters: SendParameters,
        options: &SetParameterOptions,
    ) -> Result<OperationId, Error> {
        if let Some(last) = self.media.returned.get(&id)
            && last.transaction_id == parameters.transaction_id
            && let Some(now) = self.peer.sender_parameters(id)
        {
            let unchanged =
                SendParameters { transaction_id: now.transaction_id.clone(), ..last.clone() } == now;
            if !unchanged {
                let message = "the parameters have changed since they were read";
                return Err(Error::new(ErrorName::InvalidStateError, message));
            }
            parameters.transaction_id = now.transaction_id;
            // They can be set once.
            self.media.returned.remove(&id);
        }
        self.peer.set_parameters(id, parameters, options)
    }

    /// The connection has ended: so have its tracks, and no more events come.
    pub(crate) fn end_media(&mut self) {
        let Shared { media, awake, .. } = self;
        media.receiver_tracks.values().for_each(|track| track.set_ended(awake));
        media.tones.values().for_each(|source| source.end(awake));
        media.streams.end(awake);
        media.identities.end(awake);
        media.replacing.clear();
    }

    /// An entry is about to come. Forgets those that nobody needs any more, when there are many.
    fn tidy(&mut self) {
        let Shared { peer, fate, media, .. } = self;
        if media.room > 0 || *fate == Fate::Broken {
            media.room = media.room.saturating_sub(1);
            return;
        }
        let is_known = |id: &TransceiverId| peer.transceiver(*id).is_some();
        media.receiver_tracks.retain(|id, _| is_known(id));
        media.sender_tracks.retain(|id, _| is_known(id));
        media.returned.retain(|id, _| is_known(id));
        media.tones.retain(|id, _| is_known(id));
        media.remote_streams.retain(|_, stream| !stream.is_forgotten());
        let views = peer.transceivers().into_iter().filter_map(|id| peer.transceiver(id));
        let used: BTreeSet<String> = views.flat_map(|view| view.sender.streams).collect();
        media.local_streams.retain(|id, _| used.contains(id));
        let left = media.receiver_tracks.len() + media.remote_streams.len() + media.local_streams.len();
        media.room = LOOK_AFTER.max(left);
    }
}
