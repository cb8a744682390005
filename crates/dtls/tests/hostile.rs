//! What anybody can send changes nothing.

mod pair;

use std::time::Duration;

use dtls::{Config, Event, FailureCause, State, Versions};
use pair::{CLEAN, CLIENT, Pair, SERVER, configs};
use proptest::prelude::*;

const ALERTS: [[u8; 15]; 2] = [
    // handshake_failure and close_notify, in the clear.
    [21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40],
    [21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0],
];

fn pairs() -> impl Iterator<Item = Pair> {
    [Versions::Dtls12, Versions::Both]
        .into_iter()
        .map(|versions| Pair::new(configs().map(|config| Config { versions, ..config }), 1, CLEAN))
}

/// A ClientHello with the null cipher alone.
fn null_cipher_hello() -> Vec<u8> {
    let mut body = vec![0xfe, 0xfd];
    body.extend([7; 32]);
    body.extend([0, 0, 0, 2, 0, 0, 1, 0]);
    let length = [0, 0, body.len() as u8];
    let mut handshake = vec![1];
    handshake.extend(length);
    handshake.extend([0, 0, 0, 0, 0]);
    handshake.extend(length);
    handshake.extend(body);
    let mut record = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, handshake.len() as u8];
    record.extend(handshake);
    record
}

#[test]
fn plaintext_alerts_end_neither_a_handshake_nor_a_connection() {
    for mut pair in pairs() {
        for _ in 0..12 {
            for end in 0..2 {
                for alert in ALERTS {
                    pair.ends[end].handle_datagram(pair.now, &alert);
                }
            }
            pair.step();
        }
        pair.run(Duration::from_secs(5), Pair::is_connected);
        for end in 0..2 {
            for alert in ALERTS {
                pair.ends[end].handle_datagram(pair.now, &alert);
            }
        }
        pair.run_for(Duration::from_secs(10));
        pair.assert_works();
    }
}

#[test]
fn a_peer_that_gave_up_and_is_silent_then_is_believed() {
    let mut pair = Pair::new(configs(), 1, pair::Link { loss: 1.0, ..CLEAN });
    pair.poll();
    pair.ends[CLIENT].handle_datagram(pair.now, &ALERTS[0]);
    pair.run_for(Duration::from_secs(4));
    assert_eq!(pair.events[CLIENT], [Event::Failed(FailureCause::PeerAlert)]);
}

#[test]
fn a_hello_that_nobody_can_answer_does_not_keep_the_real_one_out() {
    for mut pair in pairs() {
        for _ in 0..5 {
            pair.ends[SERVER].handle_datagram(pair.now, &null_cipher_hello());
        }
        pair.run(Duration::from_secs(5), Pair::is_connected);
        pair.assert_works();
    }
}

/// What an end that nobody waits for has to say first.
fn first_words(config: &Config, hello: Option<&[Vec<u8>]>) -> Vec<Vec<u8>> {
    #[allow(clippy::disallowed_methods, reason = "std has no other way to make an Instant")]
    let now = std::time::Instant::now();
    let mut end = dtls::Endpoint::new(config.clone(), now, base::Rng::from_seed([99; 32]));
    for datagram in hello.into_iter().flatten() {
        end.handle_datagram(now, datagram);
    }
    let mut batch = base::SendBatch::new();
    end.poll_transmit(now, pair::path(), &mut batch);
    batch.datagrams().map(|(_, datagram)| datagram.to_vec()).collect()
}

/// B2: a good ClientHello, with the peer's address, that is not the peer's.
#[test]
fn another_ones_hello_does_not_keep_the_real_one_out() {
    for versions in [Versions::Dtls12, Versions::Both] {
        let configs = configs().map(|config| Config { versions, ..config });
        let forged = first_words(&configs[CLIENT], None);
        let mut pair = Pair::new(configs, 1, CLEAN);
        for datagram in &forged {
            pair.ends[SERVER].handle_datagram(pair.now, datagram);
        }
        pair.run(Duration::from_secs(5), Pair::is_connected);
        assert_eq!(pair.ends[SERVER].counters().restarts, 1);
        // When the peer is known it changes nothing.
        for datagram in &forged {
            pair.ends[SERVER].handle_datagram(pair.now, datagram);
        }
        pair.run_for(Duration::from_secs(5));
        pair.assert_works();
    }
}

