//! Against another implementation, `dcsctp`, which also interleaves messages (RFC 8260).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base::Rng;
use bytes::Bytes;
use dcsctp::api::{DcSctpSocket, Message, Options, PpId, SendOptions, SocketEvent, SocketTime, StreamId};
use sctp::{Association, Config, Delivery, Event, Ppid, Reliability};

/// The two ends, and a link that loses and reorders.
struct Exchange {
    setting: Setting,
    now: Instant,
    started: Instant,
    ours: Association,
    other: Box<dyn DcSctpSocket>,
    rng: Rng,
    loss: f64,
    wire: BTreeMap<(Instant, u64), (bool, Vec<u8>)>,
    serial: u64,
    /// What each has received: by us, by the other.
    received: [Vec<(u16, Vec<u8>)>; 2],
    /// Streams that the other's reset was said of.
    resets: Vec<u16>,
    reset_by_us: Vec<StreamId>,
    /// How many chunks of user data of each kind were seen.
    chunks: BTreeMap<u8, usize>,
}

#[derive(Clone, Copy, Debug)]
struct Setting {
    seed: u8,
    loss: f64,
    interleaving: [bool; 2],
    other_initiates: bool,
}

impl Exchange {
    fn new(setting: Setting) -> Exchange {
        #[allow(clippy::disallowed_methods, reason = "std has no other way to make an Instant")]
        let now = Instant::now() + Duration::from_secs(60);
        let mut rng = Rng::from_seed([setting.seed; 32]);
        let config = Config { interleaving: setting.interleaving[0], ..Config::default() };
        let ours = Association::new(config, now, rng.fork("ours"));
        let options = Options {
            mtu: 1160,
            enable_message_interleaving: setting.interleaving[1],
            max_send_buffer_size: 100_000_000,
            per_stream_send_queue_limit: 100_000_000,
            rto_max: Duration::from_secs(3),
            max_retransmissions: None,
            ..Options::default()
        };
        let mut other = dcsctp::new_socket("other", &options);
        if setting.other_initiates {
            other.connect();
        }
        Exchange {
            setting,
            now,
            started: now,
            ours,
            other,
            rng,
            loss: setting.loss,
            wire: BTreeMap::new(),
            serial: 0,
            received: [Vec::new(), Vec::new()],
            resets: Vec::new(),
            reset_by_us: Vec::new(),
            chunks: BTreeMap::new(),
        }
    }

    fn carry(&mut self, to_ours: bool, packet: Vec<u8>) {
        *self.chunks.entry(packet[12]).or_default() += 1;
        if !self.rng.chance(self.loss) {
            self.serial += 1;
            let delay = Duration::from_millis(20) + Duration::from_micros(self.rng.range(0..3000));
            self.wire.insert((self.now + delay, self.serial), (to_ours, packet));
        }
    }

    fn poll(&mut self) {
        while let Some(event) = self.other.poll_event() {
            match event {
                SocketEvent::SendPacket(packet) => self.carry(true, packet),
                SocketEvent::OnAborted(kind, reason) => panic!("{kind:?}: {reason}"),
                SocketEvent::OnIncomingStreamReset(streams) => self.reset_by_us.extend(streams),
                _ => {}
            }
        }
        while let Some(message) = self.other.get_next_message() {
            self.received[1].push((message.stream_id.0, message.payload));
        }
        let mut packet = Vec::new();
        while self.ours.poll_packet(self.now, &mut packet) {
            self.carry(false, std::mem::take(&mut packet));
        }
        while let Some(event) = self.ours.poll_event() {
            match event {
                Event::Readable { stream } => {
                    let messages = std::iter::from_fn(|| self.ours.read(stream));
                    self.received[0].extend(messages.map(|message| (stream, message.payload.to_vec())));
                }
                Event::IncomingReset { stream } => self.resets.push(stream),
                Event::Closed(cause) => panic!("{cause:?}"),
                _ => {}
            }
        }
    }

