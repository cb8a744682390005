//! Where local candidates come from: this machine's addresses, STUN and TURN servers.
//!
//! Everything is asked for at once, and what has answered is used at once; a source that fails, or that takes its
//! time, delays no other. A transport's gathering is complete when all of its sources have answered and its agent's
//! own transactions with the servers have ended. A question that is open is not asked again: its answer serves every
//! transport that gathers. A server's name is not waited for longer than [`NAME_PATIENCE`] after another server has answered,
//! or [`LAST_NAME_PATIENCE`] where none has.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use base::{Path, Rng, SocketId};
use ice::{MdnsName, StreamRequest, TcpType};

use crate::action::{Action, ActionResult, BindError, Framing, Interface};
use crate::config::{HostPolicy, IceServer, IceServerKind, TcpPolicy};
use crate::counters::Counters;
use crate::transport_id::TransportId;
use crate::transports::Transports;

/// Addresses of one transport that become host candidates. RFC 8445 names no limit; pairs grow with the square.
const MAX_HOSTS: usize = 16;
/// Sockets of the session, far below what a process may usually have open. Transports that gather at the same time
/// share what is left of them.
const MAX_SOCKETS: usize = 256;
/// Servers that are asked.
const MAX_SERVERS: usize = 8;
/// Interface addresses that are looked at.
const MAX_INTERFACES: usize = 256;
/// Ports of a range that are tried for one socket.
const MAX_PORTS: u16 = 1024;
/// How long gathering waits for the address of a server, from the question and from the last answer of another server on.
/// Names that are of use to anybody are in some cache nearby; a resolver that is out of reach says so after many seconds
/// only, or never.
const NAME_PATIENCE: Duration = Duration::from_secs(1);
/// The same as long as no server has answered: without one there may be no connection at all, and the candidates that there
/// are do not wait, only the end does. It cannot be told before and taken back: candidates that come after it are none
/// (RFC 8838, section 8.2). It is about what the agents wait for servers that say nothing; a browser waits until the
/// system's resolver gives up.
const LAST_NAME_PATIENCE: Duration = Duration::from_secs(5);
/// webrtc-pc, RTCPeerConnectionIceErrorEvent: the code of a server that could not be reached.
const UNREACHABLE: u16 = 701;

/// The sockets, and the questions that are open.
#[derive(Debug)]
pub(crate) struct Gathering {
    rng: Rng,
    actions: VecDeque<Action>,
    /// Whether the machine's addresses were asked for.
    listing: bool,
    /// Servers by the number of the question for their address.
    resolving: BTreeMap<u32, IceServer>,
    next_resolve: u32,
    sockets: BTreeMap<SocketId, Socket>,
    next_socket: u32,
    /// Sockets that were asked for and that nobody wants any more: closed as soon as they are bound.
    unwanted: BTreeSet<SocketId>,
    /// To TURN servers, being opened or open: streams, and UDP sockets of their own. As many as the agents' allocations.
    streams: BTreeMap<SocketId, Stream>,
    /// Boxed, as a map with one entry has room for eleven.
    sources: BTreeMap<TransportId, Box<Sources>>,
    /// The names that hide addresses. Those of sockets, so at most as many.
    names: BTreeMap<IpAddr, MdnsName>,
    closed: bool,
}

/// A stream to a TURN server, or a UDP socket for it alone, and what its transport's agent calls it.
#[derive(Clone, Copy, Debug)]
struct Stream {
    transport: TransportId,
    key: u32,
}

/// What one transport waits for.
#[derive(Debug, Default)]
struct Sources {
    phase: Phase,
    listing: bool,
    /// The questions for addresses of servers, and when each was asked.
    resolving: BTreeMap<u32, Instant>,
}

