//! What W3C leaves to the browser and its user.

use std::ops::RangeInclusive;
use std::sync::Arc;

use ice::{AddressFilter, ExternalAddress};
use session::{HostPolicy, InterfaceFilter, IpVersions, SessionConfig, TcpPolicy};

use crate::Error;

/// What a browser's makers, users and administrators decide, and no page: which network interfaces and ports are used,
/// how this machine is seen from outside, to whom it may talk. The default is what browsers do.
///
/// Fixed once a connection is made; what an application may change is in its configuration.
///
/// ```
/// use peer::{AddressFilter, Settings};
/// let settings = Settings {
///     ports: Some(50_000..=50_099),
///     remote_addresses: AddressFilter::public_only(),
///     ..Settings::default()
/// };
/// assert!(!settings.remote_addresses.allows([127, 0, 0, 1].into()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Also gather candidates of loopback interfaces, to reach peers on the same machine without any other network. The
    /// same as `include_loopback` of the configuration: one of them is enough.
    pub include_loopback: bool,
    /// The network interfaces to use, by name.
    pub interfaces: InterfaceFilter,
    /// The addresses of this machine to use. Others get no socket: nothing is sent from them.
    pub local_addresses: AddressFilter,
    /// The versions of IP to use.
    pub ip_versions: IpVersions,
    /// The UDP ports to use, where a firewall lets only some of them pass. Each connection takes one for each address
    /// of this machine, from a random one of them on; an address of which all are taken has no candidate. `None`: any.
    pub ports: Option<RangeInclusive<u16>>,
    /// Addresses under which this machine is reached from outside, port for port, through a NAT that it does not know
    /// of. Clouds have those; other NATs tell a STUN server more than anybody can write here.
    pub external_addresses: Vec<ExternalAddress>,
    /// Gather on addresses that turn up later, too: candidates may then follow the end of candidates. Browsers do not;
    /// there, an application restarts ICE when it learns of a new network. Where an address goes away, its sockets are
    /// closed in any case.
    pub gather_continually: bool,
    /// Tell names in multicast DNS instead of this machine's addresses
    /// ([draft-ietf-mmusic-mdns-ice-candidates](https://datatracker.ietf.org/doc/html/draft-ietf-mmusic-mdns-ice-candidates-03)),
    /// as browsers do for pages that may not use the camera. Peers in the same network resolve them; everybody else,
    /// the application included, learns no address but those that STUN and TURN servers see. Programs are no pages, and
    /// have addresses told unless they ask for this.
    pub hide_addresses: bool,
    /// Where the remote peer may be. Its candidates elsewhere are ignored and its checks from there are dropped, so that
    /// nothing is sent there. A server that takes offers from strangers should have
    /// [`AddressFilter::public_only`] here: else they can have it knock at the doors of its own network.
    pub remote_addresses: AddressFilter,
    /// Candidates over TCP, for where UDP does not pass. Active ones by default, as browsers have them: they connect to a
    /// server that listens, and to nobody else. Listening takes an endpoint. A lite agent connects to nobody, and has none
    /// that are active.
    pub tcp: TcpPolicy,
    /// Say in our descriptions what our SCTP INIT would say (`a=sctp-init`,
    /// [draft-hancke-tsvwg-snap](https://datatracker.ietf.org/doc/draft-hancke-tsvwg-snap/)): with a peer that does so
    /// too, a channel opens up to one round trip earlier. Others ignore the line. True by default.
    pub sctp_init: bool,
    /// Find out how large packets the path carries ([RFC 8899](https://www.rfc-editor.org/rfc/rfc8899)), beyond the 1,200
    /// bytes that every path does, once more is sent than fits into those: up to Ethernet's 1,500 with headers, and
    /// up to 16,384, as on loopback interfaces or with jumbo frames, to a peer whose DTLS says that it takes as long records
    /// ([RFC 8449](https://www.rfc-editor.org/rfc/rfc8449)): visavis and Firefox. True by default; what is lost of it delays no
    /// data.
    pub mtu_discovery: bool,
    /// Be a lite agent ([RFC 8445, section 2.5](https://www.rfc-editor.org/rfc/rfc8445#section-2.5)): for servers at public
    /// addresses. It has host candidates only (and `external_addresses`), asks no server, checks nothing and leaves every
    /// choice to the peer, which has to be a full agent, as every browser is. It costs less, and connects only where the
    /// peer reaches this side by itself.
    pub ice_lite: bool,
    /// The DSCP that packets carry (what the upper six bits of the traffic class say to routers), where the system allows
    /// it. 0, as in browsers: nothing special. [RFC 8837, section 5](https://www.rfc-editor.org/rfc/rfc8837#section-5), has
    /// for data channels of very low priority 8 (CS1), low 0, medium 10 (AF11) and high 18 (AF21). It is for whoever sends
    /// the packets; the state machine sends none. All of a connection's packets have the same one.
    pub dscp: u8,
    /// Certificate authorities, in DER, whose certificates a TURN server may present over TLS, beside those that the system
    /// trusts. For whoever opens the connections, as `dscp` is.
    pub tls_roots: Vec<Vec<u8>>,
    /// Carry the DTLS handshake inside ICE's checks
    /// ([draft-hancke-webrtc-sped](https://datatracker.ietf.org/doc/draft-hancke-webrtc-sped/)): with a peer that does so
    /// too, a channel opens up to one round trip earlier. Others ignore it, but get longer checks (1,100 instead of 100 bytes)
    /// before they have answered one. False by default, as the draft is not finished; the STUN attributes, 0xC070 and
    /// 0xC071, are registered.
    pub dtls_in_stun: bool,
    /// Say in our descriptions that the controlling side may nominate more than one candidate pair (`a=ice-options:renomination`,
    /// [draft-thatcher-ice-renomination](https://datatracker.ietf.org/doc/html/draft-thatcher-ice-renomination-01)). With a
    /// peer that says so too, data moves to a better pair as soon as one comes up, and both sides leave one that went bad
    /// together. With others nothing changes. False by default, as in browsers, where libwebrtc has it for native
    /// applications alone; the draft has expired.
    pub renomination: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            include_loopback: false,
            interfaces: InterfaceFilter::default(),
            local_addresses: AddressFilter::default(),
            ip_versions: IpVersions::default(),
            gather_continually: false,
            hide_addresses: false,
            ports: None,
            external_addresses: Vec::new(),
            remote_addresses: AddressFilter::default(),
            tcp: TcpPolicy::Active,
            sctp_init: true,
            mtu_discovery: true,
            ice_lite: false,
            dscp: 0,
            tls_roots: Vec::new(),
            dtls_in_stun: false,
            renomination: false,
        }
    }
}

