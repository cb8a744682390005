//! How large packets may be on the path that carries them.

use base::Path;
use sctp::Discovery;

use super::Transport;
use crate::SessionConfig;

/// The longest IP packet to a peer that does not say how long its records may be (RFC 8449). Ethernet's, although many
/// paths bear more: Chromium reads nothing any more after a DTLS record that is longer than the 2,048 bytes that it has
/// room for. Through a relay, which says nothing about its own room either, to nobody.
const ETHERNET: usize = 1500;
/// The longest IP packet. A record takes little more; the loopback interfaces of all systems bear it; and four of its
/// datagrams fill what the system takes in one call, of 65,507 bytes.
const LARGEST: usize = 16_384;
/// What a relay's message adds to a datagram at the most: a Send indication with an IPv6 address and padding (RFC 8656,
/// section 11), 20 + 24 + 4 + 3 bytes. A channel's header has 4.
const RELAY: usize = 51;
const UDP: usize = 8;
const IPV4: usize = 20;
const IPV6: usize = 40;

const _: () = assert!(4 * (LARGEST - IPV4 - UDP) <= 65_507);

/// What an association is told of its path.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PathMtu {
    /// The longest datagram as long as nothing is known of the path.
    mtu: usize,
    discovers: bool,
    /// The path that it was told of, and whether a relay is on it.
    path: Option<(Path, bool)>,
}

impl PathMtu {
    pub(super) fn new(config: &SessionConfig) -> Self {
        PathMtu { mtu: config.mtu, discovers: config.mtu_discovery, path: None }
    }

    /// The longest SCTP packet to begin with, and what to try beyond it, where DTLS adds so many bytes. `record`: the
    /// longest packet that the peer takes in a record, if it has said it.
    fn sizes(
        &self,
        path: Path,
        is_relayed: bool,
        dtls: usize,
        record: Option<usize>,
    ) -> (usize, Option<Discovery>) {
        // Behind a relay, either leg may be the longer one.
        let below = match (is_relayed, path.remote.is_ipv4()) {
            (true, _) => RELAY + UDP + IPV6,
            (false, true) => UDP + IPV4,
            (false, false) => UDP + IPV6,
        };
        let is_known = record.is_some() && !is_relayed;
        let record = record.unwrap_or(usize::MAX);
        let largest = if is_known { LARGEST } else { ETHERNET } - below - dtls;
        let discovery = Discovery { overhead: below + dtls, largest: largest.min(record) };
        (self.mtu.saturating_sub(dtls).min(record), self.discovers.then_some(discovery))
    }
}

impl Transport {
    /// Has the association find out, from the beginning, what a path bears that ICE has only now selected.
    pub(super) fn follow_path(&mut self, path: Path, is_relayed: bool) {
        if self.path_mtu.path == Some((path, is_relayed)) {
            return;
        }
        if let (Some(association), Some(endpoint)) = (&mut self.association, self.security.endpoint()) {
            let (packet, discovery) =
                self.path_mtu.sizes(path, is_relayed, endpoint.overhead(), endpoint.max_plaintext());
            association.set_path(packet, discovery);
            self.path_mtu.path = Some((path, is_relayed));
        }
    }
}

#[cfg(test)]
mod tests {
    use base::SocketId;

    use super::*;

    /// The first packet, and the longest.
    fn sizes(remote: &str, is_relayed: bool, dtls: usize, record: Option<usize>) -> (usize, usize) {
        let path = Path { socket: SocketId(0), remote: remote.parse().unwrap() };
        let path_mtu = PathMtu { mtu: 1200, discovers: true, path: None };
        let (base, discovery) = path_mtu.sizes(path, is_relayed, dtls, record);
        (base, discovery.unwrap().largest)
    }

    #[test]
    fn headers_are_counted_as_the_path_has_them() {
        // DTLS 1.2 with AES-GCM adds 37 bytes, 1.3 adds 22.
        assert_eq!(sizes("192.0.2.1:9", false, 37, None), (1163, 1500 - 28 - 37));
        assert_eq!(sizes("192.0.2.1:9", false, 22, None), (1178, 1500 - 28 - 22));
        assert_eq!(sizes("[2001:db8::1]:9", false, 22, None), (1178, 1500 - 48 - 22));
        assert_eq!(sizes("192.0.2.1:9", true, 22, None), (1178, 1500 - 99 - 22));
    }

    #[test]
    fn packets_beyond_ethernets_go_to_peers_alone_that_say_that_they_take_them() {
        assert_eq!(sizes("192.0.2.1:9", false, 22, Some(16_384)), (1178, 16_334));
        assert_eq!(sizes("[2001:db8::1]:9", false, 37, Some(16_384)), (1163, 16_299));
        assert_eq!(sizes("192.0.2.1:9", true, 22, Some(16_384)), (1178, 1379), "a relay has not said it");
        assert_eq!(sizes("192.0.2.1:9", false, 22, Some(4000)), (1178, 4000));
        assert_eq!(sizes("192.0.2.1:9", true, 22, Some(1300)), (1178, 1300));
        assert_eq!(sizes("192.0.2.1:9", false, 22, Some(600)), (600, 600));
    }
}
