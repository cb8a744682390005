//! Which TSNs have arrived.

use std::collections::BTreeSet;

use base::Serial32;

/// DATA further ahead than this is not taken: gap ack blocks cannot report it (RFC 9260, section 3.3.4), and
/// what waits in front of a gap stays bounded.
const MAX_AHEAD: i32 = u16::MAX as i32;

/// The cumulative TSN and what came beyond it.
#[derive(Debug)]
pub(crate) struct Received {
    cumulative: Serial32,
    /// Distances are taken from `cumulative`, so plain numbers would not sort across the wrap; the set only
    /// answers "is it there", so their order does not matter.
    beyond: BTreeSet<u32>,
}

impl Received {
    /// Nothing has arrived of a peer that begins with `first`.
    pub(crate) fn new(first: u32) -> Self {
        Received { cumulative: Serial32(first.wrapping_sub(1)), beyond: BTreeSet::new() }
    }

    /// The last TSN before the first gap.
    pub(crate) fn cumulative(&self) -> Serial32 {
        self.cumulative
    }

    /// Whether nothing is missing.
    pub(crate) fn has_no_gap(&self) -> bool {
        self.beyond.is_empty()
    }

    /// Whether a TSN is new and not too far ahead.
    pub(crate) fn is_wanted(&self, tsn: u32) -> bool {
        let distance = Serial32(tsn).distance_from(self.cumulative);
        distance > 0 && distance <= MAX_AHEAD && !self.beyond.contains(&tsn)
    }

    /// Whether a TSN has come before.
    pub(crate) fn is_duplicate(&self, tsn: u32) -> bool {
        Serial32(tsn).distance_from(self.cumulative) <= 0 || self.beyond.contains(&tsn)
    }

    /// Notes a TSN that is wanted.
    pub(crate) fn insert(&mut self, tsn: u32) {
        self.beyond.insert(tsn);
        self.advance();
    }

    /// Moves past everything up to `tsn` (RFC 3758, section 3.6).
    pub(crate) fn forward(&mut self, tsn: Serial32) {
        if tsn.distance_from(self.cumulative) <= 0 {
            return;
        }
        self.cumulative = tsn;
        self.beyond.retain(|beyond| Serial32(*beyond).distance_from(tsn) > 0);
        self.advance();
    }

    /// Takes over what a SACK says that was written with everything handed over: its cumulative TSN, and the
    /// TSNs of its gap ack blocks.
    pub(crate) fn correct(&mut self, cumulative: Serial32, beyond: impl Iterator<Item = u32>) {
        if cumulative != self.cumulative {
            self.cumulative = cumulative;
            self.beyond = beyond.collect();
        }
    }

    fn advance(&mut self) {
        while self.beyond.remove(&self.cumulative.next().0) {
            self.cumulative = self.cumulative.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_close_across_the_wrap_and_duplicates_are_known() {
        let mut received = Received::new(u32::MAX);
        for tsn in [0, 1, 3] {
            assert!(received.is_wanted(tsn));
            received.insert(tsn);
        }
        assert_eq!(received.cumulative(), Serial32(u32::MAX - 1));
        received.insert(u32::MAX);
        assert_eq!(received.cumulative(), Serial32(1));
        assert!(received.is_duplicate(1) && received.is_duplicate(3) && !received.is_wanted(3));
        received.forward(Serial32(2));
        assert_eq!(received.cumulative(), Serial32(3));
        assert!(received.has_no_gap());
        assert!(!received.is_wanted(3 + 65_536) && !received.is_duplicate(3 + 65_536));
    }
}
