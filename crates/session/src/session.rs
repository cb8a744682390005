//! The one place where layers meet.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base::{Path, Rng, SendBatch, SocketId, WallClock};

use crate::action::{Action, ActionResult};
use crate::channel::{
    ChannelError, ChannelInfo, ChannelInit, ChannelKey, Context, Limits, Payload, SendError, Table,
};
use crate::config::{IceServer, SessionConfig};
use crate::counters::Counters;
use crate::event::{Event, Output, SctpState};
use crate::gathering::Gathering;
use crate::plan::{SessionPlan, TransportPlan};
use crate::remote_names::RemoteNames;
use crate::transport::{News, Transport, TransportStats};
use crate::transport_id::TransportId;
use crate::transports::Transports;

/// One connection's data engine: see the [crate's page](crate).
///
/// ```
/// # use std::{sync::Arc, time::{Duration, Instant}};
/// # use session::{IcePlan, Session, SessionConfig, SessionPlan, TransportId, TransportPlan};
/// # fn example(now: Instant, clock: base::WallClock, certificate: Arc<dtls::Certificate>) {
/// let mut session = Session::new(SessionConfig::new(certificate), now, clock, [7; 32]);
/// let local = ice::Credentials::generate(&mut base::Rng::from_seed([8; 32]));
/// let role = ice::Role::Controlling;
/// let ice = IcePlan { role, local, relay_only: false, remote: None, renomination: false };
/// let id = TransportId(0);
/// let transports = [(id, Box::new(TransportPlan { ice, dtls: None }))].into();
/// session.apply(now, SessionPlan { transports, sctp: None });
/// session.gather(now, id);
/// assert_eq!(session.poll_action(), Some(session::Action::ListInterfaces));
/// # }
/// ```
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    clock: WallClock,
    /// The latest time that an input brought, for the one input that brings none.
    now: Instant,
    gathering: Gathering,
    remote_names: RemoteNames,
    transports: Transports,
    /// The transport that the plan has SCTP on.
    data: Option<TransportId>,
    channels: Table,
    sctp_state: Option<SctpState>,
    output: Output,
    closed: bool,
}

/// What a session measures, for statistics.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SessionStats {
    /// Plain counters.
    pub counters: Counters,
    /// The state of SCTP; `None` before there is an association.
    pub sctp: Option<SctpState>,
    /// The round-trip time that SCTP measured.
    pub sctp_rtt: Option<Duration>,
    /// How many channels there are now.
    pub channels: usize,
}

impl Session {
    /// A session that does nothing until [`apply`](Session::apply). `seed` gives all of its randomness.
    pub fn new(config: SessionConfig, now: Instant, clock: WallClock, seed: [u8; 32]) -> Self {
        let limits = Limits { channels: usize::from(config.max_channels), buffered: config.max_buffered };
        let rng = Rng::from_seed(seed);
        Session {
            config,
            clock,
            now,
            gathering: Gathering::new(rng.clone().fork("gathering")),
            remote_names: RemoteNames::default(),
            transports: Transports::new(rng),
            data: None,
            channels: Table::new(limits),
            sctp_state: None,
            output: Output::default(),
            closed: false,
        }
    }

    /// Makes the session stand as `plan` says. What stands already stays.
    ///
    /// A transport that is new begins with nothing; one that `plan` does not have any more is closed: its events end
    /// with its state "closed", its peer gets a close_notify if DTLS was connected, and its sockets are closed after
    /// that. Other local credentials than before restart ICE; DTLS starts once `plan` has the peer's ICE credentials
    /// and its fingerprints, and ICE has a pair; SCTP once DTLS has verified the peer.
    ///
    /// Data channels live on the transport that `plan.sctp` names, and get their identifiers as soon as the plan has
    /// our DTLS role there. Where another transport is named before the association has begun, they wait for that
    /// one. Where it had begun, it is aborted and its channels close, as with a plan that names none (RFC 8841,
    /// section 10.4: an association does not move); channels that are opened from then on wait for the next one. The
    /// same where `plan` has another DTLS association on that transport.
    pub fn apply(&mut self, now: Instant, plan: SessionPlan) {
        if self.closed {
            return;
        }
        self.advance(now);
        let data = plan.sctp.map(|(id, _)| id).filter(|id| plan.transports.contains_key(id));
        let is_moved = data != self.data;
        let is_another = |id: &TransportId, transport: &TransportPlan| {
            data == Some(*id)
                && self.transports.get(*id).is_some_and(|standing| standing.is_another_association(transport))
        };
        if is_moved || plan.transports.iter().any(|(id, transport)| is_another(id, transport)) {
            self.move_data(data);
        }
        let restarted = self.transports.apply(now, &plan, &self.config, &mut self.output);
        restarted.into_iter().for_each(|id| self.gathering.restart(id));
        self.forget_left();
        if let Some((_, sctp)) = plan.sctp {
            self.channels.set_remote_max_message_size(sctp.remote_max_message_size);
        }
        let dtls = data.and_then(|id| plan.transports.get(&id)).and_then(|transport| transport.dtls.as_ref());
        if let Some(dtls) = dtls {
            let (channels, mut cx) = self.split();
            channels.set_role(dtls.role, &mut cx);
        }
        let is_over = |id| self.transports.get(id).is_some_and(Transport::is_over);
        if is_moved && data.is_some_and(is_over) {
            self.end_channels(ChannelError::DtlsClosed);
        }
        self.settle();
    }

