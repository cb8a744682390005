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
const STREAM_PATIENCE: Duration = Duration::from_millis(23_500);
/// When a check in a stream that has worked, and no other way does any more, has not been answered for so long, or for
/// three round trips if that is longer, another stream takes its place. TCP itself goes on for a quarter of an hour where a
/// NAT on the way has forgotten the connection and says nothing.
const STREAM_SILENCE: Duration = Duration::from_secs(2);
/// Where the other stream could not be opened, that is tried again after this time, as long as the agent has not failed.
const REOPEN_AFTER: Duration = Duration::from_secs(1);
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
    /// When those that could not be opened are tried again. No more than there are pairs.
    again: BTreeMap<Path, Instant>,
    /// Those that are not needed any more. At most `MAX_STREAMS`, each once.
    unwanted: VecDeque<Path>,
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
        self.opening.values().chain(self.again.values()).min().copied()
    }

    pub(super) fn forget_socket(&mut self, socket: SocketId) {
        self.kinds.remove(&socket);
        self.opening.retain(|path, _| path.socket != socket);
        self.open.retain(|path| path.socket != socket);
        self.wanted.retain(|path| path.socket != socket);
        self.again.retain(|path, _| path.socket != socket);
        self.unwanted.retain(|path| path.socket != socket);
    }

    /// Whether there was a stream that somebody has to close.
    fn discard(&mut self, path: Path) -> bool {
        let was_asked = self.opening.remove(&path).is_some() && !self.wanted.contains(&path);
        self.wanted.retain(|wanted| *wanted != path);
        let is_there = self.open.remove(&path) || was_asked;
        if is_there && !self.unwanted.contains(&path) && self.unwanted.len() < MAX_STREAMS {
            self.unwanted.push_back(path);
        }
        is_there
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

    /// Whether streams are to be opened again, so that not all pairs have failed for good.
    pub(super) fn opens_streams_again(&self) -> bool {
        !self.streams.again.is_empty()
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

    /// The next stream to close, open or not. Before [`poll_connect`](Agent::poll_connect): another one may be wanted on the
    /// same path.
    pub fn poll_disconnect(&mut self) -> Option<Path> {
        self.streams.unwanted.pop_front()
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
            _ if !is_open => {
                self.stream_failed(path);
                self.try_again_later(now, path);
            }
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

    /// A stream that was open has ended.
    pub fn tcp_closed(&mut self, now: Instant, path: Path) {
        self.seen = Some(now);
        let path = super::canonical_path(path);
        // One that is being opened again: the news is of the former.
        if self.streams.opening.contains_key(&path) {
            return;
        }
        self.streams.open.remove(&path);
        self.forget_stream(path);
        self.stream_failed(path);
        if self.link.as_ref().is_some_and(|link| link.path == path) {
            self.lose_link(now);
        }
        self.settle(now);
    }

    fn forget_stream(&mut self, path: Path) {
        // A datagram of this path would be one of another stream.
        self.current.forget_path(path);
        self.previous_validated.remove(&path);
        self.outgoing.retain(|(known, _)| *known != path);
    }

    /// Closes the stream of a pair that has failed, if it has one. True if another one may work.
    pub(super) fn give_up_stream(&mut self, path: Path) -> bool {
        let has_worked = self.is_validated(path);
        if !self.streams.discard(path) {
            return false;
        }
        self.forget_stream(path);
        has_worked && self.streams.kind(path.socket) == Some(TcpType::Active)
    }

    /// A pair has failed for want of an answer: if that should have come in a stream, another one takes its place, unless
    /// there is another pair that works.
    pub(super) fn stream_went_silent(&mut self, now: Instant, id: u64, path: Path) {
        if self.streams.kind(path.socket).is_none() {
            return;
        }
        let may_return = self.give_up_stream(path);
        if self.link.as_ref().is_some_and(|link| link.path == path) {
            self.lose_link(now);
        }
        if may_return && !self.is_concluded() {
            self.current.checklist.trigger(id);
        }
    }

    /// Nothing works any more: the streams do not either.
    pub(super) fn give_up_streams(&mut self) {
        let known: Vec<Path> = self.streams.open.iter().chain(self.streams.opening.keys()).copied().collect();
        for path in known {
            self.give_up_stream(path);
        }
    }

    /// How long a check in a stream is waited for.
    pub(super) fn stream_patience(&self, id: u64, path: Path) -> Duration {
        let link = self.link.as_ref();
        let rtt = self.current.checklist.pair(id).and_then(|pair| pair.traffic.current_rtt);
        let rtt = rtt.or_else(|| link.filter(|link| link.path == path)?.former_rtt());
        let is_in_need = link.is_none_or(|link| link.consent.is_lost());
        match rtt {
            // Only who has opened it can open another one.
            Some(rtt) if is_in_need && self.streams.kind(path.socket) == Some(TcpType::Active) => {
                STREAM_SILENCE.max(rtt * 3)
            }
            // RFC 8489, section 6.2.2: the stream sees to it that it arrives.
            _ => STREAM_PATIENCE,
        }
    }

    /// A stream of a pair that has worked, and that nothing has taken the place of, is opened once more.
    fn try_again_later(&mut self, now: Instant, path: Path) {
        let has_worked = |pair: &crate::pair::Pair| pair.traffic.current_rtt.is_some();
        if self.lost_since.is_some() && self.current.checklist.by_path(path).is_some_and(has_worked) {
            self.streams.again.insert(path, now + REOPEN_AFTER);
        }
    }

    fn stream_failed(&mut self, path: Path) {
        let Some(pair) = self.current.checklist.by_path_mut(path) else { return };
        let id = pair.id;
        pair.state = PairState::Failed;
        pair.consent_until = None;
        self.current.checklist.untrigger(id);
        self.current.checklist.pending_mut().retain(|check| check.pair != id);
    }

    /// Streams that took too long to open, and those to be opened again.
    pub(super) fn run_streams(&mut self, now: Instant) {
        let due: Vec<Path> =
            self.streams.again.extract_if(.., |_, at| now >= *at).map(|(path, _)| path).collect();
        for path in due {
            let pair = self.current.checklist.by_path(path).filter(|pair| pair.state == PairState::Failed);
            let id = pair.map(|pair| pair.id).filter(|_| !self.is_concluded() && !self.is_idle());
            id.into_iter().for_each(|id| self.current.checklist.trigger(id));
        }
        let late = |(path, until): (&Path, &Instant)| (now >= *until).then_some(*path);
        while let Some(path) = self.streams.opening.iter().find_map(late) {
            self.streams.discard(path);
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
