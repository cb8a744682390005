//! ICE candidates as the application hands them in and out.

use std::net::SocketAddr;

use ice::{CandidateKind, Protocol, TcpType};

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
    /// The address and port.
    pub address: SocketAddr,
    /// The transport protocol.
    pub protocol: Protocol,
    /// The type.
    pub kind: CandidateKind,
    /// The TCP type, of TCP candidates.
    pub tcp_type: Option<TcpType>,
    /// The related address and port, of candidates that are derived from others.
    pub related: Option<SocketAddr>,
    /// The server that it was gathered from.
    pub url: Option<String>,
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
