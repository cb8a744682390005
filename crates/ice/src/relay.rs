//! TURN servers, as an agent is told of them, and the streams and sockets that it needs to reach them.

use std::net::{IpAddr, SocketAddr};

use crate::turn::TurnCredentials;

/// How a TURN server is reached: `RTCIceServerTransportProtocol`
/// ([webrtc-pc, section 5.6](https://www.w3.org/TR/webrtc/#rtciceservertransportprotocol)). What it relays is always UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RelayProtocol {
    /// Over UDP.
    Udp,
    /// Over TCP.
    Tcp,
    /// Over TLS over TCP.
    Tls,
}

impl RelayProtocol {
    /// As webrtc-pc and webrtc-stats write it.
    pub fn name(self) -> &'static str {
        match self {
            RelayProtocol::Udp => "udp",
            RelayProtocol::Tcp => "tcp",
            RelayProtocol::Tls => "tls",
        }
    }
}

/// A TURN server at one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnServer {
    /// The URL as the application wrote it; candidates and errors carry it.
    pub url: String,
    /// Its host as the URL has it: what its certificate must be for, where TLS is spoken.
    pub host: String,
    /// Its address.
    pub address: SocketAddr,
    /// How it is reached.
    pub protocol: RelayProtocol,
    /// Who we are to it.
    pub credentials: TurnCredentials,
}

/// What an agent needs done about streams, and about UDP sockets for one server alone. Taken with [`Agent::poll_stream`](crate::Agent::poll_stream).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamRequest {
    /// Open one; answered by [`Agent::stream_opened`](crate::Agent::stream_opened).
    Open {
        /// The agent's name for it.
        key: u32,
        /// Where to connect from.
        local: IpAddr,
        /// Where to connect to.
        remote: SocketAddr,
        /// The name that the server's certificate must be for, if TLS is to be spoken.
        tls: Option<String>,
    },
    /// Bind a UDP socket; answered by [`Agent::stream_opened`](crate::Agent::stream_opened). Asked where
    /// [`AgentConfig::own_relay_sockets`](crate::AgentConfig::own_relay_sockets) says so.
    Bind {
        /// The agent's name for it.
        key: u32,
        /// Where to bind, at any port.
        local: IpAddr,
    },
    /// It is not needed any more, open or not.
    Close {
        /// The agent's name for it.
        key: u32,
    },
}
