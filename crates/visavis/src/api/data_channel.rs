//! `RTCDataChannel`.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use peer::{ChannelId, ChannelView, DataChannelState, Error, ErrorName, Payload, Priority};

use crate::net::clock;
use crate::net::connection::{Handle, READY_BELOW};
use crate::net::event_queue::Place;
use crate::{RtcDataChannelEvent, RtcDataChannelEvents, RtcMessage};

/// A channel's handles share this; when the last one is dropped, the channel closes.
pub(crate) struct ChannelHandle {
    pub(crate) handle: Arc<Handle>,
    pub(crate) id: ChannelId,
    /// What never changes: label, protocol and how messages are delivered.
    fixed: ChannelView,
}

impl Drop for ChannelHandle {
    fn drop(&mut self) {
        self.handle.call(|shared, now| shared.release_channel(now, self.id));
    }
}

/// A channel for messages, text or binary, to and from the remote peer
/// ([webrtc-pc, section 6.2](https://www.w3.org/TR/webrtc/#rtcdatachannel)).
///
/// A handle: clones are the same channel. It keeps its connection open. Dropping the last handle of a channel
/// (clones and [`RtcDataChannelEvents`]) closes the channel, after what was sent has been delivered.
///
/// [`send`](RtcDataChannel::send) never blocks. A message is kept, not copied, until the remote peer has it, and
/// dropped under the connection's lock: an owner of [`Bytes`] must not call visavis in its `drop`. Who sends much waits for [`ready`](RtcDataChannel::ready) before
/// each message:
///
/// ```no_run
/// # async fn example(channel: visavis::RtcDataChannel) -> Result<(), visavis::Error> {
/// for number in 0..100_000u32 {
///     channel.ready().await?;
///     channel.send(number.to_be_bytes().to_vec())?;
/// }
/// while let Some(message) = channel.recv().await {
///     println!("{} bytes", message.len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RtcDataChannel {
    inner: Arc<ChannelHandle>,
}

impl RtcDataChannel {
    pub(crate) fn new(handle: Arc<Handle>, id: ChannelId, fixed: ChannelView) -> Self {
        RtcDataChannel { inner: Arc::new(ChannelHandle { handle, id, fixed }) }
    }

    fn view(&self) -> ChannelView {
        let now = self.inner.handle.with(|shared| shared.channel_view(self.inner.id));
        now.unwrap_or_else(|| self.inner.fixed.clone())
    }

    /// Its name, chosen by who created it.
    pub fn label(&self) -> &str {
        &self.inner.fixed.label
    }

    /// Its subprotocol; empty for none.
    pub fn protocol(&self) -> &str {
        &self.inner.fixed.protocol
    }

    /// Whether messages arrive in the order in which they were sent.
    pub fn ordered(&self) -> bool {
        self.inner.fixed.ordered
    }

    /// For how many milliseconds a message is sent again; `None`: no limit of this kind.
    pub fn max_packet_life_time(&self) -> Option<u16> {
        self.inner.fixed.max_packet_life_time
    }

    /// How often a message is sent again; `None`: no limit of this kind.
    pub fn max_retransmits(&self) -> Option<u16> {
        self.inner.fixed.max_retransmits
    }

    /// Whether both peers created it, without an announcement.
    pub fn negotiated(&self) -> bool {
        self.inner.fixed.negotiated
    }

    /// Its priority ([webrtc-priority](https://www.w3.org/TR/webrtc-priority/)).
    pub fn priority(&self) -> Priority {
        self.inner.fixed.priority
    }

    /// Its SCTP stream; `None` until it is known which peer is the DTLS client.
    pub fn id(&self) -> Option<u16> {
        self.view().id
    }

    /// Its state.
    pub fn ready_state(&self) -> DataChannelState {
        self.inner.handle.with(|shared| shared.ready_state(self.inner.id))
    }

    /// How many bytes of messages wait to be sent, or to be acknowledged by the remote peer.
    pub fn buffered_amount(&self) -> usize {
        self.inner.handle.with(|shared| shared.buffered_amount(self.inner.id)).unwrap_or_default()
    }

    /// When the buffered amount falls to this many bytes, there is an event
    /// [`BufferedAmountLow`](RtcDataChannelEvent::BufferedAmountLow). 0 unless set.
    pub fn buffered_amount_low_threshold(&self) -> usize {
        self.view().buffered_amount_low_threshold
    }

