//! Where local candidates come from: this machine's addresses and the STUN servers.
//!
//! Everything is asked for at once, and what has answered is used at once; a source that fails, or that takes its
//! time, delays no other. Gathering is complete when all sources have answered and the agent's own transactions
//! with the servers have ended.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use base::SocketId;

use crate::action::{Action, ActionResult};
use crate::config::{HostPolicy, StunServer};
use crate::counters::Counters;

/// Addresses that become host candidates. RFC 8445 names no limit; pairs grow with the square.
const MAX_HOSTS: usize = 16;
/// Servers that are asked.
const MAX_SERVERS: usize = 8;
/// Interface addresses that are looked at.
const MAX_INTERFACES: usize = 256;
/// webrtc-pc, RTCPeerConnectionIceErrorEvent: the code of a server that could not be reached.
const UNREACHABLE: u16 = 701;

/// The sockets, and the questions that are open.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    actions: VecDeque<Action>,
    phase: Phase,
    listing: bool,
    sockets: BTreeMap<SocketId, Socket>,
    next_socket: u32,
    /// Servers by the number of the question for their address.
    resolving: BTreeMap<u32, String>,
    next_resolve: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// `start` begins a generation.
    #[default]
    Idle,
    Running,
    Complete,
    Closed,
}

#[derive(Clone, Copy, Debug)]
struct Socket {
    ip: IpAddr,
    bound: bool,
}

impl Gathering {
    /// Asks every source. Does nothing where this generation has been gathered, or is being.
    pub(crate) fn start(&mut self, now: Instant, agent: &mut ice::Agent, servers: &[StunServer]) {
        if self.phase != Phase::Idle {
            return;
        }
        self.phase = Phase::Running;
        agent.start_gathering();
        // Again for each generation: the machine may have moved to another network.
        self.listing = true;
        self.actions.push_back(Action::ListInterfaces);
        self.resolving.clear();
        for server in servers.iter().take(MAX_SERVERS) {
            if let Ok(ip) = server.host.trim_matches(['[', ']']).parse::<IpAddr>() {
                agent.add_stun_server(now, &server.url, SocketAddr::new(ip, server.port));
                continue;
            }
            let id = self.next_resolve;
            self.next_resolve = self.next_resolve.wrapping_add(1);
            self.resolving.insert(id, server.url.clone());
            self.actions.push_back(Action::Resolve { id, host: server.host.clone(), port: server.port });
        }
    }

    /// ICE restarts: `start` may gather again.
    pub(crate) fn restart(&mut self) {
        if self.phase != Phase::Closed {
            self.phase = Phase::Idle;
        }
    }

    /// Takes an answer.
    pub(crate) fn handle_result(
        &mut self,
        now: Instant,
        result: ActionResult,
        agent: Option<&mut ice::Agent>,
        hosts: HostPolicy,
        counters: &mut Counters,
    ) {
        let Some(agent) = agent.filter(|_| self.phase != Phase::Closed) else {
            return self.discard(result);
        };
        match result {
            ActionResult::Interfaces(addresses) => self.handle_interfaces(&addresses, hosts),
            ActionResult::Bound { socket, result } => match (self.sockets.get_mut(&socket), result) {
                (Some(known), Ok(address)) if !known.bound => {
                    known.bound = true;
                    agent.add_host(now, socket, address);
                }
                (Some(known), Err(_)) if !known.bound => {
                    counters.bind_failures += 1;
                    self.sockets.remove(&socket);
                }
                _ => {}
            },
            ActionResult::Resolved { id, addresses } => self.handle_resolved(now, id, &addresses, agent),
        }
        self.complete_if_done(now, agent);
    }

    /// What was bound after the end is closed again.
    fn discard(&mut self, result: ActionResult) {
        if let ActionResult::Bound { socket, result: Ok(_) } = result {
            self.actions.push_back(Action::CloseUdp { socket });
        }
    }