/// One piece of the first message, forged, that comes before the real one: no datagram of somebody without keys ends it.
#[test]
fn a_forged_piece_of_the_first_message_does_not_keep_the_real_one_out() {
    for from in [CLIENT, SERVER] {
        let mut pair = Pair::new(configs().map(|config| Config { mtu: 600, ..config }), 1, CLEAN);
        let first = |pair: &Pair| -> Vec<Vec<u8>> {
            let is_first = |datagram: &[u8]| datagram[0] == 22 && datagram[17..19] == [0, 0];
            let sent = pair.sent.iter().filter(|(who, datagram)| *who == from && is_first(datagram));
            sent.map(|(_, datagram)| datagram.clone()).collect()
        };
        pair.run(Duration::from_secs(1), |pair| first(pair).len() >= 2);
        let mut forged = first(&pair).pop().unwrap();
        // In the middle of the last piece: within a key share.
        let end = 13 + usize::from(u16::from_be_bytes([forged[11], forged[12]]));
        forged[25 + (end - 25) / 2] ^= 1;
        pair.ends[1 - from].handle_datagram(pair.now, &forged);
        pair.run(Duration::from_secs(10), Pair::is_connected);
        pair.run_for(Duration::from_secs(5));
        pair.assert_works();
    }
}

/// What was acknowledged is not said again: another first message, after that, must not make an end forget it.
#[test]
fn another_first_message_after_a_part_of_the_flight_was_acknowledged_changes_nothing() {
    let mut pair = Pair::new(configs().map(|config| Config { mtu: 600, ..config }), 1, CLEAN);
    let hello = |datagram: &[u8]| datagram[0] == 22 && datagram[13] == 2;
    pair.run(Duration::from_secs(1), |pair| pair.sent.iter().any(|(from, _)| *from == SERVER));
    let of_server: Vec<_> =
        pair.sent.iter().filter(|(from, _)| *from == SERVER).map(|(_, datagram)| datagram.clone()).collect();
    pair.lose_what_is_under_way();
    // All but the end of its flight arrives, and will be acknowledged.
    for datagram in &of_server[..of_server.len() - 1] {
        pair.ends[CLIENT].handle_datagram(pair.now, datagram);
    }
    assert_ne!(pair.ends[CLIENT].state(), State::Connected);
    for datagram in of_server.iter().filter(|datagram| hello(datagram)) {
        let mut forged = datagram.clone();
        // In the key share.
        forged[200] ^= 1;
        pair.ends[CLIENT].handle_datagram(pair.now, &forged);
    }
    assert_eq!(pair.ends[CLIENT].counters().restarts, 0);
    pair.run(Duration::from_secs(20), Pair::is_connected);
    pair.run_for(Duration::from_secs(5));
    pair.assert_works();
}

/// The same from the other side: somebody who heard the ClientHello answers faster than the server.
#[test]
fn another_ones_answer_does_not_keep_the_real_one_out() {
    for versions in [Versions::Dtls12, Versions::Both] {
        let configs = configs().map(|config| Config { versions, ..config });
        let mallory = Config { certificate: pair::certificate(), ..configs[SERVER].clone() };
        let mut pair = Pair::new(configs, 1, CLEAN);
        pair.poll();
        let hello: Vec<_> = pair.sent.iter().map(|(_, datagram)| datagram.clone()).collect();
        let forged = first_words(&mallory, Some(&hello));
        // The beginning alone: the rest would prove that it is another one's.
        let end = 13 + usize::from(u16::from_be_bytes([forged[0][11], forged[0][12]]));
        pair.ends[CLIENT].handle_datagram(pair.now, &forged[0][..end]);
        pair.run(Duration::from_secs(5), Pair::is_connected);
        pair.run_for(Duration::from_secs(5));
        pair.assert_works();
    }
}

