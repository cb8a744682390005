//! `close()`.

use std::time::Instant;

use crate::{SctpTransportState, SignalingState};

use super::PeerConnection;
use super::settle::Task;

impl PeerConnection {
    /// `close()` ([webrtc-pc, close the connection](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-close)).
    /// Returns at once and fires no events but `ended` of the receivers' tracks and `statechange` of the SCTP transport;
    /// promises that are pending stay so for good. What the peer is to be told
    /// (SCTP ABORT, DTLS close_notify) comes out of [`poll_transmit`](PeerConnection::poll_transmit).
    pub fn close(&mut self, now: Instant) {
        // Step 1.
        if self.is_closed {
            return;
        }
        // Steps 2 and 3.
        self.is_closed = true;
        self.negotiation.state = SignalingState::Closed;
        // Every task aborts when it finds [[IsClosed]] true; only promises that were rejected before they reached the
        // operations chain still settle, and what does not ask for [[IsClosed]] goes on.
        self.microtasks.retain(|task| matches!(task, Task::Reject(..)));
        self.tasks.retain(|task| {
            matches!(task, Task::ForgetParameters(_) | Task::SetParameters(..) | Task::EndTrack(_))
        });
        // Step 4.
        for id in self.transceivers() {
            self.stop_for_good(id);
        }
        // Step 5: abruptly, without the closing procedure. Announcing them as closed would find them closed already,
        // so no event follows.
        self.channels.close_all(&mut self.counters);
        // Step 6.
        if let Some(sctp) =
            self.sctp.as_mut().filter(|sctp| sctp.attributes.state != SctpTransportState::Closed)
        {
            sctp.attributes.state = SctpTransportState::Closed;
            // webrtc-pc, RTCSctpTransportState, "closed": a task is queued when the association has been closed
            // intentionally, such as by closing the peer connection. Of the other transports nothing like it is said.
            self.tasks.push_back(Task::SctpClosed);
        }
        // Steps 7 to 11.
        self.transports.close();
        self.session.close(now);
        self.operations.clear();
        self.look_ahead();
    }
}
