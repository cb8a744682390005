//! Candidates over TCP ([RFC 6544](https://www.rfc-editor.org/rfc/rfc6544)): who connects, what is connected, and what
//! becomes of a check before there is a stream to send it on.
//!
//! A path of a TCP socket is a stream: nothing can be sent on it before it is open, and nothing any more once it has
//! ended. Whoever owns the streams frames the datagrams (RFC 4571); the agent only asks for streams, and is told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base::{Path, SocketId};

use super::{Agent, COMPONENT, HostSocket, MAX_SOCKETS};
use crate::{
    Candidate, CandidateKind, GatheringState, PairState, Protocol, TcpType, TransportState, candidate,
};

/// Streams of one agent, open or being opened.
const MAX_STREAMS: usize = 32;
/// How long a stream may take to open, and an answer to come on it: as long as a check over UDP may
/// ([RFC 8489, section 6.2.2](https://www.rfc-editor.org/rfc/rfc8489#section-6.2.2)).
pub(super) const STREAM_PATIENCE: Duration = Duration::from_millis(23_500);
/// [RFC 6544, section 4.5](https://www.rfc-editor.org/rfc/rfc6544#section-4.5): what stands for the port that is not
/// known before somebody connects from it.
const DISCARD_PORT: u16 = 9;

/// The TCP sockets of an agent and their streams.
#[derive(Debug, Default)]
pub(super) struct Streams {
    /// At most `MAX_SOCKETS`, as each is among the agent's hosts.
    kinds: BTreeMap<SocketId, TcpType>,
    /// Until when each is waited for. With `open`, at most `MAX_STREAMS`.
    opening: BTreeMap<Path, Instant>,
    open: BTreeSet<Path>,
    /// Those of `opening` that nobody was asked for yet.
    wanted: VecDeque<Path>,
}

impl Streams {
    /// What the candidates of a socket are; `None` over UDP.
    pub(super) fn kind(&self, socket: SocketId) -> Option<TcpType> {
        self.kinds.get(&socket).copied()
    }

    pub(super) fn protocol(&self, socket: SocketId) -> Protocol {
        if self.kinds.contains_key(&socket) { Protocol::Tcp } else { Protocol::Udp }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.opening.values().min().copied()
    }

    pub(super) fn forget_socket(&mut self, socket: SocketId) {
        self.kinds.remove(&socket);
        self.opening.retain(|path, _| path.socket != socket);
        self.open.retain(|path| path.socket != socket);
        self.wanted.retain(|path| path.socket != socket);
    }

    /// An authenticated check has come on a path: if that is a stream, the other side has opened it.
    pub(super) fn note(&mut self, path: Path) {
        if self.kinds.contains_key(&path.socket) && self.open.len() + self.opening.len() < MAX_STREAMS {
            self.open.insert(path);
        }
    }

    fn ask(&mut self, now: Instant, path: Path) -> bool {
        let has_room = self.open.len() + self.opening.len() < MAX_STREAMS;
        if has_room && self.opening.insert(path, now + STREAM_PATIENCE).is_none() {
            self.wanted.push_back(path);
        }
        has_room
    }
}

/// Whether a stream is there for a check.
enum Readiness {
    Ready,
    Opening,
    Impossible,
}

impl Agent {
    /// A TCP socket: `Passive` for one that listens at `address`, `Active` for streams that are opened from its IP
    /// address when a check needs them (its port means nothing). Announces its host candidate. `SimultaneousOpen` is
    /// not supported: neither do browsers, and the pair it makes is one of the two others behind a NAT or without.
    pub fn add_tcp_host(&mut self, now: Instant, socket: SocketId, address: SocketAddr, kind: TcpType) {
        self.seen = Some(now);
        let mut address = candidate::canonical(address);
        if kind == TcpType::Active {
            address.set_port(DISCARD_PORT);
        }
        if kind == TcpType::SimultaneousOpen
            || !candidate::is_usable(address)
            || self.state == TransportState::Closed
            || self.hosts.len() >= MAX_SOCKETS
            || self.host_socket(socket).is_some()
        {
            return;
        }
        let local_preference = self.local_preference(address.ip(), Some(kind));
        let host = HostSocket { socket, address, local_preference };
        self.streams.kinds.insert(socket, kind);
        self.hosts.push(host);
        self.announce_stream_host(host);
        self.settle(now);
    }

    /// Announces the candidate of a TCP socket, under the credentials of now.
    pub(super) fn announce_stream_host(&mut self, host: HostSocket) {
        if self.gatherer.state != GatheringState::Gathering {
            self.set_gathering(GatheringState::Gathering);
        }
        if self.current.relay_only {
            return;
        }
        // RFC 8445, section 5.1.1.3: another protocol, another foundation.
        let base = self.gatherer.foundation(CandidateKind::Host, host.address.ip(), None);
        let shown = self.shown_address(host);
        let mut candidate = self.local_candidate(host, CandidateKind::Host, shown, format!("t{base}"));
        self.over_tcp(&mut candidate, host);
        let Some(local) = self.add_local(host, candidate) else { return };
        let remotes = if self.config.lite { 0 } else { self.current.remotes.len() };
        for remote in 0..remotes {
            self.form_pair(local, remote);
        }
    }