#[test]
fn forged_messages_without_end_cost_little_and_are_survived() {
    for versions in [Versions::Dtls12, Versions::Both] {
        let mut pair = Pair::new(configs().map(|config| Config { versions, ..config }), 1, CLEAN);
        for _ in 0..12 {
            for _ in 0..1000 {
                pair.ends[SERVER].handle_datagram(pair.now, &null_cipher_hello());
            }
            pair.step();
        }
        pair.run(Duration::from_secs(10), Pair::is_connected);
        let told = pair.sent.iter().filter(|(from, datagram)| *from == SERVER && datagram[0] == 21).count();
        assert!(told <= 16, "{told}: an answer to each would make us a tool");
        pair.assert_works();
    }
}

#[test]
fn floods_of_fragments_and_of_early_data_are_bounded_and_survived() {
    for mut pair in pairs() {
        let mut fragment = null_cipher_hello();
        for message in 0..10_000_u16 {
            fragment[17..19].copy_from_slice(&message.to_be_bytes());
            fragment[0] = 22;
            pair.ends[SERVER].handle_datagram(pair.now, &fragment);
        }
        for number in 0..10_000_u32 {
            let mut record = vec![23, 0xfe, 0xfd, 0, 1, 0, 0];
            record.extend(number.to_be_bytes());
            record.extend([0, 40]);
            record.extend([9; 40]);
            pair.ends[SERVER].handle_datagram(pair.now, &record);
        }
        assert!(pair.ends[SERVER].counters().dropped_malformed >= 9_976);
        pair.run(Duration::from_secs(10), Pair::is_connected);
        pair.assert_works();
    }
}

#[test]
fn replayed_datagrams_are_not_delivered_again() {
    for versions in [Versions::Dtls12, Versions::Dtls13] {
        let mut pair = Pair::connected(versions);
        let handshake = pair.sent.clone();
        let data: Vec<_> = (0..50_u8).map(|n| pair.seal(CLIENT, &[n])).collect();
        for (n, datagram) in data.iter().enumerate() {
            pair.ends[SERVER].handle_datagram(pair.now, datagram);
            assert_eq!(pair.ends[SERVER].read(), Some(&[n as u8][..]));
        }
        for (from, datagram) in handshake {
            pair.ends[1 - from].handle_datagram(pair.now, &datagram);
        }
        for datagram in &data {
            pair.ends[SERVER].handle_datagram(pair.now, datagram);
        }
        assert_eq!(pair.ends[SERVER].read(), None, "{versions:?}");
        pair.run_for(Duration::from_secs(5));
        pair.assert_works();
    }
}

#[test]
fn data_that_overtakes_the_end_of_the_handshake_is_not_delivered_before_it() {
    for mut pair in pairs() {
        // The client is done first in 1.3: what it seals arrives before its last flight.
        pair.run(Duration::from_secs(1), |pair| pair.ends[CLIENT].state() == State::Connected);
        if pair.ends[SERVER].state() != State::Connected {
            let early = pair.seal(CLIENT, b"early");
            pair.ends[SERVER].handle_datagram(pair.now, &early);
            assert_eq!(pair.ends[SERVER].read(), None);
        }
        pair.run(Duration::from_secs(5), Pair::is_connected);
        while pair.ends[SERVER].read().is_some() {}
        pair.assert_works();
    }
}

#[test]
fn unread_data_is_bounded_and_counted() {
    let mut pair = Pair::connected(Versions::Both);
    for n in 0..1000_u32 {
        let datagram = pair.seal(CLIENT, &n.to_be_bytes());
        pair.ends[SERVER].handle_datagram(pair.now, &datagram);
    }
    assert_eq!(pair.ends[SERVER].counters().dropped_read_queue_full, 1000 - 256);
    assert_eq!(std::iter::from_fn(|| pair.ends[SERVER].read().map(drop)).count(), 256);
}

