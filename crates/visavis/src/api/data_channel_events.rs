//! The events of an `RTCDataChannel`.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use peer::{ChannelEvent, Error, Payload};

use crate::api::data_channel::ChannelHandle;
use crate::net::event_queue::Place;

/// A message of a data channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RtcMessage {
    /// Text. What is marked as text and is not UTF-8 is not delivered: it ends the channel with an error.
    Text(String),
    /// Bytes.
    Binary(Bytes),
}

impl RtcMessage {
    /// Its length in bytes.
    pub fn len(&self) -> usize {
        match self {
            RtcMessage::Text(text) => text.len(),
            RtcMessage::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<Payload> for RtcMessage {
    fn from(payload: Payload) -> Self {
        if !payload.text {
            return RtcMessage::Binary(payload.bytes);
        }
        // Where nobody else holds the bytes, nothing is copied. The session has checked that it is UTF-8.
        RtcMessage::Text(
            String::from_utf8(Vec::from(payload.bytes))
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        )
    }
}

/// An event of a data channel.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RtcDataChannelEvent {
    /// The channel is open: messages may be sent.
    Open,
    /// A message came.
    Message(RtcMessage),
    /// The buffered amount fell to its low threshold. While one such event waits to be taken, there is not
    /// another one.
    BufferedAmountLow,
    /// The remote peer, or this one, began to close the channel.
    Closing,
    /// The channel is closed: the last event.
    Close,
    /// The channel failed.
    Error(Error),
}

impl RtcDataChannelEvent {
    fn from_peer(event: ChannelEvent) -> Option<Self> {
        Some(match event {
            ChannelEvent::Open => RtcDataChannelEvent::Open,
            ChannelEvent::Message(payload) => RtcDataChannelEvent::Message(payload.into()),
            ChannelEvent::BufferedAmountLow => RtcDataChannelEvent::BufferedAmountLow,
            ChannelEvent::Closing => RtcDataChannelEvent::Closing,
            ChannelEvent::Close => RtcDataChannelEvent::Close,
            ChannelEvent::Error(error) => RtcDataChannelEvent::Error(error),
            _ => return None,
        })
    }
}

/// The events of a data channel, as a stream that loses nothing: what came before it was made is there.
///
/// Messages that are not taken stay where they are, and when a megabyte of them waits, the remote peer has to
/// wait too. Ends (with `None`) after [`Close`](RtcDataChannelEvent::Close), or when the connection is closed.
/// Dropping it in the middle of `next` loses nothing.
#[must_use = "a stream does nothing unless it is polled"]
pub struct RtcDataChannelEvents {
    inner: Arc<ChannelHandle>,
    place: Place,
}

impl Drop for RtcDataChannelEvents {
    fn drop(&mut self) {
        if self.place.is_taken() {
            self.inner.handle.with(|shared| shared.leave_channel_events(self.inner.id, &mut self.place));
        }
    }
}

impl RtcDataChannelEvents {
    pub(crate) fn new(inner: Arc<ChannelHandle>) -> Self {
        RtcDataChannelEvents { inner, place: Place::default() }
    }

    /// The next event; `None` after the last one.
    pub async fn next(&mut self) -> Option<RtcDataChannelEvent> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<RtcDataChannelEvent>> {
        loop {
            let id = self.inner.id;
            let place = &mut self.place;
            let (event, granted) = self.inner.handle.with(|shared| shared.poll_channel_event(id, place, cx));
            if granted {
                self.inner.handle.bell.ring();
            }
            match event {
                Poll::Ready(Some(event)) => {
                    if let Some(event) = RtcDataChannelEvent::from_peer(event) {
                        return Poll::Ready(Some(event));
                    }
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl Stream for RtcDataChannelEvents {
    type Item = RtcDataChannelEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<RtcDataChannelEvent>> {
        self.poll(cx)
    }
}

impl std::fmt::Debug for RtcDataChannelEvents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RtcDataChannelEvents").finish_non_exhaustive()
    }
}
