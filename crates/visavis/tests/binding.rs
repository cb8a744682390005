//! Connections whose tasks are performed here, as a language binding performs them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::task::{Wake, Waker};
use std::time::Duration;

use peer::{
    ChannelEvent, ChannelId, Configuration, DataChannelInit, DataChannelState, Error, ErrorName, Event,
    Payload, PeerConnection, PeerConnectionState, SctpTransportState, SessionDescriptionInit, SignalingState,
};
use visavis::binding::Connection;
use visavis::{Bytes, Endpoint, driver_counters};

const ALICE: usize = 0;
const BOB: usize = 1;
const PATIENCE: Duration = Duration::from_secs(30);

struct Wakeup {
    sender: mpsc::Sender<usize>,
    who: usize,
}

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        let _ = self.sender.send(self.who);
    }
}

/// An event loop with two connections that signal to each other.
struct Loop {
    ends: [Connection; 2],
    wakeups: mpsc::Receiver<usize>,
    opened: BTreeMap<usize, ChannelId>,
    received: [Vec<Payload>; 2],
}

impl Loop {
    fn new() -> Self {
        Loop::with(|_, configuration, waker| Connection::new(configuration, waker))
    }

    fn with(connection: impl Fn(usize, Configuration, Waker) -> Result<Connection, Error>) -> Self {
        let (sender, wakeups) = mpsc::channel();
        let ends = [ALICE, BOB].map(|who| {
            let waker = Waker::from(Arc::new(Wakeup { sender: sender.clone(), who }));
            let configuration = Configuration { include_loopback: true, ..Configuration::default() };
            connection(who, configuration, waker).unwrap()
        });
        Loop { ends, wakeups, opened: BTreeMap::new(), received: [Vec::new(), Vec::new()] }
    }

    /// Performs tasks until `is_done`.
    fn run(&mut self, is_done: impl Fn(&Loop) -> bool) {
        while !is_done(self) {
            let who = self.wakeups.recv_timeout(PATIENCE).expect("a wake-up");
            while let Some(events) = self.ends[who].run_task() {
                events.into_iter().for_each(|event| self.handle(who, event));
            }
        }
    }

    fn handle(&mut self, who: usize, event: Event) {
        let other = &self.ends[1 - who];
        match event {
            Event::IceCandidate(candidate) => {
                other.with(|peer, now| peer.add_ice_candidate(now, candidate.map(Into::into))).unwrap();
            }
            Event::SignalingStateChange(SignalingState::HaveLocalOffer | SignalingState::Stable) => {
                let local = self.ends[who].read(|peer| peer.local_description().cloned()).unwrap().unwrap();
                let is_theirs = other.read(|peer| peer.signaling_state()).unwrap() == SignalingState::Stable;
                if (who == ALICE) == is_theirs {
                    let local = SessionDescriptionInit::from(local);
                    other.with(|peer, now| peer.set_remote_description(now, local)).unwrap();
                }
            }
            Event::SignalingStateChange(SignalingState::HaveRemoteOffer) => {
                self.ends[who].with(|peer, now| peer.set_local_description(now, None)).unwrap();
            }
            Event::Settled(_, result) => assert!(result.is_ok(), "{result:?}"),
            Event::Channel(id, ChannelEvent::Open) => {
                self.opened.insert(who, id);
            }
            Event::Channel(_, ChannelEvent::Message(payload)) => self.received[who].push(payload),
            _ => {}
        }
    }
}

fn connected() -> Loop {
    connect(Loop::new())
}

fn connect(mut both: Loop) -> Loop {
    both.ends[ALICE]
        .with(|peer, now| {
            peer.create_data_channel(now, "chat", DataChannelInit::default()).unwrap();
            peer.set_local_description(now, None);
        })
        .unwrap();
    both.run(|both| both.opened.len() == 2);
    both
}

#[test]
fn tasks_wait_for_the_loop_and_data_does_not() {
    let mut both = connected();
    let (alice_channel, bob_channel) = (both.opened[&ALICE], both.opened[&BOB]);
    // More than SCTP sends without acknowledgements, and less than the reader's room.
    let count = 500;
    for number in 0..count {
        let bytes = Bytes::from(vec![number as u8; 1000]);
        let sent = both.ends[ALICE]
            .with(|peer, now| peer.channel_send(now, alice_channel, Payload { text: false, bytes }));
        sent.unwrap().unwrap();
    }
    // Bob's tasks alone: what Alice sees stays as it is until hers are performed.
    while both.received[BOB].len() < count {
        both.wakeups.recv_timeout(PATIENCE).expect("a wake-up");
        while let Some(events) = both.ends[BOB].run_task() {
            events.into_iter().for_each(|event| both.handle(BOB, event));
        }
    }
    let buffered = |both: &Loop| {
        both.ends[ALICE].read(|peer| peer.channel_buffered_amount(alice_channel)).unwrap().unwrap()
    };
    assert_eq!(buffered(&both), count * 1000);
    while let Some(events) = both.ends[ALICE].run_task() {
        events.into_iter().for_each(|event| both.handle(ALICE, event));
    }
    both.run(|both| buffered(both) == 0);
    assert!(both.received[BOB].iter().enumerate().all(|(n, payload)| payload.bytes[0] == n as u8));

    both.ends[BOB]
        .with(|peer, now| peer.channel_send(now, bob_channel, Payload { text: true, bytes: "ok".into() }))
        .unwrap()
        .unwrap();
    both.run(|both| both.received[ALICE].len() == 1);
}