    /// SCTP stands on another transport from now on, or on none, or on another DTLS association.
    fn move_data(&mut self, data: Option<TransportId>) {
        let now = self.now;
        let before = self.data.and_then(|id| self.transports.get_mut(id));
        let had_begun = before.is_some_and(|transport| transport.abandon_association(now));
        if had_begun {
            self.end_channels(ChannelError::Association(sctp::CloseCause::Local));
        }
        self.data = data;
        self.channels.renew();
    }

    /// Closes the sockets of transports that have left the plan and have told their peers.
    fn forget_left(&mut self) {
        self.transports.take_left().into_iter().for_each(|id| self.gathering.remove(id));
    }

    /// Replaces the STUN and TURN servers, for the next [`gather`](Session::gather).
    pub fn set_ice_servers(&mut self, servers: Vec<IceServer>) {
        self.config.ice_servers = servers;
    }

    /// Starts to gather local candidates of a transport of the plan, for the local credentials that stand. Once for
    /// each generation: after an ICE restart, call it again.
    ///
    /// A transport has a socket for each of at most 16 addresses, the session at most 256 sockets: transports that
    /// gather at the same time share what is left, and one that gets none has no candidates. Each agent paces itself.
    pub fn gather(&mut self, now: Instant, id: TransportId) {
        self.advance(now);
        if let Some(transport) = self.transports.get_mut(id) {
            self.gathering.start(now, id, &mut transport.agent, self.config.servers_to_ask());
        }
        self.settle();
    }

    /// Gathers for transports that no plan has yet, so that the first plan that has them finds their candidates ready
    /// ([RFC 9429, section 3.5.4](https://www.rfc-editor.org/rfc/rfc9429#section-3.5.4)): `ids`, at most 16 of them, is all
    /// that is in this pool from now on. Until a plan has such a transport, nothing is told about it.
    pub fn set_pool(&mut self, now: Instant, ids: &[TransportId], relay_only: bool) {
        self.advance(now);
        if self.closed {
            return;
        }
        for id in self.transports.retain_pooled(|id| ids.contains(&id)) {
            self.gathering.remove(id);
        }
        for id in ids {
            if let Some(agent) = self.transports.pool(*id, relay_only, &self.config) {
                self.gathering.start(now, *id, agent, self.config.servers_to_ask());
            }
        }
        self.settle();
    }

    /// Takes a candidate of the peer for a transport of the plan. One that has a name and no address (an unspecified
    /// one) waits until the name is resolved.
    pub fn add_remote_candidate(&mut self, now: Instant, id: TransportId, candidate: ice::Candidate) {
        self.advance(now);
        let name = candidate.name.clone().filter(|_| candidate.address.ip().is_unspecified());
        match self.transports.get_mut(id) {
            // webrtc-pc, "administratively prohibited": with "relay", nothing that asks the network for an address.
            Some(transport) if name.is_some() && transport.agent.is_relay_only() => {
                self.output.counters.candidate_names_prohibited += 1;
            }
            Some(_) if let Some(name) = name => {
                let gathering = &mut self.gathering;
                if !self.remote_names.wait(id, name, candidate, |name| gathering.resolve_name(name)) {
                    self.output.counters.candidate_names_over_limit += 1;
                }
            }
            Some(transport) => transport.agent.add_remote_candidate(now, candidate),
            None => self.output.counters.candidates_without_transport += 1,
        }
        self.settle();
    }

