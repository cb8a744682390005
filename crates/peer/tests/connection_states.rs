//! When `iceConnectionState` and `connectionState` change, and when they do not: webrtc-pc, 5.6.4 (RTCIceTransportState) and
//! 4.3.3 to 4.3.4, with the times of RFC 7675 (consent) and RFC 8863 (patience). How the connection's states follow from
//! those of its transports is held to row by row in `src/peer_connection/transports/tests.rs`.

mod stage;

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use peer::{DataChannelInit, DtlsTransportState, IceConnectionState, PeerConnectionState, TransportId};
use sim::LinkConfig;
use stage::network::Call;
use stage::{A, B};

/// How finely time is looked at.
const TICK: Duration = Duration::from_millis(100);
/// After one lost check, and at the latest after two that are sent 6 s apart and one of which was due.
const DISCONNECTED: RangeInclusive<u64> = 5..=13;
/// Consent lasts 30 s from its last answer, which is 6 s old at most.
const FAILED: RangeInclusive<u64> = 24..=30;

/// A call, and how A's states have changed, in seconds since the last [`Timeline::mark`].
struct Timeline {
    call: Call,
    marked: Instant,
    ice: Vec<(u64, IceConnectionState)>,
    connection: Vec<(u64, PeerConnectionState)>,
}

impl Timeline {
    fn new() -> Timeline {
        let mut call = Call::new();
        let channel = call.with(A, |pc, now| pc.create_data_channel(now, "", DataChannelInit::default()));
        channel.expect("a channel");
        let marked = call.network.now();
        Timeline { call, marked, ice: Vec::new(), connection: Vec::new() }
    }

    fn connected() -> Timeline {
        let mut timeline = Timeline::new();
        timeline.call.negotiate(A, B).expect("offer and answer");
        timeline.run(20);
        timeline.mark();
        timeline
    }

    /// Forgets what was, and counts time from now on.
    fn mark(&mut self) {
        self.ice.clear();
        self.connection.clear();
        self.marked = self.call.network.now();
    }

    fn run(&mut self, seconds: u64) {
        let end = self.call.network.now() + Duration::from_secs(seconds);
        while self.call.network.now() < end {
            if [A, B].iter().any(|index| !self.call.peer(*index).outbox.is_empty()) {
                self.call.run_until(TICK, |_| false);
            } else {
                self.call.network.run_for(TICK);
            }
            let at = (self.call.network.now() - self.marked).as_secs();
            let pc = &self.call.peer(A).pc;
            let (ice, connection) = (pc.ice_connection_state(), pc.connection_state());
            if self.last_ice() != Some(ice) {
                self.ice.push((at, ice));
            }
            if self.connection.last().map(|(_, state)| *state) != Some(connection) {
                self.connection.push((at, connection));
            }
        }
    }

    fn last_ice(&self) -> Option<IceConnectionState> {
        self.ice.last().map(|(_, state)| *state)
    }

    fn cut(&mut self) {
        let [a, b] = self.call.ids;
        self.call.network.unlink(a, b);
    }

    fn mend(&mut self) {
        let [a, b] = self.call.ids;
        let delay = Duration::from_millis(10);
        self.call.network.link(a, b, LinkConfig { delay, ..LinkConfig::default() });
    }

    /// These states, one after the other, each in its seconds.
    fn assert_ice(&self, expected: &[(RangeInclusive<u64>, IceConnectionState)]) {
        assert_sequence(&self.ice, expected);
    }

    fn assert_connection(&self, expected: &[(RangeInclusive<u64>, PeerConnectionState)]) {
        assert_sequence(&self.connection, expected);
    }
}

fn assert_sequence<S: PartialEq + std::fmt::Debug>(seen: &[(u64, S)], expected: &[(RangeInclusive<u64>, S)]) {
    let fits = seen.len() == expected.len()
        && seen
            .iter()
            .zip(expected)
            .all(|((at, state), (when, wanted))| when.contains(at) && state == wanted);
    assert!(fits, "{seen:?}, expected {expected:?}");
}

#[test]
fn a_call_comes_up() {
    let mut timeline = Timeline::new();
    timeline.run(1);
    timeline.call.negotiate(A, B).expect("offer and answer");
    timeline.run(60);
    use IceConnectionState as I;
    use PeerConnectionState as P;
    // "checking" and "connecting" take less than a tick.
    let ice: Vec<_> = timeline.ice.iter().map(|(_, state)| *state).collect();
    assert!(
        ice == [I::New, I::Connected, I::Completed]
            || ice == [I::New, I::Checking, I::Connected, I::Completed]
    );
    assert_eq!(timeline.connection.first().map(|(_, state)| *state), Some(P::New));
    assert_eq!(timeline.connection.last().map(|(_, state)| *state), Some(P::Connected));
}