impl Sources {
    /// Until when a question that was asked then is waited for.
    fn patience(asked: Instant, agent: Option<&ice::Agent>) -> Instant {
        let longest = asked + LAST_NAME_PATIENCE;
        let answered = agent.and_then(ice::Agent::last_server_answer);
        answered.map_or(longest, |answered| (answered.max(asked) + NAME_PATIENCE).min(longest))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// `start` begins a generation.
    #[default]
    Idle,
    Running,
    Complete,
}

#[derive(Clone, Copy, Debug)]
struct Socket {
    transport: TransportId,
    ip: IpAddr,
    bound: bool,
    /// The port that was asked for, and how many others of the range may still be.
    port: u16,
    ports_left: u16,
    /// What its streams are; `None` for UDP.
    tcp: Option<TcpType>,
}

impl Socket {
    /// The port of the range to try next, if one is left.
    fn next_port(&mut self, policy: &HostPolicy) -> Option<u16> {
        let ports = policy.ports.as_ref().filter(|_| self.ports_left > 0)?;
        self.ports_left -= 1;
        self.port = if self.port >= *ports.end() { *ports.start() } else { self.port + 1 };
        Some(self.port)
    }
}

impl Gathering {
    /// `rng` chooses ports and names.
    pub(crate) fn new(rng: Rng) -> Self {
        Gathering {
            rng,
            actions: VecDeque::new(),
            listing: false,
            resolving: BTreeMap::new(),
            next_resolve: 0,
            sockets: BTreeMap::new(),
            next_socket: 0,
            unwanted: BTreeSet::new(),
            streams: BTreeMap::new(),
            sources: BTreeMap::new(),
            names: BTreeMap::new(),
            closed: false,
        }
    }

    /// Asks every source. Does nothing where this generation has been gathered, or is being.
    pub(crate) fn start(
        &mut self,
        now: Instant,
        id: TransportId,
        agent: &mut ice::Agent,
        servers: &[IceServer],
    ) {
        let sources = self.sources.entry(id).or_default();
        if self.closed || sources.phase != Phase::Idle {
            return;
        }
        sources.phase = Phase::Running;
        agent.start_gathering();
        let relay_only = agent.is_relay_only();
        let is_of_use = |server: &&IceServer| !relay_only || server.kind != IceServerKind::Stun;
        if relay_only && !servers.iter().any(|server| is_of_use(&server)) {
            // Nothing is asked of the network in vain.
            sources.phase = Phase::Complete;
            return agent.sources_complete(now);
        }
        // Again for each generation: the machine may have moved to another network.
        sources.listing = true;
        if !std::mem::replace(&mut self.listing, true) {
            self.actions.push_back(Action::ListInterfaces);
        }
        for server in servers.iter().filter(is_of_use).take(MAX_SERVERS) {
            if let Ok(ip) = server.host.trim_matches(['[', ']']).parse::<IpAddr>() {
                server.give_to(now, agent, SocketAddr::new(ip, server.port));
                continue;
            }
            let open =
                self.resolving.iter().find(|(_, asked)| *asked == server).map(|(question, _)| *question);
            let question = open.unwrap_or_else(|| {
                let (id, IceServer { host, port, .. }) = (self.next_resolve, server.clone());
                self.next_resolve = self.next_resolve.wrapping_add(1);
                self.resolving.insert(id, server.clone());
                self.actions.push_back(Action::Resolve { id, host, port });
                id
            });
            sources.resolving.insert(question, now);
        }
    }

    /// When a name has taken too long.
    pub(crate) fn poll_timeout(&self, transports: &Transports) -> Option<Instant> {
        let first = |id: TransportId, sources: &Sources| {
            let asked = sources.resolving.values().min()?;
            Some(Sources::patience(*asked, transports.gatherer(id)))
        };
        self.sources.iter().filter_map(|(id, sources)| first(*id, sources)).min()
    }

    /// Gathering goes on without the servers whose names have taken too long.
    pub(crate) fn handle_timeout(&mut self, now: Instant, transports: &mut Transports) {
        for (id, sources) in &mut self.sources {
            let agent = transports.gatherer(*id);
            let late = |(question, asked): (&u32, &Instant)| {
                (now >= Sources::patience(*asked, agent)).then_some(*question)
            };
            let late: Vec<u32> = sources.resolving.iter().filter_map(late).collect();
            for question in late {
                sources.resolving.remove(&question);
                if let (Some(transport), Some(server)) =
                    (transports.gatherer_mut(*id), self.resolving.get(&question))
                {
                    let text = "the host name was not resolved in time";
                    transport.agent.server_failed(&server.url, UNREACHABLE, text);
                }
            }
        }
        self.complete_if_done(now, transports);
    }

    /// ICE of a transport restarts: `start` may gather again.
    pub(crate) fn restart(&mut self, id: TransportId) {
        self.sources.remove(&id);
    }

