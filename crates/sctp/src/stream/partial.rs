//! Pieces become messages where messages are interleaved (RFC 8260, section 2.2.3): those of one message share its
//! identifier and are numbered.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::Ppid;
use crate::chunk::{Data, MessageNumber};

/// Which messages of a stream: ordered and unordered ones are numbered apart.
type Kind = (u16, bool);

/// Why a piece cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PieceError {
    /// It contradicts another: the same number twice, two ends, or a piece after the end.
    Contradiction,
    /// The message is longer than is accepted.
    TooLong,
}

/// A message with nothing missing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) ppid: Ppid,
    pub(crate) payload: Bytes,
    pub(crate) chunks: usize,
}

/// One message that is not whole.
#[derive(Debug, Default)]
struct Partial {
    ppid: Ppid,
    /// The pieces from the first on, without a gap, and the number of the next.
    bytes: Vec<u8>,
    next: u32,
    /// Those beyond a gap.
    later: BTreeMap<u32, Vec<u8>>,
    later_bytes: usize,
    last: Option<u32>,
}

/// The messages that are not whole. The caller bounds the number of their pieces.
#[derive(Debug, Default)]
pub(crate) struct Partials {
    map: BTreeMap<(Kind, u32), Partial>,
    bytes: usize,
    chunks: usize,
}

impl Partial {
    fn insert(&mut self, data: &Data<'_>) -> Result<(), PieceError> {
        let fsn = data.fsn;
        let is_known = fsn < self.next || self.later.contains_key(&fsn);
        let is_beyond_end = self.last.is_some_and(|last| fsn > last);
        let ends_before = data.flags.is_last()
            && (self.last.is_some() || self.later.last_key_value().is_some_and(|(later, _)| *later > fsn));
        // A piece that is not the first has another number than 0, which is the first's.
        let is_first = fsn == 0;
        if is_known || is_beyond_end || ends_before || is_first != data.flags.is_first() {
            return Err(PieceError::Contradiction);
        }
        if data.flags.is_last() {
            self.last = Some(fsn);
        }
        if is_first {
            self.ppid = data.ppid;
        }
        if fsn != self.next {
            self.later_bytes += data.payload.len();
            self.later.insert(fsn, data.payload.to_vec());
            return Ok(());
        }
        self.bytes.extend_from_slice(data.payload);
        // There is always another number: one message has far fewer pieces.
        self.next = self.next.saturating_add(1);
        while let Some(piece) = self.later.remove(&self.next) {
            self.later_bytes -= piece.len();
            self.bytes.extend(piece);
            self.next = self.next.saturating_add(1);
        }
        Ok(())
    }

    fn is_whole(&self) -> bool {
        self.last.is_some_and(|last| last < self.next)
    }

    fn length(&self) -> usize {
        self.bytes.len() + self.later_bytes
    }

    fn chunks(&self) -> usize {
        self.next as usize + self.later.len()
    }
}

impl Partials {
    /// Bytes of messages that are not whole.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Pieces of them.
    pub(crate) fn chunks(&self) -> usize {
        self.chunks
    }

    /// Takes a piece; the message that it completes.
    pub(crate) fn insert(&mut self, data: &Data<'_>, most: usize) -> Result<Option<Whole>, PieceError> {
        let MessageNumber::Mid(mid) = data.number else { return Err(PieceError::Contradiction) };
        let key = ((data.stream, data.flags.is_unordered()), mid);
        if data.flags.is_first() && data.flags.is_last() && !self.map.contains_key(&key) {
            let payload = Bytes::copy_from_slice(data.payload);
            let whole = Whole { ppid: data.ppid, payload, chunks: 1 };
            return if whole.payload.len() > most { Err(PieceError::TooLong) } else { Ok(Some(whole)) };
        }
        let partial = self.map.entry(key).or_default();
        partial.insert(data)?;
        self.bytes += data.payload.len();
        self.chunks += 1;
        if partial.length() > most {
            return Err(PieceError::TooLong);
        }
        if !partial.is_whole() {
            return Ok(None);
        }
        Ok(self.remove(key).map(|partial| Whole {
            ppid: partial.ppid,
            chunks: partial.chunks(),
            payload: partial.bytes.into(),
        }))
    }

    fn remove(&mut self, key: (Kind, u32)) -> Option<Partial> {
        let partial = self.map.remove(&key)?;
        self.bytes -= partial.length();
        self.chunks -= partial.chunks();
        Some(partial)
    }

