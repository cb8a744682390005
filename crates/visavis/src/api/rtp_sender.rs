//! `RTCRtpSender`.

use peer::{
    Error, ErrorName, MediaKind, RtcpParameters, RtpCapabilities, SendParameters, SetParameterOptions,
    StatsReport, StatsSelector,
};

use crate::api::operation::Operation;
use crate::api::part::Part;
use crate::{MediaStream, MediaStreamTrack, RtcDtlsTransport, RtcDtmfSender};

/// The half of a transceiver that sends
/// ([webrtc-pc, section 5.2](https://www.w3.org/TR/webrtc/#rtcrtpsender-interface)).
///
/// A handle: clones are the same sender, and two handles are equal if they are of the same one. It keeps its connection
/// open. **No RTP flows yet**: its parameters are negotiated, checked and kept, and nothing is sent.
///
/// ```
/// use visavis::{MediaStream, MediaStreamTrack, RtcConfiguration, RtcMediaKind, RtcPeerConnection};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), visavis::Error> {
/// let pc = RtcPeerConnection::new(RtcConfiguration::default())?;
/// let camera = MediaStreamTrack::new(RtcMediaKind::Video, "camera");
/// let sender = pc.add_track(&camera, &[MediaStream::with_tracks([camera.clone()])])?;
/// assert_eq!(sender.track(), Some(camera));
///
/// let mut parameters = sender.get_parameters();
/// parameters.encodings[0].max_bitrate = Some(500_000);
/// sender.set_parameters(parameters, Default::default()).await?;
///
/// sender.replace_track(None).await?;
/// assert_eq!(sender.track(), None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RtcRtpSender {
    pub(crate) part: Part,
}

impl RtcRtpSender {
    pub(crate) fn new(part: Part) -> Self {
        RtcRtpSender { part }
    }

    /// What can be sent, at best
    /// ([getCapabilities](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-getcapabilities)).
    pub fn get_capabilities(kind: MediaKind) -> RtpCapabilities {
        peer::capabilities(kind, true)
    }

    /// The track that is sent.
    pub fn track(&self) -> Option<MediaStreamTrack> {
        self.part.handle.with(|shared| shared.sender_track(self.part.id))
    }

    /// For tones, if this sends audio.
    pub fn dtmf(&self) -> Option<RtcDtmfSender> {
        (self.part.kind() == MediaKind::Audio).then(|| RtcDtmfSender::new(self.part.clone()))
    }

    /// The transport that RTP goes over; `None` until it is negotiated.
    pub fn transport(&self) -> Option<RtcDtlsTransport> {
        let id = self.part.view()?.sender.transport?;
        Some(RtcDtlsTransport::new(&self.part.handle, id))
    }

    /// How it sends: what was negotiated, and what [`set_parameters`](RtcRtpSender::set_parameters) changes
    /// ([getParameters](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-getparameters)).
    pub fn get_parameters(&self) -> SendParameters {
        let parameters = self.part.handle.call(|shared, _| shared.sender_parameters(self.part.id));
        parameters.unwrap_or_else(|| SendParameters {
            transaction_id: String::new(),
            encodings: Vec::new(),
            header_extensions: Vec::new(),
            rtcp: RtcpParameters::default(),
            codecs: Vec::new(),
            degradation_preference: None,
        })
    }

    /// Changes how it sends: the encodings of what [`get_parameters`](RtcRtpSender::get_parameters) gave last, which can
    /// be set once
    /// ([setParameters](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-setparameters)).
    ///
    /// W3C wants both calls in one task of the event loop. Here they may be as far apart as they like, as long as
    /// nothing else has changed the parameters in between.
    ///
    /// # Errors
    /// `InvalidStateError` if the transceiver is stopped, if `get_parameters` was not called before, or if something has
    /// changed since; `InvalidModificationError` for what cannot be changed; `RangeError` for numbers out of their
    /// range.
    pub async fn set_parameters(
        &self,
        parameters: SendParameters,
        options: SetParameterOptions,
    ) -> Result<(), Error> {
        let begin = Operation::try_begin(&self.part.handle, |shared, _| {
            shared.set_sender_parameters(self.part.id, parameters, &options)
        });
        begin?.await?;
        Ok(())
    }

    /// Sends another track of the same kind, or none, without a negotiation
    /// ([replaceTrack](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-replacetrack)).
    ///
    /// # Errors
    /// `TypeError` for a track of another kind; `InvalidStateError` if the transceiver is stopped or the connection
    /// closed.
    pub async fn replace_track(&self, track: Option<&MediaStreamTrack>) -> Result<(), Error> {
        let id = self.part.id;
        let begin = Operation::try_begin(&self.part.handle, |shared, now| {
            let operation = shared.peer.replace_track(now, id, track.map(MediaStreamTrack::negotiated));
            if let Some(track) = track {
                shared.keep_replacing(operation, id, track.clone());
            }
            Ok(operation)
        });
        begin?.await?;
        Ok(())
    }

    /// The streams that the remote peer will see the track in, after the next negotiation
    /// ([setStreams](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-setstreams)).
    ///
    /// # Errors
    /// `InvalidStateError` when the connection is closed.
    pub fn set_streams(&self, streams: &[MediaStream]) -> Result<(), Error> {
        let ids: Vec<String> = streams.iter().map(|stream| stream.id().to_owned()).collect();
        self.part.handle.call(|shared, _| {
            shared.check_open()?;
            shared.peer.set_streams(self.part.id, &ids)?;
            shared.keep_sent(self.part.id, None, streams);
            Ok(())
        })
    }

    /// Statistics of what is sent, and what they refer to
    /// ([getStats](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-getstats)). Empty, as long as no RTP flows.
    ///
    /// # Errors
    /// `OperationError` if the connection failed internally; `InvalidAccessError` if the transceiver is long gone.
    pub async fn get_stats(&self) -> Result<StatsReport, Error> {
        self.part.handle.stats(&StatsSelector::Sender(self.part.id))
    }

    /// `InvalidAccessError` if it is not of this connection.
    pub(crate) fn check_connection(&self, key: u64) -> Result<(), Error> {
        if self.part.handle.key == key {
            return Ok(());
        }
        Err(Error::new(ErrorName::InvalidAccessError, "the sender is of another connection"))
    }
}

impl std::fmt::Debug for RtcRtpSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.part.fmt("RtcRtpSender", f)
    }
}
