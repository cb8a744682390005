//! Relayed candidates ([RFC 8445, section 5.1.1.2](https://www.rfc-editor.org/rfc/rfc8445#section-5.1.1.2)): which
//! allocations there are, and how datagrams get through them.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use base::{Path, SocketId, Tunnel};
use stun_types::message::{Message, MessageClass};

use super::gather::{GATHERING_PATIENCE, UNREACHABLE};
use super::{Agent, HostSocket, canonical_path};
use crate::relay::{RelayProtocol, StreamRequest, TurnServer};
use crate::turn::{Carriage, Client, Permitted, TurnEvent, patience};
use crate::{CandidateError, CandidateKind, Event, GatheringState, TransportState, candidate, stun};

/// Allocations: sockets times servers, up to this many.
const MAX_RELAYS: usize = 16;
/// Servers that one allocation may be sent on to.
const MAX_REDIRECTS: usize = 3;
/// Relayed addresses have names that no driver gives: from here on.
const FIRST_RELAYED: u32 = 1 << 31;

/// The TURN servers, and the allocations at them.
#[derive(Debug, Default)]
pub(super) struct Relays {
    /// At most `AgentConfig::max_servers`.
    servers: Vec<TurnServer>,
    /// At most `MAX_RELAYS`.
    relays: Vec<Relay>,
    next_key: u32,
    next_socket: u32,
    /// At most two for each relay, and those of relays that were given up.
    streams: VecDeque<StreamRequest>,
}

#[derive(Debug)]
struct Relay {
    server: usize,
    /// The local socket that it is for.
    host: SocketId,
    /// The server, or where it has sent us on to.
    remote: SocketAddr,
    /// The servers that have sent us on.
    left: Vec<SocketAddr>,
    /// The name of its stream, or of its own UDP socket, if it has one.
    stream: Option<u32>,
    /// When it was begun with.
    started: Option<Instant>,
    state: State,
    /// At most one of each family.
    sockets: Vec<(SocketId, SocketAddr)>,
    /// What the server saw of us.
    mapped: Option<SocketAddr>,
}

#[derive(Debug)]
enum State {
    /// For its slot.
    Waiting,
    /// Its stream or socket is being opened.
    Opening,
    Client(Box<Client>),
    Ended,
}

impl Relay {
    fn client(&self) -> Option<&Client> {
        match &self.state {
            State::Client(client) => Some(client),
            _ => None,
        }
    }

    fn client_mut(&mut self) -> Option<&mut Client> {
        match &mut self.state {
            State::Client(client) => Some(client),
            _ => None,
        }
    }

    /// Whether there may still be a candidate of it.
    fn is_busy(&self) -> bool {
        match &self.state {
            State::Waiting | State::Opening => true,
            State::Client(client) => client.is_asking(),
            State::Ended => false,
        }
    }

    /// Whether nothing has been heard of its server yet.
    fn is_silent(&self) -> bool {
        match &self.state {
            State::Opening => true,
            State::Client(client) => client.is_asking() && !client.has_answered(),
            State::Waiting | State::Ended => false,
        }
    }
}

impl Relays {
    pub(super) fn has_waiting(&self) -> bool {
        self.relays.iter().any(|relay| matches!(relay.state, State::Waiting))
    }

    pub(super) fn is_busy(&self) -> bool {
        self.relays.iter().any(Relay::is_busy)
    }

    /// Whether this socket stands for a relayed address.
    pub(super) fn has_socket(&self, socket: SocketId) -> bool {
        self.by_socket(socket).is_some()
    }

    fn by_socket(&self, socket: SocketId) -> Option<&Relay> {
        self.relays.iter().find(|relay| relay.sockets.iter().any(|(known, _)| *known == socket))
    }

    fn client_of(&mut self, socket: SocketId) -> Option<&mut Client> {
        let mut relays = self.relays.iter_mut();
        relays.find(|relay| relay.sockets.iter().any(|(known, _)| *known == socket))?.client_mut()
    }

