//! addTrack() and removeTrack()
//! ([webrtc-pc, section 5.1](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-addtrack)).

use crate::transceiver::Transceiver;
use crate::{Error, Track, TransceiverDirection, TransceiverId};

use super::PeerConnection;

/// addTrack(), step 7: whether the sender of a transceiver can be used for a track.
fn can_reuse(transceiver: &Transceiver, track: &Track) -> bool {
    transceiver.sender.track.is_none()
        && transceiver.kind == track.kind
        && !transceiver.stopping
        && !transceiver.sender.has_ever_sent
}

impl PeerConnection {
    /// `addTrack()`. Names the transceiver of the sender that sends the track: one that never sent anything, or a new
    /// one. `streams` are the ids of the streams that the remote peer will see the track in.
    ///
    /// # Errors
    /// `InvalidStateError`: the connection is closed. `InvalidAccessError`: a sender sends this track already.
    /// `OperationError`: there are 1,024 transceivers.
    pub fn add_track(&mut self, track: Track, streams: &[String]) -> Result<TransceiverId, Error> {
        // Step 5.
        if self.is_closed {
            return Err(Error::closed());
        }
        // Step 6.
        let is_sent = |transceiver: &Transceiver| {
            !transceiver.stopped && transceiver.sender.track.as_ref().is_some_and(|sent| sent.id == track.id)
        };
        if self.transceivers.iter().any(is_sent) {
            return Err(Error::invalid_access("the track is sent already"));
        }
        // Step 7.
        let usable = self
            .transceivers
            .iter_mut()
            .find(|transceiver| !transceiver.stopped && can_reuse(transceiver, &track));
        let transceiver = match usable {
            // Step 8.
            Some(transceiver) => {
                transceiver.sender.track = Some(track);
                transceiver.sender.set_streams(streams);
                // RFC 9429, section 4.1.10.2: it outlives the rollback of the offer that created it, and is then as if
                // addTrack() had created it. One of addTransceiver() stays one.
                transceiver.by_add_track |= transceiver.by_remote;
                match transceiver.direction {
                    TransceiverDirection::RecvOnly => transceiver.direction = TransceiverDirection::SendRecv,
                    TransceiverDirection::Inactive => transceiver.direction = TransceiverDirection::SendOnly,
                    _ => {}
                }
                transceiver
            }
            // Step 9.
            None => {
                self.check_room()?;
                let direction = TransceiverDirection::SendRecv;
                let created =
                    self.transceivers.create(track.kind, Some(track), streams, Vec::new(), direction);
                created.by_add_track = true;
                created
            }
        };
        let id = transceiver.id;
        self.negotiation.mark_stale();
        // Step 11.
        self.update_negotiation_needed();
        Ok(id)
    }

    /// `removeTrack()`: the transceiver's sender sends nothing any more.
    ///
    /// # Errors
    /// `InvalidStateError`: the connection is closed. `InvalidAccessError`: there never was such a sender.
    pub fn remove_track(&mut self, id: TransceiverId) -> Result<(), Error> {
        // Step 3.
        if self.is_closed {
            return Err(Error::closed());
        }
        // Step 4.
        if !self.transceivers.was_created(id) {
            return Err(Error::invalid_access("this connection never had such a sender"));
        }
        // Steps 7 and 8.
        let Some(transceiver) = self.transceivers.iter_mut().find(|transceiver| transceiver.id == id) else {
            return Ok(());
        };
        // Steps 6 and 9.
        if transceiver.stopping || transceiver.sender.track.is_none() {
            return Ok(());
        }
        // Step 10.
        transceiver.sender.track = None;
        // Steps 11 and 12.
        match transceiver.direction {
            TransceiverDirection::SendRecv => transceiver.direction = TransceiverDirection::RecvOnly,
            TransceiverDirection::SendOnly => transceiver.direction = TransceiverDirection::Inactive,
            _ => {}
        }
        self.negotiation.mark_stale();
        // Step 13.
        self.update_negotiation_needed();
        Ok(())
    }
}
