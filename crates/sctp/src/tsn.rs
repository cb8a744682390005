//! Transmission sequence numbers that do not wrap.

use base::Serial32;

/// A TSN, counted on where the wire's 32 bits wrap (RFC 9260, section 1.6): plain numbers sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tsn(u64);

impl Tsn {
    /// The first TSN of an association. What lies up to half the number space before it is still a number.
    pub(crate) fn first(wire: u32) -> Self {
        Tsn((1 << 32) | u64::from(wire))
    }

    /// The TSN that `wire` stands for in the neighbourhood of this one.
    pub(crate) fn near(self, wire: u32) -> Self {
        let distance = Serial32(wire).distance_from(self.wire());
        Tsn(self.0.saturating_add_signed(i64::from(distance)))
    }

    /// As it is written.
    pub(crate) fn wire(self) -> Serial32 {
        Serial32(self.0 as u32)
    }

    pub(crate) fn next(self) -> Self {
        Tsn(self.0 + 1)
    }

    pub(crate) fn previous(self) -> Self {
        Tsn(self.0.saturating_sub(1))
    }

    pub(crate) fn add(self, steps: u64) -> Self {
        Tsn(self.0 + steps)
    }

    pub(crate) fn back(self, steps: u64) -> Self {
        Tsn(self.0.saturating_sub(steps))
    }

    /// How many steps after `earlier`; 0 if it is not after it.
    pub(crate) fn since(self, earlier: Tsn) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_distance_survive_the_wrap() {
        let last = Tsn::first(u32::MAX);
        assert_eq!(last.next().wire(), Serial32(0));
        assert_eq!(last.near(5), last.add(6));
        assert_eq!(last.add(6).near(u32::MAX), last);
        assert!(last.near(0) > last);
        assert_eq!(last.near(3).since(last), 4);
        assert_eq!(last.since(last.next()), 0);
        assert!(Tsn::first(0).near(u32::MAX) < Tsn::first(0));
    }
}
