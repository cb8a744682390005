//! One port for many connections.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use peer::{BundlePolicy, Configuration, Error, KeygenAlgorithm, Settings, TcpPolicy};

use crate::net::endpoint::Endpoint as Sockets;
use crate::net::workers::{self, Company};
use crate::{RtcCertificate, RtcConfiguration, RtcPeerConnection};

/// What an [`Endpoint`] is made with. Not W3C's: a browser needs no such thing.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointSettings {
    /// Where to listen: 1 to 16 addresses. `0.0.0.0` and `[::]` stand for all addresses of the machine, of which each
    /// becomes a candidate; one of the two may be of a family that the machine does not have. Where the port is 0, it is
    /// that of the first address, and there the system's choice.
    pub addresses: Vec<SocketAddr>,
    /// Also listen for TCP connections at the same port numbers: peers whose UDP does not pass connect there
    /// ([RFC 6544](https://www.rfc-editor.org/rfc/rfc6544)), as browsers do by themselves.
    pub tcp: bool,
    /// For each connection: the default without candidates that connect over TCP. Its range of ports has no meaning here.
    pub settings: Settings,
}

impl EndpointSettings {
    /// All addresses of the machine, of both families, at this port.
    pub fn port(port: u16) -> Self {
        let any = [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)];
        EndpointSettings::from(any.map(|ip| SocketAddr::new(ip, port)).to_vec())
    }
}

impl From<SocketAddr> for EndpointSettings {
    fn from(address: SocketAddr) -> Self {
        EndpointSettings::from(vec![address])
    }
}

impl From<Vec<SocketAddr>> for EndpointSettings {
    fn from(addresses: Vec<SocketAddr>) -> Self {
        // Who comes to a server connects to it, not the other way round.
        let settings = Settings { tcp: TcpPolicy::Off, ..Settings::default() };
        EndpointSettings { addresses, tcp: false, settings }
    }
}

/// One UDP port for many connections, for servers: one rule in the firewall, and one socket for ten thousand peers.
///
/// Its connections are as any other, but for their sockets. A datagram finds its connection by the username fragment of
/// an ICE check, which the connection's description carries, or by the addresses that such a check, authenticated, came
/// from. Nothing is kept for anybody else; [`DriverCounters::datagrams_for_nobody`](crate::DriverCounters) counts what
/// was dropped.
///
/// A handle: clones are the same endpoint. It is open as long as a handle or a connection of it is there.
///
/// Two endpoints can have one connection with each other at a time: all datagrams between them have the same addresses.
///
/// The system holds what has come to the socket and was not read yet, of Linux's default `net.core.rmem_max` some hundreds
/// of short datagrams, and drops the rest, which is sent again. Where thousands of peers speak at the same moment, let it
/// have 2 MiB, which is what an endpoint asks for.
///
/// ```
/// use visavis::{Endpoint, EndpointSettings, RtcConfiguration};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let endpoint = Endpoint::bind(EndpointSettings::port(0))?;
/// println!("listening at {:?}", endpoint.local_addresses());
/// // For each client: take its offer, give it an answer.
/// let pc = endpoint.new_peer_connection(RtcConfiguration::default())?;
/// # assert_eq!(endpoint.connections(), 1);
/// # pc.close();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Endpoint {
    sockets: Arc<Sockets>,
    settings: Settings,
}

impl Endpoint {
    /// Opens the sockets.
    ///
    /// # Errors
    /// The system's, where an address cannot be bound; `InvalidInput` for no address, more than 16, or a DSCP
    /// over 63.
    pub fn bind(settings: impl Into<EndpointSettings>) -> io::Result<Self> {
        let EndpointSettings { addresses, tcp, mut settings } = settings.into();
        if tcp {
            settings.tcp = if settings.tcp.is_active() { TcpPolicy::Both } else { TcpPolicy::Passive };
        }
        if settings.dscp > Settings::MAX_DSCP {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a DSCP has six bits"));
        }
        let sockets = Sockets::bind(&addresses, tcp, settings.dscp)?;
        Ok(Endpoint { sockets, settings })
    }

    /// A new connection over this endpoint's sockets; otherwise as [`RtcPeerConnection::new`].
    ///
    /// The connection has one transport: its bundle policy is "max-bundle", whatever the configuration says. STUN servers
    /// see the shared sockets. TURN servers do not: to each that is given, over UDP, TCP or TLS, every connection has a
    /// socket of its own from each address of the endpoint, up to 16, which is closed with the connection.
    ///
    /// # Errors
    /// `InvalidStateError` if the endpoint is closed; and those of [`RtcPeerConnection::new`].
    pub fn new_peer_connection(&self, configuration: RtcConfiguration) -> Result<RtcPeerConnection, Error> {
        let identity = match configuration.certificates.first() {
            Some(certificate) => certificate.clone(),
            None => RtcCertificate::generate(&KeygenAlgorithm::ecdsa_p256())?,
        };
        let (configuration, company) = self.share_with(configuration.into());
        Ok(RtcPeerConnection { handle: workers::connect(configuration, identity.0, company)? })
    }

    /// What a connection over these sockets is made of.
    pub(crate) fn share_with(&self, configuration: Configuration) -> ((Configuration, Settings), Company) {
        let company = Company { endpoint: Some(Arc::clone(&self.sockets)), ..Company::default() };
        // Where the addresses are the same, nothing tells the transports of one connection apart.
        let configuration = Configuration { bundle_policy: BundlePolicy::MaxBundle, ..configuration };
        ((configuration, self.settings.clone()), company)
    }

    #[cfg(test)]
    pub(crate) fn sockets(&self) -> &Sockets {
        &self.sockets
    }

    /// Where it listens, in the order of the settings.
    pub fn local_addresses(&self) -> Vec<SocketAddr> {
        self.sockets.local_addresses().collect()
    }

    /// How many connections there are: not closed, or closed with something left to send.
    pub fn connections(&self) -> usize {
        self.sockets.connections()
    }

    /// Closes all connections; there can be no new ones. The sockets are closed when the connections have told their
    /// peers, within a second, and all handles are dropped.
    pub fn close(&self) {
        self.sockets.close();
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("local_addresses", &self.local_addresses()).finish_non_exhaustive()
    }
}
