//! `RTCRtpTransceiver`.

use std::sync::Arc;

use peer::{
    Codec, EncodingParameters, Error, HeaderExtensionCapability, MediaKind, TransceiverDirection,
    TransceiverId,
};

use crate::api::part::Part;
use crate::net::connection::Handle;
use crate::{MediaStream, MediaStreamTrack, RtcRtpReceiver, RtcRtpSender};

/// What a transceiver is added for: a track that will be sent, or only its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RtcTrackOrKind {
    /// A track.
    Track(MediaStreamTrack),
    /// No track yet.
    Kind(MediaKind),
}

impl From<MediaStreamTrack> for RtcTrackOrKind {
    fn from(track: MediaStreamTrack) -> Self {
        RtcTrackOrKind::Track(track)
    }
}

impl From<&MediaStreamTrack> for RtcTrackOrKind {
    fn from(track: &MediaStreamTrack) -> Self {
        RtcTrackOrKind::Track(track.clone())
    }
}

impl From<MediaKind> for RtcTrackOrKind {
    fn from(kind: MediaKind) -> Self {
        RtcTrackOrKind::Kind(kind)
    }
}

/// `RTCRtpTransceiverInit`
/// ([webrtc-pc, section 5.1](https://www.w3.org/TR/webrtc/#dom-rtcrtptransceiverinit)).
///
/// ```
/// use visavis::{RtcRtpTransceiverDirection, RtcRtpTransceiverInit};
/// let init = RtcRtpTransceiverInit { direction: RtcRtpTransceiverDirection::RecvOnly, ..Default::default() };
/// assert!(init.streams.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RtcRtpTransceiverInit {
    /// What this end would like to do with it. Both ways, unless set.
    pub direction: TransceiverDirection,
    /// The streams that the remote peer will see the track in.
    pub streams: Vec<MediaStream>,
    /// The encodings that are sent. Empty is one with the defaults.
    pub send_encodings: Vec<EncodingParameters>,
}

/// A sender and a receiver that share an m-section of the descriptions
/// ([webrtc-pc, section 5.4](https://www.w3.org/TR/webrtc/#rtcrtptransceiver-interface)).
///
/// A handle: clones are the same transceiver, and two handles are equal if they are of the same one. It keeps its
/// connection open.
///
/// Negotiation is complete; **no RTP flows yet**: what a transceiver negotiates is not sent, and nothing is received.
///
/// ```
/// use visavis::{RtcConfiguration, RtcMediaKind, RtcPeerConnection, RtcRtpTransceiverDirection};
/// # fn main() -> Result<(), visavis::Error> {
/// let pc = RtcPeerConnection::new(RtcConfiguration::default())?;
/// let transceiver = pc.add_transceiver(RtcMediaKind::Video, None)?;
/// transceiver.set_direction(RtcRtpTransceiverDirection::RecvOnly)?;
/// assert_eq!(transceiver.mid(), None, "not negotiated yet");
/// assert_eq!(pc.get_transceivers(), [transceiver]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RtcRtpTransceiver {
    part: Part,
}

impl RtcRtpTransceiver {
    pub(crate) fn new(handle: &Arc<Handle>, id: TransceiverId) -> Self {
        RtcRtpTransceiver { part: Part { handle: Arc::clone(handle), id } }
    }

    /// The m-section that it is negotiated in; `None` before, and when it is stopped.
    pub fn mid(&self) -> Option<String> {
        self.part.view()?.mid
    }

    /// What it sends.
    pub fn sender(&self) -> RtcRtpSender {
        RtcRtpSender::new(self.part.clone())
    }

    /// What it receives.
    pub fn receiver(&self) -> RtcRtpReceiver {
        RtcRtpReceiver::new(self.part.clone())
    }

    /// What this end would like to do; "stopped" once it is stopping.
    pub fn direction(&self) -> TransceiverDirection {
        self.part.view().map_or(TransceiverDirection::Stopped, |view| view.direction)
    }