    /// The end of the stream of a relay, if it has one.
    fn close_stream(&mut self, index: usize) {
        if let Some(key) = self.relays[index].stream.take() {
            self.streams.push_back(StreamRequest::Close { key });
        }
    }
}

impl Agent {
    /// A TURN server at one address. Servers of several addresses are added once for each. Where it is known already, its
    /// credentials are replaced for the allocations to come.
    pub fn add_turn_server(&mut self, now: Instant, mut server: TurnServer) {
        self.seen = Some(now);
        server.address = candidate::canonical(server.address);
        if self.state == TransportState::Closed || !candidate::is_usable(server.address) {
            return;
        }
        let same = |known: &TurnServer| known.url == server.url && known.address == server.address;
        let index = match self.relays.servers.iter().position(same) {
            Some(index) => {
                self.relays.servers[index] = server;
                index
            }
            None if self.relays.servers.len() < self.config.max_servers => {
                self.relays.servers.push(server);
                self.relays.servers.len() - 1
            }
            None => return,
        };
        self.start_gathering();
        for host in 0..self.hosts.len() {
            self.relay_from(self.hosts[host], index);
        }
        self.settle(now);
    }

    /// What streams and sockets are needed, or not any more.
    pub fn poll_stream(&mut self) -> Option<StreamRequest> {
        self.relays.streams.pop_front()
    }

    /// A stream or socket could be opened, under the name `socket`, or could not: a reason for people.
    pub fn stream_opened(&mut self, now: Instant, key: u32, result: Result<SocketId, String>) {
        self.seen = Some(now);
        let is_it = |relay: &Relay| relay.stream == Some(key) && matches!(relay.state, State::Opening);
        let Some(index) = self.relays.relays.iter().position(is_it) else { return };
        match result {
            Ok(socket) => {
                self.start_client(now, index, Path { socket, remote: self.relays.relays[index].remote });
            }
            Err(reason) => {
                self.relays.relays[index].stream = None;
                self.relay_unreachable(index, &reason);
            }
        }
        self.settle(now);
    }

    /// A stream that was open has ended.
    pub fn stream_closed(&mut self, now: Instant, key: u32) {
        self.seen = Some(now);
        if let Some(relay) = self.relays.relays.iter_mut().find(|relay| relay.stream == Some(key)) {
            relay.stream = None;
            if let Some(client) = relay.client_mut() {
                client.end();
            }
        }
        self.settle(now);
    }

    /// Asks every TURN server for an allocation from a socket.
    pub(super) fn relays_from(&mut self, host: HostSocket) {
        for server in 0..self.relays.servers.len() {
            self.relay_from(host, server);
        }
    }

    fn relay_from(&mut self, host: HostSocket, server: usize) {
        let remote = self.relays.servers[server].address;
        let relays = &mut self.relays.relays;
        let same = |relay: &Relay| relay.host == host.socket && relay.server == server;
        let has_ended = |relay: &Relay| matches!(relay.state, State::Ended);
        relays.retain(|relay| !(same(relay) && has_ended(relay)));
        let is_possible = !self.relays.relays.iter().any(same)
            && self.relays.relays.len() < MAX_RELAYS
            && !self.relays.has_socket(host.socket)
            && host.reaches(remote);
        if is_possible {
            self.relays.relays.push(Relay {
                server,
                host: host.socket,
                remote,
                left: Vec::new(),
                stream: None,
                started: None,
                state: State::Waiting,
                sockets: Vec::new(),
                mapped: None,
            });
        }
    }