    fn handle_interfaces(&mut self, addresses: &[IpAddr], hosts: HostPolicy) {
        if !std::mem::take(&mut self.listing) {
            return;
        }
        for ip in choose_hosts(addresses, hosts) {
            // A socket of an earlier generation: the agent announces it again by itself.
            if self.sockets.values().any(|socket| socket.ip == ip) {
                continue;
            }
            let socket = SocketId(self.next_socket);
            self.next_socket += 1;
            self.sockets.insert(socket, Socket { ip, bound: false });
            self.actions.push_back(Action::BindUdp { socket, address: SocketAddr::new(ip, 0) });
        }
    }

    fn handle_resolved(&mut self, now: Instant, id: u32, addresses: &[SocketAddr], agent: &mut ice::Agent) {
        let Some(url) = self.resolving.remove(&id) else { return };
        let v4 = addresses.iter().find(|address| address.is_ipv4());
        let v6 = addresses.iter().find(|address| address.is_ipv6());
        for address in v4.into_iter().chain(v6) {
            agent.add_stun_server(now, &url, *address);
        }
        if addresses.is_empty() {
            agent.server_failed(&url, UNREACHABLE, "the host name could not be resolved");
        }
    }

    fn complete_if_done(&mut self, now: Instant, agent: &mut ice::Agent) {
        let answered =
            !self.listing && self.resolving.is_empty() && self.sockets.values().all(|socket| socket.bound);
        if self.phase == Phase::Running && answered {
            self.phase = Phase::Complete;
            agent.sources_complete(now);
        }
    }

    /// Closes every socket that is bound; the others are closed as soon as they are.
    pub(crate) fn close(&mut self) {
        self.phase = Phase::Closed;
        self.actions.clear();
        for (socket, state) in std::mem::take(&mut self.sockets) {
            if state.bound {
                self.actions.push_back(Action::CloseUdp { socket });
            }
        }
    }

    pub(crate) fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// Whether nothing is left to be done outside.
    pub(crate) fn is_idle(&self) -> bool {
        self.actions.is_empty()
    }
}

/// Which addresses become host candidates, in the system's order; see [`HostPolicy`].
fn choose_hosts(addresses: &[IpAddr], policy: HostPolicy) -> Vec<IpAddr> {
    let mut chosen = Vec::new();
    for address in addresses.iter().take(MAX_INTERFACES).map(IpAddr::to_canonical) {
        if is_usable(address) && !chosen.contains(&address) {
            chosen.push(address);
        }
    }
    if !policy.include_loopback && chosen.iter().any(|address| !address.is_loopback()) {
        chosen.retain(|address| !address.is_loopback());
    }
    chosen.truncate(MAX_HOSTS);
    chosen
}

fn is_usable(address: IpAddr) -> bool {
    let barred = match address {
        IpAddr::V4(v4) => v4.is_broadcast(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    !barred && !address.is_unspecified() && !address.is_multicast()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(addresses: &[&str], include_loopback: bool) -> Vec<String> {
        let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        let hosts = choose_hosts(&addresses, HostPolicy { include_loopback });
        hosts.iter().map(IpAddr::to_string).collect()
    }

    #[test]
    fn loopback_is_offered_if_asked_for_or_if_there_is_nothing_else() {
        let both = ["127.0.0.1", "192.0.2.1", "::1", "2001:db8::1"];
        assert_eq!(chosen(&both, false), ["192.0.2.1", "2001:db8::1"]);
        assert_eq!(chosen(&both, true), both);
        assert_eq!(chosen(&["127.0.0.1", "::1", "fe80::1"], false), ["127.0.0.1", "::1"]);
    }

    #[test]
    fn addresses_that_name_no_host_are_left_out_and_each_is_used_once() {
        let addresses = [
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
            "fe80::1",
            "169.254.1.1",
            "::ffff:192.0.2.1",
            "192.0.2.1",
        ];
        assert_eq!(chosen(&addresses, true), ["169.254.1.1", "192.0.2.1"]);
    }

    #[test]
    fn the_number_of_hosts_is_bounded() {
        let many: Vec<IpAddr> = (0..200_u8).map(|n| IpAddr::from([10, 0, 0, n])).collect();
        assert_eq!(choose_hosts(&many, HostPolicy::default()).len(), MAX_HOSTS);
    }
}