#[test]
fn a_handshake_without_a_path_keeps_no_more_than_its_latest_flights() {
    let configs = configs().map(|config| Config { versions: Versions::Dtls12, mtu: 256, ..config });
    let mut pair = Pair::new(configs, 1, CLEAN);
    // The server hears the client's hello, and nobody takes its answers for half a minute.
    let mut hello = base::SendBatch::new();
    pair.ends[CLIENT].poll_transmit(pair.now, pair::path(), &mut hello);
    for (_, datagram) in hello.datagrams() {
        pair.ends[SERVER].handle_datagram(pair.now, datagram);
    }
    let mut timeouts = 0;
    let end = pair.now + Duration::from_secs(30);
    while let Some(next) = pair.ends[SERVER].poll_timeout().filter(|next| *next < end) {
        pair.now = pair.now.max(next);
        pair.ends[SERVER].handle_timeout(pair.now);
        timeouts += 1;
    }
    assert!(timeouts > 20, "{timeouts}");
    let mut kept = 0;
    let mut batch = base::SendBatch::new();
    loop {
        batch.clear();
        pair.ends[SERVER].poll_transmit(pair.now, pair::path(), &mut batch);
        if batch.is_empty() {
            break;
        }
        kept += batch.len();
    }
    assert!((1..=64).contains(&kept), "{kept}");
}

#[derive(Clone, Copy, Debug)]
enum Mutation {
    Flip { at: usize, bits: u8 },
    Truncate { to: usize },
    Repeat { at: usize },
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (any::<usize>(), 1..=255_u8).prop_map(|(at, bits)| Mutation::Flip { at, bits }),
        any::<usize>().prop_map(|to| Mutation::Truncate { to }),
        any::<usize>().prop_map(|at| Mutation::Repeat { at }),
    ]
}

fn mutate(datagram: &[u8], mutations: &[Mutation]) -> Vec<u8> {
    let mut bytes = datagram.to_vec();
    for mutation in mutations {
        if bytes.is_empty() {
            break;
        }
        match *mutation {
            Mutation::Flip { at, bits } => {
                let at = at % bytes.len();
                bytes[at] ^= bits;
            }
            Mutation::Truncate { to } => bytes.truncate(to % bytes.len()),
            Mutation::Repeat { at } => {
                let tail = bytes[at % bytes.len()..].to_vec();
                bytes.extend(tail);
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Every datagram of a handshake comes mutated at first. Nothing panics, and a connection, if it comes to
    /// one, is with the right peer.
    #[test]
    fn mutated_handshakes_never_panic_or_connect_wrongly(
        v12: bool,
        seed: u8,
        mutations in proptest::collection::vec(proptest::collection::vec(mutation(), 1..3), 1..12),
    ) {
        let versions = if v12 { Versions::Dtls12 } else { Versions::Both };
        let configs = configs().map(|config| Config { versions, ..config });
        let certificates = [configs[1].certificate.clone(), configs[0].certificate.clone()];
        let mut pair = Pair::new(configs, seed, CLEAN);
        let mut mutations = mutations.iter().cycle();
        for _ in 0..60 {
            let before = pair.sent.len();
            pair.poll();
            let fresh = pair.sent[before..].to_vec();
            for (from, datagram) in fresh {
                let bad = mutate(&datagram, mutations.next().unwrap());
                pair.ends[1 - from].handle_datagram(pair.now, &bad);
            }
            pair.step();
        }
        for (end, certificate) in pair.ends.iter().zip(&certificates) {
            if end.state() == State::Connected {
                prop_assert_eq!(end.remote_certificate(), Some(certificate.der()));
            }
        }
    }

    /// A connection that stands is not touched by mutated records, in either direction.
    #[test]
    fn mutated_records_neither_panic_nor_pass_nor_end_a_connection(
        v12: bool,
        mutations in proptest::collection::vec(proptest::collection::vec(mutation(), 1..3), 1..20),
    ) {
        let mut pair = Pair::connected(if v12 { Versions::Dtls12 } else { Versions::Dtls13 });
        let handshake = pair.sent.clone();
        for (n, mutations) in mutations.iter().enumerate() {
            let from = n % 2;
            let good = pair.seal(from, b"plaintext");
            let bad = mutate(&good, mutations);
            if bad != good {
                pair.ends[1 - from].handle_datagram(pair.now, &bad);
                if let Some(read) = pair.ends[1 - from].read() {
                    // The record itself beside something that is none.
                    prop_assert!(bad.windows(good.len()).any(|window| window == good));
                    prop_assert_eq!(read, b"plaintext");
                }
            }
            let (from, datagram) = &handshake[n % handshake.len()];
            pair.ends[1 - from].handle_datagram(pair.now, &mutate(datagram, mutations));
        }
        pair.run_for(Duration::from_secs(5));
        pair.assert_works();
    }
}
