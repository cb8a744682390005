//! Every source of candidates by itself.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Rng, SocketId};
use session::{
    Action, ActionResult, BindError, Event, IcePlan, IceServer, Interface, Session, SessionConfig,
    SessionPlan, TransportId, TransportPlan,
};

const ONE: TransportId = TransportId(0);

fn server(host: &str) -> IceServer {
    IceServer {
        kind: session::IceServerKind::Stun,
        url: format!("stun:{host}"),
        host: host.to_owned(),
        port: 3478,
    }
}

fn session(servers: Vec<IceServer>) -> (Session, Instant) {
    session_with(|config| config.ice_servers = servers)
}

fn session_with(change: impl FnOnce(&mut SessionConfig)) -> (Session, Instant) {
    let clock = sim::Clock::new();
    let since_epoch = clock.wall_clock().at(clock.now());
    let certificate = dtls::Certificate::generate_ecdsa_p256(since_epoch, Duration::from_secs(3600)).unwrap();
    let mut config = SessionConfig::new(Arc::new(certificate));
    change(&mut config);
    (Session::new(config, clock.now(), clock.wall_clock(), [3; 32]), clock.now())
}

/// The same, with transports of these ids.
fn plan_of(ids: &[u32]) -> SessionPlan {
    let transport = |id: &u32| (TransportId(*id), plan(*id as u8).transports.remove(&ONE).unwrap());
    SessionPlan { transports: ids.iter().map(transport).collect(), sctp: None }
}

fn plan(seed: u8) -> SessionPlan {
    let local = ice::Credentials::generate(&mut Rng::from_seed([seed; 32]));
    let ice =
        IcePlan { role: ice::Role::Controlling, local, relay_only: false, remote: None, renomination: false };
    SessionPlan { transports: [(ONE, Box::new(TransportPlan { ice, dtls: None }))].into(), sctp: None }
}

fn actions(session: &mut Session) -> Vec<Action> {
    std::iter::from_fn(|| session.poll_action()).collect()
}

fn events(session: &mut Session) -> Vec<ice::Event> {
    let ice = |event| match event {
        Event::Ice(_, event) => Some(event),
        _ => None,
    };
    std::iter::from_fn(|| session.poll_event()).filter_map(ice).collect()
}

fn addresses(events: &[ice::Event]) -> Vec<SocketAddr> {
    let address = |event: &ice::Event| match event {
        ice::Event::LocalCandidate(candidate) => Some(candidate.address),
        _ => None,
    };
    events.iter().filter_map(address).collect()
}

