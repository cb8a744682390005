//! Opened datagrams that nobody has read.

use std::collections::VecDeque;

/// The session reads after every datagram, so that there are never many.
const MAX_UNREAD: usize = 256;
/// Bytes in front that were read and are still kept, as moving the others has its price too.
const MAX_READ: usize = 64 * 1024;
/// What is kept when there is time to give back the rest: more than datagrams have on most paths.
const MAX_KEPT: usize = 4096;

/// One buffer, used again and again: a record is opened where it is read.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    bytes: Vec<u8>,
    /// At most [`MAX_UNREAD`].
    lengths: VecDeque<usize>,
    /// Bytes that were read.
    read: usize,
}

impl Unread {
    pub(crate) fn is_full(&self) -> bool {
        self.lengths.len() == MAX_UNREAD
    }

    /// Makes room for one datagram more, and says where it begins. Whoever asks [keeps](Unread::keep) what it appends
    /// to the [buffer](Unread::buffer), or truncates it.
    pub(crate) fn begin(&mut self) -> usize {
        if self.lengths.is_empty() {
            self.bytes.clear();
            self.read = 0;
        } else if self.read > MAX_READ {
            self.bytes.drain(..self.read);
            self.read = 0;
        }
        self.bytes.len()
    }

    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// What was appended from `start` on is a datagram.
    pub(crate) fn keep(&mut self, start: usize) {
        self.lengths.push_back(self.bytes.len().saturating_sub(start));
    }

    pub(crate) fn pop(&mut self) -> Option<&[u8]> {
        let length = self.lengths.pop_front()?;
        let start = self.read;
        self.read += length;
        self.bytes.get(start..self.read)
    }

    /// Gives back what long datagrams took, if all are read. Not after each of them: the next one would ask for it again.
    pub(crate) fn give_back(&mut self) {
        if self.lengths.is_empty() && self.bytes.capacity() > MAX_KEPT {
            *self = Unread::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_come_out_as_they_went_in_and_memory_is_used_again() {
        let mut unread = Unread::default();
        for round in 0..2_000_u32 {
            // One more comes than is read, up to the limit.
            for n in 0..2 {
                if !unread.is_full() {
                    let start = unread.begin();
                    unread.bytes.extend((round + n).to_be_bytes());
                    unread.bytes.extend([0; 1000]);
                    unread.keep(start);
                }
            }
            assert_eq!(unread.pop().map(<[u8]>::len), Some(1004));
        }
        assert!(unread.bytes.len() < (MAX_UNREAD + 2) * 1004 + MAX_READ, "{}", unread.bytes.len());
        while unread.pop().is_some() {}
        assert_eq!(unread.begin(), 0);
    }

    #[test]
    fn what_long_datagrams_took_is_given_back() {
        let mut unread = Unread::default();
        for (length, is_kept) in [(1500, true), (16_384, false), (1500, true)] {
            let start = unread.begin();
            unread.bytes.extend(vec![7; length]);
            unread.keep(start);
            unread.give_back();
            assert_eq!(unread.pop().map(<[u8]>::len), Some(length));
            assert_eq!(unread.pop(), None);
            unread.give_back();
            assert_eq!(unread.bytes.capacity() > 0, is_kept, "{length}");
        }
    }
}
