//! `RTCPeerConnection`: its slots, its attributes, and how it is driven.

mod calls;
mod candidates;
mod channels;
mod close;
mod descriptions;
mod dtmf;
mod gathering;
mod identity;
mod receivers;
mod senders;
mod settle;
mod tracks;
mod transceivers;
mod transport_views;
mod transports;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use base::{Path, Rng, SendBatch, WallClock};
use session::{Action, ActionResult, Session, SessionConfig, TransportId};

use crate::ice_server::ServerUrl;
use crate::jsep::Negotiation;
use crate::negotiation_needed::NegotiationNeeded;
use crate::operations::Operations;
use crate::stats;
use crate::task_counts::TaskCounts;
use crate::transceiver::Transceivers;
use crate::{
    Configuration, Counters, Error, Event, IceConnectionState, IceGatheringState, IceTransportPolicy,
    PeerConnectionState, SctpTransport, SessionDescription, Settings, SignalingState,
};

use channels::Channels;
pub use identity::{IdentityAssertion, IdentityProviderOptions};
use settle::Task;
pub use transport_views::{DtlsTransportView, IceCandidatePair, IceParameters, IceTransportView};
use transports::{Sctp, Transports};

/// The state machine behind an `RTCPeerConnection`.
///
/// ```
/// use std::sync::Arc;
/// use std::time::{Duration, Instant};
/// use peer::{Configuration, Event, OfferOptions, Outcome, PeerConnection};
///
/// fn offer(now: Instant, since_epoch: Duration, seed: [u8; 32]) -> Result<(), Box<dyn std::error::Error>> {
///     let day = Duration::from_secs(86_400);
///     let identity = Arc::new(dtls::Certificate::generate_ecdsa_p256(since_epoch, 30 * day)?);
///     let clock = base::WallClock::new(now, since_epoch);
///     let mut pc = PeerConnection::new(Configuration::default(), identity, now, clock, seed)?;
///     let promise = pc.create_offer(now, OfferOptions::default());
///     while pc.run_task(now) {}
///     match pc.poll_event() {
///         Some(Event::Settled(id, Ok(Outcome::Description(offer)))) if id == promise => {
///             assert!(offer.sdp.starts_with("v=0"));
///         }
///         other => panic!("{other:?}"),
///     }
///     Ok(())
/// }
/// # offer(Instant::now(), Duration::from_secs(1_800_000_000), [7; 32]).unwrap();
/// ```
pub struct PeerConnection {
    /// [[Configuration]]
    configuration: Configuration,
    /// The ICE servers of the configuration, validated.
    server_urls: Vec<ServerUrl>,
    /// The certificate that this connection presents.
    identity: Arc<dtls::Certificate>,
    /// [[IsClosed]]
    is_closed: bool,
    /// Whether an identity provider is set.
    has_identity_provider: bool,
    /// Whether `set_local_description` was ever called.
    local_description_set: bool,
    negotiation: Negotiation,
    operations: Operations,
    negotiation_needed: NegotiationNeeded,
    transports: Transports,
    /// [[SctpTransport]]
    sctp: Option<Sctp>,
    /// The transport of [[LastStableStateSctpTransport]], unless that is null.
    stable_sctp: Option<TransportId>,
    /// [[DataChannels]]
    channels: Channels,
    /// The set of transceivers.
    transceivers: Transceivers,
    session: Session,
    /// The next event of the session, taken only so that `has_task` can see it.
    ahead: Option<session::Event>,
    tasks: VecDeque<Task>,
    /// The most messages that the task being performed delivers.
    message_limit: usize,
    /// What settles without a task of its own: see `run_microtask`. At most one for each call.
    microtasks: VecDeque<Task>,
    events: VecDeque<Event>,
    counters: Counters,
    clock: WallClock,
    stats_ids: stats::Ids,
}

