//! The events of an `RTCPeerConnection`.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use peer::{
    Event, IceCandidate, IceCandidateError, IceConnectionState, IceGatheringState, PeerConnectionState,
    SignalingState,
};

use crate::net::connection::Handle;
use crate::net::event_queue::Place;
use crate::{MediaStream, RtcDataChannel, RtcRtpTransceiver, RtcTrackEvent};

/// An event of a connection. States are those that the event is about; the getters may already say more.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub enum RtcPeerConnectionEvent {
    /// A new offer/answer exchange is needed.
    NegotiationNeeded,
    /// The signaling state changed.
    SignalingStateChange(SignalingState),
    /// The gathering state changed.
    IceGatheringStateChange(IceGatheringState),
    /// The ICE connection state changed.
    IceConnectionStateChange(IceConnectionState),
    /// The connection state changed.
    ConnectionStateChange(PeerConnectionState),
    /// A candidate was gathered, to be signalled to the remote peer; `None` once there are all.
    IceCandidate(Option<IceCandidate>),
    /// A server gave no candidate.
    IceCandidateError(IceCandidateError),
    /// The remote peer opened a channel.
    DataChannel(RtcDataChannel),
    /// The remote peer sends on a transceiver.
    Track(RtcTrackEvent),
}

/// The events of a connection, as a stream that loses nothing: what came before it was made is there.
///
/// Ends (with `None`) when the connection is closed and everything was taken. Keeps the connection open. All
/// streams of one connection take from the same queue: each event goes to one of them. Dropping the future of
/// [`next`](RtcPeerConnectionEvents::next) loses nothing.
///
/// A program that never reads its events holds a bounded number of them: while 16,384 channels of the remote peer
/// wait to be looked at, further ones are closed again, and while 4,096 events wait, a new state of the connection
/// takes the place of the last one of its kind.
///
/// ```
/// # use visavis::{RtcConfiguration, RtcPeerConnection, RtcPeerConnectionEvent};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), visavis::Error> {
/// let pc = RtcPeerConnection::new(RtcConfiguration::default())?;
/// let _channel = pc.create_data_channel("chat", None)?;
/// let first = pc.events().next().await;
/// assert!(matches!(first, Some(RtcPeerConnectionEvent::NegotiationNeeded)));
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing unless it is polled"]
pub struct RtcPeerConnectionEvents {
    handle: Arc<Handle>,
    place: Place,
}

impl Drop for RtcPeerConnectionEvents {
    fn drop(&mut self) {
        if self.place.is_taken() {
            self.handle.with(|shared| shared.leave_events(&mut self.place));
        }
    }
}

impl RtcPeerConnectionEvents {
    pub(crate) fn new(handle: Arc<Handle>) -> Self {
        RtcPeerConnectionEvents { handle, place: Place::default() }
    }

    /// The next event; `None` after the last one.
    pub async fn next(&mut self) -> Option<RtcPeerConnectionEvent> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<RtcPeerConnectionEvent>> {
        loop {
            let polled = self.handle.with(|shared| match shared.poll_event(&mut self.place, cx) {
                Poll::Ready(Some(Event::Track { transceiver, streams })) => {
                    let handles = shared.next_track_streams();
                    Poll::Ready(Some((Event::Track { transceiver, streams }, handles)))
                }
                polled => polled.map(|event| event.map(|event| (event, Vec::new()))),
            });
            match polled {
                Poll::Ready(Some((event, streams))) => {
                    if let Some(event) = self.convert(event, streams) {
                        return Poll::Ready(Some(event));
                    }
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn convert(&self, event: Event, streams: Vec<MediaStream>) -> Option<RtcPeerConnectionEvent> {
        Some(match event {
            Event::NegotiationNeeded => RtcPeerConnectionEvent::NegotiationNeeded,
            Event::SignalingStateChange(state) => RtcPeerConnectionEvent::SignalingStateChange(state),
            Event::IceGatheringStateChange(state) => RtcPeerConnectionEvent::IceGatheringStateChange(state),
            Event::IceConnectionStateChange(state) => RtcPeerConnectionEvent::IceConnectionStateChange(state),
            Event::ConnectionStateChange(state) => RtcPeerConnectionEvent::ConnectionStateChange(state),
            Event::IceCandidate(candidate) => {
                RtcPeerConnectionEvent::IceCandidate(candidate.map(|candidate| *candidate))
            }
            Event::IceCandidateError(error) => RtcPeerConnectionEvent::IceCandidateError(error),
            Event::Track { transceiver, .. } => {
                let transceiver = RtcRtpTransceiver::new(&self.handle, transceiver);
                let receiver = transceiver.receiver();
                let track = receiver.track();
                RtcPeerConnectionEvent::Track(RtcTrackEvent { receiver, track, streams, transceiver })
            }
            Event::DataChannel(id) => {
                // The handle is made here and not when the channel came: a queue that held handles would keep
                // its own connection alive.
                let view = self.handle.with(|shared| shared.channel_view(id))?;
                RtcPeerConnectionEvent::DataChannel(RtcDataChannel::new(Arc::clone(&self.handle), id, view))
            }
            _ => return None,
        })
    }
}

impl Stream for RtcPeerConnectionEvents {
    type Item = RtcPeerConnectionEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<RtcPeerConnectionEvent>> {
        self.poll(cx)
    }
}

impl std::fmt::Debug for RtcPeerConnectionEvents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RtcPeerConnectionEvents").finish_non_exhaustive()
    }
}
