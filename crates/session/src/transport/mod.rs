//! One transport: an ICE agent, the DTLS endpoint on its pair, and the SCTP association inside.
//!
//! Whatever is bundled shares one. Nothing here knows of another transport, so several can stand side by side.

mod early;
mod farewell;
mod generations;
mod path_mtu;
mod security;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Path, Rng, SendBatch};
use dtls::Endpoint;
use ice::Agent;
use sctp::Association;

use self::early::Early;
use self::farewell::Farewell;
use self::generations::Generations;
use self::path_mtu::PathMtu;
use self::security::Security;
use crate::channel::ChannelError;
use crate::config::SessionConfig;
use crate::counters::Counters;
use crate::demux::{PacketClass, classify};
use crate::event::{Event, Output};
use crate::plan::{DtlsPlan, SctpPlan, TransportPlan};
use crate::transport_id::TransportId;

/// How long the association waits for a peer that owes it an answer. ICE failing is not its end, because an ICE
/// restart may bring the peer back; when that has not happened after this time, the channels are told.
const PEER_TIMEOUT: Duration = Duration::from_secs(180);
/// The room for a packet that is kept for the next one when a timer is due, be it ICE's: most packets have no more.
const MAX_SCRATCH: usize = 2048;

/// What the layer above must act on.
#[derive(Debug)]
pub(crate) enum News {
    /// There is an association now; it shakes hands.
    Started,
    Association(sctp::Event),
    /// DTLS is over, and the association with it.
    Ended(ChannelError),
}

/// What a transport has carried beside ICE's own datagrams, and how often its way changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransportStats {
    /// Datagrams sent.
    pub packets_sent: u64,
    /// Their bytes, without IP and UDP headers.
    pub bytes_sent: u64,
    /// Datagrams received on paths that ICE has authenticated.
    pub packets_received: u64,
    /// Their bytes, without IP and UDP headers.
    pub bytes_received: u64,
    /// How often a candidate pair was selected, or the last one was lost.
    pub selected_pair_changes: u32,
}

#[derive(Debug)]
pub(crate) struct Transport {
    id: TransportId,
    pub(crate) agent: Agent,
    generations: Generations,
    dtls_plan: Option<DtlsPlan>,
    /// The number of the last DTLS association that was planned.
    dtls_association: Option<u32>,
    sctp_plan: Option<SctpPlan>,
    security: Security,
    pub(crate) association: Option<Box<Association>>,
    /// The one before, while its ABORT waits to be sent. Few ever have one, hence boxed.
    former: Option<Box<Association>>,
    /// The DTLS association before this one, as long as it has something to say.
    farewell: Option<Box<Farewell>>,
    started: bool,
    ended: Option<ChannelError>,
    phase: Phase,
    traffic: TransportStats,
    /// Whether there was a selected pair when we last looked.
    has_selected: bool,
    rng: Rng,
    /// The SCTP packet that is being sealed.
    scratch: Vec<u8>,
    path_mtu: PathMtu,
    /// DTLS inside ICE's checks, if that is wanted.
    early: Early,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    /// The peer is being told.
    Closing,
    Closed,
}

impl Transport {
    pub(crate) fn new(
        id: TransportId,
        plan: &TransportPlan,
        ice: Arc<ice::AgentConfig>,
        mut rng: Rng,
    ) -> Self {
        let agent = Agent::new(ice, plan.ice.role, plan.ice.local.clone(), rng.fork("ice"));
        Transport {
            id,
            agent,
            generations: Generations::new(&plan.ice),
            dtls_plan: None,
            dtls_association: None,
            sctp_plan: None,
            security: Security::default(),
            association: None,
            former: None,
            farewell: None,
            started: false,
            ended: None,
            phase: Phase::Running,
            traffic: TransportStats::default(),
            has_selected: false,
            rng: rng.fork("transport"),
            scratch: Vec::new(),
            path_mtu: PathMtu::default(),
            early: Early::default(),
        }
    }

    /// The same transport, which has gathered ahead of its first plan.
    pub(crate) fn adopted(mut self: Box<Self>, plan: &TransportPlan) -> Box<Self> {
        if self.agent.is_relay_only() == plan.ice.relay_only {
            self.agent.adopt(plan.ice.local.clone());
        } else {
            // Nobody is told of them; `apply` finds other credentials, and restarts.
            while self.agent.poll_event().is_some() {}
        }
        self.agent.set_role(plan.ice.role);
        self.generations = Generations::new(&plan.ice);
        self
    }

