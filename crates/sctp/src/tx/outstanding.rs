//! What was sent and is not acknowledged cumulatively.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use crate::chunk::{Data, DataFlags, MessageNumber};
use crate::packet::padding;
use crate::room::give_back;
use crate::tsn::Tsn;
use crate::{Ppid, Reliability};

/// Where a chunk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On its way, as far as we know.
    InFlight,
    /// To be sent again, unless it was given up; or never sent.
    Lost,
    /// At the peer (a gap ack block said so).
    Arrived,
}

/// A DATA or I-DATA chunk with a TSN.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    pub(super) stream: u16,
    pub(super) number: MessageNumber,
    pub(super) fsn: u32,
    pub(super) ppid: Ppid,
    pub(super) flags: DataFlags,
    pub(super) payload: Bytes,
    /// Fragments of one message have the same.
    pub(super) message: u64,
    /// How many TSNs away the message's chunks before and after this one are; 0 stands for none, or for one that the
    /// peer has.
    pub(super) steps_back: u64,
    pub(super) steps_on: u64,
    pub(super) reliability: Reliability,
    pub(super) queued_at: Instant,
    pub(super) place: Place,
    /// Given up with its message (RFC 3758). It may still be on its way.
    pub(super) is_abandoned: bool,
    /// The number of the packet that carried it last.
    pub(super) packet: u64,
    /// How often it was sent.
    pub(super) sends: u32,
}

/// What an acknowledgement has to know of a chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub(super) place: Place,
    pub(super) is_abandoned: bool,
    pub(super) wire: usize,
    pub(super) bytes: usize,
    pub(super) stream: u16,
    pub(super) packet: u64,
    pub(super) sends: u32,
}

impl Chunk {
    /// Whether the peer may move on past it.
    pub(super) fn is_passed(&self) -> bool {
        self.is_abandoned || self.place == Place::Arrived
    }

    pub(super) fn facts(&self) -> Facts {
        Facts {
            place: self.place,
            is_abandoned: self.is_abandoned,
            wire: self.wire_length(),
            bytes: self.payload.len(),
            stream: self.stream,
            packet: self.packet,
            sends: self.sends,
        }
    }

    /// The bytes that it takes in a packet.
    pub(super) fn wire_length(&self) -> usize {
        let length = Data::overhead(matches!(self.number, MessageNumber::Mid(_))) + self.payload.len();
        length + padding(length)
    }
}

/// The chunks after the TSN that is acknowledged cumulatively, in order. The sender bounds their number.
#[derive(Debug)]
pub(super) struct Outstanding {
    cumulative: Tsn,
    chunks: VecDeque<Chunk>,
}

impl Outstanding {
    /// Nothing was sent; the first chunk gets the TSN `first`.
    pub(super) fn new(first: Tsn) -> Self {
        Outstanding { cumulative: first.previous(), chunks: VecDeque::new() }
    }

    /// Gives back what many chunks took, while there are none.
    pub(super) fn give_back(&mut self) {
        give_back(&mut self.chunks);
    }

    /// The TSN up to which the peer has everything.
    pub(super) fn cumulative(&self) -> Tsn {
        self.cumulative
    }

    /// The highest TSN that was given.
    pub(super) fn highest(&self) -> Tsn {
        self.cumulative.add(self.chunks.len() as u64)
    }

    pub(super) fn len(&self) -> usize {
        self.chunks.len()
    }

    /// Gives a chunk the next TSN. The chunk of the same message before it is `previous`.
    pub(super) fn push(&mut self, mut chunk: Chunk, previous: Option<Tsn>) -> Tsn {
        let tsn = self.highest().next();
        if let Some(previous) = previous
            && let Some(before) = self.get_mut(previous)
        {
            chunk.steps_back = tsn.since(previous);
            before.steps_on = chunk.steps_back;
        }
        self.chunks.push_back(chunk);
        tsn
    }

    /// The first chunk, if the peer has everything up to `cumulative`, which it is within.
    pub(super) fn pop_acknowledged(&mut self, cumulative: Tsn) -> Option<(Tsn, Chunk)> {
        if self.cumulative >= cumulative {
            return None;
        }
        let chunk = self.chunks.pop_front()?;
        self.cumulative = self.cumulative.next();
        Some((self.cumulative, chunk))
    }

    fn index(&self, tsn: Tsn) -> Option<usize> {
        usize::try_from(tsn.since(self.cumulative)).ok()?.checked_sub(1)
    }

    pub(super) fn get(&self, tsn: Tsn) -> Option<&Chunk> {
        self.chunks.get(self.index(tsn)?)
    }

    pub(super) fn get_mut(&mut self, tsn: Tsn) -> Option<&mut Chunk> {
        let index = self.index(tsn)?;
        self.chunks.get_mut(index)
    }

    /// The chunks in order.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (Tsn, &Chunk)> {
        self.chunks.iter().enumerate().map(|(index, chunk)| (self.cumulative.add(index as u64 + 1), chunk))
    }

    /// The TSNs of a chunk's message, as far as the peer does not have everything up to them.
    pub(super) fn message_of(&self, tsn: Tsn) -> Vec<Tsn> {
        let back = |tsn: Tsn| {
            self.get(tsn).filter(|chunk| chunk.steps_back > 0).map(|chunk| tsn.back(chunk.steps_back))
        };
        let on =
            |tsn: Tsn| self.get(tsn).filter(|chunk| chunk.steps_on > 0).map(|chunk| tsn.add(chunk.steps_on));
        let is_there = |tsn: &Tsn| self.get(*tsn).is_some();
        let first = std::iter::successors(Some(tsn), |tsn| back(*tsn).filter(is_there)).last();
        std::iter::successors(first.filter(is_there), |tsn| on(*tsn)).collect()
    }
}