    /// Asks for what a candidate's name stands for; the question's number.
    pub(crate) fn resolve_name(&mut self, name: &MdnsName) -> u32 {
        let id = self.next_resolve;
        self.next_resolve = self.next_resolve.wrapping_add(1);
        self.actions.push_back(Action::ResolveName { id, name: name.clone() });
        id
    }

    /// The transport that a socket belongs to.
    pub(crate) fn owner(&self, socket: SocketId) -> Option<TransportId> {
        let stream = || self.streams.get(&socket).map(|stream| stream.transport);
        self.sockets.get(&socket).map(|socket| socket.transport).or_else(stream)
    }

    /// Does what an agent asks about streams.
    pub(crate) fn handle_stream_request(&mut self, id: TransportId, request: StreamRequest) {
        match request {
            StreamRequest::Open { key, local, remote, tls } => {
                let socket = SocketId(self.next_socket);
                self.next_socket += 1;
                self.streams.insert(socket, Stream { transport: id, key });
                self.actions.push_back(Action::ConnectTcp {
                    path: Path { socket, remote },
                    local: Some(local),
                    tls,
                    framing: Framing::Stun,
                });
            }
            StreamRequest::Bind { key, local } => {
                let socket = SocketId(self.next_socket);
                self.next_socket += 1;
                self.streams.insert(socket, Stream { transport: id, key });
                self.actions.push_back(Action::BindOwnUdp { socket, address: SocketAddr::new(local, 0) });
            }
            StreamRequest::Close { key } => {
                let is_it = |stream: &Stream| stream.transport == id && stream.key == key;
                let socket = self.streams.iter().find(|(_, stream)| is_it(stream)).map(|(socket, _)| *socket);
                socket.into_iter().for_each(|socket| self.close_stream(socket));
            }
        }
    }

    fn close_stream(&mut self, socket: SocketId) {
        self.streams.remove(&socket);
        let is_it = |action: &Action| match action {
            Action::ConnectTcp { path, .. } => path.socket == socket,
            Action::BindOwnUdp { socket: asked, .. } => *asked == socket,
            _ => false,
        };
        if !self.withdraw(is_it) {
            self.actions.push_back(Action::CloseSocket { socket });
        }
    }

    fn handle_connected(
        &mut self,
        now: Instant,
        socket: SocketId,
        result: Result<(), String>,
        transports: &mut Transports,
    ) {
        let Some(Stream { transport, key }) = self.streams.get(&socket).copied() else { return };
        if result.is_err() {
            self.streams.remove(&socket);
        }
        if let Some(transport) = transports.gatherer_mut(transport) {
            transport.agent.stream_opened(now, key, result.map(|()| socket));
        }
    }

    /// The sockets that others can send to, and the transports that they belong to.
    pub(crate) fn bound(&self) -> impl Iterator<Item = (SocketId, TransportId)> + '_ {
        self.sockets
            .iter()
            .filter(|(_, socket)| socket.bound && socket.tcp != Some(TcpType::Active))
            .map(|(id, socket)| (*id, socket.transport))
    }

    /// Takes an answer.
    pub(crate) fn handle_result(
        &mut self,
        now: Instant,
        result: ActionResult,
        transports: &mut Transports,
        policy: &HostPolicy,
        counters: &mut Counters,
    ) {
        if self.closed {
            return self.discard(result);
        }
        match result {
            ActionResult::Interfaces(addresses) if !self.listing => {
                self.interfaces_changed(now, &addresses, (transports, policy), counters);
            }
            ActionResult::Interfaces(addresses) => self.handle_interfaces(&addresses, policy, counters),
            ActionResult::Bound { socket, result } if self.streams.contains_key(&socket) => {
                let result = result.map(|_| ()).map_err(|_| "no socket could be bound for it".to_owned());
                self.handle_connected(now, socket, result, transports);
            }
            ActionResult::Bound { socket, result } => {
                self.handle_bound(now, socket, result, (transports, policy), counters);
            }
            ActionResult::Resolved { id, addresses } => {
                self.handle_resolved(now, id, &addresses, transports);
            }
            ActionResult::Connected { path, result } => {
                self.with_agent(path, transports, |agent| agent.tcp_opened(now, path, result.is_ok()));
                let result = result.map(|_| ()).map_err(|error| error.to_string());
                self.handle_connected(now, path.socket, result, transports);
            }
            ActionResult::StreamClosed { path } => {
                self.with_agent(path, transports, |agent| agent.tcp_closed(now, path));
                if let Some(Stream { transport, key }) = self.streams.remove(&path.socket)
                    && let Some(transport) = transports.gatherer_mut(transport)
                {
                    transport.agent.stream_closed(now, key);
                }
            }
        }
        self.complete_if_done(now, transports);
    }