#[test]
fn a_message_of_a_conversation_is_sent_by_the_call() {
    let mut both = connected();
    let before = driver_counters().direct_sends;
    for number in 1..=50 {
        for who in [ALICE, BOB] {
            let (channel, payload) = (both.opened[&who], Payload { text: true, bytes: "ping".into() });
            let look = |peer: &PeerConnection| peer.channel_buffered_amount(channel);
            let (sent, buffered) = both.ends[who].send(channel, payload, look).unwrap();
            sent.unwrap();
            assert_eq!(buffered, Some(4), "it falls in a task");
            both.run(|both| both.received[1 - who].len() == number);
            both.run(|both| both.ends[who].read(look).unwrap() == Some(0));
        }
    }
    // An acknowledgement that comes by itself may come late, under load.
    let direct = driver_counters().direct_sends - before;
    assert!(direct > 50, "{direct} of 100");
}

#[test]
fn more_than_the_room_comes_as_the_loop_takes_it() {
    let mut both = connected();
    let channel = both.opened[&ALICE];
    let bytes = Bytes::from(vec![7; 100_000]);
    for _ in 0..50 {
        let payload = Payload { text: false, bytes: bytes.clone() };
        both.ends[ALICE].with(|peer, now| peer.channel_send(now, channel, payload)).unwrap().unwrap();
    }
    both.run(|both| both.received[BOB].len() == 50);
}

#[test]
fn a_closed_connection_answers_and_a_dropped_one_is_closed() {
    let mut both = connected();
    let channel = both.opened[&ALICE];
    both.ends[ALICE].close();
    both.ends[ALICE]
        .read(|peer| {
            assert_eq!(peer.connection_state(), PeerConnectionState::Closed);
            assert_eq!(peer.channel_ready_state(channel), Some(DataChannelState::Closed));
        })
        .unwrap();
    // Nothing fires but what webrtc-pc has of the SCTP association.
    let events: Vec<_> = std::iter::from_fn(|| both.ends[ALICE].run_task()).flatten().collect();
    assert_eq!(events, [Event::SctpStateChange(SctpTransportState::Closed)]);
    // Bob hears of it.
    let bob = both.opened[&BOB];
    both.run(|both| {
        both.ends[BOB].read(|peer| peer.channel_ready_state(bob)).unwrap() == Some(DataChannelState::Closed)
    });
    drop(both);
}

#[test]
fn a_call_that_panics_ends_the_connection_and_nothing_else() {
    let both = connected();
    let failed = both.ends[ALICE].with(|_, _| panic!("a bug"));
    assert_eq!(failed, Err::<(), _>(both.ends[ALICE].read(|_| ()).unwrap_err()));
    let events: Vec<_> = std::iter::from_fn(|| both.ends[ALICE].run_task()).flatten().collect();
    assert_eq!(events, [Event::ConnectionStateChange(PeerConnectionState::Closed)]);
}

#[test]
fn a_connection_of_an_endpoint_has_its_tasks_performed_like_any_other() {
    let endpoint = Endpoint::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let mut both = connect(Loop::with(|who, configuration, waker| match who {
        ALICE => Connection::new(configuration, waker),
        _ => Connection::on_endpoint(&endpoint, configuration, waker),
    }));
    assert_eq!(endpoint.connections(), 1);
    let channel = both.opened[&ALICE];
    both.ends[ALICE]
        .with(|peer, now| peer.channel_send(now, channel, Payload { text: true, bytes: "hi".into() }))
        .unwrap()
        .unwrap();
    both.run(|both| both.received[BOB].len() == 1);

    endpoint.close();
    both.run(|both| {
        let state = both.ends[BOB].read(|peer| peer.connection_state()).unwrap();
        state == PeerConnectionState::Closed
    });
    let late = Connection::on_endpoint(&endpoint, Configuration::default(), Waker::noop().clone());
    assert_eq!(late.unwrap_err().name, ErrorName::InvalidStateError);
}

/// Calls are heard of in tasks: those of the connection that was called first come first.
#[test]
fn connections_know_whose_task_was_queued_first() {
    let table = Loop::new();
    let [alice, bob] = &table.ends;
    assert_eq!((alice.order(), bob.order()), (None, None));
    let offer = |end: &Connection| end.with(|peer, now| peer.create_offer(now, Default::default())).unwrap();
    offer(bob);
    offer(alice);
    // It waits for the one before it.
    offer(bob);
    let (first, second) = (bob.order().unwrap(), alice.order().unwrap());
    assert!(first < second);
    assert!(bob.run_task().is_some());
    assert!(bob.order().unwrap() > second);
    let (task, waits) = alice.run_task_then(|peer| peer.has_task());
    assert_eq!((task.unwrap().next, waits), (None, Some(false)));
    // It is woken for what comes next.
    while table.wakeups.try_recv().is_ok() {}
    offer(alice);
    assert_eq!(table.wakeups.recv_timeout(PATIENCE), Ok(ALICE));
}
