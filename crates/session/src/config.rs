//! What a session is made with.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Instant;

/// Everything that stays as it is for a session's life.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// The certificate that we present. Its fingerprint is what our description carries.
    pub certificate: Arc<dtls::Certificate>,
    /// The ICE agent's times and bounds.
    pub ice: Arc<ice::AgentConfig>,
    /// STUN and TURN servers to gather server-reflexive and relayed candidates from.
    pub ice_servers: Vec<IceServer>,
    /// Which of this machine's addresses become host candidates.
    pub hosts: HostPolicy,
    /// The largest message that we accept, in bytes; what our description says in `a=max-message-size`.
    pub max_message_size: u32,
    /// The most bytes that one channel buffers for sending, after which
    /// [`SendError::BufferFull`](crate::SendError::BufferFull) is the answer.
    pub max_buffered: usize,
    /// The most channels at one time, ours and the peer's together.
    pub max_channels: u16,
    /// The most bytes of received messages that wait for their readers, over all channels, in a window that grows
    /// with what the readers take in a round trip.
    pub receive_window: u32,
    /// The largest UDP payload that DTLS writes, and SCTP as long as it does not know what a path bears, in bytes.
    pub mtu: usize,
    /// Whether SCTP finds that out, by probes ([RFC 8899](https://www.rfc-editor.org/rfc/rfc8899)).
    pub mtu_discovery: bool,
    /// The versions of DTLS that are spoken.
    pub dtls_versions: dtls::Versions,
    /// The longest plaintext of a DTLS record that we take, as the peer is told: [`dtls::Config::record_size_limit`]. A peer
    /// that says the same may be sent packets beyond Ethernet's 1,500 bytes, where the path bears them.
    pub record_size_limit: Option<u16>,
    /// Simulation only: DTLS draws what it can from the session's seed, so that a run can be repeated.
    pub deterministic: bool,
}

impl SessionConfig {
    /// RFC 8445, section 2.5: a lite agent has host candidates only.
    pub(crate) fn servers_to_ask(&self) -> &[IceServer] {
        if self.ice.lite { &[] } else { &self.ice_servers }
    }

    /// 256 KiB, what every browser sends and accepts.
    pub const MAX_MESSAGE_SIZE: u32 = 262_144;
    /// 16 MiB for each channel, as in Chromium.
    pub const MAX_BUFFERED: usize = 16 * 1024 * 1024;
    /// One channel costs a few hundred bytes here and an object above.
    pub const MAX_CHANNELS: u16 = 16_384;
    /// 30 MiB: room for four fifths of a gigabit a second at a round trip of 300 ms.
    pub const RECEIVE_WINDOW: u32 = 30 * 1024 * 1024;
    /// RFC 8831, section 5: 1200 bytes fit through every path that WebRTC is used on, tunnels included.
    pub const MTU: usize = 1200;

    /// The defaults, with `certificate`: no servers, no loopback, browser-like bounds.
    pub fn new(certificate: Arc<dtls::Certificate>) -> Self {
        SessionConfig {
            certificate,
            ice: Arc::default(),
            ice_servers: Vec::new(),
            hosts: HostPolicy::default(),
            max_message_size: Self::MAX_MESSAGE_SIZE,
            max_buffered: Self::MAX_BUFFERED,
            max_channels: Self::MAX_CHANNELS,
            receive_window: Self::RECEIVE_WINDOW,
            mtu: Self::MTU,
            mtu_discovery: true,
            dtls_versions: dtls::Versions::Both,
            record_size_limit: Some(dtls::Config::MAX_RECORD_SIZE_LIMIT),
            deterministic: false,
        }
    }
}

/// A server, as its URL names it (RFC 7064, RFC 7065).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceServer {
    /// The URL as the application wrote it; candidates and errors carry it.
    pub url: String,
    /// A host name or an address.
    pub host: String,
    /// The port; the scheme's own where the URL names none.
    pub port: u16,
    /// What it is.
    pub kind: IceServerKind,
}

