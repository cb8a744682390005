//! The one place where layers meet.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use base::{Path, Rng, SendBatch, WallClock};

use crate::action::{Action, ActionResult};
use crate::channel::{
    ChannelError, ChannelInfo, ChannelInit, ChannelKey, Context, Limits, Payload, SendError, Table,
};
use crate::config::{SessionConfig, StunServer};
use crate::counters::Counters;
use crate::event::{Event, Output, SctpState};
use crate::gathering::Gathering;
use crate::plan::SessionPlan;
use crate::transport::{News, Transport};

/// Candidates of the peer that wait for the first plan.
const MAX_WAITING_CANDIDATES: usize = 64;

/// One connection's data engine: see the [crate's page](crate).
///
/// ```
/// # use std::{sync::Arc, time::{Duration, Instant}};
/// # use session::{Session, SessionConfig, SessionPlan, IcePlan};
/// # fn example(now: Instant, clock: base::WallClock, certificate: Arc<dtls::Certificate>) {
/// let mut session = Session::new(SessionConfig::new(certificate), now, clock, [7; 32]);
/// let local = ice::Credentials::generate(&mut base::Rng::from_seed([8; 32]));
/// let ice = IcePlan { role: ice::Role::Controlling, local, remote: None };
/// session.apply(now, SessionPlan { ice, dtls: None, sctp: None });
/// session.gather(now);
/// assert_eq!(session.poll_action(), Some(session::Action::ListInterfaces));
/// # }
/// ```
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    clock: WallClock,
    rng: Rng,
    /// The latest time that an input brought, for the one input that brings none.
    now: Instant,
    gathering: Gathering,
    /// `gather` was called before there was an agent.
    gather_later: bool,
    waiting: WaitingCandidates,
    transport: Option<Transport>,
    channels: Table,
    sctp_state: Option<SctpState>,
    output: Output,
    closed: bool,
}

/// What the peer's description said before there was a plan.
#[derive(Debug, Default)]
struct WaitingCandidates {
    candidates: VecDeque<ice::Candidate>,
    ended: bool,
}

/// What a session measures, for statistics.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SessionStats {
    /// Plain counters.
    pub counters: Counters,
    /// The state of DTLS.
    pub dtls: dtls::State,
    /// The state of SCTP; `None` before there is an association.
    pub sctp: Option<SctpState>,
    /// The round-trip time that ICE measured on the selected pair.
    pub ice_rtt: Option<Duration>,
    /// The round-trip time that SCTP measured.
    pub sctp_rtt: Option<Duration>,
    /// How many channels there are now.
    pub channels: usize,
}

impl Session {
    /// A session that does nothing until [`apply`](Session::apply). `seed` gives all of its randomness.
    pub fn new(config: SessionConfig, now: Instant, clock: WallClock, seed: [u8; 32]) -> Self {
        let limits = Limits { channels: usize::from(config.max_channels), buffered: config.max_buffered };
        Session {
            config,
            clock,
            rng: Rng::from_seed(seed),
            now,
            gathering: Gathering::default(),
            gather_later: false,
            waiting: WaitingCandidates::default(),
            transport: None,
            channels: Table::new(limits),
            sctp_state: None,
            output: Output::default(),
            closed: false,
        }
    }

    /// Makes the session stand as `plan` says. What stands already stays.
    ///
    /// Other local credentials than before restart ICE; DTLS starts once `plan` has the peer's ICE credentials and
    /// its fingerprints, and ICE has a pair; SCTP once DTLS has verified the peer. Channels without an identifier
    /// get one as soon as `plan` has our DTLS role.
    pub fn apply(&mut self, now: Instant, plan: SessionPlan) {
        if self.closed {
            return;
        }
        self.advance(now);
        let transport =
            self.transport.get_or_insert_with(|| Transport::new(&self.config, &plan, &mut self.rng));
        if transport.apply(now, &plan) {
            self.gathering.restart();
        }
        for candidate in self.waiting.candidates.drain(..) {
            transport.agent.add_remote_candidate(now, candidate);
        }
        if std::mem::take(&mut self.waiting.ended) {
            transport.agent.remote_end_of_candidates(now);
        }
        if std::mem::take(&mut self.gather_later) {
            self.gathering.start(now, &mut transport.agent, &self.config.ice_servers);
        }
        if let Some(sctp) = plan.sctp {
            self.channels.set_remote_max_message_size(sctp.remote_max_message_size);
        }
        if let Some(dtls) = &plan.dtls {
            let (channels, mut cx) = self.split();
            channels.set_role(dtls.role, &mut cx);
        }
        self.settle();
    }

    /// Replaces the STUN servers, for the next [`gather`](Session::gather).
    pub fn set_ice_servers(&mut self, servers: Vec<StunServer>) {
        self.config.ice_servers = servers;
    }

