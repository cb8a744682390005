//! `MediaStream` ([mediacapture-streams](https://www.w3.org/TR/mediacapture-streams/#mediastream)).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use peer::MediaKind;

use crate::api::unique_id::unique_id;
use crate::net::event_queue::Awake;
use crate::net::event_source::EventSource;
use crate::{MediaStreamTrack, MediaStreamTrackState, RtcEventStream};

/// An event of a stream: what a connection has changed in it. What the application changes fires none.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaStreamEvent {
    /// The remote peer added the track.
    AddTrack(MediaStreamTrack),
    /// The remote peer removed the track.
    RemoveTrack(MediaStreamTrack),
}

/// Tracks that belong together
/// ([mediacapture-streams, section 4.2](https://www.w3.org/TR/mediacapture-streams/#mediastream)).
///
/// A handle: clones are the same stream, and two handles are equal if they are of the same stream
/// ([`clone_stream`](MediaStream::clone_stream) makes another one). It keeps no connection open.
///
/// ```
/// use visavis::{MediaStream, MediaStreamTrack, RtcMediaKind};
/// let microphone = MediaStreamTrack::new(RtcMediaKind::Audio, "microphone");
/// let stream = MediaStream::with_tracks([microphone.clone()]);
/// stream.add_track(&MediaStreamTrack::new(RtcMediaKind::Video, "camera"));
/// assert_eq!(stream.get_audio_tracks(), [microphone]);
/// assert_eq!(stream.get_tracks().len(), 2);
/// assert!(stream.active());
/// ```
#[derive(Clone)]
pub struct MediaStream {
    inner: Arc<Inner>,
}

struct Inner {
    id: String,
    /// Taken last: nothing is locked under it.
    tracks: Mutex<Vec<MediaStreamTrack>>,
    events: Arc<EventSource<MediaStreamEvent>>,
}

impl MediaStream {
    /// A stream without tracks.
    pub fn new() -> Self {
        Self::named(unique_id())
    }

    /// A stream with these tracks, each once.
    pub fn with_tracks(tracks: impl IntoIterator<Item = MediaStreamTrack>) -> Self {
        let stream = Self::new();
        tracks.into_iter().for_each(|track| stream.add_track(&track));
        stream
    }

    /// The stream that the remote peer calls so.
    pub(crate) fn named(id: String) -> Self {
        MediaStream { inner: Arc::new(Inner { id, tracks: Mutex::default(), events: Arc::default() }) }
    }

    fn tracks(&self) -> MutexGuard<'_, Vec<MediaStreamTrack>> {
        // Nothing that could panic halfway is done under it.
        self.inner.tracks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its name: the remote peer sees the same.
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// Whether one of its tracks is live.
    pub fn active(&self) -> bool {
        self.get_tracks().iter().any(|track| track.ready_state() == MediaStreamTrackState::Live)
    }

    /// Its tracks, in the order in which they were added.
    pub fn get_tracks(&self) -> Vec<MediaStreamTrack> {
        self.tracks().clone()
    }

    /// Its audio tracks.
    pub fn get_audio_tracks(&self) -> Vec<MediaStreamTrack> {
        self.tracks_of(MediaKind::Audio)
    }

    /// Its video tracks.
    pub fn get_video_tracks(&self) -> Vec<MediaStreamTrack> {
        self.tracks_of(MediaKind::Video)
    }

    fn tracks_of(&self, kind: MediaKind) -> Vec<MediaStreamTrack> {
        self.tracks().iter().filter(|track| track.kind() == kind).cloned().collect()
    }

    /// Its track of that name.
    pub fn get_track_by_id(&self, id: &str) -> Option<MediaStreamTrack> {
        self.tracks().iter().find(|track| track.id() == id).cloned()
    }

    /// Adds a track, if it is not in it already. Fires no event.
    pub fn add_track(&self, track: &MediaStreamTrack) {
        let mut tracks = self.tracks();
        if !tracks.contains(track) {
            tracks.push(track.clone());
        }
    }

    /// Removes a track. Fires no event.
    pub fn remove_track(&self, track: &MediaStreamTrack) {
        self.tracks().retain(|known| known != track);
    }

    /// Another stream with clones of the tracks: W3C's `clone()`.
    pub fn clone_stream(&self) -> Self {
        Self::with_tracks(self.get_tracks().iter().map(MediaStreamTrack::clone_track))
    }

    /// Its events, from the first one that was not taken yet. They do not end.
    pub fn events(&self) -> RtcEventStream<MediaStreamEvent> {
        RtcEventStream::new(Arc::clone(&self.inner.events), None)
    }

    /// The remote peer adds a track.
    pub(crate) fn add_remote(&self, track: &MediaStreamTrack, awake: &mut Awake) {
        self.add_track(track);
        self.inner.events.push(MediaStreamEvent::AddTrack(track.clone()), awake);
    }

    /// The remote peer removes a track.
    pub(crate) fn remove_remote(&self, track: &MediaStreamTrack, awake: &mut Awake) {
        self.remove_track(track);
        self.inner.events.push(MediaStreamEvent::RemoveTrack(track.clone()), awake);
    }

    /// Whether nobody but the caller has it, and it is empty.
    pub(crate) fn is_forgotten(&self) -> bool {
        Arc::strong_count(&self.inner) == 1 && self.tracks().is_empty()
    }
}

impl Default for MediaStream {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for MediaStream {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl Eq for MediaStream {}

impl std::fmt::Debug for MediaStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MediaStream").field("id", &self.id()).finish_non_exhaustive()
    }
}
