use std::sync::Arc;

use base::SocketId;

use super::*;
use crate::{Certificate, HashAlgorithm, Versions};

fn path() -> Path {
    Path { socket: SocketId(0), remote: ([192, 0, 2, 1], 9).into() }
}

/// Two ends, the client first, that know each other's fingerprints.
fn ends(versions: Versions) -> ([Endpoint; 2], Instant) {
    ends_with(versions, [Config::MAX_RECORD_SIZE_LIMIT; 2])
}

/// The same, each with what it takes.
fn ends_with(versions: Versions, record_size_limits: [u16; 2]) -> ([Endpoint; 2], Instant) {
    let day = Duration::from_secs(86_400);
    #[allow(clippy::disallowed_methods, reason = "std has no other way to make an Instant")]
    let now = Instant::now();
    let certificates =
        [(); 2].map(|()| Arc::new(Certificate::generate_ecdsa_p256(20_000 * day, 30 * day).unwrap()));
    let ends = [Role::Client, Role::Server].map(|role| {
        let theirs = certificates[1 - role as usize].fingerprint(HashAlgorithm::Sha256);
        let config = Config::new(certificates[role as usize].clone(), role, vec![theirs]);
        let record_size_limit = Some(record_size_limits[role as usize]);
        Endpoint::new(Config { versions, record_size_limit, ..config }, now, Rng::from_seed([role as u8; 32]))
    });
    (ends, now)
}

/// What one end has to say reaches the other one, where `passes` says so.
fn exchange(ends: &mut [Endpoint; 2], now: Instant, mut passes: impl FnMut(usize) -> bool) {
    for from in [0, 1, 0, 1, 0, 1, 0, 1] {
        let mut batch = SendBatch::new();
        ends[from].poll_transmit(now, path(), &mut batch);
        for (_, datagram) in batch.datagrams().filter(|_| passes(from)) {
            ends[1 - from].handle_datagram(now, datagram);
        }
    }
}

fn pass(ends: &mut [Endpoint; 2], from: usize, now: Instant) -> bool {
    let mut batch = SendBatch::new();
    ends[from].seal(now, b"data", path(), &mut batch).unwrap();
    for (_, datagram) in batch.datagrams() {
        ends[1 - from].handle_datagram(now, datagram);
    }
    ends[1 - from].read() == Some(&b"data"[..])
}

fn connected(versions: Versions) -> ([Endpoint; 2], Instant) {
    let (mut ends, now) = ends(versions);
    exchange(&mut ends, now, |_| true);
    assert!(ends.iter().all(|end| end.state() == State::Connected), "{ends:?}");
    (ends, now)
}

fn want_update(end: &mut Endpoint, now: Instant) {
    end.handshake.as_mut().unwrap().want_update(now, &end.records);
}

#[test]
fn keys_are_changed_as_often_as_it_takes_and_lost_updates_come_again() {
    let (mut ends, mut now) = connected(Versions::Dtls13);
    for round in 1..=10_u64 {
        for from in 0..2 {
            want_update(&mut ends[from], now);
            // The update, and the first acknowledgement, are lost.
            exchange(&mut ends, now, |_| false);
            assert!(pass(&mut ends, from, now), "the old keys go on");
            for _ in 0..2 {
                now += Duration::from_secs(1);
                ends[from].handle_timeout(now);
                let mut answers = 0;
                exchange(&mut ends, now, |end| {
                    answers += u32::from(end != from);
                    end == from || round % 2 == 0 || answers > 1
                });
            }
            now += Duration::from_secs(1);
            ends[from].handle_timeout(now);
            exchange(&mut ends, now, |_| true);
            assert_eq!(ends[from].records.write_epoch(), 3 + round, "{from}");
            assert!(pass(&mut ends, from, now) && pass(&mut ends, 1 - from, now));
        }
    }
}

#[test]
fn a_record_of_the_epoch_before_is_still_read() {
    let (mut ends, now) = connected(Versions::Dtls13);
    let mut late = SendBatch::new();
    ends[0].seal(now, b"late", path(), &mut late).unwrap();
    want_update(&mut ends[0], now);
    exchange(&mut ends, now, |_| true);
    assert_eq!(ends[0].records.write_epoch(), 4);
    assert!(pass(&mut ends, 0, now));
    let datagram = late.datagrams().next().unwrap().1.to_vec();
    ends[1].handle_datagram(now, &datagram);
    assert_eq!(ends[1].read(), Some(&b"late"[..]));
    ends[1].handle_datagram(now, &datagram);
    assert_eq!(ends[1].read(), None);
    assert_eq!(ends[1].counters().dropped_replayed, 1);
}