impl fmt::Debug for PeerConnection {
    /// The states; descriptions and keys are nothing for a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerConnection")
            .field("signaling", &self.negotiation.state)
            .field("transports", &self.transports)
            .field("sctp", &self.sctp)
            .field("tasks", &self.tasks.len())
            .finish_non_exhaustive()
    }
}

impl PeerConnection {
    /// The constructor ([webrtc-pc, section 4.4.1.1](https://www.w3.org/TR/webrtc/#dom-peerconnection)).
    /// `identity` is presented unless the configuration has certificates; `seed` gives all randomness.
    ///
    /// # Errors
    /// `InvalidAccessError`: a certificate has expired, or a TURN server lacks credentials. `SyntaxError`: a server's
    /// URL is none.
    pub fn new(
        configuration: Configuration,
        identity: Arc<dtls::Certificate>,
        now: Instant,
        clock: WallClock,
        seed: [u8; 32],
    ) -> Result<Self, Error> {
        Self::with_settings((configuration, Settings::default()), identity, now, clock, seed)
    }

    /// The same with what W3C leaves to the browser.
    ///
    /// # Errors
    /// As [`new`](PeerConnection::new), and `TypeError` for settings that cannot be.
    pub fn with_settings(
        made: (Configuration, Settings),
        identity: Arc<dtls::Certificate>,
        now: Instant,
        clock: WallClock,
        seed: [u8; 32],
    ) -> Result<Self, Error> {
        Self::make(made, identity, (now, clock), seed, false)
    }

    /// The same where other connections use the sockets as well that `Action::BindUdp` gives: TURN servers are asked from
    /// sockets that only this connection has (`Action::BindOwnUdp`).
    ///
    /// # Errors
    /// As [`with_settings`](PeerConnection::with_settings).
    pub fn over_shared_sockets(
        made: (Configuration, Settings),
        identity: Arc<dtls::Certificate>,
        now: Instant,
        clock: WallClock,
        seed: [u8; 32],
    ) -> Result<Self, Error> {
        Self::make(made, identity, (now, clock), seed, true)
    }

    fn make(
        (configuration, settings): (Configuration, Settings),
        identity: Arc<dtls::Certificate>,
        (now, clock): (Instant, WallClock),
        seed: [u8; 32],
        are_sockets_shared: bool,
    ) -> Result<Self, Error> {
        let mut rng = Rng::from_seed(seed);
        // Step 5.
        configuration.check_certificates(clock.at(now))?;
        let identity = configuration.certificates.first().cloned().unwrap_or(identity);
        // Step 8: set the configuration.
        let server_urls = configuration.server_urls()?;
        let mut config = SessionConfig::new(Arc::clone(&identity));
        let max_streams = sctp::Config::default().max_streams;
        let sctp_init = settings.sctp_init.then(|| {
            sctp::InitChunk::generate(config.receive_window, max_streams, &mut rng.clone().fork("sctp"))
        });
        let (is_ice_lite, renomination) = (settings.ice_lite, settings.renomination);
        settings.apply(&mut config)?;
        Arc::make_mut(&mut config.ice).own_relay_sockets = are_sockets_shared;
        config.hosts.include_loopback |= configuration.include_loopback;
        config.ice_servers = gathering::known_servers(&server_urls);
        let mut session_seed = [0; 32];
        rng.fork("session").fill(&mut session_seed);
        let mut negotiation = Negotiation::new(&identity, configuration.bundle_policy, rng.fork("jsep"));
        negotiation.sctp_init = sctp_init;
        negotiation.is_ice_lite = is_ice_lite;
        negotiation.renomination = renomination;
        negotiation.relay_only = configuration.ice_transport_policy == IceTransportPolicy::Relay;
        let mut connection = PeerConnection {
            configuration,
            server_urls,
            is_closed: false,
            has_identity_provider: false,
            local_description_set: false,
            negotiation,
            operations: Operations::default(),
            negotiation_needed: NegotiationNeeded::default(),
            transports: Transports::default(),
            sctp: None,
            stable_sctp: None,
            channels: Channels::default(),
            transceivers: Transceivers::new(rng.fork("rtp")),
            stats_ids: stats::Ids::new(rng.fork("stats")),
            session: Session::new(config, now, clock, session_seed),
            ahead: None,
            tasks: VecDeque::new(),
            message_limit: 0,
            microtasks: VecDeque::new(),
            events: VecDeque::new(),
            counters: Counters::default(),
            clock,
            identity,
        };
        connection.fill_pool(now);
        Ok(connection)
    }