    /// Starts to gather local candidates, for the local credentials that stand (or will, with the next plan).
    /// Once for each generation: after an ICE restart, call it again.
    pub fn gather(&mut self, now: Instant) {
        if self.closed {
            return;
        }
        self.advance(now);
        match &mut self.transport {
            Some(transport) => self.gathering.start(now, &mut transport.agent, &self.config.ice_servers),
            None => self.gather_later = true,
        }
        self.settle();
    }

    /// Takes a candidate of the peer.
    pub fn add_remote_candidate(&mut self, now: Instant, candidate: ice::Candidate) {
        self.advance(now);
        match &mut self.transport {
            Some(transport) => transport.agent.add_remote_candidate(now, candidate),
            None if self.waiting.candidates.len() < MAX_WAITING_CANDIDATES => {
                self.waiting.candidates.push_back(candidate);
            }
            None => {}
        }
        self.settle();
    }

    /// No more candidates of the peer will come, for the remote credentials that stand.
    pub fn remote_end_of_candidates(&mut self, now: Instant) {
        self.advance(now);
        match &mut self.transport {
            Some(transport) => transport.agent.remote_end_of_candidates(now),
            None => self.waiting.ended = true,
        }
        self.settle();
    }

    /// Opens a data channel; [`Event::ChannelOpen`] or [`Event::ChannelClosed`] follows. May be called at any time:
    /// before there is an association, the channel waits for it.
    pub fn open_channel(&mut self, init: ChannelInit) -> ChannelKey {
        let (channels, mut cx) = self.split();
        let key = channels.open(init, &mut cx);
        self.settle();
        key
    }