#[test]
fn a_key_that_has_protected_enough_is_changed_without_being_asked() {
    let (mut ends, now) = connected(Versions::Dtls13);
    ends.iter_mut().for_each(|end| end.records.pretend((1 << 23) - 1));
    assert!(pass(&mut ends, 0, now));
    exchange(&mut ends, now, |_| true);
    assert_eq!(ends[0].records.write_epoch(), 4);
    assert!(pass(&mut ends, 0, now));
    // Where the peer does not acknowledge it, the key ends, and with it the connection.
    ends[0].records.pretend(1 << 24);
    let refused = ends[0].seal(now, b"x", path(), &mut SendBatch::new());
    assert_eq!(refused, Err(SealError::NotConnected));
    assert_eq!(ends[0].poll_event(), Some(Event::Connected));
    assert_eq!(ends[0].poll_event(), Some(Event::Failed(FailureCause::Connection)));
}

#[test]
fn application_data_under_the_handshakes_keys_is_not_delivered() {
    let (mut ends, now) = ends(Versions::Dtls13);
    // Without the acknowledgement, after which the client has these keys no more.
    while ends[1].state() != State::Connected {
        for from in [0, 1] {
            let mut batch = SendBatch::new();
            if ends[1].state() != State::Connected {
                ends[from].poll_transmit(now, path(), &mut batch);
            }
            batch.datagrams().for_each(|(_, datagram)| ends[1 - from].handle_datagram(now, datagram));
        }
    }
    let mut record = Vec::new();
    ends[0].records.write(HANDSHAKE_EPOCH, ContentType::ApplicationData, &[b"x"], &mut record).unwrap();
    ends[1].handle_datagram(now, &record);
    assert_eq!(ends[1].read(), None);
    assert_eq!(ends[1].counters().dropped_malformed, 1);
}

#[test]
fn the_handshakes_keys_are_kept_as_long_as_the_peer_may_repeat_itself() {
    let (mut ends, now) = connected(Versions::Dtls13);
    let has_keys = |end: &mut Endpoint| {
        end.records.write(HANDSHAKE_EPOCH, ContentType::Handshake, &[b"x"], &mut Vec::new()).is_ok()
    };
    // The client's last flight was acknowledged; the server does not know whether its acknowledgement arrived.
    assert_eq!(ends.each_mut().map(has_keys), [false, true]);
    ends[1].handle_timeout(now + ends[1].config.handshake_timeout);
    assert_eq!(ends.each_mut().map(has_keys), [false, false]);
    assert!(pass(&mut ends, 0, now) && pass(&mut ends, 1, now));
}

#[test]
fn what_a_peer_with_the_keys_may_not_say_ends_the_connection() {
    // A second handshake in 1.3, and an update that is none.
    for (kind, body) in [(1, &b"x"[..]), (24, b"\x02"), (24, b""), (13, b"")] {
        let (mut ends, now) = connected(Versions::Dtls13);
        let fragment = crate::message::Fragment { kind, length: body.len(), sequence: 4, offset: 0, body };
        // The client's messages are numbered up to 3: hello, certificate, proof and Finished.
        let mut record = Vec::new();
        let pieces = [&fragment.header()[..], body];
        ends[0].records.write(3, ContentType::Handshake, &pieces, &mut record).unwrap();
        ends[1].handle_datagram(now, &record);
        assert_eq!(ends[1].state(), State::Failed, "{kind}");
    }
    // In 1.2 there is no second handshake either; it is not heard.
    let (mut ends, now) = connected(Versions::Dtls12);
    let fragment = crate::message::Fragment { kind: 1, length: 1, sequence: 5, offset: 0, body: b"x" };
    let mut record = Vec::new();
    ends[0].records.write(1, ContentType::Handshake, &[&fragment.header(), b"x"], &mut record).unwrap();
    ends[1].handle_datagram(now, &record);
    assert!(pass(&mut ends, 0, now) && pass(&mut ends, 1, now));
}

#[test]
fn alerts_of_a_peer_with_the_keys_are_believed() {
    for versions in [Versions::Dtls12, Versions::Dtls13] {
        let tell = |alert: [u8; 2]| {
            let (mut ends, now) = connected(versions);
            let epoch = ends[0].records.write_epoch();
            let mut record = Vec::new();
            ends[0].records.write(epoch, ContentType::Alert, &[&alert], &mut record).unwrap();
            ends[1].handle_datagram(now, &record);
            ends[1].state()
        };
        assert_eq!(tell([1, 0]), State::Closed);
        assert_eq!(tell([2, 40]), State::Failed);
        assert_eq!(tell([1, 90]), State::Connected, "user_canceled says nothing");
        // A warning: in 1.3 there is none.
        let expected = if versions == Versions::Dtls12 { State::Connected } else { State::Failed };
        assert_eq!(tell([1, 100]), expected);
    }
}

