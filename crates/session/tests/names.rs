//! Names instead of addresses: ours, and those of the peer.

mod support;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Rng, SocketId};
use ice::MdnsName;
use session::{
    Action, ActionResult, Event, IcePlan, Session, SessionConfig, SessionPlan, TransportId, TransportPlan,
};
use support::host;

const ONE: TransportId = TransportId(0);

fn session(hide_addresses: bool) -> (Session, Instant) {
    let clock = sim::Clock::new();
    let since_epoch = clock.wall_clock().at(clock.now());
    let certificate = dtls::Certificate::generate_ecdsa_p256(since_epoch, Duration::from_secs(3600)).unwrap();
    let mut config = SessionConfig::new(Arc::new(certificate));
    config.hosts.hide_addresses = hide_addresses;
    let mut session = Session::new(config, clock.now(), clock.wall_clock(), [3; 32]);
    session.apply(clock.now(), plan(&[ONE]));
    (session, clock.now())
}

fn plan(ids: &[TransportId]) -> SessionPlan {
    let credentials = |seed: u8| ice::Credentials::generate(&mut Rng::from_seed([seed; 32]));
    let transport = |id: &TransportId| {
        let remote = Some((credentials(100), false));
        let local = credentials(id.0 as u8);
        let ice =
            IcePlan { role: ice::Role::Controlling, local, remote, relay_only: false, renomination: false };
        (*id, Box::new(TransportPlan { ice, dtls: None }))
    };
    SessionPlan { transports: ids.iter().map(transport).collect(), sctp: None }
}

