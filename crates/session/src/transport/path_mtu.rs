//! How large packets may be on the path that carries them.

use base::Path;
use sctp::Discovery;

use super::Transport;
use crate::SessionConfig;

/// The longest IP packet. Ethernet's, although many paths bear more: Chromium reads nothing any more after a DTLS record
/// that is longer than the 2,048 bytes that it has room for, and nothing tells a peer of that kind from others.
const LARGEST: usize = 1500;
/// What a relay's message adds to a datagram at the most: a Send indication with an IPv6 address and padding (RFC 8656,
/// section 11), 20 + 24 + 4 + 3 bytes. A channel's header has 4.
const RELAY: usize = 51;
const UDP: usize = 8;
const IPV4: usize = 20;
const IPV6: usize = 40;

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

    /// The longest SCTP packet to begin with, and what to try beyond it, where DTLS adds so many bytes.
    fn sizes(&self, path: Path, is_relayed: bool, dtls: usize) -> (usize, Option<Discovery>) {
        // Behind a relay, either leg may be the longer one.
        let below = match (is_relayed, path.remote.is_ipv4()) {
            (true, _) => RELAY + UDP + IPV6,
            (false, true) => UDP + IPV4,
            (false, false) => UDP + IPV6,
        };
        let discovery = Discovery { overhead: below + dtls, largest: LARGEST - below - dtls };
        (self.mtu.saturating_sub(dtls), self.discovers.then_some(discovery))
    }
}

impl Transport {
    /// Has the association find out, from the beginning, what a path bears that ICE has only now selected.
    pub(super) fn follow_path(&mut self, path: Path, is_relayed: bool) {
        if self.path_mtu.path == Some((path, is_relayed)) {
            return;
        }
        if let (Some(association), Some(endpoint)) = (&mut self.association, self.security.endpoint()) {
            let (packet, discovery) = self.path_mtu.sizes(path, is_relayed, endpoint.overhead());
            association.set_path(packet, discovery);
            self.path_mtu.path = Some((path, is_relayed));
        }
    }
}

#[cfg(test)]
mod tests {
    use base::SocketId;

    use super::*;

    #[test]
    fn headers_are_counted_as_the_path_has_them() {
        let sizes = |remote: &str, is_relayed, dtls| {
            let path = Path { socket: SocketId(0), remote: remote.parse().unwrap() };
            let path_mtu = PathMtu { mtu: 1200, discovers: true, path: None };
            let (base, discovery) = path_mtu.sizes(path, is_relayed, dtls);
            let discovery = discovery.unwrap();
            assert_eq!(discovery.largest, 1500 - discovery.overhead);
            (base, discovery.largest)
        };
        // DTLS 1.2 with AES-GCM adds 37 bytes, 1.3 adds 22.
        assert_eq!(sizes("192.0.2.1:9", false, 37), (1163, 1435));
        assert_eq!(sizes("192.0.2.1:9", false, 22), (1178, 1450));
        assert_eq!(sizes("[2001:db8::1]:9", false, 22), (1178, 1430));
        assert_eq!(sizes("192.0.2.1:9", true, 22), (1178, 1379));
    }
}
