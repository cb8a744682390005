//! The events of what belongs to a connection, and of media objects, as streams.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::net::connection::Handle;
use crate::net::event_queue::Place;
use crate::net::event_source::EventSource;

/// The events of one object, as a stream: what came before it was made is there.
///
/// All streams of one object take from the same queue: each event goes to one of them. Dropping the future of
/// [`next`](RtcEventStream::next) loses nothing. A program that never reads the events of an object holds the last 256
/// of them, older ones are dropped; the object's attributes always say how it stands.
///
/// Ends (with `None`) once no more events can come and all were taken.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), visavis::Error> {
/// use visavis::{MediaStreamTrackEvent, RtcConfiguration, RtcMediaKind, RtcPeerConnection};
/// let pc = RtcPeerConnection::new(RtcConfiguration::default())?;
/// let transceiver = pc.add_transceiver(RtcMediaKind::Audio, None)?;
/// let mut events = transceiver.receiver().track().events();
/// pc.close();
/// assert_eq!(events.next().await, Some(MediaStreamTrackEvent::Ended));
/// assert_eq!(events.next().await, None);
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing unless it is polled"]
pub struct RtcEventStream<T> {
    source: Arc<EventSource<T>>,
    place: Place,
    /// The connection that it keeps open.
    _handle: Option<Arc<Handle>>,
}

impl<T> RtcEventStream<T> {
    pub(crate) fn new(source: Arc<EventSource<T>>, handle: Option<Arc<Handle>>) -> Self {
        RtcEventStream { source, place: Place::default(), _handle: handle }
    }

    /// The next event; `None` after the last one.
    pub async fn next(&mut self) -> Option<T> {
        poll_fn(|cx| self.source.poll(&mut self.place, cx)).await
    }

    /// The next event, if it is there already.
    pub fn try_next(&mut self) -> Option<T> {
        self.source.pop()
    }
}

impl<T> Stream for RtcEventStream<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let RtcEventStream { source, place, .. } = self.get_mut();
        source.poll(place, cx)
    }
}

impl<T> Drop for RtcEventStream<T> {
    fn drop(&mut self) {
        if self.place.is_taken() {
            self.source.leave(&mut self.place);
        }
    }
}

impl<T> std::fmt::Debug for RtcEventStream<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RtcEventStream").finish_non_exhaustive()
    }
}
