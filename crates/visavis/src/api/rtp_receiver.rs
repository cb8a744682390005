//! `RTCRtpReceiver`.

use std::time::Duration;

use peer::{
    Error, MediaKind, ReceiveParameters, RtcpParameters, RtpCapabilities, RtpSource, StatsReport,
    StatsSelector,
};

use crate::api::part::Part;
use crate::{MediaStreamTrack, RtcDtlsTransport};

/// The half of a transceiver that receives
/// ([webrtc-pc, section 5.3](https://www.w3.org/TR/webrtc/#rtcrtpreceiver-interface)).
///
/// A handle: clones are the same receiver, and two handles are equal if they are of the same one. It keeps its
/// connection open. **No RTP flows yet**: its track stays muted.
///
/// ```
/// use visavis::{RtcConfiguration, RtcMediaKind, RtcPeerConnection};
/// # fn main() -> Result<(), visavis::Error> {
/// let pc = RtcPeerConnection::new(RtcConfiguration::default())?;
/// let receiver = pc.add_transceiver(RtcMediaKind::Audio, None)?.receiver();
/// assert_eq!(receiver.track().label(), "remote audio");
/// assert!(receiver.track().muted());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RtcRtpReceiver {
    part: Part,
}

impl RtcRtpReceiver {
    pub(crate) fn new(part: Part) -> Self {
        RtcRtpReceiver { part }
    }

    /// What can be received, at best
    /// ([getCapabilities](https://www.w3.org/TR/webrtc/#dom-rtcrtpreceiver-getcapabilities)).
    pub fn get_capabilities(kind: MediaKind) -> RtpCapabilities {
        peer::capabilities(kind, false)
    }

    /// The track that is received: always the same.
    pub fn track(&self) -> MediaStreamTrack {
        self.part.handle.with(|shared| shared.receiver_track(self.part.id))
    }

    /// The transport that RTP goes over; `None` until it is negotiated.
    pub fn transport(&self) -> Option<RtcDtlsTransport> {
        let id = self.part.view()?.receiver.transport?;
        Some(RtcDtlsTransport::new(&self.part.handle, id))
    }

    /// How it receives: what was negotiated
    /// ([getParameters](https://www.w3.org/TR/webrtc/#dom-rtcrtpreceiver-getparameters)).
    pub fn get_parameters(&self) -> ReceiveParameters {
        let read = self.part.handle.with(|shared| {
            shared.transceiver(self.part.id)?;
            shared.peer.receiver_parameters(self.part.id)
        });
        read.unwrap_or_else(|| ReceiveParameters {
            header_extensions: Vec::new(),
            rtcp: RtcpParameters::default(),
            codecs: Vec::new(),
        })
    }

    /// The contributing sources of the last ten seconds, the newest first
    /// ([getContributingSources](https://www.w3.org/TR/webrtc/#dom-rtcrtpreceiver-getcontributingsources)). There are
    /// none as long as no RTP flows.
    pub fn get_contributing_sources(&self) -> Vec<RtpSource> {
        let read = self.part.handle.with(|shared| {
            shared.transceiver(self.part.id)?;
            shared.peer.contributing_sources(self.part.id)
        });
        read.unwrap_or_default()
    }

    /// The synchronization sources of the last ten seconds, the newest first
    /// ([getSynchronizationSources](https://www.w3.org/TR/webrtc/#dom-rtcrtpreceiver-getsynchronizationsources)). There
    /// are none as long as no RTP flows.
    pub fn get_synchronization_sources(&self) -> Vec<RtpSource> {
        let read = self.part.handle.with(|shared| {
            shared.transceiver(self.part.id)?;
            shared.peer.synchronization_sources(self.part.id)
        });
        read.unwrap_or_default()
    }

    /// Statistics of what is received, and what they refer to
    /// ([getStats](https://www.w3.org/TR/webrtc/#dom-rtcrtpreceiver-getstats)). Empty, as long as no RTP flows.
    ///
    /// # Errors
    /// `OperationError` if the connection failed internally; `InvalidAccessError` if the transceiver is long gone.
    pub async fn get_stats(&self) -> Result<StatsReport, Error> {
        self.part.handle.stats(&StatsSelector::Receiver(self.part.id))
    }

    /// For how long media should wait before it is played; `None`: as long as it needs
    /// ([jitterBufferTarget](https://www.w3.org/TR/webrtc/#dom-rtcrtpreceiver-jitterbuffertarget)).
    pub fn jitter_buffer_target(&self) -> Option<Duration> {
        let milliseconds = self.part.view()?.receiver.jitter_buffer_target?;
        Some(Duration::from_secs_f64(milliseconds / 1000.0))
    }

    /// Sets [`jitter_buffer_target`](RtcRtpReceiver::jitter_buffer_target). Kept; as no RTP flows yet, it does nothing.
    ///
    /// # Errors
    /// `RangeError` for more than four seconds.
    pub fn set_jitter_buffer_target(&self, target: Option<Duration>) -> Result<(), Error> {
        let milliseconds = target.map(|target| target.as_secs_f64() * 1000.0);
        self.part.handle.call(|shared, _| {
            shared.check_open()?;
            shared.peer.set_jitter_buffer_target(self.part.id, milliseconds)
        })
    }
}

impl std::fmt::Debug for RtcRtpReceiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.part.fmt("RtcRtpReceiver", f)
    }
}
