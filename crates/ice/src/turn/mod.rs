//! A TURN client ([RFC 8656](https://www.rfc-editor.org/rfc/rfc8656)): one allocation at one server, without IO.
//!
//! Why not a library's: `turn-client-proto` draws transaction ids from ambient randomness and has retransmissions of its
//! own; here ids come from the agent's seed, and requests are [`Transaction`]s as those of checks are.
//!
//! Absent: TCP allocations (RFC 6062), reservations, DONT-FRAGMENT, mobility, user name anonymity.

mod authentication;
mod peers;
mod wire;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use base::{Path, Rng, Tunnel, TunnelLength};
use stun_types::attribute::XorSocketAddr;
use stun_types::message::{Message, MessageClass, MessageType, TransactionId};

pub use authentication::TurnCredentials;
pub(crate) use peers::Permitted;

use crate::stun;
use crate::transaction::{LAST_WAIT_SERVER, Step, Transaction};
use authentication::Authentication;
use peers::Peers;
use wire::RequestWriter;

/// Requests that wait for an answer: an allocation or its refresh, permissions and channels.
const MAX_PENDING: usize = 16;
/// How often one request is repeated because the server wants other credentials: a server that is never content is
/// given up.
const MAX_CHALLENGES: u32 = 3;
/// How long before an allocation ends it is refreshed.
const MARGIN: Duration = Duration::from_secs(60);
/// A server that grants less than this is refreshed no more often for it.
const MIN_LIFETIME: Duration = Duration::from_secs(30);
/// RFC 8656, section 7.2: no server grants more than an hour.
const MAX_LIFETIME: Duration = Duration::from_secs(3600);
/// Nothing was sent to the server for so long: a NAT might forget us.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// How often a request about an allocation that stands is sent: losing it would cost more than waiting.
const SENDS: u32 = 7;

const UNAUTHENTICATED: u16 = 401;
const ALLOCATION_MISMATCH: u16 = 437;
const STALE_NONCE: u16 = 438;
const TRY_ALTERNATE: u16 = 300;
const FAMILY_NOT_SUPPORTED: u16 = 440;

/// What the client has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TurnEvent {
    /// There is an allocation: its addresses, one for each family at most, and what the server saw of us.
    Allocated { relayed: Vec<SocketAddr>, mapped: Option<SocketAddr> },
    /// There will be none: the server's code and reason, none if it did not answer.
    Failed(Option<(u16, String)>),
    /// There will be none here, but perhaps there.
    Redirected(SocketAddr),
    /// The allocation is gone, and the way to the server, or the server itself.
    Lost,
    /// The allocation is gone, and the server is there, or may be over another stream.
    Forgotten,
}

/// How requests travel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carriage {
    /// The path to the server.
    pub(crate) path: Path,
    /// It is a stream, on which nothing has to be repeated.
    pub(crate) is_reliable: bool,
    /// The first retransmission timeout.
    pub(crate) rto: Duration,
    /// How often a request is sent.
    pub(crate) max_sends: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Request {
    Allocate { ipv6_only: bool },
    Refresh,
    Permit(Vec<IpAddr>),
    Bind(u16, SocketAddr),
}

#[derive(Debug)]
struct Pending {
    transaction: Transaction,
    request: Request,
    /// It was signed.
    is_signed: bool,
    challenges: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Allocating,
    Allocated,
    Ended,
}

/// One allocation.
#[derive(Debug)]
pub(crate) struct Client {
    carriage: Carriage,
    credentials: TurnCredentials,
    rng: Rng,
    phase: Phase,
    authentication: Option<Authentication>,
    /// At most `MAX_PENDING`.
    pending: Vec<Pending>,
    peers: Peers,
    relayed: Vec<SocketAddr>,
    refresh_at: Option<Instant>,
    last_sent: Instant,
    /// Whether the server has answered anything at all, or since it was asked whether it still has the allocation.
    has_answered: bool,
    /// It has been asked that, and not said.
    is_verifying: bool,
    /// As many as there are requests, and a keepalive.
    outgoing: VecDeque<Vec<u8>>,
    /// At most one for each request, and an end.
    events: VecDeque<TurnEvent>,
}

impl Client {
    /// A client that asks for an allocation.
    pub(crate) fn new(now: Instant, carriage: Carriage, credentials: TurnCredentials, rng: Rng) -> Client {
        let mut client = Client {
            carriage,
            credentials,
            rng,
            phase: Phase::Allocating,
            authentication: None,
            pending: Vec::new(),
            peers: Peers::default(),
            relayed: Vec::new(),
            refresh_at: None,
            last_sent: now,
            has_answered: false,
            is_verifying: false,
            outgoing: VecDeque::new(),
            events: VecDeque::new(),
        };
        client.send(now, Request::Allocate { ipv6_only: false }, 0);
        client
    }