    /// No more candidates of the peer will come for a transport, for the remote credentials that stand.
    pub fn remote_end_of_candidates(&mut self, now: Instant, id: TransportId) {
        self.advance(now);
        if let Some(transport) = self.transports.get_mut(id) {
            transport.agent.remote_end_of_candidates(now);
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

    /// The buffered amount, as an answer to [`Event::Drained`]: when it falls again, that is said again.
    pub fn take_drained(&mut self, key: ChannelKey) -> usize {
        self.channels.take_drained(key)
    }

    /// Gives the reader of a channel back `bytes` of room, of the [costs](Payload::cost) of what was taken; see
    /// [`READ_ROOM`](crate::READ_ROOM).
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
        match self.gathering.owner(path.socket) {
            Some(id) => {
                self.transports.handle_datagram(now, id, (path, datagram), counters);
                self.settle_one(id);
                if self.transports.get(id).is_none() {
                    self.settle();
                }
            }
            None if self.closed => counters.dropped_closed += 1,
            None => counters.dropped_unknown_socket += 1,
        }
    }

    /// What a driver needs that gives one socket to many sessions: to which username fragments checks on which of this
    /// session's sockets may be addressed. In a fixed order, and the same as before where nothing has changed.
    pub fn claims(&self) -> impl Iterator<Item = (SocketId, &str)> {
        self.gathering.bound().flat_map(|(socket, id)| {
            let agent = self.transports.get(id).map(|transport| &transport.agent);
            agent.into_iter().flat_map(move |agent| agent.answers_to().map(move |ufrag| (socket, ufrag)))
        })
    }

    /// Whether an authenticated check came from, or succeeded on, exactly this path.
    pub fn is_validated(&self, path: Path) -> bool {
        self.agent_at(path).is_some_and(|agent| agent.is_validated(path))
    }

    /// Whether data goes over exactly this path, and the peer has lately agreed to it.
    pub fn is_in_use(&self, path: Path) -> bool {
        self.agent_at(path).is_some_and(|agent| agent.is_in_use(path))
    }

    fn agent_at(&self, path: Path) -> Option<&ice::Agent> {
        let id = self.gathering.owner(path.socket)?;
        self.transports.get(id).map(|transport| &transport.agent)
    }

    /// Does what is due. Harmless when nothing is.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
        self.transports.handle_timeout(now);
        if self.gathering.poll_timeout(&self.transports).is_some_and(|deadline| now >= deadline) {
            self.gathering.handle_timeout(now, &mut self.transports);
        }
        self.settle();
    }