fn is_complete(session: &Session) -> bool {
    session.ice(ONE).unwrap().gathering_state() == ice::GatheringState::Complete
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn interface(address: &str) -> Interface {
    ip(address).into()
}

#[test]
fn a_source_that_fails_or_waits_delays_no_other() {
    let (mut session, now) = session(vec![server("slow.example"), server("missing.example")]);
    // Without a plan there is nobody to gather.
    session.gather(now, ONE);
    assert_eq!(session.poll_action(), None);
    session.apply(now, plan(1));
    assert_eq!(session.poll_action(), None);
    session.gather(now, ONE);
    let asked = actions(&mut session);
    let resolve = |id, host: &str| Action::Resolve { id, host: host.to_owned(), port: 3478 };
    assert_eq!(asked, [Action::ListInterfaces, resolve(0, "slow.example"), resolve(1, "missing.example")]);

    let interfaces = ["127.0.0.1", "10.0.0.1", "10.0.0.2", "fe80::1"].map(interface).to_vec();
    session.handle_action_result(now, ActionResult::Interfaces(interfaces));
    let bind = |n, host: &str| Action::BindUdp { socket: SocketId(n), address: (ip(host), 0).into() };
    assert_eq!(actions(&mut session), [bind(0, "10.0.0.1"), bind(1, "10.0.0.2")]);

    let first = ActionResult::Bound { socket: SocketId(0), result: Err(BindError::AddressUnavailable) };
    session.handle_action_result(now, first);
    let address: SocketAddr = "10.0.0.2:4000".parse().unwrap();
    session.handle_action_result(now, ActionResult::Bound { socket: SocketId(1), result: Ok(address) });
    assert_eq!(addresses(&events(&mut session)), [address]);
    assert_eq!(session.counters().bind_failures, 1);
    assert!(!is_complete(&session));

    session.handle_action_result(now, ActionResult::Resolved { id: 1, addresses: Vec::new() });
    let failed = events(&mut session);
    assert!(
        failed.iter().any(|event| matches!(event,
            ice::Event::CandidateError(error) if error.url == "stun:missing.example" && error.code == 701)),
        "{failed:?}"
    );
    assert!(!is_complete(&session));
    session.handle_action_result(now, ActionResult::Resolved { id: 0, addresses: Vec::new() });
    assert!(is_complete(&session));
}

/// Without any server that has answered, there may be no connection at all.
#[test]
fn a_name_that_does_not_resolve_holds_the_end_of_gathering_for_five_seconds_where_there_is_no_other_server() {
    let (mut session, now) = session(vec![server("silent.example")]);
    session.apply(now, plan(1));
    session.gather(now, ONE);
    session.handle_action_result(now, ActionResult::Interfaces(Vec::new()));
    let deadline = now + Duration::from_secs(5);
    assert_eq!(session.poll_timeout(), Some(deadline));
    session.handle_timeout(deadline - Duration::from_millis(1));
    assert!(!is_complete(&session));
    session.handle_timeout(deadline);
    assert!(is_complete(&session));
    let told = events(&mut session);
    assert_eq!(unreachable(&told), ["stun:silent.example"]);
    assert!(matches!(told.last(), Some(ice::Event::GatheringState(ice::GatheringState::Complete))));
    assert_eq!(session.poll_timeout(), None);

    // Too late: the end of the candidates was told.
    let address = "192.0.2.9:3478".parse().unwrap();
    session.handle_action_result(deadline, ActionResult::Resolved { id: 0, addresses: vec![address] });
    assert!(is_complete(&session) && events(&mut session).is_empty());

    // The next generation asks again, and has a time of its own.
    session.apply(deadline, plan(2));
    session.gather(deadline, ONE);
    assert!(actions(&mut session).iter().any(|action| matches!(action, Action::Resolve { id: 1, .. })));
    assert_eq!(session.poll_timeout(), Some(deadline + Duration::from_secs(5)));
}

/// The URLs of the servers that could not be reached.
fn unreachable(events: &[ice::Event]) -> Vec<String> {
    let url = |event: &ice::Event| match event {
        ice::Event::CandidateError(error) if error.code == 701 => Some(error.url.clone()),
        _ => None,
    };
    events.iter().filter_map(url).collect()
}

/// A session with a host candidate that has asked for the addresses of these servers.
fn asking(hosts: &[&str]) -> (Session, Instant) {
    let (mut session, now) = session(hosts.iter().map(|host| server(host)).collect());
    session.apply(now, plan(1));
    session.gather(now, ONE);
    changed_by(&mut session, now);
    events(&mut session);
    (session, now)
}

/// Binds the one socket that is asked for.
fn changed_by(session: &mut Session, now: Instant) {
    session.handle_action_result(now, ActionResult::Interfaces(vec![interface("10.0.0.1")]));
    let result = Ok("10.0.0.1:4000".parse().unwrap());
    session.handle_action_result(now, ActionResult::Bound { socket: SocketId(0), result });
    actions(session);
}

const SERVER: &str = "192.0.2.9:3478";
const MAPPED: &str = "203.0.113.1:5000";

/// The name `id` is resolved at `now`, and the server answers at once.
fn answer(session: &mut Session, now: Instant, id: u32) {
    let address: SocketAddr = SERVER.parse().unwrap();
    session.handle_action_result(now, ActionResult::Resolved { id, addresses: vec![address] });
    let mut batch = base::SendBatch::new();
    session.poll_transmit(now, &mut batch);
    let requests: Vec<_> = batch.datagrams().map(|(path, datagram)| (path, datagram.to_vec())).collect();
    let [(path, request)] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(path.remote, address);
    session.handle_datagram(now, *path, &binding_response(request, MAPPED.parse().unwrap()));
}

/// What RFC 8489 has a server answer: XOR-MAPPED-ADDRESS.
fn binding_response(request: &[u8], mapped: SocketAddr) -> Vec<u8> {
    let SocketAddr::V4(mapped) = mapped else { panic!("IPv4") };
    let mut response = vec![1, 1, 0, 12];
    response.extend_from_slice(&request[4..20]);
    response.extend_from_slice(&[0, 0x20, 0, 8, 0, 1]);
    let cookie = &request[4..8];
    let plain = [&mapped.port().to_be_bytes()[..], &mapped.ip().octets()].concat();
    let mask = [&cookie[..2], cookie].concat();
    response.extend(plain.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
    response
}

#[test]
fn a_name_that_resolves_late_still_gives_its_candidate() {
    let (mut session, now) = asking(&["slow.example"]);
    for late in [1, 3, 4] {
        session.handle_timeout(now + Duration::from_secs(late));
        assert!(!is_complete(&session) && events(&mut session).is_empty());
    }
    let then = now + Duration::from_millis(4800);
    answer(&mut session, then, 0);
    let told = events(&mut session);
    assert_eq!(addresses(&told), [MAPPED.parse().unwrap()]);
    assert!(matches!(told.last(), Some(ice::Event::GatheringState(ice::GatheringState::Complete))));
}

/// What answered is enough: gathering ends a second after it, or after the question if that is later.
#[test]
fn a_name_that_does_not_resolve_holds_gathering_for_a_second_where_another_server_answers() {
    for (answered, end) in [(100, 1100), (900, 1900), (3500, 4500), (4500, 5000)] {
        let (mut session, now) = asking(&["silent.example", "good.example"]);
        let at = |ms: u64| now + Duration::from_millis(ms);
        session.handle_timeout(at(answered));
        answer(&mut session, at(answered), 1);
        assert_eq!(addresses(&events(&mut session)), [MAPPED.parse().unwrap()]);
        session.handle_timeout(at(end - 1));
        assert!(!is_complete(&session), "{answered}");
        session.handle_timeout(at(end));
        assert!(is_complete(&session), "{answered}");
        assert_eq!(unreachable(&events(&mut session)), ["stun:silent.example"]);
    }
}

/// A pool of these transports, of which each has a socket at a port of its own, from 4000 on.
fn pooled(ids: &[u32]) -> (Session, Instant) {
    let (mut session, now) = session(Vec::new());
    let ids: Vec<_> = ids.iter().map(|id| TransportId(*id)).collect();
    session.set_pool(now, &ids, false);
    assert_eq!(actions(&mut session), [Action::ListInterfaces]);
    session.handle_action_result(now, ActionResult::Interfaces(vec![interface("10.0.0.1")]));
    assert_eq!(actions(&mut session).len(), ids.len());
    for socket in 0..ids.len() {
        let address = SocketAddr::new(ip("10.0.0.1"), 4000 + socket as u16);
        let bound = ActionResult::Bound { socket: SocketId(socket as u32), result: Ok(address) };
        session.handle_action_result(now, bound);
    }
    assert!(events(&mut session).is_empty(), "nobody is told");
    (session, now)
}

/// RFC 9429, section 3.5.4.
#[test]
fn a_plan_takes_over_what_its_transport_has_gathered_in_the_pool() {
    let (mut session, now) = pooled(&[0, 1]);
    let plan = plan(1);
    session.apply(now, plan.clone());
    session.gather(now, ONE);
    assert!(actions(&mut session).is_empty(), "nothing is asked again");
    let told = events(&mut session);
    assert_eq!(addresses(&told), ["10.0.0.1:4000".parse().unwrap()]);
    let local = &plan.transports[&ONE].ice.local;
    assert!(told.iter().all(|event| match event {
        ice::Event::LocalCandidate(candidate) => candidate.ufrag.as_ref() == Some(&local.ufrag),
        _ => true,
    }));
    assert_eq!(session.ice(ONE).unwrap().local_credentials(), local);
    assert!(is_complete(&session));
    // What is not wanted any more leaves nothing behind.
    session.set_pool(now, &[], false);
    assert_eq!(actions(&mut session), [Action::CloseSocket { socket: SocketId(1) }]);
}

#[test]
fn what_the_pool_gathered_under_another_policy_is_not_told() {
    let (mut session, now) = pooled(&[0]);
    let mut plan = plan(1);
    plan.transports.get_mut(&ONE).unwrap().ice.relay_only = true;
    session.apply(now, plan.clone());
    session.gather(now, ONE);
    assert_eq!(addresses(&events(&mut session)), []);
    assert_eq!(session.ice(ONE).unwrap().local_credentials(), &plan.transports[&ONE].ice.local);
    assert!(is_complete(&session));
}

#[test]
fn repeated_and_unasked_answers_change_nothing() {
    let (mut session, now) = session(Vec::new());
    session.apply(now, plan(1));
    let address: SocketAddr = "10.0.0.1:4000".parse().unwrap();
    let bound = ActionResult::Bound { socket: SocketId(0), result: Ok(address) };
    let listed = ActionResult::Interfaces(vec![interface("10.0.0.1")]);
    session.handle_action_result(now, listed.clone());
    session.handle_action_result(now, bound.clone());
    session.handle_action_result(now, ActionResult::Resolved { id: 7, addresses: vec![address] });
    assert!(actions(&mut session).is_empty() && events(&mut session).is_empty());

    session.gather(now, ONE);
    session.gather(now, ONE);
    for _ in 0..3 {
        session.handle_action_result(now, listed.clone());
        session.handle_action_result(now, bound.clone());
    }
    assert_eq!(actions(&mut session).len(), 2);
    assert_eq!(addresses(&events(&mut session)), [address]);
    assert!(is_complete(&session));
}

#[test]
fn a_machine_without_addresses_completes() {
    let (mut session, now) = session(Vec::new());
    session.apply(now, plan(1));
    session.gather(now, ONE);
    session.handle_action_result(now, ActionResult::Interfaces(Vec::new()));
    assert!(is_complete(&session));
}

#[test]
fn a_restart_announces_old_sockets_again_and_finds_new_ones() {
    let (mut session, now) = session(Vec::new());
    session.apply(now, plan(1));
    session.gather(now, ONE);
    session.handle_action_result(now, ActionResult::Interfaces(vec![interface("10.0.0.1")]));
    let first: SocketAddr = "10.0.0.1:4000".parse().unwrap();
    session.handle_action_result(now, ActionResult::Bound { socket: SocketId(0), result: Ok(first) });
    assert!(is_complete(&session));
    actions(&mut session);
    events(&mut session);

    session.apply(now, plan(2));
    session.gather(now, ONE);
    assert_eq!(actions(&mut session), [Action::ListInterfaces]);
    let listed = ActionResult::Interfaces(vec![interface("10.0.0.1"), interface("192.168.0.5")]);
    session.handle_action_result(now, listed);
    let second: SocketAddr = "192.168.0.5:4001".parse().unwrap();
    let bind = Action::BindUdp { socket: SocketId(1), address: (second.ip(), 0).into() };
    assert_eq!(actions(&mut session), [bind]);
    session.handle_action_result(now, ActionResult::Bound { socket: SocketId(1), result: Ok(second) });
    let mut announced = addresses(&events(&mut session));
    announced.sort();
    assert_eq!(announced, [first, second]);
    assert!(is_complete(&session));
}

#[test]
fn a_socket_that_is_bound_after_the_end_is_closed() {
    let (mut session, now) = session(Vec::new());
    session.apply(now, plan(1));
    session.gather(now, ONE);
    session.handle_action_result(now, ActionResult::Interfaces(vec![interface("10.0.0.1")]));
    session.close(now);
    session.poll_transmit(now, &mut base::SendBatch::new());
    actions(&mut session);
    let address = "10.0.0.1:4000".parse().unwrap();
    session.handle_action_result(now, ActionResult::Bound { socket: SocketId(0), result: Ok(address) });
    assert_eq!(actions(&mut session), [Action::CloseSocket { socket: SocketId(0) }]);
    assert!(session.is_drained());
}

fn complete(session: &Session, id: u32) -> bool {
    session.ice(TransportId(id)).unwrap().gathering_state() == ice::GatheringState::Complete
}

#[test]
fn a_question_that_is_open_is_asked_once_for_all_that_gather() {
    let (mut session, now) = session(vec![server("a.example"), server("b.example")]);
    session.apply(now, plan_of(&[1, 2, 3]));
    session.gather(now, TransportId(1));
    session.gather(now, TransportId(2));
    let resolve = |id, host: &str| Action::Resolve { id, host: host.to_owned(), port: 3478 };
    assert_eq!(
        actions(&mut session),
        [Action::ListInterfaces, resolve(0, "a.example"), resolve(1, "b.example")]
    );
    session.handle_action_result(now, ActionResult::Resolved { id: 0, addresses: Vec::new() });
    // One that begins later asks again for what was answered, and for nothing else.
    session.gather(now, TransportId(3));
    assert_eq!(actions(&mut session), [resolve(2, "a.example")]);

    session.handle_action_result(now, ActionResult::Interfaces(vec![interface("10.0.0.1")]));
    let bind = |n| Action::BindUdp { socket: SocketId(n), address: (ip("10.0.0.1"), 0).into() };
    assert_eq!(actions(&mut session), [bind(0), bind(1), bind(2)]);
    for n in 0..3 {
        let address = SocketAddr::new(ip("10.0.0.1"), 4000 + n as u16);
        session.handle_action_result(now, ActionResult::Bound { socket: SocketId(n), result: Ok(address) });
    }
    session.handle_action_result(now, ActionResult::Resolved { id: 1, addresses: Vec::new() });
    assert_eq!([1, 2, 3].map(|id| complete(&session, id)), [true, true, false]);
    session.handle_action_result(now, ActionResult::Resolved { id: 2, addresses: Vec::new() });
    assert!(complete(&session, 3));
    let errors = events(&mut session);
    let errors = errors.iter().filter(|event| matches!(event, ice::Event::CandidateError(_)));
    assert_eq!(errors.count(), 6);
}

#[test]
fn what_nobody_waits_for_any_more_is_taken_back_or_closed_once() {
    let (mut session, now) = session(vec![server("a.example")]);
    session.apply(now, plan_of(&[1]));
    session.gather(now, TransportId(1));
    session.apply(now, plan_of(&[]));
    assert!(actions(&mut session).is_empty());

    session.apply(now, plan_of(&[2, 3]));
    session.gather(now, TransportId(2));
    session.gather(now, TransportId(3));
    assert_eq!(actions(&mut session).len(), 2);
    session.handle_action_result(
        now,
        ActionResult::Interfaces(vec![interface("10.0.0.1"), interface("10.0.0.2")]),
    );
    // Two sockets for each: the first of the second transport is being bound when it goes.
    let asked = [session.poll_action(), session.poll_action(), session.poll_action()];
    session.apply(now, plan_of(&[2]));
    assert!(actions(&mut session).is_empty());
    for action in asked.into_iter().flatten() {
        let Action::BindUdp { socket, address } = action else { panic!("{action:?}") };
        let result = Ok(SocketAddr::new(address.ip(), 4000 + socket.0 as u16));
        session.handle_action_result(now, ActionResult::Bound { socket, result });
        session.handle_action_result(now, ActionResult::Bound { socket, result });
    }
    assert_eq!(actions(&mut session), [Action::CloseSocket { socket: SocketId(2) }]);
    session.handle_action_result(now, ActionResult::Resolved { id: 1, addresses: Vec::new() });
    assert!(complete(&session, 2));
    assert_eq!(session.ice(TransportId(2)).unwrap().local_candidates().count(), 2);
}

#[test]
fn transports_share_the_sockets_that_a_session_may_have() {
    let (mut session, now) = session(Vec::new());
    let ids: Vec<u32> = (0..20).collect();
    session.apply(now, plan_of(&ids));
    ids.iter().for_each(|id| session.gather(now, TransportId(*id)));
    assert_eq!(actions(&mut session), [Action::ListInterfaces]);
    let addresses = (1..=16).map(|n| interface(&format!("10.0.0.{n}"))).collect();
    session.handle_action_result(now, ActionResult::Interfaces(addresses));
    let asked = actions(&mut session);
    assert_eq!(asked.len(), 256);
    assert_eq!(session.counters().sockets_over_limit, 20 * 16 - 256);
    for action in asked {
        let Action::BindUdp { socket, address } = action else { panic!("{action:?}") };
        let result = Ok(SocketAddr::new(address.ip(), 4000 + socket.0 as u16));
        session.handle_action_result(now, ActionResult::Bound { socket, result });
    }
    for id in ids {
        let hosts = session.ice(TransportId(id)).unwrap().local_candidates().count();
        assert!((12..=13).contains(&hosts) && complete(&session, id), "{hosts}");
    }
}

#[test]
fn ports_come_from_the_range_and_a_taken_one_is_followed_by_the_next() {
    let ports = 50_000..=50_003;
    let (mut session, now) = session_with(|config| config.hosts.ports = Some(ports.clone()));
    session.apply(now, plan(1));
    session.gather(now, ONE);
    actions(&mut session);
    let listed = ActionResult::Interfaces(vec![interface("10.0.0.1"), interface("10.0.0.2")]);
    session.handle_action_result(now, listed);
    let asked = |session: &mut Session| match actions(session)[..] {
        [Action::BindUdp { socket, address }] => Some((socket, address)),
        [] => None,
        ref other => panic!("{other:?}"),
    };
    let [Action::BindUdp { address: first, .. }, Action::BindUdp { socket: other, address: second }] =
        actions(&mut session)[..]
    else {
        panic!("two sockets");
    };
    assert!(ports.contains(&first.port()) && ports.contains(&second.port()));
    session.handle_action_result(now, ActionResult::Bound { socket: other, result: Ok(second) });

    let in_use = ActionResult::Bound { socket: SocketId(0), result: Err(BindError::InUse) };
    let mut tried = vec![first.port()];
    session.handle_action_result(now, in_use.clone());
    while let Some((SocketId(0), address)) = asked(&mut session) {
        tried.push(address.port());
        session.handle_action_result(now, in_use.clone());
    }
    tried.sort_unstable();
    assert_eq!(tried, ports.collect::<Vec<_>>());
    assert_eq!(session.counters().bind_failures, 1);
    assert_eq!(addresses(&events(&mut session)), [second]);
    assert!(is_complete(&session));
}

#[test]
fn another_failure_ends_the_search_for_a_port() {
    let (mut session, now) = session_with(|config| config.hosts.ports = Some(50_000..=50_099));
    session.apply(now, plan(1));
    session.gather(now, ONE);
    actions(&mut session);
    session.handle_action_result(now, ActionResult::Interfaces(vec![interface("10.0.0.1")]));
    assert_eq!(actions(&mut session).len(), 1);
    let gone = ActionResult::Bound { socket: SocketId(0), result: Err(BindError::AddressUnavailable) };
    session.handle_action_result(now, gone);
    assert!(actions(&mut session).is_empty() && is_complete(&session));
}

/// A session that gathered on these addresses.
fn gathered(hosts: &[&str], change: impl FnOnce(&mut SessionConfig)) -> (Session, Instant) {
    let (mut session, now) = session_with(change);
    session.apply(now, plan(1));
    session.gather(now, ONE);
    actions(&mut session);
    changed(&mut session, now, hosts);
    (session, now)
}

/// The driver lists these addresses, and binds what is asked for. What is closed.
fn changed(session: &mut Session, now: Instant, hosts: &[&str]) -> Vec<SocketId> {
    let hosts = hosts.iter().map(|host| interface(host)).collect();
    session.handle_action_result(now, ActionResult::Interfaces(hosts));
    let mut closed = Vec::new();
    for action in actions(session) {
        match action {
            Action::BindUdp { socket, address } => {
                let address = SocketAddr::new(address.ip(), 4000);
                session.handle_action_result(now, ActionResult::Bound { socket, result: Ok(address) });
            }
            Action::CloseSocket { socket } => closed.push(socket),
            other => panic!("{other:?}"),
        }
    }
    closed
}

#[test]
fn an_address_that_goes_away_takes_its_socket_along() {
    let (mut session, now) = gathered(&["10.0.0.1", "10.0.0.2"], |_| ());
    assert_eq!(changed(&mut session, now, &[]), [], "a list that could not be had");
    assert_eq!(changed(&mut session, now, &["10.0.0.2", "10.0.0.3"]), [SocketId(0)]);
    assert_eq!(changed(&mut session, now, &["10.0.0.2", "10.0.0.3"]), []);
    let seen = addresses(&events(&mut session));
    assert_eq!(seen, ["10.0.0.1:4000", "10.0.0.2:4000"].map(|at| at.parse().unwrap()));
    assert!(is_complete(&session));
}

#[test]
fn addresses_that_turn_up_later_are_gathered_on_where_that_is_asked_for() {
    let (mut session, now) = gathered(&["10.0.0.1"], |config| config.hosts.gather_continually = true);
    assert_eq!(addresses(&events(&mut session)), ["10.0.0.1:4000".parse().unwrap()]);
    assert!(is_complete(&session));
    assert_eq!(changed(&mut session, now, &["10.0.0.2"]), [SocketId(0)]);
    assert_eq!(addresses(&events(&mut session)), ["10.0.0.2:4000".parse().unwrap()]);
    assert!(is_complete(&session));
    assert_eq!(changed(&mut session, now, &["10.0.0.2"]), []);
}

#[test]
fn loopback_that_stood_in_for_a_network_stays_when_there_is_one() {
    let (mut session, now) = gathered(&["127.0.0.1"], |_| ());
    assert_eq!(changed(&mut session, now, &["127.0.0.1", "10.0.0.1"]), []);
}

/// An allocation is known by its addresses (RFC 8656, section 3): where others use the sockets as well, those of a session
/// at a TURN server over UDP need sockets that are its own.
#[test]
fn sessions_that_share_their_sockets_ask_turn_servers_from_sockets_of_their_own() {
    let turn = |host: &str| IceServer {
        kind: session::IceServerKind::Turn {
            protocol: ice::RelayProtocol::Udp,
            credentials: ice::TurnCredentials {
                username: "user".to_owned(),
                password: base::Redacted::new("password".to_owned()),
            },
        },
        url: format!("turn:{host}"),
        ..server(host)
    };
    let (mut session, now) = session_with(|config| {
        config.ice_servers = vec![turn("192.0.2.1"), turn("192.0.2.2"), turn("192.0.2.3")];
        Arc::make_mut(&mut config.ice).own_relay_sockets = true;
    });
    session.apply(now, plan(1));
    session.gather(now, ONE);
    assert_eq!(actions(&mut session), [Action::ListInterfaces]);
    session.handle_action_result(now, ActionResult::Interfaces(vec![interface("10.0.0.1")]));
    let shared = SocketId(0);
    assert_eq!(
        actions(&mut session),
        [Action::BindUdp { socket: shared, address: (ip("10.0.0.1"), 0).into() }]
    );
    let address: SocketAddr = "10.0.0.1:4000".parse().unwrap();
    session.handle_action_result(now, ActionResult::Bound { socket: shared, result: Ok(address) });

    // One can be bound, one cannot, one is not answered yet.
    let (mut asked, mut sent) = (Vec::new(), Vec::new());
    for step in 0..20 {
        let now = now + Duration::from_millis(20 * step);
        session.handle_timeout(now);
        for action in actions(&mut session) {
            let Action::BindOwnUdp { socket, address } = action else { panic!("{action:?}") };
            assert_eq!(address, (ip("10.0.0.1"), 0).into());
            let result = match asked.len() {
                0 => Some(Ok("10.0.0.1:4001".parse().unwrap())),
                1 => Some(Err(BindError::Exhausted)),
                _ => None,
            };
            asked.push(socket);
            if let Some(result) = result {
                session.handle_action_result(now, ActionResult::Bound { socket, result });
            }
        }
        let mut batch = base::SendBatch::new();
        session.poll_transmit(now, &mut batch);
        sent.extend(batch.datagrams().map(|(path, _)| path));
    }
    assert_eq!(asked.len(), 3);
    assert_eq!(sent, [base::Path { socket: asked[0], remote: "192.0.2.1:3478".parse().unwrap() }]);
    let failed = events(&mut session).into_iter().find_map(|event| match event {
        ice::Event::CandidateError(error) => Some((error.url.clone(), error.code)),
        _ => None,
    });
    assert_eq!(failed, Some(("turn:192.0.2.2".to_owned(), 701)));

    session.close(now);
    let mut closed = actions(&mut session);
    closed.sort_by_key(|action| format!("{action:?}"));
    assert_eq!(closed, [shared, asked[0], asked[2]].map(|socket| Action::CloseSocket { socket }));
}