    /// Forgets messages of one kind up to `mid`, half the number space back.
    pub(crate) fn skip(&mut self, stream: u16, is_unordered: bool, mid: u32) {
        let kind = (stream, is_unordered);
        let first = mid.wrapping_sub((1 << 31) - 1);
        if first <= mid {
            self.forget(kind, first, mid);
        } else {
            self.forget(kind, first, u32::MAX);
            self.forget(kind, 0, mid);
        }
    }

    /// Forgets all messages of a stream.
    pub(crate) fn reset(&mut self, stream: u16) {
        for is_unordered in [false, true] {
            self.forget((stream, is_unordered), 0, u32::MAX);
        }
    }

    fn forget(&mut self, kind: Kind, first: u32, last: u32) {
        while let Some(key) = self.map.range((kind, first)..=(kind, last)).next().map(|(key, _)| *key) {
            self.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use base::Rng;

    use super::*;
    use crate::chunk::DataFlags;

    fn piece(mid: u32, fsn: u32, flags: u8, payload: &[u8]) -> Data<'_> {
        let flags = DataFlags(flags);
        Data { flags, tsn: 0, stream: 1, number: MessageNumber::Mid(mid), fsn, ppid: Ppid::BINARY, payload }
    }

    #[test]
    fn pieces_in_any_order_make_the_messages_that_were_cut() {
        for seed in 0..100 {
            let mut rng = Rng::from_seed([seed; 32]);
            let mut pieces = Vec::new();
            let mut wanted = Vec::new();
            for mid in 0..20_u32 {
                let count = rng.range(1..7) as u32;
                wanted.push((0..count).flat_map(|fsn| [mid as u8, fsn as u8]).collect::<Vec<_>>());
                for fsn in 0..count {
                    let flags = DataFlags::new(fsn == 0, fsn + 1 == count, mid % 3 == 0);
                    pieces.push((mid, fsn, flags.0, [mid as u8, fsn as u8]));
                }
            }
            let mut partials = Partials::default();
            let mut got = Vec::new();
            while !pieces.is_empty() {
                let at = rng.range(0..pieces.len() as u64) as usize;
                let (mid, fsn, flags, payload) = pieces.remove(at);
                let whole = partials.insert(&piece(mid, fsn, flags, &payload), 100).unwrap();
                got.extend(whole.map(|whole| (whole.payload.to_vec(), whole.ppid, whole.chunks)));
            }
            got.sort_by(|a, b| a.0.cmp(&b.0));
            assert!(
                got.iter()
                    .all(|(payload, ppid, chunks)| *ppid == Ppid::BINARY && payload.len() == 2 * chunks)
            );
            assert_eq!(got.into_iter().map(|(payload, ..)| payload).collect::<Vec<_>>(), wanted);
            assert_eq!((partials.bytes(), partials.chunks(), partials.map.len()), (0, 0, 0));
        }
    }

    #[test]
    fn pieces_that_contradict_each_other_are_an_error() {
        for (first, second) in [
            ((0, 2), (0, 2)),
            ((3, 0), (3, 0)),
            ((3, 1), (4, 0)),
            ((3, 1), (2, 1)),
            ((4, 0), (3, 1)),
            ((0, 2), (0, 3)),
        ] {
            let mut partials = Partials::default();
            assert_eq!(partials.insert(&piece(7, first.0, first.1, b"x"), 100), Ok(None));
            let second = partials.insert(&piece(7, second.0, second.1, b"x"), 100);
            assert_eq!(second, Err(PieceError::Contradiction));
        }
        // The number 0 is the first's, and the first has no other.
        assert_eq!(Partials::default().insert(&piece(7, 0, 0, b"x"), 100), Err(PieceError::Contradiction));
        let mut partials = Partials::default();
        assert_eq!(partials.insert(&piece(7, 0, 2, &[0; 60]), 100), Ok(None));
        assert_eq!(partials.insert(&piece(7, 5, 0, &[0; 60]), 100), Err(PieceError::TooLong));
        assert_eq!(Partials::default().insert(&piece(7, 0, 3, &[0; 101]), 100), Err(PieceError::TooLong));
    }

    #[test]
    fn what_is_skipped_is_forgotten_and_nothing_else() {
        let mut partials = Partials::default();
        for (mid, flags) in [(u32::MAX, 2), (0, 2), (1, 2), (1, 6), (1 << 31, 2)] {
            assert_eq!(partials.insert(&piece(mid, 0, flags, b"x"), 100), Ok(None));
        }
        partials.skip(1, false, 0);
        let left: Vec<_> = partials.map.keys().copied().collect();
        assert_eq!(left, [((1, false), 1), ((1, false), 1 << 31), ((1, true), 1)]);
        assert_eq!((partials.bytes(), partials.chunks()), (3, 3));
        partials.reset(1);
        assert_eq!((partials.bytes(), partials.chunks()), (0, 0));
    }
}
