//! One channel.

use bytes::Bytes;
use sctp::{Delivery, Ppid};

use super::dcep::Open as DcepOpen;
use super::outstanding::Outstanding;
use super::state::State;
use super::{ChannelInfo, ChannelInit, ChannelStats, Payload};

/// The lowest and the highest priority that there are (RFC 8831, section 6.4).
const BELOW_NORMAL: u16 = 128;
const EXTRA_HIGH: u16 = 1024;
/// RFC 8831, section 6.6: an empty message is one byte, which the receiver ignores.
const EMPTY: &[u8] = &[0];

#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) init: ChannelInit,
    pub(crate) id: Option<u16>,
    pub(crate) incoming: bool,
    pub(crate) state: State,
    pub(crate) outstanding: Outstanding,
    /// That the outstanding bytes became fewer was said, and nobody has looked since.
    pub(crate) is_drain_said: bool,
    pub(crate) stats: ChannelStats,
}

impl Channel {
    /// A channel that this side opens.
    pub(crate) fn outgoing(init: ChannelInit) -> Self {
        let id = init.negotiated_id;
        Channel {
            init,
            id,
            incoming: false,
            state: State::Waiting,
            outstanding: Outstanding::default(),
            is_drain_said: false,
            stats: ChannelStats::default(),
        }
    }

    /// A channel that the peer opened on stream `id`.
    pub(crate) fn incoming(open: DcepOpen, id: u16) -> Self {
        let DcepOpen { ordered, reliability, priority, label, protocol } = open;
        let init = ChannelInit { label, protocol, ordered, reliability, negotiated_id: None, priority };
        Channel { id: Some(id), incoming: true, ..Channel::outgoing(init) }
    }

    pub(crate) fn info(&self) -> ChannelInfo<'_> {
        ChannelInfo { init: &self.init, id: self.id, incoming: self.incoming, stats: self.stats }
    }

    /// The OPEN that announces this channel.
    pub(crate) fn dcep_open(&self) -> DcepOpen {
        DcepOpen {
            ordered: self.init.ordered,
            reliability: self.init.reliability,
            priority: self.init.priority,
            label: self.init.label.clone(),
            protocol: self.init.protocol.clone(),
        }
    }

    /// How the channel delivers, when everything may be delivered so.
    pub(crate) fn delivery(&self) -> Delivery {
        Delivery { ordered: self.init.ordered, reliability: self.init.reliability }
    }

    /// The channel's share beside those of others. What lies beyond the levels that there are counts as the level at
    /// that end (webrtc-priority, section 4), so that no peer starves anybody: some write 0 for a priority.
    pub(crate) fn weight(&self) -> u16 {
        self.init.priority.clamp(BELOW_NORMAL, EXTRA_HIGH)
    }

    /// How a message is to be delivered now.
    pub(crate) fn delivery_now(&self) -> Delivery {
        // RFC 8832, section 6: until the ACK, messages must not overtake the OPEN, so they are ordered.
        let unacknowledged = matches!(&self.state, State::Open(open) if !open.acknowledged);
        Delivery { ordered: self.init.ordered || unacknowledged, ..self.delivery() }
    }

    /// The bytes that the names take.
    pub(crate) fn name_bytes(&self) -> usize {
        self.init.label.len() + self.init.protocol.len()
    }
}

/// How a message is written (RFC 8831, sections 6.6 and 8).
pub(crate) fn encode(payload: Payload) -> (Ppid, Bytes) {
    match (payload.text, payload.bytes.is_empty()) {
        (true, false) => (Ppid::STRING, payload.bytes),
        (true, true) => (Ppid::STRING_EMPTY, Bytes::from_static(EMPTY)),
        (false, false) => (Ppid::BINARY, payload.bytes),
        (false, true) => (Ppid::BINARY_EMPTY, Bytes::from_static(EMPTY)),
    }
}

/// What a message is by its identifier; `None` for one that data channels do not have. 52 and 54, the partial
/// messages of drafts, are among those: RFC 8831, section 6.6, has deprecated them, and nobody sends them.
pub(crate) fn decode(ppid: Ppid, bytes: Bytes) -> Option<Payload> {
    match ppid {
        Ppid::STRING => Some(Payload { text: true, bytes }),
        Ppid::BINARY => Some(Payload { text: false, bytes }),
        Ppid::STRING_EMPTY => Some(Payload { text: true, bytes: Bytes::new() }),
        Ppid::BINARY_EMPTY => Some(Payload { text: false, bytes: Bytes::new() }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_survive_and_empty_ones_have_one_byte_on_the_wire() {
        for text in [false, true] {
            for content in [&b""[..], b"x", b"hello"] {
                let payload = Payload { text, bytes: Bytes::from_static(content) };
                let (ppid, wire) = encode(payload.clone());
                assert_eq!(wire.len(), content.len().max(1));
                assert_eq!(decode(ppid, wire), Some(payload));
            }
        }
        for ppid in [0, 50, 52, 54, 55, 58, u32::MAX] {
            assert_eq!(decode(Ppid(ppid), Bytes::new()), None);
        }
    }
}
