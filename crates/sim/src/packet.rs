//! What is on its way: a datagram, or a part of a stream.

use std::net::SocketAddr;

/// The transport protocol of a packet, as NATs tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
}

/// What a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Segment {
    /// A UDP datagram.
    Datagram,
    /// TCP: may I connect?
    Syn,
    /// TCP: you may.
    SynAck,
    /// TCP: nobody listens, or the stream is not known.
    Reset,
    /// TCP: one frame. Framing is the driver's business, so that nodes see datagrams here too.
    Frame,
    /// TCP: the stream ends.
    Close,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Packet {
    pub(crate) segment: Segment,
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

impl Packet {
    pub(crate) fn datagram(from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> Self {
        Packet { segment: Segment::Datagram, from, to, bytes: bytes.to_vec() }
    }

    /// A part of a stream without contents.
    pub(crate) fn control(segment: Segment, from: SocketAddr, to: SocketAddr) -> Self {
        Packet { segment, from, to, bytes: Vec::new() }
    }

    /// Without contents, as if it went the other way.
    pub(crate) fn reversed(&self) -> Self {
        Packet::control(self.segment, self.to, self.from)
    }

    pub(crate) fn protocol(&self) -> Protocol {
        match self.segment {
            Segment::Datagram => Protocol::Udp,
            _ => Protocol::Tcp,
        }
    }

    /// What it is, for the trace: streams by their part, all else by the first byte (RFC 7983).
    pub(crate) fn label(&self) -> &'static str {
        match self.segment {
            Segment::Syn => "syn",
            Segment::SynAck => "syn-ack",
            Segment::Reset => "reset",
            Segment::Close => "close",
            Segment::Datagram | Segment::Frame => match self.bytes.first() {
                Some(0..=3) => "stun",
                Some(20..=63) => "dtls",
                Some(64..=79) => "turn",
                Some(128..=191) => "rtp",
                _ => "other",
            },
        }
    }
}
