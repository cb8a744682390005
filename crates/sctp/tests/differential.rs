//! Against another implementation, `sctp-proto`: handshake, messages both ways, over a bad link.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::Rng;
use bytes::Bytes;
use sctp::{Association, Config, Delivery, Event, Ppid, Reliability};
use sctp_proto::{
    AssociationHandle, ClientConfig, DatagramEvent, Endpoint, EndpointConfig, Payload,
    PayloadProtocolIdentifier, ReliabilityType, StreamEvent, TransportConfig,
};

const NOWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9);

/// The other implementation.
struct Other {
    endpoint: Endpoint,
    association: Option<(AssociationHandle, sctp_proto::Association)>,
    received: Vec<(u16, Bytes)>,
    queue: Vec<(u16, Bytes, bool)>,
}

impl Other {
    fn new(initiates: bool) -> Other {
        let mut config = EndpointConfig::new();
        config.max_payload_size(1100);
        let transport = Arc::new(TransportConfig::default().with_max_receive_message_size(262_144));
        let mut server = sctp_proto::ServerConfig::default();
        server.transport = Arc::clone(&transport);
        let mut endpoint = Endpoint::new(Arc::new(config), Some(Arc::new(server)));
        let mut client = ClientConfig::new();
        client.transport = transport;
        let association = initiates.then(|| endpoint.connect(client, NOWHERE).expect("it begins"));
        Other { endpoint, association, received: Vec::new(), queue: Vec::new() }
    }

    fn handle(&mut self, now: Instant, packet: Vec<u8>) {
        match self.endpoint.handle(now, NOWHERE, None, None, Bytes::from(packet)) {
            Some((handle, DatagramEvent::NewAssociation(association))) if self.association.is_none() => {
                self.association = Some((handle, association));
            }
            Some((_, DatagramEvent::AssociationEvent(event))) => {
                if let Some((_, association)) = &mut self.association {
                    association.handle_event(event);
                }
            }
            _ => {}
        }
        self.settle();
    }

    fn settle(&mut self) {
        let Some((handle, association)) = &mut self.association else { return };
        while let Some(event) = association.poll_endpoint_event() {
            if let Some(event) = self.endpoint.handle_event(*handle, event) {
                association.handle_event(event);
            }
        }
        while let Some(event) = association.poll() {
            if let sctp_proto::Event::Stream(StreamEvent::Readable { id }) = event {
                while let Ok(Some(mut chunks)) = association.stream(id).and_then(|mut stream| stream.read()) {
                    let payload = chunks.next(chunks.len()).map_or_else(Bytes::new, |chunk| chunk.bytes);
                    self.received.push((id, payload));
                }
            }
        }
        while association.accept_stream().is_some() {}
        if !association.is_handshaking() {
            for (id, payload, ordered) in self.queue.drain(..) {
                let _ = association.open_stream(id, PayloadProtocolIdentifier::Binary);
                let mut stream = association.stream(id).expect("it is open");
                let reliable = ReliabilityType::Reliable;
                stream.set_reliability_params(!ordered, reliable, 0).expect("it is set");
                stream.write_sctp(&payload, PayloadProtocolIdentifier::Binary).expect("it is taken");
            }
        }
    }

    fn poll(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut packets = Vec::new();
        while let Some(transmit) = self.endpoint.poll_transmit() {
            if let Payload::RawEncode(raw) = transmit.payload {
                packets.extend(raw.into_iter().map(|packet| packet.to_vec()));
            }
        }
        if let Some((_, association)) = &mut self.association {
            while let Some(transmit) = association.poll_transmit(now) {
                if let Payload::RawEncode(raw) = transmit.payload {
                    packets.extend(raw.into_iter().map(|packet| packet.to_vec()));
                }
            }
        }
        packets
    }
}

/// A message that says who it is.
fn message(number: u32, rng: &mut Rng) -> Bytes {
    let length = if rng.chance(0.1) { rng.range(4..60_000) } else { rng.range(4..2000) };
    let mut payload = number.to_be_bytes().to_vec();
    payload.resize(length as usize, number as u8);
    payload.into()
}