    fn step(&mut self) {
        self.poll();
        let other = self.other.poll_timeout();
        let timer =
            (other < SocketTime::infinite_future()).then(|| self.started + (other - SocketTime::zero()));
        let arrival = self.wire.first_key_value().map(|((at, _), _)| *at);
        let timers = [timer, arrival, self.ours.poll_timeout()];
        self.now = self.now.max(timers.into_iter().flatten().min().expect("something happens"));
        self.other.advance_time(SocketTime::zero() + (self.now - self.started));
        while let Some(entry) = self.wire.first_entry()
            && entry.key().0 <= self.now
        {
            match entry.remove() {
                (true, packet) => self.ours.handle_packet(self.now, &packet),
                (false, packet) => self.other.handle_input(&packet),
            }
        }
        self.ours.handle_timeout(self.now);
        self.poll();
    }

    fn run(&mut self, mut done: impl FnMut(&Exchange) -> bool) {
        let end = self.now + Duration::from_secs(600);
        while !done(self) {
            self.step();
            assert!(
                self.now < end,
                "{:?}: {} and {} messages",
                self.setting,
                self.received[0].len(),
                self.received[1].len()
            );
        }
    }

    fn send_both(&mut self, stream: u16, payload: &[u8], delivery: Delivery) {
        self.send_ours(stream, payload, delivery);
        self.send_others(stream, payload, delivery);
    }

    fn send_ours(&mut self, stream: u16, payload: &[u8], delivery: Delivery) {
        self.ours.send(self.now, stream, Ppid::BINARY, Bytes::copy_from_slice(payload), delivery).unwrap();
    }

    fn send_others(&mut self, stream: u16, payload: &[u8], delivery: Delivery) {
        let (lifetime, max_retransmissions) = match delivery.reliability {
            Reliability::Reliable => (None, None),
            Reliability::MaxRetransmits(times) => (None, Some(times)),
            Reliability::MaxLifetime(life) => (Some(life), None),
        };
        let options =
            SendOptions { unordered: !delivery.ordered, lifetime, max_retransmissions, lifecycle_id: None };
        let message = Message::new(StreamId(stream), PpId(53), payload.to_vec());
        self.other.send(message, &options).unwrap();
    }
}

/// A message that says who it is.
fn message(number: u32, rng: &mut Rng) -> Vec<u8> {
    let length = if rng.chance(0.1) { rng.range(4..60_000) } else { rng.range(4..2000) };
    let mut payload = number.to_be_bytes().to_vec();
    payload.resize(length as usize, number as u8);
    payload
}

fn of(all: &[(u16, Vec<u8>)], stream: u16, ordered: bool) -> Vec<Vec<u8>> {
    let of = all.iter().filter(|(id, _)| *id == stream);
    let mut of: Vec<_> = of.map(|(_, payload)| payload.clone()).collect();
    if !ordered {
        of.sort();
    }
    of
}

fn settings() -> impl Iterator<Item = Setting> {
    [(0.0, true), (0.0, false), (0.05, true), (0.05, false)].into_iter().enumerate().flat_map(
        |(seed, (loss, other_initiates))| {
            [[true, true], [false, true], [true, false]].into_iter().map(move |interleaving| Setting {
                seed: seed as u8,
                loss,
                interleaving,
                other_initiates,
            })
        },
    )
}

#[test]
fn messages_of_both_arrive_at_the_other_exactly_once_and_in_order() {
    for setting in settings() {
        let mut exchange = Exchange::new(setting);
        let mut sent = Vec::new();
        for number in 0..150 {
            let stream = exchange.rng.range(0..6) as u16;
            let payload = message(number, &mut exchange.rng);
            let delivery = Delivery { ordered: stream.is_multiple_of(2), reliability: Reliability::Reliable };
            exchange.send_both(stream, &payload, delivery);
            sent.push((stream, payload));
        }
        exchange.run(|exchange| exchange.received.iter().all(|received| received.len() == 150));
        for received in &exchange.received {
            for stream in 0..6_u16 {
                let ordered = stream.is_multiple_of(2);
                assert!(of(received, stream, ordered) == of(&sent, stream, ordered), "{setting:?} {stream}");
            }
        }
        let is_interleaved = setting.interleaving == [true, true];
        assert_eq!(exchange.chunks.contains_key(&64), is_interleaved, "{setting:?}");
        assert_eq!(exchange.chunks.contains_key(&0), !is_interleaved, "{setting:?}");
    }
}

