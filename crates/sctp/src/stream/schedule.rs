//! Which stream sends next: weighted fair queueing (RFC 8260, section 3.6; RFC 8831, section 6.4).
//!
//! Streams share what the path carries in proportion to their priorities. Each turn has a virtual time at which it
//! starts (start-time fair queueing): what a stream has sent, divided by its priority, moves its next turn on. A stream
//! that had nothing to send begins at the time of whoever is being served, so it waits for no more than the pieces
//! before it, however much others have queued. Turns cost `O(log n)`.

use std::collections::BTreeSet;

/// One byte of a stream with priority 1, in virtual time. Sums stay far below 64 bits: they reach as far as 2^48 bytes
/// on a stream of that priority.
const BYTE: u64 = 1 << 16;

/// When a stream is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    start: u64,
    /// Those that start at the same time are served as they came.
    serial: u64,
    stream: u16,
}

/// The streams that have something to send.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    ready: BTreeSet<Turn>,
    /// Those that may not begin their next message now.
    parked: BTreeSet<Turn>,
    /// The start of the turn that was served last.
    now: u64,
    serial: u64,
}

impl Schedule {
    /// The stream whose turn it is.
    pub(super) fn first(&self) -> Option<u16> {
        self.ready.first().map(|turn| turn.stream)
    }

    /// A stream has something to send, having been promised no turn before `earliest`.
    pub(super) fn add(&mut self, stream: u16, earliest: u64) -> Turn {
        self.serial += 1;
        let turn = Turn { start: self.now.max(earliest), serial: self.serial, stream };
        self.ready.insert(turn);
        turn
    }

    /// A stream has nothing to send any more.
    pub(super) fn remove(&mut self, turn: Turn) {
        if !self.ready.remove(&turn) {
            self.parked.remove(&turn);
        }
    }

    /// A stream was served with so many bytes: when its next turn may start.
    pub(super) fn charge(&mut self, turn: Turn, bytes: usize, priority: u16) -> u64 {
        self.remove(turn);
        self.now = self.now.max(turn.start);
        turn.start + bytes as u64 * BYTE / u64::from(priority.max(1))
    }

    /// The first stream waits aside.
    pub(super) fn park_first(&mut self) {
        self.parked.extend(self.ready.pop_first());
    }

    /// The first of those that wait aside.
    pub(super) fn first_parked(&self) -> Option<u16> {
        self.parked.first().map(|turn| turn.stream)
    }

    /// The first of those that wait aside is ready again, for the time at which it was.
    pub(super) fn unpark_first(&mut self) {
        self.ready.extend(self.parked.pop_first());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of so many bytes each of always busy streams gets.
    fn shares(priorities: &[u16], piece: impl Fn(u16) -> usize, total: usize) -> Vec<usize> {
        let mut schedule = Schedule::default();
        let mut turns: Vec<Turn> =
            (0..priorities.len()).map(|stream| schedule.add(stream as u16, 0)).collect();
        let mut sent = vec![0; priorities.len()];
        while sent.iter().sum::<usize>() < total {
            let stream = schedule.first().unwrap();
            let index = usize::from(stream);
            sent[index] += piece(stream);
            let next = schedule.charge(turns[index], piece(stream), priorities[index]);
            turns[index] = schedule.add(stream, next);
        }
        sent
    }

    #[test]
    fn busy_streams_share_by_priority_whatever_the_size_of_their_pieces() {
        for pieces in [[1000; 4], [100, 1000, 60_000, 7], [60_000, 1000, 10, 1000]] {
            let total = 15_000_000;
            let sent = shares(&[128, 256, 512, 1024], |stream| pieces[usize::from(stream)], total);
            for (index, sent) in sent.iter().enumerate() {
                let wanted = total * (1 << index) / 15;
                let allowed = 2 * pieces.iter().max().unwrap();
                assert!(sent.abs_diff(wanted) <= allowed, "{index}: {sent} of {wanted}, pieces {pieces:?}");
            }
        }
    }

    #[test]
    fn equals_take_turns() {
        let mut schedule = Schedule::default();
        let mut turns: Vec<Turn> = (0..5).map(|stream| schedule.add(stream, 0)).collect();
        for round in 0..10 {
            for stream in 0..5 {
                assert_eq!(schedule.first(), Some(stream), "round {round}");
                let next = schedule.charge(turns[usize::from(stream)], 1000, 256);
                turns[usize::from(stream)] = schedule.add(stream, next);
            }
        }
    }

    #[test]
    fn who_was_silent_is_next_and_has_saved_nothing() {
        let mut schedule = Schedule::default();
        let mut bulk = schedule.add(1, 0);
        for _ in 0..1000 {
            let next = schedule.charge(bulk, 1000, 1024);
            bulk = schedule.add(1, next);
        }
        // The lowest priority there is.
        let mut late = schedule.add(2, 0);
        assert_eq!(schedule.first(), Some(2));
        let next = schedule.charge(late, 1000, 1);
        late = schedule.add(2, next);
        for _ in 0..1000 {
            assert_eq!(schedule.first(), Some(1), "the silence was no credit");
            let next = schedule.charge(bulk, 1000, 1024);
            bulk = schedule.add(1, next);
        }
        schedule.remove(bulk);
        assert_eq!(schedule.first(), Some(2));
        schedule.remove(late);
        assert_eq!(schedule.first(), None);
    }
}