    /// Says of a candidate of a TCP socket that it is one.
    pub(super) fn over_tcp(&self, candidate: &mut Candidate, host: HostSocket) {
        if let Some(kind) = self.streams.kind(host.socket) {
            candidate.protocol = Protocol::Tcp;
            candidate.tcp_type = Some(kind);
            candidate.priority = candidate::tcp_priority(candidate.kind, host.local_preference, COMPONENT);
        }
    }

    /// The next stream to open: from the IP address of its socket, framed as RFC 4571 has it. Answered by
    /// [`tcp_opened`](Agent::tcp_opened).
    pub fn poll_connect(&mut self) -> Option<(Path, SocketAddr)> {
        while let Some(path) = self.streams.wanted.pop_front() {
            if let Some(host) = self.host_socket(path.socket) {
                return Some((path, host.address));
            }
        }
        None
    }

    /// A stream is open, or could not be opened: then its pair has failed at once.
    pub fn tcp_opened(&mut self, now: Instant, path: Path, is_open: bool) {
        self.seen = Some(now);
        if self.streams.opening.remove(&path).is_none() || self.state == TransportState::Closed {
            return;
        }
        self.streams.wanted.retain(|wanted| *wanted != path);
        let pair = self.current.checklist.by_path(path).map(|pair| (pair.id, pair.state));
        match pair {
            _ if !is_open => self.stream_failed(path),
            Some((id, PairState::InProgress)) if !self.is_idle() => {
                self.streams.open.insert(path);
                self.send_check(now, id, false);
            }
            _ => {
                self.streams.open.insert(path);
            }
        }
        self.settle(now);
    }

    /// A stream has ended.
    pub fn tcp_closed(&mut self, now: Instant, path: Path) {
        self.seen = Some(now);
        let path = super::canonical_path(path);
        self.streams.open.remove(&path);
        self.streams.opening.remove(&path);
        // A datagram of this path would be one of another stream.
        self.current.forget_path(path);
        self.previous_validated.remove(&path);
        self.outgoing.retain(|(known, _)| *known != path);
        self.stream_failed(path);
        if self.link.as_ref().is_some_and(|link| link.path == path) {
            self.lose_link(now);
        }
        self.settle(now);
    }

    fn stream_failed(&mut self, path: Path) {
        let Some(pair) = self.current.checklist.by_path_mut(path) else { return };
        let id = pair.id;
        pair.state = PairState::Failed;
        pair.consent_until = None;
        self.current.checklist.untrigger(id);
        self.current.checklist.pending_mut().retain(|check| check.pair != id);
    }

    /// Streams that took too long to open.
    pub(super) fn run_streams(&mut self, now: Instant) {
        let late = |(path, until): (&Path, &Instant)| (now >= *until).then_some(*path);
        while let Some(path) = self.streams.opening.iter().find_map(late) {
            self.streams.opening.remove(&path);
            self.streams.wanted.retain(|wanted| *wanted != path);
            self.stream_failed(path);
        }
    }

    /// Whether a check can be sent on a path. If not, it is sent once its stream is open, or the pair has failed.
    pub(super) fn has_stream_for(&mut self, now: Instant, id: u64, path: Path) -> bool {
        match self.readiness(now, path) {
            Readiness::Ready => true,
            Readiness::Opening => {
                self.current.checklist.begun(id);
                false
            }
            Readiness::Impossible => {
                self.stream_failed(path);
                false
            }
        }
    }

    fn readiness(&mut self, now: Instant, path: Path) -> Readiness {
        match self.streams.kind(path.socket) {
            None => Readiness::Ready,
            Some(_) if self.streams.open.contains(&path) => Readiness::Ready,
            Some(TcpType::Active) if self.streams.ask(now, path) => Readiness::Opening,
            // RFC 6544, section 6.2: from a passive candidate nobody connects.
            Some(_) => Readiness::Impossible,
        }
    }

    /// Whether two candidates can be paired as far as their protocols go
    /// ([RFC 6544, section 6.2](https://www.rfc-editor.org/rfc/rfc6544#section-6.2)).
    pub(super) fn protocols_match(ours: &Candidate, theirs: &Candidate) -> bool {
        match (ours.tcp_type, theirs.tcp_type) {
            (None, None) => true,
            (Some(TcpType::Active), Some(TcpType::Passive)) => true,
            // A stream that the other side has opened already: nobody could open it from here.
            (Some(TcpType::Passive), Some(TcpType::Active)) => theirs.kind == CandidateKind::PeerReflexive,
            _ => false,
        }
    }

    /// What the other end of a stream is, if ours is of this kind.
    pub(super) fn opposite(kind: TcpType) -> TcpType {
        match kind {
            TcpType::Active => TcpType::Passive,
            TcpType::Passive => TcpType::Active,
            TcpType::SimultaneousOpen => TcpType::SimultaneousOpen,
        }
    }
}
