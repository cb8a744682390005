//! The obsolete members of `RTCPeerConnection`, which the specification knows only as history: streams instead of tracks.
//!
//! They are the modern ones in other words, so both can be used on one connection.

use peer::{Error, ErrorName};

use crate::{MediaStream, MediaStreamTrack, RtcDtmfSender, RtcEventStream, RtcPeerConnection};

/// What happened to the streams of the remote peer.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RtcStreamEvent {
    /// `addstream`: there is a new one.
    AddStream(MediaStream),
    /// `removestream`: it has no tracks any more.
    RemoveStream(MediaStream),
}

/// The obsolete members of `RTCPeerConnection`.
///
/// ```
/// use visavis::legacy::RtcPeerConnectionLegacy;
/// use visavis::{MediaStream, MediaStreamTrack, RtcConfiguration, RtcMediaKind, RtcPeerConnection};
/// # fn main() -> Result<(), visavis::Error> {
/// let pc = RtcPeerConnection::new(RtcConfiguration::default())?;
/// let microphone = MediaStreamTrack::new(RtcMediaKind::Audio, "microphone");
/// let stream = MediaStream::with_tracks([microphone.clone()]);
/// pc.add_stream(&stream)?;
/// assert_eq!(pc.get_local_streams(), [stream.clone()]);
/// assert!(pc.create_dtmf_sender(&microphone).is_ok());
/// pc.remove_stream(&stream)?;
/// assert!(pc.get_local_streams().is_empty());
/// # Ok(())
/// # }
/// ```
pub trait RtcPeerConnectionLegacy {
    /// Sends all tracks of the stream that are not sent yet
    /// ([addStream](https://developer.mozilla.org/docs/Web/API/RTCPeerConnection/addStream)). Tracks that are added to
    /// the stream later are not.
    ///
    /// # Errors
    /// `InvalidStateError` when the connection is closed.
    fn add_stream(&self, stream: &MediaStream) -> Result<(), Error>;

    /// Stops sending the tracks of the stream
    /// ([removeStream](https://developer.mozilla.org/docs/Web/API/RTCPeerConnection/removeStream)).
    ///
    /// # Errors
    /// `InvalidStateError` when the connection is closed.
    fn remove_stream(&self, stream: &MediaStream) -> Result<(), Error>;

    /// The streams of the tracks that are sent, each once.
    fn get_local_streams(&self) -> Vec<MediaStream>;

    /// The remote peer's streams that have tracks.
    fn get_remote_streams(&self) -> Vec<MediaStream>;

    /// The sender of tones of the sender that sends this track.
    ///
    /// # Errors
    /// `SyntaxError` if no sender sends the track, or it is no audio.
    fn create_dtmf_sender(&self, track: &MediaStreamTrack) -> Result<RtcDtmfSender, Error>;

    /// The `addstream` and `removestream` events.
    fn stream_events(&self) -> RtcEventStream<RtcStreamEvent>;
}

impl RtcPeerConnectionLegacy for RtcPeerConnection {
    fn add_stream(&self, stream: &MediaStream) -> Result<(), Error> {
        let sent: Vec<_> = self.get_senders().iter().filter_map(|sender| sender.track()).collect();
        self.check_open()?;
        for track in stream.get_tracks().iter().filter(|track| !sent.contains(track)) {
            self.add_track(track, std::slice::from_ref(stream))?;
        }
        Ok(())
    }

    fn remove_stream(&self, stream: &MediaStream) -> Result<(), Error> {
        self.check_open()?;
        let tracks = stream.get_tracks();
        for sender in self.get_senders() {
            if sender.track().is_some_and(|track| tracks.contains(&track)) {
                self.remove_track(&sender)?;
            }
        }
        Ok(())
    }

    fn get_local_streams(&self) -> Vec<MediaStream> {
        self.handle.with(|shared| {
            let mut streams = Vec::new();
            for id in if shared.check_open().is_ok() { shared.peer.senders() } else { Vec::new() } {
                let Some(view) = shared.transceiver(id).filter(|view| view.sender.track.is_some()) else {
                    continue;
                };
                for stream in view.sender.streams.iter().filter_map(|id| shared.local_stream(id)) {
                    if !streams.contains(&stream) {
                        streams.push(stream);
                    }
                }
            }
            streams
        })
    }

    fn get_remote_streams(&self) -> Vec<MediaStream> {
        self.handle.with(|shared| shared.remote_streams())
    }

    fn create_dtmf_sender(&self, track: &MediaStreamTrack) -> Result<RtcDtmfSender, Error> {
        let senders = self.get_senders();
        let sender = senders.iter().find(|sender| sender.track().as_ref() == Some(track));
        sender.and_then(|sender| sender.dtmf()).ok_or_else(|| {
            Error::new(ErrorName::SyntaxError, "no sender of this connection sends this track as audio")
        })
    }

    fn stream_events(&self) -> RtcEventStream<RtcStreamEvent> {
        let source = self.handle.with(|shared| shared.stream_events());
        RtcEventStream::new(source, Some(std::sync::Arc::clone(&self.handle)))
    }
}