#[test]
fn both_ends_export_the_same_and_say_what_was_agreed_on() {
    for versions in [Versions::Dtls12, Versions::Dtls13] {
        let (ends, _) = connected(versions);
        let [one, other] = [0, 1].map(|end| ends[end].export_keying_material("EXPERIMENTAL", 60).unwrap());
        assert_eq!(one.expose_secret(), other.expose_secret());
        assert_eq!(ends[0].srtp_profile(), Some(SrtpProfile::AeadAes128Gcm));
        assert_eq!(ends[1].srtp_profile(), ends[0].srtp_profile());
        assert_eq!(ends[0].cipher_suite(), ends[1].cipher_suite());
        assert!(ends[0].cipher_suite().unwrap().ends_with("AES_128_GCM_SHA256"));
    }
}

/// RFC 8449, section 4: what is longer than we said that we take is discarded.
#[test]
fn records_beyond_our_limit_are_dropped_and_end_nothing() {
    for (versions, content) in [(Versions::Dtls12, 200), (Versions::Dtls13, 199)] {
        let (mut ends, now) = ends_with(versions, [200, Config::MAX_RECORD_SIZE_LIMIT]);
        exchange(&mut ends, now, |_| true);
        assert_eq!(ends.each_ref().map(Endpoint::state), [State::Connected; 2]);
        assert_eq!(ends[1].max_plaintext(), Some(content));
        let refused = ends[1].seal(now, &vec![1; content + 1], path(), &mut SendBatch::new());
        assert_eq!(refused, Err(SealError::TooLarge));
        // A peer that does not keep to it.
        ends[1].records.set_limits(None);
        let epoch = ends[1].records.write_epoch();
        for kind in [ContentType::ApplicationData, ContentType::Handshake, ContentType::Alert] {
            let mut record = Vec::new();
            ends[1].records.write(epoch, kind, &[&vec![1; content + 1]], &mut record).unwrap();
            ends[0].handle_datagram(now, &record);
        }
        assert_eq!(ends[0].read(), None);
        assert_eq!(ends[0].counters().dropped_too_long, 3);
        let mut record = Vec::new();
        ends[1]
            .records
            .write(epoch, ContentType::ApplicationData, &[&vec![1; content]], &mut record)
            .unwrap();
        ends[0].handle_datagram(now, &record);
        assert_eq!(ends[0].read().map(<[u8]>::len), Some(content));
        assert!(pass(&mut ends, 0, now) && pass(&mut ends, 1, now));
    }
}

/// Padding counts, too (RFC 8449, section 4): without a limit of ours, up to the protocol's.
#[test]
fn records_beyond_the_protocols_limit_are_dropped() {
    let (mut ends, now) = connected(Versions::Dtls13);
    ends.iter_mut().for_each(|end| end.records.set_limits(None));
    let long = vec![1; MAX_PLAINTEXT];
    let mut batch = SendBatch::new();
    ends[0].seal(now, &long, path(), &mut batch).unwrap();
    let datagram = batch.datagrams().next().unwrap().1.to_vec();
    // One byte more, with the length that says so; it is too long before it is forged.
    let mut longer = [&datagram[..], &[0]].concat();
    let length = u16::from_be_bytes([longer[3], longer[4]]) + 1;
    longer[3..5].copy_from_slice(&length.to_be_bytes());
    ends[1].handle_datagram(now, &longer);
    assert_eq!((ends[1].counters().dropped_too_long, ends[1].counters().dropped_forged), (1, 0));
    ends[1].handle_datagram(now, &datagram);
    assert_eq!(ends[1].read(), Some(&long[..]));
}

#[test]
fn an_idle_end_keeps_no_room_for_long_records() {
    let (mut ends, now) = connected(Versions::Dtls13);
    let mut batch = SendBatch::new();
    ends[0].seal(now, &vec![1; MAX_PLAINTEXT], path(), &mut batch).unwrap();
    ends[1].handle_datagram(now, batch.datagrams().next().unwrap().1);
    ends[1].handle_timeout(now);
    assert_eq!(ends[1].read().map(<[u8]>::len), Some(MAX_PLAINTEXT), "it was not read yet");
    ends[1].handle_timeout(now);
    assert_eq!(ends[1].unread.buffer().capacity(), 0);
    assert!(pass(&mut ends, 0, now));
}
