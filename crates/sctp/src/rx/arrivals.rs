//! Which TSNs have arrived.

use std::collections::BTreeMap;

use crate::tsn::Tsn;

/// The cumulative TSN, and the runs of TSNs that came beyond it. At most one run for two TSNs that may be ahead.
#[derive(Debug)]
pub(super) struct Arrivals {
    cumulative: Tsn,
    /// First to last TSN of each run; never touching one another or the cumulative TSN.
    beyond: BTreeMap<Tsn, Tsn>,
}

impl Arrivals {
    /// Nothing has arrived of a peer that begins with `first`.
    pub(super) fn new(first: Tsn) -> Self {
        Arrivals { cumulative: first.previous(), beyond: BTreeMap::new() }
    }

    /// The last TSN before the first that is missing.
    pub(super) fn cumulative(&self) -> Tsn {
        self.cumulative
    }

    /// The highest TSN that has arrived.
    pub(super) fn highest(&self) -> Tsn {
        self.beyond.last_key_value().map_or(self.cumulative, |(_, last)| *last)
    }

    /// Whether something is missing before the highest.
    pub(super) fn has_gap(&self) -> bool {
        !self.beyond.is_empty()
    }

    /// Whether a TSN has arrived.
    pub(super) fn has(&self, tsn: Tsn) -> bool {
        tsn <= self.cumulative || self.run_before(tsn).is_some_and(|(_, last)| tsn <= last)
    }

    fn run_before(&self, tsn: Tsn) -> Option<(Tsn, Tsn)> {
        self.beyond.range(..=tsn).next_back().map(|(first, last)| (*first, *last))
    }

    /// Notes a TSN that had not arrived.
    pub(super) fn insert(&mut self, tsn: Tsn) {
        if tsn == self.cumulative.next() {
            self.cumulative = tsn;
            return self.absorb();
        }
        let mut last = tsn;
        if let Some(after) = self.beyond.remove(&tsn.next()) {
            last = after;
        }
        match self.run_before(tsn) {
            Some((first, end)) if end.next() == tsn => self.beyond.insert(first, last),
            _ => self.beyond.insert(tsn, last),
        };
    }

    /// Everything up to `tsn` counts as arrived (RFC 3758, section 3.6).
    pub(super) fn forward(&mut self, tsn: Tsn) {
        while let Some(entry) = self.beyond.first_entry()
            && *entry.key() <= tsn
        {
            let last = entry.remove();
            if last > tsn {
                self.beyond.insert(tsn.next(), last);
            }
        }
        self.cumulative = tsn;
        self.absorb();
    }

    fn absorb(&mut self) {
        if let Some(last) = self.beyond.remove(&self.cumulative.next()) {
            self.cumulative = last;
        }
    }

    /// The first gap ack blocks, as distances from the cumulative TSN.
    pub(super) fn blocks(&self, most: usize) -> Vec<(u16, u16)> {
        let distance = |tsn: Tsn| u16::try_from(tsn.since(self.cumulative)).ok();
        self.beyond
            .iter()
            .map_while(|(first, last)| Some((distance(*first)?, distance(*last)?)))
            .take(most)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use base::Rng;

    use super::*;

    #[test]
    fn gaps_close_across_the_wrap_and_duplicates_are_known() {
        let first = Tsn::first(u32::MAX);
        let mut arrivals = Arrivals::new(first);
        for step in [1, 2, 4] {
            assert!(!arrivals.has(first.add(step)));
            arrivals.insert(first.add(step));
        }
        assert_eq!(arrivals.cumulative(), first.previous());
        assert_eq!(arrivals.blocks(9), [(2, 3), (5, 5)]);
        arrivals.insert(first);
        assert_eq!((arrivals.cumulative(), arrivals.highest()), (first.add(2), first.add(4)));
        assert!(arrivals.has(first.add(1)) && arrivals.has(first.add(4)) && !arrivals.has(first.add(3)));
        arrivals.forward(first.add(3));
        assert_eq!(arrivals.cumulative(), first.add(4));
        assert!(!arrivals.has_gap());
    }

    #[test]
    fn any_order_gives_what_a_plain_set_gives() {
        for seed in 0..50 {
            let mut rng = Rng::from_seed([seed; 32]);
            let first = Tsn::first(rng.u32());
            let mut arrivals = Arrivals::new(first);
            let mut model = BTreeSet::new();
            let mut cumulative = 0;
            for _ in 0..400 {
                let step = rng.range(0..200);
                if rng.chance(0.02) {
                    let to = rng.range(cumulative..cumulative + 9);
                    if to > cumulative {
                        arrivals.forward(first.add(to).previous());
                        (cumulative..to).for_each(|step| _ = model.insert(step));
                    }
                } else if !model.contains(&step) {
                    assert!(!arrivals.has(first.add(step)));
                    model.insert(step);
                    arrivals.insert(first.add(step));
                }
                while model.contains(&cumulative) {
                    cumulative += 1;
                }
                assert_eq!(arrivals.cumulative(), first.add(cumulative).previous());
                assert!((0..210).all(|step| arrivals.has(first.add(step)) == model.contains(&step)));
                let blocks = arrivals.blocks(1000).into_iter();
                let beyond =
                    blocks.flat_map(|(start, end)| start..=end).map(|at| cumulative + u64::from(at) - 1);
                assert!(beyond.eq(model.range(cumulative..).copied()));
            }
        }
    }
}
