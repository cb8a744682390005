//! The set of transceivers, and `RTCRtpTransceiver`'s attributes and methods.

use crate::{Error, TrackOrKind, TransceiverId, TransceiverInit, TransceiverView};

use super::PeerConnection;

impl PeerConnection {
    /// `addTransceiver()`
    /// ([webrtc-pc, section 5.1](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-addtransceiver)).
    ///
    /// # Errors
    /// `InvalidStateError`: the connection is closed.
    pub fn add_transceiver(
        &mut self,
        track_or_kind: TrackOrKind,
        init: TransceiverInit,
    ) -> Result<TransceiverId, Error> {
        // Steps 5 and 6.
        let (kind, track) = match track_or_kind {
            TrackOrKind::Track(track) => (track.kind, Some(track)),
            TrackOrKind::Kind(kind) => (kind, None),
        };
        // Step 7.
        if self.is_closed {
            return Err(Error::closed());
        }
        // Steps 9 to 12.
        let TransceiverInit { direction, streams, send_encodings } = init;
        let id = self.transceivers.create(kind, track, &streams, send_encodings, direction).id;
        self.negotiation.mark_stale();
        // Step 13.
        self.update_negotiation_needed();
        Ok(id)
    }

    /// `getTransceivers()`: those of the set, in insertion order.
    pub fn transceivers(&self) -> Vec<TransceiverId> {
        self.transceivers.iter().map(|transceiver| transceiver.id).collect()
    }

    /// The attributes of a transceiver, its sender and its receiver. Those that left the set stay readable; the
    /// oldest are forgotten beyond 1,024.
    pub fn transceiver(&self, id: TransceiverId) -> Option<TransceiverView> {
        let transceiver = self.transceivers.get(id)?;
        Some(transceiver.view(self.transceivers.is_attached(id), None))
    }
}