    /// Makes the transport stand as `plan` says, with SCTP on it if there is `sctp`; whether ICE was restarted.
    pub(crate) fn apply(
        &mut self,
        now: Instant,
        plan: &TransportPlan,
        sctp: Option<SctpPlan>,
        output: &mut Output,
    ) -> bool {
        let is_another = self.is_another_association(plan);
        let path = self.agent.send_path();
        let restarted = self.generations.apply(now, &plan.ice, &mut self.agent);
        if is_another {
            self.begin_anew(now, path, output);
        }
        if let Some(dtls) = &plan.dtls {
            self.dtls_association = Some(dtls.association);
        }
        if self.dtls_plan != plan.dtls {
            self.dtls_plan.clone_from(&plan.dtls);
            match &self.dtls_plan {
                Some(plan) => {
                    if let Some(error) = self.security.handle_new_plan(plan, now) {
                        self.ended = Some(error);
                    }
                }
                None => self.security.forget_handshake(),
            }
        }
        if let (Some(association), Some(sctp)) = (&mut self.association, sctp) {
            association.set_max_send_message_size(send_limit(sctp));
        }
        self.sctp_plan = sctp;
        restarted
    }

    /// Whether `plan` has another DTLS association than the one before.
    pub(crate) fn is_another_association(&self, plan: &TransportPlan) -> bool {
        let planned = plan.dtls.as_ref().map(|dtls| dtls.association);
        self.dtls_association.zip(planned).is_some_and(|(before, planned)| before != planned)
    }

    /// Nothing of the DTLS association that stands is left but the word to its peer, over `path`, that it is over. What
    /// comes next is heard and said only where ICE has authenticated the peer's new credentials.
    fn begin_anew(&mut self, now: Instant, path: Option<Path>, output: &mut Output) {
        let had_begun = self.security.endpoint().is_some();
        let endpoint = std::mem::take(&mut self.security).into_endpoint();
        let former = self.former.take();
        self.farewell = endpoint
            .zip(path)
            .and_then(|(endpoint, path)| Farewell::new(endpoint, former, path))
            .map(Box::new);
        self.agent.leave_former_generations(now);
        self.ended = None;
        if had_begun {
            output.events.push_back(Event::DtlsState(self.id, dtls::State::New));
        }
    }

    /// SCTP goes elsewhere, or nowhere: the peer learns by an ABORT, and the association has nothing more to say.
    /// Whether there was one, even if it had ended.
    pub(crate) fn abandon_association(&mut self, now: Instant) -> bool {
        self.started = false;
        let Some(mut association) = self.association.take() else { return false };
        association.abort(now);
        self.former = Some(association);
        true
    }

