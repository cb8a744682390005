//! Fragments become messages (RFC 9260, section 6.9): those of one message have TSNs in a row.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::Ppid;
use crate::chunk::{DataFlags, MessageNumber};
use crate::tsn::Tsn;

/// A DATA chunk, as far as reassembly cares.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fragment<'a> {
    pub(super) tsn: Tsn,
    pub(super) flags: DataFlags,
    pub(super) stream: u16,
    pub(super) ssn: MessageNumber,
    pub(super) ppid: Ppid,
    pub(super) payload: &'a [u8],
}

/// A message with nothing missing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) ssn: MessageNumber,
    pub(super) ppid: Ppid,
    pub(super) payload: Bytes,
    pub(super) chunks: usize,
}

/// Fragments of one message without a gap.
#[derive(Debug)]
struct Run {
    last: Tsn,
    has_first: bool,
    has_last: bool,
    is_unordered: bool,
    stream: u16,
    ssn: MessageNumber,
    ppid: Ppid,
    bytes: Vec<u8>,
    chunks: usize,
}

/// The messages that are not whole, by the TSN of each run's first fragment. The caller bounds their number.
#[derive(Debug, Default)]
pub(super) struct Reassembly {
    runs: BTreeMap<Tsn, Run>,
    bytes: usize,
    chunks: usize,
}

impl Run {
    fn new(fragment: &Fragment<'_>) -> Self {
        Run {
            last: fragment.tsn,
            has_first: fragment.flags.is_first(),
            has_last: fragment.flags.is_last(),
            is_unordered: fragment.flags.is_unordered(),
            stream: fragment.stream,
            ssn: fragment.ssn,
            ppid: fragment.ppid,
            bytes: fragment.payload.to_vec(),
            chunks: 1,
        }
    }

    fn is_of_message(&self, other: &Run) -> bool {
        // RFC 9260, section 3.3.1: an unordered message's stream sequence number says nothing.
        self.stream == other.stream
            && self.is_unordered == other.is_unordered
            && (self.is_unordered || self.ssn == other.ssn)
    }

    /// Whether `next`, which begins right after this run, goes on with the same message.
    fn goes_on_with(&self, next: &Run) -> bool {
        !self.has_last && !next.has_first && self.is_of_message(next)
    }

    fn append(&mut self, next: Run) {
        self.last = next.last;
        self.has_last = next.has_last;
        self.chunks += next.chunks;
        self.bytes.extend_from_slice(&next.bytes);
    }
}

impl Reassembly {
    /// Bytes of messages that are not whole.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Chunks of them.
    pub(super) fn chunks(&self) -> usize {
        self.chunks
    }

    /// Takes a fragment that has not come before; the message that it completes. `None` if a message is longer
    /// than `most` bytes.
    pub(super) fn insert(&mut self, fragment: &Fragment<'_>, most: usize) -> Option<Option<Whole>> {
        let mut run = Run::new(fragment);
        let mut first = fragment.tsn;
        self.bytes += run.bytes.len();
        self.chunks += 1;
        if !run.has_first
            && let Some((start, before)) = self.runs.range_mut(..fragment.tsn).next_back()
            && before.last.next() == fragment.tsn
            && before.goes_on_with(&run)
        {
            first = *start;
            // What arrives in order is copied once, into the run.
            before.append(run);
            if !before.has_last && !self.runs.contains_key(&fragment.tsn.next()) {
                return (self.runs[&first].bytes.len() <= most).then_some(None);
            }
            run = self.runs.remove(&first)?;
        }
        if let Some(next) = self.runs.remove(&run.last.next()) {
            if run.goes_on_with(&next) {
                run.append(next);
            } else {
                self.runs.insert(run.last.next(), next);
            }
        }
        if run.bytes.len() > most {
            return None;
        }
        if !run.has_first || !run.has_last {
            self.runs.insert(first, run);
            return Some(None);
        }
        self.bytes -= run.bytes.len();
        self.chunks -= run.chunks;
        let Run { ssn, ppid, chunks, bytes, .. } = run;
        Some(Some(Whole { ssn, ppid, payload: bytes.into(), chunks }))
    }

    /// Everything up to `tsn` has come or never will (RFC 3758, section 3.6): what lacks a fragment there is
    /// forgotten.
    pub(super) fn forward(&mut self, tsn: Tsn) {
        self.forget(tsn, |start, run| {
            let lacks_front = !run.has_first && start <= tsn.next();
            let lacks_end = !run.has_last && run.last < tsn;
            lacks_front || lacks_end
        });
    }

