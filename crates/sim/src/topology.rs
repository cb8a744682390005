//! Who is plugged in where: the internet, and the networks behind NATs.
//!
//! A plug has one cable, with a link for each direction; in the middle of each network everybody meets without delay.
//! A NAT sits in the middle of its own network, and is plugged into another: the internet, or the network behind one
//! more NAT.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::link::{Link, LinkConfig};
use crate::nat::Nat;
use crate::network::NodeId;

/// Names a NAT of a [`Network`](crate::Network).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NatId(pub(crate) usize);

/// A network that nodes and NATs can be plugged into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Realm {
    /// Where addresses are public.
    Internet,
    /// The inside of a NAT.
    Behind(NatId),
}

/// The two links of a cable.
#[derive(Debug)]
pub(crate) struct Cable {
    pub(crate) realm: Realm,
    pub(crate) up: Link,
    pub(crate) down: Link,
}

impl Cable {
    pub(crate) fn new(realm: Realm, config: LinkConfig) -> Self {
        Cable { realm, up: Link::new(config), down: Link::new(config) }
    }
}

#[derive(Debug)]
pub(crate) struct NatSite {
    pub(crate) nat: Nat,
    pub(crate) cable: Cable,
}

/// Who stands at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Neighbour {
    Node(NodeId),
    Nat(NatId),
}

#[derive(Debug, Default)]
pub(crate) struct Topology {
    /// By the address that a node has there.
    pub(crate) cables: BTreeMap<(NodeId, IpAddr), Cable>,
    pub(crate) nats: Vec<NatSite>,
}

impl Topology {
    /// The cable that a node sends over from this address; any, for an address that it does not have.
    pub(crate) fn cable_of(&mut self, node: NodeId, from: IpAddr) -> Option<&mut Cable> {
        let key = match self.cables.contains_key(&(node, from)) {
            true => (node, from),
            false => *self.cables.keys().find(|(other, _)| *other == node)?,
        };
        self.cables.get_mut(&key)
    }

    /// Who has `address` in `realm`.
    pub(crate) fn find(&self, realm: Realm, address: IpAddr) -> Option<Neighbour> {
        let node = self.cables.iter().find(|((_, ip), cable)| *ip == address && cable.realm == realm);
        if let Some(((node, _), _)) = node {
            return Some(Neighbour::Node(*node));
        }
        let leads_there = |(index, site): &(usize, &NatSite)| {
            let routed = address.is_ipv6() && self.is_inside(NatId(*index), address);
            site.cable.realm == realm && (site.nat.owns(address) || routed)
        };
        let (index, _) = self.nats.iter().enumerate().find(leads_there)?;
        Some(Neighbour::Nat(NatId(index)))
    }

    /// Whether somebody behind this NAT, or behind a NAT behind it, has this address.
    fn is_inside(&self, nat: NatId, address: IpAddr) -> bool {
        let inside = Realm::Behind(nat);
        let is_node = || self.cables.iter().any(|((_, ip), cable)| *ip == address && cable.realm == inside);
        let mut nested = self.nats.iter().enumerate().filter(|(_, site)| site.cable.realm == inside);
        is_node() || nested.any(|(index, _)| self.is_inside(NatId(index), address))
    }
}
