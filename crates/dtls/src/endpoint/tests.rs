use std::sync::Arc;

use base::SocketId;

use super::*;
use crate::{Certificate, HashAlgorithm, Versions};

fn path() -> Path {
    Path { socket: SocketId(0), remote: ([192, 0, 2, 1], 9).into() }
}

/// Two ends, the client first, that know each other's fingerprints.
fn ends(versions: Versions) -> ([Endpoint; 2], Instant) {
    let day = Duration::from_secs(86_400);
    #[allow(clippy::disallowed_methods, reason = "std has no other way to make an Instant")]
    let now = Instant::now();
    let certificates =
        [(); 2].map(|()| Arc::new(Certificate::generate_ecdsa_p256(20_000 * day, 30 * day).unwrap()));
    let ends = [Role::Client, Role::Server].map(|role| {
        let theirs = certificates[1 - role as usize].fingerprint(HashAlgorithm::Sha256);
        let config = Config::new(certificates[role as usize].clone(), role, vec![theirs]);
        Endpoint::new(Config { versions, ..config }, now, Rng::from_seed([role as u8; 32]))
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
