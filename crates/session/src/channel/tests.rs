//! The table against a peer that does with its association what it likes.

use std::time::Instant;

use base::Rng;
use bytes::Bytes;
use sctp::{Association, Config, Delivery, Ppid};

use super::dcep::{Ack, Open};
use super::*;
use crate::event::{Event, Output};

struct Bench {
    now: Instant,
    table: Table,
    ours: Association,
    theirs: Association,
    output: Output,
    /// What the peer's association said.
    heard: Vec<sctp::Event>,
}

impl Bench {
    /// We are the DTLS server: ours are odd, the peer's even.
    fn new(channels: usize) -> Bench {
        let now = sim::Clock::new().now();
        let association = |seed| Association::new(Config::default(), now, Rng::from_seed([seed; 32]));
        let table = Table::new(Limits { channels, buffered: 1 << 20 });
        let (ours, theirs) = (association(1), association(2));
        let mut bench = Bench { now, table, ours, theirs, output: Output::default(), heard: Vec::new() };
        bench.with(|table, cx| table.set_role(dtls::Role::Server, cx));
        bench.run();
        assert!(matches!(bench.heard[..], [sctp::Event::Connected { .. }]), "{:?}", bench.heard);
        bench
    }

    fn with<T>(&mut self, act: impl FnOnce(&mut Table, &mut Context<'_>) -> T) -> T {
        let association = Some(&mut self.ours);
        act(&mut self.table, &mut Context { now: self.now, association, output: &mut self.output })
    }

    /// Carries packets and events until nothing happens any more.
    fn run(&mut self) {
        for _ in 0..1000 {
            let mut idle = true;
            let mut packet = Vec::new();
            while self.ours.poll_packet(self.now, &mut packet) {
                self.theirs.handle_packet(self.now, &packet);
                packet.clear();
                idle = false;
            }
            while self.theirs.poll_packet(self.now, &mut packet) {
                self.ours.handle_packet(self.now, &packet);
                packet.clear();
                idle = false;
            }
            while let Some(event) = self.ours.poll_event() {
                self.with(|table, cx| table.handle_association_event(event, cx));
                idle = false;
            }
            self.heard.extend(std::iter::from_fn(|| self.theirs.poll_event()));
            if idle {
                // Delayed acknowledgements.
                let due = [self.ours.poll_timeout(), self.theirs.poll_timeout()].into_iter().flatten().min();
                let soon = self.now + std::time::Duration::from_millis(210);
                let Some(due) = due.filter(|due| *due <= soon) else { return };
                self.now = due.max(self.now);
                self.ours.handle_timeout(self.now);
                self.theirs.handle_timeout(self.now);
            }
        }
    }

    /// The peer sends something raw.
    fn receive(&mut self, stream: u16, ppid: Ppid, payload: &[u8]) {
        let payload = Bytes::copy_from_slice(payload);
        self.theirs.send(self.now, stream, ppid, payload, Delivery::default()).unwrap();
        self.run();
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.output.next_event()).collect()
    }

    /// Whether our side of a stream was reset, as the peer sees it when it has read all of it.
    fn was_reset(&mut self, wanted: u16) -> bool {
        while self.theirs.read(wanted).is_some() {}
        self.run();
        self.heard.contains(&sctp::Event::IncomingReset { stream: wanted })
    }
}

fn open(label: &str) -> Vec<u8> {
    let mut message = Vec::new();
    let reliability = sctp::Reliability::Reliable;
    let (label, protocol) = (label.to_owned(), String::new());
    Open { ordered: true, reliability, priority: 0, label, protocol }.write(&mut message).unwrap();
    message
}

#[test]
fn an_open_is_answered_by_an_ack_on_its_stream() {
    let mut bench = Bench::new(10);
    bench.receive(4, Ppid::DCEP, &open("x"));
    assert!(matches!(&bench.events()[..], [Event::IncomingChannel { id: 4, label, .. }] if label == "x"));
    let answer = bench.theirs.read(4).unwrap();
    assert_eq!((answer.ppid, &answer.payload[..]), (Ppid::DCEP, &[2][..]));
}

