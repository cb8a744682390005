//! How the NAT in front of this machine maps addresses
//! ([RFC 5780, section 4.3](https://www.rfc-editor.org/rfc/rfc5780#section-4.3)).

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr, UdpSocket};

use visavis::{RtcIceCandidateFields, RtcIceCandidateType, RtcIceProtocol, RtcIceServer, Settings};

use super::Terms;
use super::gather::{Gathered, gather};
use crate::Failure;

/// How others see one local address.
#[derive(Debug, PartialEq)]
pub(super) struct Nat {
    /// The local address.
    pub(super) base: IpAddr,
    /// Each server's URL and what it saw, in the servers' order.
    pub(super) seen: Vec<(String, SocketAddr)>,
    /// What follows.
    pub(super) mapping: Mapping,
}

/// How a NAT maps one local address and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mapping {
    /// As it is: there is no NAT, or none that changes anything.
    None,
    /// To the same for everybody: whoever is told can try to connect.
    EndpointIndependent,
    /// To another one for each server: what a STUN server saw is of no use to anybody else.
    EndpointDependent,
    /// One server alone cannot tell.
    Unknown,
}

/// Asks each server from the same local port. Addresses that no server saw are left out.
pub(super) async fn examine(servers: Vec<RtcIceServer>, terms: &Terms) -> Result<Vec<Nat>, Failure> {
    let mut seen = BTreeMap::<IpAddr, Vec<(String, SocketAddr)>>::new();
    let port = if servers.is_empty() { 0 } else { free_port()? };
    for server in servers {
        let url = server.urls.concat();
        let settings = Settings { ports: Some(port..=port), ..terms.settings.clone() };
        let gathered = gather(vec![server], settings, terms.limit).await?;
        let of_server = addresses(&url).await;
        // From addresses of the other version of IP it was not asked.
        let is_asked = |base: IpAddr| of_server.iter().any(|server| server.is_ipv4() == base.is_ipv4());
        for (base, mapped) in answers(&gathered).into_iter().filter(|(base, _)| is_asked(*base)) {
            seen.entry(base).or_default().push((url.clone(), mapped));
        }
    }
    let nat = |(base, seen): (IpAddr, Vec<_>)| Nat { base, mapping: mapping(base, port, &seen), seen };
    Ok(seen.into_iter().map(nat).collect())
}

/// The addresses of a server; none if they cannot be found out.
async fn addresses(url: &str) -> Vec<IpAddr> {
    let authority = url.split_once(':').map_or(url, |(_, rest)| rest);
    let host = match authority.strip_prefix('[') {
        Some(literal) => literal.split(']').next(),
        None => authority.split(':').next(),
    };
    let found = tokio::net::lookup_host((host.unwrap_or_default(), 0)).await;
    found.map_or_else(|_| Vec::new(), |found| found.map(|address| address.ip()).collect())
}

/// A port that nothing uses now. Should that change at once, there is no candidate, and nothing is known.
fn free_port() -> Result<u16, Failure> {
    let bound = UdpSocket::bind((IpAddr::from([0, 0, 0, 0]), 0)).and_then(|socket| socket.local_addr());
    bound.map(|address| address.port()).map_err(|error| format!("cannot get a UDP port: {error}"))
}

/// Local addresses, and how the one server that was asked saw them.
fn answers(gathered: &Gathered) -> Vec<(IpAddr, SocketAddr)> {
    let of =
        |kind| gathered.candidates.iter().map(|found| &found.fields).filter(move |found| found.kind == kind);
    let reflexive: Vec<_> = of(RtcIceCandidateType::ServerReflexive)
        .filter_map(|candidate| Some((candidate.related_address?, address(candidate)?)))
        .collect();
    // What is seen as it is makes no candidate of its own. So if a server answered and there is none at all, all that it
    // can have seen are the hosts' own addresses.
    let is_silent = !gathered.errors.is_empty() || gathered.complete.is_none();
    if !reflexive.is_empty() || is_silent {
        return reflexive;
    }
    let is_udp = |candidate: &&RtcIceCandidateFields| candidate.protocol == RtcIceProtocol::Udp;
    let hosts = of(RtcIceCandidateType::Host).filter(is_udp);
    hosts.filter_map(address).map(|host| (host.ip(), host)).collect()
}

/// Names that hide addresses are not asked for here.
fn address(candidate: &RtcIceCandidateFields) -> Option<SocketAddr> {
    Some(SocketAddr::new(candidate.address.parse().ok()?, candidate.port))
}

fn mapping(base: IpAddr, port: u16, seen: &[(String, SocketAddr)]) -> Mapping {
    let addresses: BTreeSet<_> = seen.iter().map(|(_, address)| *address).collect();
    if addresses.len() > 1 {
        Mapping::EndpointDependent
    } else if addresses.contains(&SocketAddr::new(base, port)) {
        Mapping::None
    } else if seen.len() > 1 {
        Mapping::EndpointIndependent
    } else {
        Mapping::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(addresses: &[&str]) -> Vec<(String, SocketAddr)> {
        addresses.iter().map(|address| ("stun:a".to_owned(), address.parse().unwrap())).collect()
    }

    #[test]
    fn what_servers_saw_tells_the_mapping() {
        let base = "192.168.1.2".parse().unwrap();
        for (addresses, expected) in [
            (&["192.168.1.2:5000"][..], Mapping::None),
            (&["192.168.1.2:5000", "192.168.1.2:5000"], Mapping::None),
            (&["203.0.113.1:6000"], Mapping::Unknown),
            (&["203.0.113.1:6000", "203.0.113.1:6000"], Mapping::EndpointIndependent),
            (&["203.0.113.1:6000", "203.0.113.1:6001"], Mapping::EndpointDependent),
            (&["203.0.113.1:6000", "203.0.113.2:6000"], Mapping::EndpointDependent),
        ] {
            assert_eq!(mapping(base, 5000, &seen(addresses)), expected, "{addresses:?}");
        }
    }
}
