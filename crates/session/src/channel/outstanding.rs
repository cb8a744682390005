//! What a channel has given to SCTP and SCTP has not sent.

use std::collections::VecDeque;

/// The messages of one channel that wait in SCTP, in the order of sending.
///
/// SCTP counts bytes per stream, with the DCEP message and the dummy byte of an empty message. W3C's
/// `bufferedAmount` counts the application's bytes alone, hence this ledger.
#[derive(Debug, Default)]
pub(crate) struct Outstanding {
    messages: VecDeque<Entry>,
    /// Sum of the entries' bytes in SCTP.
    wire: usize,
    /// Sum of the entries' application bytes.
    application: usize,
    /// How many of `wire` SCTP has sent since; less than the first entry's.
    drained: usize,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    wire: u32,
    application: u32,
}

impl Outstanding {
    /// The most messages that one channel has outstanding: they cost memory beside their bytes.
    pub(crate) const MAX_MESSAGES: usize = 262_144;

    /// While there are none, room is kept for so many.
    const MAX_KEPT: usize = 64;

    /// Notes a message of `wire` bytes, `application` of which are the application's.
    pub(crate) fn push(&mut self, wire: usize, application: usize) {
        let narrow = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        self.messages.push_back(Entry { wire: narrow(wire), application: narrow(application) });
        self.wire += wire;
        self.application += application;
    }

    /// Takes note that SCTP now has `buffered` bytes of this stream that were never sent.
    pub(crate) fn set_buffered(&mut self, buffered: usize) {
        self.drained = self.wire.saturating_sub(buffered);
        while let Some(first) = self.messages.front()
            && first.wire as usize <= self.drained
        {
            self.drained -= first.wire as usize;
            self.wire -= first.wire as usize;
            self.application -= first.application as usize;
            self.messages.pop_front();
        }
        if self.messages.is_empty() && self.messages.capacity() > Self::MAX_KEPT {
            self.messages = VecDeque::new();
        }
    }

    /// The application's bytes that are outstanding.
    pub(crate) fn buffered_amount(&self) -> usize {
        let first = self.messages.front().map_or(0, |entry| entry.application as usize);
        self.application - self.drained.min(first)
    }

    /// Whether a message of `bytes` can be taken with at most `limit` bytes outstanding.
    pub(crate) fn has_room(&self, bytes: usize, limit: usize) -> bool {
        self.messages.len() < Self::MAX_MESSAGES
            && self.buffered_amount().checked_add(bytes).is_some_and(|sum| sum <= limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_dummy_bytes_do_not_count() {
        let mut outstanding = Outstanding::default();
        outstanding.push(20, 0);
        outstanding.push(100, 100);
        outstanding.push(1, 0);
        outstanding.push(50, 50);
        let mut amounts = Vec::new();
        for buffered in [171, 161, 151, 101, 51, 50, 10, 0] {
            outstanding.set_buffered(buffered);
            amounts.push(outstanding.buffered_amount());
        }
        assert_eq!(amounts, [150, 150, 150, 100, 50, 50, 10, 0]);
        assert!(outstanding.messages.is_empty());
    }

    #[test]
    fn what_many_messages_took_is_given_back() {
        let mut outstanding = Outstanding::default();
        (0..10_000).for_each(|_| outstanding.push(10, 10));
        outstanding.set_buffered(10);
        assert!(outstanding.messages.capacity() >= 10_000);
        outstanding.set_buffered(0);
        assert_eq!(outstanding.messages.capacity(), 0);
    }

    #[test]
    fn room_ends_at_the_limit_of_bytes_and_of_messages() {
        let mut outstanding = Outstanding::default();
        outstanding.push(60, 60);
        assert!(outstanding.has_room(40, 100));
        assert!(!outstanding.has_room(41, 100));
        assert!(!outstanding.has_room(usize::MAX, usize::MAX));
        for _ in 1..Outstanding::MAX_MESSAGES {
            outstanding.push(1, 0);
        }
        assert!(!outstanding.has_room(0, 100));
    }
}
