//! The one place where layers meet.

use std::time::{Duration, Instant};

use base::{Path, SendBatch, WallClock};

use crate::action::{Action, ActionResult};
use crate::channel::{ChannelInfo, ChannelInit, ChannelKey, Payload, SendError};
use crate::config::{SessionConfig, StunServer};
use crate::counters::Counters;
use crate::event::{Event, SctpState};
use crate::plan::SessionPlan;

/// One connection's data engine.
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    clock: WallClock,
    seed: [u8; 32],
    counters: Counters,
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
    /// How many channels there are now.
    pub channels: usize,
}

impl Session {
    /// A session that does nothing until [`apply`](Session::apply). `seed` gives all of its randomness.
    pub fn new(config: SessionConfig, _now: Instant, clock: WallClock, seed: [u8; 32]) -> Self {
        Session { config, clock, seed, counters: Counters::default() }
    }

    /// Makes the session stand as `plan` says. What stands already stays.
    ///
    /// Other local credentials than before restart ICE; DTLS starts once `plan` has the peer's ICE credentials and
    /// its fingerprints, and ICE has a pair; SCTP once DTLS has verified the peer.
    pub fn apply(&mut self, _now: Instant, _plan: SessionPlan) {}

    /// Replaces the STUN servers, for the next [`gather`](Session::gather).
    pub fn set_ice_servers(&mut self, servers: Vec<StunServer>) {
        self.config.ice_servers = servers;
    }

    /// Starts to gather local candidates, for the local credentials that stand (or will, with the next plan).
    pub fn gather(&mut self, _now: Instant) {}

    /// Takes a candidate of the peer.
    pub fn add_remote_candidate(&mut self, _now: Instant, _candidate: ice::Candidate) {}

    /// No more candidates of the peer will come, for the remote credentials that stand.
    pub fn remote_end_of_candidates(&mut self, _now: Instant) {}

    /// Opens a data channel; [`Event::ChannelOpen`] or [`Event::ChannelClosed`] follows. May be called at any time:
    /// before there is an association, the channel waits for it.
    pub fn open_channel(&mut self, _init: ChannelInit) -> ChannelKey {
        ChannelKey(0)
    }

    /// A channel's properties, until it is closed.
    pub fn channel(&self, _key: ChannelKey) -> Option<ChannelInfo<'_>> {
        None
    }

    /// Whether a channel could be opened (negotiated) with this stream identifier now.
    pub fn is_channel_id_free(&self, _id: u16) -> bool {
        true
    }

    /// Queues a message.
    ///
    /// # Errors
    /// See [`SendError`]; nothing was queued then.
    pub fn send(&mut self, _now: Instant, _key: ChannelKey, _payload: Payload) -> Result<(), SendError> {
        Err(SendError::UnknownChannel)
    }

    /// Begins the closing procedure: what is buffered is sent, then the stream is reset (RFC 8831, section 6.7).
    pub fn close_channel(&mut self, _now: Instant, _key: ChannelKey) {}

    /// The bytes of messages that SCTP has not yet got rid of, without any overhead.
    pub fn buffered_amount(&self, _key: ChannelKey) -> usize {
        0
    }

    /// Sets the level for [`Event::BufferedAmountLow`]; 0 at first.
    pub fn set_buffered_amount_low_threshold(&mut self, _key: ChannelKey, _bytes: usize) {}

    /// Gives the reader of a channel `bytes` more room; see [`READ_ROOM`](crate::READ_ROOM).
    pub fn grant(&mut self, _now: Instant, _key: ChannelKey, _bytes: usize) {}

    /// Takes a datagram from a socket, and carries it all the way up.
    pub fn handle_datagram(&mut self, _now: Instant, _path: Path, _datagram: &[u8]) {
        self.counters.datagrams_received += 1;
    }

    /// Does what is due. Harmless when nothing is.
    pub fn handle_timeout(&mut self, _now: Instant) {}

    /// When [`handle_timeout`](Session::handle_timeout) should be called, or `None` if nothing is pending.
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// Writes what is ready to be sent: STUN, then DTLS flights, then SCTP. Call again while `out` came back full.
    pub fn poll_transmit(&mut self, _now: Instant, _out: &mut SendBatch) {}

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        None
    }

    /// The next thing for the driver to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        None
    }

    /// Takes the answer to an action.
    pub fn handle_action_result(&mut self, _now: Instant, _result: ActionResult) {}

    /// Ends the session: the next [`poll_transmit`](Session::poll_transmit) tells the peer (SCTP ABORT, DTLS
    /// close_notify), then the sockets are closed. All channels close.
    pub fn close(&mut self, _now: Instant) {}

    /// Whether [`close`](Session::close) was called.
    pub fn is_closed(&self) -> bool {
        false
    }

    /// Whether the session was closed and nothing is left to send or to do: it can be dropped.
    pub fn is_drained(&self) -> bool {
        false
    }

    /// Plain counters.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// What the session measures.
    pub fn stats(&self) -> SessionStats {
        SessionStats {
            counters: self.counters,
            dtls: dtls::State::New,
            sctp: None,
            ice_rtt: None,
            channels: 0,
        }
    }

    /// The ICE agent, read-only: states, candidates, pairs. `None` before the first plan.
    pub fn ice(&self) -> Option<&ice::Agent> {
        None
    }

    /// The peer's certificate (DER), once DTLS has verified it.
    pub fn remote_certificate(&self) -> Option<&[u8]> {
        None
    }

    /// The session's clock, for whoever needs dates.
    pub fn clock(&self) -> WallClock {
        self.clock
    }
}
