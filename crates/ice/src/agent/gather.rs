//! Gathering: host and server-reflexive candidates ([RFC 8445, section 5.1.1](https://www.rfc-editor.org/rfc/rfc8445#section-5.1.1)).

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use base::{Path, SocketId};
use stun_types::message::{Message, MessageClass, TransactionId};

use super::generation::Local;
use super::{Agent, COMPONENT, HostSocket, MAX_SOCKETS};
use crate::transaction::{Step, Transaction};
use crate::{
    Candidate, CandidateError, CandidateKind, Event, ExternalMode, GatheringState, MdnsName, Protocol,
    RelayProtocol, TcpType, TransportState, candidate, stun,
};

/// Requests to STUN servers that wait or are on their way: sockets times servers, up to this many.
const MAX_REQUESTS: usize = 64;
/// How long servers that have said nothing are waited for after another one has answered. Those that answer are rarely
/// much farther away than that; and where the network itself is slow, the first answer is late as well. A request is sent
/// three times by then.
pub(super) const GATHERING_PATIENCE: Duration = Duration::from_millis(950);
/// webrtc-pc, 4.8.1.3: no host candidate could reach the server.
pub(super) const UNREACHABLE: u16 = 701;

#[derive(Debug)]
struct Server {
    url: String,
    address: SocketAddr,
    /// It answered, or an error was reported for its URL in this generation.
    settled: bool,
}

/// One socket asks one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Request {
    socket: SocketId,
    server: usize,
}

/// What candidates are made from, and what is on its way.
#[derive(Debug)]
pub(super) struct Gatherer {
    pub(super) state: GatheringState,
    sources_complete: bool,
    /// At most `AgentConfig::max_servers`.
    servers: Vec<Server>,
    /// With `pending`, at most `MAX_REQUESTS`.
    waiting: VecDeque<Request>,
    pending: Vec<(Transaction, Request)>,
    /// The bindings to keep open, and when the next keepalive for all of them is due.
    bindings: Vec<Path>,
    keepalive: Option<Instant>,
    /// What has a foundation: its number is the index. Bounded by sockets times servers.
    foundations: Vec<(CandidateKind, IpAddr, Option<IpAddr>, Option<RelayProtocol>)>,
    /// When a server has last given an answer that gathering waited for.
    pub(super) last_answer: Option<Instant>,
}

impl Default for Gatherer {
    fn default() -> Self {
        Gatherer {
            state: GatheringState::New,
            sources_complete: false,
            servers: Vec::new(),
            waiting: VecDeque::new(),
            pending: Vec::new(),
            bindings: Vec::new(),
            keepalive: None,
            foundations: Vec::new(),
            last_answer: None,
        }
    }
}

impl Gatherer {
    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let pending = self.pending.iter().map(|(transaction, _)| {
            self.silence_ends(transaction).map_or(transaction.deadline, |end| end.min(transaction.deadline))
        });
        pending.chain(self.keepalive).min()
    }

    /// When a server that says nothing is given up because another one has answered.
    fn silence_ends(&self, transaction: &Transaction) -> Option<Instant> {
        self.last_answer.map(|last| last.max(transaction.sent) + GATHERING_PATIENCE)
    }

    pub(super) fn stop(&mut self) {
        self.waiting.clear();
        self.pending.clear();
        self.bindings.clear();
        self.keepalive = None;
    }

    pub(super) fn is_pending(&self, id: TransactionId) -> bool {
        self.pending.iter().any(|(transaction, _)| transaction.id == id)
    }

    fn ask(&mut self, request: Request) {
        let known =
            self.waiting.contains(&request) || self.pending.iter().any(|(_, asked)| *asked == request);
        if !known && self.waiting.len() + self.pending.len() < MAX_REQUESTS {
            self.waiting.push_back(request);
        }
    }

    /// RFC 8445, section 5.1.1.3: equal for the same kind, base and server.
    pub(super) fn foundation(&mut self, kind: CandidateKind, base: IpAddr, server: Option<IpAddr>) -> String {
        self.numbered((kind, base, server, None))
    }

    /// The same for a relayed candidate, which also depends on how the server is reached.
    pub(super) fn relay_foundation(
        &mut self,
        base: IpAddr,
        server: IpAddr,
        protocol: RelayProtocol,
    ) -> String {
        self.numbered((CandidateKind::Relayed, base, Some(server), Some(protocol)))
    }

    fn numbered(&mut self, key: (CandidateKind, IpAddr, Option<IpAddr>, Option<RelayProtocol>)) -> String {
        let index = self.foundations.iter().position(|known| *known == key).unwrap_or_else(|| {
            self.foundations.push(key);
            self.foundations.len() - 1
        });
        (index + 1).to_string()
    }
}

