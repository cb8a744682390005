//! A handshake of the layer above inside checks and their answers: DTLS in STUN
//! ([draft-hancke-webrtc-sped](https://datatracker.ietf.org/doc/draft-hancke-webrtc-sped/)).
//!
//! Nothing is believed that was not authenticated as the message around it, and nothing is kept without a bound. A peer
//! that does not know the two attributes ignores them and sends none, which tells us to stop.

use std::collections::VecDeque;

use base::Path;
use stun_types::attribute::{AttributeType, Fingerprint};
use stun_types::message::Message;

/// The attributes' numbers in IANA's registry, of comprehension-optional ones: META-DTLS-IN-STUN...
pub(crate) const DATA: AttributeType = AttributeType::new(0xC070);
/// ...and META-DTLS-IN-STUN-ACKNOWLEDGEMENT.
pub(crate) const ACKNOWLEDGEMENT: AttributeType = AttributeType::new(0xC071);

/// The longest datagram that fits into a check beside all else that it may carry, in bytes.
pub(crate) const MAX_DATAGRAM: usize = 1000;
/// Datagrams of one flight.
const MAX_PENDING: usize = 16;
/// "The value portion [...] consists of up to four CRC-32 values."
const MAX_ACKNOWLEDGED: usize = 4;
/// What came that the layer above has not taken yet. It takes after every datagram.
const MAX_ARRIVED: usize = 8;
/// Checksums of what has come, so that copies on several paths are taken once.
const MAX_KNOWN: usize = 32;

/// What goes into one STUN message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Carried {
    /// The value of the acknowledging attribute, if it is there.
    pub(crate) acknowledgement: Option<Vec<u8>>,
    /// The value of the other one, if it is there. Empty says that there is nothing, but that we know the attribute.
    pub(crate) data: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    Unknown,
    Able,
    /// It does not know the attributes, or has no more use for them.
    Done,
}

/// Both directions of one transport.
#[derive(Debug)]
pub(crate) struct Embedding {
    peer: Peer,
    /// The latest flight, as far as it is not acknowledged; the front is next. At most [`MAX_PENDING`].
    pending: VecDeque<(u32, Vec<u8>)>,
    /// At most [`MAX_KNOWN`], the latest last.
    known: VecDeque<u32>,
    /// At most [`MAX_ARRIVED`].
    arrived: VecDeque<(Path, Vec<u8>)>,
    /// The handshake has ended here.
    is_finished: bool,
    /// The peer has said that it has nothing more to send.
    has_peer_finished: bool,
}

impl Embedding {
    pub(crate) fn new() -> Self {
        Embedding {
            peer: Peer::Unknown,
            pending: VecDeque::new(),
            known: VecDeque::new(),
            arrived: VecDeque::new(),
            is_finished: false,
            has_peer_finished: false,
        }
    }

    /// Whether there is still a use for it.
    pub(crate) fn is_open(&self) -> bool {
        self.peer != Peer::Done
    }

    /// A new flight, or the same again: what was to be sent before is forgotten.
    pub(crate) fn embed(&mut self, flight: impl Iterator<Item = Vec<u8>>) {
        let fitting = flight.filter(|datagram| datagram.len() <= MAX_DATAGRAM);
        self.pending = fitting.take(MAX_PENDING).map(|datagram| (checksum(&datagram), datagram)).collect();
    }

    /// What the peer has not acknowledged.
    pub(crate) fn pending(&self) -> impl Iterator<Item = &[u8]> {
        self.pending.iter().map(|(_, datagram)| datagram.as_slice())
    }

    /// The handshake has ended here. `is_last_flight_ours`: the peer's end waits for what we have just sent.
    pub(crate) fn finish(&mut self, is_last_flight_ours: bool) {
        self.is_finished = true;
        if !is_last_flight_ours {
            self.pending.clear();
        }
    }

    /// What the next message carries, if it may be so long in all.
    pub(crate) fn carry(&mut self, room: usize) -> Carried {
        if self.peer == Peer::Done {
            return Carried::default();
        }
        let latest = self.known.iter().rev().take(MAX_ACKNOWLEDGED);
        let acknowledgement = latest.flat_map(|checksum| checksum.to_be_bytes()).collect();
        let is_silent = self.is_finished && self.pending.is_empty() && self.has_peer_finished;
        let fits = self.pending.front().is_some_and(|(_, datagram)| datagram.len() <= room);
        let data = match self.pending.front() {
            Some((_, datagram)) if fits => datagram.clone(),
            _ => Vec::new(),
        };
        if fits {
            self.pending.rotate_left(1);
        }
        Carried { acknowledgement: Some(acknowledgement), data: (!is_silent).then_some(data) }
    }

    /// Takes what an authenticated message carries.
    pub(crate) fn take(&mut self, path: Path, message: &Message<'_>) {
        let value = |kind| message.raw_attribute(kind).map(|raw| raw.value.to_vec());
        let (data, acknowledgement) = (value(DATA), value(ACKNOWLEDGEMENT));
        if self.peer == Peer::Done {
            return;
        }
        if data.is_none() && (acknowledgement.is_none() || self.is_finished) {
            // It does not know the attributes; or it has all that it wants, and so have we. What is pending is left
            // for the layer above to send by itself.
            self.peer = Peer::Done;
            return;
        }
        self.peer = Peer::Able;
        let acknowledgement = acknowledgement.filter(|list| list.len() <= 4 * MAX_ACKNOWLEDGED);
        for acknowledged in acknowledgement.iter().flat_map(|list| list.as_chunks::<4>().0) {
            let acknowledged = u32::from_be_bytes(*acknowledged);
            self.pending.retain(|(checksum, _)| *checksum != acknowledged);
        }
        match data {
            Some(data) if data.first().is_some_and(|first| (20..64).contains(first)) => {
                self.arrive(path, data)
            }
            Some(data) => self.has_peer_finished |= data.is_empty() && self.is_finished,
            None => {}
        }
    }

    fn arrive(&mut self, path: Path, datagram: Vec<u8>) {
        let checksum = checksum(&datagram);
        // It is sent again because our acknowledgement has not come, or on another path.
        if let Some(index) = self.known.iter().position(|known| *known == checksum) {
            self.known.remove(index);
            self.known.push_back(checksum);
            return;
        }
        if self.arrived.len() == MAX_ARRIVED {
            return;
        }
        if self.known.len() == MAX_KNOWN {
            self.known.pop_front();
        }
        self.known.push_back(checksum);
        self.arrived.push_back((path, datagram));
    }

    /// The next datagram that came.
    pub(crate) fn poll(&mut self) -> Option<(Path, Vec<u8>)> {
        self.arrived.pop_front()
    }
}

/// CRC-32 as in FINGERPRINT, without its XOR.
fn checksum(datagram: &[u8]) -> u32 {
    u32::from_be_bytes(Fingerprint::compute(&[datagram]))
}
