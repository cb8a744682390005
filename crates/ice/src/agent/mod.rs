//! The agent: its face, its clockwork, and one file for each procedure.

mod adopt;
mod backups;
mod checks;
mod embed;
mod gather;
mod generation;
mod link;
mod lite;
mod nomination;
mod relays;
mod renomination;
mod requests;
mod restart;
mod stats;
mod streams;
mod transport_state;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Path, Rng, SendBatch, SocketId};

use crate::embedding::Embedding;
use crate::stun::{self, Side};
use crate::{
    AgentConfig, Candidate, CandidateKind, Counters, Credentials, Event, GatheringState, MdnsName, PairStats,
    Protocol, Role, TransportState, candidate,
};
use gather::Gatherer;
use generation::Generation;
use link::Link;
use relays::{Relays, Route};
use streams::Streams;

/// Datagrams that wait for `poll_transmit`. A driver that polls after each input never sees the limit.
const MAX_OUTGOING: usize = 256;
/// Sockets of one agent. Relayed addresses, which have a bound of their own, come on top.
const MAX_SOCKETS: usize = 32;
/// The one component: everything is multiplexed (RFC 5761, RFC 8843).
const COMPONENT: u16 = 1;

/// A local socket that candidates are based on, or the relayed address that stands for one.
#[derive(Clone, Copy, Debug)]
struct HostSocket {
    socket: SocketId,
    address: SocketAddr,
    local_preference: u16,
}

/// What waits to be sent.
#[derive(Debug)]
enum Outgoing {
    Datagram(Vec<u8>),
    /// The answer to a check, which is written at the last moment: it may carry what the check has made of the layer
    /// above.
    Success {
        id: stun_types::message::TransactionId,
        side: Arc<Side>,
        room: usize,
    },
}

impl Outgoing {
    /// What tells requests from answers: the first byte of the message.
    fn class(&self) -> Option<u8> {
        match self {
            Outgoing::Datagram(datagram) => datagram.first().copied(),
            Outgoing::Success { .. } => Some(1),
        }
    }
}

/// An ICE agent for one component ([RFC 8445](https://www.rfc-editor.org/rfc/rfc8445)).
///
/// After any call, take what there is from [`poll_transmit`](Agent::poll_transmit) and
/// [`poll_event`](Agent::poll_event), and call [`handle_timeout`](Agent::handle_timeout) at
/// [`poll_timeout`](Agent::poll_timeout). Bad input is dropped and counted.
#[derive(Debug)]
pub struct Agent {
    /// Of all agents of a session, and kept by it too.
    config: Arc<AgentConfig>,
    rng: Rng,
    role: Role,
    tie_breaker: u64,
    /// Whether the next generation is relayed only.
    relay_only: bool,
    /// Whether both sides' nominations have numbers, of which the highest counts.
    renomination: bool,
    current: Generation,
    link: Option<Link>,
    /// The validated paths of earlier generations, on which data may still be under way.
    previous_validated: BTreeSet<Path>,
    /// At most `MAX_SOCKETS`.
    hosts: Vec<HostSocket>,
    /// Addresses of ours that are told by these names only. At most `MAX_SOCKETS`.
    hidden: BTreeMap<IpAddr, MdnsName>,
    gatherer: Gatherer,
    relays: Relays,
    streams: Streams,
    /// At most `MAX_OUTGOING`.
    outgoing: VecDeque<(Path, Outgoing)>,
    /// What checks and answers carry, if they may.
    embedding: Option<Embedding>,
    events: VecDeque<Event>,
    state: TransportState,
    /// Failed, which only a restart ends.
    failed: bool,
    /// Since when there is no working pair any more.
    lost_since: Option<Instant>,
    restarted: bool,
    /// When the next new check or gathering request may be sent: Ta after the last one.
    next_slot: Option<Instant>,
    gather_next: bool,
    nominate_at: Option<Instant>,
    /// When the next check of a pair that is not in use is due.
    backup_at: Option<Instant>,
    /// When the other side's last nomination was followed, or one of ours was begun.
    moved: Option<Instant>,
    /// When another pair may be nominated, or the nominated one followed.
    move_at: Option<Instant>,
    /// The latest time that we were told.
    seen: Option<Instant>,
    next_pair: u64,
    counters: Counters,
}

