//! What the application has been given and has not taken, of all open channels together.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::READ_ROOM;

/// What all open channels of a session have delivered and not got [room](crate::Session::grant) for again, at most, but
/// for the message that goes beyond it. It is counted in [costs](crate::Payload::cost).
pub const MAX_UNREAD: usize = 16 * 1024 * 1024;

/// A channel may have this part of what is left. Where many are not read, each has less, and a channel that is read
/// finds room as long as there is any.
const SHARE: usize = 8;

/// Streams that are asked in vain when there is room again. Those after them are asked the next time: as long as one is
/// refused, there are messages that will be taken.
const MAX_REFUSED: usize = 16;

/// The account.
#[derive(Debug, Default)]
pub(super) struct Unread {
    total: usize,
    /// Streams whose messages wait in SCTP.
    waiting: BTreeSet<u16>,
    /// The stream that was asked last.
    last: u16,
    /// How many may still be refused.
    tries: usize,
}

impl Unread {
    /// Whether a channel with so much unread may deliver another message.
    pub(super) fn has_room(&self, unread: usize) -> bool {
        unread < READ_ROOM.min(MAX_UNREAD.saturating_sub(self.total) / SHARE)
    }

    /// A message was delivered.
    pub(super) fn add(&mut self, cost: usize) {
        self.total += cost;
    }

    /// So much was taken, or belongs to a channel that has nothing more to deliver.
    pub(super) fn free(&mut self, cost: usize) {
        self.total = self.total.saturating_sub(cost);
        self.tries = MAX_REFUSED;
    }

    /// A stream was refused.
    pub(super) fn wait(&mut self, stream: u16) {
        self.waiting.insert(stream);
        self.tries = self.tries.saturating_sub(1);
    }

    /// The next stream to ask again, since there is more room: in turn, and once unless it is refused.
    pub(super) fn next(&mut self) -> Option<u16> {
        if self.tries == 0 {
            return None;
        }
        let after = self.waiting.range((Bound::Excluded(self.last), Bound::Unbounded)).next();
        let Some(stream) = after.or(self.waiting.first()).copied() else {
            self.tries = 0;
            return None;
        };
        self.waiting.remove(&stream);
        self.last = stream;
        Some(stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_room_until_many_are_not_read() {
        let mut unread = Unread::default();
        assert!(unread.has_room(READ_ROOM - 1) && !unread.has_room(READ_ROOM));
        for _ in 0..8 {
            unread.add(READ_ROOM);
        }
        assert!(unread.has_room(READ_ROOM - 1), "eight are not too many");
        unread.add(READ_ROOM);
        assert!(unread.has_room(0) && !unread.has_room(READ_ROOM - 1));
        unread.add(MAX_UNREAD);
        assert!(!unread.has_room(0));
        unread.free(2 * MAX_UNREAD);
        assert!(unread.has_room(0));
    }

    #[test]
    fn those_that_wait_are_asked_in_turn_and_not_without_end() {
        let mut unread = Unread::default();
        (0..40).for_each(|stream| unread.wait(stream));
        assert_eq!(unread.next(), None, "nothing was taken");
        let mut asked = Vec::new();
        for _ in 0..3 {
            unread.free(1);
            while let Some(stream) = unread.next() {
                asked.push(stream);
                unread.wait(stream);
            }
        }
        assert_eq!(asked[..40], (1..40).chain([0]).collect::<Vec<_>>());
        assert_eq!(asked.len(), 3 * MAX_REFUSED);
        unread.free(1);
        assert_eq!(std::iter::from_fn(|| unread.next()).count(), 40, "those that are served are asked once");
    }
}
