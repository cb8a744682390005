//! Which records of an epoch were taken ([RFC 9147, section 4.5.1](https://www.rfc-editor.org/rfc/rfc9147#section-4.5.1)).

/// How many record numbers back are remembered.
const WINDOW: u64 = 128;

/// A sliding window over record numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReplayWindow {
    /// One more than the highest number that was taken.
    next: u64,
    /// Bit `n`: whether `next - 1 - n` was taken.
    taken: u128,
}

impl ReplayWindow {
    /// What the next record's number should be.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Whether a record of that number can be new.
    pub(crate) fn is_new(&self, number: u64) -> bool {
        match self.next.checked_sub(number) {
            None | Some(0) => true,
            Some(back) => back <= WINDOW && self.taken & 1 << (back - 1) == 0,
        }
    }

    /// Takes a record that was authentic, and only such: what anybody can send moves no window.
    pub(crate) fn take(&mut self, number: u64) {
        match self.next.checked_sub(number) {
            None | Some(0) => {
                let ahead = (number - self.next).saturating_add(1);
                self.taken = if ahead < WINDOW { self.taken << ahead } else { 0 };
                self.taken |= 1;
                self.next = number.saturating_add(1);
            }
            Some(back) if back <= WINDOW => self.taken |= 1 << (back - 1),
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_window_ends_where_it_says() {
        let mut window = ReplayWindow::default();
        window.take(500);
        assert!(!window.is_new(500));
        assert!(window.is_new(501) && window.is_new(499) && window.is_new(501 - WINDOW));
        assert!(!window.is_new(500 - WINDOW), "too old to know");
        window.take(501 - WINDOW);
        assert!(!window.is_new(501 - WINDOW));
        window.take(u64::MAX);
        assert!(!window.is_new(500) && !window.is_new(u64::MAX - 1000));
    }

    proptest! {
        #[test]
        fn nothing_is_taken_twice_and_nothing_near_is_lost(
            numbers in proptest::collection::vec(0..400_u64, 0..300),
        ) {
            let (mut window, mut taken, mut highest) = (ReplayWindow::default(), BTreeSet::new(), 0);
            for number in numbers {
                let is_near = number + WINDOW > highest;
                let expected = !taken.contains(&number) && is_near;
                prop_assert_eq!(window.is_new(number), expected || taken.is_empty());
                if window.is_new(number) {
                    window.take(number);
                    taken.insert(number);
                    highest = highest.max(number);
                }
            }
        }
    }
}
