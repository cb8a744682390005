//! What a session tells whoever owns the W3C objects.

use std::collections::VecDeque;

use crate::channel::{ChannelError, ChannelKey, Payload};
use crate::counters::Counters;
use crate::transport_id::TransportId;

/// Where every layer puts what it has to say, so that events have one order.
///
/// The queue is bounded by what fills it: messages by [`READ_ROOM`](crate::READ_ROOM), channels by the largest number of
/// channels (the peer's are refused while so many wait here), candidates by the ICE agent's limits, and a state changes as often as the peer or the application changes it.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pub(crate) events: VecDeque<Event>,
    /// How many of them are channels of the peer, which it can open and close without end.
    pub(crate) unseen_channels: usize,
    pub(crate) counters: Counters,
}

impl Output {
    pub(crate) fn next_event(&mut self) -> Option<Event> {
        let event = self.events.pop_front();
        if let Some(Event::IncomingChannel { .. }) = event {
            self.unseen_channels -= 1;
        }
        event
    }
}

/// Something that happened, in the order in which it happened.
/// Taken with [`Session::poll_event`](crate::Session::poll_event).
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(
    clippy::large_enum_variant,
    reason = "the queue is short, and a box would only be in the reader's way"
)]
pub enum Event {
    /// What the ICE agent of a transport has to say.
    Ice(TransportId, ice::Event),
    /// The DTLS of a transport has a new state.
    DtlsState(TransportId, dtls::State),
    /// Why DTLS failed; comes right before `DtlsState(_, Failed)`.
    DtlsFailed(TransportId, dtls::FailureCause),
    /// The SCTP association has a new state.
    SctpState(SctpState),
    /// The association is up; comes right after `SctpState(Connected)`, and before any channel opens.
    SctpConnected {
        /// How many stream identifiers can be used: identifiers are below this number.
        max_channels: u16,
    },
    /// The peer opened a channel. It is open: no [`Event::ChannelOpen`] follows, and its messages may.
    IncomingChannel {
        /// The session's name for it.
        key: ChannelKey,
        /// Its label.
        label: String,
        /// Its subprotocol.
        protocol: String,
        /// Whether messages keep their order.
        ordered: bool,
        /// How hard delivery is tried.
        reliability: sctp::Reliability,
        /// The stream identifier.
        id: u16,
        /// RFC 8831, section 6.4: 128 below normal, 256 normal, 512 high, 1024 extra high.
        priority: u16,
    },
    /// A channel that we opened (in-band or negotiated) can be used.
    ChannelOpen {
        /// Which.
        key: ChannelKey,
        /// The stream identifier.
        id: u16,
    },
    /// A message arrived.
    ChannelMessage {
        /// On which channel.
        key: ChannelKey,
        /// The message.
        payload: Payload,
    },
    /// The peer began to close the channel; all of its messages were delivered. Not said for our own
    /// [`close_channel`](crate::Session::close_channel).
    ChannelClosing {
        /// Which.
        key: ChannelKey,
    },
    /// The channel is closed, and its key and identifier are free. The last event of a channel.
    ChannelClosed {
        /// Which.
        key: ChannelKey,
        /// Why, unless it was closed by either side's closing procedure.
        error: Option<ChannelError>,
    },
    /// The buffered amount became less. Said once, until [`take_drained`](crate::Session::take_drained) is called.
    Drained {
        /// On which channel.
        key: ChannelKey,
    },
}

/// The state of the SCTP association (W3C RTCSctpTransportState).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SctpState {
    /// Not there yet, or shaking hands.
    Connecting,
    /// Messages can be sent.
    Connected,
    /// Over, for good.
    Closed,
}