    /// Begins with the next allocation.
    pub(super) fn start_relay(&mut self, now: Instant) {
        let is_next = |relay: &Relay| matches!(relay.state, State::Waiting);
        let Some(index) = self.relays.relays.iter().position(is_next) else { return };
        let Relay { server, host, remote, .. } = self.relays.relays[index];
        self.relays.relays[index].started = Some(now);
        let Some(local) = self.host_socket(host).map(|host| host.address.ip()) else {
            self.relays.relays[index].state = State::Ended;
            return;
        };
        let TurnServer { protocol, host: name, .. } = &self.relays.servers[server];
        if *protocol == RelayProtocol::Udp && !self.config.own_relay_sockets {
            return self.start_client(now, index, Path { socket: host, remote });
        }
        let key = self.relays.next_key;
        let request = match protocol {
            RelayProtocol::Udp => StreamRequest::Bind { key, local },
            RelayProtocol::Tcp => StreamRequest::Open { key, local, remote, tls: None },
            RelayProtocol::Tls => StreamRequest::Open { key, local, remote, tls: Some(name.clone()) },
        };
        self.relays.next_key = self.relays.next_key.wrapping_add(1);
        self.relays.relays[index].stream = Some(key);
        self.relays.relays[index].state = State::Opening;
        self.relays.streams.push_back(request);
    }

    fn start_client(&mut self, now: Instant, index: usize, path: Path) {
        let relay = &mut self.relays.relays[index];
        let carriage = Carriage {
            path,
            is_reliable: self.relays.servers[relay.server].protocol != RelayProtocol::Udp,
            rto: self.config.rto,
            max_sends: self.config.max_server_sends,
        };
        let credentials = self.relays.servers[relay.server].credentials.clone();
        let rng = self.rng.fork("turn");
        relay.state = State::Client(Box::new(Client::new(now, carriage, credentials, rng)));
    }

    /// When something is due.
    pub(super) fn relay_deadline(&self) -> Option<Instant> {
        let clients = self.relays.relays.iter().filter_map(|relay| relay.client()?.poll_timeout());
        let silent = self.relays.relays.iter().filter_map(|relay| self.silence_ends(relay));
        clients.chain(silent).min()
    }

    /// When a server that says nothing is given up.
    fn silence_ends(&self, relay: &Relay) -> Option<Instant> {
        let started = relay.started.filter(|_| relay.is_silent())?;
        let longest = started + patience(self.config.rto, self.config.max_server_sends);
        let since_answer = self.gatherer.last_answer.map(|last| last.max(started) + GATHERING_PATIENCE);
        Some(since_answer.map_or(longest, |end| end.min(longest)))
    }

    /// The allocations of before a restart serve it as well, if they are still there: a server that was started anew has
    /// none, and would say so no sooner than at the next refresh.
    pub(super) fn verify_relays(&mut self, now: Instant) {
        for relay in &mut self.relays.relays {
            if let State::Client(client) = &mut relay.state {
                relay.started = Some(now);
                client.verify(now);
            }
        }
    }

    /// Does what is due, and draws the conclusions.
    pub(super) fn run_relays(&mut self, now: Instant) {
        for index in 0..self.relays.relays.len() {
            if self.silence_ends(&self.relays.relays[index]).is_some_and(|end| now >= end) {
                match self.relays.relays[index].client_mut().filter(|client| client.is_allocated()) {
                    Some(client) => client.end(),
                    None => self.relay_unreachable(index, "the TURN server did not answer"),
                }
            }
            if let Some(client) = self.relays.relays[index].client_mut() {
                client.handle_timeout(now);
            }
            while let Some(event) = self.relays.relays[index].client_mut().and_then(Client::poll_event) {
                self.handle_turn_event(now, index, event);
            }
            // Pairs may have been formed, and want permissions.
            if let Some(client) = self.relays.relays[index].client_mut() {
                client.handle_timeout(now);
            }
        }
    }