fn exchange(seed: u8, loss: f64, initiates: bool) {
    #[allow(clippy::disallowed_methods, reason = "std has no other way to make an Instant")]
    let mut now = Instant::now() + Duration::from_secs(60);
    let end = now + Duration::from_secs(300);
    let mut rng = Rng::from_seed([seed; 32]);
    let mut ours = Association::new(Config::default(), now, rng.fork("ours"));
    let mut other = Other::new(initiates);
    let sent: [Vec<(u16, Bytes)>; 2] =
        [0, 1].map(|_| (0..120).map(|number| (rng.range(0..4) as u16, message(number, &mut rng))).collect());
    for (id, payload) in &sent[0] {
        // The streams with odd numbers are unordered.
        let delivery = Delivery { ordered: id % 2 == 0, reliability: Reliability::Reliable };
        ours.send(now, *id, Ppid::BINARY, payload.clone(), delivery).expect("it is taken");
    }
    other.queue = sent[1].iter().map(|(id, payload)| (*id, payload.clone(), id % 2 == 0)).collect();
    let mut wire: BTreeMap<(Instant, u64), (bool, Vec<u8>)> = BTreeMap::new();
    let (mut serial, mut received) = (0, Vec::new());
    while received.len() < sent[1].len() || other.received.len() < sent[0].len() {
        let mut packets: Vec<(bool, Vec<u8>)> =
            other.poll(now).into_iter().map(|packet| (true, packet)).collect();
        let mut packet = Vec::new();
        while ours.poll_packet(now, &mut packet) {
            packets.push((false, std::mem::take(&mut packet)));
        }
        for (to_ours, packet) in packets {
            if !rng.chance(loss) {
                serial += 1;
                let delay = Duration::from_millis(20) + Duration::from_micros(rng.range(0..3000));
                wire.insert((now + delay, serial), (to_ours, packet));
            }
        }
        while let Some(event) = ours.poll_event() {
            if let Event::Readable { stream } = event {
                received.extend(std::iter::from_fn(|| ours.read(stream)).map(|read| (stream, read.payload)));
            }
        }
        let timer = other.association.as_ref().and_then(|(_, association)| association.poll_timeout());
        let arrival = wire.first_key_value().map(|((at, _), _)| *at);
        let next =
            [timer, arrival, ours.poll_timeout()].into_iter().flatten().min().expect("something happens");
        now = now.max(next);
        assert!(now < end, "{} and {} messages arrived", received.len(), other.received.len());
        while let Some(entry) = wire.first_entry()
            && entry.key().0 <= now
        {
            match entry.remove() {
                (true, packet) => ours.handle_packet(now, &packet),
                (false, packet) => other.handle(now, packet),
            }
        }
        ours.handle_timeout(now);
        if let Some((_, association)) = &mut other.association
            && association.poll_timeout().is_some_and(|at| at <= now)
        {
            association.handle_timeout(now);
        }
        other.settle();
    }
    for (mut got, sent) in [(received, &sent[1]), (other.received, &sent[0])] {
        for stream in 0..4_u16 {
            let of = |all: &[(u16, Bytes)]| -> Vec<Bytes> {
                all.iter().filter(|(id, _)| *id == stream).map(|(_, payload)| payload.clone()).collect()
            };
            let (mut arrived, mut wanted) = (of(&got), of(sent));
            if stream % 2 == 1 {
                arrived.sort();
                wanted.sort();
            }
            assert!(arrived == wanted, "stream {stream}: {} of {}", arrived.len(), wanted.len());
        }
        got.clear();
    }
}

#[test]
fn messages_of_both_arrive_at_the_other_exactly_once_and_in_order() {
    for seed in 0..6 {
        for (loss, initiates) in [(0.0, true), (0.0, false), (0.05, true), (0.05, false)] {
            exchange(seed, loss, initiates);
        }
    }
}