#[test]
fn wrong_parity_and_malformed_opens_close_their_stream_alone() {
    let mut bench = Bench::new(10);
    bench.receive(5, Ppid::DCEP, &open("our parity"));
    bench.receive(6, Ppid::DCEP, &open("cut")[..12]);
    bench.receive(8, Ppid::DCEP, &[9]);
    assert!(bench.events().is_empty());
    assert_eq!(bench.output.counters.channels_refused, 3);
    assert_eq!(bench.output.counters.dcep_invalid, 2);
    // RFC 8832, section 6: no ACK.
    assert!([5, 6, 8].into_iter().all(|stream| bench.theirs.read(stream).is_none()));
    assert!([5, 6, 8].into_iter().all(|stream| bench.was_reset(stream)), "{:?}", bench.heard);

    // What follows on a refused stream is dropped; when the peer has reset it too, it can be used.
    bench.receive(6, Ppid::BINARY, b"lost");
    assert_eq!(bench.output.counters.messages_dropped, 1);
    bench.theirs.reset_stream(bench.now, 6);
    bench.run();
    bench.receive(6, Ppid::DCEP, &open("now right"));
    assert!(matches!(&bench.events()[..], [Event::IncomingChannel { id: 6, .. }]));
}

#[test]
fn the_number_of_incoming_channels_is_capped() {
    let mut bench = Bench::new(2);
    for stream in [0, 2, 4] {
        bench.receive(stream, Ppid::DCEP, &open("x"));
    }
    assert_eq!(bench.events().len(), 2);
    assert!(bench.was_reset(4));
}

#[test]
fn data_before_the_open_is_delivered_after_it_and_is_bounded() {
    let mut bench = Bench::new(10);
    bench.receive(0, Ppid::BINARY, b"early");
    assert!(bench.events().is_empty());
    bench.receive(0, Ppid::DCEP, &open("x"));
    bench.receive(0, Ppid::STRING, b"late");
    let events = bench.events();
    assert!(
        matches!(&events[..], [
            Event::IncomingChannel { .. },
            Event::ChannelMessage { payload: first, .. },
            Event::ChannelMessage { payload: second, .. },
        ] if first.bytes == "early" && second.bytes == "late"),
        "{events:?}"
    );

    for _ in 0..=early::Early::MAX_MESSAGES {
        bench.receive(2, Ppid::BINARY, b"x");
    }
    assert!(bench.was_reset(2));
    assert!(bench.events().is_empty());
    assert_eq!(bench.output.counters.messages_dropped, early::Early::MAX_MESSAGES as u64);
}

#[test]
fn a_second_open_or_an_unknown_message_fails_the_channel() {
    for message in [open("again"), vec![9], vec![3, 0]] {
        let mut bench = Bench::new(10);
        bench.receive(0, Ppid::DCEP, &open("x"));
        bench.receive(0, Ppid::DCEP, &message);
        let events = bench.events();
        assert!(
            matches!(
                events[..],
                [
                    Event::IncomingChannel { .. },
                    Event::ChannelClosed { error: Some(ChannelError::ProtocolViolation), .. }
                ]
            ),
            "{events:?}"
        );
        assert!(bench.was_reset(0));
    }
}

#[test]
fn an_ack_that_nobody_asked_for_and_an_unknown_ppid_are_counted_and_do_nothing() {
    let mut bench = Bench::new(10);
    bench.receive(0, Ppid::DCEP, Ack::BYTES);
    bench.receive(0, Ppid::DCEP, &open("x"));
    bench.receive(0, Ppid::DCEP, Ack::BYTES);
    bench.receive(0, Ppid(52), b"partial");
    bench.receive(0, Ppid(0), b"nothing");
    assert_eq!(bench.events().len(), 1);
    assert_eq!(bench.output.counters.dcep_invalid, 2);
    assert_eq!(bench.output.counters.messages_dropped, 2);
}

#[test]
fn messages_are_ordered_until_the_ack_whatever_the_channel_is() {
    let mut bench = Bench::new(10);
    let init = ChannelInit { ordered: false, ..ChannelInit::default() };
    let key = bench.with(|table, cx| table.open(init, cx));
    assert!(bench.table.channels[&key].delivery_now().ordered);
    bench.run();
    assert!(bench.table.channels[&key].delivery_now().ordered);
    bench.receive(1, Ppid::DCEP, Ack::BYTES);
    assert!(!bench.table.channels[&key].delivery_now().ordered);
}