    /// `getConfiguration()`
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// `setConfiguration()`
    /// ([webrtc-pc, set a configuration](https://www.w3.org/TR/webrtc/#set-the-configuration)). Servers and transport
    /// policy count from the next gathering on; once one has begun, the next offer restarts ICE for it.
    /// `include_loopback` cannot be changed.
    ///
    /// # Errors
    /// `InvalidStateError`: the connection is closed. `InvalidModificationError`: something that cannot be changed is
    /// different. `SyntaxError`, `InvalidAccessError`: as in [`new`](PeerConnection::new).
    pub fn set_configuration(&mut self, now: Instant, configuration: Configuration) -> Result<(), Error> {
        if self.is_closed {
            return Err(Error::closed());
        }
        configuration.check_modification(&self.configuration, self.local_description_set)?;
        if configuration.include_loopback != self.configuration.include_loopback {
            return Err(Error::invalid_modification("include_loopback cannot be changed"));
        }
        let server_urls = configuration.server_urls()?;
        let is_new = configuration.ice_servers != self.configuration.ice_servers
            || configuration.ice_transport_policy != self.configuration.ice_transport_policy;
        if is_new && self.transports.iter().any(|(_, slots)| slots.gathered_ufrag.is_some()) {
            // RFC 9429, section 4.1.18.
            self.negotiation.needs_ice_restart = true;
            self.negotiation.offer_is_stale = true;
        }
        if is_new {
            // Its last steps: pooled candidates are of the servers that there were.
            self.session.set_pool(now, &[], false);
        }
        self.session.set_ice_servers(gathering::known_servers(&server_urls));
        self.server_urls = server_urls;
        self.negotiation.relay_only = configuration.ice_transport_policy == IceTransportPolicy::Relay;
        self.configuration = configuration;
        self.fill_pool(now);
        Ok(())
    }

    /// `restartIce()`: the next offer has new ICE credentials.
    pub fn restart_ice(&mut self) {
        if self.is_closed {
            return;
        }
        let descriptions = self.negotiation.locals();
        let in_use = descriptions.flat_map(crate::jsep::Description::all_credentials);
        self.negotiation.to_replace = in_use.collect();
        self.negotiation.offer_is_stale = true;
        self.update_negotiation_needed();
    }

    /// `signalingState`
    pub fn signaling_state(&self) -> SignalingState {
        self.negotiation.state
    }

    /// `iceGatheringState`
    pub fn ice_gathering_state(&self) -> IceGatheringState {
        self.transports.ice_gathering_state
    }

    /// `iceConnectionState`
    pub fn ice_connection_state(&self) -> IceConnectionState {
        self.transports.ice_connection_state
    }

    /// `connectionState`
    pub fn connection_state(&self) -> PeerConnectionState {
        self.transports.connection_state
    }

    /// `localDescription`: the pending one if there is one, else the current one; with the candidates gathered so
    /// far.
    pub fn local_description(&self) -> Option<&SessionDescription> {
        self.negotiation.local().map(|description| &description.public)
    }

    /// `currentLocalDescription`
    pub fn current_local_description(&self) -> Option<&SessionDescription> {
        self.negotiation.current_local.as_ref().map(|description| &description.public)
    }

    /// `pendingLocalDescription`
    pub fn pending_local_description(&self) -> Option<&SessionDescription> {
        self.negotiation.pending_local.as_ref().map(|description| &description.public)
    }

