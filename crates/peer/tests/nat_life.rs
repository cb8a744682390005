//! What happens to a connection through NATs later: mappings that time out, and NATs that forget them.

mod stage;

use std::net::IpAddr;
use std::time::Duration;

use peer::{Configuration, Event, IceConnectionState, TransportId};
use sim::{LinkConfig, NatConfig, Network, Passage, PortChoice, Realm, TurnFaults, TurnServer};
use stage::network::Peer;
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

/// Places that meet without a relay, one side at least behind a NAT that forgets.
fn meetings() -> [[Place; 2]; 5] {
    let home = || Place::behind(NatConfig::port_restricted());
    let symmetric = || Place::behind(NatConfig::symmetric());
    let cone = || Place::behind(NatConfig::full_cone());
    [
        [home(), home()],
        [symmetric(), Place::public()],
        [Place::public(), symmetric()],
        [symmetric(), cone()],
        [cone(), symmetric()],
    ]
}

/// A NAT with random ports gives new ones: the other side hears from an address that nobody has told it, and moves there.
#[test]
fn a_connection_outlives_nats_that_forget_it() {
    for places in &meetings() {
        let places = places.each_ref();
        let mut world = connected(places);
        for round in ["first", "second"] {
            world.restart_nats();
            world.run(Duration::from_secs(15), |_| false);
            for peer in [A, B] {
                let state = world.call.peer(peer).pc.ice_connection_state();
                let works = matches!(state, IceConnectionState::Connected | IceConnectionState::Completed);
                assert!(works, "{round}: {state:?}: {places:?}");
            }
            assert!(world.send(round, Duration::from_millis(25)).is_some(), "{round}: {places:?}");
        }
    }
}

/// Neither side is told that its NAT has forgotten the connection. The first datagram finds out: it goes unanswered, or
/// comes from an address that nobody knew.
#[test]
fn what_is_sent_after_nats_have_forgotten_arrives_in_seconds() {
    for places in &meetings() {
        let places = places.each_ref();
        for from in [A, B] {
            let mut world = connected(places);
            world.run(Duration::from_secs(100), |_| false);
            world.restart_nats();
            let what = format!("from {from}: {places:?}");
            assert!(world.send_from(from, "there", Duration::from_secs(5)).is_some(), "{what}");
            world.run(Duration::from_secs(1), |_| false);
            assert!(world.send_from(1 - from, "back", Duration::from_millis(25)).is_some(), "{what}");
            world.run(Duration::from_secs(10), |_| false);
            for peer in [A, B] {
                let state = world.call.peer(peer).pc.ice_connection_state();
                assert_eq!(state, IceConnectionState::Completed, "{what}");
            }
        }
    }
}

/// Over TCP as well: neither end is told, and the side that has connected connects again.
#[test]
fn a_connection_over_tcp_outlives_a_nat_that_forgets_it() {
    let nat = NatConfig { udp: Passage::Closed, ..NatConfig::symmetric() };
    let (browser, server) = (Place::behind(nat).connecting(), Place::public().listening(443));
    for (places, connects) in [([&browser, &server], A), ([&server, &browser], B)] {
        // Whoever connects finds out by the first message that goes unanswered; the other one has nobody to connect to, and
        // waits until the first one's checks for consent tell it.
        for (from, limit) in [(connects, 5), (1 - connects, 20)] {
            let mut world = connected(places);
            for round in ["first", "second", "third"] {
                world.run(Duration::from_secs(100), |_| false);
                world.restart_nats();
                let what = format!("{round} from {from}");
                let sent = world.send_from(from, round, Duration::from_secs(limit));
                assert!(sent.is_some(), "{what}");
                world.run(Duration::from_secs(2), |_| false);
                assert!(world.send_from(1 - from, &what, Duration::from_millis(25)).is_some(), "{what}");
                world.run(Duration::from_secs(10), |_| false);
                for peer in [A, B] {
                    let pc = &world.call.peer(peer).pc;
                    assert_eq!(pc.ice_connection_state(), IceConnectionState::Completed, "{what}");
                    let failed = Event::IceConnectionStateChange(IceConnectionState::Failed);
                    assert!(!world.call.peer(peer).saw(&failed), "{what}");
                }
            }
        }
    }
}

/// What a server relays belongs to a stream (RFC 8656, section 2.1): over another one it is another relayed address, which
/// takes a restart to be told.
#[test]
fn a_restart_finds_another_relay_where_a_nat_has_forgotten_the_stream_to_it() {
    let office = Place::behind(NatConfig { udp: Passage::Closed, ..NatConfig::symmetric() });
    let configuration = Configuration { ice_servers: vec![turn_urls()], ..Configuration::default() };
    let mut world = World::apart([&office, &Place::public()], &configuration);
    world.connect().expect("a connection");
    world.run(Duration::from_secs(100), |_| false);
    world.restart_nats();
    let id = world.call.ids[A];
    let is_lost = |network: &Network<Peer>| {
        network.node(id).pc.ice_connection_state() == IceConnectionState::Disconnected
    };
    assert!(world.run(Duration::from_secs(20), is_lost));
    world.restart_ice();
    assert!(world.send("over another relay", Duration::from_secs(8)).is_some());
}

/// A second way out of A's machine, through another router of its own.
fn add_uplink(world: &mut World, nat: NatConfig) {
    let (network, id) = (&mut world.call.network, world.call.ids[A]);
    let cable = LinkConfig { delay: Duration::from_millis(10), ..LinkConfig::default() };
    let outside = ["203.0.113.77".parse().expect("an address")];
    let router = network.add_nat(nat, &outside, Realm::Internet, cable);
    let ip = "192.168.77.2".parse().expect("an address");
    network.host_mut(id).add_interface(ip);
    network.attach_interface(id, ip, Realm::Behind(router), LinkConfig::default());
}

fn in_use(world: &World) -> IpAddr {
    let transport = world.call.peer(A).pc.ice_transport(TransportId(0)).expect("a transport");
    let local = transport.selected_candidate_pair.expect("a pair").local.fields.expect("a candidate");
    local.related_address.unwrap_or_else(|| local.address.parse().expect("an address"))
}

/// NATs that forget after half a minute and let in only whom they let out, on both sides of both ways: whoever notices
/// first could not open the other way alone, and the side that receives notices late.
#[test]
fn another_interface_takes_over_through_nats_after_a_long_silence() {
    for ports in [PortChoice::Preserved, PortChoice::Random] {
        for sender in [A, B] {
            let forgetful = Duration::from_secs(30);
            let nat = NatConfig { udp_timeout: forgetful, ports, ..NatConfig::port_restricted() };
            let place = Place::behind(nat);
            let ice_servers = vec![stun_url(STUN)];
            let configuration = Configuration { ice_servers, ..Configuration::default() };
            let mut world = World::apart([&place, &place], &configuration);
            add_uplink(&mut world, nat);
            world.connect().expect("a connection");
            world.run(Duration::from_secs(600), |_| false);
            let (before, id) = (in_use(&world), world.call.ids[A]);
            world.call.network.detach_interface(id, before);
            let after = world.send_from(sender, "over the other way", Duration::from_millis(1500));
            assert!(after.is_some(), "{ports:?} from {sender}");
            world.run(Duration::from_secs(2), |_| false);
            assert_ne!(in_use(&world), before);
            for peer in [A, B] {
                let state = world.call.peer(peer).pc.ice_connection_state();
                assert!(matches!(state, IceConnectionState::Connected | IceConnectionState::Completed));
            }
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