impl Agent {
    /// Enters the gathering state. Without effect if it was called before.
    pub fn start_gathering(&mut self) {
        if self.gatherer.state == GatheringState::New && self.state != TransportState::Closed {
            self.set_gathering(GatheringState::Gathering);
        }
    }

    /// A socket was bound to `address`: announces its host candidate and asks every STUN server for what it sees.
    pub fn add_host(&mut self, now: Instant, socket: SocketId, address: SocketAddr) {
        self.seen = Some(now);
        let address = candidate::canonical(address);
        let usable = address.port() != 0 && !address.ip().is_unspecified();
        if !usable
            || self.state == TransportState::Closed
            || self.hosts.len() >= MAX_SOCKETS
            || self.host_socket(socket).is_some()
        {
            return;
        }
        let local_preference = self.local_preference(address.ip(), None);
        let host = HostSocket { socket, address, local_preference };
        self.hosts.push(host);
        self.gather_from(host);
        self.settle(now);
    }

    /// RFC 8445, section 5.1.2.1: one number for each address, among those of one protocol.
    pub(super) fn local_preference(&self, ip: IpAddr, kind: Option<TcpType>) -> u16 {
        let number = |index| {
            let over_udp = preference(ip, index);
            kind.map_or(over_udp, |kind| candidate::tcp_local_preference(kind, over_udp))
        };
        let is_free = |number: &u16| {
            let mut alike = self.hosts.iter().filter(|host| self.streams.kind(host.socket) == kind);
            alike.all(|host| host.local_preference != *number)
        };
        // Each host takes one of these, at most.
        (0..=self.hosts.len() as u16).map(number).find(is_free).unwrap_or(0)
    }

    /// Has candidates say `name` instead of this address of ours, and nothing of it where they are derived from it. To
    /// be called before [`add_host`](Agent::add_host); the driver answers for the name in multicast DNS. False if too
    /// many addresses are hidden: then this one is not, and should not be added.
    #[must_use]
    pub fn hide_address(&mut self, ip: IpAddr, name: MdnsName) -> bool {
        let ip = ip.to_canonical();
        let has_room = self.hidden.len() < MAX_SOCKETS || self.hidden.contains_key(&ip);
        if has_room {
            self.hidden.insert(ip, name);
        }
        has_room
    }

    /// A STUN server at `address`. Servers of several addresses are added once for each.
    pub fn add_stun_server(&mut self, now: Instant, url: &str, address: SocketAddr) {
        self.seen = Some(now);
        let address = candidate::canonical(address);
        let known = self.gatherer.servers.iter().any(|server| server.address == address && server.url == url);
        if known
            || self.config.lite
            || !candidate::is_usable(address)
            || self.state == TransportState::Closed
            || self.gatherer.servers.len() >= self.config.max_servers
        {
            return;
        }
        self.start_gathering();
        self.gatherer.servers.push(Server { url: url.to_owned(), address, settled: false });
        let server = self.gatherer.servers.len() - 1;
        for index in 0..self.hosts.len() {
            self.ask(self.hosts[index], server);
        }
        self.settle(now);
    }

    /// A server cannot be used: its name does not resolve, or what else the driver found out.
    pub fn server_failed(&mut self, url: &str, code: u16, text: impl Into<String>) {
        let error = CandidateError { address: None, url: url.to_owned(), code, text: text.into() };
        self.events.push_back(Event::CandidateError(Box::new(error)));
    }

    /// No more hosts and servers come: gathering is complete when the last request has ended.
    pub fn sources_complete(&mut self, now: Instant) {
        self.seen = Some(now);
        self.start_gathering();
        self.gatherer.sources_complete = true;
        self.settle(now);
    }

