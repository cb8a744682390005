//! Serial number arithmetic (RFC 1982): counters that wrap.

use std::cmp::Ordering;

macro_rules! serial {
    ($name:ident, $inner:ty, $signed:ty) => {
        /// A counter that wraps, compared as [RFC 1982](https://www.rfc-editor.org/rfc/rfc1982) has it.
        ///
        /// There is no `Ord`: across half the number space the order is undefined, so sorting by it is a bug.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $name(pub $inner);

        impl $name {
            /// The value `n` steps on.
            #[allow(clippy::should_implement_trait)]
            pub fn add(self, n: $inner) -> Self {
                $name(self.0.wrapping_add(n))
            }

            /// The next value.
            pub fn next(self) -> Self {
                self.add(1)
            }

            /// How far `self` lies after `earlier` (negative: before it).
            pub fn distance_from(self, earlier: Self) -> $signed {
                self.0.wrapping_sub(earlier.0) as $signed
            }

            /// Whether `self` comes after `other` (RFC 1982, section 3.2).
            pub fn is_after(self, other: Self) -> bool {
                self.partial_cmp(&other) == Some(Ordering::Greater)
            }
        }

        impl PartialOrd for $name {
            /// `None` exactly half the number space apart, where RFC 1982, section 3.2, leaves the order undefined.
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                let distance = self.distance_from(*other);
                if distance == <$signed>::MIN { None } else { Some(distance.cmp(&0)) }
            }
        }
    };
}

serial!(Serial16, u16, i16);
serial!(Serial32, u32, i32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_survives_the_wrap() {
        assert!(Serial16(0).is_after(Serial16(u16::MAX)));
        assert!(Serial32(5).is_after(Serial32(u32::MAX - 5)));
        assert!(!Serial32(5).is_after(Serial32(5)));
        assert_eq!(Serial16(0).partial_cmp(&Serial16(0x8000)), None);
        assert_eq!(Serial16(2).distance_from(Serial16(u16::MAX)), 3);
    }
}