    fn with_agent(&self, path: Path, transports: &mut Transports, run: impl FnOnce(&mut ice::Agent)) {
        let socket = self.sockets.get(&path.socket).map(|socket| socket.transport);
        if let Some(transport) = socket.and_then(|id| transports.gatherer_mut(id)) {
            run(&mut transport.agent);
        }
    }

    /// The next stream that an agent has no use for any more.
    pub(crate) fn poll_disconnect(transports: &mut Transports) -> Option<Action> {
        let path = transports.all_mut().find_map(|transport| transport.agent.poll_disconnect())?;
        Some(Action::CloseStream { path })
    }

    /// The next stream that an agent wants to check over.
    pub(crate) fn poll_connect(transports: &mut Transports) -> Option<Action> {
        let (path, address) = transports.all_mut().find_map(|transport| transport.agent.poll_connect())?;
        let (local, framing) = (Some(address.ip()), Framing::Rfc4571);
        Some(Action::ConnectTcp { path, local, tls: None, framing })
    }

    /// What was opened after the end is closed again.
    fn discard(&mut self, result: ActionResult) {
        let socket = match result {
            ActionResult::Bound { socket, result: Ok(_) } => socket,
            ActionResult::Connected { path, result: Ok(_) } => path.socket,
            _ => return,
        };
        self.actions.push_back(Action::CloseSocket { socket });
    }

    fn handle_interfaces(&mut self, addresses: &[Interface], policy: &HostPolicy, counters: &mut Counters) {
        self.listing = false;
        let hosts = choose_hosts(addresses, policy);
        let waits =
            |id: &TransportId, sources: &mut Sources| std::mem::take(&mut sources.listing).then_some(*id);
        let sources = self.sources.iter_mut();
        let waiting: Vec<_> = sources.filter_map(|(id, sources)| waits(id, sources)).collect();
        for (index, id) in waiting.iter().enumerate() {
            let left = self.sockets_left();
            let share = left.div_ceil(waiting.len() - index);
            self.bind(*id, &hosts, (share, policy.ports.as_ref()), counters);
            self.listen(*id, &hosts, policy.tcp);
        }
    }

    /// The machine has other addresses than before. What an address has that is gone can neither send nor receive, and
    /// its pairs must not keep others from being used. (An empty list is one that could not be had.)
    fn interfaces_changed(
        &mut self,
        now: Instant,
        interfaces: &[Interface],
        (transports, policy): (&mut Transports, &HostPolicy),
        counters: &mut Counters,
    ) {
        if interfaces.is_empty() {
            return;
        }
        let is_there = |ip: IpAddr| interfaces.iter().any(|interface| interface.ip.to_canonical() == ip);
        let gone = self.sockets.iter().filter(|(_, socket)| socket.bound && !is_there(socket.ip));
        for (socket, id) in gone.map(|(socket, of)| (*socket, of.transport)).collect::<Vec<_>>() {
            if let Some(transport) = transports.gatherer_mut(id) {
                transport.agent.socket_closed(now, socket);
            }
            self.close_socket(socket);
        }
        if policy.gather_continually {
            let hosts = choose_hosts(interfaces, policy);
            let gathering = self.sources.iter().filter(|(_, sources)| sources.phase != Phase::Idle);
            for id in gathering.map(|(id, _)| *id).collect::<Vec<_>>() {
                let left = self.sockets_left();
                self.bind(id, &hosts, (left, policy.ports.as_ref()), counters);
            }
        }
    }

