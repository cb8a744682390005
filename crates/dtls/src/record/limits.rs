//! How long protected records may be ([RFC 8449](https://www.rfc-editor.org/rfc/rfc8449)).

use crate::event::Version;

/// The longest plaintext of a record, in bytes (RFC 5246, section 6.2.1; RFC 8446, section 5.1).
pub(crate) const MAX_PLAINTEXT: usize = 1 << 14;
/// The least that an end may say (RFC 8449, section 4).
pub(crate) const MIN_LIMIT: u16 = 64;

/// The most that an end may say in a version: in 1.3 the byte with the content's type counts, too (RFC 8449, section 4).
pub(crate) fn most(version: Version) -> u16 {
    match version {
        Version::Dtls12 => 1 << 14,
        Version::Dtls13 => (1 << 14) + 1,
    }
}

/// What both ends said. Where one of them says nothing, there is no limit but the protocol's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// What we said that we take.
    pub(crate) ours: u16,
    /// What the peer said that it takes.
    pub(crate) peers: u16,
}

impl Limits {
    /// The longest content that we may send.
    pub(crate) fn sent(self, version: Version) -> usize {
        content(self.peers, version)
    }

    /// The longest content, with its padding, that we take.
    pub(crate) fn taken(self, version: Version) -> usize {
        content(self.ours, version)
    }
}

/// RFC 8449, section 4: a limit may be beyond the protocol's, which holds all the same.
fn content(limit: u16, version: Version) -> usize {
    let limit = usize::from(limit.min(most(version)));
    match version {
        Version::Dtls12 => limit,
        Version::Dtls13 => limit.saturating_sub(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_counts_in_13_and_the_protocols_limit_holds() {
        for (limit, in_12, in_13) in [
            (64, 64, 63),
            (16_384, 16_384, 16_383),
            (16_385, 16_384, MAX_PLAINTEXT),
            (u16::MAX, 16_384, MAX_PLAINTEXT),
        ] {
            let limits = Limits { ours: 100, peers: limit };
            assert_eq!((limits.sent(Version::Dtls12), limits.sent(Version::Dtls13)), (in_12, in_13));
            assert_eq!((limits.taken(Version::Dtls12), limits.taken(Version::Dtls13)), (100, 99));
        }
    }
}