    /// `remoteDescription`: the pending one if there is one, else the current one; with the candidates added so far.
    pub fn remote_description(&self) -> Option<&SessionDescription> {
        self.negotiation.remote().map(|description| &description.public)
    }

    /// `currentRemoteDescription`
    pub fn current_remote_description(&self) -> Option<&SessionDescription> {
        self.negotiation.current_remote.as_ref().map(|description| &description.public)
    }

    /// `pendingRemoteDescription`
    pub fn pending_remote_description(&self) -> Option<&SessionDescription> {
        self.negotiation.pending_remote.as_ref().map(|description| &description.public)
    }

    /// `canTrickleIceCandidates`: whether the remote peer takes candidates after its description; `None` before it is
    /// known.
    pub fn can_trickle_ice_candidates(&self) -> Option<bool> {
        let parsed = &self.negotiation.remote()?.parsed;
        let in_section = parsed.media.iter().any(|section| section.has_ice_option("trickle"));
        Some(parsed.has_ice_option("trickle") || in_section)
    }

    /// `sctp`: `None` until an offer or an answer with data was set.
    pub fn sctp(&self) -> Option<SctpTransport> {
        self.sctp.map(|sctp| sctp.attributes)
    }

    /// What this layer has counted.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// The packet engine, read-only.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Takes a datagram from a socket.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        self.session.handle_datagram(now, path, datagram);
        self.look_ahead();
    }

    /// Does what is due at `now`. Harmless when nothing is.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.session.handle_timeout(now);
        self.queue_tones(now);
        self.look_ahead();
    }

    /// When [`handle_timeout`](PeerConnection::handle_timeout) should be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.session.poll_timeout().into_iter().chain(self.next_tone()).min()
    }

    /// Writes what is ready to be sent. Call again while `out` came back full.
    pub fn poll_transmit(&mut self, now: Instant, out: &mut SendBatch) {
        self.session.poll_transmit(now, out);
        self.look_ahead();
    }

    /// The next thing for the driver to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.session.poll_action()
    }

    /// Takes the answer to an action.
    pub fn handle_action_result(&mut self, now: Instant, result: ActionResult) {
        self.session.handle_action_result(now, result);
        self.look_ahead();
    }

    /// Whether [`run_task`](PeerConnection::run_task) has something to do.
    pub fn has_task(&self) -> bool {
        !self.microtasks.is_empty() || !self.tasks.is_empty() || self.ahead.is_some()
    }

    /// How many tasks wait, for who wants to know when they were queued.
    pub fn task_counts(&self) -> TaskCounts {
        TaskCounts {
            microtasks: self.microtasks.len(),
            calls: self.tasks.len(),
            events: usize::from(self.ahead.is_some()) + self.session.event_count(),
        }
    }

    /// The next event or settled promise.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Whether the connection is closed and nothing is left to be sent: it can be dropped once its events are taken.
    pub fn is_finished(&self) -> bool {
        self.is_closed && self.session.is_drained() && self.microtasks.is_empty() && self.tasks.is_empty()
    }

    pub(crate) fn identity(&self) -> &dtls::Certificate {
        &self.identity
    }

    pub(crate) fn wall_clock(&self) -> WallClock {
        self.clock
    }

    /// The DTLS role that offer and answer have given us.
    pub(crate) fn negotiated_dtls_role(&self, id: TransportId) -> Option<dtls::Role> {
        Some(self.negotiation.plan.transports.get(&id)?.dtls.as_ref()?.role)
    }

    pub(crate) fn transports(&self) -> &Transports {
        &self.transports
    }

    pub(crate) fn transceiver_set(&self) -> &Transceivers {
        &self.transceivers
    }

    pub(crate) fn stats_ids(&self) -> &stats::Ids {
        &self.stats_ids
    }

    pub(crate) fn data_channels(&self) -> &Channels {
        &self.channels
    }
}