    /// A socket is gone, and with it its candidates and pairs.
    pub fn socket_closed(&mut self, now: Instant, socket: SocketId) {
        self.seen = Some(now);
        self.end_relays_of(socket);
        self.forget_socket(now, socket);
        self.settle(now);
    }

    pub(super) fn forget_socket(&mut self, now: Instant, socket: SocketId) {
        self.hosts.retain(|host| host.socket != socket);
        let hosts = &self.hosts;
        self.hidden.retain(|ip, _| hosts.iter().any(|host| host.address.ip() == *ip));
        self.streams.forget_socket(socket);
        self.gatherer.waiting.retain(|request| request.socket != socket);
        self.gatherer.pending.retain(|(_, request)| request.socket != socket);
        self.gatherer.bindings.retain(|path| path.socket != socket);
        self.current.forget_socket(socket);
        self.previous_validated.retain(|path| path.socket != socket);
        self.outgoing.retain(|(path, _)| path.socket != socket);
        if self.link.as_ref().is_some_and(|link| link.path.socket == socket) {
            self.lose_link(now);
        }
    }

    /// Announces all there is again, under new credentials.
    pub(super) fn gather_again(&mut self, now: Instant) {
        if self.gatherer.state == GatheringState::New {
            return;
        }
        self.gatherer.stop();
        for server in &mut self.gatherer.servers {
            server.settled = false;
        }
        if self.gatherer.state != GatheringState::Gathering {
            self.set_gathering(GatheringState::Gathering);
        }
        self.gatherer.last_answer = None;
        for index in 0..self.hosts.len() {
            let host = self.hosts[index];
            if self.relays.has_socket(host.socket) {
                self.announce_relayed(host);
            } else {
                self.gather_from(host);
            }
        }
        self.verify_relays(now);
    }

    fn gather_from(&mut self, host: HostSocket) {
        if self.streams.kind(host.socket).is_some() {
            return self.announce_stream_host(host);
        }
        if self.gatherer.state != GatheringState::Gathering {
            self.set_gathering(GatheringState::Gathering);
        }
        self.relays_from(host);
        // What has no local candidate gets no pair either, whoever sends a check to it.
        if self.current.relay_only {
            return;
        }
        let foundation = self.gatherer.foundation(CandidateKind::Host, host.address.ip(), None);
        let shown = self.shown_address(host);
        let candidate = self.local_candidate(host, CandidateKind::Host, shown, foundation);
        let Some(local) = self.add_local(host, candidate) else { return };
        if let Some(external) = self.external_address(host, ExternalMode::Add) {
            let kind = CandidateKind::ServerReflexive;
            let foundation = self.gatherer.foundation(kind, host.address.ip(), Some(external.ip()));
            let mut candidate = self.local_candidate(host, kind, external, foundation);
            candidate.related = self.related(shown);
            self.add_local(host, candidate);
        }
        let remotes = if self.config.lite { 0 } else { self.current.remotes.len() };
        for remote in 0..remotes {
            self.form_pair(local, remote);
        }
        for server in 0..self.gatherer.servers.len() {
            self.ask(host, server);
        }
    }

    /// Where a socket is reached from outside, as the configuration has it.
    fn external_address(&self, host: HostSocket, mode: ExternalMode) -> Option<SocketAddr> {
        let mut known = self.config.external_addresses.iter();
        let external = known.find(|address| address.mode == mode && address.is_of(host.address.ip()))?;
        Some(SocketAddr::new(external.external, host.address.port()))
    }

    /// The address of a socket's host candidate.
    pub(super) fn shown_address(&self, host: HostSocket) -> SocketAddr {
        self.external_address(host, ExternalMode::Replace).unwrap_or(host.address)
    }

    /// An address of ours, if it may be told.
    pub(super) fn told(&self, address: SocketAddr) -> Option<SocketAddr> {
        (!self.hidden.contains_key(&address.ip())).then_some(address)
    }

    /// The related address of a candidate that is derived from `address`.
    pub(super) fn related(&self, address: SocketAddr) -> Option<SocketAddr> {
        Some(self.told(address).unwrap_or(candidate::no_address(address)))
    }

    fn ask(&mut self, host: HostSocket, server: usize) {
        let to = self.gatherer.servers[server].address;
        let is_udp = self.streams.kind(host.socket).is_none() && !self.relays.has_socket(host.socket);
        if is_udp && !self.current.relay_only && host.reaches(to) {
            self.gatherer.ask(Request { socket: host.socket, server });
        }
    }