    /// The peer gave up a stream's ordered messages up to `ssn`, and all of them within `tsn`.
    pub(super) fn forget_ordered(&mut self, stream: u16, ssn: MessageNumber, tsn: Tsn) {
        self.forget(tsn, |start, run| {
            let is_skipped = !run.is_unordered && run.stream == stream && ssn.is_from(run.ssn);
            start <= tsn && is_skipped
        });
    }

    fn forget(&mut self, tsn: Tsn, mut is_lost: impl FnMut(Tsn, &Run) -> bool) {
        let lost: Vec<Tsn> = self
            .runs
            .range(..=tsn.next())
            .filter(|(start, run)| is_lost(**start, run))
            .map(|(start, _)| *start)
            .collect();
        for run in lost.iter().filter_map(|start| self.runs.remove(start)).collect::<Vec<_>>() {
            self.bytes -= run.bytes.len();
            self.chunks -= run.chunks;
        }
    }
}

#[cfg(test)]
mod tests {
    use base::Rng;

    use super::*;

    fn fragment(tsn: Tsn, flags: u8, ssn: u16, payload: &[u8]) -> Fragment<'_> {
        let ssn = MessageNumber::Ssn(ssn);
        Fragment { tsn, flags: DataFlags(flags), stream: 1, ssn, ppid: Ppid::BINARY, payload }
    }

    #[test]
    fn fragments_in_any_order_make_the_messages_that_were_cut() {
        for seed in 0..100 {
            let mut rng = Rng::from_seed([seed; 32]);
            let first = Tsn::first(rng.u32());
            let mut fragments = Vec::new();
            let mut wanted = Vec::new();
            for ssn in 0..20_u16 {
                let pieces = rng.range(1..7);
                let payload: Vec<Vec<u8>> = (0..pieces).map(|piece| vec![ssn as u8, piece as u8]).collect();
                wanted.push((MessageNumber::Ssn(ssn), payload.concat()));
                for (piece, payload) in payload.into_iter().enumerate() {
                    let flags = DataFlags::new(piece == 0, piece as u64 + 1 == pieces, ssn % 3 == 0);
                    fragments.push((first.add(fragments.len() as u64), flags.0, ssn, payload));
                }
            }
            let mut reassembly = Reassembly::default();
            let mut got = Vec::new();
            while !fragments.is_empty() {
                let at = rng.range(0..fragments.len().min(9) as u64) as usize;
                let (tsn, flags, ssn, payload) = fragments.remove(at);
                let whole = reassembly.insert(&fragment(tsn, flags, ssn, &payload), 100).unwrap();
                got.extend(whole.map(|whole| (whole.ssn, whole.payload.to_vec())));
            }
            got.sort();
            assert_eq!(got, wanted);
            assert_eq!((reassembly.bytes(), reassembly.chunks()), (0, 0));
        }
    }

    #[test]
    fn what_lacks_a_fragment_that_never_comes_is_forgotten_and_nothing_else() {
        let first = Tsn::first(7);
        let mut reassembly = Reassembly::default();
        // 0: end missing; 3: whole up to the point and going on; 5 and 6: beyond.
        for (step, flags, ssn) in [(0, 2, 0), (3, 2, 1), (5, 0, 2), (6, 0, 2)] {
            assert_eq!(reassembly.insert(&fragment(first.add(step), flags, ssn, b"x"), 100), Some(None));
        }
        reassembly.forward(first.add(3));
        assert_eq!(reassembly.chunks(), 3);
        // What comes after the point may still complete its message.
        assert!(reassembly.insert(&fragment(first.add(4), 1, 1, b"y"), 100).unwrap().is_some());
        reassembly.forward(first.add(4));
        assert_eq!(reassembly.chunks(), 0);
    }

    #[test]
    fn a_message_that_is_too_long_is_an_error() {
        let first = Tsn::first(7);
        let mut reassembly = Reassembly::default();
        assert_eq!(reassembly.insert(&fragment(first, 2, 0, &[0; 60]), 100), Some(None));
        assert_eq!(reassembly.insert(&fragment(first.next(), 0, 0, &[0; 60]), 100), None);
    }
}
