//! The set of transceivers.

use std::collections::VecDeque;

use base::Rng;

use crate::{EncodingParameters, MediaKind};

use super::{Receiver, Sender, Track, Transceiver, TransceiverDirection, TransceiverId};

/// How many transceivers there can be at a time: a description has no more m-sections.
pub(crate) const MAX_ATTACHED: usize = 1024;

/// How many transceivers that left the set stay readable. A peer that has m-sections come and go could otherwise
/// fill the memory.
const MAX_DETACHED: usize = 1024;

/// The set of transceivers, and what is the same for all of them.
#[derive(Debug)]
pub(crate) struct Transceivers {
    /// The set, in insertion order.
    attached: Vec<Transceiver>,
    /// Those that left it: stopped and no longer described, or rolled back. The oldest is forgotten first.
    detached: VecDeque<Transceiver>,
    last_id: u64,
    /// The CNAME of the connection.
    pub(crate) cname: String,
    rng: Rng,
}

impl Transceivers {
    /// None yet.
    pub(crate) fn new(mut rng: Rng) -> Self {
        // RFC 7022, section 4.2: at least 96 bits; short-term persistent.
        let cname = uuid(&mut rng);
        Transceivers { attached: Vec::new(), detached: VecDeque::new(), last_id: 0, cname, rng }
    }

    /// Creates a sender, a receiver and a transceiver of them, and adds it to the set.
    pub(crate) fn create(
        &mut self,
        kind: MediaKind,
        track: Option<Track>,
        streams: &[String],
        encodings: Vec<EncodingParameters>,
        direction: TransceiverDirection,
    ) -> &mut Transceiver {
        self.last_id += 1;
        let sender = Sender::new(track, kind, streams, encodings);
        let receiver = Receiver::new(Track { id: uuid(&mut self.rng), kind });
        let mut transceiver = Transceiver::new(TransceiverId(self.last_id), sender, receiver, direction);
        // webrtc-extensions, [[HeaderExtensionsToNegotiate]].
        if let Some(first) = self.iter().find(|other| other.kind == kind && !other.stopping) {
            transceiver.header_extensions_to_negotiate.clone_from(&first.header_extensions_to_negotiate);
        }
        let index = self.attached.len();
        self.attached.push(transceiver);
        &mut self.attached[index]
    }

    /// CollectTransceivers.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Transceiver> {
        self.attached.iter()
    }

    /// CollectTransceivers.
    pub(crate) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Transceiver> {
        self.attached.iter_mut()
    }

    /// One that is in the set, or was.
    pub(crate) fn get(&self, id: TransceiverId) -> Option<&Transceiver> {
        self.attached.iter().chain(&self.detached).find(|transceiver| transceiver.id == id)
    }

    /// One that is in the set, or was.
    pub(crate) fn get_mut(&mut self, id: TransceiverId) -> Option<&mut Transceiver> {
        self.attached.iter_mut().chain(&mut self.detached).find(|transceiver| transceiver.id == id)
    }

    /// Whether there was one of that name.
    pub(crate) fn was_created(&self, id: TransceiverId) -> bool {
        (1..=self.last_id).contains(&id.0)
    }

    /// Whether the set has as many as one description can hold.
    pub(crate) fn is_full(&self) -> bool {
        self.attached.len() >= MAX_ATTACHED
    }

    /// Whether it is in the set.
    pub(crate) fn is_attached(&self, id: TransceiverId) -> bool {
        self.attached.iter().any(|transceiver| transceiver.id == id)
    }

    /// Removes it from the set. It stays readable.
    pub(crate) fn detach(&mut self, id: TransceiverId) {
        if let Some(index) = self.attached.iter().position(|transceiver| transceiver.id == id) {
            if self.detached.len() == MAX_DETACHED {
                self.detached.pop_front();
            }
            self.detached.push_back(self.attached.remove(index));
        }
    }

    /// A new unique identifier.
    pub(crate) fn unique(&mut self) -> String {
        uuid(&mut self.rng)
    }
}

/// A random UUID (RFC 9562, section 5.4), as browsers name their tracks.
fn uuid(rng: &mut Rng) -> String {
    let mut bytes: [u8; 16] = rng.array();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!(
        "{}-{}-{}-{}-{}",
        hex(&bytes[..4]),
        hex(&bytes[4..6]),
        hex(&bytes[6..8]),
        hex(&bytes[8..10]),
        hex(&bytes[10..])
    )
}