    /// Sets [`buffered_amount_low_threshold`](RtcDataChannel::buffered_amount_low_threshold), in bytes.
    pub fn set_buffered_amount_low_threshold(&self, threshold: usize) {
        self.inner.handle.call(|shared, _| {
            if shared.check_open().is_ok() {
                shared.peer.channel_set_buffered_amount_low_threshold(self.inner.id, threshold);
            }
        });
    }

    /// Queues a binary message. Returns at once ([send](https://www.w3.org/TR/webrtc/#dom-rtcdatachannel-send)).
    ///
    /// # Errors
    /// `InvalidStateError` if the channel is not open; `TypeError` if the message is larger than the remote
    /// peer takes ([`sctp`](crate::RtcPeerConnection::sctp)); `OperationError` if the buffer is full: wait for
    /// [`ready`](RtcDataChannel::ready).
    pub fn send(&self, message: impl Into<Bytes>) -> Result<(), Error> {
        self.send_payload(Payload { text: false, bytes: message.into() })
    }

    /// Queues a text message. Returns at once.
    ///
    /// # Errors
    /// As [`send`](RtcDataChannel::send).
    pub fn send_text(&self, message: impl Into<String>) -> Result<(), Error> {
        self.send_payload(Payload { text: true, bytes: Bytes::from(message.into()) })
    }

    /// Queues a message as it was received. Returns at once.
    ///
    /// # Errors
    /// As [`send`](RtcDataChannel::send).
    pub fn send_message(&self, message: RtcMessage) -> Result<(), Error> {
        match message {
            RtcMessage::Text(text) => self.send_text(text),
            RtcMessage::Binary(bytes) => self.send(bytes),
        }
    }

    fn send_payload(&self, payload: Payload) -> Result<(), Error> {
        let now = clock::now();
        let (result, needs_worker) = self.inner.handle.with(|shared| match shared.check_open() {
            Ok(()) => shared.send(now, self.inner.id, payload),
            Err(_) => (Err(Error::new(ErrorName::InvalidStateError, "the channel is closed")), false),
        });
        if needs_worker {
            self.inner.handle.bell.ring();
        }
        result
    }

    /// Waits until the channel is open and its buffered amount is below [`READY_BELOW`](Self::READY_BELOW).
    ///
    /// # Errors
    /// `InvalidStateError` if the channel is closing or closed, or comes to be while waiting.
    pub async fn ready(&self) -> Result<(), Error> {
        Ready { channel: &self.inner, place: Place::default() }.await
    }

    /// Below this many buffered bytes a channel is [`ready`](RtcDataChannel::ready): 1 MiB.
    pub const READY_BELOW: usize = READY_BELOW;

    /// The channel's events, from the first one that was not taken yet.
    ///
    /// All streams of one channel, and [`recv`](RtcDataChannel::recv), take from the same queue: each event
    /// goes to one of them.
    pub fn events(&self) -> RtcDataChannelEvents {
        RtcDataChannelEvents::new(Arc::clone(&self.inner))
    }

    /// The next message; `None` once the channel is closed and everything was taken. For programs that care
    /// for messages only: other events that come before it are taken from the queue and dropped.
    pub async fn recv(&self) -> Option<RtcMessage> {
        let mut events = self.events();
        loop {
            if let RtcDataChannelEvent::Message(message) = events.next().await? {
                return Some(message);
            }
        }
    }

    /// Begins to close the channel: what was sent is delivered first. Returns at once
    /// ([close](https://www.w3.org/TR/webrtc/#dom-rtcdatachannel-close)).
    pub fn close(&self) {
        self.inner.handle.call(|shared, now| {
            if shared.check_open().is_ok() {
                shared.peer.channel_close(now, self.inner.id);
            }
        });
    }
}

/// What [`RtcDataChannel::ready`] waits on.
struct Ready<'a> {
    channel: &'a ChannelHandle,
    place: Place,
}

impl Future for Ready<'_> {
    type Output = Result<(), Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Ready { channel, place } = self.get_mut();
        channel.handle.with(|shared| shared.poll_ready(channel.id, place, cx))
    }
}

impl Drop for Ready<'_> {
    fn drop(&mut self) {
        if self.place.is_taken() {
            self.channel.handle.with(|shared| shared.leave_room(self.channel.id, &mut self.place));
        }
    }
}

impl std::fmt::Debug for RtcDataChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let view = self.view();
        f.debug_struct("RtcDataChannel")
            .field("label", &view.label)
            .field("id", &view.id)
            .field("ready_state", &view.ready_state)
            .finish_non_exhaustive()
    }
}
