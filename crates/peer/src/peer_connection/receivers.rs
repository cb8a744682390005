//! `RTCRtpReceiver` ([webrtc-pc, section 5.3](https://www.w3.org/TR/webrtc/#rtcrtpreceiver-interface)).

use crate::{Error, ErrorName, Event, ReceiveParameters, RtcpParameters, RtpSource, TransceiverId};

use super::PeerConnection;

/// The largest target of a jitter buffer, in milliseconds.
const MAX_JITTER_BUFFER_TARGET: f64 = 4_000.0;

impl PeerConnection {
    /// `getParameters()` of a receiver.
    pub fn receiver_parameters(&self, id: TransceiverId) -> Option<ReceiveParameters> {
        let receiver = &self.transceivers.get(id)?.receiver;
        Some(ReceiveParameters {
            header_extensions: receiver.header_extensions.clone(),
            rtcp: RtcpParameters { cname: None, reduced_size: receiver.reduced_size },
            codecs: receiver.receive_codecs.clone(),
        })
    }

    /// `getContributingSources()` of a receiver: those of the last 10 seconds, the newest first. There are none before
    /// RTP is received, which no transport does yet.
    pub fn contributing_sources(&self, id: TransceiverId) -> Option<Vec<RtpSource>> {
        self.transceivers.get(id).map(|_| Vec::new())
    }

    /// `getSynchronizationSources()` of a receiver: those of the last 10 seconds, the newest first. There are none
    /// before RTP is received, which no transport does yet.
    pub fn synchronization_sources(&self, id: TransceiverId) -> Option<Vec<RtpSource>> {
        self.transceivers.get(id).map(|_| Vec::new())
    }

    /// Sets `jitterBufferTarget` of a receiver, in milliseconds; `None` is no preference. As there is no RTP yet, it is
    /// only remembered.
    ///
    /// # Errors
    /// `RangeError`: it is negative or more than 4,000. `TypeError`: it is no number.
    pub fn set_jitter_buffer_target(&mut self, id: TransceiverId, target: Option<f64>) -> Result<(), Error> {
        let transceiver = self.existing_mut(id)?;
        match target {
            // WebIDL: a `DOMHighResTimeStamp` is a finite number.
            Some(target) if !target.is_finite() => Err(Error::type_error("the target is not finite")),
            // Step 3.
            Some(target) if !(0.0..=MAX_JITTER_BUFFER_TARGET).contains(&target) => {
                Err(Error::new(ErrorName::RangeError, "the target is not between 0 and 4000 ms"))
            }
            target => {
                // Step 4.
                transceiver.receiver.jitter_buffer_target = target;
                Ok(())
            }
        }
    }

    /// The steps for a receiver's track to be ended (mediacapture-streams, track ended), in their task.
    pub(super) fn end_track(&mut self, id: TransceiverId) {
        if let Some(transceiver) = self.transceivers.get_mut(id)
            && !std::mem::replace(&mut transceiver.receiver.ended, true)
        {
            self.events.push_back(Event::TrackEnded(id));
        }
    }
}
