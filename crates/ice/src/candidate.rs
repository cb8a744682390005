//! A transport address that a peer may be reached at.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::MdnsName;

use crate::RelayProtocol;

/// The transport protocol of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// UDP.
    Udp,
    /// TCP, framed as in RFC 4571.
    Tcp,
}

/// Who opens the connection of a TCP candidate ([RFC 6544, section 4.5](https://www.rfc-editor.org/rfc/rfc6544#section-4.5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TcpType {
    /// This side connects.
    Active,
    /// This side listens.
    Passive,
    /// Both sides connect at the same time.
    SimultaneousOpen,
}

/// How a candidate was found ([RFC 8445, section 5.1.1](https://www.rfc-editor.org/rfc/rfc8445#section-5.1.1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CandidateKind {
    /// An address of a local interface.
    Host,
    /// What a STUN server saw: the outside of a NAT.
    ServerReflexive,
    /// What the peer saw in a connectivity check.
    PeerReflexive,
    /// An address at a TURN server.
    Relayed,
}

impl CandidateKind {
    /// Whether checks can be sent from such a candidate itself
    /// ([RFC 8445, section 5.1.1](https://www.rfc-editor.org/rfc/rfc8445#section-5.1.1): it is its own base).
    pub(crate) fn is_base(self) -> bool {
        matches!(self, CandidateKind::Host | CandidateKind::Relayed)
    }

    /// The recommended type preference ([RFC 8445, section 5.1.2.2](https://www.rfc-editor.org/rfc/rfc8445#section-5.1.2.2)).
    pub fn preference(self) -> u8 {
        match self {
            CandidateKind::Host => 126,
            CandidateKind::PeerReflexive => 110,
            CandidateKind::ServerReflexive => 100,
            CandidateKind::Relayed => 0,
        }
    }
}

/// A candidate, as it is signalled ([RFC 8839, section 5.1](https://www.rfc-editor.org/rfc/rfc8839#section-5.1)).
///
/// Plain data: how it is written in SDP is the `sdp` crate's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Equal for candidates of the same kind, base address, server and protocol: 1 to 32 ice-chars.
    pub foundation: String,
    /// The component: 1 for RTP and for everything that is multiplexed with it.
    pub component: u16,
    /// The transport protocol.
    pub protocol: Protocol,
    /// The higher, the better: 1 to 2^31 - 1.
    pub priority: u32,
    /// Where the candidate is reached.
    pub address: SocketAddr,
    /// What is said instead of the address, which nobody may be told then.
    pub name: Option<MdnsName>,
    /// How it was found.
    pub kind: CandidateKind,
    /// The address it was derived from, where it was: its base, or what a TURN server saw.
    pub related: Option<SocketAddr>,
    /// Who connects, if the protocol is TCP.
    pub tcp_type: Option<TcpType>,
    /// The username fragment of the generation it belongs to.
    pub ufrag: Option<String>,
    /// The STUN or TURN server it was learned from; never signalled.
    pub url: Option<String>,
    /// How the TURN server is reached, if it is a relayed candidate of ours; never signalled.
    pub relay_protocol: Option<RelayProtocol>,
}

/// The priority of a candidate ([RFC 8445, section 5.1.2.1](https://www.rfc-editor.org/rfc/rfc8445#section-5.1.2.1)).
pub(crate) fn priority(kind: CandidateKind, local_preference: u16, component: u16) -> u32 {
    let component = u32::from(component.clamp(1, 256));
    (u32::from(kind.preference()) << 24) | (u32::from(local_preference) << 8) | (256 - component)
}

/// The same over TCP ([RFC 6544, section 4.2](https://www.rfc-editor.org/rfc/rfc6544#section-4.2)): UDP of the same kind is
/// preferred, so the type preference is lower. These are the numbers of libwebrtc.
pub(crate) fn tcp_priority(kind: CandidateKind, local_preference: u16, component: u16) -> u32 {
    let preference: u32 = if kind == CandidateKind::Host { 90 } else { 80 };
    let component = u32::from(component.clamp(1, 256));
    (preference << 24) | (u32::from(local_preference) << 8) | (256 - component)
}

/// RFC 6544, section 4.2: the upper three bits say who connects, active before passive for host candidates; the rest is
/// as over UDP.
pub(crate) fn tcp_local_preference(kind: TcpType, over_udp: u16) -> u16 {
    let direction = match kind {
        TcpType::Active => 6,
        TcpType::Passive => 4,
        TcpType::SimultaneousOpen => 2,
    };
    (direction << 13) | (over_udp >> 3)
}

/// `::ffff:a.b.c.d` is `a.b.c.d`: sockets that take both families report it so, and as a candidate it would
/// only be a second name for the same host.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(mut v6) if v6.ip().to_ipv4_mapped().is_none() => {
            v6.set_flowinfo(0);
            v6.into()
        }
        _ => SocketAddr::new(address.ip().to_canonical(), address.port()),
    }
}

/// What is written where a related address is hidden
/// ([RFC 8839, section 5.1](https://www.rfc-editor.org/rfc/rfc8839#section-5.1)).
pub(crate) fn no_address(like: SocketAddr) -> SocketAddr {
    let ip = match like {
        SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    SocketAddr::new(ip, 9)
}

/// Whether `address` may be sent to at all: a port, and neither unspecified, multicast nor broadcast.
pub(crate) fn is_usable(address: SocketAddr) -> bool {
    let ip = address.ip();
    let broadcast = matches!(ip, IpAddr::V4(v4) if v4.is_broadcast());
    address.port() != 0 && !ip.is_unspecified() && !ip.is_multicast() && !broadcast
}
