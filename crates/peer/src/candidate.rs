//! ICE candidates as the application hands them in and out.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ice::{CandidateKind, Protocol, RelayProtocol, TcpType};

/// `RTCIceCandidateInit`: a candidate that the remote peer signalled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IceCandidateInit {
    /// The candidate-attribute (`candidate:...`), or empty for end-of-candidates.
    pub candidate: String,
    /// The mid of the m-section that it belongs to.
    pub sdp_mid: Option<String>,
    /// The index of the m-section that it belongs to, counted from 0; used where there is no mid.
    pub sdp_m_line_index: Option<u16>,
    /// The ICE username fragment of the generation that it belongs to.
    pub username_fragment: Option<String>,
}

/// `RTCIceCandidate`: a gathered candidate, or the end of one generation's candidates (then
/// [`candidate`](IceCandidate::candidate) is empty).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceCandidate {
    /// The candidate-attribute (`candidate:...`), or empty for end-of-candidates.
    pub candidate: String,
    /// The mid of the m-section that it belongs to.
    pub sdp_mid: Option<String>,
    /// The index of the m-section that it belongs to, counted from 0.
    pub sdp_m_line_index: Option<u16>,
    /// The ICE username fragment of its generation.
    pub username_fragment: Option<String>,
    /// Its fields; `None` for end-of-candidates.
    pub fields: Option<CandidateFields>,
}

/// The attributes of an `RTCIceCandidate` that are parsed from its candidate-attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateFields {
    /// The foundation.
    pub foundation: String,
    /// 1 is RTP, 2 is RTCP.
    pub component: u16,
    /// The priority.
    pub priority: u32,
    /// The address, or the name that hides it.
    pub address: String,
    /// The port.
    pub port: u16,
    /// The transport protocol.
    pub protocol: Protocol,
    /// The type.
    pub kind: CandidateKind,
    /// The TCP type, of TCP candidates.
    pub tcp_type: Option<TcpType>,
    /// The related address, of candidates that are derived from others; unspecified where it is hidden.
    pub related_address: Option<IpAddr>,
    /// The related port.
    pub related_port: Option<u16>,
    /// The server that it was gathered from.
    pub url: Option<String>,
    /// How the TURN server is reached, of local relayed candidates.
    pub relay_protocol: Option<RelayProtocol>,
}

impl From<Box<IceCandidate>> for IceCandidateInit {
    fn from(candidate: Box<IceCandidate>) -> Self {
        (*candidate).into()
    }
}

impl From<IceCandidate> for IceCandidateInit {
    fn from(candidate: IceCandidate) -> Self {
        IceCandidateInit {
            candidate: candidate.candidate,
            sdp_mid: candidate.sdp_mid,
            sdp_m_line_index: candidate.sdp_m_line_index,
            username_fragment: candidate.username_fragment,
        }
    }
}

/// The ports that no connection may be attempted to: [Fetch, block bad
/// port](https://fetch.spec.whatwg.org/#block-bad-port). In ascending order.
const BAD_PORTS: [u16; 83] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103,
    104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514,
    515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723,
    2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/// Whether candidates with this port are administratively prohibited.
pub(crate) fn is_bad_port(port: u16) -> bool {
    BAD_PORTS.binary_search(&port).is_ok()
}

/// The candidate-attribute of a local candidate.
pub(crate) fn to_sdp(candidate: &ice::Candidate) -> sdp::Candidate {
    sdp::Candidate {
        foundation: foundation_of(candidate),
        component: candidate.component,
        transport: match candidate.protocol {
            Protocol::Udp => "udp".to_owned(),
            Protocol::Tcp => "tcp".to_owned(),
        },
        priority: candidate.priority,
        address: match &candidate.name {
            Some(name) => sdp::CandidateAddress::Name(name.to_string()),
            None => sdp::CandidateAddress::Ip(candidate.address.ip()),
        },
        port: candidate.address.port(),
        typ: match candidate.kind {
            CandidateKind::Host => sdp::CandidateType::Host,
            CandidateKind::ServerReflexive => sdp::CandidateType::Srflx,
            CandidateKind::PeerReflexive => sdp::CandidateType::Prflx,
            CandidateKind::Relayed => sdp::CandidateType::Relay,
        },
        related: candidate.related.map(|related| (sdp::CandidateAddress::Ip(related.ip()), related.port())),
        tcp_type: candidate.tcp_type.map(|tcp_type| match tcp_type {
            TcpType::Active => sdp::TcpType::Active,
            TcpType::Passive => sdp::TcpType::Passive,
            TcpType::SimultaneousOpen => sdp::TcpType::SimultaneousOpen,
        }),
        extensions: Vec::new(),
    }
}