    /// Sets what this end would like to do. It takes effect with the next negotiation.
    ///
    /// # Errors
    /// `InvalidStateError` when the transceiver is stopped or the connection closed; `TypeError` for "stopped".
    pub fn set_direction(&self, direction: TransceiverDirection) -> Result<(), Error> {
        self.part.handle.call(|shared, _| {
            shared.check_open()?;
            shared.peer.set_direction(self.part.id, direction)
        })
    }

    /// What was negotiated; `None` if nothing was yet.
    pub fn current_direction(&self) -> Option<TransceiverDirection> {
        match self.part.view() {
            Some(view) => view.current_direction,
            None => Some(TransceiverDirection::Stopped),
        }
    }

    /// Stops it for good: at once here, at the remote peer with the next negotiation
    /// ([stop](https://www.w3.org/TR/webrtc/#dom-rtcrtptransceiver-stop)).
    ///
    /// # Errors
    /// `InvalidStateError` when the connection is closed.
    pub fn stop(&self) -> Result<(), Error> {
        self.part.handle.call(|shared, _| {
            shared.check_open()?;
            shared.peer.stop_transceiver(self.part.id)
        })
    }

    /// Which codecs are to be negotiated, in this order; none of them: the default again
    /// ([setCodecPreferences](https://www.w3.org/TR/webrtc/#dom-rtcrtptransceiver-setcodecpreferences)).
    ///
    /// # Errors
    /// `InvalidModificationError` for a codec that is not among
    /// [`RtcRtpReceiver::get_capabilities`], or if none of them carries media.
    pub fn set_codec_preferences(&self, codecs: &[Codec]) -> Result<(), Error> {
        self.part.handle.call(|shared, _| {
            shared.check_open()?;
            shared.peer.set_codec_preferences(self.part.id, codecs)
        })
    }

    /// The header extensions that are to be negotiated, "stopped" for those that are not
    /// ([getHeaderExtensionsToNegotiate](https://w3c.github.io/webrtc-extensions/#dom-rtcrtptransceiver-getheaderextensionstonegotiate)).
    pub fn get_header_extensions_to_negotiate(&self) -> Vec<HeaderExtensionCapability> {
        let read = self.part.handle.with(|shared| {
            shared.transceiver(self.part.id)?;
            shared.peer.header_extensions_to_negotiate(self.part.id)
        });
        read.unwrap_or_default()
    }

    /// Sets the directions of the header extensions that are to be negotiated: the same extensions in the same order
    /// ([setHeaderExtensionsToNegotiate](https://w3c.github.io/webrtc-extensions/#dom-rtcrtptransceiver-setheaderextensionstonegotiate)).
    ///
    /// # Errors
    /// `InvalidModificationError` for other extensions, or for a mandatory one that would not be sent and received;
    /// `TypeError` for an empty URI.
    pub fn set_header_extensions_to_negotiate(
        &self,
        extensions: Vec<HeaderExtensionCapability>,
    ) -> Result<(), Error> {
        self.part.handle.call(|shared, _| {
            shared.check_open()?;
            shared.peer.set_header_extensions_to_negotiate(self.part.id, extensions)
        })
    }

    /// All header extensions, "stopped" for those that were not negotiated
    /// ([getNegotiatedHeaderExtensions](https://w3c.github.io/webrtc-extensions/#dom-rtcrtptransceiver-getnegotiatedheaderextensions)).
    pub fn get_negotiated_header_extensions(&self) -> Vec<HeaderExtensionCapability> {
        let read = self.part.handle.with(|shared| {
            shared.transceiver(self.part.id)?;
            shared.peer.negotiated_header_extensions(self.part.id)
        });
        read.unwrap_or_default()
    }
}

impl std::fmt::Debug for RtcRtpTransceiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.part.fmt("RtcRtpTransceiver", f)
    }
}