impl Settings {
    /// A DSCP has six bits.
    pub const MAX_DSCP: u8 = 63;

    /// Writes them to where they belong.
    pub(crate) fn apply(self, config: &mut SessionConfig) -> Result<(), Error> {
        if self.ports.as_ref().is_some_and(|ports| ports.is_empty() || *ports.start() == 0) {
            return Err(Error::type_error("ports: an empty range, or one with port 0"));
        }
        if self.dscp > Self::MAX_DSCP {
            return Err(Error::type_error("dscp: more than six bits"));
        }
        let is_mixed = |address: &ExternalAddress| {
            address.internal.is_some_and(|internal| internal.is_ipv4() != address.external.is_ipv4())
        };
        if self.external_addresses.iter().any(is_mixed) {
            return Err(Error::type_error("external_addresses: an IPv4 and an IPv6 address"));
        }
        config.hosts = HostPolicy {
            include_loopback: self.include_loopback,
            interfaces: self.interfaces,
            addresses: self.local_addresses,
            ip_versions: self.ip_versions,
            ports: self.ports,
            gather_continually: self.gather_continually,
            hide_addresses: self.hide_addresses,
            tcp: if self.ice_lite { self.tcp.without_active() } else { self.tcp },
        };
        let ice = Arc::make_mut(&mut config.ice);
        ice.lite = self.ice_lite;
        ice.external_addresses = self.external_addresses;
        ice.remote_addresses = self.remote_addresses;
        ice.embedding = self.dtls_in_stun;
        config.mtu_discovery = self.mtu_discovery;
        Ok(())
    }
}
