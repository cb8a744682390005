//! `MediaStreamTrack` ([mediacapture-streams](https://www.w3.org/TR/mediacapture-streams/#mediastreamtrack)).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;

use peer::{MediaKind, Track};

use crate::RtcEventStream;
use crate::api::unique_id::unique_id;
use crate::net::event_queue::Awake;
use crate::net::event_source::EventSource;

/// `MediaStreamTrackState`: whether a track can still carry something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaStreamTrackState {
    /// It can.
    Live,
    /// It never will again.
    Ended,
}

impl MediaStreamTrackState {
    /// The enumeration's value exactly as W3C has it.
    pub fn as_str(self) -> &'static str {
        match self {
            MediaStreamTrackState::Live => "live",
            MediaStreamTrackState::Ended => "ended",
        }
    }
}

/// An event of a track.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaStreamTrackEvent {
    /// Nothing comes for now.
    Mute,
    /// Something comes again.
    Unmute,
    /// Nothing will come again: the last event.
    Ended,
}

/// One line of sound or pictures
/// ([mediacapture-streams, section 4.3](https://www.w3.org/TR/mediacapture-streams/#mediastreamtrack)).
///
/// A handle: clones are the same track, and two handles are equal if they are of the same track
/// ([`clone_track`](MediaStreamTrack::clone_track) makes another one). It keeps no connection open.
///
/// A track of the application's own says that there is something to be sent, and has it negotiated. **Nothing is behind
/// it yet**: there is no way to give it sound or pictures, or to take them from a remote one, so the members of W3C
/// that are about a source (`getSettings`, `applyConstraints` ...) are not here either.
///
/// ```
/// use visavis::{MediaStreamTrack, MediaStreamTrackState, RtcMediaKind};
/// let track = MediaStreamTrack::new(RtcMediaKind::Audio, "microphone");
/// let other = track.clone_track();
/// track.stop();
/// assert_eq!(track.ready_state(), MediaStreamTrackState::Ended);
/// assert_eq!(other.ready_state(), MediaStreamTrackState::Live);
/// assert_ne!(track.id(), other.id());
/// ```
#[derive(Clone)]
pub struct MediaStreamTrack {
    inner: Arc<Inner>,
}

struct Inner {
    track: Track,
    label: String,
    /// Taken last: nothing is locked under it.
    slots: Mutex<Slots>,
    events: Arc<EventSource<MediaStreamTrackEvent>>,
    source: Arc<Source>,
}

/// All tracks of one source: what happens to it happens to each. Taken last.
#[derive(Default)]
struct Source(Mutex<Vec<Weak<Inner>>>);

impl Source {
    fn tracks(&self) -> MutexGuard<'_, Vec<Weak<Inner>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a track, and forgets those that are gone.
    fn add(&self, track: &Arc<Inner>) {
        let mut tracks = self.tracks();
        tracks.retain(|track| track.strong_count() > 0);
        tracks.push(Arc::downgrade(track));
    }

    /// Those that are left.
    fn living(&self) -> Vec<MediaStreamTrack> {
        let tracks = self.tracks();
        tracks.iter().filter_map(Weak::upgrade).map(|inner| MediaStreamTrack { inner }).collect()
    }
}

#[derive(Clone, Copy)]
struct Slots {
    is_enabled: bool,
    is_muted: bool,
    is_ended: bool,
}

impl MediaStreamTrack {
    /// A track of the application's own. The label is for people.
    pub fn new(kind: MediaKind, label: impl Into<String>) -> Self {
        let slots = Slots { is_enabled: true, is_muted: false, is_ended: false };
        Self::from_parts(Track { id: unique_id(), kind }, label.into(), slots, Arc::default())
    }

    /// The track of a receiver.
    pub(crate) fn remote(track: Track, is_muted: bool, is_ended: bool) -> Self {
        // webrtc-pc, create an RTCRtpReceiver, step 4.
        let label = format!("remote {}", track.kind);
        Self::from_parts(track, label, Slots { is_enabled: true, is_muted, is_ended }, Arc::default())
    }

    fn from_parts(track: Track, label: String, slots: Slots, source: Arc<Source>) -> Self {
        let events = Arc::<EventSource<_>>::default();
        if slots.is_ended {
            events.end(&mut Awake::new());
        }
        let inner = Arc::new(Inner { track, label, slots: Mutex::new(slots), events, source });
        inner.source.add(&inner);
        MediaStreamTrack { inner }
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        // Nothing that could panic is done under it.
        self.inner.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is audio or video.
    pub fn kind(&self) -> MediaKind {
        self.inner.track.kind
    }

    /// Its name, which no other track has.
    pub fn id(&self) -> &str {
        &self.inner.track.id
    }

    /// What people know its source by.
    pub fn label(&self) -> &str {
        &self.inner.label
    }

    /// Whether what it carries is let through; otherwise it is silent or black.
    pub fn enabled(&self) -> bool {
        self.slots().is_enabled
    }

    /// Sets [`enabled`](MediaStreamTrack::enabled).
    pub fn set_enabled(&self, enabled: bool) {
        self.slots().is_enabled = enabled;
    }

    /// Whether nothing comes from its source for now.
    pub fn muted(&self) -> bool {
        self.slots().is_muted
    }

    /// Whether it can still carry something.
    pub fn ready_state(&self) -> MediaStreamTrackState {
        if self.slots().is_ended { MediaStreamTrackState::Ended } else { MediaStreamTrackState::Live }
    }

    /// Ends it, without an event
    /// ([stop](https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrack-stop)).
    pub fn stop(&self) {
        if !std::mem::replace(&mut self.slots().is_ended, true) {
            let mut awake = Awake::new();
            self.inner.events.end(&mut awake);
            awake.into_iter().for_each(Waker::wake);
        }
    }

    /// Another track with the same source, as this one is now: W3C's `clone()`.
    pub fn clone_track(&self) -> Self {
        let slots = *self.slots();
        let track = Track { id: unique_id(), kind: self.kind() };
        Self::from_parts(track, self.inner.label.clone(), slots, Arc::clone(&self.inner.source))
    }

    /// Its events, from the first one that was not taken yet.
    pub fn events(&self) -> RtcEventStream<MediaStreamTrackEvent> {
        RtcEventStream::new(Arc::clone(&self.inner.events), None)
    }

    /// What negotiation knows of it.
    pub(crate) fn negotiated(&self) -> Track {
        self.inner.track.clone()
    }

    /// The connection mutes or unmutes its source.
    pub(crate) fn set_muted(&self, is_muted: bool, awake: &mut Awake) {
        let event = if is_muted { MediaStreamTrackEvent::Mute } else { MediaStreamTrackEvent::Unmute };
        for track in self.inner.source.living() {
            let mut slots = track.slots();
            let changes = !slots.is_ended && std::mem::replace(&mut slots.is_muted, is_muted) != is_muted;
            drop(slots);
            if changes {
                track.inner.events.push(event, awake);
            }
        }
    }

    /// The connection ends its source.
    pub(crate) fn set_ended(&self, awake: &mut Awake) {
        for track in self.inner.source.living() {
            if !std::mem::replace(&mut track.slots().is_ended, true) {
                track.inner.events.push(MediaStreamTrackEvent::Ended, awake);
                track.inner.events.end(awake);
            }
        }
    }
}

impl PartialEq for MediaStreamTrack {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl Eq for MediaStreamTrack {}

impl std::fmt::Debug for MediaStreamTrack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MediaStreamTrack")
            .field("kind", &self.kind())
            .field("id", &self.id())
            .field("ready_state", &self.ready_state())
            .finish_non_exhaustive()
    }
}