    /// Asks for sockets of a transport, at most `share` of them, on one of `ports` each.
    fn bind(
        &mut self,
        id: TransportId,
        hosts: &[IpAddr],
        (share, ports): (usize, Option<&RangeInclusive<u16>>),
        counters: &mut Counters,
    ) {
        let known: Vec<_> =
            self.of(id).filter(|socket| socket.tcp.is_none()).map(|socket| socket.ip).collect();
        // A socket of an earlier generation: the agent announces it again by itself.
        let new = hosts.iter().filter(|ip| !known.contains(ip));
        for (index, ip) in new.enumerate() {
            if index >= share {
                counters.sockets_over_limit += 1;
                continue;
            }
            let socket = SocketId(self.next_socket);
            self.next_socket += 1;
            // From a random one on: connections that begin together then seldom want the same.
            let (port, ports_left) = match ports {
                None => (0, 0),
                Some(ports) => {
                    let (first, last) = (*ports.start(), *ports.end());
                    let port = self.rng.range(u64::from(first)..u64::from(last) + 1) as u16;
                    (port, last.saturating_sub(first).min(MAX_PORTS - 1))
                }
            };
            self.sockets
                .insert(socket, Socket { transport: id, ip: *ip, bound: false, port, ports_left, tcp: None });
            self.actions.push_back(Action::BindUdp { socket, address: SocketAddr::new(*ip, port) });
        }
    }

    /// How many sockets may still be opened. What is named for streams that are opened from here is none.
    fn sockets_left(&self) -> usize {
        let open = self.sockets.values().filter(|socket| socket.tcp != Some(TcpType::Active)).count();
        MAX_SOCKETS.saturating_sub(open + self.unwanted.len())
    }

    fn of(&self, id: TransportId) -> impl Iterator<Item = &Socket> {
        self.sockets.values().filter(move |socket| socket.transport == id)
    }

    /// Asks for listeners of a transport.
    fn listen(&mut self, id: TransportId, hosts: &[IpAddr], policy: TcpPolicy) {
        for ip in hosts.iter().filter(|_| policy.is_passive()) {
            if let Some(socket) = self.name_stream_socket(id, *ip, TcpType::Passive) {
                self.actions.push_back(Action::ListenTcp { socket, address: SocketAddr::new(*ip, 0) });
            }
        }
    }

    /// Names what streams of a transport at an address belong to, unless they have a name already.
    fn name_stream_socket(&mut self, id: TransportId, ip: IpAddr, kind: TcpType) -> Option<SocketId> {
        let is_known = self.of(id).any(|socket| socket.ip == ip && socket.tcp == Some(kind));
        // Of active ones there are no more than of those over UDP.
        let has_room = kind == TcpType::Active || self.sockets_left() > 0;
        if is_known || !has_room {
            return None;
        }
        let socket = SocketId(self.next_socket);
        self.next_socket += 1;
        // For streams that are opened from here there is nothing to bind.
        let bound = kind == TcpType::Active;
        let named = Socket { transport: id, ip, bound, port: 0, ports_left: 0, tcp: Some(kind) };
        self.sockets.insert(socket, named);
        Some(socket)
    }

    fn handle_bound(
        &mut self,
        now: Instant,
        socket: SocketId,
        result: Result<SocketAddr, BindError>,
        (transports, policy): (&mut Transports, &HostPolicy),
        counters: &mut Counters,
    ) {
        if self.unwanted.remove(&socket) && result.is_ok() {
            self.actions.push_back(Action::CloseSocket { socket });
        }
        let Some(known) = self.sockets.get_mut(&socket).filter(|known| !known.bound) else { return };
        if result == Err(BindError::InUse)
            && let Some(port) = known.next_port(policy)
        {
            self.actions.push_back(Action::BindUdp { socket, address: SocketAddr::new(known.ip, port) });
            return;
        }
        let transport = transports.gatherer_mut(known.transport);
        if let (Ok(address), Some(transport)) = (result, transport) {
            known.bound = true;
            let (id, ip, tcp) = (known.transport, known.ip, known.tcp);
            if policy.hide_addresses && !transport.agent.hide_address(ip, self.name_of(ip)) {
                counters.bind_failures += 1;
                self.close_socket(socket);
                return;
            }
            match tcp {
                Some(kind) => transport.agent.add_tcp_host(now, socket, address, kind),
                None => transport.agent.add_host(now, socket, address),
            }
            if tcp.is_none()
                && policy.tcp.is_active()
                && let Some(socket) = self.name_stream_socket(id, ip, TcpType::Active)
            {
                transport.agent.add_tcp_host(now, socket, SocketAddr::new(ip, 0), TcpType::Active);
            }
        } else {
            counters.bind_failures += 1;
            self.sockets.remove(&socket);
        }
    }

