//! A NAT, or a firewall that keeps state, in the words of [RFC 4787] (UDP) and [RFC 5382] (TCP).
//!
//! IPv4 is translated. IPv6 passes under its own addresses, and is filtered like the rest: what home routers do.
//!
//! [RFC 4787]: https://www.rfc-editor.org/rfc/rfc4787
//! [RFC 5382]: https://www.rfc-editor.org/rfc/rfc5382

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use base::Rng;

use crate::packet::{Packet, Protocol, Segment};

/// What a decision depends on: nothing, the other end's address, or its address and port
/// ([RFC 4787, sections 4.1 and 5](https://www.rfc-editor.org/rfc/rfc4787#section-4.1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependence {
    /// The same for every other end.
    EndpointIndependent,
    /// One for each address.
    AddressDependent,
    /// One for each address and port.
    AddressAndPortDependent,
}

impl Dependence {
    fn scope(self, remote: SocketAddr) -> Scope {
        match self {
            Dependence::EndpointIndependent => (None, None),
            Dependence::AddressDependent => (Some(remote.ip()), None),
            Dependence::AddressAndPortDependent => (Some(remote.ip()), Some(remote.port())),
        }
    }
}

/// The part of a remote address that counts.
type Scope = (Option<IpAddr>, Option<u16>);

/// Which external port a mapping gets ([RFC 4787, section 4.2](https://www.rfc-editor.org/rfc/rfc4787#section-4.2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortChoice {
    /// The internal one, or the next that is free.
    Preserved,
    /// One after the other.
    Sequential,
    /// Any.
    Random,
}

/// Which destination ports may be connected to, or sent to, from the inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// All.
    Open,
    /// Only this one.
    Only(u16),
    /// None. What is sent disappears without an answer.
    Closed,
}

impl Passage {
    fn admits(self, port: u16) -> bool {
        match self {
            Passage::Open => true,
            Passage::Only(only) => only == port,
            Passage::Closed => false,
        }
    }
}

/// How a NAT behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NatConfig {
    /// When a new destination needs a new mapping.
    pub mapping: Dependence,
    /// Who may send to a mapping.
    pub filtering: Dependence,
    /// Which port a mapping gets.
    pub ports: PortChoice,
    /// Whether what is sent from the inside to an external address comes back in
    /// ([RFC 4787, section 6](https://www.rfc-editor.org/rfc/rfc4787#section-6)).
    pub hairpin: bool,
    /// Whether hosts on the inside are kept from each other, as guest networks do.
    pub isolated: bool,
    /// UDP from the inside.
    pub udp: Passage,
    /// TCP connections from the inside.
    pub tcp: Passage,
    /// How long a mapping of UDP lives after the last datagram from the inside.
    pub udp_timeout: Duration,
    /// How long a mapping of TCP lives after the last segment from the inside.
    pub tcp_timeout: Duration,
}

impl NatConfig {
    /// One mapping, open to all.
    pub fn full_cone() -> Self {
        NatConfig { filtering: Dependence::EndpointIndependent, ..NatConfig::port_restricted() }
    }

    /// One mapping, open to the addresses that it was used for.
    pub fn restricted() -> Self {
        NatConfig { filtering: Dependence::AddressDependent, ..NatConfig::port_restricted() }
    }

    /// One mapping, open to the addresses and ports that it was used for. No hairpinning; two minutes for UDP, the
    /// least that RFC 4787 allows (REQ-5), and RFC 5382's two hours and four minutes for TCP (REQ-5).
    pub fn port_restricted() -> Self {
        NatConfig {
            mapping: Dependence::EndpointIndependent,
            filtering: Dependence::AddressAndPortDependent,
            ports: PortChoice::Preserved,
            hairpin: false,
            isolated: false,
            udp: Passage::Open,
            tcp: Passage::Open,
            udp_timeout: Duration::from_secs(120),
            tcp_timeout: Duration::from_secs(7440),
        }
    }