    pub(super) fn send_gathering_request(&mut self, now: Instant) {
        let Some(request) = self.gatherer.waiting.pop_front() else { return self.start_relay(now) };
        let path = Path { socket: request.socket, remote: self.gatherer.servers[request.server].address };
        let id = stun::transaction_id(&mut self.rng);
        let datagram = stun::binding_request(id);
        self.queue(path, datagram.clone());
        // RFC 8445, section 14.3.
        let active = (self.gatherer.waiting.len() + self.gatherer.pending.len() + 1) as u32;
        let rto = self.config.rto.max(self.config.pacing * active);
        let transaction = Transaction::new(now, (id, datagram), path, rto);
        let transaction = transaction.with_sends(self.config.max_server_sends).for_server();
        self.gatherer.pending.push((transaction, request));
    }

    pub(super) fn run_gathering(&mut self, now: Instant) {
        let mut index = 0;
        while index < self.gatherer.pending.len() {
            let is_late =
                self.gatherer.silence_ends(&self.gatherer.pending[index].0).is_some_and(|end| now >= end);
            let (transaction, _) = &mut self.gatherer.pending[index];
            match if is_late { Step::GiveUp } else { transaction.step(now) } {
                Step::Wait => index += 1,
                Step::Resend => {
                    let (path, datagram) = (transaction.path, transaction.request.clone());
                    self.queue(path, datagram);
                    index += 1;
                }
                Step::GiveUp => {
                    let (_, request) = self.gatherer.pending.remove(index);
                    self.server_unreachable(request.server);
                }
            }
        }
        if self.gatherer.keepalive.is_some_and(|at| now >= at) {
            self.gatherer.keepalive = None;
            // Once a pair works, its own traffic keeps the binding open.
            if self.link.is_none() && !self.is_idle() {
                for index in 0..self.gatherer.bindings.len() {
                    let datagram = stun::binding_indication(stun::transaction_id(&mut self.rng));
                    self.queue(self.gatherer.bindings[index], datagram);
                }
                self.gatherer.keepalive = Some(now + self.config.keepalive_interval);
            }
        }
    }

    pub(super) fn handle_server_response(&mut self, now: Instant, path: Path, message: &Message<'_>) {
        let id = message.transaction_id();
        let Some(index) = self.gatherer.pending.iter().position(|(pending, _)| pending.id == id) else {
            return;
        };
        if self.gatherer.pending[index].0.path != path {
            self.counters.dropped_asymmetric += 1;
            return;
        }
        let mapped =
            stun::mapped_address(message).map(candidate::canonical).filter(|at| candidate::is_usable(*at));
        let error = stun::error_code(message);
        let (_, request) = match (message.class(), mapped, &error) {
            (MessageClass::Success, Some(_), _) | (MessageClass::Error, _, Some(_)) => {
                self.gatherer.pending.remove(index)
            }
            _ => {
                self.counters.dropped_malformed += 1;
                return;
            }
        };
        self.counters.responses_received += 1;
        self.gatherer.last_answer = Some(now);
        let Some(host) = self.host_socket(path.socket).copied() else { return };
        let server = &mut self.gatherer.servers[request.server];
        server.settled = true;
        let url = server.url.clone();
        match (mapped, error) {
            (Some(mapped), None) => self.add_server_reflexive(now, host, mapped, (url, path.remote)),
            (_, Some((code, text))) => {
                let error = CandidateError { address: self.told(self.shown_address(host)), url, code, text };
                self.events.push_back(Event::CandidateError(Box::new(error)));
            }
            (None, None) => {}
        }
    }