fn actions(session: &mut Session) -> Vec<Action> {
    std::iter::from_fn(|| session.poll_action()).collect()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn name(number: usize) -> MdnsName {
    format!("1f4712db-ea17-4bcf-a596-{number:012}.local").parse().unwrap()
}

/// A candidate of the peer.
fn named(name: MdnsName, port: u16) -> ice::Candidate {
    ice::Candidate { name: Some(name), ..host(SocketAddr::from(([0, 0, 0, 0], port))) }
}

/// Gathers on two addresses, and answers what is asked.
fn gather(session: &mut Session, now: Instant, id: TransportId) -> Vec<Action> {
    session.gather(now, id);
    assert_eq!(actions(session), [Action::ListInterfaces]);
    let listed = ActionResult::Interfaces(vec![ip("10.0.0.1").into(), ip("2001:db8::1").into()]);
    session.handle_action_result(now, listed);
    for action in actions(session) {
        let Action::BindUdp { socket, address } = action else { panic!("{action:?}") };
        let address = SocketAddr::new(address.ip(), 4000 + socket.0 as u16);
        session.handle_action_result(now, ActionResult::Bound { socket, result: Ok(address) });
    }
    actions(session)
}

fn remotes(session: &Session) -> Vec<SocketAddr> {
    session.ice(ONE).unwrap().remote_candidates().map(|candidate| candidate.address).collect()
}

#[test]
fn each_address_has_one_name_until_its_last_socket_is_closed() {
    let (mut session, now) = session(true);
    let published = gather(&mut session, now, ONE);
    let [Action::PublishName { name: v4, ip: first }, Action::PublishName { name: v6, ip: second }] =
        &published[..]
    else {
        panic!("{published:?}");
    };
    assert_eq!((*first, *second), (ip("10.0.0.1"), ip("2001:db8::1")));
    let names: Vec<_> = std::iter::from_fn(|| session.poll_event())
        .filter_map(|event| match event {
            Event::Ice(_, ice::Event::LocalCandidate(candidate)) => candidate.name,
            _ => None,
        })
        .collect();
    assert_eq!(names, [v4.clone(), v6.clone()]);

    // A second transport of the same machine has the same names.
    session.apply(now, plan(&[ONE, TransportId(1)]));
    assert_eq!(gather(&mut session, now, TransportId(1)), []);
    let locals = |session: &Session| {
        let agent = session.ice(TransportId(1)).unwrap();
        agent.local_candidates().map(|candidate| candidate.name.clone().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(locals(&session), names);

    session.apply(now, plan(&[ONE]));
    let closed = actions(&mut session);
    assert_eq!(closed, [2, 3].map(|socket| Action::CloseSocket { socket: SocketId(socket) }));
    session.close(now);
    let closed = actions(&mut session);
    for name in names {
        assert!(closed.contains(&Action::UnpublishName { name }), "{closed:?}");
    }
    assert_eq!(closed.len(), 4);
    assert!(session.is_drained());
}

/// webrtc-pc, "administratively prohibited": nothing is asked of the network that a relay could not hide.
#[test]
fn with_relays_only_no_name_of_the_peer_is_looked_up() {
    let (mut session, now) = session(false);
    let mut relayed = plan(&[ONE]);
    relayed.transports.get_mut(&ONE).unwrap().ice.relay_only = true;
    session.apply(now, relayed);
    session.add_remote_candidate(now, ONE, named(name(1), 5000));
    assert_eq!(actions(&mut session), []);
    assert_eq!(session.counters().candidate_names_prohibited, 1);
    assert_eq!(session.ice(ONE).unwrap().remote_candidates().count(), 0);
}

#[test]
fn no_name_is_published_where_none_is_asked_for() {
    let (mut session, now) = session(false);
    assert_eq!(gather(&mut session, now, ONE), []);
    assert!(session.ice(ONE).unwrap().local_candidates().all(|candidate| candidate.name.is_none()));
}

#[test]
fn a_name_is_asked_for_once_and_every_candidate_has_its_own_port() {
    let (mut session, now) = session(false);
    session.add_remote_candidate(now, ONE, named(name(1), 5000));
    session.add_remote_candidate(now, ONE, named(name(1), 5001));
    assert_eq!(actions(&mut session), [Action::ResolveName { id: 0, name: name(1) }]);
    assert_eq!(remotes(&session), []);
    let resolved = ActionResult::Resolved { id: 0, addresses: vec!["10.0.0.2:0".parse().unwrap()] };
    session.handle_action_result(now, resolved.clone());
    session.handle_action_result(now, resolved);
    assert_eq!(remotes(&session), ["10.0.0.2:5000", "10.0.0.2:5001"].map(|at| at.parse().unwrap()));
}

#[test]
fn a_name_of_no_or_several_addresses_is_no_candidate() {
    let (mut session, now) = session(false);
    for (id, addresses) in [vec![], vec!["10.0.0.2:0", "10.0.0.3:0"]].into_iter().enumerate() {
        session.add_remote_candidate(now, ONE, named(name(id), 5000));
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        session.handle_action_result(now, ActionResult::Resolved { id: id as u32, addresses });
    }
    assert_eq!(remotes(&session), []);
    assert_eq!(session.counters().candidate_names_unresolved, 2);
}

#[test]
fn a15_look_ups_are_bounded() {
    let (mut session, now) = session(false);
    for number in 0..1000 {
        session.add_remote_candidate(now, ONE, named(name(number), 5000));
    }
    assert_eq!(actions(&mut session).len(), 16);
    assert_eq!(session.counters().candidate_names_over_limit, 984);
    for port in 0..1000 {
        session.add_remote_candidate(now, ONE, named(name(0), 5000 + port));
    }
    assert_eq!(actions(&mut session), []);
    assert_eq!(session.counters().candidate_names_over_limit, 984 + 1000 - 48);
    // Answers make room.
    session.handle_action_result(now, ActionResult::Resolved { id: 3, addresses: Vec::new() });
    session.add_remote_candidate(now, ONE, named(name(2000), 5000));
    assert_eq!(actions(&mut session).len(), 1);
}

#[test]
fn an_answer_after_the_transport_is_gone_changes_nothing() {
    let (mut session, now) = session(false);
    session.add_remote_candidate(now, ONE, named(name(1), 5000));
    actions(&mut session);
    session.apply(now, SessionPlan::default());
    let resolved = ActionResult::Resolved { id: 0, addresses: vec!["10.0.0.2:0".parse().unwrap()] };
    session.handle_action_result(now, resolved.clone());
    session.close(now);
    session.handle_action_result(now, resolved);
    assert!(session.is_drained());
}