    /// A mapping with a random port for each destination, open to that destination.
    pub fn symmetric() -> Self {
        NatConfig {
            mapping: Dependence::AddressAndPortDependent,
            ports: PortChoice::Random,
            ..NatConfig::port_restricted()
        }
    }
}

/// A translation, and who may use it from the outside.
#[derive(Debug)]
struct Mapping {
    protocol: Protocol,
    internal: SocketAddr,
    scope: Scope,
    external: SocketAddr,
    expires: Instant,
    /// Until when, by the part of the remote address that filtering looks at.
    permitted: BTreeMap<Scope, Instant>,
}

/// The box itself, without its cables.
#[derive(Debug)]
pub(crate) struct Nat {
    pub(crate) config: NatConfig,
    outside: Vec<IpAddr>,
    mappings: Vec<Mapping>,
    next_port: u16,
    rng: Rng,
}

/// Translated, or why not.
pub(crate) type Translation = Result<Packet, &'static str>;

impl Nat {
    /// Mappings at a time; beyond, nothing new gets out.
    const MAX_MAPPINGS: usize = 4096;
    /// The first port of those given out in sequence or by chance.
    const FIRST_PORT: u16 = 20_000;

    pub(crate) fn new(config: NatConfig, outside: &[IpAddr], rng: Rng) -> Self {
        Nat { config, outside: outside.to_vec(), mappings: Vec::new(), next_port: Self::FIRST_PORT, rng }
    }

    pub(crate) fn owns(&self, address: IpAddr) -> bool {
        self.outside.contains(&address)
    }

    /// Forgets every mapping, as after a loss of power. What belongs to a TCP connection that it does not know is dropped
    /// without a word from then on.
    pub(crate) fn restart(&mut self) {
        self.mappings.clear();
    }

    /// A packet from the inside: the same as it looks outside.
    pub(crate) fn outbound(&mut self, now: Instant, packet: Packet) -> Translation {
        let protocol = packet.protocol();
        let passage = match protocol {
            Protocol::Udp => self.config.udp,
            Protocol::Tcp => self.config.tcp,
        };
        self.mappings.retain(|mapping| mapping.expires > now);
        // What answers a connection from outside has a mapping already, and goes to a port that says nothing.
        let opens = matches!(packet.segment, Segment::Datagram | Segment::Syn);
        if opens && !passage.admits(packet.to.port()) {
            return Err("barred by the NAT");
        }
        let is_known = || self.find(protocol, packet.from, packet.to).is_some();
        if protocol == Protocol::Tcp && packet.segment != Segment::Syn && !is_known() {
            return Err("no connection in the NAT");
        }
        let index = self.mapping(now, protocol, packet.from, packet.to)?;
        let until = now + self.timeout(protocol);
        let permission = self.config.filtering.scope(packet.to);
        let mapping = &mut self.mappings[index];
        mapping.expires = until;
        mapping.permitted.insert(permission, until);
        Ok(Packet { from: mapping.external, ..packet })
    }

    /// A packet to an external address: the same as it looks inside.
    pub(crate) fn inbound(&mut self, now: Instant, packet: Packet) -> Translation {
        let protocol = packet.protocol();
        let filtering = self.config.filtering.scope(packet.from);
        let mapping = self.mappings.iter().find(|mapping| {
            mapping.protocol == protocol && mapping.external == packet.to && mapping.expires > now
        });
        let mapping = mapping.ok_or("no mapping in the NAT")?;
        match mapping.permitted.get(&filtering) {
            Some(until) if *until > now => Ok(Packet { to: mapping.internal, ..packet }),
            _ => Err("filtered by the NAT"),
        }
    }

    /// A packet from the inside to an external address of this very box.
    pub(crate) fn hairpin(&mut self, now: Instant, packet: Packet) -> Translation {
        if !self.config.hairpin {
            return Err("no hairpinning");
        }
        // RFC 4787, REQ-9: with the external source, so that the other side can answer the same way.
        let packet = self.outbound(now, packet)?;
        self.inbound(now, packet)
    }