/// A remote candidate as ICE takes it: without an address if it has a name that hides it. `None` for what is ignored:
/// other names, other components than the first (RTP and RTCP share it) and other transports than UDP and TCP.
pub(crate) fn to_ice(candidate: &sdp::Candidate, ufrag: &str) -> Option<ice::Candidate> {
    let (address, name) = match &candidate.address {
        sdp::CandidateAddress::Ip(address) => (*address, None),
        sdp::CandidateAddress::Name(name) => (IpAddr::V4(Ipv4Addr::UNSPECIFIED), Some(name.parse().ok()?)),
    };
    let protocol = match () {
        () if candidate.component != 1 => return None,
        () if candidate.is_udp() => Protocol::Udp,
        () if candidate.is_tcp() => Protocol::Tcp,
        () => return None,
    };
    Some(ice::Candidate {
        foundation: candidate.foundation.clone(),
        component: candidate.component,
        protocol,
        priority: candidate.priority,
        address: SocketAddr::new(address, candidate.port),
        name,
        kind: match candidate.typ {
            sdp::CandidateType::Host => CandidateKind::Host,
            sdp::CandidateType::Srflx => CandidateKind::ServerReflexive,
            sdp::CandidateType::Prflx => CandidateKind::PeerReflexive,
            sdp::CandidateType::Relay => CandidateKind::Relayed,
        },
        related: candidate.related.as_ref().and_then(|(address, port)| match address {
            sdp::CandidateAddress::Ip(address) => Some(SocketAddr::new(*address, *port)),
            sdp::CandidateAddress::Name(_) => None,
        }),
        tcp_type: candidate.tcp_type.map(|tcp_type| match tcp_type {
            sdp::TcpType::Active => TcpType::Active,
            sdp::TcpType::Passive => TcpType::Passive,
            sdp::TcpType::SimultaneousOpen => TcpType::SimultaneousOpen,
        }),
        ufrag: Some(ufrag.to_owned()),
        url: None,
        relay_protocol: None,
    })
}

/// The `RTCIceCandidate` of a candidate that ICE knows, with the m-section that its transport goes by.
pub(crate) fn described(
    candidate: &ice::Candidate,
    mid: Option<String>,
    index: Option<usize>,
) -> IceCandidate {
    let ufrag = candidate.ufrag.clone();
    let mut line = to_sdp(candidate);
    // RFC 8839, section 5.1, and RFC 8838, section 4.1: the generation travels with the candidate.
    line.extensions.extend(ufrag.iter().map(|ufrag| ("ufrag".to_owned(), ufrag.clone())));
    IceCandidate {
        candidate: line.to_string(),
        sdp_mid: mid,
        sdp_m_line_index: index.and_then(|index| u16::try_from(index).ok()),
        username_fragment: ufrag,
        fields: Some(fields_of(candidate)),
    }
}

/// The attributes of the `RTCIceCandidate` for a candidate that ICE knows.
pub(crate) fn fields_of(candidate: &ice::Candidate) -> CandidateFields {
    CandidateFields {
        foundation: foundation_of(candidate),
        component: candidate.component,
        priority: candidate.priority,
        address: match &candidate.name {
            Some(name) => name.to_string(),
            None => candidate.address.ip().to_string(),
        },
        port: candidate.address.port(),
        protocol: candidate.protocol,
        kind: candidate.kind,
        tcp_type: candidate.tcp_type,
        related_address: candidate.related.map(|related| related.ip()),
        related_port: candidate.related.map(|related| related.port()),
        url: candidate.url.clone(),
        relay_protocol: candidate.relay_protocol,
    }
}

/// The agent marks the foundations of peer-reflexive candidates with a character that no candidate-attribute has.
fn foundation_of(candidate: &ice::Candidate) -> String {
    candidate.foundation.replace('.', "+")
}