    fn handle_turn_event(&mut self, now: Instant, index: usize, event: TurnEvent) {
        match event {
            TurnEvent::Allocated { relayed, mapped } => {
                self.gatherer.last_answer = Some(now);
                self.add_relayed(now, index, &relayed, mapped);
            }
            TurnEvent::Failed(None) => self.relay_unreachable(index, "the TURN server did not answer"),
            TurnEvent::Failed(Some(error)) => {
                self.gatherer.last_answer = Some(now);
                self.relay_refused(index, error);
            }
            TurnEvent::Redirected(to) => self.redirect(index, candidate::canonical(to)),
            TurnEvent::Lost | TurnEvent::Forgotten => {
                self.relays.close_stream(index);
                let is_gathering = self.gatherer.state == GatheringState::Gathering;
                let relay = &mut self.relays.relays[index];
                // Another one, unless the other side was told that no more candidates come.
                let is_asked_again = event == TurnEvent::Forgotten && is_gathering;
                relay.state = if is_asked_again { State::Waiting } else { State::Ended };
                for (socket, _) in std::mem::take(&mut relay.sockets) {
                    self.forget_socket(now, socket);
                }
            }
        }
    }

    /// RFC 8656, section 7.4, and RFC 8489, section 10: another server is to be asked. Not one that a server on the
    /// internet should know nothing about, nor one that has sent us on before.
    fn redirect(&mut self, index: usize, to: SocketAddr) {
        self.relays.close_stream(index);
        let relay = &mut self.relays.relays[index];
        let from = relay.remote;
        let is_local = |ip: IpAddr| ip.is_loopback() || super::gather::is_link_local(ip);
        let is_fit = candidate::is_usable(to)
            && to.is_ipv4() == from.is_ipv4()
            && (!is_local(to.ip()) || is_local(from.ip()))
            && to != from
            && !relay.left.contains(&to)
            && relay.left.len() < MAX_REDIRECTS;
        if is_fit {
            relay.left.push(from);
            relay.remote = to;
            relay.state = State::Waiting;
        } else {
            self.relay_refused(index, (300, "the TURN server names an alternate that cannot be used".into()));
        }
    }

    fn relay_refused(&mut self, index: usize, (code, text): (u16, String)) {
        self.relays.close_stream(index);
        self.relays.relays[index].state = State::Ended;
        self.report_relay(index, code, text);
    }

    /// Says why there is no candidate, and from which of our addresses it was to be, if that may be known.
    fn report_relay(&mut self, index: usize, code: u16, text: String) {
        let Relay { server, host, .. } = self.relays.relays[index];
        let url = self.relays.servers[server].url.clone();
        let host = self.host_socket(host).copied();
        let address = host.filter(|_| !self.current.relay_only).map(|host| self.shown_address(host));
        let address = address.and_then(|address| self.told(address));
        self.events.push_back(Event::CandidateError(Box::new(CandidateError { address, url, code, text })));
    }

    /// webrtc-pc reports a URL that cannot be reached once, when nothing of it is left.
    fn relay_unreachable(&mut self, index: usize, text: &str) {
        self.relays.close_stream(index);
        self.relays.relays[index].state = State::Ended;
        let servers = &self.relays.servers;
        let url = &servers[self.relays.relays[index].server].url;
        let same_url = |relay: &&Relay| servers[relay.server].url == *url;
        let mut same = self.relays.relays.iter().filter(same_url);
        if !same.any(|relay| relay.is_busy() || relay.client().is_some_and(Client::is_allocated)) {
            self.report_relay(index, UNREACHABLE, text.to_owned());
        }
    }