    /// The gate. STUN authenticates itself; everything else must come on a path that ICE has authenticated, or it
    /// is not looked at (RFC 8445, section 12.1; attacks on DTLS servers by whoever is first with a ClientHello).
    pub(crate) fn handle_datagram(
        &mut self,
        now: Instant,
        path: Path,
        datagram: &[u8],
        counters: &mut Counters,
    ) {
        if self.phase != Phase::Running {
            counters.dropped_closed += 1;
            return;
        }
        // What a TURN server hands over came on another path than it seems.
        let (path, datagram) = self.agent.unwrap(path, datagram).unwrap_or((path, datagram));
        let class = classify(datagram);
        if class == PacketClass::Stun {
            counters.stun_received += 1;
            return self.agent.handle_datagram(now, path, datagram);
        }
        let is_validated = self.agent.is_validated(path);
        if is_validated {
            let bytes = datagram.len() as u64;
            self.traffic.packets_received += 1;
            self.traffic.bytes_received += bytes;
            self.agent.data_received(now, path, bytes);
        }
        match class {
            PacketClass::Dtls if is_validated => self.security.handle_datagram(now, datagram, counters),
            PacketClass::Dtls => counters.dropped_unvalidated += 1,
            _ => counters.dropped_unknown += 1,
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self.phase != Phase::Running {
            return;
        }
        if self.scratch.capacity() > MAX_SCRATCH {
            self.scratch = Vec::new();
        }
        self.agent.handle_timeout(now);
        if let Some(endpoint) = self.security.endpoint_mut() {
            endpoint.handle_timeout(now);
        }
        if let Some(association) = &mut self.association {
            association.handle_timeout(now);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        if self.phase != Phase::Running {
            return None;
        }
        let endpoint = self.security.endpoint().and_then(Endpoint::poll_timeout);
        let association = self.association.as_deref().and_then(Association::poll_timeout);
        [self.agent.poll_timeout(), endpoint, association].into_iter().flatten().min()
    }

    /// Carries what the layers have to say to the next one up.
    pub(crate) fn settle(&mut self, now: Instant, config: &SessionConfig, output: &mut Output) {
        while let Some(event) = self.agent.poll_event() {
            if matches!(event, ice::Event::SelectedPair { .. }) {
                self.traffic.selected_pair_changes += 1;
                self.has_selected = true;
                self.association.iter_mut().for_each(|association| association.path_changed(now));
            }
            output.events.push_back(Event::Ice(self.id, event));
        }
        if self.has_selected && self.agent.selected_pair().is_none() {
            self.traffic.selected_pair_changes += 1;
            self.has_selected = false;
        }
        if self.phase != Phase::Running {
            return;
        }
        self.take_embedded(now, &mut output.counters);
        if let Some(plan) = &self.dtls_plan
            && (self.security.is_due(self.agent.send_path()) || self.may_begin_early())
        {
            let endpoint_config = security::endpoint_config(config, plan, &self.agent);
            let endpoint = Endpoint::new(endpoint_config, now, self.rng.fork("dtls"));
            self.security.start(now, endpoint, &mut output.counters);
            output.events.push_back(Event::DtlsState(self.id, dtls::State::Connecting));
        }
        let mut events = VecDeque::new();
        if let Some(endpoint) = self.security.endpoint_mut() {
            events.extend(std::iter::from_fn(|| endpoint.poll_event()));
        }
        for event in events {
            self.handle_dtls_event(now, event, config, output);
        }
        self.read_records(now, &mut output.counters);
        // DTLS may have been connected before both descriptions had a data m-section.
        self.start_association(now, config);
    }

    fn handle_dtls_event(
        &mut self,
        now: Instant,
        event: dtls::Event,
        config: &SessionConfig,
        output: &mut Output,
    ) {
        match event {
            dtls::Event::Connected => {
                self.finish_embedding();
                output.events.push_back(Event::DtlsState(self.id, dtls::State::Connected));
                self.start_association(now, config);
            }
            dtls::Event::Failed(cause) => {
                self.read_records(now, &mut output.counters);
                output.events.push_back(Event::DtlsFailed(self.id, cause));
                output.events.push_back(Event::DtlsState(self.id, dtls::State::Failed));
                self.ended = Some(ChannelError::DtlsFailed(cause));
            }
            // Closed; and whatever new kind of end there may be.
            _ => {
                self.read_records(now, &mut output.counters);
                output.events.push_back(Event::DtlsState(self.id, dtls::State::Closed));
                // Where we closed it, the reason is known already.
                self.ended.get_or_insert(ChannelError::DtlsClosed);
            }
        }
    }

    /// Hands opened records to SCTP.
    fn read_records(&mut self, now: Instant, counters: &mut Counters) {
        let Some(endpoint) = self.security.endpoint_mut() else { return };
        while let Some(packet) = endpoint.read() {
            match &mut self.association {
                Some(association) => association.handle_packet(now, packet),
                None => counters.dropped_early_sctp += 1,
            }
        }
    }

    fn start_association(&mut self, now: Instant, config: &SessionConfig) {
        let connected =
            self.security.endpoint().is_some_and(|endpoint| endpoint.state() == dtls::State::Connected);
        let (true, None, None, Some(plan)) = (connected, &self.association, self.ended, self.sctp_plan)
        else {
            return;
        };
        let sctp_config = sctp::Config {
            local_port: plan.local_port,
            remote_port: plan.remote_port,
            max_message_size: config.max_message_size,
            max_send_message_size: send_limit(plan),
            receive_window: config.receive_window,
            path_rtt: self.agent.rtt(),
            local_init: plan.local_init,
            remote_init: plan.remote_init,
            peer_timeout: Some(PEER_TIMEOUT),
            ..sctp::Config::default()
        };
        self.association = Some(Box::new(Association::new(sctp_config, now, self.rng.fork("sctp"))));
        self.path_mtu = PathMtu::new(config);
        self.started = true;
    }

    /// What happened above DTLS, in order.
    pub(crate) fn poll_news(&mut self) -> Option<News> {
        if std::mem::take(&mut self.started) {
            return Some(News::Started);
        }
        if let Some(event) = self.association.as_deref_mut().and_then(Association::poll_event) {
            return Some(News::Association(event));
        }
        self.ended.take().map(|error| {
            self.security.end();
            self.association = None;
            News::Ended(error)
        })
    }

    /// STUN, then DTLS's own, then SCTP.
    pub(crate) fn poll_transmit(&mut self, now: Instant, out: &mut SendBatch) {
        if self.phase == Phase::Closed {
            return;
        }
        self.embed_flight(now);
        self.agent.poll_transmit(now, out);
        if self.farewell.as_mut().is_some_and(|farewell| farewell.poll_transmit(now, out)) {
            self.farewell = None;
        }
        if let Some(path) = self.agent.send_path() {
            let (packets, bytes) = (out.len(), out.bytes());
            let tunnel = self.agent.tunnel(now, path);
            self.follow_path(path, tunnel.is_some());
            out.set_tunnel(tunnel);
            self.transmit_over(now, path, out);
            out.set_tunnel(None);
            let (packets, bytes) = ((out.len() - packets) as u64, (out.bytes() - bytes) as u64);
            if packets > 0 {
                self.traffic.packets_sent += packets;
                self.traffic.bytes_sent += bytes;
                self.agent.data_sent(now, path, packets, bytes);
            }
        }
        if self.phase == Phase::Closing && !out.is_full() {
            self.phase = Phase::Closed;
            self.agent.release_allocations(out);
            self.agent.close();
        }
    }

    fn transmit_over(&mut self, now: Instant, path: Path, out: &mut SendBatch) {
        self.early.send(path, out);
        let Some(endpoint) = self.security.endpoint_mut() else { return };
        if !out.is_full() {
            endpoint.poll_transmit(now, path, out);
        }
        for association in self.former.iter_mut().chain(&mut self.association) {
            while !out.is_full() && endpoint.state() == dtls::State::Connected {
                self.scratch.clear();
                if !association.poll_packet(now, &mut self.scratch) {
                    break;
                }
                // Only the system knows at once that a probe is too long. What is sent with it would go down with it.
                let is_probe = self.scratch.len() > association.packet_size();
                if is_probe {
                    out.part();
                }
                // A packet that DTLS does not take is a packet lost: SCTP recovers.
                let _ = endpoint.seal(now, &self.scratch, path, out);
                if is_probe {
                    out.part();
                }
            }
        }
        if !out.is_full() {
            self.former = None;
        }
        if self.phase == Phase::Closing && !out.is_full() {
            endpoint.close(now);
            endpoint.poll_transmit(now, path, out);
        }
    }

    /// Begins to end: the next [`poll_transmit`](Transport::poll_transmit) tells the peer. Where there is no peer to
    /// be told, or no way to, this is the end.
    pub(crate) fn close(&mut self, now: Instant) {
        if self.phase == Phase::Running
            && (self.security.endpoint().is_none() || self.agent.send_path().is_none())
            && !self.agent.has_allocations()
        {
            self.phase = Phase::Closed;
            self.agent.close();
        } else if self.phase == Phase::Running {
            self.phase = Phase::Closing;
            // webrtc-pc, "close the connection", step 10: an SCTP ABORT, not a graceful shutdown.
            if let Some(association) = &mut self.association {
                association.abort(now);
            }
        }
    }

    /// The transport is not in the plan any more. It says that it is closed, and nothing after that; its peer is told
    /// as by [`close`](Transport::close).
    pub(crate) fn leave(&mut self, now: Instant, output: &mut Output) {
        if matches!(self.dtls_state(), dtls::State::Connecting | dtls::State::Connected) {
            output.events.push_back(Event::DtlsState(self.id, dtls::State::Closed));
        }
        if self.agent.state() != ice::TransportState::Closed {
            let closed = ice::Event::TransportState(ice::TransportState::Closed);
            output.events.push_back(Event::Ice(self.id, closed));
        }
        self.close(now);
    }

    /// Forgets what nobody will read any more of an association that has ended.
    pub(crate) fn discard_unread(&mut self) {
        if let Some(association) = &mut self.association {
            association.discard_unread();
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    pub(crate) fn stats(&self) -> TransportStats {
        self.traffic
    }

    /// Whether DTLS has ended, after which nothing can be carried any more.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.dtls_state(), dtls::State::Closed | dtls::State::Failed)
    }

    pub(crate) fn dtls_state(&self) -> dtls::State {
        self.security.endpoint().map_or(dtls::State::New, Endpoint::state)
    }

    pub(crate) fn endpoint(&self) -> Option<&Endpoint> {
        self.security.endpoint()
    }
}

/// The peer's `a=max-message-size` for SCTP, which has no way to say "any".
fn send_limit(plan: SctpPlan) -> u32 {
    match plan.remote_max_message_size {
        0 => u32::MAX,
        bytes => u32::try_from(bytes).unwrap_or(u32::MAX),
    }
}