    fn timeout(&self, protocol: Protocol) -> Duration {
        match protocol {
            Protocol::Udp => self.config.udp_timeout,
            Protocol::Tcp => self.config.tcp_timeout,
        }
    }

    fn find(&self, protocol: Protocol, internal: SocketAddr, remote: SocketAddr) -> Option<usize> {
        let scope = self.config.mapping.scope(remote);
        let is_it = |mapping: &Mapping| {
            mapping.protocol == protocol && mapping.internal == internal && mapping.scope == scope
        };
        self.mappings.iter().position(is_it)
    }

    /// The mapping of this flow, made where there is none.
    fn mapping(
        &mut self,
        now: Instant,
        protocol: Protocol,
        internal: SocketAddr,
        remote: SocketAddr,
    ) -> Result<usize, &'static str> {
        if let Some(index) = self.find(protocol, internal, remote) {
            return Ok(index);
        }
        let scope = self.config.mapping.scope(remote);
        if self.mappings.len() >= Self::MAX_MAPPINGS {
            return Err("no room in the NAT");
        }
        let external = if internal.is_ipv6() {
            internal
        } else {
            let outside = self.outside.iter().find(|ip| ip.is_ipv4()).ok_or("no address outside")?;
            SocketAddr::new(*outside, self.free_port(protocol, internal.port()))
        };
        let permitted = BTreeMap::new();
        self.mappings.push(Mapping { protocol, internal, scope, external, expires: now, permitted });
        Ok(self.mappings.len() - 1)
    }

    fn free_port(&mut self, protocol: Protocol, internal: u16) -> u16 {
        let first = match self.config.ports {
            PortChoice::Preserved => internal,
            PortChoice::Sequential => self.next_port,
            PortChoice::Random => self.rng.range(u64::from(Self::FIRST_PORT)..1 << 16) as u16,
        };
        let is_taken = |port: u16| {
            let same = |mapping: &Mapping| {
                mapping.protocol == protocol && mapping.external.port() == port && mapping.external.is_ipv4()
            };
            self.mappings.iter().any(same)
        };
        // There are fewer mappings than ports.
        let ports = (first..=u16::MAX).chain(Self::FIRST_PORT..first);
        let port = ports.into_iter().find(|port| !is_taken(*port)).unwrap_or(first);
        if self.config.ports == PortChoice::Sequential {
            self.next_port = port.checked_add(1).unwrap_or(Self::FIRST_PORT);
        }
        port
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Clock;

    const INSIDE: &str = "192.168.1.2:5000";
    const ONE: &str = "198.51.100.1:1000";
    const ONE_OTHER_PORT: &str = "198.51.100.1:2000";
    const TWO: &str = "198.51.100.2:1000";

    fn nat(config: NatConfig) -> Nat {
        Nat::new(config, &["203.0.113.1".parse().unwrap()], Rng::from_seed([3; 32]))
    }

    fn packet(from: &str, to: &str) -> Packet {
        Packet::datagram(from.parse().unwrap(), to.parse().unwrap(), b"x")
    }

    /// Sends to `ONE`, and tells from which of the three there is a way back.
    fn ways_back(config: NatConfig) -> [bool; 3] {
        let now = Clock::new().now();
        let mut nat = nat(config);
        let outside = nat.outbound(now, packet(INSIDE, ONE)).unwrap().from.to_string();
        [ONE, ONE_OTHER_PORT, TWO].map(|remote| match nat.inbound(now, packet(remote, &outside)) {
            Ok(packet) => packet.to == INSIDE.parse().unwrap(),
            Err(reason) => {
                assert_eq!(reason, "filtered by the NAT");
                false
            }
        })
    }

    fn externals(config: NatConfig) -> Vec<SocketAddr> {
        let now = Clock::new().now();
        let mut nat = nat(config);
        [ONE, ONE_OTHER_PORT, TWO].map(|to| nat.outbound(now, packet(INSIDE, to)).unwrap().from).to_vec()
    }

    #[test]
    fn filtering_is_as_narrow_as_it_says() {
        assert_eq!(ways_back(NatConfig::full_cone()), [true, true, true]);
        assert_eq!(ways_back(NatConfig::restricted()), [true, true, false]);
        assert_eq!(ways_back(NatConfig::port_restricted()), [true, false, false]);
        assert_eq!(ways_back(NatConfig::symmetric()), [true, false, false]);
    }

    #[test]
    fn mappings_are_as_many_as_they_depend_on() {
        let by_address = Dependence::AddressDependent;
        for (mapping, count) in
            [(Dependence::EndpointIndependent, 1), (by_address, 2), (Dependence::AddressAndPortDependent, 3)]
        {
            for ports in [PortChoice::Preserved, PortChoice::Sequential, PortChoice::Random] {
                let mut all = externals(NatConfig { mapping, ports, ..NatConfig::symmetric() });
                all.dedup();
                assert_eq!(all.len(), count, "{mapping:?} {ports:?}");
            }
        }
        assert_eq!(externals(NatConfig::port_restricted())[0], "203.0.113.1:5000".parse().unwrap());
    }

    #[test]
    fn two_hosts_with_one_port_get_two_mappings() {
        let now = Clock::new().now();
        let mut nat = nat(NatConfig::full_cone());
        let first = nat.outbound(now, packet(INSIDE, ONE)).unwrap().from;
        let second = nat.outbound(now, packet("192.168.1.3:5000", ONE)).unwrap().from;
        assert_eq!((first.port(), second.port()), (5000, 5001));
    }

    #[test]
    fn a_mapping_ends_with_its_time_and_only_the_inside_prolongs_it() {
        let start = Clock::new().now();
        let mut nat = nat(NatConfig { udp_timeout: Duration::from_secs(30), ..NatConfig::full_cone() });
        let outside = nat.outbound(start, packet(INSIDE, ONE)).unwrap().from.to_string();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(nat.inbound(at(29), packet(ONE, &outside)).is_ok());
        assert!(nat.inbound(at(30), packet(ONE, &outside)).is_err());
        nat.outbound(start, packet(INSIDE, ONE)).unwrap();
        nat.outbound(at(20), packet(INSIDE, ONE)).unwrap();
        assert!(nat.inbound(at(49), packet(ONE, &outside)).is_ok());
        nat.restart();
        assert!(nat.inbound(at(49), packet(ONE, &outside)).is_err());
    }

    #[test]
    fn a_barred_protocol_does_not_get_out_and_ipv6_keeps_its_address() {
        let now = Clock::new().now();
        let mut closed = nat(NatConfig { udp: Passage::Only(53), ..NatConfig::full_cone() });
        assert!(closed.outbound(now, packet(INSIDE, ONE)).is_err());
        assert!(closed.outbound(now, packet(INSIDE, "198.51.100.1:53")).is_ok());
        let mut open = nat(NatConfig::port_restricted());
        let (inside, remote) = ("[2001:db8:1::2]:5000", "[2001:db8:2::2]:1000");
        assert!(open.inbound(now, packet(remote, inside)).is_err(), "nobody has asked for it");
        assert_eq!(open.outbound(now, packet(inside, remote)).unwrap().from, inside.parse().unwrap());
        assert!(open.inbound(now, packet(remote, inside)).is_ok());
    }

    #[test]
    fn hairpinning_shows_the_external_source() {
        let now = Clock::new().now();
        let mut nat = nat(NatConfig { hairpin: true, ..NatConfig::full_cone() });
        let outside = nat.outbound(now, packet(INSIDE, ONE)).unwrap().from.to_string();
        let turned = nat.hairpin(now, packet("192.168.1.3:6000", &outside)).unwrap();
        assert_eq!(turned.to, INSIDE.parse().unwrap());
        assert_eq!(turned.from, "203.0.113.1:6000".parse().unwrap());
        nat.config.hairpin = false;
        assert!(nat.hairpin(now, packet("192.168.1.3:6000", &outside)).is_err());
    }
}