    pub(super) fn add_server_reflexive(
        &mut self,
        now: Instant,
        host: HostSocket,
        mapped: SocketAddr,
        (url, server): (String, SocketAddr),
    ) {
        self.gatherer.bindings.push(Path { socket: host.socket, remote: server });
        self.gatherer.keepalive.get_or_insert(now + self.config.keepalive_interval);
        let kind = CandidateKind::ServerReflexive;
        let foundation = self.gatherer.foundation(kind, host.address.ip(), Some(server.ip()));
        let mut candidate = self.local_candidate(host, kind, mapped, foundation);
        candidate.related = self.related(self.shown_address(host));
        candidate.url = Some(url);
        // RFC 8445, section 5.1.3: redundant if the address is there already. A server-reflexive candidate is
        // paired through its base (section 6.1.2.4), so there are no pairs to form.
        match self.current.local_by_address(host.socket, mapped) {
            None => {
                self.add_local(host, candidate);
            }
            Some(index) if self.current.locals[index].candidate.kind == CandidateKind::PeerReflexive => {
                self.current.locals[index].candidate = candidate.clone();
                self.events.push_back(Event::LocalCandidate(Box::new(candidate)));
            }
            Some(_) => {}
        }
    }

    /// RFC 8445 gives up on one request; webrtc-pc reports the URL, once, when none of its requests is left.
    fn server_unreachable(&mut self, server: usize) {
        let servers = &mut self.gatherer.servers;
        let url = servers[server].url.clone();
        let same_url = |index: usize| servers[index].url == url;
        let others = self.gatherer.pending.iter().map(|(_, request)| request).chain(&self.gatherer.waiting);
        let left = others.into_iter().any(|request| same_url(request.server));
        if left || servers.iter().any(|server| server.url == url && server.settled) {
            return;
        }
        for server in servers.iter_mut().filter(|server| server.url == url) {
            server.settled = true;
        }
        self.server_failed(&url, UNREACHABLE, "the STUN server did not answer");
    }

    pub(super) fn local_candidate(
        &self,
        host: HostSocket,
        kind: CandidateKind,
        address: SocketAddr,
        foundation: String,
    ) -> Candidate {
        Candidate {
            foundation,
            component: COMPONENT,
            protocol: Protocol::Udp,
            priority: candidate::priority(kind, host.local_preference, COMPONENT),
            address,
            name: self.hidden.get(&address.ip()).cloned(),
            kind,
            related: None,
            tcp_type: None,
            ufrag: Some(self.current.local.ufrag().to_owned()),
            url: None,
            relay_protocol: None,
        }
    }

    pub(super) fn add_local(&mut self, host: HostSocket, candidate: Candidate) -> Option<usize> {
        if self.current.locals.len() >= self.config.max_local_candidates {
            return None;
        }
        if candidate.kind != CandidateKind::PeerReflexive {
            self.events.push_back(Event::LocalCandidate(Box::new(candidate.clone())));
        }
        let local = Local { candidate, socket: host.socket, local_preference: host.local_preference };
        self.current.locals.reserve_exact(1);
        self.current.locals.push(local);
        Some(self.current.locals.len() - 1)
    }

    pub(super) fn update_gathering(&mut self, _now: Instant) {
        let busy = self.gatherer.has_waiting() || !self.gatherer.pending.is_empty() || self.relays.is_busy();
        if self.gatherer.state == GatheringState::Gathering && self.gatherer.sources_complete && !busy {
            self.set_gathering(GatheringState::Complete);
        }
    }

    pub(super) fn set_gathering(&mut self, state: GatheringState) {
        self.gatherer.state = state;
        self.events.push_back(Event::GatheringState(state));
    }
}

impl HostSocket {
    /// Whether an address can be reached from it: loopback and link-local addresses reach nothing but their own kind.
    pub(super) fn reaches(self, to: SocketAddr) -> bool {
        self.address.is_ipv4() == to.is_ipv4()
            && (!self.address.ip().is_loopback() || to.ip().is_loopback())
            && (!is_link_local(self.address.ip()) || is_link_local(to.ip()))
    }
}

/// How much an address is preferred that `index` others like it come before. RFC 8421, section 4: those of both families
/// take turns, IPv6 first, so that a family that is broken does not hold up the other; behind them what reaches less.
/// The lowest three bits are lost over TCP.
fn preference(ip: IpAddr, index: u16) -> u16 {
    let first = match ip {
        _ if ip.is_loopback() => 20_000,
        _ if is_link_local(ip) => 30_000,
        IpAddr::V6(v6) if v6.is_unique_local() => 40_000,
        _ => 60_000,
    };
    first - 16 * index - if ip.is_ipv4() { 8 } else { 0 }
}

pub(super) fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}
