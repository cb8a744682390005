//! Attacks on ICE as they look from a whole connection; those on the agent alone are in `crates/ice/tests/attacks.rs`.
//!
//! | | attacker | attack | right answer |
//! |---|---|---|---|
//! | A5 | signalling | candidates of machines inside our network | they get checks, and never any data |
//! | A7 | the peer | answers no checks, and goes on sending | our data stops within 30 s |
//! | A10 | off the path | DTLS, RTP and noise from addresses that ICE knows nothing of | dropped before any cryptography |
//! | A13 | a reader of logs | looks for passwords and keys in what is printed | there are none |

mod support;

use std::time::Duration;

use ice::Candidate;
use sim::LinkConfig;
use support::{ONE, Pair, binary, host, labelled};

#[test]
fn a5_no_data_goes_to_where_no_check_was_answered() {
    let mut pair = Pair::new(1, LinkConfig::default());
    // A server inside, which receives and is no ICE agent: the peer's own machine, deaf and dumb.
    pair.network.unlink(pair.a, pair.b);
    pair.network.link_one_way(pair.a, pair.b, LinkConfig::default());
    let key = pair.open(pair.a, labelled("x"));
    pair.send(pair.a, key, binary(vec![7; 1000])).ok();
    for (index, address) in ["127.0.0.1:22", "169.254.169.254:80", "10.0.0.9:25"].into_iter().enumerate() {
        let candidate = Candidate { foundation: format!("{index}"), ..host(address.parse().unwrap()) };
        pair.network.with(pair.a, |peer, now| peer.session.add_remote_candidate(now, ONE, candidate));
    }
    pair.apply();
    pair.run_for(Duration::from_secs(120));
    let a = pair.peer(pair.a);
    assert_eq!(a.data_sent, 0);
    assert!(a.session.ice(ONE).unwrap().counters().requests_sent > 0);
    assert!(a.session.counters().datagrams_sent <= 4 * 10);
}

#[test]
fn a7_a_peer_that_answers_no_checks_gets_no_data_after_thirty_seconds() {
    let mut pair = Pair::connected(2, LinkConfig::default());
    let (ours, theirs) = pair.open_both(pair.a, labelled("x"));
    pair.network.with(pair.b, |peer, _| peer.ignores_checks = true);
    // It asks for our consent, has it, and keeps sending.
    let begun = pair.network.now();
    for _ in 0..310 {
        pair.send(pair.a, ours, binary(vec![7; 100])).ok();
        pair.send(pair.b, theirs, binary(vec![7; 100])).ok();
        pair.run_for(Duration::from_millis(100));
    }
    assert!(pair.network.now() - begun <= Duration::from_secs(31));
    assert_eq!(pair.peer(pair.a).session.ice(ONE).unwrap().state(), ice::TransportState::Failed);
    let sent = pair.peer(pair.a).session.counters().datagrams_sent;
    for _ in 0..100 {
        pair.send(pair.b, theirs, binary(vec![7; 100])).ok();
        pair.run_for(Duration::from_millis(100));
    }
    assert_eq!(pair.peer(pair.a).session.counters().datagrams_sent, sent);
}

#[test]
fn a10_what_no_check_came_before_reaches_no_cryptography() {
    // Before there is a connection, while one begins, and when one stands.
    for wait in [0, 15, 10_000] {
        let mut pair = Pair::new(3, LinkConfig::default());
        pair.apply();
        pair.run_for(Duration::from_millis(wait));
        let to = pair.peer(pair.b).candidates[&ONE][0].address;
        let before = pair.peer(pair.b).session.counters();
        let endpoint = pair.peer(pair.b).session.dtls(ONE).map(dtls::Endpoint::counters);
        for port in 1..=500 {
            for first in [20, 22, 25, 63, 128, 191, 200, 16, 64] {
                let mut datagram = vec![first, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40];
                datagram.extend([1; 40]);
                let path = base::Path { socket: base::SocketId(0), remote: ([203, 0, 113, 9], port).into() };
                pair.network.with(pair.b, |peer, now| peer.session.handle_datagram(now, path, &datagram));
            }
        }
        let after = pair.peer(pair.b).session.counters();
        assert_eq!(after.dropped_unvalidated - before.dropped_unvalidated, 4 * 500, "{to}");
        assert_eq!(after.dropped_unknown - before.dropped_unknown, 5 * 500);
        assert_eq!(after.dtls_received, before.dtls_received);
        assert_eq!(pair.peer(pair.b).session.dtls(ONE).map(dtls::Endpoint::counters), endpoint);
        assert!(pair.run(30, |a, b| a.is_connected() && b.is_connected()), "{}", pair.describe());
    }
}

#[test]
fn a13_nothing_that_is_printed_has_a_secret() {
    let pair = Pair::connected(4, LinkConfig::default());
    let mut printed = format!("{:?}", pair.plans);
    for id in [pair.a, pair.b] {
        let peer = pair.peer(id);
        printed += &format!("{:?} {:?} {:?}", peer.session, peer.log, peer.ice);
        printed += &format!("{:?} {:?}", peer.session.stats(), peer.session.transport_stats(ONE));
        printed += &format!("{:?}", peer.session.ice(ONE).unwrap().pairs().collect::<Vec<_>>());
    }
    for plan in &pair.plans {
        let pwd = plan.transports[&ONE].ice.local.pwd.expose_secret();
        assert!(!printed.contains(pwd.as_str()));
        assert!(!printed.contains(&format!("{:?}", pwd.as_bytes()).replace(['[', ']'], "")));
    }
    assert!(printed.len() > 1000);
}
