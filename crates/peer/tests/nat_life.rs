//! What happens to a connection through NATs later: mappings that time out, and NATs that forget them.

mod stage;

use std::time::Duration;

use peer::{Configuration, IceConnectionState};
use sim::{NatConfig, TurnFaults, TurnServer};
use stage::world::{Place, STUN, World, stun_url, turn_urls};
use stage::{A, B};

fn connected(places: [&Place; 2]) -> World {
    let configuration = Configuration { ice_servers: vec![stun_url(STUN)], ..Configuration::default() };
    let mut world = World::apart(places, &configuration);
    world.connect().expect("a connection");
    world
}

/// Consent checks come every 4 to 6 s (RFC 7675, section 5.1), and keep what lives for 15 s.
#[test]
fn a_connection_without_traffic_keeps_its_mappings() {
    for nat in [NatConfig::port_restricted(), NatConfig::full_cone()] {
        let place = Place::behind(NatConfig { udp_timeout: Duration::from_secs(15), ..nat });
        let mut world = connected([&place, &place]);
        world.run(Duration::from_secs(3600), |_| false);
        let after = world.send("still there?", Duration::from_secs(10)).expect("it arrives");
        assert_eq!(after, Duration::from_millis(22), "at once: nothing was lost");
    }
}

/// A NAT with random ports gives new ones: the other side hears from an address that nobody has told it, and moves there
/// at the latest when consent over the old one ends, after 30 s (RFC 7675, section 5.1).
#[test]
fn a_connection_outlives_nats_that_forget_it() {
    let [home, symmetric] = [NatConfig::port_restricted(), NatConfig::symmetric()].map(Place::behind);
    let cone = Place::behind(NatConfig::full_cone());
    let public = Place::public();
    for places in [
        [&home, &home],
        [&symmetric, &public],
        [&public, &symmetric],
        [&symmetric, &cone],
        [&cone, &symmetric],
    ] {
        let mut world = connected(places);
        for round in ["first", "second"] {
            world.restart_nats();
            world.run(Duration::from_secs(40), |_| false);
            for peer in [A, B] {
                let state = world.call.peer(peer).pc.ice_connection_state();
                let works = matches!(state, IceConnectionState::Connected | IceConnectionState::Completed);
                assert!(works, "{round}: {state:?}: {places:?}");
            }
            assert!(world.send(round, Duration::from_millis(25)).is_some(), "{round}: {places:?}");
        }
    }
}

/// Half an hour of refreshes, and then nothing: webrtc-pc has "disconnected" first, and "failed" when consent has ended.
#[test]
fn a_relay_carries_on_until_it_dies() {
    let symmetric = Place::behind(NatConfig::symmetric());
    let ice_servers = vec![stun_url(STUN), turn_urls()];
    let mut world = World::apart([&symmetric; 2], &Configuration { ice_servers, ..Configuration::default() });
    world.connect().expect("a connection");
    world.run(Duration::from_secs(1800), |_| false);
    assert!(world.send("still there?", Duration::from_secs(1)).is_some());
    let turn = world.turn;
    let dead = TurnFaults { silent: true, ..TurnFaults::default() };
    world.call.network.server_mut::<TurnServer>(turn).set_faults(dead);
    let states = [(15, IceConnectionState::Disconnected), (25, IceConnectionState::Failed)];
    for (seconds, expected) in states {
        world.run(Duration::from_secs(seconds), |_| false);
        for peer in [A, B] {
            assert_eq!(world.call.peer(peer).pc.ice_connection_state(), expected);
        }
    }
}