#[test]
fn the_dcep_message_is_not_part_of_the_buffered_amount() {
    let mut bench = Bench::new(10);
    let key = bench.with(|table, cx| table.open(ChannelInit::default(), cx));
    assert_eq!(bench.table.buffered_amount(key), 0);
    for content in [&b"four"[..], b"", b"five!"] {
        let payload = Payload { text: true, bytes: Bytes::from_static(content) };
        bench.with(|table, cx| table.send(key, payload, cx)).unwrap();
    }
    assert_eq!(bench.table.buffered_amount(key), 9);
    bench.run();
    assert_eq!(bench.table.buffered_amount(key), 0);
}

#[test]
fn the_peer_may_use_a_stream_again_before_its_acknowledgement_of_our_reset_arrives() {
    let mut bench = Bench::new(10);
    for round in 0..3 {
        bench.receive(0, Ppid::DCEP, &open("x"));
        bench.theirs.reset_stream(bench.now, 0);
        bench.run();
        let events = bench.events();
        assert!(
            matches!(
                events[..],
                [
                    Event::IncomingChannel { .. },
                    Event::ChannelClosing { .. },
                    Event::ChannelClosed { error: None, .. }
                ]
            ),
            "round {round}: {events:?}"
        );
    }
}

#[test]
fn channels_that_nobody_looks_at_are_refused_after_a_while() {
    let mut bench = Bench::new(2);
    for _ in 0..5 {
        bench.receive(0, Ppid::DCEP, &open("x"));
        bench.theirs.reset_stream(bench.now, 0);
        bench.run();
    }
    let is_channel = |event: &&Event| matches!(event, Event::IncomingChannel { .. });
    assert_eq!(bench.events().iter().filter(is_channel).count(), 2);
    assert_eq!(bench.output.counters.channels_refused, 3);
    bench.receive(0, Ppid::DCEP, &open("x"));
    assert_eq!(bench.events().iter().filter(is_channel).count(), 1);
}

#[test]
fn a_reset_of_a_stream_without_a_channel_is_answered() {
    let mut bench = Bench::new(10);
    bench.receive(9, Ppid::BINARY, b"for a negotiated channel that never came");
    bench.theirs.reset_stream(bench.now, 9);
    bench.run();
    assert!(bench.was_reset(9));
    assert!(bench.table.is_id_free(9));
    assert_eq!(bench.output.counters.messages_dropped, 1);
}

#[test]
fn a_stream_that_could_not_be_reset_carries_no_further_channel() {
    let mut bench = Bench::new(10);
    bench.receive(0, Ppid::DCEP, &open("x"));
    bench.with(|table, cx| table.handle_association_event(sctp::Event::ResetFailed { stream: 0 }, cx));
    assert!(matches!(bench.events()[..], [Event::IncomingChannel { .. }, Event::ChannelClosed { .. }]));
    bench.receive(0, Ppid::DCEP, &open("y"));
    assert!(bench.events().is_empty());
    assert_eq!((bench.table.len(), bench.output.counters.channels_refused), (0, 1));
    assert!(!bench.table.is_id_free(0));
}

#[test]
fn the_end_of_the_association_ends_every_channel() {
    let mut bench = Bench::new(10);
    bench.receive(0, Ppid::DCEP, &open("x"));
    bench.with(|table, cx| table.open(ChannelInit::default(), cx));
    bench.events();
    bench.with(|table, cx| table.end(ChannelError::DtlsClosed, cx));
    bench.with(|table, cx| table.end(ChannelError::SessionClosed, cx));
    let events = bench.events();
    assert!(
        events.len() == 2
            && events.iter().all(|event| {
                matches!(event, Event::ChannelClosed { error: Some(ChannelError::DtlsClosed), .. })
            })
    );
    assert_eq!((bench.table.len(), bench.output.counters.channels_closed), (0, 2));
}
