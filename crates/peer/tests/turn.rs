//! Relays, in virtual time: over each transport, for as long as a call lasts, and with servers that do not do as they
//! should.

mod stage;

use std::time::Duration;

use base::Redacted;
use ice::{CandidateKind, RelayProtocol};
use peer::{
    Configuration, Event, IceCandidateError, IceConnectionState, IceServer, IceTransportPolicy, Payload,
};
use sim::{NatConfig, Passage, TurnFaults, TurnServer};
use stage::world::{Opened, Place, STUN, World, stun_url, turn_urls};
use stage::{A, B};

const PASSWORD: &str = "password";

fn server(url: &str, password: &str) -> IceServer {
    IceServer {
        urls: vec![url.to_owned()],
        username: Some("user".to_owned()),
        credential: Some(Redacted::new(password.to_owned())),
    }
}

fn relay_only(ice_servers: Vec<IceServer>) -> Configuration {
    let ice_transport_policy = IceTransportPolicy::Relay;
    Configuration { ice_servers, ice_transport_policy, ..Configuration::default() }
}

fn world(configuration: &Configuration) -> World {
    let place = Place::behind(NatConfig::symmetric());
    World::apart([&place, &place], configuration)
}

fn relayed(opened: &Opened) -> [CandidateKind; 2] {
    [&opened.local, &opened.remote].map(|candidate| candidate.fields.as_ref().expect("a candidate").kind)
}

fn errors(world: &World, index: usize) -> Vec<IceCandidateError> {
    let error = |event: &Event| match event {
        Event::IceCandidateError(error) => Some(error.clone()),
        _ => None,
    };
    world.call.peer(index).events.iter().filter_map(error).collect()
}

fn sees_no_address_of_ours(world: &World, index: usize) {
    for event in &world.call.peer(index).events {
        if let Event::IceCandidate(Some(candidate)) = event {
            let text = &candidate.candidate;
            assert!(!text.contains("192.168.") && !text.contains("203.0.113."), "{text}");
        }
    }
    let sdp = &world.call.peer(index).pc.local_description().expect("a description").sdp;
    assert!(!sdp.contains("192.168.") && !sdp.contains("203.0.113."), "{sdp}");
}

#[test]
fn relays_connect_over_each_transport_and_show_nothing_else() {
    for (url, protocol, limit) in [
        ("turn:turn.test", RelayProtocol::Udp, 1000),
        ("turn:turn.test?transport=tcp", RelayProtocol::Tcp, 1200),
        ("turns:turn.test:443", RelayProtocol::Tls, 1300),
    ] {
        let mut world = world(&relay_only(vec![stun_url(STUN), server(url, PASSWORD)]));
        let opened = world.connect().expect("a channel");
        assert_eq!(relayed(&opened), [CandidateKind::Relayed; 2], "{url}");
        assert!(opened.after < Duration::from_millis(limit), "{url} {:?}", opened.after);
        let fields = opened.local.fields.as_ref().expect("a candidate");
        assert_eq!((fields.relay_protocol, fields.url.as_deref()), (Some(protocol), Some(url)));
        assert!(opened.local.candidate.contains("raddr 0.0.0.0 rport 0"));
        assert_eq!(errors(&world, A), []);
        [A, B].into_iter().for_each(|index| sees_no_address_of_ours(&world, index));
        let turn: &TurnServer = world.call.network.server(world.turn);
        assert_eq!(turn.allocations(), 2, "{url}");
    }
}

#[test]
fn a_relay_is_the_way_out_where_udp_is_blocked() {
    let open = Place::behind(NatConfig::port_restricted());
    let closed = Place::behind(NatConfig { udp: Passage::Closed, ..NatConfig::port_restricted() });
    let configuration =
        Configuration { ice_servers: vec![stun_url(STUN), turn_urls()], ..Configuration::default() };
    for places in [[&open, &closed], [&closed, &open], [&closed, &closed]] {
        let mut world = World::apart(places, &configuration);
        let opened = world.connect().expect("a channel");
        assert!(relayed(&opened).contains(&CandidateKind::Relayed));
        // Everything over UDP is dead on one side: that holds nobody up.
        for gathering in world.gathering {
            let took = gathering.ended.expect("an end") - gathering.began.expect("a beginning");
            assert!(took < Duration::from_millis(1500), "{took:?}");
        }
    }
}

/// Everything that is to be refreshed is: after 25 minutes the allocation (10), the permissions (5) and the channel (10)
/// would all be gone.
#[test]
fn a_relay_lasts_and_data_takes_the_channel() {
    let mut world = world(&relay_only(vec![server("turn:turn.test", PASSWORD)]));
    world.connect().expect("a channel");
    world.run(Duration::from_secs(1500), |_| false);
    let indications = world.call.network.server::<TurnServer>(world.turn).indications();
    let channel = world.call.peer(B).incoming().expect("a channel");
    let late = Payload { text: true, bytes: bytes::Bytes::from_static(b"late") };
    world.call.with(B, |pc, now| pc.channel_send(now, channel, late.clone())).expect("sent");
    world.run(Duration::from_secs(2), |_| false);
    assert_eq!(world.call.peer(A).messages(), [late]);
    let turn: &TurnServer = world.call.network.server(world.turn);
    assert_eq!(turn.indications(), indications, "in channels, all of it");
    assert_eq!(turn.allocations(), 2);
}

