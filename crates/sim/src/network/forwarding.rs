//! The way of a packet: over a direct link, or from network to network through NATs.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use super::{Flight, Network, Node, NodeId, Stop};
use crate::link::{Fate, Link};
use crate::packet::{Packet, Protocol};
use crate::topology::{NatId, Neighbour, Realm};
use base::Rng;

/// Whoever is on a network, or above it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Inside,
    Nat,
}

impl<N: Node + 'static> Network<N> {
    /// Sends a packet from a node's place.
    pub(super) fn carry(&mut self, from: NodeId, packet: Packet) {
        let now = self.clock.now();
        let has_address = |index: &usize| self.places[*index].host.interfaces().contains(&packet.to.ip());
        let targets: Vec<_> = (0..self.places.len()).filter(has_address).map(NodeId).collect();
        let mut direct = targets.iter().map(|to| (from, *to)).filter(|key| self.links.contains_key(key));
        if let Some(key) = direct.next()
            && let Some(link) = self.links.get_mut(&key)
        {
            let travel = travel(link, now, &packet, &mut self.rng);
            return self.take_off(travel, Stop::Node(key.1), packet);
        }
        // A host talks to itself without a cable.
        if targets.contains(&from) {
            return self.take_off(Travel::certain(now), Stop::Node(from), packet);
        }
        let from_ip = packet.from.ip();
        let own = self.places[from.0].host.interfaces();
        let left = self.topology.cables.contains_key(&(from, from_ip)) && !own.contains(&from_ip);
        match self.topology.cable_of(from, from_ip).filter(|_| !left) {
            Some(cable) => {
                let travel = travel(&mut cable.up, now, &packet, &mut self.rng);
                let realm = cable.realm;
                self.take_off(travel, Stop::Realm(realm), packet);
            }
            None => self.drop_packet(&packet, "no route"),
        }
    }

    /// A packet from somebody on this network.
    pub(super) fn forward(&mut self, realm: Realm, packet: Packet) {
        self.route(realm, Origin::Inside, packet);
    }

    fn route(&mut self, realm: Realm, origin: Origin, packet: Packet) {
        let now = self.clock.now();
        match self.topology.find(realm, packet.to.ip()) {
            Some(Neighbour::Node(id)) => {
                if origin == Origin::Inside && self.is_isolated(realm) {
                    return self.drop_packet(&packet, "isolated");
                }
                let Some(cable) = self.topology.cables.get_mut(&(id, packet.to.ip())) else { return };
                let travel = travel(&mut cable.down, now, &packet, &mut self.rng);
                self.take_off(travel, Stop::Node(id), packet);
            }
            Some(Neighbour::Nat(id)) => {
                let travel = travel(&mut self.topology.nats[id.0].cable.down, now, &packet, &mut self.rng);
                self.take_off(travel, Stop::Nat(id), packet);
            }
            None => match realm {
                Realm::Behind(nat) if origin == Origin::Inside => self.leave_nat(nat, packet),
                _ => self.drop_packet(&packet, "no route"),
            },
        }
    }

    fn is_isolated(&self, realm: Realm) -> bool {
        matches!(realm, Realm::Behind(nat) if self.topology.nats[nat.0].nat.config.isolated)
    }

    /// From the inside of a NAT to its outside, or back in.
    fn leave_nat(&mut self, id: NatId, packet: Packet) {
        let now = self.clock.now();
        let site = &mut self.topology.nats[id.0];
        if site.nat.owns(packet.to.ip()) {
            return match site.nat.hairpin(now, packet.clone()) {
                Ok(turned) => self.route(Realm::Behind(id), Origin::Nat, turned),
                Err(reason) => self.drop_packet(&packet, reason),
            };
        }
        match site.nat.outbound(now, packet.clone()) {
            Ok(packet) => {
                let travel = travel(&mut site.cable.up, now, &packet, &mut self.rng);
                let realm = site.cable.realm;
                self.take_off(travel, Stop::Realm(realm), packet);
            }
            Err(reason) => self.drop_packet(&packet, reason),
        }
    }

    /// From the outside of a NAT to its inside.
    pub(super) fn enter_nat(&mut self, id: NatId, packet: Packet) {
        let now = self.clock.now();
        match self.topology.nats[id.0].nat.inbound(now, packet.clone()) {
            Ok(packet) => self.route(Realm::Behind(id), Origin::Nat, packet),
            Err(reason) => self.drop_packet(&packet, reason),
        }
    }

    fn take_off(&mut self, travel: Travel, stop: Stop, packet: Packet) {
        self.trace.packet(self.clock.elapsed(), &packet, travel.text);
        for arrival in travel.arrivals.into_iter().flatten() {
            self.schedule(arrival, stop, packet.clone());
        }
    }

    pub(super) fn schedule(&mut self, arrival: Instant, stop: Stop, packet: Packet) {
        self.sent += 1;
        self.in_flight.push(Reverse(Flight { arrival, number: self.sent, stop, packet }));
    }

    pub(super) fn schedule_in(&mut self, time: Duration, stop: Stop, packet: Packet) {
        self.schedule(self.clock.now() + time, stop, packet);
    }

    pub(super) fn drop_packet(&mut self, packet: &Packet, reason: &str) {
        self.trace.packet(self.clock.elapsed(), packet, reason);
    }
}

/// When a packet arrives, how often, and how the trace calls it.
struct Travel {
    arrivals: [Option<Instant>; 2],
    text: &'static str,
}

impl Travel {
    fn certain(arrival: Instant) -> Travel {
        Travel { arrivals: [Some(arrival), None], text: "sent" }
    }
}

fn travel(link: &mut Link, now: Instant, packet: &Packet, rng: &mut Rng) -> Travel {
    if packet.protocol() == Protocol::Tcp {
        return Travel::certain(link.carry_in_order(now, packet.bytes.len(), rng));
    }
    let (arrivals, text) = match link.carry(now, packet.bytes.len(), rng) {
        Fate::Arrives(arrival) => ([Some(arrival), None], "sent"),
        Fate::ArrivesTwice(first, second) => ([Some(first), Some(second)], "sent twice"),
        Fate::Lost => ([None, None], "lost"),
        Fate::TooLong => ([None, None], "too long"),
        Fate::QueueFull => ([None, None], "queue full"),
    };
    Travel { arrivals, text }
}