/// Messages that may be lost: none twice, none out of order, and a reliable one after them arrives.
#[test]
fn messages_that_are_given_up_hold_nobody_up() {
    for setting in settings().filter(|setting| setting.loss > 0.0) {
        for reliability in
            [Reliability::MaxRetransmits(0), Reliability::MaxLifetime(Duration::from_millis(30))]
        {
            let mut exchange = Exchange::new(setting);
            exchange.run(|exchange| exchange.chunks.contains_key(&11));
            exchange.loss = 0.15;
            for number in 0..200_u32 {
                let stream = (number % 4) as u16;
                let payload = message(number, &mut exchange.rng);
                let delivery = Delivery { ordered: stream.is_multiple_of(2), reliability };
                exchange.send_ours(stream, &payload, delivery);
                // Of a message whose first piece has arrived when it gives up the rest, it never says that it will not
                // come: its messages are of one piece.
                exchange.send_others(stream, &payload[..payload.len().min(12)], delivery);
                for _ in 0..3 {
                    exchange.step();
                }
            }
            for stream in 0..4_u16 {
                let last = 1000 + u32::from(stream);
                let ordered = stream.is_multiple_of(2);
                let delivery = Delivery { ordered, reliability: Reliability::Reliable };
                exchange.send_both(stream, &last.to_be_bytes(), delivery);
            }
            let is_last = |payload: &[u8]| payload[..2] == [0, 0] && payload[2] == 3;
            exchange.run(|exchange| {
                let lasts = |received: &[(u16, Vec<u8>)]| received.iter().filter(|(_, p)| is_last(p)).count();
                exchange.received.iter().all(|received| lasts(received) == 4)
            });
            for received in &exchange.received {
                let count = received.len();
                assert!((20..204).contains(&count), "{setting:?} {reliability:?}: {count}");
                for stream in 0..4_u16 {
                    let mut numbers: Vec<_> =
                        of(received, stream, true).iter().map(|p| p[..4].to_vec()).collect();
                    let arrived = numbers.clone();
                    numbers.sort();
                    assert!(stream % 2 == 1 || arrived == numbers, "{setting:?} stream {stream}: in order");
                    numbers.dedup();
                    assert_eq!(numbers.len(), arrived.len(), "{setting:?} stream {stream}: nothing twice");
                }
            }
        }
    }
}

/// A stream that is reset begins to count anew, both kinds of messages (RFC 8260, section 2.3.2).
#[test]
fn streams_that_are_reset_are_used_again() {
    for setting in settings() {
        let mut exchange = Exchange::new(setting);
        for round in 1..5_usize {
            for number in 0..6_u32 {
                let payload = message(number, &mut exchange.rng);
                let ordered = number.is_multiple_of(2);
                exchange.send_both(3, &payload, Delivery { ordered, reliability: Reliability::Reliable });
            }
            exchange.run(|exchange| exchange.received.iter().all(|received| received.len() == 6 * round));
            let now = exchange.now;
            exchange.ours.reset_stream(now, 3);
            exchange.other.reset_streams(&[StreamId(3)]).unwrap();
            exchange.run(|exchange| exchange.resets.len() == round && exchange.reset_by_us.len() == round);
            // Our side is open again with the answer to our request.
            while exchange
                .ours
                .send(exchange.now, 9, Ppid::BINARY, Bytes::from_static(b"-"), Delivery::default())
                .is_err()
            {
                exchange.step();
            }
            for _ in 0..20 {
                exchange.step();
            }
            exchange.received.iter_mut().for_each(|received| received.retain(|(stream, _)| *stream == 3));
        }
    }
}