impl Agent {
    /// An agent that does nothing yet.
    pub fn new(config: impl Into<Arc<AgentConfig>>, role: Role, local: Credentials, mut rng: Rng) -> Agent {
        let config = config.into();
        let tie_breaker = rng.u64();
        // RFC 8445, section 6.1.1.
        let role = if config.lite { Role::Controlled } else { role };
        let embedding = config.embedding.then(Embedding::new);
        Agent {
            config,
            rng,
            role,
            tie_breaker,
            relay_only: false,
            renomination: false,
            current: Generation::new(0, Arc::new(Side::new(local)), false),
            link: None,
            previous_validated: BTreeSet::new(),
            hosts: Vec::new(),
            hidden: BTreeMap::new(),
            gatherer: Gatherer::default(),
            relays: Relays::default(),
            streams: Streams::default(),
            outgoing: VecDeque::new(),
            embedding,
            events: VecDeque::new(),
            state: TransportState::New,
            failed: false,
            lost_since: None,
            restarted: false,
            next_slot: None,
            gather_next: false,
            nominate_at: None,
            backup_at: None,
            moved: None,
            move_at: None,
            seen: None,
            next_pair: 0,
            counters: Counters::default(),
        }
    }

    /// The role: as it was set, or as a role conflict turned it.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Takes the role that the signalling gives
    /// ([RFC 8445, section 6.1.1](https://www.rfc-editor.org/rfc/rfc8445#section-6.1.1)).
    pub fn set_role(&mut self, role: Role) {
        if self.role != role && !self.config.lite {
            self.take_role(role);
        }
    }

    /// Whether only relayed candidates may be used, neither shown nor checked any other: from the next restart on, and
    /// for the first generation if nothing was gathered yet.
    pub fn set_relay_only(&mut self, relay_only: bool) {
        self.relay_only = relay_only;
        if self.current.number == 0 && self.gatherer.state == GatheringState::New {
            self.current.relay_only = relay_only;
        }
    }

    /// Whether this generation uses relayed candidates only.
    pub fn is_relay_only(&self) -> bool {
        self.current.relay_only
    }

    /// The credentials that we signal.
    pub fn local_credentials(&self) -> &Credentials {
        &self.current.local.credentials
    }

    /// The other side's credentials, if they are known in this generation.
    pub fn remote_credentials(&self) -> Option<&Credentials> {
        self.current.remote.as_ref().map(|side| &side.credentials)
    }

