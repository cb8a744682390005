//! Processing remote MediaStreamTracks
//! ([webrtc-pc, section 5.1.1](https://www.w3.org/TR/webrtc/#processing-remote-mediastreamtracks)).

use super::TrackChanges;
use crate::TransceiverDirection;
use crate::transceiver::Transceiver;

impl TrackChanges {
    /// webrtc-pc, process remote tracks.
    pub(crate) fn process(
        &mut self,
        transceiver: &mut Transceiver,
        direction: Option<TransceiverDirection>,
        msids: &[String],
    ) {
        // Step 1.
        let added = self.set_streams(transceiver, msids);
        let receives = direction.is_some_and(TransceiverDirection::receives);
        let received = transceiver.fired_direction.is_some_and(TransceiverDirection::receives);
        // Step 2.
        if (receives && !received) || added {
            self.track.push((transceiver.id, transceiver.receiver.streams.clone()));
        }
        if direction.is_none_or(|direction| !direction.receives()) {
            // Step 3.
            transceiver.receptive = false;
            // Step 4. In a rollback to before the first negotiation, [[CurrentDirection]] is null, which the step does
            // not name; that the track is not received any more is so all the same.
            if received {
                self.mute(transceiver);
            }
        }
        // Step 5.
        transceiver.fired_direction = direction;
    }

    /// webrtc-pc, process the removal of a remote track.
    pub(crate) fn mute(&mut self, transceiver: &Transceiver) {
        if !transceiver.receiver.muted {
            self.mute.push(transceiver.id);
        }
    }

    /// webrtc-pc, set the associated remote streams; whether the track came to a new stream.
    pub(crate) fn set_streams(&mut self, transceiver: &mut Transceiver, msids: &[String]) -> bool {
        let receiver = &mut transceiver.receiver;
        let gone = receiver.streams.iter().filter(|stream| !msids.contains(stream));
        self.remove.extend(gone.map(|stream| (stream.clone(), transceiver.id)));
        let before = self.add.len();
        let new = msids.iter().filter(|stream| !receiver.streams.contains(stream));
        self.add.extend(new.map(|stream| (stream.clone(), transceiver.id)));
        receiver.streams = msids.to_vec();
        self.add.len() > before
    }
}