    pub(crate) fn is_allocating(&self) -> bool {
        self.phase == Phase::Allocating
    }

    pub(crate) fn is_allocated(&self) -> bool {
        self.phase == Phase::Allocated
    }

    /// Whether it is not known yet if there is an allocation.
    pub(crate) fn is_asking(&self) -> bool {
        self.is_allocating() || self.is_verifying
    }

    /// Asks whether the server still has the allocation: it may have been started anew.
    pub(crate) fn verify(&mut self, now: Instant) {
        if self.phase == Phase::Allocated {
            let is_asked = self.pending.iter().any(|pending| matches!(pending.request, Request::Refresh));
            (self.is_verifying, self.has_answered) = (true, false);
            if !is_asked {
                self.refresh_at = None;
                self.send(now, Request::Refresh, 0);
            }
        }
    }

    pub(crate) fn has_answered(&self) -> bool {
        self.has_answered
    }

    pub(crate) fn path(&self) -> Path {
        self.carriage.path
    }

    /// The next event.
    pub(crate) fn poll_event(&mut self) -> Option<TurnEvent> {
        self.events.pop_front()
    }

    /// The next datagram for the server.
    pub(crate) fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.outgoing.pop_front()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        if self.phase == Phase::Ended {
            return None;
        }
        let pending = self.pending.iter().map(|pending| pending.transaction.deadline);
        let is_idle = self.pending.len() < MAX_PENDING;
        let peers = self.peers.deadline().filter(|_| is_idle);
        pending.chain(self.refresh_at).chain(peers).chain(self.keepalive_at()).min()
    }

    fn keepalive_at(&self) -> Option<Instant> {
        let is_needed = self.phase == Phase::Allocated && !self.carriage.is_reliable;
        is_needed.then(|| self.last_sent + KEEPALIVE)
    }

    /// Does what is due, and asks for what is wanted.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.run_pending(now);
        if self.phase != Phase::Allocated {
            return;
        }
        if self.refresh_at.is_some_and(|at| now >= at) {
            self.refresh_at = None;
            self.send(now, Request::Refresh, 0);
        }
        while self.pending.len() < MAX_PENDING {
            let due = self.peers.take_due(now);
            if due.is_empty() {
                break;
            }
            self.send(now, Request::Permit(due), 0);
        }
        while self.pending.len() < MAX_PENDING
            && let Some((number, peer)) = self.peers.take_due_channel(now)
        {
            self.send(now, Request::Bind(number, peer), 0);
        }
        if self.keepalive_at().is_some_and(|at| now >= at) {
            let id = stun::transaction_id(&mut self.rng);
            self.outgoing.push_back(stun::binding_indication(id));
            self.last_sent = now;
        }
    }

    fn run_pending(&mut self, now: Instant) {
        let mut index = 0;
        while let Some(pending) = self.pending.get_mut(index) {
            match pending.transaction.step(now) {
                Step::Wait => index += 1,
                Step::Resend => {
                    self.outgoing.push_back(pending.transaction.request.clone());
                    self.last_sent = now;
                    index += 1;
                }
                // Whatever it was: a server that does not answer is gone.
                Step::GiveUp => return self.end(),
            }
        }
    }

    /// The way to the server is gone, or it does not answer.
    pub(crate) fn end(&mut self) {
        let event = match self.phase {
            Phase::Allocating => TurnEvent::Failed(None),
            // RFC 8656, section 2.1: it belongs to the stream. A NAT may have forgotten that, and another one may do.
            Phase::Allocated if self.is_verifying && self.carriage.is_reliable => TurnEvent::Forgotten,
            Phase::Allocated => TurnEvent::Lost,
            Phase::Ended => return,
        };
        self.end_with(event);
    }

    fn end_with(&mut self, event: TurnEvent) {
        self.phase = Phase::Ended;
        self.is_verifying = false;
        self.pending.clear();
        self.outgoing.clear();
        self.relayed.clear();
        self.events.push_back(event);
    }

    /// The allocation is not needed any more: the request that says so, which is not repeated.
    pub(crate) fn release(&mut self) -> Option<Vec<u8>> {
        let is_allocated = self.phase == Phase::Allocated;
        self.phase = Phase::Ended;
        self.pending.clear();
        let id = stun::transaction_id(&mut self.rng);
        let request = RequestWriter::new(wire::REFRESH, id).lifetime(Duration::ZERO);
        is_allocated.then(|| request.finish(self.authentication.as_ref()))
    }

    fn send(&mut self, now: Instant, request: Request, challenges: u32) {
        let id = stun::transaction_id(&mut self.rng);
        let datagram = self.write(&request, id);
        self.outgoing.push_back(datagram.clone());
        self.last_sent = now;
        let Carriage { path, is_reliable, rto, max_sends } = self.carriage;
        let sends = if self.phase == Phase::Allocating { max_sends } else { SENDS };
        let transaction = if is_reliable {
            // RFC 8489, section 6.2.2: once, and as long as repetitions would have taken.
            Transaction::new(now, (id, datagram), path, patience(rto, sends))
        } else {
            Transaction::new(now, (id, datagram), path, rto).with_sends(sends).for_server()
        };
        let is_signed = self.authentication.is_some();
        self.pending.push(Pending { transaction, request, is_signed, challenges });
    }

    fn write(&self, request: &Request, id: TransactionId) -> Vec<u8> {
        let new = |method| RequestWriter::new(method, id);
        let writer = match request {
            Request::Allocate { ipv6_only } => new(wire::ALLOCATE).allocation(*ipv6_only),
            Request::Refresh => new(wire::REFRESH),
            Request::Permit(ips) => {
                let peers = ips.iter().map(|ip| wire::any_port(*ip));
                peers.fold(new(wire::CREATE_PERMISSION), RequestWriter::peer)
            }
            Request::Bind(number, peer) => new(wire::CHANNEL_BIND).channel(*number).peer(*peer),
        };
        writer.finish(self.authentication.as_ref())
    }

    /// Whether this is the answer to a request that is under way.
    pub(crate) fn awaits(&self, id: TransactionId) -> bool {
        self.pending.iter().any(|pending| pending.transaction.id == id)
    }

    /// Takes an answer. False if it is not what it says, and as good as not come.
    pub(crate) fn handle_response(&mut self, now: Instant, message: &Message<'_>) -> bool {
        let id = message.transaction_id();
        let Some(index) = self.pending.iter().position(|pending| pending.transaction.id == id) else {
            return false;
        };
        let error = match message.class() {
            MessageClass::Success => None,
            _ => match stun::error_code(message) {
                Some(error) => Some(error),
                None => return false,
            },
        };
        // RFC 8489, section 9.2.5: a success is signed if the request was, and nothing may be signed wrongly. Errors
        // without a signature count: servers differ in which they sign, and whoever reads the id of a request can keep
        // its answer from coming anyway.
        let is_signed = stun::has_integrity(message);
        if self.pending[index].is_signed && (error.is_none() || is_signed) {
            let is_challenge = error.as_ref().is_some_and(|(code, _)| *code == STALE_NONCE);
            let authentication = self.authentication.as_ref();
            if !is_challenge
                && !authentication.is_some_and(|authentication| authentication.has_signed(message))
            {
                return false;
            }
        }
        self.has_answered = true;
        let pending = self.pending.remove(index);
        match error {
            None => self.succeeded(now, pending.request, message),
            Some((code, reason)) => self.refused(now, pending, (code, reason), message),
        }
        true
    }

    fn succeeded(&mut self, now: Instant, request: Request, message: &Message<'_>) {
        match request {
            Request::Allocate { .. } => {
                self.relayed = wire::relayed_addresses(message);
                if self.relayed.is_empty() {
                    let reason = "the server's answer has no usable address".to_owned();
                    return self.end_with(TurnEvent::Failed(Some((500, reason))));
                }
                self.phase = Phase::Allocated;
                self.refresh_after(now, message);
                let (relayed, mapped) = (self.relayed.clone(), wire::mapped_address(message));
                self.events.push_back(TurnEvent::Allocated { relayed, mapped });
            }
            Request::Refresh => {
                self.is_verifying = false;
                self.refresh_after(now, message);
            }
            Request::Permit(ips) => self.peers.granted(now, &ips),
            Request::Bind(number, _) => self.peers.bound(now, number, true),
        }
    }

    fn refresh_after(&mut self, now: Instant, message: &Message<'_>) {
        let lifetime = wire::lifetime(message).unwrap_or(MIN_LIFETIME).clamp(MIN_LIFETIME, MAX_LIFETIME);
        self.refresh_at = Some(now + (lifetime - MARGIN.min(lifetime / 2)));
    }

    fn refused(&mut self, now: Instant, pending: Pending, error: (u16, String), message: &Message<'_>) {
        let (code, challenges) = (error.0, pending.challenges + 1);
        // RFC 8489, section 9.2.5: a challenge is taken up, but not with what was refused before.
        let is_challenge = code == STALE_NONCE || (code == UNAUTHENTICATED && !pending.is_signed);
        if is_challenge
            && challenges <= MAX_CHALLENGES
            && let Some(authentication) = Authentication::answer(&self.credentials, message)
        {
            self.authentication = Some(authentication);
            return self.send(now, pending.request, challenges);
        }
        match pending.request {
            Request::Allocate { ipv6_only: false } if code == FAMILY_NOT_SUPPORTED => {
                self.send(now, Request::Allocate { ipv6_only: true }, challenges);
            }
            Request::Allocate { .. } => {
                let alternate = wire::alternate_server(message).filter(|_| code == TRY_ALTERNATE);
                self.end_with(alternate.map_or(TurnEvent::Failed(Some(error)), TurnEvent::Redirected));
            }
            // RFC 8656, section 5: the server does not know the allocation, or not any more.
            _ if code == ALLOCATION_MISMATCH => self.end_with(TurnEvent::Forgotten),
            Request::Refresh => self.end_with(TurnEvent::Forgotten),
            Request::Permit(ips) => self.peers.refused(&ips),
            Request::Bind(number, _) => self.peers.bound(now, number, false),
        }
    }

    /// Asks that an address may send to us, and we to it.
    pub(crate) fn permit(&mut self, ip: IpAddr) {
        self.peers.permit(ip);
    }

    /// Permissions of other addresses are not renewed.
    pub(crate) fn retain_permissions(&mut self, is_needed: impl Fn(IpAddr) -> bool) {
        self.peers.retain(is_needed);
    }

    pub(crate) fn is_permitted(&self, now: Instant, ip: IpAddr) -> Permitted {
        self.peers.is_permitted(now, ip)
    }

    /// Asks for a channel to a peer, and wants it for a while.
    pub(crate) fn bind(&mut self, now: Instant, peer: SocketAddr) {
        self.peers.bind(now, peer);
    }

    /// How datagrams for a peer travel: in its channel, or in indications (RFC 8656, sections 12.4 and 11.1).
    pub(crate) fn tunnel(&mut self, now: Instant, inner: Path) -> Option<Tunnel> {
        if self.phase != Phase::Allocated || self.is_permitted(now, inner.remote.ip()) != Permitted::Yes {
            return None;
        }
        self.last_sent = now;
        let outer = self.carriage.path;
        if let Some(number) = self.peers.channel_to(now, inner.remote) {
            let [high, low] = number.to_be_bytes();
            let lengths = vec![TunnelLength { offset: 2, beside: 0, counts_padding: false }];
            return Some(Tunnel { inner, outer, prefix: vec![high, low, 0, 0], lengths, is_padded: false });
        }
        let id = stun::transaction_id(&mut self.rng);
        let mut prefix = MessageType::from_class_method(MessageClass::Indication, wire::SEND).to_bytes();
        let mut writer = base::Writer::new(&mut prefix);
        let id_bytes = u128::from(id).to_be_bytes();
        writer.u16(0).u32(stun::MAGIC_COOKIE).bytes(&id_bytes[4..]);
        let peer = XorSocketAddr::new(inner.remote, id);
        prefix.extend_from_slice(&peer.to_raw(wire::XOR_PEER_ADDRESS).to_bytes());
        base::Writer::new(&mut prefix).u16(wire::DATA_ATTRIBUTE.value()).u16(0);
        let header = (prefix.len() - stun::HEADER_LENGTH) as u16;
        let lengths = vec![
            TunnelLength { offset: 2, beside: header, counts_padding: true },
            TunnelLength { offset: prefix.len() - 2, beside: 0, counts_padding: false },
        ];
        Some(Tunnel { inner, outer, prefix, lengths, is_padded: true })
    }

    /// The peer's datagram in one of the server's, and who sent it.
    pub(crate) fn unwrap<'a>(&self, datagram: &'a [u8]) -> Option<(SocketAddr, &'a [u8])> {
        if self.phase != Phase::Allocated {
            return None;
        }
        let (peer, payload) = match datagram {
            // RFC 8656, section 12.4: over UDP, padding may follow.
            [0x40..=0x4f, ..] => {
                let (&[n1, n2, l1, l2], rest) = datagram.split_first_chunk::<4>()?;
                let payload = rest.get(..usize::from(u16::from_be_bytes([l1, l2])))?;
                (self.peers.peer_of(u16::from_be_bytes([n1, n2]))?, payload)
            }
            _ => {
                let message = Message::from_bytes(datagram).ok()?;
                let is_data = message.has_class(MessageClass::Indication) && message.has_method(wire::DATA);
                let peer = message.raw_attribute(wire::XOR_PEER_ADDRESS).filter(|_| is_data)?;
                let (offset, data) = message.raw_attribute_and_offset(wire::DATA_ATTRIBUTE)?;
                let payload = datagram.get(offset + 4..)?.get(..data.value.len())?;
                (wire::xor_address(&message, &peer)?, payload)
            }
        };
        let is_ours = self.relayed.iter().any(|relayed| relayed.is_ipv4() == peer.is_ipv4());
        is_ours.then_some((peer, payload))
    }
}

/// How long a server has for its answer to a request that is sent so often.
pub(crate) fn patience(rto: Duration, sends: u32) -> Duration {
    rto * ((1 << (sends.clamp(1, 16) - 1)) - 1 + LAST_WAIT_SERVER)
}