    /// The name that hides an address, which is published from now on. Each connection has its own, so that two cannot
    /// be told to be of one machine.
    fn name_of(&mut self, ip: IpAddr) -> MdnsName {
        let (rng, actions) = (&mut self.rng, &mut self.actions);
        let publish = || {
            let name = MdnsName::generate(rng);
            actions.push_back(Action::PublishName { name: name.clone(), ip });
            name
        };
        self.names.entry(ip).or_insert_with(publish).clone()
    }

    fn close_socket(&mut self, socket: SocketId) {
        if self.sockets.remove(&socket).is_some() {
            self.actions.push_back(Action::CloseSocket { socket });
        }
        self.unpublish_unused();
    }

    /// Takes back the names of addresses that have no socket any more.
    fn unpublish_unused(&mut self) {
        let is_used = |ip: &IpAddr| self.sockets.values().any(|socket| socket.bound && socket.ip == *ip);
        let unused: Vec<IpAddr> = self.names.keys().copied().filter(|ip| !is_used(ip)).collect();
        for name in unused.iter().filter_map(|ip| self.names.remove(ip)).collect::<Vec<_>>() {
            let is_it =
                |action: &Action| matches!(action, Action::PublishName { name: asked, .. } if *asked == name);
            if !self.withdraw(is_it) {
                self.actions.push_back(Action::UnpublishName { name });
            }
        }
    }

    fn handle_resolved(
        &mut self,
        now: Instant,
        id: u32,
        addresses: &[SocketAddr],
        transports: &mut Transports,
    ) {
        let Some(server) = self.resolving.remove(&id) else { return };
        let v4 = addresses.iter().find(|address| address.is_ipv4());
        let v6 = addresses.iter().find(|address| address.is_ipv6());
        for (transport, sources) in &mut self.sources {
            // Where the answer is late, gathering went on without it, and has said so.
            let is_awaited = sources.resolving.remove(&id).is_some();
            let Some(transport) = transports.gatherer_mut(*transport).filter(|_| is_awaited) else {
                continue;
            };
            for address in v4.into_iter().chain(v6) {
                server.give_to(now, &mut transport.agent, *address);
            }
            if addresses.is_empty() {
                transport.agent.server_failed(
                    &server.url,
                    UNREACHABLE,
                    "the host name could not be resolved",
                );
            }
        }
    }

    fn complete_if_done(&mut self, now: Instant, transports: &mut Transports) {
        let sockets = &self.sockets;
        for (id, sources) in &mut self.sources {
            let is_bound =
                || sockets.values().filter(|socket| socket.transport == *id).all(|socket| socket.bound);
            let answered = !sources.listing && sources.resolving.is_empty() && is_bound();
            if sources.phase == Phase::Running
                && answered
                && let Some(transport) = transports.gatherer_mut(*id)
            {
                sources.phase = Phase::Complete;
                transport.agent.sources_complete(now);
            }
        }
    }

    /// A transport is gone: its sockets are closed, those that are not bound yet as soon as they are. What was not
    /// asked yet and nobody else waits for is not asked any more.
    pub(crate) fn remove(&mut self, id: TransportId) {
        self.sources.remove(&id);
        let sockets = self.sockets.iter().filter(|(_, socket)| socket.transport == id);
        for (socket, bound) in sockets.map(|(id, socket)| (*id, socket.bound)).collect::<Vec<_>>() {
            self.sockets.remove(&socket);
            if bound {
                self.actions.push_back(Action::CloseSocket { socket });
            } else if !self.withdraw(
                |action| matches!(action, Action::BindUdp { socket: asked, .. } | Action::ListenTcp { socket: asked, .. } if *asked == socket),
            ) {
                self.unwanted.insert(socket);
            }
        }
        let streams = self.streams.iter().filter(|(_, stream)| stream.transport == id);
        for socket in streams.map(|(socket, _)| *socket).collect::<Vec<_>>() {
            self.close_stream(socket);
        }
        self.unpublish_unused();
        if !self.sources.values().any(|sources| sources.listing)
            && self.withdraw(|action| *action == Action::ListInterfaces)
        {
            self.listing = false;
        }
        let is_wanted = |id: &u32| self.sources.values().any(|sources| sources.resolving.contains_key(id));
        let idle: Vec<_> = self.resolving.keys().copied().filter(|id| !is_wanted(id)).collect();
        for id in idle {
            if self.withdraw(|action| matches!(action, Action::Resolve { id: asked, .. } if *asked == id)) {
                self.resolving.remove(&id);
            }
        }
    }

