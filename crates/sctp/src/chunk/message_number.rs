//! How a stream's messages are numbered.

/// The number of a message within its stream, as the wire has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MessageNumber {
    /// DATA: a stream sequence number, which says nothing of an unordered message (RFC 9260, section 3.3.1).
    Ssn(u16),
    /// I-DATA: a message identifier; ordered and unordered messages are counted apart (RFC 8260, section 2.1).
    Mid(u32),
}

impl MessageNumber {
    /// Where the message stands in a count whose next is `next`, and whose lowest bits are such numbers; `None` if it
    /// is one of the past (RFC 9260, section 1.6: serial numbers).
    pub(crate) fn place(self, next: u64) -> Option<u64> {
        match self {
            MessageNumber::Ssn(ssn) => {
                let ahead = ssn.wrapping_sub(next as u16);
                (ahead < 1 << 15).then(|| next + u64::from(ahead))
            }
            MessageNumber::Mid(mid) => {
                let ahead = mid.wrapping_sub(next as u32);
                (ahead < 1 << 31).then(|| next + u64::from(ahead))
            }
        }
    }

    /// Whether this is `earlier` or comes after it.
    pub(crate) fn is_from(self, earlier: MessageNumber) -> bool {
        match earlier {
            MessageNumber::Ssn(earlier) => self.place(u64::from(earlier)).is_some(),
            MessageNumber::Mid(earlier) => self.place(u64::from(earlier)).is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_find_their_place_across_the_wrap() {
        let next = 3 * 65_536 - 1;
        assert_eq!(MessageNumber::Ssn(65_535).place(next), Some(next));
        assert_eq!(MessageNumber::Ssn(1).place(next), Some(next + 2));
        assert_eq!(MessageNumber::Ssn(65_534).place(next), None);
        let next = (5 << 32) - 1;
        assert_eq!(MessageNumber::Mid(u32::MAX).place(next), Some(next));
        assert_eq!(MessageNumber::Mid(1).place(next), Some(next + 2));
        assert_eq!(MessageNumber::Mid(u32::MAX - 1).place(next), None);
    }
}