#[test]
fn an_outage_shorter_than_two_checks_is_nobody_s_business() {
    let mut timeline = Timeline::connected();
    for _ in 0..10 {
        timeline.cut();
        timeline.run(4);
        timeline.mend();
        timeline.run(20);
    }
    timeline.assert_ice(&[(0..=0, IceConnectionState::Completed)]);
    timeline.assert_connection(&[(0..=0, PeerConnectionState::Connected)]);
}

#[test]
fn an_outage_disconnects_and_passes_by_itself() {
    let mut timeline = Timeline::connected();
    timeline.cut();
    timeline.run(18);
    timeline.mend();
    timeline.run(60);
    timeline.assert_ice(&[
        (0..=0, IceConnectionState::Completed),
        (DISCONNECTED, IceConnectionState::Disconnected),
        (18..=25, IceConnectionState::Completed),
    ]);
    timeline.assert_connection(&[
        (0..=0, PeerConnectionState::Connected),
        (DISCONNECTED, PeerConnectionState::Disconnected),
        (18..=25, PeerConnectionState::Connected),
    ]);
}

/// RFC 7675, section 5.1: consent that has ended does not come back by itself.
#[test]
fn an_outage_of_thirty_seconds_fails_for_good() {
    let mut timeline = Timeline::connected();
    timeline.cut();
    timeline.run(40);
    timeline.mend();
    timeline.run(120);
    timeline.assert_ice(&[
        (0..=0, IceConnectionState::Completed),
        (DISCONNECTED, IceConnectionState::Disconnected),
        (FAILED, IceConnectionState::Failed),
    ]);
    timeline.assert_connection(&[
        (0..=0, PeerConnectionState::Connected),
        (DISCONNECTED, PeerConnectionState::Disconnected),
        (FAILED, PeerConnectionState::Failed),
    ]);
}

/// webrtc-pc, 5.6.4: from "failed" and from "disconnected", a restart leads to "checking".
#[test]
fn a_restart_leads_from_either_to_checking_and_back_up() {
    for (outage, state) in [(15, IceConnectionState::Disconnected), (40, IceConnectionState::Failed)] {
        let mut timeline = Timeline::connected();
        timeline.cut();
        timeline.run(outage);
        assert_eq!(timeline.last_ice(), Some(state));
        timeline.mark();
        timeline.call.with(A, |pc, _| pc.restart_ice());
        // Signalling works; the network does not, for five more seconds.
        timeline.call.negotiate(A, B).expect("offer and answer");
        timeline.run(5);
        timeline.mend();
        timeline.run(30);
        timeline.assert_ice(&[
            (0..=0, IceConnectionState::Checking),
            (5..=8, IceConnectionState::Connected),
            (8..=12, IceConnectionState::Completed),
        ]);
        timeline.assert_connection(&[
            (0..=0, PeerConnectionState::Connecting),
            (5..=8, PeerConnectionState::Connected),
        ]);
    }
}

/// RFC 8863, section 4: pairs may turn up for 23.5 s.
#[test]
fn what_never_works_fails_when_patience_ends() {
    let mut timeline = Timeline::new();
    timeline.cut();
    timeline.call.negotiate(A, B).expect("offer and answer");
    timeline.run(120);
    timeline.assert_ice(&[(0..=0, IceConnectionState::Checking), (23..=25, IceConnectionState::Failed)]);
    timeline.assert_connection(&[
        (0..=0, PeerConnectionState::Connecting),
        (23..=25, PeerConnectionState::Failed),
    ]);
}

/// The peer's close_notify ends DTLS; ICE learns of it as of any silence.
#[test]
fn a_peer_that_closes_is_seen_by_dtls_first() {
    let mut timeline = Timeline::connected();
    timeline.call.with(B, |pc, now| pc.close(now));
    timeline.run(1);
    let dtls = timeline.call.peer(A).pc.dtls_transport(TransportId(0)).expect("a transport").state;
    assert_eq!(dtls, DtlsTransportState::Closed);
    timeline.run(60);
    timeline.assert_connection(&[
        (0..=0, PeerConnectionState::Connected),
        (DISCONNECTED, PeerConnectionState::Disconnected),
        (FAILED, PeerConnectionState::Failed),
    ]);
}

/// webrtc-pc, close(), steps 12 and 13: without an event.
#[test]
fn closing_changes_both_and_fires_nothing() {
    let mut timeline = Timeline::connected();
    let before = timeline.call.peer(A).events.len();
    timeline.call.with(A, |pc, now| pc.close(now));
    timeline.run(60);
    timeline.assert_ice(&[(0..=0, IceConnectionState::Closed)]);
    timeline.assert_connection(&[(0..=0, PeerConnectionState::Closed)]);
    let events = &timeline.call.peer(A).events[before..];
    let tells = |event: &peer::Event| {
        matches!(event, peer::Event::IceConnectionStateChange(_) | peer::Event::ConnectionStateChange(_))
    };
    assert!(!events.iter().any(tells), "{events:?}");
}