    /// A datagram whose first byte is 0 to 3.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        self.seen = Some(now);
        self.counters.datagrams_received += 1;
        if self.state == TransportState::Closed {
            return;
        }
        let path = canonical_path(path);
        if self.handle_turn_response(now, path, datagram) {
            return self.settle(now);
        }
        if self.host_socket(path.socket).is_none() {
            self.counters.dropped_unknown_socket += 1;
            return;
        }
        let Some(message) = stun::parse(datagram) else {
            self.counters.dropped_malformed += 1;
            return;
        };
        use stun_types::message::MessageClass;
        match message.class() {
            MessageClass::Request => self.handle_request(now, path, &message),
            MessageClass::Success | MessageClass::Error => self.handle_response(now, path, &message),
            // RFC 8445, section 11: a keepalive. There is nothing to do about it.
            MessageClass::Indication => {}
        }
        self.settle(now);
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.seen = Some(now);
        if self.state == TransportState::Closed {
            return;
        }
        self.run_consent(now);
        self.ask_for_consent(now);
        self.run_checks(now);
        self.run_gathering(now);
        self.run_relays(now);
        self.run_streams(now);
        self.use_slot(now);
        self.settle(now);
        self.run_backups(now);
    }

    /// When [`handle_timeout`](Agent::handle_timeout) should be called next, if ever.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.state == TransportState::Closed {
            return None;
        }
        let consent = self.link.as_ref().map(|link| link.consent.deadline(&self.config));
        let slot = if self.has_slot_work() { self.next_slot.or(self.seen) } else { None };
        let times = [
            consent,
            slot,
            self.current.checklist.deadline(),
            self.gatherer.deadline(),
            self.relay_deadline(),
            self.streams.deadline(),
            self.nominate_at,
            self.backup_at,
            self.move_at,
            self.failure_deadline(),
            self.conclusion_deadline(),
        ];
        times.into_iter().flatten().min()
    }

    /// Writes what is to be sent, until `out` is full.
    pub fn poll_transmit(&mut self, now: Instant, out: &mut SendBatch) {
        if self.poll_timeout().is_some_and(|deadline| deadline <= now) {
            self.handle_timeout(now);
        }
        while !out.is_full()
            && let Some((path, datagram)) = self.poll_turn()
        {
            self.counters.datagrams_sent += 1;
            out.push(path, &datagram);
        }
        let mut later = Vec::new();
        while !out.is_full()
            && let Some((path, outgoing)) = self.outgoing.pop_front()
        {
            match self.route(now, path) {
                Route::Direct => out.push(path, &self.finish_outgoing(path, outgoing)),
                Route::Tunnel(tunnel) => {
                    out.set_tunnel(Some(tunnel));
                    out.push(path, &self.finish_outgoing(path, outgoing));
                    out.set_tunnel(None);
                }
                Route::Later => {
                    later.push((path, outgoing));
                    continue;
                }
                Route::Nowhere => {
                    self.counters.dropped_unreachable += 1;
                    continue;
                }
            }
            self.counters.datagrams_sent += 1;
        }
        for waiting in later.into_iter().rev() {
            self.outgoing.push_front(waiting);
        }
    }

    /// Whether checks on a path are neither sent nor answered, because only relays may be used.
    fn is_barred(&self, path: Path) -> bool {
        self.current.relay_only && !self.relays.has_socket(path.socket)
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Where data may go now: over the selected pair, else over the best that works. `None` without consent.
    pub fn send_path(&self) -> Option<Path> {
        let open = self.state != TransportState::Closed;
        self.link.as_ref().filter(|_| open).map(|link| link.path)
    }

    /// Whether an authenticated check came from, or succeeded on, exactly this path. Only then may other
    /// datagrams of the path be looked at.
    pub fn is_validated(&self, path: Path) -> bool {
        let path = canonical_path(path);
        self.current.is_validated(path) || self.previous_validated.contains(&path)
    }

    /// Whether data goes over exactly this path, and the other side has lately agreed to it.
    pub fn is_in_use(&self, path: Path) -> bool {
        let path = canonical_path(path);
        self.link.as_ref().is_some_and(|link| link.path == path && !link.consent.is_disconnected())
    }

    /// The username fragments that checks may be addressed to: the current one, and, while a restart is under way, the
    /// one under which the pair in use was found.
    pub fn answers_to(&self) -> impl Iterator<Item = &str> {
        let current = self.current.local.ufrag();
        let older =
            self.link.as_ref().map(|link| link.local_side.ufrag()).filter(move |older| *older != current);
        let open = self.state != TransportState::Closed;
        std::iter::once(current).chain(older).filter(move |_| open)
    }

    /// The transport state, as of the last event about it.
    pub fn state(&self) -> TransportState {
        self.state
    }

    /// The gathering state.
    pub fn gathering_state(&self) -> GatheringState {
        self.gatherer.state
    }

    /// When a STUN or TURN server that gathering waits for, or has waited for, has last answered; in this generation.
    pub fn last_server_answer(&self) -> Option<Instant> {
        self.gatherer.last_answer
    }

    /// The pair that data goes over, local end first, before its nomination too. It stays through a restart until
    /// the new one is selected.
    pub fn selected_pair(&self) -> Option<(&Candidate, &Candidate)> {
        self.link.as_ref().map(|link| (&link.local, &link.remote))
    }

    /// The last round-trip time of the pair in use.
    pub fn rtt(&self) -> Option<Duration> {
        let link = self.link.as_ref()?;
        self.link_pair().map_or(link.former_rtt(), |pair| pair.traffic.current_rtt)
    }

    /// The candidates of this generation that were announced.
    pub fn local_candidates(&self) -> impl Iterator<Item = &Candidate> {
        let locals = self.current.locals.iter().map(|local| &local.candidate);
        locals.filter(|candidate| candidate.kind != CandidateKind::PeerReflexive)
    }

    /// The candidates of this generation that were signalled to us.
    pub fn remote_candidates(&self) -> impl Iterator<Item = &Candidate> {
        let known = self.current.remotes.iter().chain(&self.current.waiting);
        known.filter(|candidate| candidate.kind != CandidateKind::PeerReflexive)
    }

    /// Every pair of the checklist, and the pair in use if it is older.
    pub fn pairs(&self) -> impl Iterator<Item = PairStats> + '_ {
        self.pair_stats()
    }

    /// What happened how often.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Stops everything. What waits to be sent is dropped; candidates and pairs stay readable.
    pub fn close(&mut self) {
        if self.state == TransportState::Closed {
            return;
        }
        self.outgoing.clear();
        self.current.stop();
        self.previous_validated.clear();
        self.gatherer.stop();
        self.relays = Relays::default();
        self.streams = Streams::default();
        self.nominate_at = None;
        self.backup_at = None;
        self.move_at = None;
        self.set_state(TransportState::Closed);
    }

    fn host_socket(&self, socket: SocketId) -> Option<&HostSocket> {
        self.hosts.iter().find(|host| host.socket == socket)
    }

    fn is_idle(&self) -> bool {
        self.failed || self.state == TransportState::Closed
    }

    fn queue(&mut self, path: Path, datagram: Vec<u8>) -> bool {
        self.queue_outgoing(path, Outgoing::Datagram(datagram))
    }

    fn queue_outgoing(&mut self, path: Path, datagram: Outgoing) -> bool {
        // What waits for a permission at a relay is worth nothing after what follows it.
        if self.relays.has_socket(path.socket) {
            let class = datagram.class();
            self.outgoing.retain(|(known, waiting)| *known != path || waiting.class() != class);
        }
        let room = self.outgoing.len() < MAX_OUTGOING;
        if room {
            self.outgoing.push_back((path, datagram));
        } else {
            self.counters.outgoing_over_limit += 1;
        }
        room
    }

    /// Draws the conclusions of whatever just happened, until there are none.
    fn settle(&mut self, now: Instant) {
        if self.state == TransportState::Closed {
            return;
        }
        self.run_relays(now);
        self.refresh_link(now);
        self.ask_for_consent(now);
        self.nominate(now);
        self.run_renomination(now);
        self.bind_channel(now);
        self.run_relays(now);
        self.update_gathering(now);
        self.update_state(now);
        self.plan_backups(now);
    }

    /// Uses the slot that Ta grants, if it has come: one new check or one gathering request, in turn
    /// ([RFC 8445, section 14.2](https://www.rfc-editor.org/rfc/rfc8445#section-14.2)).
    fn use_slot(&mut self, now: Instant) {
        if self.next_slot.is_some_and(|slot| now < slot) || !self.has_slot_work() {
            return;
        }
        let check = self.next_check();
        match check {
            Some(pair) if !(self.gather_next && self.has_gathering_to_begin()) => {
                self.gather_next = true;
                self.send_check(now, pair, false);
            }
            _ => {
                self.gather_next = false;
                self.send_gathering_request(now);
            }
        }
        self.next_slot = Some(now + self.config.pacing);
    }

    fn has_slot_work(&self) -> bool {
        !self.is_idle() && (self.has_gathering_to_begin() || self.next_check().is_some())
    }

    fn has_gathering_to_begin(&self) -> bool {
        self.gatherer.has_waiting() || self.relays.has_waiting()
    }
}

fn canonical_path(path: Path) -> Path {
    Path { socket: path.socket, remote: candidate::canonical(path.remote) }
}