    /// When [`handle_timeout`](Session::handle_timeout) should be called, or `None` if nothing is pending.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let gathering = self.gathering.poll_timeout(&self.transports);
        self.transports.poll_timeout().into_iter().chain(gathering).min()
    }

    /// Writes what is ready to be sent, of each transport STUN, then DTLS flights, then SCTP. Call again while `out` came back full.
    pub fn poll_transmit(&mut self, now: Instant, out: &mut SendBatch) {
        self.advance(now);
        let (datagrams, bytes) = (out.len(), out.bytes());
        self.transports.poll_transmit(now, self.data, out);
        self.output.counters.datagrams_sent += (out.len() - datagrams) as u64;
        self.output.counters.bytes_sent += (out.bytes() - bytes) as u64;
        self.forget_left();
        self.close_sockets_if_done();
        self.settle();
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.output.next_event()
    }

    /// How many events wait.
    pub fn event_count(&self) -> usize {
        self.output.events.len()
    }

    /// The next thing for the driver to do. Every call on the session can bring one, `poll_transmit` too: the last
    /// datagrams of a session that was closed are followed by the closing of its sockets.
    pub fn poll_action(&mut self) -> Option<Action> {
        let transports = &mut self.transports;
        let streams =
            || Gathering::poll_disconnect(transports).or_else(|| Gathering::poll_connect(transports));
        self.gathering.poll_action().or_else(streams)
    }

    /// Takes the answer to an action.
    pub fn handle_action_result(&mut self, now: Instant, result: ActionResult) {
        self.advance(now);
        match result {
            ActionResult::Resolved { id, addresses } if self.remote_names.has(id) => {
                self.name_resolved(now, id, &addresses);
            }
            result => {
                let (transports, counters) = (&mut self.transports, &mut self.output.counters);
                self.gathering.handle_result(now, result, transports, &self.config.hosts, counters);
            }
        }
        self.settle();
    }

    /// The candidates that waited for a name go to their agents, which may have moved on to another generation.
    fn name_resolved(&mut self, now: Instant, question: u32, addresses: &[SocketAddr]) {
        let (candidates, unresolved) = self.remote_names.resolved(question, addresses);
        self.output.counters.candidate_names_unresolved += unresolved as u64;
        for (id, candidate) in candidates {
            if let Some(transport) = self.transports.get_mut(id) {
                transport.agent.add_remote_candidate(now, candidate);
            }
        }
    }

    /// Ends the session: the next [`poll_transmit`](Session::poll_transmit) tells the peer (SCTP ABORT, DTLS
    /// close_notify), then the sockets are closed. All channels close.
    pub fn close(&mut self, now: Instant) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        self.advance(now);
        self.remote_names.clear();
        self.transports.close(now);
        self.forget_left();
        self.end_channels(ChannelError::SessionClosed);
        self.close_sockets_if_done();
        self.settle();
    }

    /// Closes the sockets once nothing will be sent any more.
    fn close_sockets_if_done(&mut self) {
        if self.closed && self.transports.are_closed() && !self.gathering.is_closed() {
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
        SessionStats {
            counters: self.output.counters,
            sctp: self.sctp_state,
            sctp_rtt: self.association().and_then(|association| association.stats().rtt),
            channels: self.channels.len(),
        }
    }

    /// The transports of the plan, in the order of their ids.
    pub fn transports(&self) -> impl Iterator<Item = TransportId> + '_ {
        self.transports.ids()
    }

    /// What a transport of the plan has carried.
    pub fn transport_stats(&self, id: TransportId) -> Option<TransportStats> {
        self.transports.get(id).map(Transport::stats)
    }

    /// The ICE agent of a transport of the plan, read-only: role, credentials, states, candidates, pairs.
    pub fn ice(&self, id: TransportId) -> Option<&ice::Agent> {
        self.transports.get(id).map(|transport| &transport.agent)
    }

    /// The DTLS endpoint of a transport, read-only: state, version, counters. `None` before it has begun.
    pub fn dtls(&self, id: TransportId) -> Option<&dtls::Endpoint> {
        self.transports.get(id).and_then(Transport::endpoint)
    }

    /// The peer's certificate (DER) on a transport, once DTLS has verified it. The peer's chain is this one
    /// certificate: WebRTC's are self-signed, and what else a peer sends proves nothing.
    pub fn remote_certificate(&self, id: TransportId) -> Option<&[u8]> {
        self.dtls(id).and_then(dtls::Endpoint::remote_certificate)
    }

    /// The transport that the data channels are on, if the plan has SCTP.
    pub fn data_transport(&self) -> Option<TransportId> {
        self.data
    }

    /// The SCTP association, read-only: counters. `None` before it has begun.
    pub fn association(&self) -> Option<&sctp::Association> {
        self.transports.get(self.data?).and_then(|transport| transport.association.as_deref())
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
        let transport = self.data.and_then(|id| self.transports.get_mut(id));
        let association = transport.and_then(|transport| transport.association.as_deref_mut());
        (&mut self.channels, Context { now: self.now, association, output: &mut self.output })
    }

    /// Carries what the layers have to say upwards, until none has.
    fn settle(&mut self) {
        let mut next = self.transports.after(None);
        while let Some(id) = next {
            self.settle_one(id);
            next = self.transports.after(Some(id));
        }
        for (id, agent) in self.transports.pooled_mut() {
            while let Some(request) = agent.poll_stream() {
                self.gathering.handle_stream_request(id, request);
            }
        }
    }

    /// The same for one transport. Ends, because every step takes an event or a record from a bounded queue, and no
    /// layer makes one of itself.
    fn settle_one(&mut self, id: TransportId) {
        while let Some(transport) = self.transports.get_mut(id) {
            transport.settle(self.now, &self.config, &mut self.output);
            while let Some(request) = transport.agent.poll_stream() {
                self.gathering.handle_stream_request(id, request);
            }
            match transport.poll_news() {
                Some(News::Started) => self.set_sctp_state(SctpState::Connecting),
                Some(News::Association(event)) => self.handle_association_event(event),
                // Where there is no association, there are no channels.
                Some(News::Ended(_)) if self.data != Some(id) => {}
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
                if let Some(transport) = self.data.and_then(|id| self.transports.get_mut(id)) {
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