/// What a server is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IceServerKind {
    /// What our address is, over UDP.
    Stun,
    /// A relayed address.
    Turn {
        /// How it is reached.
        protocol: ice::RelayProtocol,
        /// Who we are to it.
        credentials: ice::TurnCredentials,
    },
}

impl IceServer {
    /// Has an agent ask the server at one of its addresses.
    pub(crate) fn give_to(&self, now: Instant, agent: &mut ice::Agent, address: SocketAddr) {
        let (url, host) = (self.url.clone(), self.host.clone());
        match self.kind.clone() {
            IceServerKind::Stun => agent.add_stun_server(now, &url, address),
            IceServerKind::Turn { protocol, credentials } => {
                agent.add_turn_server(now, ice::TurnServer { url, host, address, protocol, credentials });
            }
        }
    }
}

/// Which of this machine's addresses become host candidates, and on which ports.
///
/// Unspecified, multicast and broadcast addresses never do, nor do IPv6 link-local ones (they mean nothing without
/// a zone, which a candidate cannot carry: RFC 8445, section 5.1.1.1). Loopback addresses do only if asked for, or
/// where the machine has no others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostPolicy {
    /// Offer loopback addresses beside the others.
    pub include_loopback: bool,
    /// The interfaces, by name.
    pub interfaces: InterfaceFilter,
    /// The addresses.
    pub addresses: ice::AddressFilter,
    /// The versions of IP.
    pub ip_versions: IpVersions,
    /// The first and the last UDP port; `None` leaves the choice to the system. An address of which all ports are taken
    /// has no candidate.
    pub ports: Option<RangeInclusive<u16>>,
    /// Gather on addresses that turn up later, too, as long as the transport lives.
    pub gather_continually: bool,
    /// Tell names in multicast DNS instead of addresses.
    pub hide_addresses: bool,
    /// Candidates over TCP.
    pub tcp: TcpPolicy,
}

/// Host candidates over TCP ([RFC 6544](https://www.rfc-editor.org/rfc/rfc6544)), beside those over UDP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TcpPolicy {
    /// None.
    #[default]
    Off,
    /// Active ones: this side connects to passive candidates of the peer. What browsers have.
    Active,
    /// Passive ones: this side listens.
    Passive,
    /// Active and passive ones.
    Both,
}

impl TcpPolicy {
    /// Whether this side connects.
    pub fn is_active(self) -> bool {
        matches!(self, TcpPolicy::Active | TcpPolicy::Both)
    }

    /// The same, but that this side does not connect.
    #[must_use]
    pub fn without_active(self) -> Self {
        if self.is_passive() { TcpPolicy::Passive } else { TcpPolicy::Off }
    }

    /// Whether this side listens.
    pub fn is_passive(self) -> bool {
        matches!(self, TcpPolicy::Passive | TcpPolicy::Both)
    }
}

/// Versions of IP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IpVersions {
    /// IPv4 and IPv6.
    #[default]
    Both,
    /// IPv4 alone.
    V4,
    /// IPv6 alone.
    V6,
}

impl IpVersions {
    pub(crate) fn has(self, ip: IpAddr) -> bool {
        match self {
            IpVersions::Both => true,
            IpVersions::V4 => ip.is_ipv4(),
            IpVersions::V6 => ip.is_ipv6(),
        }
    }
}

/// Interfaces by name. A name that ends in `*` stands for all that begin so: `docker*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InterfaceFilter {
    /// The interfaces that are used; empty: all.
    pub only: Vec<String>,
    /// Interfaces that are not used, even if they are in `only`.
    pub except: Vec<String>,
}

impl InterfaceFilter {
    /// Whether an interface is used.
    pub fn allows(&self, name: &str) -> bool {
        let is_in = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, name));
        (self.only.is_empty() || is_in(&self.only)) && !is_in(&self.except)
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}