    /// A channel's properties, until it is closed.
    pub fn channel(&self, key: ChannelKey) -> Option<ChannelInfo<'_>> {
        self.channels.channel(key)
    }

    /// The channels that are not closed, oldest first.
    pub fn channels(&self) -> impl Iterator<Item = ChannelKey> + '_ {
        self.channels.keys()
    }

    /// Whether a channel could be opened (negotiated) with this stream identifier now.
    pub fn is_channel_id_free(&self, id: u16) -> bool {
        self.channels.is_id_free(id)
    }

    /// Queues a message.
    ///
    /// # Errors
    /// See [`SendError`]; nothing was queued then.
    pub fn send(&mut self, now: Instant, key: ChannelKey, payload: Payload) -> Result<(), SendError> {
        self.advance(now);
        let (channels, mut cx) = self.split();
        channels.send(key, payload, &mut cx)
    }

    /// Begins the closing procedure: what is buffered is sent, then the stream is reset (RFC 8831, section 6.7);
    /// [`Event::ChannelClosed`] follows. Messages that still come are dropped.
    pub fn close_channel(&mut self, now: Instant, key: ChannelKey) {
        self.advance(now);
        let (channels, mut cx) = self.split();
        channels.close(key, &mut cx);
        self.settle();
    }

    /// The bytes of messages that SCTP has not yet got rid of, without any overhead.
    pub fn buffered_amount(&self, key: ChannelKey) -> usize {
        self.channels.buffered_amount(key)
    }

    /// Sets the level for [`Event::BufferedAmountLow`], in bytes; 0 at first.
    pub fn set_buffered_amount_low_threshold(&mut self, key: ChannelKey, bytes: usize) {
        self.channels.set_low_threshold(key, bytes);
    }

    /// Gives the reader of a channel `bytes` more room; see [`READ_ROOM`](crate::READ_ROOM).
    pub fn grant(&mut self, now: Instant, key: ChannelKey, bytes: usize) {
        self.advance(now);
        let (channels, mut cx) = self.split();
        channels.grant(key, bytes, &mut cx);
        self.settle();
    }

    /// Takes a datagram from a socket, and carries it all the way up.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        self.advance(now);
        let counters = &mut self.output.counters;
        counters.datagrams_received += 1;
        counters.bytes_received += datagram.len() as u64;
        match &mut self.transport {
            Some(transport) => transport.handle_datagram(now, path, datagram, counters),
            None if self.closed => counters.dropped_closed += 1,
            None => counters.dropped_unvalidated += 1,
        }
        self.settle();
    }

    /// Does what is due. Harmless when nothing is.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
        if let Some(transport) = &mut self.transport {
            transport.handle_timeout(now);
        }
        self.settle();
    }

    /// When [`handle_timeout`](Session::handle_timeout) should be called, or `None` if nothing is pending.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.transport.as_ref().and_then(Transport::poll_timeout)
    }

    /// Writes what is ready to be sent: STUN, then DTLS flights, then SCTP. Call again while `out` came back full.
    pub fn poll_transmit(&mut self, now: Instant, out: &mut SendBatch) {
        self.advance(now);
        let before = out.len();
        let Some(transport) = &mut self.transport else { return };
        transport.poll_transmit(now, out);
        for (_, datagram) in out.datagrams().skip(before) {
            self.output.counters.datagrams_sent += 1;
            self.output.counters.bytes_sent += datagram.len() as u64;
        }
        self.close_sockets_if_done();
        self.settle();
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.output.events.pop_front()
    }

    /// The next thing for the driver to do. Every call on the session can bring one, `poll_transmit` too: the last
    /// datagrams of a session that was closed are followed by the closing of its sockets.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.gathering.poll_action()
    }

    /// Takes the answer to an action.
    pub fn handle_action_result(&mut self, now: Instant, result: ActionResult) {
        self.advance(now);
        let agent = self.transport.as_mut().map(|transport| &mut transport.agent);
        let counters = &mut self.output.counters;
        self.gathering.handle_result(now, result, agent, self.config.hosts, counters);
        self.settle();
    }

    /// Ends the session: the next [`poll_transmit`](Session::poll_transmit) tells the peer (SCTP ABORT, DTLS
    /// close_notify), then the sockets are closed. All channels close.
    pub fn close(&mut self, now: Instant) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        self.advance(now);
        if let Some(transport) = &mut self.transport {
            transport.close(now);
        }
        self.end_channels(ChannelError::SessionClosed);
        self.close_sockets_if_done();
        self.settle();
    }

    /// Closes the sockets once nothing will be sent any more.
    fn close_sockets_if_done(&mut self) {
        let is_told = self.transport.as_ref().is_none_or(Transport::is_closed);
        if self.closed && is_told && !self.gathering.is_closed() {
            self.gathering.close();
        }
    }

    /// Whether [`close`](Session::close) was called.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether the session was closed and nothing is left to send or to do: it can be dropped. Events may be left.
    pub fn is_drained(&self) -> bool {
        self.gathering.is_closed() && self.gathering.is_idle()
    }

    /// Plain counters.
    pub fn counters(&self) -> Counters {
        self.output.counters
    }

    /// What the session measures.
    pub fn stats(&self) -> SessionStats {
        let transport = self.transport.as_ref();
        SessionStats {
            counters: self.output.counters,
            dtls: transport.map_or(dtls::State::New, Transport::dtls_state),
            sctp: self.sctp_state,
            ice_rtt: transport.and_then(|transport| transport.agent.rtt()),
            sctp_rtt: self.association().and_then(|association| association.stats().rtt),
            channels: self.channels.len(),
        }
    }

    /// The ICE agent, read-only: states, candidates, pairs. `None` before the first plan.
    pub fn ice(&self) -> Option<&ice::Agent> {
        self.transport.as_ref().map(|transport| &transport.agent)
    }

    /// The DTLS endpoint, read-only: version, counters. `None` before it has begun.
    pub fn dtls(&self) -> Option<&dtls::Endpoint> {
        self.transport.as_ref().and_then(Transport::endpoint)
    }

    /// The SCTP association, read-only: counters. `None` before it has begun.
    pub fn association(&self) -> Option<&sctp::Association> {
        self.transport.as_ref().and_then(|transport| transport.association.as_ref())
    }

    /// The peer's certificate (DER), once DTLS has verified it.
    pub fn remote_certificate(&self) -> Option<&[u8]> {
        self.dtls().and_then(dtls::Endpoint::remote_certificate)
    }

    /// The session's clock, for whoever needs dates.
    pub fn clock(&self) -> WallClock {
        self.clock
    }

    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    /// The channels, and what they work with.
    fn split(&mut self) -> (&mut Table, Context<'_>) {
        let association = self.transport.as_mut().and_then(|transport| transport.association.as_mut());
        (&mut self.channels, Context { now: self.now, association, output: &mut self.output })
    }

    /// Carries what the layers have to say upwards, until none has. Ends, because every step takes an event or a
    /// record from a bounded queue, and no layer makes one of itself.
    fn settle(&mut self) {
        while let Some(transport) = &mut self.transport {
            transport.settle(self.now, &self.config, &mut self.output);
            match transport.poll_news() {
                Some(News::Started) => self.set_sctp_state(SctpState::Connecting),
                Some(News::Association(event)) => self.handle_association_event(event),
                Some(News::Ended(error)) => self.end_channels(error),
                None => return,
            }
        }
    }

    fn handle_association_event(&mut self, event: sctp::Event) {
        match event {
            sctp::Event::Connected { max_streams } => {
                self.set_sctp_state(SctpState::Connected);
                self.output.events.push_back(Event::SctpConnected { max_channels: max_streams });
            }
            sctp::Event::Closed(cause) => {
                self.end_channels(ChannelError::Association(cause));
                // The association stays for its counters; nobody reads the rest.
                if let Some(transport) = &mut self.transport {
                    transport.discard_unread();
                }
                return;
            }
            _ => {}
        }
        let (channels, mut cx) = self.split();
        channels.handle_association_event(event, &mut cx);
    }

    fn end_channels(&mut self, error: ChannelError) {
        if self.sctp_state.is_some() {
            self.set_sctp_state(SctpState::Closed);
        }
        let (channels, mut cx) = self.split();
        channels.end(error, &mut cx);
    }

    fn set_sctp_state(&mut self, state: SctpState) {
        if self.sctp_state != Some(state) {
            self.sctp_state = Some(state);
            self.output.events.push_back(Event::SctpState(state));
        }
    }
}
