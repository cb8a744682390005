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

/// How the datagrams of one path are carried over another: within messages to a relay.
///
/// What is written for `inner` is put behind `prefix`, and goes to `outer`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tunnel {
    /// The path that whoever writes knows.
    pub inner: Path,
    /// The path that the messages go over.
    pub outer: Path,
    /// What stands before each datagram.
    pub prefix: Vec<u8>,
    /// The lengths within `prefix`: network-order numbers of two bytes.
    pub lengths: Vec<TunnelLength>,
    /// Whether zeros follow each datagram, up to a whole number of four bytes.
    pub is_padded: bool,
}

/// A length within a [`Tunnel`]'s prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TunnelLength {
    /// Where it stands.
    pub offset: usize,
    /// What it counts beside the datagram.
    pub beside: u16,
    /// Whether it counts the padding.
    pub counts_padding: bool,
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
    tunnel: Option<Tunnel>,
    /// Bytes that a tunnel added.
    added: usize,
    /// The next datagram begins a send of its own.
    is_apart: bool,
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
    /// ...or this many bytes: with the longest datagrams that SCTP makes, of 16 KB, this is two sends.
    pub const MAX_BYTES: usize = 120_000;
    /// What the kernel takes in one segmented send: 64 segments, 65,535 bytes with the headers of IPv4 and UDP.
    /// quinn-udp's measurements find nothing to gain beyond 32 segments.
    const MAX_SEGMENTS: usize = 32;
    const MAX_RUN_BYTES: usize = 65_535 - 28;

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
        let SendBatch { buffer, tunnel, .. } = self;
        let start = buffer.len();
        let tunnel = tunnel.as_ref().filter(|tunnel| tunnel.inner == path);
        if let Some(tunnel) = tunnel {
            buffer.extend_from_slice(&tunnel.prefix);
        }
        let before = buffer.len();
        fill(buffer);
        debug_assert!(buffer.len() >= before, "fill only appends");
        let inner = buffer.len().saturating_sub(before);
        if inner == 0 {
            buffer.truncate(start);
            return;
        }
        let path = tunnel.map_or(path, |tunnel| {
            tunnel.finish(buffer, start);
            tunnel.outer
        });
        let length = self.buffer.len() - start;
        self.added += length - inner;
        self.datagrams += 1;
        let is_apart = std::mem::take(&mut self.is_apart);
        if let Some(run) = self.runs.last_mut().filter(|run| !is_apart && run.takes(path, length)) {
            run.range.end += length;
            run.count += 1;
        } else {
            self.runs.push(Run { path, range: start..start + length, segment_size: length, count: 1 });
        }
    }

    /// What is written from now on is sent apart from what was written before: if the system refuses one of them, the
    /// other goes nevertheless.
    pub fn part(&mut self) {
        self.is_apart = true;
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

    /// How many bytes its datagrams have together, without what a tunnel added.
    pub fn bytes(&self) -> usize {
        self.buffer.len() - self.added
    }

    /// What is written for the tunnel's inner path goes through it from now on; nothing does with `None`.
    pub fn set_tunnel(&mut self, tunnel: Option<Tunnel>) {
        self.tunnel = tunnel;
    }

    /// Forgets the datagrams and keeps the memory.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.runs.clear();
        self.datagrams = 0;
        self.added = 0;
        self.is_apart = false;
        self.tunnel = None;
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

impl Tunnel {
    /// Completes the message that begins at `start`: its datagram has been written.
    fn finish(&self, buffer: &mut Vec<u8>, start: usize) {
        let datagram = buffer.len() - start - self.prefix.len();
        let padded = if self.is_padded { datagram.next_multiple_of(4) } else { datagram };
        buffer.resize(start + self.prefix.len() + padded, 0);
        for length in &self.lengths {
            let counted = if length.counts_padding { padded } else { datagram };
            let value = (counted as u16).saturating_add(length.beside).to_be_bytes();
            if let Some(place) = buffer.get_mut(start + length.offset..).and_then(<[u8]>::first_chunk_mut) {
                *place = value;
            }
        }
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
    fn long_datagrams_fill_sends_as_far_as_the_system_takes_them() {
        let mut batch = SendBatch::new();
        while !batch.is_full() {
            batch.push(path(1), &[0; 16_356]);
        }
        let counts: Vec<_> = batch.transmits().map(|transmit| transmit.datagrams().count()).collect();
        assert_eq!(counts, [4, 4]);
    }

    #[test]
    fn what_is_to_be_sent_apart_is() {
        let mut batch = SendBatch::new();
        batch.push(path(1), &[7; 100]);
        batch.part();
        batch.push(path(1), &[7; 100]);
        batch.push(path(1), &[7; 100]);
        batch.part();
        batch.push(path(1), &[7; 50]);
        let shape: Vec<_> = batch.transmits().map(|transmit| transmit.payload.len()).collect();
        assert_eq!(shape, [100, 200, 50]);
    }

    fn tunnel() -> Tunnel {
        let length = |offset, beside, counts_padding| TunnelLength { offset, beside, counts_padding };
        Tunnel {
            inner: path(1),
            outer: path(9),
            prefix: vec![b'<', 0, 0, 0, 0, b'>'],
            lengths: vec![length(1, 0, false), length(3, 2, true)],
            is_padded: true,
        }
    }

    #[test]
    fn a_tunnel_takes_what_is_for_its_inner_path() {
        let mut batch = SendBatch::new();
        batch.set_tunnel(Some(tunnel()));
        batch.push(path(1), b"abcde");
        batch.push(path(2), b"plain");
        batch.write(path(1), |_| {});
        batch.push(path(1), b"four");
        assert_eq!(batch.bytes(), 14);
        batch.set_tunnel(None);
        batch.push(path(1), b"late");
        let sent: Vec<_> = batch.datagrams().map(|(path, datagram)| (path.remote.port(), datagram)).collect();
        let expected: [(u16, &[u8]); 4] = [
            (9, b"<\x00\x05\x00\x0a>abcde\0\0\0"),
            (2, b"plain"),
            (9, b"<\x00\x04\x00\x06>four"),
            (1, b"late"),
        ];
        assert_eq!(sent, expected);
    }

    #[test]
    fn equal_neighbours_in_a_tunnel_share_a_send() {
        let mut batch = SendBatch::new();
        batch.set_tunnel(Some(tunnel()));
        (0..10).for_each(|number| batch.push(path(1), &[number; 100]));
        assert_eq!((batch.transmits().count(), batch.len()), (1, 10));
    }

    #[test]
    fn an_empty_datagram_is_not_sent() {
        let mut batch = SendBatch::new();
        batch.write(path(1), |_| {});
        assert!(batch.is_empty());
    }
}
