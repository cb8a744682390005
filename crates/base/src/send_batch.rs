//! What is ready to be sent.

use std::ops::Range;

use crate::Path;

/// One or more datagrams for one path, laid end to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit<'a> {
    /// Where they go.
    pub path: Path,
    /// The datagrams, each `segment_size` bytes long but the last, which may be shorter.
    pub payload: &'a [u8],
    /// The length of each datagram but the last. Equal to `payload.len()` where there is one.
    pub segment_size: usize,
}

impl<'a> Transmit<'a> {
    /// The datagrams, one by one.
    pub fn datagrams(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.payload.chunks(self.segment_size.max(1))
    }
}

/// Datagrams in the order in which they leave, written into one buffer that is used again and again.
///
/// Neighbours for the same path and of the same length form one [`Transmit`], which the driver hands to the
/// kernel in one call (UDP generic segmentation offload).
///
/// ```
/// # use base::{Path, SendBatch, SocketId};
/// let path = Path { socket: SocketId(0), remote: "192.0.2.1:9".parse().unwrap() };
/// let mut batch = SendBatch::new();
/// batch.push(path, b"one");
/// batch.push(path, b"two");
/// assert_eq!(batch.transmits().count(), 1);
/// assert_eq!(batch.datagrams().count(), 2);
/// ```
#[derive(Debug, Default)]
pub struct SendBatch {
    buffer: Vec<u8>,
    runs: Vec<Run>,
    datagrams: usize,
}

#[derive(Debug)]
struct Run {
    path: Path,
    range: Range<usize>,
    segment_size: usize,
    count: usize,
}

impl SendBatch {
    /// A batch is full at this many datagrams...
    pub const MAX_DATAGRAMS: usize = 64;
    /// ...or this many bytes.
    pub const MAX_BYTES: usize = 64 * 1500;
    /// What the kernel takes in one segmented send: 64 segments, 65,535 bytes with headers. quinn-udp's
    /// measurements find nothing to gain beyond 32.
    const MAX_SEGMENTS: usize = 32;
    const MAX_RUN_BYTES: usize = 60_000;

    /// An empty batch.
    pub fn new() -> Self {
        SendBatch::default()
    }

    /// Appends one datagram.
    pub fn push(&mut self, path: Path, datagram: &[u8]) {
        self.write(path, |buffer| buffer.extend_from_slice(datagram));
    }

    /// Appends the datagram that `fill` writes behind what the buffer holds. `fill` must only append; a
    /// datagram of no bytes is not sent.
    pub fn write(&mut self, path: Path, fill: impl FnOnce(&mut Vec<u8>)) {
        let start = self.buffer.len();
        fill(&mut self.buffer);
        debug_assert!(self.buffer.len() >= start, "fill only appends");
        let length = self.buffer.len().saturating_sub(start);
        if length == 0 {
            return;
        }
        self.datagrams += 1;
        if let Some(run) = self.runs.last_mut().filter(|run| run.takes(path, length)) {
            run.range.end += length;
            run.count += 1;
        } else {
            self.runs.push(Run { path, range: start..start + length, segment_size: length, count: 1 });
        }
    }

    /// Whether the batch should be sent before more is written.
    pub fn is_full(&self) -> bool {
        self.datagrams >= Self::MAX_DATAGRAMS || self.buffer.len() >= Self::MAX_BYTES
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.datagrams == 0
    }

    /// How many datagrams there are.
    pub fn len(&self) -> usize {
        self.datagrams
    }

    /// How many bytes its datagrams have together.
    pub fn bytes(&self) -> usize {
        self.buffer.len()
    }

    /// Forgets the datagrams and keeps the memory.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.runs.clear();
        self.datagrams = 0;
    }

    /// What to send, in order.
    pub fn transmits(&self) -> impl Iterator<Item = Transmit<'_>> {
        self.runs.iter().map(|run| Transmit {
            path: run.path,
            payload: &self.buffer[run.range.clone()],
            segment_size: run.segment_size,
        })
    }

    /// Every datagram by itself, in order.
    pub fn datagrams(&self) -> impl Iterator<Item = (Path, &[u8])> {
        self.transmits()
            .flat_map(|transmit| transmit.datagrams().map(move |datagram| (transmit.path, datagram)))
    }
}

impl Run {
    /// Whether a datagram of `length` bytes can follow in the same segmented send: only the last segment of
    /// a send may be shorter than the others.
    fn takes(&self, path: Path, length: usize) -> bool {
        self.path == path
            && length <= self.segment_size
            && self.range.len() == self.segment_size * self.count
            && self.count < SendBatch::MAX_SEGMENTS
            && self.range.len() + length <= SendBatch::MAX_RUN_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SocketId;

    fn path(port: u16) -> Path {
        Path { socket: SocketId(1), remote: ([192, 0, 2, 1], port).into() }
    }

    #[test]
    fn only_equal_neighbours_share_a_send_and_a_shorter_one_ends_it() {
        let mut batch = SendBatch::new();
        for (port, length) in [(1, 10), (1, 10), (1, 4), (1, 10), (2, 10), (2, 12)] {
            batch.push(path(port), &vec![7; length]);
        }
        let shape: Vec<_> =
            batch.transmits().map(|t| (t.path.remote.port(), t.payload.len(), t.segment_size)).collect();
        assert_eq!(shape, [(1, 24, 10), (1, 10, 10), (2, 10, 10), (2, 12, 12)]);
        let lengths: Vec<_> = batch.datagrams().map(|(_, datagram)| datagram.len()).collect();
        assert_eq!(lengths, [10, 10, 4, 10, 10, 12]);
    }

    #[test]
    fn a_run_ends_at_the_segment_limit_and_the_batch_at_its_own() {
        let mut batch = SendBatch::new();
        while !batch.is_full() {
            batch.push(path(1), &[0; 100]);
        }
        assert_eq!(batch.len(), SendBatch::MAX_DATAGRAMS);
        assert!(batch.transmits().all(|transmit| transmit.datagrams().count() == SendBatch::MAX_SEGMENTS));
        batch.clear();
        assert!(batch.is_empty());
    }

    #[test]
    fn an_empty_datagram_is_not_sent() {
        let mut batch = SendBatch::new();
        batch.write(path(1), |_| {});
        assert!(batch.is_empty());
    }
}