    fn add_relayed(
        &mut self,
        now: Instant,
        index: usize,
        relayed: &[SocketAddr],
        mapped: Option<SocketAddr>,
    ) {
        let relay = &self.relays.relays[index];
        let TurnServer { url, protocol, .. } = &self.relays.servers[relay.server];
        let (url, protocol, server) = (url.clone(), *protocol, relay.remote);
        let host = self.host_socket(relay.host).copied();
        self.relays.relays[index].mapped = mapped;
        for address in relayed {
            let socket = SocketId(FIRST_RELAYED + self.relays.next_socket);
            self.relays.next_socket += 1;
            let local_preference = relay_preference(protocol, self.relays.next_socket);
            let base = HostSocket { socket, address: *address, local_preference };
            self.relays.relays[index].sockets.push((socket, *address));
            self.hosts.push(base);
            self.announce_relayed(base);
        }
        // RFC 8445, section 5.1.1.2: the answer gives a server-reflexive candidate as well, if it is of a socket that
        // checks go from.
        if let (Some(host), Some(mapped), RelayProtocol::Udp) = (host, mapped, protocol)
            && !self.current.relay_only
            && !self.config.own_relay_sockets
        {
            self.add_server_reflexive(now, host, mapped, (url, server));
        }
    }

    /// The candidate of a relayed address, and its pairs.
    pub(super) fn announce_relayed(&mut self, base: HostSocket) {
        let Some(relay) = self.relays.by_socket(base.socket) else { return };
        let TurnServer { url, protocol, .. } = &self.relays.servers[relay.server];
        let (url, protocol, server, mapped) = (url.clone(), *protocol, relay.remote, relay.mapped);
        let kind = CandidateKind::Relayed;
        let foundation = self.gatherer.relay_foundation(base.address.ip(), server.ip(), protocol);
        let mut candidate = self.local_candidate(base, kind, base.address, foundation);
        // RFC 8839, section 5.1: there is always one. Where only relays may be used, it must not say where we are.
        let mapped = mapped.filter(|_| !self.current.relay_only).and_then(|mapped| self.told(mapped));
        let unknown = SocketAddr::new(candidate::no_address(base.address).ip(), 0);
        candidate.related = Some(mapped.unwrap_or(unknown));
        candidate.url = Some(url);
        candidate.relay_protocol = Some(protocol);
        let Some(local) = self.add_local(base, candidate) else { return };
        for remote in 0..self.current.remotes.len() {
            self.form_pair(local, remote);
        }
    }

    /// A pair over a relayed address is there: its remote address must be allowed to answer.
    pub(super) fn permit(&mut self, path: Path) {
        if let Some(client) = self.relays.client_of(path.socket) {
            client.permit(path.remote.ip());
        }
    }

    /// What goes over the pair in use gets a channel.
    pub(super) fn bind_channel(&mut self, now: Instant) {
        let Some(path) = self.link.as_ref().map(|link| link.path) else { return };
        if let Some(client) = self.relays.client_of(path.socket) {
            client.bind(now, path.remote);
        }
    }

    /// The permissions of earlier generations are not renewed, but for that of the pair in use.
    pub(super) fn forget_permissions(&mut self) {
        let in_use = self.link.as_ref().map(|link| link.path.remote.ip());
        for client in self.relays.relays.iter_mut().filter_map(Relay::client_mut) {
            client.retain_permissions(|ip| Some(ip) == in_use);
        }
    }

    /// How a datagram on a path travels; `None` if not at all, or not yet.
    pub(super) fn route(&mut self, now: Instant, path: Path) -> Route {
        let Some(client) = self.relays.client_of(path.socket) else { return Route::Direct };
        match client.is_permitted(now, path.remote.ip()) {
            Permitted::Yes => client.tunnel(now, path).map_or(Route::Nowhere, Route::Tunnel),
            Permitted::NotYet => Route::Later,
            Permitted::No => {
                // Somebody whom the server let through has just been heard, from an address that was never asked for.
                client.permit(path.remote.ip());
                match client.is_permitted(now, path.remote.ip()) {
                    Permitted::NotYet => Route::Later,
                    _ => Route::Nowhere,
                }
            }
        }
    }

    /// How data on a path travels, if it goes over a relay. See [`send_path`](Agent::send_path).
    pub fn tunnel(&mut self, now: Instant, path: Path) -> Option<Tunnel> {
        match self.route(now, path) {
            Route::Tunnel(tunnel) => Some(tunnel),
            _ => None,
        }
    }