    /// Takes back an action that nobody has taken yet; whether there was one.
    fn withdraw(&mut self, is_it: impl Fn(&Action) -> bool) -> bool {
        let before = self.actions.len();
        self.actions.retain(|action| !is_it(action));
        self.actions.len() < before
    }

    /// Closes every socket that is bound; the others are closed as soon as they are.
    pub(crate) fn close(&mut self) {
        self.closed = true;
        self.sources.clear();
        let sockets = std::mem::take(&mut self.sockets);
        self.unpublish_unused();
        self.actions
            .retain(|action| matches!(action, Action::CloseSocket { .. } | Action::UnpublishName { .. }));
        for (socket, _) in sockets.into_iter().filter(|(_, state)| state.bound) {
            self.actions.push_back(Action::CloseSocket { socket });
        }
        for socket in std::mem::take(&mut self.streams).into_keys() {
            self.actions.push_back(Action::CloseSocket { socket });
        }
    }

    pub(crate) fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether nothing is left to be done outside.
    pub(crate) fn is_idle(&self) -> bool {
        self.actions.is_empty()
    }
}

/// Which addresses become host candidates, in the system's order; see [`HostPolicy`].
fn choose_hosts(interfaces: &[Interface], policy: &HostPolicy) -> Vec<IpAddr> {
    let mut chosen = Vec::new();
    for interface in interfaces.iter().take(MAX_INTERFACES) {
        let address = interface.ip.to_canonical();
        let is_wanted = policy.interfaces.allows(&interface.name)
            && policy.ip_versions.has(address)
            && policy.addresses.allows(address);
        if is_usable(address) && is_wanted && !chosen.contains(&address) {
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
    use crate::config::{InterfaceFilter, IpVersions};

    fn chosen(addresses: &[&str], include_loopback: bool) -> Vec<String> {
        let named: Vec<_> = addresses.iter().map(|address| ("eth0", *address)).collect();
        chosen_by(&named, &HostPolicy { include_loopback, ..HostPolicy::default() })
    }

    fn chosen_by(interfaces: &[(&str, &str)], policy: &HostPolicy) -> Vec<String> {
        let interface =
            |(name, ip): &(&str, &str)| Interface { name: (*name).to_owned(), ip: ip.parse().unwrap() };
        let interfaces: Vec<_> = interfaces.iter().map(interface).collect();
        choose_hosts(&interfaces, policy).iter().map(IpAddr::to_string).collect()
    }

    const MACHINE: [(&str, &str); 5] = [
        ("lo", "127.0.0.1"),
        ("eth0", "192.0.2.1"),
        ("eth0", "2001:db8::1"),
        ("docker0", "172.17.0.1"),
        ("docker1", "172.18.0.1"),
    ];

    #[test]
    fn interfaces_are_chosen_by_name() {
        let filter = |only: &[&str], except: &[&str]| {
            let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            let interfaces = InterfaceFilter { only: names(only), except: names(except) };
            chosen_by(&MACHINE, &HostPolicy { interfaces, ..HostPolicy::default() })
        };
        assert_eq!(filter(&[], &["docker*"]), ["192.0.2.1", "2001:db8::1"]);
        assert_eq!(filter(&["docker*"], &["docker1"]), ["172.17.0.1"]);
        assert_eq!(filter(&["eth"], &[]), [""; 0]);
        assert_eq!(filter(&["lo"], &[]), ["127.0.0.1"]);
    }

    #[test]
    fn hosts_are_chosen_by_address_and_version() {
        let addresses = ice::AddressFilter::default().deny("172.16.0.0/12".parse().unwrap());
        let policy = HostPolicy { addresses, ..HostPolicy::default() };
        assert_eq!(chosen_by(&MACHINE, &policy), ["192.0.2.1", "2001:db8::1"]);
        let policy = HostPolicy { ip_versions: IpVersions::V4, ..policy };
        assert_eq!(chosen_by(&MACHINE, &policy), ["192.0.2.1"]);
        let policy = HostPolicy { ip_versions: IpVersions::V6, ..policy };
        assert_eq!(chosen_by(&MACHINE, &policy), ["2001:db8::1"]);
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
        let many: Vec<String> = (0..200).map(|n| format!("10.0.0.{n}")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(chosen(&many, false).len(), MAX_HOSTS);
    }
}