#[test]
fn closing_gives_the_allocation_back() {
    for url in ["turn:turn.test", "turn:turn.test?transport=tcp"] {
        let mut world = world(&relay_only(vec![server(url, PASSWORD)]));
        world.connect().expect("a channel");
        world.call.with(A, |pc, now| pc.close(now));
        world.run(Duration::from_secs(1), |_| false);
        assert_eq!(world.call.network.server::<TurnServer>(world.turn).allocations(), 1, "{url}");
    }
}

/// Nobody is told that the server was started anew, and the allocations would be refreshed minutes later only.
#[test]
fn a_restart_finds_that_the_server_has_forgotten_its_allocations() {
    for url in ["turn:turn.test", "turn:turn.test?transport=tcp"] {
        let mut world = world(&relay_only(vec![server(url, PASSWORD)]));
        world.connect().expect("a channel");
        world.call.network.server_mut::<TurnServer>(world.turn).restart();
        world.run(Duration::from_secs(1), |_| false);
        assert!(world.send("lost for now", Duration::from_secs(14)).is_none(), "{url}");
        for index in [A, B] {
            let state = world.call.peer(index).pc.ice_connection_state();
            assert_eq!(state, IceConnectionState::Disconnected, "{url}");
        }
        let begun = world.call.network.now();
        world.restart_ice();
        assert!(world.send("again", Duration::from_secs(2)).is_some(), "{url}");
        let took = world.call.network.now() - begun;
        assert!(took < Duration::from_millis(1000), "{url} {took:?}");
        let texts: Vec<_> = world.call.peer(B).messages().into_iter().map(|message| message.bytes).collect();
        assert_eq!(texts, ["lost for now", "again"], "{url}");
        assert_eq!(errors(&world, A), []);
        assert_eq!(world.call.network.server::<TurnServer>(world.turn).allocations(), 2, "{url}");
    }
}

#[test]
fn a_nonce_that_goes_stale_is_replaced() {
    let mut world = world(&relay_only(vec![server("turn:turn.test", PASSWORD)]));
    let faults = TurnFaults { nonce_uses: Some(1), ..TurnFaults::default() };
    world.call.network.server_mut::<TurnServer>(world.turn).set_faults(faults);
    world.connect().expect("a channel");
    world.run(Duration::from_secs(1500), |_| false);
    assert_eq!(world.call.network.server::<TurnServer>(world.turn).allocations(), 2);
}

#[test]
fn what_a_server_has_against_us_is_told() {
    for (faults, password, code) in [
        (TurnFaults::default(), "wrong", 401),
        (TurnFaults { refuse: Some(486), ..TurnFaults::default() }, PASSWORD, 486),
        (TurnFaults { refuse: Some(437), ..TurnFaults::default() }, PASSWORD, 437),
        (TurnFaults { refuse: Some(508), ..TurnFaults::default() }, PASSWORD, 508),
        // Each request: no server that is content.
        (TurnFaults { nonce_uses: Some(0), ..TurnFaults::default() }, PASSWORD, 438),
        (TurnFaults { silent: true, ..TurnFaults::default() }, PASSWORD, 701),
    ] {
        for url in ["turn:turn.test", "turn:turn.test?transport=tcp"] {
            let mut world = world(&relay_only(vec![server(url, password)]));
            world.call.network.server_mut::<TurnServer>(world.turn).set_faults(faults.clone());
            assert!(world.connect().is_none());
            let errors = errors(&world, A);
            assert_eq!(errors.iter().map(|error| error.error_code).collect::<Vec<_>>(), [code], "{url}");
            // Nothing of ours shows where only relays may.
            assert_eq!((errors[0].url.as_str(), errors[0].address), (url, None));
        }
    }
}

#[test]
fn a_server_that_sends_us_round_in_circles_is_given_up() {
    for alternate in ["198.51.100.2:3478", "127.0.0.1:3478", "[2001:db8:f::2]:3478", "198.51.100.2:0"] {
        let mut world = world(&relay_only(vec![server("turn:turn.test", PASSWORD)]));
        let faults = TurnFaults { alternate: alternate.parse().ok(), ..TurnFaults::default() };
        world.call.network.server_mut::<TurnServer>(world.turn).set_faults(faults);
        assert!(world.connect().is_none());
        assert_eq!(errors(&world, A).iter().map(|error| error.error_code).collect::<Vec<_>>(), [300]);
    }
}

#[test]
fn dead_servers_end_gathering_in_time() {
    let dead = |url: &str| server(url, PASSWORD);
    let everywhere =
        |servers: Vec<IceServer>| Configuration { ice_servers: servers, ..Configuration::default() };
    let took = |configuration: &Configuration| {
        let mut world = world(configuration);
        let faults = TurnFaults { silent: true, ..TurnFaults::default() };
        world.call.network.server_mut::<TurnServer>(world.turn).set_faults(faults);
        world.connect();
        let gathering = world.gathering[A];
        gathering.ended.expect("an end") - gathering.began.expect("a beginning")
    };
    // One that answers: 1 s after its round trip, the others have to have answered.
    let mixed = took(&everywhere(vec![
        dead("turn:turn.test"),
        dead("turn:turn.test?transport=tcp"),
        stun_url("stun:203.0.113.77"),
        stun_url(STUN),
    ]));
    assert!(mixed <= Duration::from_millis(1042), "{mixed:?}");
    // None: there is nothing to go by.
    let alone = took(&everywhere(vec![dead("turn:turn.test")]));
    assert!(alone <= Duration::from_millis(4600), "{alone:?}");
}