    /// A datagram of a TURN server that carries one of a peer: that, and the path that it came on. Others are `None`, and
    /// what they seem to be.
    pub fn unwrap<'a>(&self, path: Path, datagram: &'a [u8]) -> Option<(Path, &'a [u8])> {
        let is_wrapped = matches!(datagram, [0x40..=0x4f, ..] | [0x00, 0x17, ..]);
        if !is_wrapped || self.relays.relays.is_empty() {
            return None;
        }
        let path = canonical_path(path);
        self.relays.relays.iter().find_map(|relay| {
            let client = relay.client().filter(|client| client.path() == path)?;
            let (peer, payload) = client.unwrap(datagram)?;
            let mut sockets = relay.sockets.iter();
            let (socket, _) = sockets.find(|(_, address)| address.is_ipv4() == peer.is_ipv4())?;
            Some((Path { socket: *socket, remote: peer }, payload))
        })
    }

    /// Whether this is the answer of a TURN server to one of our requests, which has been taken then.
    pub(super) fn handle_turn_response(&mut self, now: Instant, path: Path, datagram: &[u8]) -> bool {
        if self.relays.relays.is_empty() {
            return false;
        }
        let Some(message) = stun::parse(datagram).filter(Message::is_response) else { return false };
        let is_it = |client: &&mut Client| client.path() == path && client.awaits(message.transaction_id());
        let mut clients = self.relays.relays.iter_mut().filter_map(Relay::client_mut);
        let Some(client) = clients.find(is_it) else { return false };
        debug_assert!(message.class() != MessageClass::Request);
        if client.handle_response(now, &message) {
            self.counters.responses_received += 1;
        } else {
            self.counters.dropped_unauthenticated += 1;
        }
        true
    }

    /// The next datagram for a TURN server.
    pub(super) fn poll_turn(&mut self) -> Option<(Path, Vec<u8>)> {
        self.relays.relays.iter_mut().filter_map(Relay::client_mut).find_map(|client| {
            let path = client.path();
            client.poll_transmit().map(|datagram| (path, datagram))
        })
    }

    /// Whether there are allocations, which servers should be told are not needed any more.
    pub fn has_allocations(&self) -> bool {
        self.relays.relays.iter().any(|relay| relay.client().is_some_and(Client::is_allocated))
    }

    /// Gives the allocations back, just before [`close`](Agent::close). Not repeated: one that is lost runs out.
    pub fn release_allocations(&mut self, out: &mut base::SendBatch) {
        for client in self.relays.relays.iter_mut().filter_map(Relay::client_mut) {
            let path = client.path();
            if let Some(datagram) = client.release() {
                out.push(path, &datagram);
            }
        }
        self.relays.relays.clear();
    }

    /// A local socket is gone, and with it what went over it.
    pub(super) fn end_relays_of(&mut self, socket: SocketId) {
        for relay in self.relays.relays.iter_mut().filter(|relay| relay.host == socket) {
            match &mut relay.state {
                State::Client(client) => client.end(),
                state => *state = State::Ended,
            }
        }
    }
}

/// How a datagram travels.
pub(super) enum Route {
    Direct,
    Tunnel(Tunnel),
    /// Its permission is being asked for.
    Later,
    Nowhere,
}

/// UDP before TCP before TLS, and older ones before newer ones: RFC 8445, section 5.1.2.1, wants one number for each.
fn relay_preference(protocol: RelayProtocol, number: u32) -> u16 {
    let class: u16 = match protocol {
        RelayProtocol::Udp => 60_000,
        RelayProtocol::Tcp => 40_000,
        RelayProtocol::Tls => 20_000,
    };
    class.saturating_sub(u16::try_from(number).unwrap_or(10_000).min(10_000))
}
