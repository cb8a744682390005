//! One session: follows its connection's events, starts a task for each channel, and knows when it is over.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use visavis::{
    Error, RtcEventStream, RtcIceCandidateInit, RtcIceGatheringState, RtcPeerConnection,
    RtcPeerConnectionEvent, RtcPeerConnectionEvents, RtcPeerConnectionState, RtcSctpTransportEvent,
    RtcSctpTransportState,
};

use super::channel;
use crate::clock;

/// Most state changes that are remembered: the first ones, which tell how the connection came up.
const MAX_CHANGES: usize = 128;

/// A state change, for the page's timeline.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    /// When.
    pub(super) at: Instant,
    /// The W3C attribute that changed, or `channel` for the first data channel.
    pub(super) of: &'static str,
    /// Its new value.
    pub(super) state: &'static str,
}

/// The server's end of one connection.
pub(crate) struct Session {
    pub(super) pc: RtcPeerConnection,
    pub(super) started: Instant,
    changes: Mutex<Vec<Change>>,
    gathered: watch::Sender<bool>,
    ended: AtomicBool,
}

impl Session {
    /// A session around a connection that has done nothing yet.
    pub(super) fn new(pc: RtcPeerConnection) -> Arc<Self> {
        let started = clock::now();
        let session = Session {
            pc,
            started,
            changes: Mutex::default(),
            gathered: watch::Sender::new(false),
            ended: AtomicBool::new(false),
        };
        session.note("signalingState", session.pc.signaling_state().as_str());
        session.note("iceConnectionState", session.pc.ice_connection_state().as_str());
        session.note("connectionState", session.pc.connection_state().as_str());
        session.note("channel", "connecting");
        Arc::new(session)
    }

    /// Works until the session is over: the peer closed it or failed, [`close`](Session::close) was called, or it
    /// did not connect within `setup_timeout`.
    pub(super) async fn run(&self, setup_timeout: Duration) {
        let mut events = self.pc.events();
        let connected = tokio::time::timeout(setup_timeout, self.follow(&mut events, true)).await;
        if connected == Ok(true) {
            self.follow(&mut events, false).await;
        }
        self.ended.store(true, Ordering::SeqCst);
        self.close();
        // What is left in the queue goes with it.
        self.note("connectionState", "closed");
        self.note("channel", "closed");
    }

    /// Follows the events until the end (`false`), or until connected (`true`) if that `is_enough`.
    async fn follow(&self, events: &mut RtcPeerConnectionEvents, is_enough: bool) -> bool {
        // Once connected it is there, if the peer wants data at all.
        let mut sctp = self.pc.sctp().filter(|_| !is_enough).map(|sctp| sctp.events());
        loop {
            let event = tokio::select! {
                event = events.next() => match event {
                    Some(event) => event,
                    None => return false,
                },
                () = association_ended(&mut sctp) => return false,
            };
            match event {
                RtcPeerConnectionEvent::SignalingStateChange(state) => {
                    self.note("signalingState", state.as_str())
                }
                RtcPeerConnectionEvent::IceConnectionStateChange(state) => {
                    self.note("iceConnectionState", state.as_str());
                }
                RtcPeerConnectionEvent::IceGatheringStateChange(state) => {
                    self.gathered.send_replace(state == RtcIceGatheringState::Complete);
                }
                RtcPeerConnectionEvent::ConnectionStateChange(state) => {
                    self.note("connectionState", state.as_str());
                    match state {
                        RtcPeerConnectionState::Connected if is_enough => return true,
                        RtcPeerConnectionState::Failed | RtcPeerConnectionState::Closed => return false,
                        _ => {}
                    }
                }
                RtcPeerConnectionEvent::DataChannel(channel) => {
                    self.note("channel", "open");
                    tokio::spawn(channel::serve(channel, self.pc.clone()));
                }
                _ => {}
            }
        }
    }

    /// Takes the peer's candidates.
    ///
    /// # Errors
    /// What the connection says about the first one that it refuses.
    pub(crate) async fn add_candidates(&self, fragment: &sdp::Fragment) -> Result<(), Error> {
        let ufrag = |own: Option<&str>| own.or(fragment.ice_ufrag()).map(str::to_owned);
        for (mid, candidate) in fragment.all_candidates() {
            let section = fragment.media.iter().find(|section| mid.is_some() && section.mid() == mid);
            let init = RtcIceCandidateInit {
                candidate: candidate.to_string(),
                sdp_mid: mid.map(str::to_owned),
                // A fragment without m-sections is about the only transport that there is.
                sdp_m_line_index: mid.is_none().then_some(0),
                username_fragment: ufrag(section.and_then(|section| section.ice_ufrag())),
            };
            self.pc.add_ice_candidate(init).await?;
        }
        if fragment.end_of_candidates() || fragment.media.iter().any(|section| section.end_of_candidates()) {
            self.pc.add_ice_candidate(None).await?;
        }
        Ok(())
    }

    /// Waits until all candidates were gathered.
    pub(super) async fn gathered(&self) {
        let _ = self.gathered.subscribe().wait_for(|gathered| *gathered).await;
    }

    /// Whether the session is over.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// Closes the connection, which ends the session.
    pub(super) fn close(&self) {
        self.pc.close();
    }

    /// What changed so far.
    pub(super) fn changes(&self) -> Vec<Change> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, of: &'static str, state: &'static str) {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news =
            changes.iter().rev().find(|change| change.of == of).is_none_or(|last| last.state != state);
        if is_news && changes.len() < MAX_CHANGES {
            changes.push(Change { at: clock::now(), of, state });
        }
    }
}

/// Waits until the peer ends the association: it closed its connection.
async fn association_ended(events: &mut Option<RtcEventStream<RtcSctpTransportEvent>>) {
    while let Some(events) = events {
        match events.next().await {
            Some(RtcSctpTransportEvent::StateChange(RtcSctpTransportState::Closed)) => return,
            Some(_) => {}
            None => break,
        }
    }
    std::future::pending().await
}
